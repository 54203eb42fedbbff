"""The exchange as a whole: its markets advance together, and what is due by the clock is sent."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from thebot.exchange.sandbox import book, tickers, wire
from thebot.exchange.sandbox.clock import Clock
from thebot.exchange.sandbox.differences import Differences
from thebot.exchange.sandbox.history import History
from thebot.exchange.sandbox.hub import Hub
from thebot.exchange.sandbox.intervals import INTERVALS, Interval
from thebot.exchange.sandbox.market import Market
from thebot.exchange.sandbox.sources import Source
from thebot.exchange.sandbox.tickers import WINDOW_NAMES, Windows
from thebot.market.timeframe import DAY, HOUR, MINUTE

TICK: Final = 0.020  # seconds between two looks at what is due
_SLOWEST_REPEAT: Final = 0.25  # in a fast replay nothing repeats more often than every so many seconds

_KLINE = re.compile(r"kline_(\w+?)(?:@([+-])(\d\d):(\d\d))?")
_DEPTH = re.compile(r"depth(5|10|20)?(?:@(1000|100)ms)?")


TickerText: TypeAlias = Callable[[Market, int], str]


@dataclass(slots=True)
class Repeated:
    """Something sent every `every` ticks, in the tick whose number leaves the remainder `phase`."""

    every: int
    phase: int
    send: Callable[[], None]


class Exchange:
    """`now` (ms UTC by the exchange's clock) is the instant up to which everything has happened."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self.source, self.clock, self.now = source, clock, clock.now()
        self.history, self.hub = History(source), Hub()
        self.hub.on_change = self._stream_changed
        self.markets = {
            symbol: Market(symbol, self.history, self.hub, self.now) for symbol in source.listings
        }
        self.windows = {symbol: Windows(market, self.history) for symbol, market in self.markets.items()}
        self._repeated: dict[str, Repeated] = {}
        self._differences: dict[str, Differences] = {}  # by the name of the stream
        self._ticks = 0

    def status(self, symbol: str) -> str:
        """TRADING; HALT during a gap and after the end of the data; BREAK before the first candle."""
        market = self.markets[symbol]
        if not market.halted:
            return "TRADING"
        return "BREAK" if self.now < self.source.first_open(symbol) else "HALT"

    def snapshot(self, symbol: str, levels: int) -> book.Book:
        """The book now; later differences of the streams take into account that somebody has seen it."""
        for pace in ("depth", "depth@100ms", "depth@1000ms"):
            if (differences := self._differences.get(f"{symbol.lower()}@{pace}")) is not None:
                differences.show()
        return book.book(self.markets[symbol].last, levels)

    @property
    def ended(self) -> bool:
        """No market will ever trade again: the data of a replay are used up."""
        return all(market.ended for market in self.markets.values())

    def advance(self) -> None:
        """Let everything happen that is due by now."""
        self.now = now = max(self.now, self.clock.now())
        for market in self.markets.values():
            if (
                now >= market.next_due
                or now >= market.next_close
                or now >= (market.session_end or market.next_open)
            ):
                market.advance(now)

    def tick(self) -> None:
        """Advance, and send what repeats by the clock."""
        self.advance()
        self._ticks += 1
        for repeated in list(self._repeated.values()):
            if self._ticks % repeated.every == repeated.phase:
                repeated.send()
        self._prepare()

    def _prepare(self) -> None:
        """Make the trades of the next minute ahead of time, a few markets at a time: no burst at the turn."""
        if self.clock.speed > 1:
            return
        seconds_in = (self.now % MINUTE) // 1000
        markets = list(self.markets.values())
        for market in markets[self._ticks % 100 :: 100]:
            if seconds_in >= 50 and market.session_end:
                self.source.path(market.symbol, market.session_end)

    def ticks_of(self, milliseconds: int) -> int:
        """So much exchange time in ticks, not less than the slowest repeat allows in a fast replay."""
        seconds = milliseconds / 1000 / self.clock.speed
        if self.clock.speed > 1:
            seconds = max(seconds, min(milliseconds / 1000, _SLOWEST_REPEAT))
        return max(1, math.ceil(round(seconds / TICK, 6)))

    def _stream_changed(self, name: str, wanted: bool) -> None:
        """The first listener came to a stream, or the last one left."""
        if not wanted:
            self._repeated.pop(name, None)
            self._differences.pop(name, None)
            market = self.markets.get(name.partition("@")[0].upper())
            if market is not None:
                market.forget(name)
            return
        self.advance()
        if (text := self._of_all_markets(name)) is not None:
            self._repeat(name, 1000, self._for_those_that_moved(name, text), phase=0)
            return
        symbol, _, kind = name.partition("@")
        market = self.markets.get(symbol.upper())
        if market is None or symbol != symbol.lower():
            return  # an unknown stream is accepted, and silent
        if kind.startswith("kline_"):
            self._follow_klines(name, market, kind)
        elif (depth := _DEPTH.fullmatch(kind)) is not None:
            levels, pace = depth.groups()
            every = 100 if pace == "100" else 1000
            send = (
                self._top_levels(name, market, int(levels)) if levels else self._depth_updates(name, market)
            )
            self._repeat(name, every, send, phase=self._phase(market))
        else:
            self._repeat_figures(name, market, kind)

    def _follow_klines(self, name: str, market: Market, kind: str) -> None:
        named = _KLINE.fullmatch(kind)
        if named is None or named[1] not in INTERVALS:
            return
        _, sign, hours, minutes = named.groups()
        offset = (
            0 if sign is None else (int(hours) * HOUR + int(minutes) * MINUTE) * (1 if sign == "+" else -1)
        )
        interval = Interval(named[1], offset)
        market.follow(name, interval, self.now)

        def send() -> None:
            track = market.tracks.get(name)
            if track is not None and track.changed and not market.halted:
                market.send_kline(name, track, self.now)

        self._repeat(name, 1000 if interval.name == "1s" else 2000, send, phase=self._phase(market))

    def _repeat_figures(self, name: str, market: Market, kind: str) -> None:
        text: Callable[[int], str]
        if kind in ("miniTicker", "ticker") or kind.removeprefix("ticker_") in WINDOW_NAMES:
            write = self._ticker_of(kind)
            text = lambda unit: write(market, unit)  # noqa: E731  (one of two)
        elif kind == "avgPrice":
            text = lambda unit: self._average(market, unit)  # noqa: E731
        else:
            return
        told_of = -1  # the last trade

        def send() -> None:
            nonlocal told_of
            if told_of != market.aggregate:
                told_of = market.aggregate
                self.hub.publish(name, text)

        self._repeat(name, 1000, send, phase=self._phase(market))

    def _ticker_of(self, kind: str) -> TickerText:
        """miniTicker, ticker, ticker_1h and so on: the text of an event, for a market and a time unit."""
        if kind == "miniTicker":
            return lambda market, unit: tickers.mini_ticker(
                market, self.windows[market.symbol].rolling(self.now), self.now, unit
            )
        window = kind.removeprefix("ticker").removeprefix("_")
        span, title = WINDOW_NAMES.get(window, DAY), f"{window or '24hr'}Ticker"
        return lambda market, unit: tickers.ticker(
            market, self.windows[market.symbol].rolling(self.now, span), self.now, unit, title
        )

    def _of_all_markets(self, name: str) -> TickerText | None:
        """What `!miniTicker@arr` and `!ticker_<window>@arr` say of each market; `!ticker@arr` is retired."""
        kind = name.removeprefix("!").removesuffix("@arr")
        if f"!{kind}@arr" != name:
            return None
        known = kind == "miniTicker" or (
            kind.startswith("ticker_") and kind.removeprefix("ticker_") in WINDOW_NAMES
        )
        return self._ticker_of(kind) if known else None

    def _average(self, market: Market, unit: int) -> str:
        mean, traded_at = self.windows[market.symbol].average(self.now)
        return '{"e":"avgPrice","E":%d,"s":"%s","i":"5m","w":"%s","T":%d}' % (
            self.now * unit, market.symbol, market.listing.price.text(mean), traded_at * unit,
        )  # fmt: skip

    def _for_those_that_moved(self, name: str, text: TickerText) -> Callable[[], None]:
        """Sends a list of those markets that have traded since the last one."""
        seen: dict[str, int] = {}

        def send() -> None:
            moved = [
                market for market in self.markets.values() if seen.get(market.symbol) != market.aggregate
            ]
            seen.update({market.symbol: market.aggregate for market in moved})
            if moved:
                self.hub.publish(name, lambda unit: f"[{','.join(text(market, unit) for market in moved)}]")

        return send

    def _top_levels(self, name: str, market: Market, levels: int) -> Callable[[], None]:
        def send() -> None:
            if market.halted:
                return
            bids, asks = book.book(market.last, levels)
            text = '{"lastUpdateId":%d,"bids":%s,"asks":%s}' % (
                market.aggregate, wire.levels(market.listing, bids.tolist()),
                wire.levels(market.listing, asks.tolist()),
            )  # fmt: skip
            self.hub.publish(name, lambda unit: text)

        return send

    def _depth_updates(self, name: str, market: Market) -> Callable[[], None]:
        differences = self._differences[name] = Differences(market)

        def send() -> None:
            found = differences.next()
            if found is None:
                return
            now, symbol, first, last = self.now, market.symbol, found.first, found.last
            sides = (wire.levels(market.listing, found.bids), wire.levels(market.listing, found.asks))
            self.hub.publish(
                name,
                lambda unit: (
                    '{"e":"depthUpdate","E":%d,"s":"%s","U":%d,"u":%d,"b":%s,"a":%s}'
                    % (now * unit, symbol, first, last, *sides)
                ),
            )

        return send

    def _repeat(self, name: str, milliseconds: int, send: Callable[[], None], phase: int) -> None:
        every = self.ticks_of(milliseconds)
        self._repeated[name] = Repeated(every, phase % every, send)

    def _phase(self, market: Market) -> int:
        """Spread over the ticks, so that a hundred markets do not all report at once."""
        return sum(market.symbol.encode()) * 7
