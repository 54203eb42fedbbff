"""Platform: feed, engine, charts and memory, put together for one exchange. It is the dashboard's `Desk`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from thebot.errors import ExchangeError, StorageError, UnknownName
from thebot.exchange.ports import MarketSource
from thebot.indicators import Expression
from thebot.live.board import Board
from thebot.live.charts import Charts
from thebot.live.desk import Chart, DeskEvent, Forming, Mode
from thebot.live.engine import Engine, EngineOptions
from thebot.live.feed import Feed, FeedOptions, FeedState
from thebot.live.hub import Hub
from thebot.market import Candle, Candles, Instrument, Symbol, Timeframe
from thebot.storage import Database, Writer
from thebot.strategy import Signal, Strategy
from thebot.telemetry.memory import settle, trim
from thebot.telemetry.process import rss_mib

log = structlog.get_logger(__name__)

REMEMBERED: Final = 1_000  # newest signals kept at hand, so that a failing database hides none of them
CLOCK_EVERY: Final = 60.0  # seconds between questions for the exchange's time


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformOptions:
    """What is watched, drawn and looked for."""

    mode: Mode
    symbols: tuple[Symbol, ...]
    base: Timeframe  # the shortest there is; longer ones are made of it
    timeframes: tuple[Timeframe, ...]  # offered for charts
    signal_timeframes: tuple[Timeframe, ...]
    strategies: tuple[Strategy, ...]
    indicators: tuple[Expression, ...]  # on charts
    history: int = 1_000  # closed candles that everything is warmed up with


class Platform:
    """One running platform. `run` works until cancelled; everything else answers from what it holds."""

    def __init__(
        self,
        options: PlatformOptions,
        source: MarketSource,
        instruments: Mapping[Symbol, Instrument],
        database: Database,
        writer: Writer,
    ) -> None:
        self.options = options
        self._source = source
        self._instruments = {symbol: instruments[symbol] for symbol in options.symbols}
        self._database = database
        self._writer = writer
        self._hub: Hub[DeskEvent] = Hub()
        self._recent: deque[Signal] = deque(maxlen=REMEMBERED)
        self._notice = ""
        self._started = time.monotonic()
        self.signals_fired = 0
        self._charts = Charts(options.indicators)
        self._engine = Engine(
            EngineOptions(options.strategies, options.signal_timeframes),
            self._digits,
            self._on_signals,
            room=writer.room,
            on_warm=settle,
        )
        self._feed = Feed(
            source,
            FeedOptions(
                symbols=options.symbols,
                base=options.base,
                timeframes=self._engine.needed,
                history=options.history,
            ),
            self,
            room=self._engine.room,
        )

    async def run(self) -> None:
        """Watch the market until cancelled. Raises what cannot be mended by trying again."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed.run(), name="feed")
            tasks.create_task(self._engine.run(), name="engine")
            tasks.create_task(self._keep_time(), name="clock")

    async def close(self) -> None:
        """End the connections and the readers of events."""
        self._hub.close()
        await self._feed.close()

    # Desk: what a dashboard reads

    @property
    def mode(self) -> Mode:
        return self.options.mode

    @property
    def board(self) -> Board:
        return self._feed.board

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        return self._instruments

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        return self.options.timeframes

    @property
    def default_timeframe(self) -> Timeframe:
        return self.options.timeframes[0]

    @property
    def indicators(self) -> tuple[Expression, ...]:
        return self.options.indicators

    def exchange_time(self) -> int:
        estimate = self._source.clock.estimate(time.monotonic())
        return int(estimate) if estimate == estimate else int(time.time() * 1000)

    async def candles(
        self, symbol: Symbol, timeframe: Timeframe, limit: int = 500, end: int | None = None
    ) -> Candles:
        self._require(symbol, timeframe)
        try:
            return await self._feed.candles(symbol, timeframe, limit, end)
        except ExchangeError:
            kept = await self._kept(symbol, timeframe, limit, end)
            if kept is None:
                raise
            return kept

    async def chart(
        self,
        symbol: Symbol,
        timeframe: Timeframe,
        limit: int = 500,
        end: int | None = None,
        indicators: Sequence[Expression] | None = None,
    ) -> Chart:
        self._require(symbol, timeframe)
        if end is None:
            # Without the exchange, what is in memory or in the database is shown; the status bar says so.
            with contextlib.suppress(ExchangeError):
                await self._feed.track(symbol, timeframe)

        def read(count: int) -> Awaitable[Candles]:
            return self.candles(symbol, timeframe, count, end)

        drawing = await self._charts.draw(symbol, timeframe, read, limit, indicators, live=end is None)
        shown = drawing.candles
        if not len(shown):
            return Chart(candles=shown, plots=(), signals=(), refused=drawing.refused)
        until = int(shown.close_time[-1])
        signals = [
            signal
            for signal in await self.signals(symbol, since=int(shown.close_time[0]), limit=5_000)
            if signal.timeframe == timeframe and signal.at <= until
        ]
        return Chart(
            candles=shown, plots=drawing.plots, signals=tuple(signals[::-1]), refused=drawing.refused
        )

    def forming(
        self, symbol: Symbol, timeframe: Timeframe, plots: Sequence[str] | None = None
    ) -> Forming | None:
        candle = self._feed.forming(symbol, timeframe)
        return None if candle is None else Forming(candle=candle, values=self._charts.preview(candle, plots))

    async def signals(
        self, symbol: Symbol | None = None, since: int | None = None, limit: int = 100
    ) -> list[Signal]:
        if symbol is not None and symbol not in self._instruments:
            raise UnknownName("symbol", symbol, self._instruments)
        found = {
            signal.key: signal
            for signal in self._recent
            if (symbol is None or signal.symbol == symbol) and (since is None or signal.at >= since)
        }
        try:
            stored = await self._database.signals(symbol, since=since, limit=limit)
        except StorageError as error:
            log.warning("signals are shown from memory only", why=str(error))
            stored = []
        found.update((signal.key, signal) for signal in stored)
        return sorted(found.values(), key=lambda signal: signal.at, reverse=True)[:limit]

    def health(self) -> dict[str, Any]:
        feed = self._feed.health()
        writer = self._writer.health()
        stale = int(self.board.stale.sum())
        well = (
            feed.get("connected", False)
            and not stale
            and not writer.get("failing")
            and not self._engine.failures
        )
        return {
            "status": "ok" if well else "degraded",
            "mode": self.mode.value,
            "exchange": self._source.name,
            "symbols": len(self.board),
            "stale": stale,
            "updates_per_second": round(self.board.updates_per_second, 1),
            "exchange_time": self.exchange_time(),
            "feed": feed,
            "engine": {
                "strategies": [strategy.name for strategy in self.options.strategies],
                "timeframes": [str(timeframe) for timeframe in self.options.signal_timeframes],
                "warming": self._engine.warming,
                "ready": self._engine.ready,
                "failures": self._engine.failures,
                "signals": self.signals_fired,
            },
            "database": writer,
            "notice": self._notice,
            "rss_mib": round(rss_mib(), 1),
            "uptime_seconds": round(time.monotonic() - self._started, 1),
        }

    def events(self) -> AsyncIterator[DeskEvent]:
        return self._hub.reader()

    # FeedListener: what the feed says

    def on_history(self, symbol: Symbol, timeframe: Timeframe, candles: Candles) -> None:
        self._engine.on_history(symbol, timeframe, candles)

    def on_candle(self, candle: Candle, complete: bool) -> None:
        self._charts.step(candle)
        self._engine.on_candle(candle)
        self._writer.candle(candle)
        self._hub.publish(DeskEvent(kind="candle", candle=candle))

    def on_state(self, state: FeedState) -> None:
        if state.kind in ("connected", "disconnected", "notice"):
            self.notice(state.text)
        if state.kind == "removed":
            for symbol in state.symbols:
                self._engine.forget(symbol)
                self._charts.forget(symbol)
        log.info("feed", kind=state.kind, text=state.text, symbols=len(state.symbols))

    def notice(self, text: str) -> None:
        """Something that the person at the screen should know."""
        self._notice = text
        self._hub.publish(DeskEvent(kind="notice", notice=text))

    # Inside

    def _on_signals(self, signals: Sequence[Signal], from_history: bool) -> None:
        for signal in signals:
            self._writer.signal(signal)
            if not from_history:
                self.signals_fired += 1
                self._recent.append(signal)
                self._hub.publish(DeskEvent(kind="signal", signal=signal))

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_EVERY)
            trim()
            try:
                await self._source.time()
            except ExchangeError as error:
                log.warning("the exchange's clock could not be read", why=str(error))

    async def _kept(
        self, symbol: Symbol, timeframe: Timeframe, limit: int, end: int | None
    ) -> Candles | None:
        try:
            kept = await self._database.candles(symbol, timeframe, limit, end)
        except StorageError:
            return None
        return kept if len(kept) else None

    def _digits(self, symbol: Symbol) -> int:
        return self._instruments[symbol].price_digits

    def _require(self, symbol: Symbol, timeframe: Timeframe) -> None:
        if symbol not in self._instruments:
            raise UnknownName("symbol", symbol, self._instruments)
        if timeframe not in self.options.timeframes:
            raise UnknownName("timeframe", str(timeframe), map(str, self.options.timeframes))
