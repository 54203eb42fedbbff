"""Past trades by id or by time, single and aggregate, as JSON; what was streamed, again."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.market import fills
from thebot.exchange.sandbox.paths import Path


class Piece(NamedTuple):
    """The aggregate trades first..last-1 of a path."""

    path: Path
    first: int
    last: int


class Tape:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def trades(self, symbol: str, first: int | None, limit: int, unit: int) -> str:
        """Single trades from id `first` on; the most recent ones if that is None."""
        market = self._exchange.markets[symbol]
        if first is None:
            first = max(0, market.trade - limit + 1)
        rows: list[str] = []
        opened = self._exchange.source.holding_trade(symbol, first)
        for piece in () if opened is None else self._forward(symbol, opened):
            for i in range(piece.first, piece.last):
                if piece.path.first_trade[i + 1] > first:
                    rows += self._singles(symbol, piece.path, i, first, unit)
            if len(rows) >= limit:
                break
        return f"[{','.join(rows[:limit])}]"

    def aggregates_from(self, symbol: str, first: int, limit: int, unit: int) -> str:
        """Aggregate trades from id `first` on."""
        opened = self._exchange.source.holding_aggregate(symbol, first)
        if opened is None:
            return "[]"
        pieces = (
            piece._replace(first=max(piece.first, first - piece.path.first_aggregate))
            for piece in self._forward(symbol, opened)
        )
        return self._aggregates(symbol, pieces, limit, unit)

    def aggregates(self, symbol: str, start: int | None, end: int | None, limit: int, unit: int) -> str:
        """Aggregate trades with start <= time <= end; the most recent `limit` if there is no start."""
        now = self._exchange.now
        stop = now if end is None else min(end, now)
        if start is None:
            return self._last(symbol, stop, limit, unit)
        base = self._exchange.source.base(symbol)
        pieces = (
            Piece(
                p.path,
                max(p.first, bisect_left(p.path.time, start)),
                min(p.last, bisect_right(p.path.time, stop)),
            )
            for p in self._forward(
                symbol, base.floor(max(start, self._exchange.source.first_open(symbol))), stop
            )
        )
        return self._aggregates(symbol, pieces, limit, unit)

    def _last(self, symbol: str, stop: int, limit: int, unit: int) -> str:
        source = self._exchange.source
        base = source.base(symbol)
        found: list[Piece] = []
        opened, count = base.floor(stop), 0
        while count < limit and opened >= source.first_open(symbol):
            path = source.path(symbol, opened)
            if path is not None:
                last = bisect_right(path.time, stop)
                found.append(Piece(path, max(0, last - (limit - count)), last))
                count += last - found[-1].first
            earlier = source.bars(symbol, opened - 1000 * base.nominal_ms, opened).open_time
            if not len(earlier):
                break
            opened = int(earlier[-1])
        return self._aggregates(symbol, reversed(found), limit, unit)

    def _forward(self, symbol: str, opened: int, stop: int | None = None) -> Iterator[Piece]:
        """What has happened from that base candle on."""
        source, now = self._exchange.source, self._exchange.now
        base = source.base(symbol)
        at: int | None = source.next_open(symbol, opened)
        while at is not None and at <= (now if stop is None else stop):
            path = source.path(symbol, at)
            if path is not None:
                yield Piece(path, 0, bisect_right(path.time, now))
            at = source.next_open(symbol, base.close_time(at))

    def _aggregates(self, symbol: str, pieces: Iterator[Piece], limit: int, unit: int) -> str:
        listing = self._exchange.source.listings[symbol]
        price, quantity = listing.price.text, listing.quantity.text
        rows: list[str] = []
        for path, first, last in pieces:
            rows += [
                '{"a":%d,"p":"%s","q":"%s","f":%d,"l":%d,"T":%d,"m":%s,"M":true}'
                % (path.first_aggregate + i, price(path.price[i]), quantity(path.quantity[i]),
                   path.first_trade[i], path.first_trade[i + 1] - 1, path.time[i] * unit,
                   "false" if path.bought[i] else "true")
                for i in range(first, last)
            ]  # fmt: skip
            if len(rows) >= limit:
                break
        return f"[{','.join(rows[:limit])}]"

    def _singles(self, symbol: str, path: Path, i: int, first: int, unit: int) -> list[str]:
        listing = self._exchange.source.listings[symbol]
        price, maker = path.price[i], "false" if path.bought[i] else "true"
        return [
            '{"id":%d,"price":"%s","qty":"%s","quoteQty":"%s","time":%d,"isBuyerMaker":%s,"isBestMatch":true}'
            % (number, listing.price.text(price), listing.quantity.text(quantity),
               listing.value.text(price * quantity), path.time[i] * unit, maker)
            for number, quantity in fills(path.quantity[i], path.first_trade[i], path.first_trade[i + 1])
            if number >= first
        ]  # fmt: skip
