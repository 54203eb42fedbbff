"""A real feed on a real sandbox exchange, and what it said."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox_process import SandboxProcess

from thebot.exchange.binance import Addresses, BinanceMarketSource, RestOptions, StreamOptions
from thebot.exchange.binance.connection import LineOptions
from thebot.live.feed import Feed, FeedOptions, FeedState
from thebot.market import Candle, Candles, Symbol, Timeframe
from thebot.resilience import Backoff

HOUR = Timeframe("1h")
QUICK = Backoff(first=0.05, longest=0.3)
STREAMS = StreamOptions(
    backoff=QUICK, overlap=0.2, line=LineOptions(silence=1.0, answer_within=1.0, open_within=2.0)
)
REST = RestOptions(timeout=5.0, attempts=2, backoff=QUICK)


@dataclass
class Said:
    """A FeedListener that remembers."""

    history: dict[tuple[Symbol, str], Candles] = field(default_factory=dict)
    candles: list[tuple[Candle, bool]] = field(default_factory=list)
    states: list[FeedState] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def on_history(self, symbol: Symbol, timeframe: Timeframe, candles: Candles) -> None:
        assert (symbol, timeframe.name) not in self.history, "history comes once"
        self.history[symbol, timeframe.name] = candles
        self._news.set()

    def on_candle(self, candle: Candle, complete: bool) -> None:
        assert (candle.symbol, candle.timeframe.name) in self.history, "history comes first"
        self.candles.append((candle, complete))
        self._news.set()

    def on_state(self, state: FeedState) -> None:
        self.states.append(state)
        self._news.set()

    def of(self, symbol: Symbol, timeframe: Timeframe = HOUR) -> list[Candle]:
        return [c for c, _ in self.candles if c.symbol == symbol and c.timeframe == timeframe]

    def kinds(self) -> list[str]:
        return [state.kind for state in self.states]

    async def until(self, enough: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait for what somebody says to be enough; looks again now and then for what nobody says."""
        async with asyncio.timeout(seconds):
            while not enough():
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await self._news.wait()

    async def candles_more(self, symbol: Symbol, count: int, timeframe: Timeframe = HOUR) -> None:
        wanted = len(self.of(symbol, timeframe)) + count
        await self.until(lambda: len(self.of(symbol, timeframe)) >= wanted)


@contextlib.asynccontextmanager
async def feeding(
    sandbox: SandboxProcess | str,
    *symbols: Symbol,
    base: Timeframe = HOUR,
    timeframes: tuple[str, ...] = ("4h",),
    streams: StreamOptions = STREAMS,
    listener: Said | None = None,
    **options: Any,
) -> AsyncIterator[tuple[Feed, Said]]:
    """Runs a feed of these symbols, warm and connected, until the block ends."""
    said = listener or Said()
    url = sandbox if isinstance(sandbox, str) else sandbox.url
    source = BinanceMarketSource(Addresses.of_sandbox(url), rest=REST, streams=streams)
    feed = Feed(
        source,
        FeedOptions(symbols=symbols, base=base, timeframes=tuple(map(Timeframe, timeframes)), **options),
        said,
    )
    running = asyncio.create_task(feed.run())
    try:
        if isinstance(sandbox, SandboxProcess):
            ready = asyncio.create_task(said.until(lambda: _ready(feed)))
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                ready.cancel()
                running.result()
            await ready
        yield feed, said
    finally:
        await feed.close()
        with contextlib.suppress(Exception):
            await running
        await source.close()


def _ready(feed: Feed) -> bool:
    health = feed.health()
    return bool(health["connected"] and health["warm"] == health["symbols"] and not health["stale"])
