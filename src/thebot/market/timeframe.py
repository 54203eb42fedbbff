"""The lengths that candles come in, and the arithmetic of their borders."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Final, overload

import numpy as np

from thebot.errors import UnknownName
from thebot.market.columns import IntArray

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

_MONDAY: Final = 4 * DAY  # the epoch was a Thursday; weeks begin on Monday 00:00 UTC
_SPANS: Final = {
    "1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE,
    "1h": HOUR, "2h": 2 * HOUR, "4h": 4 * HOUR, "6h": 6 * HOUR, "8h": 8 * HOUR, "12h": 12 * HOUR,
    "1d": DAY, "3d": 3 * DAY, "1w": WEEK, "1M": 30 * DAY,
}  # fmt: skip


@functools.total_ordering
class Timeframe:
    """The length of a candle, as the exchange writes it: `Timeframe("15m")`. Compares by length.

    Times are milliseconds since the epoch, UTC. A candle is named by its open time and exists for
    decisions from its close time, which is the next candle's open time. Days begin at 00:00 UTC, weeks
    on Monday, months on the 1st; `1M` (a month) and `1m` (a minute) differ by the letter's case only.
    """

    __slots__ = ("name", "nominal_ms")
    name: str
    nominal_ms: int  # milliseconds; for 1M that of 30 days, good for estimates only

    def __init__(self, name: str | Timeframe) -> None:
        text = str(name)
        if text not in _SPANS:
            raise UnknownName("timeframe", text, _SPANS)
        object.__setattr__(self, "name", text)
        object.__setattr__(self, "nominal_ms", _SPANS[text])

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Timeframe does not change")

    def __reduce__(self) -> tuple[type[Timeframe], tuple[str]]:
        return Timeframe, (self.name,)

    @overload
    def floor(self, at: int) -> int: ...
    @overload
    def floor(self, at: IntArray) -> IntArray: ...
    def floor(self, at: int | IntArray) -> int | IntArray:
        """Open time of the candle that holds the instant `at`; of each instant, given a column."""
        if self.name == "1M":
            if isinstance(at, np.ndarray):
                months = at.astype("datetime64[ms]").astype("datetime64[M]")
                return months.astype("datetime64[ms]").astype(np.int64)
            day = datetime.fromtimestamp(at / 1000, UTC)
            return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1000
        offset = _MONDAY if self.name == "1w" else 0
        return at - (at - offset) % self.nominal_ms

    @overload
    def close_time(self, open_time: int) -> int: ...
    @overload
    def close_time(self, open_time: IntArray) -> IntArray: ...
    def close_time(self, open_time: int | IntArray) -> int | IntArray:
        """When the candle that opened at `open_time` closes: the next one's open time."""
        if self.name == "1M":
            return self.floor(open_time + 32 * DAY)
        return open_time + self.nominal_ms

    def back(self, open_time: int, count: int) -> int:
        """Open time of the candle `count` candles before the one that opened at `open_time`."""
        if self.name != "1M":
            return open_time - count * self.nominal_ms
        day = datetime.fromtimestamp(open_time / 1000, UTC)
        year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
        return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * 1000

    def divides(self, other: Timeframe) -> bool:
        """Whether candles of `other` are whole sums of candles of this one."""
        if self >= other:
            return self == other
        if other.name in ("1w", "1M"):
            return self.nominal_ms <= DAY and DAY % self.nominal_ms == 0
        return other.nominal_ms % self.nominal_ms == 0

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Timeframe({self.name!r})"

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeframe) and self.name == other.name

    def __lt__(self, other: Timeframe) -> bool:
        return self.nominal_ms < other.nominal_ms


TIMEFRAMES: Final = tuple(Timeframe(name) for name in _SPANS)  # shortest first
