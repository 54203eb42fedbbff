"""An exchange small enough to count its questions: past candles by REST and as zip files, failing on order.

It runs on a thread of its own, so that both async code and whole commands can be tested against it.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from thebot.market import Timeframe

MICROSECONDS_FROM = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1000


def at(text: str) -> int:
    """ms UTC of 2024-03, 2024-03-31 or 2024-03-31T12:00."""
    full = text + "2024-01-01T00:00"[len(text) :]
    return int(datetime.fromisoformat(full).replace(tzinfo=UTC).timestamp()) * 1000


def row(open_time: int, timeframe: Timeframe) -> list[int | str]:
    """What this exchange says of the candle that opens then: a price that tells the time, as REST has it."""
    price = 100 + open_time // timeframe.nominal_ms % 1000
    return [
        open_time, f"{price}.00", f"{price}.75", f"{price}.00", f"{price}.50", "2.5",
        timeframe.close_time(open_time) - 1, "250.5", 7, "1.25", "125.25", "0",
    ]  # fmt: skip


@dataclass
class LittleExchange:
    """`now` is its clock, ms UTC. `asked` counts what it was asked for, by path."""

    now: int
    listed: int = 0  # ms UTC: no candle before
    gaps: list[tuple[int, int]] = field(default_factory=list)  # no candle with start <= open time < end
    failures: dict[str, list[int]] = field(default_factory=dict)  # part of a path -> statuses to answer first
    damaged: set[str] = field(default_factory=set)  # zip files whose content does not fit their checksum
    reissued: dict[str, str] = field(default_factory=dict)  # zip file -> another price in it
    unpublished: set[str] = field(default_factory=set)
    inside: dict[str, str] = field(default_factory=dict)  # zip file -> another text in it
    asked: Counter[str] = field(default_factory=Counter)
    rest_questions: list[tuple[int, int]] = field(default_factory=list)  # start, end of each
    on_question: Callable[[str], None] = lambda path: None
    url: str = ""

    @contextmanager
    def running(self) -> Iterator[LittleExchange]:
        loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def serve() -> None:
            app = web.Application()
            app.router.add_get("/{path:.*}", self._answer)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._ended = asyncio.Event()
            ready.set()
            await self._ended.wait()
            await runner.cleanup()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(self._ended.set)
            thread.join(10)
            loop.close()

    def names(self, kind: str) -> list[str]:
        """The zip files that were asked for, without the folders."""
        return sorted(path.rpartition("/")[2] for path in self.asked if path.endswith(kind))

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.path
        self.asked[path] += 1
        self.on_question(path)
        for part, statuses in self.failures.items():
            if part in path and statuses:
                status = statuses.pop(0)
                if status == 0:  # the line is cut
                    assert request.transport is not None
                    request.transport.close()
                return web.Response(status=status or 500, text="trouble")
        if path == "/api/v3/time":
            return web.json_response({"serverTime": self.now})
        if path == "/api/v3/exchangeInfo":
            return web.json_response(EXCHANGE_INFO | {"serverTime": self.now})
        if path == "/api/v3/klines":
            return self._klines(request)
        if found := re.fullmatch(
            r"/data/spot/(monthly|daily)/klines/BTCUSDT/(\w+)/(.*\.zip)(\.CHECKSUM)?", path
        ):
            return self._zip(found[1], found[2], found[3], checksum=bool(found[4]))
        return web.Response(status=404)

    def _opens(self, timeframe: Timeframe, start: int, end: int) -> list[int]:
        opens = []
        opened = max(timeframe.floor(start), timeframe.floor(self.listed))
        while opened < end and opened <= self.now:
            there = not any(first <= opened < last for first, last in self.gaps)
            if opened >= start and there:
                opens.append(opened)
            opened = timeframe.close_time(opened)
        return opens

    def _klines(self, request: web.Request) -> web.Response:
        timeframe, limit = Timeframe(request.query["interval"]), int(request.query["limit"])
        start, end = int(request.query["startTime"]), int(request.query["endTime"])
        self.rest_questions.append((start, end + 1))
        if request.query["symbol"] != "BTCUSDT":
            return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400)
        return web.json_response(
            [row(each, timeframe) for each in self._opens(timeframe, start, end + 1)[:limit]]
        )

    def _zip(self, period: str, interval: str, name: str, *, checksum: bool) -> web.Response:
        timeframe = Timeframe({"1mo": "1M"}.get(interval, interval))
        start = at(re.sub(r"^BTCUSDT-\w+?-|\.zip$", "", name))
        end = Timeframe("1M" if period == "monthly" else "1d").close_time(start)
        if name in self.unpublished or end > self.now or end <= self.listed:
            return web.Response(status=404)
        lines = [",".join(map(str, row(each, timeframe))) for each in self._opens(timeframe, start, end)]
        if start >= MICROSECONDS_FROM:
            lines = [re.sub(r"(?<!\d)(\d{13})(?!\d)", lambda ms: ms[1] + "000", line) for line in lines]
            lines = [re.sub(r"999000(?!\d)", "999999", line) for line in lines]
        text = self.inside.get(name, "\n".join(lines) + "\n")
        if name in self.reissued:
            text = text.replace(",2.5,", f",{self.reissued[name]},")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(zipfile.ZipInfo(name.replace(".zip", ".csv")), text)
        content = packed.getvalue()
        if checksum:
            return web.Response(text=f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        return web.Response(body=content[:-1] + b"!" if name in self.damaged else content)


EXCHANGE_INFO = {
    "timezone": "UTC",
    "rateLimits": [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}
    ],
    "exchangeFilters": [],
    "symbols": [
        {
            "symbol": symbol,
            "status": "TRADING",
            "baseAsset": symbol.removesuffix("USDT"),
            "quoteAsset": "USDT",
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
                {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
                {"filterType": "NOTIONAL", "minNotional": "5.0", "applyMinToMarket": True},
            ],
        }
        for symbol in ("BTCUSDT", "ETHUSDT")
    ],
}
