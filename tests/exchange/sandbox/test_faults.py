"""Failures to order: a client meets a real server that fails when it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from tests.exchange.sandbox.talk import Talk, ended, event, say, silence, talking, within
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def venue() -> Iterator[SandboxProcess]:
    with SandboxProcess.running("--symbols", "3", "--trades-per-second", "20") as running:
        yield running


@pytest.fixture
async def talk(venue: SandboxProcess) -> AsyncIterator[Talk]:
    async with talking(venue.url) as talk:
        yield talk
        await talk.fault("clear")


async def test_drop_cuts_every_connection_without_a_word(talk: Talk) -> None:
    async with talk.stream("/ws/btcusdt@trade") as socket, talk.stream("/ws-api/v3") as api:
        await event(socket)
        assert (await say(api, id=1, method="ping"))["status"] == 200
        await talk.fault("drop")
        assert await ended(socket) == 1006
        assert await ended(api) == 1006


async def test_silence_answers_nothing_not_even_a_ping(talk: Talk) -> None:
    async with talk.stream("/ws/btcusdt@trade", autoping=False) as socket:
        await event(socket)
        await talk.fault("silence", seconds=60)
        await silence(socket)
        await socket.ping(b"hello")
        assert await silence(socket) == 0
        await talk.fault("clear")
        await event(socket)


async def test_quiet_brings_no_events_but_answers(talk: Talk) -> None:
    async with talk.stream("/ws/btcusdt@trade") as socket:
        await event(socket)
        await talk.fault("quiet", seconds=60)
        await silence(socket)
        assert (await say(socket, method="LIST_SUBSCRIPTIONS", id=1))["result"] == ["btcusdt@trade"]
        await talk.fault("clear")
        await event(socket)


@pytest.mark.parametrize("status", [403, 418, 429, 451, 500, 502, 503, 504])
async def test_refuse_answers_so_many_requests_of_a_path_with_a_status(talk: Talk, status: int) -> None:
    await talk.fault("refuse", status=status, count=2, path="klines", retry_after=3)
    assert (await talk.get("/api/v3/ping"))[0] == 200
    path = "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1"
    for _ in range(2):
        found, headers, _ = await talk.get(path)
        assert found == status
        assert headers.get("Retry-After") == ("3" if status in (418, 429) else None)
    assert (await talk.get(path))[0] == 200


async def test_malformed_says_what_no_client_can_read(talk: Talk) -> None:
    async with talk.stream("/ws/btcusdt@kline_1h") as socket:
        await talk.fault("malformed", count=2)
        await talk.fault("malformed", text="[1]")
        heard: list[str] = []
        while len(heard) < 3:
            text = (await within(socket.receive())).data
            if not text.startswith('{"e":"kline"'):
                heard.append(text)
        with pytest.raises(json.JSONDecodeError):
            json.loads(heard[0])
        assert heard[0] == heard[1]
        assert heard[2] == "[1]"


async def test_withhold_close_keeps_the_closing_event_of_a_candle_back(talk: Talk) -> None:
    async with talk.stream("/stream?streams=btcusdt@kline_1s/ethusdt@kline_1s") as socket:

        async def closed(symbol: str, count: int) -> list[int]:
            opens: list[int] = []
            while len(opens) < count:
                kline = (await event(socket))["data"]["k"]
                if kline["x"] and kline["s"] == symbol:
                    opens.append(kline["t"])
            return opens

        await closed("BTCUSDT", 1)
        await talk.fault("withhold_close", symbol="BTCUSDT", interval="1s", count=2)
        first, second = await closed("BTCUSDT", 2)
        gap = {second - first, first % 1000}
        assert gap <= {0, 1000, 3000}
        await talk.fault("withhold_close", interval="1s", count=1)  # of every symbol
        first, second, third = await closed("ETHUSDT", 3)
        assert {second - first, third - second} <= {1000, 2000}


async def test_delay_holds_answers_and_events_back(talk: Talk) -> None:
    async with talk.stream("/ws/btcusdt@trade") as socket:
        await event(socket)
        await talk.fault("delay", seconds=0.8)
        began = time.monotonic()
        assert (await talk.get("/api/v3/ping"))[0] == 200
        assert time.monotonic() - began >= 0.8
        began = time.monotonic()
        await say(socket, method="LIST_SUBSCRIPTIONS", id=1)
        assert time.monotonic() - began >= 0.75
        trades = [await event(socket) for _ in range(5)]
        assert [trade["t"] for trade in trades] == list(range(trades[0]["t"], trades[0]["t"] + 5))


async def test_refuse_streams_turns_connections_away(talk: Talk) -> None:
    await talk.fault("refuse_streams", count=2)
    for _ in range(2):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await talk.session.ws_connect("/ws/btcusdt@trade")
        assert refused.value.status == 503
    async with talk.stream("/ws/btcusdt@trade") as socket:
        await event(socket)


async def test_shutdown_tells_first_and_closes_then(talk: Talk) -> None:
    paths = ("/ws", "/stream?streams=", "/ws-api/v3")
    sockets = [await talk.session.ws_connect(path) for path in paths]
    await talk.fault("shutdown")
    raw, combined, api = [await event(socket) for socket in sockets]
    assert raw["e"] == "serverShutdown"
    assert combined == {
        "stream": "!serverShutdown",
        "data": {"e": "serverShutdown", "E": combined["data"]["E"]},
    }
    assert api["event"]["e"] == "serverShutdown"
    assert [await ended(socket) for socket in sockets] == [1001, 1001, 1001]


async def test_clear_makes_all_well_again(talk: Talk) -> None:
    await talk.fault("refuse", count=9)
    await talk.fault("delay", seconds=30)
    await talk.fault("refuse_streams", count=9)
    await talk.fault("silence", seconds=60)
    await talk.fault("clear")
    assert (await within(talk.get("/api/v3/ping")))[0] == 200
    async with talk.stream("/ws/btcusdt@trade") as socket:
        await event(socket)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"fault": "dorp"}, "drop"),
        ({"fault": "delay", "second": 1}, "seconds"),
        ({"fault": "refuse", "status": 404}, "one of 403"),
        ({"fault": "delay", "seconds": -1}, "not below zero"),
        ({"fault": "delay", "seconds": float("inf")}, "finite"),
        ({"fault": "withhold_close", "symbol": "BTCUSD"}, "BTCUSDT"),
        ({"fault": "refuse", "count": "many"}, "cannot be 'many'"),
        (["drop"], "A fault is ordered as"),
        (None, "A fault is ordered as"),
    ],
)
async def test_a_wrong_order_is_refused_with_the_reason(talk: Talk, order: object, reason: str) -> None:
    status, told = await talk.post("/sandbox/faults", order)
    assert status == 400
    assert reason in told["error"]
