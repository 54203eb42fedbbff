"""What has happened up to now, in any interval: sums of base candles, or of the trades inside them."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from thebot.exchange.sandbox.bars import NO_BARS, Bars, joined, summed
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.paths import Path
from thebot.exchange.sandbox.sources import Source
from thebot.market import IntArray


class History:
    """Candles as the exchange would list them at the instant `now`; nothing later than that is seen."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def latest(self, symbol: str, interval: Interval, count: int, now: int) -> Bars:
        """The last `count` candles up to now; the last is usually in progress."""
        return self.until(symbol, interval, now, count, now)

    def until(self, symbol: str, interval: Interval, end: int, count: int, now: int) -> Bars:
        """The last `count` candles with open time <= `end`."""
        last, reach = interval.floor(min(end, now)), count
        while True:
            start = interval.back(last, reach - 1)
            found = self.between(symbol, interval, start, last + 1, now)
            if len(found.open_time) >= count or start <= self.source.first_open(symbol):
                return found.rows(slice(-count, None))
            reach *= 4  # there is a gap: look further back

    def since(self, symbol: str, interval: Interval, start: int, end: int, count: int, now: int) -> Bars:
        """The first `count` candles with start <= open time <= `end`."""
        floor = interval.floor(start)
        first = floor if floor == start else interval.close_time(floor)
        first = max(first, interval.floor(self.source.first_open(symbol)))
        end, reach = min(end, now), count
        while True:
            last = min(end, interval.back(first, -reach))
            found = self.between(symbol, interval, first, last + 1, now)
            if len(found.open_time) >= count or last >= end:
                return found.rows(slice(0, count))
            reach *= 4

    def between(self, symbol: str, interval: Interval, start: int, end: int, now: int) -> Bars:
        """All candles with start <= open time < end, as they are now; `start` is a border."""
        if end <= start:
            return NO_BARS
        border = interval.floor(end - 1)
        stop = min(interval.close_time(border), now + 1)
        if not interval.sums(self.source.base(symbol)):
            return self._traded(symbol, interval, start, stop, now).between(start, end)
        base = self.source.base(symbol)
        closed = min(stop, base.floor(now))  # base candles that open before this have ended
        whole = self.source.sums(symbol, interval, start, closed)
        current = self.partial(symbol, now)
        if stop <= base.floor(now) or not len(current.open_time):
            return whole
        return summed(joined([whole, current]), interval)

    def partial(self, symbol: str, now: int) -> Bars:
        """The base candle in progress; none during a halt."""
        open_time = self.source.base(symbol).floor(now)
        path = self.source.path(symbol, open_time)
        if path is None:
            return NO_BARS
        count = bisect_right(path.time, now)
        price, quantity, bought, _ = columns(path, 0, count)
        if not count:
            last = self.last_price(symbol, open_time)
            return _flat(open_time, last, path.first_trade[0], path.first_aggregate)
        value = price * quantity
        numbers = (
            open_time, price[0], price.max(), price.min(), price[-1], quantity.sum(), value.sum(),
            path.first_trade[count] - path.first_trade[0], (quantity * bought).sum(), (value * bought).sum(),
            path.first_trade[0], count, path.first_aggregate,
        )  # fmt: skip
        return Bars(*(np.array([number], np.int64) for number in numbers))

    def last_price(self, symbol: str, before: int) -> int:
        """The close of the base candle before that instant; its first open if there is none (ticks)."""
        base = self.source.base(symbol)
        reach = base.nominal_ms
        first = self.source.first_open(symbol)
        while before > first:
            earlier = self.source.bars(symbol, before - reach, before)
            if len(earlier.close):
                return int(earlier.close[-1])
            reach *= 8
        return int(self.source.bars(symbol, first, first + 1).open[0])

    def _traded(self, symbol: str, interval: Interval, start: int, stop: int, now: int) -> Bars:
        """Candles that are shorter than the base ones, or cut across them: where they do, from trades."""
        base = self.source.base(symbol)
        begin, current = base.floor(start), base.floor(now)
        last = self.last_price(symbol, begin)
        bars = self.source.bars(symbol, begin, min(stop, current))
        ends = base.close_time(bars.open_time) - 1
        divided = np.flatnonzero(interval.floor(bars.open_time) != interval.floor(ends)).tolist()
        parts: list[Bars] = []
        done = 0
        for row in [*divided, len(bars.open_time)]:
            parts.append(bars.rows(slice(done, row)))
            last, done = int(bars.close[row - 1]) if row else last, row + 1
            at = int(bars.open_time[row]) if row < len(bars.open_time) else current
            path = self.source.path(symbol, at) if at < stop else None
            if path is not None:
                parts.append(_inside(path, interval, at, min(base.close_time(at), stop), last, now))
        return summed(joined(parts), interval)


def columns(path: Path, first: int, last: int) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Prices, quantities, taker sides and first trade ids of the aggregate trades first..last-1."""
    price, quantity, bought, ids = (
        np.frombuffer(column, np.int64)
        for column in (path.price, path.quantity, path.bought, path.first_trade)
    )
    return price[first:last], quantity[first:last], bought[first:last], ids[first : last + 1]


def _inside(path: Path, interval: Interval, start: int, stop: int, last: int, now: int) -> Bars:
    """Candles of `interval` inside one base candle, quiet ones flat at the last price."""
    count = bisect_right(path.time, min(stop - 1, now))
    price, quantity, bought, ids = columns(path, 0, count)
    value = price * quantity
    trades = Bars(
        np.frombuffer(path.time, np.int64)[:count], price, price, price, price, quantity, value, np.diff(ids),
        quantity * bought, value * bought, ids[:-1], np.ones(count, np.int64),
        path.first_aggregate + np.arange(count),
    )  # fmt: skip
    busy = summed(trades, interval) if count else NO_BARS
    opens = [interval.floor(start)]
    while (following := interval.close_time(opens[-1])) < min(stop, now + 1):
        opens.append(following)
    every = np.array(opens, np.int64)
    where = np.searchsorted(busy.open_time, every, side="right") - 1  # the last busy candle up to each
    closes = np.concatenate([[last], busy.close])
    next_trade = np.concatenate([[path.first_trade[0]], busy.first_trade + busy.trades])
    next_aggregate = np.concatenate([[path.first_aggregate], busy.first_aggregate + busy.aggregates])
    flat = closes[where + 1]
    none = np.zeros(len(every), np.int64)
    filled = Bars(
        every, flat.copy(), flat.copy(), flat.copy(), flat, none, none.copy(), none.copy(), none.copy(),
        none.copy(), next_trade[where + 1], none.copy(), next_aggregate[where + 1],
    )  # fmt: skip
    rows = np.searchsorted(every, busy.open_time)
    for column, found in zip(filled, busy, strict=True):
        column[rows] = found
    return filled


def _flat(open_time: int, price: int, trade: int, aggregate: int) -> Bars:
    numbers = (open_time, price, price, price, price, 0, 0, 0, 0, 0, trade, 0, aggregate)
    return Bars(*(np.array([number], np.int64) for number in numbers))
