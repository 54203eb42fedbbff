"""The embedded exchange is killed under a running platform, at the worst moment: before candles close."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import aiohttp
import psutil
import pytest
from benchmarks.running import Platform, platform

pytestmark = pytest.mark.server

MINUTE = 60_000
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT", "PEPEUSDT")


@pytest.fixture
def up() -> Iterator[Platform]:
    with platform("--symbols", ",".join(SYMBOLS), "--seed", "3") as running:
        running.wait_until_warm()
        yield running


async def closed_candles(url: str, symbol: str, into: asyncio.Queue[dict[str, Any]]) -> None:
    """Every closed one-minute candle of `symbol` that the platform's own stream tells a page of."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url.replace('http', 'ws', 1)}/ws/stream", max_msg_size=0) as socket,
    ):
        await socket.send_json({"chart": {"symbol": symbol, "timeframe": "1m", "plots": []}})
        async for message in socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                event = json.loads(message.data)
                if event["type"] == "candle":
                    into.put_nowait(event)


def sandbox_of(up: Platform) -> psutil.Process:
    return next(child for child in up.server.children() if "sandbox" in child.cmdline())


async def test_killed_just_before_the_close_no_candle_is_missing_and_none_comes_twice(up: Platform) -> None:
    told: list[dict[str, Any]] = []
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    listening = asyncio.create_task(closed_candles(up.url, "BTCUSDT", heard))
    killed = sandbox_of(up)
    to_wait = (57_500 - time.time() * 1000 % MINUTE) / 1000
    await asyncio.sleep(to_wait if to_wait > 1 else to_wait + 60)
    os.kill(killed.pid, signal.SIGKILL)
    before = int(time.time() * 1000) // MINUTE * MINUTE  # open time of the candle in progress

    async with asyncio.timeout(100):  # into the minute after the next: two closes since the kill
        while len([event for event in told if event["open_time"] >= before]) < 2:
            told.append(await heard.get())
    listening.cancel()

    health = await asyncio.to_thread(up.get, "/api/health")
    assert health["feed"]["connected"]
    assert sandbox_of(up).pid != killed.pid
    assert [event["open_time"] for event in told if event["open_time"] >= before] == [before, before + MINUTE]
    times = [event["open_time"] for event in told]
    assert times == sorted(set(times))
    for symbol in SYMBOLS:
        ours = await asyncio.to_thread(up.get, f"/api/candles?symbol={symbol}&timeframe=1m&limit=30")
        assert ours["open_time"] == list(range(ours["open_time"][0], before + 2 * MINUTE, MINUTE)), symbol
        theirs = await asyncio.to_thread(
            exchanges_own, up, symbol, ours["open_time"][0], len(ours["open_time"])
        )
        for name, column in (("open", 1), ("high", 2), ("low", 3), ("close", 4)):
            assert ours[name] == [float(row[column]) for row in theirs], (symbol, name)


def exchanges_own(up: Platform, symbol: str, start: int, count: int) -> list[list[Any]]:
    address = up.said["sandbox"]["url"]
    path = f"/api/v3/klines?symbol={symbol}&interval=1m&startTime={start}&limit={count}"
    with urlopen(address + path, timeout=30) as answer:  # noqa: S310  (our own sandbox)
        rows: list[list[Any]] = json.load(answer)
    return rows
