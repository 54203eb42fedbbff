"""A longer timeframe beside a live panel: made of its candles, seen only when they have closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from thebot.errors import IndicatorError
from thebot.market import Candle, Candles, FloatArray, IntArray, Timeframe
from thebot.market.resample import Resampler

if TYPE_CHECKING:
    from thebot.indicators.expression import Expression
    from thebot.indicators.live import Readings
    from thebot.indicators.panel import Columns, Panel


class LongerLive:
    """The panel of a longer timeframe, and how it gets its candles."""

    def __init__(self, panel: Panel) -> None:
        self.live = panel.start()
        self._base: Timeframe | None = None  # of the short candles, from the first of them on
        self._first: int | None = None  # open time of the first short candle, ms UTC
        self._resampler: Resampler | None = None
        self._waiting: list[Candle] = []  # the exchange's own, not seen before they close

    def begin(self, own: Candles | None, first: int, higher: Mapping[Timeframe, Candles]) -> None:
        """Take the exchange's own history, all opened before `first` (ms UTC), the first short candle."""
        if own is None:
            return
        closed = int((own.close_time <= first).sum())
        self.live.warm(own.rows(slice(0, closed)), higher)
        self._waiting += list(own.rows(slice(closed, None)))

    def hear(self, candle: Candle) -> bool:
        """Take one that was in progress when the short candles began; whether it was."""
        newest = max([self.live.at or 0, *(waiting.open_time for waiting in self._waiting)])
        useful = self._first is not None and newest < candle.open_time < self._first
        if useful:
            self._waiting.append(candle)
        return useful

    def take(self, candle: Candle) -> None:
        """A short candle has closed."""
        resampler = self._begun(candle.timeframe, candle.open_time)
        close_time = candle.close_time
        while self._waiting and self._waiting[0].close_time <= close_time:
            self.live.step(self._waiting.pop(0))
        for longer, _complete in resampler.push(candle):
            self.live.step(longer)

    def take_all(self, candles: Candles) -> SeenLonger:
        """All these short candles have closed, one after the other; what was to be seen at each of them."""
        before, timeframe = self.live.readings, self.live.panel.timeframe
        if not len(candles):
            nothing = self.live.warm(Candles.empty(candles.symbol, timeframe))
            return SeenLonger(nothing, np.empty(0, np.int64), before)
        made = self._begun(candles.timeframe, int(candles.open_time[0])).push_all(candles)
        closes = candles.close_time
        due = [each for each in self._waiting if each.close_time <= int(closes[-1])]
        self._waiting = self._waiting[len(due) :]
        closed, seen_at = made.candles, made.seen_at
        if due:
            own = Candles.of(due, candles.symbol, timeframe)
            closed = own.followed_by(closed)
            seen_at = np.concatenate([np.searchsorted(closes, own.close_time), seen_at])
        newest = np.searchsorted(seen_at, np.arange(len(candles)), side="right") - 1
        return SeenLonger(self.live.warm(closed), newest, before)

    def _begun(self, base: Timeframe, first: int) -> Resampler:
        """What adds the short candles up; `first` (ms UTC) is when the first of them opened."""
        if self._resampler is None:
            self._base, self._first = base, first
            self._resampler = Resampler(base, self.live.panel.timeframe)
        return self._resampler

    def save(self) -> dict[str, Any]:
        """Everything that is needed to go on, fit for JSON."""
        resampler = None
        if self._resampler is not None:
            resampler = {
                name: value
                for name, value in vars(self._resampler).items()
                if name not in ("base", "to", "forming")
            }
            resampler["forming"] = _saved_candle(self._resampler.forming)
        return {
            "live": self.live.save(),
            "base": str(self._base) if self._base else None,
            "first": self._first,
            "resampler": resampler,
            "waiting": [_saved_candle(candle) for candle in self._waiting],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        self.live.restore(saved["live"])
        self._first = saved["first"]
        self._waiting = [candle for each in saved["waiting"] if (candle := _restored_candle(each))]
        if saved["base"] is None:
            return
        self._base = Timeframe(saved["base"])
        self._resampler = Resampler(self._base, self.live.panel.timeframe)
        kept = dict(saved["resampler"])
        if set(kept) | {"base", "to"} != set(vars(self._resampler)):
            raise IndicatorError(
                "The saved state is of another version. Warm the panel with history instead."
            )
        vars(self._resampler).update(kept, forming=_restored_candle(kept["forming"]))


class SeenLonger:
    """A longer timeframe's values as each of some short candles sees them.

    `newest` is for each short candle the row of the newest long one that has closed by then; -1 while that
    is still the one of `before`.
    """

    def __init__(self, columns: Columns, newest: IntArray, before: Readings) -> None:
        self._columns, self._newest, self._before = columns, newest, before

    def seen(self, expression: Expression) -> FloatArray:
        values, before = self._columns[expression], self._before[expression]
        if not len(values):
            return np.full(len(self._newest), before)
        return np.where(self._newest >= 0, values[np.maximum(self._newest, 0)], before)


def _saved_candle(candle: Candle | None) -> dict[str, Any] | None:
    if candle is None:
        return None
    values = asdict(candle) | {"timeframe": str(candle.timeframe)}
    return {name: repr(value) if value != value else value for name, value in values.items()}


def _restored_candle(saved: Mapping[str, Any] | None) -> Candle | None:
    if saved is None:
        return None
    values: dict[str, Any] = {
        name: float(value) if value == "nan" else value for name, value in saved.items()
    }
    return Candle(**values | {"timeframe": Timeframe(saved["timeframe"])})
