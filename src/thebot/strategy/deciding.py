"""What a strategy decides at each close: over columns for a simulation, candle by candle for a trader.

Both read one `Decider`, on values that are equal to the last bit.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

import numpy as np

from thebot.indicators import Columns, Expression, Panel
from thebot.market import BoolArray, Candles, FloatArray, Timeframe
from thebot.market.quality import unbroken
from thebot.strategy.definition import Strategy, fires
from thebot.strategy.exits import AtPrice, Distance, Percent
from thebot.strategy.orders import LimitOrder
from thebot.strategy.sizing import VolatilityTarget

nan: Final = float("nan")
Fired = TypeVar("Fired", bool, BoolArray)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """At one close. Distances are in quote currency, or prices where the strategy names a level; nan where
    there is none or it is not known yet, and for percentages, which need no reading.
    """

    enter: bool = False  # buy
    leave: bool = False  # sell what was bought
    short: bool = False  # sell short
    cover: bool = False  # buy back what was sold short
    stop: float = nan
    target: float = nan
    trailing: float = nan
    break_even: float = nan
    limit: float = nan
    volatility: float = nan  # of one candle's return, as a fraction
    rank: float = nan  # entries of several symbols at one instant: the highest comes first


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decisions:
    """The same over history, each of shape (candles,); what the strategy does not ask for is None."""

    enter: BoolArray
    leave: BoolArray
    short: BoolArray | None = None
    cover: BoolArray | None = None
    stop: FloatArray | None = None
    target: FloatArray | None = None
    trailing: FloatArray | None = None
    break_even: FloatArray | None = None
    limit: FloatArray | None = None
    volatility: FloatArray | None = None
    rank: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.enter)

    def rows(self, rows: slice) -> Decisions:
        """Those at some of the candles, sharing memory."""
        chosen: dict[str, Any] = {
            name: None if each is None else each[rows] for name, each in self.columns().items()
        }
        return Decisions(**chosen)

    def columns(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


class Decider:
    """What a strategy asks of candles of one timeframe in order to trade. It keeps nothing of any symbol.

    `rank` orders entries of several symbols at one instant. `panel` holds everything that is read: over
    columns by `over`, live by `panel.start()` and `at`.
    """

    def __init__(
        self, strategy: Strategy, timeframe: Timeframe | str, rank: Expression | None = None
    ) -> None:
        self.strategy, self.timeframe = strategy, Timeframe(timeframe)
        own = strategy.on(self.timeframe)
        self._edges: dict[str, Expression] = {
            "enter": fires(own.entry), "leave": fires(own.exit),
            "short": fires(own.short_entry), "cover": fires(own.short_exit),
        }  # fmt: skip
        if own.short_entry is None:
            del self._edges["short"], self._edges["cover"]
        exits = own.exits
        read: dict[str, Expression | None] = {
            "stop": _read(exits.stop),
            "target": _read(exits.target),
            "trailing": _read(exits.trailing),
            "break_even": _read(exits.break_even),
            "limit": _read(own.order.offset) if isinstance(own.order, LimitOrder) else None,
            "volatility": own.sizing.volatility if isinstance(own.sizing, VolatilityTarget) else None,
            "rank": rank,
        }
        self._values = {name: each for name, each in read.items() if each is not None}
        self._follows = isinstance(exits.trailing, AtPrice)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything that is read."""
        return (*self._edges.values(), *self._values.values())

    @functools.cached_property
    def panel(self) -> Panel:
        """All of it in order (made when it is first asked for: a sweep puts many strategies into one)."""
        return Panel(self.expressions, self.timeframe)

    def over(self, candles: Candles, higher: Mapping[Timeframe, Candles] | None = None) -> Decisions:
        """Over history, by compiled columns; nothing is carried over a halt of a day or longer.

        `higher` are the longer timeframes' own candles from before the first of `candles`.
        """
        runs = [
            self.decisions(self.panel.over(run, None if number else higher))
            for number, run in enumerate(unbroken(candles))
        ]
        return joined(runs)

    def decisions(self, columns: Columns) -> Decisions:
        """What the panel's columns say (`columns` may be those of a larger panel)."""
        fired = {name: columns.holds(each) for name, each in self._edges.items()}
        said: dict[str, Any] = {**_settled(fired)}
        said |= {name: columns[each] for name, each in self._values.items()}
        return Decisions(**said)

    def quiet(self, readings: Mapping[Expression, float]) -> bool:
        """Whether nothing fires at that close, and no level has to be followed: `at` would change nothing."""
        if self._follows:
            return False
        for edge in self._edges.values():  # noqa: SIM110  (a generator takes twice as long, at every candle)
            if readings[edge]:
                return False
        return True

    def at(self, readings: Mapping[Expression, float]) -> Decision:
        """What a panel's readings at one close say."""
        fired = {name: bool(readings[each]) for name, each in self._edges.items()}
        read: dict[str, Any] = {name: readings[each] for name, each in self._values.items()}
        return Decision(**_settled(fired), **read)


@functools.lru_cache(maxsize=256)
def decider(strategy: Strategy, timeframe: Timeframe, rank: Expression | None = None) -> Decider:
    """One for all symbols."""
    return Decider(strategy, timeframe, rank)


def joined(runs: Sequence[Decisions]) -> Decisions:
    """What was decided on stretches that follow each other, as one."""
    if len(runs) == 1:
        return runs[0]
    columns = [run.columns() for run in runs]
    together: dict[str, Any] = {
        name: None if first is None else np.concatenate([each[name] for each in columns])
        for name, first in columns[0].items()
    }
    return Decisions(**together)


def _read(distance: Distance | None) -> Expression | None:
    """What is read at each close for it; a percentage needs nothing."""
    if isinstance(distance, AtPrice):
        return distance.price
    return None if isinstance(distance, Percent) else distance  # type: ignore[return-value]  # made an expression by Exits


def _settled(fired: Mapping[str, Fired]) -> dict[str, Fired]:
    """An entry together with an exit of its side is no entry, nor are entries on both sides at once."""
    enter, leave = fired["enter"], fired["leave"]
    if "short" not in fired:
        return {"enter": enter & (leave ^ True), "leave": leave}
    short, cover = fired["short"], fired["cover"]
    bought, sold = enter & (leave ^ True), short & (cover ^ True)
    return {"enter": bought & (sold ^ True), "leave": leave, "short": sold & (bought ^ True), "cover": cover}
