"""The closed candles that are kept of one symbol and timeframe: a bounded run in preallocated columns."""

from __future__ import annotations

from typing import Final

import numpy as np

from thebot.market import Candle, Candles, FloatArray, IntArray, Symbol, Timeframe

_SLACK: Final = 8  # the block has 1/8 more rows than are kept, so that moving it is rare


class History:
    """The newest `kept` closed candles, oldest first. Only the columns that indicators and charts need.

    48 bytes a candle: 1,000 candles of 100 symbols on three timeframes take 16 MiB.
    """

    def __init__(self, symbol: Symbol, timeframe: Timeframe, kept: int) -> None:
        self.symbol, self.timeframe, self.kept = symbol, timeframe, kept
        rows = kept + max(1, kept // _SLACK)
        self._time: IntArray = np.empty(rows, np.int64)
        self._values: FloatArray = np.empty((5, rows))  # open, high, low, close, volume
        self._begin = self._end = 0
        self.whole = False  # nothing older exists at the exchange

    def __len__(self) -> int:
        return self._end - self._begin

    @property
    def first_open(self) -> int | None:
        return int(self._time[self._begin]) if len(self) else None

    @property
    def next_open(self) -> int | None:
        """Open time of the candle that follows the newest one; None while there is none."""
        return self.timeframe.close_time(int(self._time[self._end - 1])) if len(self) else None

    def load(self, candles: Candles) -> None:
        """Begin anew with the newest of these."""
        candles = candles.rows(slice(-self.kept, None))
        self._begin, self._end = 0, len(candles)
        self._time[: self._end] = candles.open_time
        for row, column in zip(self._values, _columns(candles), strict=True):
            row[: self._end] = column

    def shrink(self, kept: int) -> None:
        """Keep no more than the newest `kept` from now on, and give the memory of the others back."""
        if kept >= self.kept:
            return
        newest, whole = self.candles(kept), self.whole and len(self) <= kept
        self.kept = kept
        rows = kept + max(1, kept // _SLACK)
        self._time, self._values = np.empty(rows, np.int64), np.empty((5, rows))
        self.load(newest)
        self.whole = whole

    def append(self, candle: Candle) -> None:
        """`candle` is newer than all that is here; the oldest goes when there are enough."""
        if self._end == len(self._time):
            self._move_to_front()
        i = self._end
        self._time[i] = candle.open_time
        values = self._values
        values[0, i], values[1, i], values[2, i] = candle.open, candle.high, candle.low
        values[3, i], values[4, i] = candle.close, candle.volume
        self._end += 1
        if len(self) > self.kept:
            self._begin += 1
            self.whole = False

    def candles(self, limit: int | None = None, end: int | None = None) -> Candles:
        """A copy of the newest `limit` with open time < `end` (ms UTC)."""
        last = self._end if end is None else self._row(end)
        first = self._begin if limit is None else max(self._begin, last - limit)
        return self._copy(first, max(first, last))

    def since(self, start: int) -> Candles:
        """A copy of those with open time >= `start` (ms UTC)."""
        return self._copy(self._row(start), self._end)

    def at(self, open_time: int) -> Candle | None:
        """The candle that opened then, if it is here."""
        row = self._row(open_time)
        if row < self._end and int(self._time[row]) == open_time:
            return self._copy(row, row + 1).candle(0)
        return None

    def _row(self, open_time: int) -> int:
        return self._begin + int(np.searchsorted(self._time[self._begin : self._end], open_time))

    def _copy(self, first: int, last: int) -> Candles:
        values = self._values[:, first:last].copy()
        return Candles(
            symbol=self.symbol,
            timeframe=self.timeframe,
            open_time=self._time[first:last].copy(),
            open=values[0],
            high=values[1],
            low=values[2],
            close=values[3],
            volume=values[4],
        )

    def _move_to_front(self) -> None:
        count = len(self)
        self._time[:count] = self._time[self._begin : self._end].copy()
        self._values[:, :count] = self._values[:, self._begin : self._end].copy()
        self._begin, self._end = 0, count


def _columns(candles: Candles) -> tuple[FloatArray, ...]:
    return candles.open, candles.high, candles.low, candles.close, candles.volume
