"""The intervals that candles can be asked for: the timeframes, one second, and days that begin elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, overload

from thebot.market import TIMEFRAMES, IntArray, Timeframe
from thebot.market.timeframe import HOUR, SECOND

INTERVALS: Final = ("1s", *(timeframe.name for timeframe in TIMEFRAMES))


@dataclass(frozen=True, slots=True)
class Interval:
    """`name` as the exchange writes it; `offset` (ms) is that of the time zone whose borders count."""

    name: str
    offset: int = 0

    @property
    def nominal_ms(self) -> int:
        return SECOND if self.name == "1s" else Timeframe(self.name).nominal_ms

    @overload
    def floor(self, at: int) -> int: ...
    @overload
    def floor(self, at: IntArray) -> IntArray: ...
    def floor(self, at: int | IntArray) -> int | IntArray:
        """Open time of the candle that holds the instant `at` (ms UTC)."""
        local = at + self.offset
        if self.name == "1s":
            return local - local % SECOND - self.offset
        return Timeframe(self.name).floor(local) - self.offset

    def close_time(self, open_time: int) -> int:
        """When the candle that opened then ends: the open time of the next (ms UTC)."""
        if self.name == "1s":
            return open_time + SECOND
        return Timeframe(self.name).close_time(open_time + self.offset) - self.offset

    def close_times(self, open_time: IntArray) -> IntArray:
        if self.name == "1s":
            return open_time + SECOND
        return Timeframe(self.name).close_time(open_time + self.offset) - self.offset

    def back(self, open_time: int, count: int) -> int:
        """Open time of the candle `count` candles earlier."""
        if self.name == "1s":
            return open_time - count * SECOND
        return Timeframe(self.name).back(open_time + self.offset, count) - self.offset

    def sums(self, base: Timeframe) -> bool:
        """Whether candles of this interval are whole sums of `base` candles."""
        if self.name == "1s" or not base.divides(Timeframe(self.name)):
            return False
        return self.offset == 0 or (base.nominal_ms <= HOUR and self.offset % base.nominal_ms == 0)
