"""Candles in whole ticks and steps, so that sums are exact to the last digit."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from thebot.exchange.sandbox.intervals import Interval
from thebot.market import IntArray

_SAFE: Final = float(2**62)  # beyond it, sums are taken in Python's integers


class Bars(NamedTuple):
    """Candles of one symbol, oldest first, as columns of shape (candles,) of whole numbers.

    Prices count ticks, volumes count steps, values count tick times step.
    """

    open_time: IntArray  # ms UTC
    open: IntArray
    high: IntArray
    low: IntArray
    close: IntArray
    volume: IntArray
    value: IntArray
    trades: IntArray
    bought: IntArray  # volume that takers bought
    bought_value: IntArray
    first_trade: IntArray  # id of the first trade; that of the next one where there is none
    aggregates: IntArray  # how many aggregate trades
    first_aggregate: IntArray

    def rows(self, which: slice | IntArray) -> Bars:
        return Bars(*(column[which] for column in self))

    def row(self, i: int) -> Bar:
        return Bar(*(int(column[i]) for column in self))

    def between(self, start: int, end: int) -> Bars:
        """The candles with start <= open time < end."""
        first, last = np.searchsorted(self.open_time, (start, end))
        return self.rows(slice(int(first), int(last)))


class Bar(NamedTuple):
    """One row of Bars."""

    open_time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    trades: int
    bought: int
    bought_value: int
    first_trade: int
    aggregates: int
    first_aggregate: int


NO_BARS: Final = Bars(*(np.empty(0, np.int64) for _ in Bars._fields))


def joined(parts: list[Bars]) -> Bars:
    """One run of candles after the other."""
    if not parts:
        return NO_BARS
    if len(parts) == 1:
        return parts[0]
    return Bars(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def summed(bars: Bars, interval: Interval) -> Bars:
    """The longer candles that these add up to; the first and last may be parts of one."""
    if not len(bars.open_time):
        return bars
    owner = interval.floor(bars.open_time)
    first = np.flatnonzero(np.diff(owner, prepend=owner[0] - 1))
    last = np.append(first[1:], len(owner)) - 1
    return Bars(
        open_time=owner[first], open=bars.open[first], high=np.maximum.reduceat(bars.high, first),
        low=np.minimum.reduceat(bars.low, first), close=bars.close[last],
        volume=_sums(bars.volume, first), value=_sums(bars.value, first), trades=_sums(bars.trades, first),
        bought=_sums(bars.bought, first), bought_value=_sums(bars.bought_value, first),
        first_trade=bars.first_trade[first], aggregates=_sums(bars.aggregates, first),
        first_aggregate=bars.first_aggregate[first],
    )  # fmt: skip


def _sums(column: IntArray, first: IntArray) -> IntArray:
    if float(np.add.reduceat(column.astype(np.float64), first).max()) > _SAFE:
        column = column.astype(object)  # a month of bitcoin in hundred-millionths of a dollar
    sums: IntArray = np.add.reduceat(column, first)
    return sums
