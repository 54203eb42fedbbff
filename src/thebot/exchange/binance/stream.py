"""Binance's market streams, kept up: as many connections as needed, each replaced before it grows old."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

import structlog
from picows import WSError, WSHandshakeError, WSUpgradeResponse

from thebot.exchange.binance.addresses import Addresses
from thebot.exchange.binance.connection import Connection, LineOptions, MalformedMessages
from thebot.exchange.binance.convert import retry_after
from thebot.exchange.ports import Channel, StreamListener
from thebot.resilience import Backoff, Pace
from thebot.telemetry import Counters

log = structlog.get_logger(__name__)

_LINE: Final = LineOptions()
_MEASURE_EACH: Final = 30.0  # seconds between pings of ours
_BACKOFF: Final = Backoff(first=0.25, longest=15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """Binance's documented limits, and how we stay within them. Seconds."""

    line: LineOptions = _LINE
    streams_per_connection: int = 1024
    connects: int = 250  # the exchange allows 300 attempts ...
    connects_within: float = 300.0  # ... in five minutes
    renew_after: float = 23.5 * 3600  # the exchange ends a connection after 24 hours
    overlap: float = 1.0  # both connections up, before the old one goes
    backoff: Backoff = _BACKOFF
    held: float = 10.0  # a connection that lived this long starts the count of failures anew


class BinanceStream:
    """A `MarketStream`: what is subscribed to is heard, or reported as down and worked on."""

    def __init__(
        self,
        addresses: Addresses,
        listener: StreamListener,
        options: StreamOptions | None = None,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.listener, self.options = listener, options or StreamOptions()
        self.counters = Counters()
        self.malformed = MalformedMessages(self.counters)
        self.notices: list[str] = []
        self.chance = chance
        self._addresses, self._base = addresses, addresses.stream
        self._connects = Pace(self.options.connects, self.options.connects_within)
        self._away_until = -math.inf  # loop time until which the exchange refuses this address
        self._lines: list[_Line] = []

    def subscribe(self, channels: Collection[Channel]) -> None:
        new = {name_of(each): each for each in channels}
        for line in self._lines:
            new = {name: each for name, each in new.items() if name not in line.wanted}
        most = self.options.streams_per_connection
        for line in self._lines:
            room = most - len(line.wanted)
            some = list(new.items())[: max(0, room)]
            if some:
                line.want({**line.wanted, **dict(some)})
                new = dict(list(new.items())[len(some) :])
        while new:
            line = _Line(self)
            self._lines.append(line)
            line.want(dict(list(new.items())[:most]))
            new = dict(list(new.items())[most:])

    def unsubscribe(self, channels: Collection[Channel]) -> None:
        gone = {name_of(each) for each in channels}
        for line in list(self._lines):
            if gone & line.wanted.keys():
                line.want({name: each for name, each in line.wanted.items() if name not in gone})
            if not line.wanted:
                self._lines.remove(line)
                line.stop()

    def health(self) -> dict[str, Any]:
        trips = [line.round_trip for line in self._lines if not math.isnan(line.round_trip)]
        return {
            "address": self._base,
            "connections": sum(line.is_up for line in self._lines),
            "connections_wanted": len(self._lines),
            "streams": sum(len(line.wanted) for line in self._lines),
            "streams_heard": sum(line.heard for line in self._lines),
            "messages": sum(line.messages for line in self._lines),
            "latency_ms": round(max(trips) * 1000, 1) if trips else None,
            "last_malformed": list(self.malformed.newest),
            **self.counters.as_dict(),
        }

    async def close(self) -> None:
        lines, self._lines = self._lines, []
        for line in lines:
            line.stop()
        await asyncio.gather(*(line.ended() for line in lines))

    async def open(self, *, held: bool = False) -> Connection:
        """A new connection as soon as one is to be had; tries without end, with growing pauses."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            while (wait := self._wait(loop.time())) > 0:  # noqa: ASYNC110  (another line may be first)
                await asyncio.sleep(wait)
            self._connects.take(loop.time())
            connection = Connection(self.listener, self.malformed, self.options.line, held=held)
            try:
                await connection.open(f"{self._base}/stream")
            except (OSError, TimeoutError, WSError) as error:
                failures += 1
                response = error.response if isinstance(error, WSHandshakeError) else None
                if response is not None and self._fell_back(response):
                    continue
                self.counters.count("failed connects")
                pause = self.options.backoff.delay(failures, self.chance())
                if response is not None and response.status in (418, 429):
                    self.counters.count("rate limited")
                    away = retry_after(response.headers, response.status)
                    self._away_until = max(self._away_until, loop.time() + away)
                if failures in (1, 10) or failures % 100 == 0:
                    log.warning("cannot connect", address=self._base, why=repr(error), times=failures)
                await asyncio.sleep(pause)
            else:
                self.counters.count("connects")
                return connection

    def _wait(self, now: float) -> float:
        """Seconds until the exchange allows one more attempt to connect."""
        return max(self._connects.wait(now), self._away_until - now)

    def tell(self, what: Callable[[], None]) -> None:
        """Call the listener; what it raises is its own trouble and must not end a connection's life."""
        try:
            what()
        except Exception:
            if self.counters.count("listener errors") <= 10:
                log.exception("a change of the connection could not be handled")

    def _fell_back(self, response: WSUpgradeResponse) -> bool:
        other = self._addresses.data_stream
        if response.status != 451 or other in (None, self._base):
            return False
        self.notices.append(
            f"{self._base} refuses streams from here (HTTP 451). Prices come from {other} instead."
        )
        log.warning("fell back to the data-only stream", refused=self._base, now=other)
        self._base = str(other)
        return True


class _Line:
    """Up to so many streams over one connection, which is renewed and replaced as needed."""

    def __init__(self, stream: BinanceStream) -> None:
        self.wanted: dict[str, Channel] = {}
        self.round_trip = math.nan
        self._stream = stream
        self._up: set[str] = set()  # reported as heard
        self._connection: Connection | None = None
        self._others: set[Connection] = set()
        self._failed_changes = 0
        self._messages = 0
        self._task = asyncio.create_task(self._keep_up(), name="stream line")

    @property
    def is_up(self) -> bool:
        return self._connection is not None and not self._connection.over

    @property
    def heard(self) -> int:
        return len(self._up)

    @property
    def messages(self) -> int:
        return self._messages + (self._connection.reader.messages if self._connection else 0)

    def want(self, names: dict[str, Channel]) -> None:
        self.wanted = names
        self._up &= names.keys()
        for connection in (self._connection, *self._others):
            if connection is not None:
                connection.want(names)
        # One that goes and comes back before the exchange was told is still heard; said after this call, so
        # that who subscribes is not called back from within.
        asyncio.get_running_loop().call_soon(self._still_heard)

    def stop(self) -> None:
        self._task.cancel()
        for connection in (self._connection, *self._others):
            if connection is not None:
                connection.retire()

    async def ended(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _keep_up(self) -> None:
        short_lives = 0
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                begun = await self._live()
            except Exception:  # must not be; but the worst would be a stream that has ended and nobody knows
                self._stream.counters.count("stream errors")
                log.exception("a stream's connection failed; it begins anew")
                self._drop("a fault of ours")
            lived = asyncio.get_running_loop().time() - begun
            short_lives = 0 if lived > self._stream.options.held else short_lives + 1
            await asyncio.sleep(self._stream.options.backoff.delay(short_lives, self._stream.chance()))

    async def _live(self) -> float:
        """From a new connection to the end of the last that replaced it; when that one began."""
        loop = asyncio.get_running_loop()
        connection, begun = await self._stream.open(), loop.time()
        self._begin(connection)
        while not connection.over:
            before = connection
            connection = await self._until_over_or_replaced(connection, begun)
            begun = begun if connection is before else loop.time()
        return begun

    def _begin(self, connection: Connection) -> None:
        if self._connection is not None:
            self._messages += self._connection.reader.messages
        self._connection = connection
        connection.on_confirmed = self._heard
        connection.on_over = lambda: self._down(connection.why)
        connection.want(self.wanted)
        self._heard(connection.confirmed)
        self._lost(self._up - connection.confirmed, "the exchange refuses it")

    def _heard(self, names: Collection[str]) -> None:
        new = [name for name in names if name in self.wanted and name not in self._up]
        self._up.update(new)
        if new:
            channels = [self.wanted[name] for name in new]
            self._stream.tell(lambda: self._stream.listener.on_up(channels))

    def _still_heard(self) -> None:
        if self._connection is not None and not self._connection.over:
            self._heard(self._connection.confirmed)

    def _down(self, why: str) -> None:
        self.round_trip = math.nan
        self._stream.counters.count("cuts")
        log.warning("stream cut", why=why, streams=len(self._up))
        self._lost(set(self._up), why)

    def _lost(self, names: Collection[str], why: str) -> None:
        lost = [self.wanted[name] for name in names]
        self._up.difference_update(names)
        if lost:
            self._stream.tell(lambda: self._stream.listener.on_down(lost, why))

    def _drop(self, why: str) -> None:
        for connection in (self._connection, *self._others):
            if connection is not None:
                connection.retire()
        self._others.clear()
        self._lost(set(self._up), why)

    async def _until_over_or_replaced(self, connection: Connection, begun: float) -> Connection:
        """The connection that is in use after this one has ended (itself) or was replaced."""
        loop = asyncio.get_running_loop()
        renew_at = begun + self._stream.options.renew_after
        while not connection.over and not connection.leaving and loop.time() < renew_at:
            await self._measure(connection)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(_MEASURE_EACH, max(0.0, renew_at - loop.time()))):
                    await connection.attention.wait()
        return connection if connection.over else await self._replacement(connection)

    async def _measure(self, connection: Connection) -> None:
        with contextlib.suppress(OSError, TimeoutError, WSError):
            if not connection.over:
                self.round_trip = await connection.round_trip()

    async def _replacement(self, old: Connection) -> Connection:
        """The new connection is up and confirmed before the old one goes; what both brought is dropped by
        its number further up."""
        stream = self._stream
        log.info("changing connection", why=old.why or "its age")
        fresh = await stream.open(held=True)
        self._others.add(fresh)
        try:
            confirmed = asyncio.Event()
            fresh.on_confirmed = lambda names: confirmed.set()
            fresh.want(self.wanted)
            while not fresh.over and not self.wanted.keys() <= fresh.confirmed | fresh.refused:
                confirmed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await confirmed.wait()
            if not old.over:
                await asyncio.sleep(stream.options.overlap)
        finally:
            self._others.discard(fresh)
        if fresh.over:
            self._failed_changes += 1
            await asyncio.sleep(stream.options.backoff.delay(self._failed_changes, stream.chance()))
            return old  # try again; if it is over too, the line starts from the beginning
        self._failed_changes = 0
        old.retire()
        stream.counters.count("renewed connections")
        fresh.release()
        self._begin(fresh)
        return fresh


def name_of(channel: Channel) -> str:
    """The stream's name as Binance writes it: btcusdt@kline_1m."""
    symbol = channel.symbol.lower()
    if channel.kind == "candles":
        if channel.timeframe is None:
            raise ValueError(f"{channel.symbol}: candles of which timeframe?")
        return f"{symbol}@kline_{channel.timeframe.name}"
    return f"{symbol}@{_NAMES[channel.kind]}"


_NAMES: Final = {"trades": "aggTrade", "book": "bookTicker", "day": "miniTicker"}
