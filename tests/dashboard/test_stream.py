from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from tests.dashboard.desk_process import DeskProcess
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from thebot.dashboard.stream import ChartWish, Tab


@asynccontextmanager
async def tab_of(desk: DeskProcess, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(desk.url.replace("http", "ws") + "/ws/stream", **options) as socket:
        yield socket


async def next_frame(socket: ClientConnection) -> bytes:
    while True:
        message = await asyncio.wait_for(socket.recv(), 10)
        if isinstance(message, bytes):
            return message


async def next_message(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = await asyncio.wait_for(socket.recv(), 10)
        if isinstance(message, str) and json.loads(message)["type"] == kind:
            found: dict[str, Any] = json.loads(message)
            return found


def head(frame: bytes) -> tuple[float, ...]:
    return struct.unpack_from("<8d", frame)


def market_bytes(frame: bytes) -> int:
    rows = int(head(frame)[6])
    size = 64 + 14 * rows + (rows + 7) // 8
    return size + -size % 8


async def test_a_tab_gets_state_and_prices_at_once_and_then_more(desk: DeskProcess) -> None:
    async with tab_of(desk) as socket:
        assert json.loads(str(await socket.recv()))["type"] == "status"
        first, second = head(await next_frame(socket)), head(await next_frame(socket))
        assert first[6] == 12
        assert second[1] > first[1]  # seq
        assert second[2] > first[2]  # sent at


async def test_the_forming_candle_comes_with_each_frame_once_asked_for(desk: DeskProcess) -> None:
    async with tab_of(desk) as socket:
        frame = await next_frame(socket)
        assert len(frame) == market_bytes(frame)
        async with httpx.AsyncClient(base_url=desk.url) as http:
            await http.get("/api/chart?symbol=BTCUSDT&timeframe=5m&limit=5")
        wish = {"symbol": "BTCUSDT", "timeframe": "5m", "plots": ["rsi(14)", "ema(50)"]}
        await socket.send(json.dumps({"chart": wish}))
        assert (await next_message(socket, "following"))["symbol"] == "BTCUSDT"
        frame = await next_frame(socket)
        numbers = struct.unpack_from("<10d", frame, market_bytes(frame))
        assert numbers[0] % 300_000 == 0
        assert numbers[3] <= numbers[4] <= numbers[2]  # low, close, high
        assert (numbers[6], numbers[8]) == (1, 1)
        assert 0 <= numbers[7] <= 100  # RSI first, as asked
        await socket.send('{"chart": null}')
        while len(frame) > market_bytes(frame):
            frame = await next_frame(socket)


async def test_an_indicator_of_the_viewers_own_comes_with_each_frame_once_it_is_drawn(
    desk: DeskProcess,
) -> None:
    wish = {"symbol": "ETHUSDT", "timeframe": "5m", "plots": ["rsi(9)", "never drawn", "macd(5, 10, 4)"]}
    async with tab_of(desk) as socket, httpx.AsyncClient(base_url=desk.url) as http:
        texts = {"indicators": ["rsi(9)", "macd(5, 10, 4)"]}
        asked = {"symbol": "ETHUSDT", "timeframe": "5m", "limit": "5", **texts}
        await http.get("/api/chart", params=asked)
        await socket.send(json.dumps({"chart": wish}))
        await next_message(socket, "following")
        frame = await next_frame(socket)
        numbers = struct.unpack_from("<13d", frame, market_bytes(frame))[6:]
        assert (numbers[0], numbers[2], numbers[3]) == (1, 0, 3)
        assert 0 <= numbers[1] <= 100
        assert numbers[6] == pytest.approx(numbers[4] - numbers[5])  # hist is line less signal
        assert len(frame) == market_bytes(frame) + 8 * 13

        # When a candle has closed, its values are those that were previewed with the same figures.
        await http.post("/test/close?what=ETHUSDT,5m")
        closed = await next_message(socket, "candle")
        answer = (await http.get("/api/chart", params=asked)).json()
        assert answer["open_time"][-1] == closed["open_time"]
        line, signal, hist = (each["values"][-1] for each in answer["plots"][1]["lines"])
        assert hist == pytest.approx(line - signal)


async def test_a_closed_candle_is_told_to_the_tab_that_shows_it_only(desk: DeskProcess) -> None:
    async with tab_of(desk) as mine, tab_of(desk) as other:
        for socket, timeframe in ((mine, "1h"), (other, "15m")):
            wish = {"symbol": "ETHUSDT", "timeframe": timeframe}
            await socket.send(json.dumps({"chart": wish}))
            await next_message(socket, "following")
        async with httpx.AsyncClient(base_url=desk.url) as http:
            await http.get("/api/chart?symbol=ETHUSDT&timeframe=1h&limit=5")
            await http.post("/test/close?what=ETHUSDT,1h")
            await http.post("/test/notice?what=done")
        assert (await next_message(mine, "candle"))["timeframe"] == "1h"
        heard = []
        while not heard or heard[-1] != "notice":
            message = await asyncio.wait_for(other.recv(), 10)
            if isinstance(message, str):
                heard.append(json.loads(message)["type"])
        assert "candle" not in heard


async def test_a_ping_is_answered_with_the_servers_clock(desk: DeskProcess) -> None:
    async with tab_of(desk) as socket:
        await socket.send('{"ping": 12.5}')
        pong = await next_message(socket, "pong")
        assert pong["ping"] == 12.5
        assert pong["server_time"] == pytest.approx(head(await next_frame(socket))[2], abs=5_000)


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        '{"order": 1}',
        '{"chart": {"symbol": "BTCUSDT", "timeframe": "9m"}}',
        '{"chart": 5}',
        " " * 20_000,
    ],
)
async def test_a_message_that_is_not_understood_ends_the_connection_with_a_reason(
    desk: DeskProcess, message: str
) -> None:
    async with tab_of(desk) as socket:
        await socket.send(message)
        async with asyncio.timeout(10):
            with suppress(ConnectionClosed):
                while True:
                    await socket.recv()
        assert socket.close_code == 4400
        assert socket.close_reason


@pytest.mark.parametrize("path", ["/ws/stream", "/_dash-ws-callback"])
async def test_a_page_of_another_origin_gets_no_socket(desk: DeskProcess, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(desk.url.replace("http", "ws") + path, origin="http://evil.example"):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == 403


async def test_a_slow_tab_gets_the_newest_frame_and_every_event() -> None:
    tab = Tab(events=10)
    for n in range(5):
        tab.show(f"frame {n}".encode())
        tab.tell(f"event {n}".encode())
    assert await tab.next() == [*(f"event {n}" for n in range(5)), b"frame 4"]


async def test_a_tab_that_cannot_keep_up_with_events_is_told_to_read_anew() -> None:
    tab = Tab(events=3)
    for n in range(4):
        tab.tell(f"event {n}".encode())
    assert tab.fell_behind
    assert await tab.next() == ["event 0", "event 1", "event 2"]


async def test_no_frame_of_the_chart_before_follows_the_answer_to_a_new_wish() -> None:
    tab = Tab(events=3)
    tab.show(b"with the candle of the chart before")
    tab.follow(ChartWish(symbol="BTCUSDT", timeframe="1m"))
    assert await tab.next() == ['{"type":"following","symbol":"BTCUSDT","timeframe":"1m"}']
