"""Feed: from an exchange's history and stream to closed candles, each once and in order."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import structlog

from thebot.errors import ExchangeError, UnknownName
from thebot.exchange.ports import Channel, MarketSource, MarketStream
from thebot.live.board import SPARK_SPAN, SPARK_STEP, Board
from thebot.live.catchup import CatchUp
from thebot.live.intake import Intake, Market
from thebot.live.lane import Lane, Passed
from thebot.live.shelf import Shelf
from thebot.live.warmup import spark_history
from thebot.market import Candle, Candles, Instrument, Symbol, Timeframe
from thebot.telemetry import Counters

log = structlog.get_logger(__name__)

_LOOK_EACH: Final = 1.0  # seconds between looks at what time brings
_CLOCK_SILENCE: Final = 2.0  # seconds without a word of the exchange's clock: ask for it
_DAYS_EACH: Final = 300.0  # seconds between questions for the 24-hour figures of quiet markets

StateKind = Literal["connected", "disconnected", "stale", "live", "notice", "finding", "added", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """A change in how well the feed hears: connection, staleness, a notice or a finding.

    `symbols` are those it is about (none: all of them), `at` is ms UTC by our clock.
    """

    kind: StateKind
    text: str
    symbols: tuple[Symbol, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions:
    """What is watched. Longer timeframes must be whole sums of `base`; it is always among them."""

    symbols: tuple[Symbol, ...]
    base: Timeframe
    timeframes: tuple[Timeframe, ...] = ()
    history: int = 1000  # closed candles to warm up with
    base_kept: int = 600  # of the base timeframe after that: a chart and a hundred
    longer: int = 100  # closed candles kept of each longer timeframe after that; older ones come by REST
    concurrency: int = 8  # requests for history at the same time
    stale_after: float = 60.0  # seconds without a message about a symbol
    ask_after: float = 5.0  # seconds after a close without the exchange's word: ask by REST
    max_tracked: int = 64  # charts' further timeframes, the longest unused goes first


class FeedListener(Protocol):
    """Called on the event loop, in order; must return soon. What it raises is counted and logged."""

    def on_history(self, symbol: Symbol, timeframe: Timeframe, candles: Candles) -> None:
        """The closed candles so far, once for each symbol and timeframe, the base timeframe last."""

    def on_candle(self, candle: Candle, complete: bool) -> None:
        """A candle has closed: exactly once, in order; first the base candle, then the longer ones that
        it closes. `complete` is False for a longer candle of which base candles are missing."""

    def on_state(self, state: FeedState) -> None: ...


class Feed:
    """Runs until `close`. The newest figures are on `board`."""

    def __init__(
        self,
        source: MarketSource,
        options: FeedOptions,
        listener: FeedListener,
        room: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`room` waits until the listener can take in more history; more at once would only fill memory."""
        self.source, self.options, self.listener = source, options, listener
        self.board = Board()
        self.counters = Counters()
        self.findings: deque[str] = deque(maxlen=50)
        self._intake = Intake(self.board, source.clock, self._on_closed, self._on_link)
        self._catchup = CatchUp(
            source,
            concurrency=options.concurrency,
            room=room,
            on_passed=self._pass_on,
            on_trouble=self._on_trouble,
            on_finding=self._on_finding,
        )
        self._shelf = Shelf(
            source,
            self._intake,
            kept=frozenset({options.base, *options.timeframes}),
            history=options.history,
            max_tracked=options.max_tracked,
            on_history=self._tell_history,
            on_lane=self._on_lane,
        )
        self._stream: MarketStream | None = None
        self._instruments: Mapping[Symbol, Instrument] = {}
        self._warm: set[Symbol] = set()
        self._link: bool | None = None  # whether everything is heard; None before the first time
        self._trouble = ""
        self._notices: tuple[str, ...] = ()
        self._days_at = -math.inf
        self._asking: set[str] = set()
        self._ended = asyncio.Event()
        for symbol in dict.fromkeys(options.symbols):
            self._place(symbol)

    async def run(self) -> None:
        """Load history, then stream, until `close` is called. Raises only what cannot be mended by trying
        again (UnknownName for a symbol that the exchange does not have)."""
        try:
            self._instruments = await self._catchup.patiently(self.source.instruments)
            for symbol in self._intake.markets:
                if symbol not in self._instruments:
                    raise UnknownName("symbol", symbol, self._instruments)
            await self._learn_rate()
            self._stream = self.source.stream(self._intake)
            for market in list(self._intake.markets.values()):
                self._begin(market)
            while not self._ended.is_set():
                self._look_after()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EACH):
                        await self._ended.wait()
        finally:
            await self._catchup.close()
            if self._stream is not None:
                await self._stream.close()

    async def close(self) -> None:
        """End the connections and everything under way. The source is its owner's to close."""
        self._ended.set()
        await self._catchup.close()
        if self._stream is not None:
            await self._stream.close()

    def add(self, symbol: Symbol) -> None:
        """Watch one more; its history comes through `on_history` when it is there."""
        if symbol in self._intake.markets:
            return
        if self._instruments and symbol not in self._instruments:
            raise UnknownName("symbol", symbol, self._instruments)
        market = self._place(symbol)
        self._say("added", f"{symbol} is watched.", (symbol,))
        if self._stream is not None:
            self._begin(market)

    def remove(self, symbol: Symbol) -> None:
        """Watch one less. Nothing more is said of it."""
        market = self._intake.markets.get(symbol)
        if market is None:
            return
        for lane in market.lanes.values():
            self._catchup.drop(lane)
        if self._stream is not None:
            self._stream.unsubscribe(market.channels())
        self.board.remove(symbol)
        self._intake.place(each for each in self._intake.markets.values() if each is not market)
        self._warm.discard(symbol)
        self._say("removed", f"{symbol} is no longer watched.", (symbol,))
        self._heed_link(None)  # it may have been the one that was not heard

    def forming(self, symbol: Symbol, timeframe: Timeframe) -> Candle | None:
        """The candle in progress, to the last trade heard; None if nothing is known of it."""
        return self._shelf.forming(symbol, timeframe)

    async def candles(
        self, symbol: Symbol, timeframe: Timeframe, limit: int = 500, end: int | None = None
    ) -> Candles:
        """The newest `limit` closed candles before `end` (open time, ms UTC): from memory, else by REST."""
        return await self._shelf.candles(symbol, timeframe, limit, end)

    async def track(self, symbol: Symbol, timeframe: Timeframe) -> None:
        """Keep this timeframe too from now on (what a chart shows). Asking again costs nothing.

        Raises UnknownName for a symbol that is not watched and ExchangeError if its history cannot be had.
        """
        await self._shelf.track(symbol, timeframe)

    def health(self) -> dict[str, Any]:
        """Connection, progress of the warm-up, staleness, counters, notices, findings."""
        stale = [s for s, is_stale in zip(self.board.symbols, self.board.stale, strict=True) if is_stale]
        stream = self._stream.health() if self._stream is not None else {}
        delay = self._intake.delay_ms
        return {
            "connected": self._link is True,
            "warm": len(self._warm),
            "symbols": len(self._intake.markets),
            "stale": stale[:10],
            "stale_count": len(stale),
            "latency_ms": stream.get("latency_ms"),
            "delay_ms": round(delay, 1) if delay == delay else None,
            "trouble": self._trouble,
            "notices": list(self._notices),
            "findings": list(self.findings),
            "duplicates": self._intake.duplicates + sum(lane.duplicates for lane in self._lanes()),
            "unbelieved": self._intake.unbelieved,
            "filled_by_rest": self._catchup.filled,
            **self.counters.as_dict(),
            "stream": stream,
            "source": self.source.health(),
        }

    async def _learn_rate(self) -> None:
        """How fast the exchange's clock runs, before anything is heard: in a quick replay, events would
        else seem to come from the future and be doubted. Takes twenty round trips, a second at most."""
        while not self.source.clock.rate_known and not self._ended.is_set():
            await self._catchup.patiently(self.source.time)
            await asyncio.sleep(min(0.25, max(0.02, 5 * self.source.clock.round_trip)))

    # Coming and going.

    def _place(self, symbol: Symbol) -> Market:
        market = Market(Lane(symbol, self.options.base, self.options.history))
        market.down.update(market.channels())
        self.board.add(symbol)
        self._intake.place([*self._intake.markets.values(), market])
        return market

    def _begin(self, market: Market) -> None:
        if self._stream is not None:
            self._stream.subscribe(market.channels())
        self._catchup.start(self._warm_up(market), f"warm up {market.symbol}")

    async def _warm_up(self, market: Market) -> None:
        lane, base = market.base, self.options.base
        longer = sorted({each for each in self.options.timeframes if each != base}, reverse=True)
        if not await self._catchup.warm(lane, longer):
            return
        self._warm.add(market.symbol)
        for timeframe in longer:
            self._tell_history(lane.symbol, timeframe, lane.derived[timeframe].history.candles())
            lane.derived[timeframe].history.shrink(self.options.longer)
        self._tell_history(lane.symbol, base, lane.history.candles())
        lane.history.shrink(self.options.base_kept)
        if len(self._warm) == len(self._intake.markets):
            self._trouble = ""
            self._say("notice", f"History of {len(self._warm)} symbols is loaded.")
        self._catchup.catch_up(lane)
        past = await self._catchup.patiently(
            lambda: spark_history(self.source, lane, SPARK_SPAN, SPARK_STEP), lane
        )
        if market.symbol in self.board:
            self.board.set_spark(market.symbol, past.close_time, past.close)

    def _on_lane(self, lane: Lane, wanted: bool) -> None:
        """A chart wants a series of its own from the stream, or not any more."""
        channels = [Channel("candles", lane.symbol, lane.timeframe)]
        if not wanted:
            self._catchup.drop(lane)
        if self._stream is not None and wanted:
            self._stream.subscribe(channels)
        elif self._stream is not None:
            self._stream.unsubscribe(channels)

    # What the exchange says.

    def _on_closed(self, lane: Lane, candle: Candle) -> None:
        self._pass_on(lane, lane.offer(candle))
        if not lane.live:
            self._catchup.catch_up(lane)

    def _pass_on(self, lane: Lane, passed: Sequence[Passed]) -> None:
        for candle, complete in passed:
            if candle.timeframe == self.options.base and candle.symbol in self.board:
                self.board.advance_spark(candle.symbol, candle.close_time, candle.close)
            self.counters.count("candles")
            try:
                self.listener.on_candle(candle, complete)
            except Exception:
                self._listener_failed("on_candle")
            derived = lane.derived.get(candle.timeframe)
            if derived is not None and derived.unproven and complete:
                derived.unproven = False
                self._catchup.start(self._catchup.prove(lane, derived, candle), "prove a derived candle")
        while lane.findings:
            self._on_finding(lane, str(lane.findings.pop(0)))

    def _on_link(self, channels: Collection[Channel], why: str | None) -> None:
        """Channels are heard (`why` is None), or not any more."""
        for channel in channels:
            market = self._intake.markets.get(channel.symbol)
            if market is None:
                continue
            if why is None:
                market.down.discard(channel)
            elif channel not in market.down:
                market.down.add(channel)
                market.begin_anew()
            self.board.cut[market.row] = bool(market.down)
            lane = market.lanes.get(channel.timeframe.name) if channel.timeframe is not None else None
            if lane is not None and why is None:
                lane.up = True
                self._catchup.catch_up(lane)
            elif lane is not None:
                lane.cut()
        self._age()
        self._heed_link(why)

    def _heed_link(self, why: str | None) -> None:
        """Say when everything is heard and, for the reason `why`, when it is not any more.

        What was only now wished for is not heard yet; that is no lost connection.
        """
        heard = not any(market.down for market in self._intake.markets.values())
        if heard and not self._link and self._intake.markets:
            self._link, self._trouble = True, ""
            self._say("connected", f"Connected to {self.source.name}: every market is heard.")
        elif not heard and self._link and why is not None:
            self._link = False
            self._say("disconnected", f"The connection to {self.source.name} is lost ({why}); trying again.")

    # Once a second.

    def _look_after(self) -> None:
        now = time.monotonic()
        self.board.count(now)
        self._age()
        clock = self.source.clock
        for lane in self._lanes():
            if lane.live and lane.next_open is not None:
                self._look_for_overdue(lane, clock.now, now)
        if clock.silence(now) > _CLOCK_SILENCE:
            self._ask_once("clock", self.source.time)
        if now - self._days_at > _DAYS_EACH:
            self._days_at = now
            self._ask_once("days", self._load_days)
        notices = self.source.notices
        for notice in notices[len(self._notices) :]:
            self._say("notice", notice)
        self._notices = notices

    def _look_for_overdue(self, lane: Lane, exchange_now: int, now: float) -> None:
        """The exchange's clock has passed a close without its word: after some seconds, ask by REST."""
        if lane.timeframe.close_time(lane.next_open or 0) > exchange_now:
            lane.overdue_since = None
        elif lane.overdue_since is None:
            lane.overdue_since = now
        elif now - lane.overdue_since >= self.options.ask_after * 2 ** min(lane.asked_in_vain, 4):
            lane.overdue_since, lane.live = now, False
            lane.asked_in_vain += 1
            self.counters.count("overdue candles asked for")
            self._catchup.catch_up(lane)

    def _age(self) -> None:
        stale, alive = self.board.age(time.monotonic(), self.options.stale_after)
        if stale and self._warm:
            self._say("stale", f"Nothing is heard of {_some(stale)}.", tuple(stale))
        if alive:
            self._say("live", f"{_some(alive)} live again.", tuple(alive))

    async def _load_days(self) -> None:
        symbols = [s for s in self.board.symbols if s in self._instruments]
        for day in await self.source.days(symbols):
            if day.symbol in self.board:
                row = self.board.row(day.symbol)
                self.board.day(row, day.open, day.high, day.low, day.quote_volume)
                if self.board.traded_at[row] == 0 and day.price > 0:
                    self.board.price[row] = day.price

    def _ask_once(self, name: str, ask: Callable[[], Awaitable[object]]) -> None:
        """In the background, unless it is under way; after a failure the next look tries again."""
        if name in self._asking:
            return
        self._asking.add(name)

        async def asked() -> None:
            try:
                await ask()
            except ExchangeError as error:
                self._on_trouble(str(error))
            finally:
                self._asking.discard(name)

        self._catchup.start(asked(), name)

    # Saying it.

    def _lanes(self) -> list[Lane]:
        return [lane for market in self._intake.markets.values() for lane in market.lanes.values()]

    def _tell_history(self, symbol: Symbol, timeframe: Timeframe, candles: Candles) -> None:
        try:
            self.listener.on_history(symbol, timeframe, candles)
        except Exception:
            self._listener_failed("on_history")

    def _on_trouble(self, text: str) -> None:
        self.counters.count("troubles")
        if text != self._trouble:
            self._trouble = text
            self._say("notice", text)

    def _on_finding(self, lane: Lane, text: str) -> None:
        said = f"{lane.symbol} {lane.timeframe}: {text}"
        self.counters.count("findings")
        self.findings.append(said)
        self._say("finding", said, (lane.symbol,))

    def _say(self, kind: StateKind, text: str, symbols: tuple[Symbol, ...] = ()) -> None:
        state = FeedState(kind=kind, text=text, symbols=symbols, at=time.time_ns() // 1_000_000)
        try:
            self.listener.on_state(state)
        except Exception:
            self._listener_failed("on_state")

    def _listener_failed(self, what: str) -> None:
        self.counters.count("listener errors")
        log.exception("the feed's listener failed", call=what)


def _some(symbols: Sequence[Symbol]) -> str:
    shown = ", ".join(symbols[:5])
    return f"{shown} and {len(symbols) - 5} more" if len(symbols) > 5 else shown
