"""Binance's market data behind the house's port: one code path for every environment."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from thebot.errors import BadCandles, MalformedMessage, RequestRefused, UnknownName
from thebot.exchange.binance.addresses import Addresses
from thebot.exchange.binance.convert import (
    candles_of,
    depth_of,
    instruments_of,
    weight_limits_of,
)
from thebot.exchange.binance.messages import (
    DayTicker,
    DepthAnswer,
    ExchangeInfo,
    KlineRow,
    TimeAnswer,
    milliseconds,
)
from thebot.exchange.binance.rest import RestClient, RestOptions
from thebot.exchange.binance.stream import BinanceStream, StreamOptions
from thebot.exchange.clock import ExchangeClock
from thebot.exchange.ports import DayEvent, Depth, StreamListener
from thebot.market import Candles, Instrument, Symbol, Timeframe

T = TypeVar("T")

PAGE: Final = 1000  # klines in one answer, the exchange's maximum
_FRESH: Final = 1.0  # seconds for which the exchange's last word about its clock will do
_DAYS_AT_ONCE: Final = 100  # symbols in one question: more cost as much as all of them
_OF_A_PARAMETER: Final = (-1100, -1102, -1105, -1121)  # how the exchange refuses a symbol that is none


class BinanceMarketSource:
    """REST and streams of one environment. Make it anywhere, use it on one event loop, `close` it."""

    def __init__(
        self,
        addresses: Addresses,
        *,
        rest: RestOptions | None = None,
        streams: StreamOptions | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.addresses = addresses
        self._clock = ExchangeClock()
        self._rest = RestClient(addresses, self._clock, rest, chance=chance)
        self._stream_options = streams or StreamOptions()
        self._chance = chance
        self._streams: list[BinanceStream] = []
        self._instruments: dict[Symbol, Instrument] = {}

    @property
    def name(self) -> str:
        return self.addresses.name

    @property
    def clock(self) -> ExchangeClock:
        return self._clock

    @property
    def notices(self) -> tuple[str, ...]:
        of_streams = (notice for stream in self._streams for notice in stream.notices)
        return (*self._rest.notices, *dict.fromkeys(of_streams))

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Every spot pair; also learns the exchange's limits and clock."""
        info = await self._rest.get(
            "/api/v3/exchangeInfo", ExchangeInfo, weight=20, parameters={"showPermissionSets": "false"}
        )
        self._rest.budget.allow(weight_limits_of(info.rate_limits))
        self._instruments = instruments_of(
            info, lambda text, why: self._rest.malformed("/api/v3/exchangeInfo, one symbol", text, why)
        )
        return self._instruments

    async def days(self, symbols: Sequence[Symbol] | None = None) -> Sequence[DayEvent]:
        path, found = "/api/v3/ticker/24hr", list[DayEvent]()
        if symbols is None:
            found += await self._rest.get(path, list[DayTicker], weight=80, parameters={"type": "MINI"})
            return found
        for first in range(0, len(symbols), _DAYS_AT_ONCE):
            some = symbols[first : first + _DAYS_AT_ONCE]
            named = json.dumps(list(some), ensure_ascii=False, separators=(",", ":"))
            asked = self._rest.get(
                path,
                list[DayTicker],
                weight=2 if len(some) <= 20 else 40,
                parameters={"type": "MINI", "symbols": named},
            )
            found += await self._of_known(some, asked)
        return found

    async def candles(
        self,
        symbol: Symbol,
        timeframe: Timeframe,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> Candles:
        if start is None:
            return await self._newest(symbol, timeframe, end, 1000 if limit is None else limit)
        pages: list[Candles] = []
        count = 0
        while limit is None or count < limit:
            # One more than is wanted: the last row may be the one in progress.
            asked = PAGE if limit is None else min(PAGE, limit - count + 1)
            page, full = await self._page(symbol, timeframe, asked, start, end)
            pages.append(page)
            count += len(page)
            if not full or not len(page):
                break
            start = int(page.close_time[-1])
        found = _joined(pages, symbol, timeframe)
        return found if limit is None else found.rows(slice(0, limit))

    async def depth(self, symbol: Symbol, levels: int = 100) -> Depth:
        weight = next((w for most, w in ((100, 5), (500, 25), (1000, 50)) if levels <= most), 250)
        asked = self._rest.get(
            "/api/v3/depth", DepthAnswer, weight=weight, parameters={"symbol": symbol, "limit": levels}
        )
        return depth_of(await self._of_known([symbol], asked), symbol)

    async def time(self) -> int:
        answer = await self._rest.get("/api/v3/time", TimeAnswer, weight=1)
        return milliseconds(answer.server_time)

    def stream(self, listener: StreamListener) -> BinanceStream:
        stream = BinanceStream(self.addresses, listener, self._stream_options, chance=self._chance)
        self._streams.append(stream)
        return stream

    def health(self) -> dict[str, Any]:
        clock = self._clock
        return {
            "exchange": self.name,
            "notices": list(self.notices),
            "rest": self._rest.health(),
            "clock": {
                "now": clock.now,
                "rate": round(clock.rate, 3),
                "offset_ms": _rounded(clock.offset(time.monotonic(), time.time() * 1000)),
                "round_trip_ms": _rounded(clock.round_trip * 1000),
                "ignored": clock.ignored,
            },
        }

    async def close(self) -> None:
        for stream in self._streams:
            await stream.close()
        await self._rest.close()

    async def _newest(self, symbol: Symbol, timeframe: Timeframe, end: int | None, limit: int) -> Candles:
        pages: list[Candles] = []
        missing = limit
        while missing > 0:
            asked = min(PAGE, missing + 1)
            page, full = await self._page(symbol, timeframe, asked, None, end)
            if len(page):
                pages.insert(0, page.rows(slice(-missing, None)))
                missing -= len(pages[0])
                end = int(page.open_time[0])
            if not full or not len(page):
                break
        return _joined(pages, symbol, timeframe)

    async def _page(
        self, symbol: Symbol, timeframe: Timeframe, asked: int, start: int | None, end: int | None
    ) -> tuple[Candles, bool]:
        """The closed candles of one answer, and whether it held as many rows as were asked for."""
        parameters: dict[str, str | int] = {"symbol": symbol, "interval": timeframe.name, "limit": asked}
        if start is not None:
            parameters["startTime"] = start
        if end is not None:
            parameters["endTime"] = end - 1  # theirs is inclusive
        # Closed is what had closed before we asked: the answer is at least as new as that.
        if self._clock.silence(time.monotonic()) > _FRESH:
            await self.time()
        known_time = self._clock.now
        path = "/api/v3/klines"
        asking = self._rest.get(path, list[KlineRow], weight=2, parameters=parameters)
        rows = await self._of_known([symbol], asking)
        try:
            candles = candles_of(rows, symbol, timeframe).between(start, end)
        except BadCandles as bad:
            row = msgspec.json.encode(rows[bad.row])
            text = self._rest.malformed(path, row, str(bad))
            raise MalformedMessage(f"{self.name} sent candles that cannot be: {bad}", text=text) from bad
        closed = int((candles.close_time <= known_time).sum())
        return candles.rows(slice(0, closed)), len(rows) >= asked

    async def _of_known(self, symbols: Sequence[Symbol], asking: Awaitable[T]) -> T:
        """What is asked about these symbols. A refusal because one of them does not exist says so, with the
        names near it."""
        try:
            return await asking
        except RequestRefused as refused:
            if refused.code not in _OF_A_PARAMETER:
                raise
            known: Mapping[Symbol, Instrument] = self._instruments
            if not known or all(symbol in known for symbol in symbols):  # nothing is known, or what is old
                known = await self.instruments()
            for symbol in symbols:
                if symbol not in known:
                    raise UnknownName("symbol", symbol, known) from refused
            raise


def _joined(pages: Sequence[Candles], symbol: Symbol, timeframe: Timeframe) -> Candles:
    """Pages that follow each other as one; by halves, so that the first is not copied for each page."""
    if len(pages) <= 1:
        return pages[0] if pages else Candles.empty(symbol, timeframe)
    half = len(pages) // 2
    return _joined(pages[:half], symbol, timeframe).followed_by(_joined(pages[half:], symbol, timeframe))


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)
