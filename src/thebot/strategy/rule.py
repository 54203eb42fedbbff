"""A strategy at work: signals as candles close, and the same signals over history.

Live and over columns ask one `Judge`, on values that are equal to the last bit, so they cannot differ.
Neither carries anything over a halt of a day or longer (a delisting, a coin that comes back as another
one): everything starts over behind it, as if the market were new.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from thebot.errors import BadSetting
from thebot.indicators import Columns, Expression, Panel, reasons
from thebot.market import BoolArray, Candle, Candles, Symbol, Timeframe
from thebot.market.quality import halted_between, unbroken
from thebot.strategy.definition import MOVE, Strategy, either, fires
from thebot.strategy.signal import Side, Signal

Readings = Mapping[Expression, float]

_VERSION: Final = 1


class Judge:
    """What a strategy asks of candles of one timeframe, and the signals that follow from the answers."""

    def __init__(self, strategy: Strategy, timeframe: Timeframe) -> None:
        self.strategy, self.timeframe = strategy, timeframe
        own = strategy.on(timeframe)
        # A signal buys or sells: an entry on one side and the exit from the other say the same.
        self.entry, self.buys = either(own.entry, own.short_exit), fires(own.entry, own.short_exit)
        self.exit, self.sells = either(own.exit, own.short_entry), fires(own.exit, own.short_entry)
        self.confirms: Mapping[Side, tuple[Expression, ...]] = {
            "BUY": own.confirms_entry,
            "SELL": own.confirms_exit,
        }
        self.panel = Panel((self.buys, self.sells, *own.conditions, MOVE), timeframe)

    def signals(self, readings: Readings, symbol: Symbol, at: int, price: float, digits: int) -> list[Signal]:
        """The signals at a candle that closed at `at` (ms UTC) at `price`: none or one.

        An entry together with an exit is no entry.
        """
        side: Side | None = "SELL" if readings[self.sells] else "BUY" if readings[self.buys] else None
        if side is None:
            return []
        confirms = self.confirms[side]
        agreeing = [condition for condition in confirms if readings[condition]]
        why = reasons(self.entry if side == "BUY" else self.exit, readings, digits)
        more = (f"confirmed by {text}" for each in agreeing for text in reasons(each, readings, digits))
        move = readings[MOVE] if side == "BUY" else -readings[MOVE]
        return [
            Signal(
                symbol=symbol,
                timeframe=self.timeframe,
                at=at,
                side=side,
                strength=round(min(move, 1.0), 2) if move > 0 else 0.0,  # 0 too where it is not known
                confidence=round(len(agreeing) / len(confirms), 2) if confirms else 0.5,
                price=price,
                strategy=self.strategy.name,
                reasons=(*why, *more),
            )
        ]

    def signals_over(self, columns: Columns, candles: Candles, digits: int) -> list[Signal]:
        """The signals at all these candles; `columns` are the panel's over them."""
        closes = candles.close_time
        rows = np.flatnonzero((columns[self.buys] != 0) | (columns[self.sells] != 0)).tolist()
        found: list[Signal] = []
        for row in rows:
            at, price = int(closes[row]), float(candles.close[row])
            found += self.signals(columns.row(row), candles.symbol, at, price, digits)
        return found


@functools.lru_cache(maxsize=256)
def judge(strategy: Strategy, timeframe: Timeframe) -> Judge:
    """One for all symbols: it keeps nothing of any of them."""
    return Judge(strategy, timeframe)


class SignalRule:
    """A strategy on one symbol and timeframe, candle by candle. No compiler is loaded.

    Hand in history once by `warm`, then each closed candle once by `step`. `digits` are the decimals of
    the symbol's prices, for the reasons. Raises BadSetting if the strategy looks up to a higher timeframe
    and there is none.
    """

    def __init__(
        self, strategy: Strategy, symbol: Symbol, timeframe: Timeframe | str, digits: int = 2
    ) -> None:
        self.strategy, self.symbol, self.digits = strategy, symbol, digits
        self.timeframe = Timeframe(timeframe)
        self._judge = judge(strategy, self.timeframe)
        self._live = self._judge.panel.start()

    def warm(self, candles: Candles, higher: Mapping[Timeframe, Candles] | None = None) -> list[Signal]:
        """Go through history, oldest first, and give the signals in it.

        `higher` are the longer timeframes' own closed candles (`Strategy.higher_timeframes` says which);
        with them these must be the first candles.
        """
        found: list[Signal] = []
        for number, run in enumerate(unbroken(candles)):
            if len(run) and self._halted(int(run.open_time[0])):
                self._live = self._judge.panel.start()
            columns = self._live.warm(run, None if number else higher)
            found += self._judge.signals_over(columns, run, self.digits)
        return found

    def step(self, candle: Candle) -> list[Signal]:
        """The signals at the close of the next candle: none or one.

        Raises IndicatorError for a candle that does not come after the one before.
        """
        if self._halted(candle.open_time):
            self._live = self._judge.panel.start()
        return self._signals(self._live.step(candle), candle)

    def preview(self, candle: Candle) -> list[Signal]:
        """What `step` would give if the forming candle closed as it is. For showing only: never kept."""
        return [] if self._halted(candle.open_time) else self._signals(self._live.preview(candle), candle)

    def save(self) -> dict[str, Any]:
        """Everything that is needed to go on after a restart, fit for JSON: for `SignalRule.resume`."""
        return {"version": _VERSION, "rule": self._name(), "live": self._live.save()}

    @classmethod
    def resume(
        cls,
        strategy: Strategy,
        symbol: Symbol,
        timeframe: Timeframe | str,
        saved: Mapping[str, Any],
        digits: int = 2,
    ) -> SignalRule:
        """The rule that was saved. Raises BadSetting or IndicatorError if it was another one."""
        rule = cls(strategy, symbol, timeframe, digits)
        if saved.get("version") != _VERSION or saved.get("rule") != rule._name():
            raise BadSetting(
                f"What was saved belongs to {saved.get('rule', 'something else')}, not to {rule._name()}. "
                "Leave it and warm the rule with history instead."
            )
        rule._live = rule._judge.panel.resume(saved["live"])
        return rule

    def _name(self) -> str:
        return f"{self.strategy.label} on {self.symbol} {self.timeframe}"

    def _halted(self, open_time: int) -> bool:
        """Whether the market stood still between the newest candle and the one that opened then."""
        before = self._live.at
        return before is not None and halted_between(self.timeframe, before, open_time)

    def _signals(self, readings: Readings, candle: Candle) -> list[Signal]:
        return self._judge.signals(readings, self.symbol, candle.close_time, candle.close, self.digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where a strategy buys and where it sells: each of shape (candles,), True at the deciding candle."""

    enter: BoolArray
    leave: BoolArray


def edges_over(
    strategy: Strategy, candles: Candles, higher: Mapping[Timeframe, Candles] | None = None
) -> Edges:
    """The entries and exits over history, by compiled columns (numba is loaded here).

    `higher` as in `SignalRule.warm`; what is missing of it is made of `candles`.
    """
    asked = judge(strategy, candles.timeframe)
    runs = _over(asked, candles, higher)
    enter = [columns[asked.buys] != 0 for _, columns in runs]
    leave = [columns[asked.sells] != 0 for _, columns in runs]
    leaving = np.concatenate(leave)
    return Edges(enter=np.concatenate(enter) & ~leaving, leave=leaving)


def signals_over(
    strategy: Strategy,
    candles: Candles,
    higher: Mapping[Timeframe, Candles] | None = None,
    digits: int = 2,
) -> list[Signal]:
    """The signals over history, by compiled columns: the same as a `SignalRule` gives step by step."""
    asked = judge(strategy, candles.timeframe)
    found: list[Signal] = []
    for run, columns in _over(asked, candles, higher):
        found += asked.signals_over(columns, run, digits)
    return found


def _over(
    asked: Judge, candles: Candles, higher: Mapping[Timeframe, Candles] | None
) -> list[tuple[Candles, Columns]]:
    """Each unbroken run of candles with its columns; `higher` belongs to what came before the first."""
    return [
        (run, asked.panel.over(run, None if number else higher))
        for number, run in enumerate(unbroken(candles))
    ]
