"""Binance's market data behind the house's port: one code path for every environment."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

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

PAGE: Final = 1000  # klines in one answer, the exchange's maximum
_FRESH: Final = 1.0  # seconds for which the exchange's last word about its clock will do
_DAYS_AT_ONCE: Final = 100  # symbols in one question: more cost as much as all of them
_UNKNOWN_SYMBOL: Final = -1121


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
        sent = time.monotonic()
        info = await self._rest.get(
            "/api/v3/exchangeInfo", ExchangeInfo, weight=20, parameters={"showPermissionSets": "false"}
        )
        self._clock.answered(milliseconds(info.server_time), sent, time.monotonic())
        self._rest.budget.allow(weight_limits_of(info.rate_limits))
        self._instruments = instruments_of(info)
        return self._instruments

    async def days(self, symbols: Sequence[Symbol] | None = None) -> Sequence[DayEvent]:
        path, found = "/api/v3/ticker/24hr", list[DayEvent]()
        if symbols is None:
            found += await self._rest.get(path, list[DayTicker], weight=80, parameters={"type": "MINI"})
            return found
        for first in range(0, len(symbols), _DAYS_AT_ONCE):
            some = symbols[first : first + _DAYS_AT_ONCE]
            named = json.dumps(list(some), ensure_ascii=False, separators=(",", ":"))
            found += await self._rest.get(
                path,
                list[DayTicker],
                weight=2 if len(some) <= 20 else 40,
                parameters={"type": "MINI", "symbols": named},
            )
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
        found = Candles.empty(symbol, timeframe)
        while limit is None or len(found) < limit:
            # One more than is wanted: the last row may be the one in progress.
            asked = PAGE if limit is None else min(PAGE, limit - len(found) + 1)
            page, count = await self._page(symbol, timeframe, asked, start, end)
            found = found.followed_by(page) if len(found) else page
            if count < asked or not len(page) or len(page) < count:
                break
            start = int(page.close_time[-1])
        return found if limit is None else found.rows(slice(0, limit))

    async def depth(self, symbol: Symbol, levels: int = 100) -> Depth:
        weight = next((w for most, w in ((100, 5), (500, 25), (1000, 50)) if levels <= most), 250)
        answer = await self._rest.get(
            "/api/v3/depth", DepthAnswer, weight=weight, parameters={"symbol": symbol, "limit": levels}
        )
        return depth_of(answer, symbol)

    async def time(self) -> int:
        sent = time.monotonic()
        answer = await self._rest.get("/api/v3/time", TimeAnswer, weight=1)
        server_time = milliseconds(answer.server_time)
        self._clock.answered(server_time, sent, time.monotonic())
        return server_time

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
            page, count = await self._page(symbol, timeframe, asked, None, end)
            if len(page):
                pages.insert(0, page.rows(slice(-missing, None)))
                missing -= len(pages[0])
                end = int(page.open_time[0])
            if count < asked or not len(page):
                break
        whole = pages[0] if pages else Candles.empty(symbol, timeframe)
        for later in pages[1:]:
            whole = whole.followed_by(later)
        return whole

    async def _page(
        self, symbol: Symbol, timeframe: Timeframe, asked: int, start: int | None, end: int | None
    ) -> tuple[Candles, int]:
        """The closed candles of one answer, and how many rows the answer had."""
        parameters: dict[str, str | int] = {"symbol": symbol, "interval": timeframe.name, "limit": asked}
        if start is not None:
            parameters["startTime"] = start
        if end is not None:
            parameters["endTime"] = end - 1  # theirs is inclusive
        # Closed is what had closed before we asked: the answer is at least as new as that.
        if self._clock.silence(time.monotonic()) > _FRESH:
            await self.time()
        known_time = self._clock.now
        try:
            rows = await self._rest.get("/api/v3/klines", list[KlineRow], weight=2, parameters=parameters)
            candles = candles_of(rows, symbol, timeframe)
        except RequestRefused as refused:
            if refused.code == _UNKNOWN_SYMBOL:
                known = self._instruments or await self.instruments()
                raise UnknownName("symbol", symbol, known) from refused
            raise
        except BadCandles as bad:
            raise MalformedMessage(f"{self.name} sent candles that cannot be: {bad}", text=str(bad)) from bad
        closed = int((candles.close_time <= known_time).sum())
        return candles.rows(slice(0, closed)), len(rows)


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)
