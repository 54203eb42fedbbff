"""An exchange whose every word the test says: no network, no clock of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.live.feeding import Said

from thebot.exchange.clock import ExchangeClock
from thebot.exchange.ports import Channel, DayEvent, Depth, StreamListener
from thebot.live.feed import Feed, FeedOptions
from thebot.market import Candle, Candles, Instrument, Symbol, Timeframe

HOUR = Timeframe("1h")
FOUR_HOURS = Timeframe("4h")


@dataclass
class Told:
    """A candle as the stream brings it."""

    symbol: Symbol
    timeframe: str
    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    quote_volume: float = 0.0
    trades: int = 1
    taker_buy_volume: float = 0.0
    last_trade_id: int = -1
    closed: bool = True


class ByHand:
    """A MarketSource and its one stream. It has `known` candles, up to the exchange's time `now`.

    While `held` is not set, questions for candles wait for it; `asked` counts them.
    """

    name = "by hand"
    notices: tuple[str, ...] = ()

    def __init__(self, known: Mapping[tuple[Symbol, Timeframe], Candles], now: int) -> None:
        self.known, self.now = dict(known), now
        self.clock = ExchangeClock()
        self.held = asyncio.Event()
        self.held.set()
        self.asked = 0
        self.listener: StreamListener | None = None
        self.wanted: set[Channel] = set()

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        return {
            symbol: Instrument(
                symbol=symbol, base=symbol[:-4], quote="USDT", tick=Decimal("0.01"), step=Decimal("0.01")
            )
            for symbol, _ in self.known
        }

    async def days(self, symbols: Sequence[Symbol] | None = None) -> Sequence[DayEvent]:
        return ()

    async def candles(
        self,
        symbol: Symbol,
        timeframe: Timeframe,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> Candles:
        self.asked += 1
        await self.held.wait()
        everything = self.known[symbol, timeframe]
        closed = everything.rows(slice(0, int((everything.close_time <= self.now).sum())))
        chosen = closed.between(start, end)
        limit = limit or (len(chosen) if start is not None else 1_000)
        return chosen[:limit] if start is not None else chosen[-limit:]

    async def depth(self, symbol: Symbol, levels: int = 100) -> Depth:
        raise NotImplementedError

    async def time(self) -> int:
        at = time.monotonic()
        self.clock.answered(self.now, at, at)
        return self.now

    def stream(self, listener: StreamListener) -> ByHand:
        self.listener = listener
        return self

    def health(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None: ...

    # Its stream

    def subscribe(self, channels: Collection[Channel]) -> None:
        self.wanted.update(channels)

    def unsubscribe(self, channels: Collection[Channel]) -> None:
        self.wanted.difference_update(channels)

    # What the test makes it say

    def up(self, *symbols: Symbol) -> None:
        """What was wished for of these symbols is heard."""
        assert self.listener is not None
        self.listener.on_up([each for each in self.wanted if each.symbol in symbols])

    def down(self, *symbols: Symbol) -> None:
        assert self.listener is not None
        self.listener.on_down([each for each in self.wanted if each.symbol in symbols], "the cable")

    def close_candle(self, candle: Candle) -> None:
        """The exchange's word that this candle has ended."""
        assert self.listener is not None
        self.now = max(self.now, candle.close_time)
        at = time.monotonic()
        self.clock.answered(self.now, at, at)
        told = Told(
            candle.symbol, candle.timeframe.name, candle.open_time, candle.open, candle.high, candle.low,
            candle.close, candle.volume,
        )  # fmt: skip
        self.listener.on_candle(told, candle.close_time)


@asynccontextmanager
async def fed(
    exchange: ByHand, *symbols: Symbol, timeframes: tuple[Timeframe, ...] = (), **options: Any
) -> AsyncIterator[tuple[Feed, Said]]:
    """A feed of base 1h on it, warm and connected, until the block ends."""
    said = Said()
    feed = Feed(exchange, FeedOptions(symbols=symbols, base=HOUR, timeframes=timeframes, **options), said)
    running = asyncio.create_task(feed.run())
    try:
        await said.until(lambda: feed.health()["warm"] == len(symbols), 5)
        exchange.up(*symbols)
        yield feed, said
    finally:
        await feed.close()
        await running
