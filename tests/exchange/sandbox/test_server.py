"""The sandbox's REST and WebSocket interface, asked from outside as any client would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from tests.exchange.sandbox.talk import Talk, ended, event, say, silence, talking, within
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.server

MINUTE, HOUR = 60_000, 3_600_000


@pytest.fixture(scope="module")
def venue() -> Iterator[SandboxProcess]:
    with SandboxProcess.running("--symbols", "5", "--trades-per-second", "20") as running:
        yield running


@pytest.fixture
async def talk(venue: SandboxProcess) -> AsyncIterator[Talk]:
    async with talking(venue.url) as talk:
        await talk.post("/sandbox/limits", {"request_weight": 6000, "ban_seconds": 120})
        yield talk


# REST

PLAIN_TICKER = {
    "symbol", "priceChange", "priceChangePercent", "weightedAvgPrice", "openPrice", "highPrice", "lowPrice",
    "lastPrice", "volume", "quoteVolume", "openTime", "closeTime", "firstId", "lastId", "count",
}  # fmt: skip
DAY_TICKER = PLAIN_TICKER | {"prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty"}
MINI_TICKER = PLAIN_TICKER - {"priceChange", "priceChangePercent", "weightedAvgPrice"}
TRADE = {"id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"}


@pytest.mark.parametrize(
    ("path", "weight", "keys"),
    [
        ("ping", 1, set()),
        ("time", 1, {"serverTime"}),
        ("exchangeInfo", 20, {"timezone", "serverTime", "rateLimits", "exchangeFilters", "symbols"}),
        ("depth?symbol=BTCUSDT", 5, {"lastUpdateId", "bids", "asks"}),
        ("depth?symbol=BTCUSDT&limit=500", 25, {"lastUpdateId", "bids", "asks"}),
        ("depth?symbol=BTCUSDT&limit=1000", 50, {"lastUpdateId", "bids", "asks"}),
        ("depth?symbol=BTCUSDT&limit=5000", 250, {"lastUpdateId", "bids", "asks"}),
        ("trades?symbol=BTCUSDT&limit=3", 25, TRADE),
        ("historicalTrades?symbol=BTCUSDT&fromId=5&limit=3", 25, TRADE),
        ("aggTrades?symbol=BTCUSDT&limit=3", 4, {"a", "p", "q", "f", "l", "T", "m", "M"}),
        ("avgPrice?symbol=BTCUSDT", 2, {"mins", "price", "closeTime"}),
        ("ticker/24hr?symbol=BTCUSDT", 2, DAY_TICKER),
        ("ticker/24hr?symbol=BTCUSDT&type=MINI", 2, MINI_TICKER),
        ("ticker/24hr", 2, DAY_TICKER),
        ("ticker/tradingDay?symbol=BTCUSDT", 4, PLAIN_TICKER),
        ('ticker?symbols=["BTCUSDT","ETHUSDT"]&windowSize=7d', 8, PLAIN_TICKER),
        ("ticker/price?symbol=BTCUSDT", 2, {"symbol", "price"}),
        ("ticker/price", 4, {"symbol", "price"}),
        ("ticker/bookTicker", 4, {"symbol", "bidPrice", "bidQty", "askPrice", "askQty"}),
        ("executionRules?symbol=BTCUSDT", 2, {"symbolRules"}),
    ],
)
async def test_an_endpoint_has_its_shape_and_costs_its_weight(
    talk: Talk, path: str, weight: int, keys: set[str]
) -> None:
    await talk.post("/sandbox/limits", {})  # nothing used
    status, headers, told = await talk.get(f"/api/v3/{path}")
    assert status == 200
    assert headers["Content-Type"].lower() == "application/json; charset=utf-8"
    assert headers["X-MBX-USED-WEIGHT-1M"] == headers["X-MBX-USED-WEIGHT"] == str(weight)
    for entry in told if isinstance(told, list) else [told]:
        assert set(entry) == keys


async def test_a_kline_is_twelve_fields_with_prices_as_text(talk: Talk) -> None:
    _, headers, rows = await talk.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=3")
    assert headers["X-MBX-USED-WEIGHT-1M"] == "2"
    for row in rows:
        assert [type(field) for field in row] == [int, *[str] * 5, int, str, int, str, str, str]
        assert row[6] == row[0] + MINUTE - 1
        assert all(len(row[i].split(".")[1]) == 8 for i in (1, 2, 3, 4, 5, 7, 9, 10))


@pytest.mark.parametrize(("limit", "count"), [("", 500), ("&limit=7", 7), ("&limit=5000", 1000)])
async def test_klines_come_500_at_a_time_and_never_more_than_1000(talk: Talk, limit: str, count: int) -> None:
    _, _, rows = await talk.get(f"/api/v3/klines?symbol=ETHUSDT&interval=5m{limit}")
    assert len(rows) == count
    opens = [row[0] for row in rows]
    assert opens == list(range(opens[0], opens[0] + count * 5 * MINUTE, 5 * MINUTE))


async def test_an_hour_is_the_sum_of_its_sixty_minutes(talk: Talk) -> None:
    for symbol in ("BTCUSDT", "DOGEUSDT"):
        _, _, hours = await talk.get(f"/api/v3/klines?symbol={symbol}&interval=1h&limit=4")
        for hour in hours[:-1]:
            span = f"startTime={hour[0]}&endTime={hour[6]}"
            _, _, minutes = await talk.get(f"/api/v3/klines?symbol={symbol}&interval=1m&{span}")
            assert len(minutes) == 60
            assert (hour[1], hour[4]) == (minutes[0][1], minutes[-1][4])
            assert Decimal(hour[2]) == max(Decimal(row[2]) for row in minutes)
            assert Decimal(hour[3]) == min(Decimal(row[3]) for row in minutes)
            for column in (5, 7, 9, 10):
                assert Decimal(hour[column]) == sum(Decimal(row[column]) for row in minutes)
            assert hour[8] == sum(row[8] for row in minutes)


async def test_the_trading_day_begins_at_midnight(talk: Talk) -> None:
    _, _, day = await talk.get("/api/v3/ticker/tradingDay?symbol=BTCUSDT")
    _, _, candles = await talk.get("/api/v3/klines?symbol=BTCUSDT&interval=1d&limit=1")
    assert day["openPrice"] == candles[0][1]
    assert day["firstId"] >= 0


@pytest.mark.parametrize(
    ("path", "code", "text"),
    [
        ("klines?symbol=NOTHING&interval=1m", -1121, "Invalid symbol."),
        ("klines?symbol=BTCUSDT&interval=7m", -1120, "Invalid interval."),
        ("klines?symbol=btcusdt&interval=1m", -1100, "Illegal characters found in parameter 'symbol'"),
        ("klines?symbol=BTCUSDT&interval=1m&limit=x", -1100, "parameter 'limit'; legal range is"),
        ("klines?symbol=BTCUSDT&interval=1m&limit=0", -1130, "parameter 'limit' is not valid"),
        ("klines?symbol=BTCUSDT&interval=1m&timeZone=15", -1130, "'timeZone'"),
        ("klines?interval=1m", -1102, "Mandatory parameter 'symbol' was not sent"),
        ("klines?symbol=BTCUSDT", -1102, "Mandatory parameter 'interval' was not sent"),
        ("klines?symbol=BTCUSDT&interval=1m&colour=red", -1104, "read '2' parameter(s) but was sent '3'"),
        ("klines?symbol=BTCUSDT&symbol=ETHUSDT&interval=1m", -1101, "Duplicate values"),
        ("ticker/price?symbol=", -1105, "Parameter 'symbol' was empty"),
        ('ticker/price?symbol=BTCUSDT&symbols=["BTCUSDT"]', -1128, "Combination of optional parameters"),
        ("ticker/price?symbols=" + "[" * 1500, -1100, "parameter 'symbols'"),
        ("ticker?symbol=BTCUSDT&windowSize=²m", -1130, "'windowSize'"),
        ("ticker/price?symbol=BTCUSDT&symbolStatus=HALT", -1220, "status"),
        ("aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", -1128, "Combination of optional parameters"),
        ("referencePrice?symbol=BTCUSDT", -2043, "reference price"),
    ],
)
async def test_a_wrong_request_is_answered_with_the_code_and_costs_as_well(
    talk: Talk, path: str, code: int, text: str
) -> None:
    status, headers, told = await talk.get(f"/api/v3/{path}")
    assert (status, told["code"]) == (400, code)
    assert text in told["msg"]
    assert headers["Content-Type"].startswith("application/json"), "the SDK reads errors only then"
    assert int(headers["X-MBX-USED-WEIGHT-1M"]) >= 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v3/nothing", 404),
        ("GET", "/api/v1/klines", 404),
        ("POST", "/api/v3/order", 404),
        ("POST", "/api/v3/klines", 405),
        ("POST", "/api/v3/userDataStream", 410),
        ("PUT", "/api/v3/userDataStream", 410),
        ("DELETE", "/api/v3/userDataStream", 410),
    ],
)
async def test_what_is_not_there_says_so(talk: Talk, method: str, path: str, status: int) -> None:
    found, headers, _ = await talk.ask(method, path)
    assert found == status
    assert headers["Content-Type"].startswith("text/html" if status == 410 else "application/json")


async def test_times_come_in_microseconds_when_asked_for(talk: Talk) -> None:
    path = "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1"
    _, _, (row,) = await talk.get(path, **{"X-MBX-TIME-UNIT": "MICROSECOND"})
    assert row[0] > 10**15
    assert row[6] == row[0] + MINUTE * 1000 - 1
    _, _, (again,) = await talk.get(f"{path}&startTime={row[0]}")
    assert again[0] == row[0] // 1000, "a time may be sent in microseconds"
    status, _, told = await talk.get("/api/v3/time", **{"X-MBX-TIME-UNIT": "NANOSECOND"})
    assert (status, told["code"]) == (400, -1194)


async def answered_until(talk: Talk, path: str, wanted: int) -> tuple[Any, Any]:
    """Ask until that status comes; a minute may turn in between."""
    for _ in range(60):
        status, headers, told = await talk.get(path)
        if status == wanted:
            return headers, told
    raise AssertionError(f"no {wanted}")


async def test_who_uses_up_the_weight_gets_429_and_who_goes_on_is_banned(talk: Talk) -> None:
    await talk.post("/sandbox/limits", {"request_weight": 6, "ban_seconds": 0.6})
    headers, told = await answered_until(talk, "/api/v3/avgPrice?symbol=BTCUSDT", 429)
    assert told["code"] == -1003
    assert "current limit is 6 request weight" in told["msg"]
    assert 1 <= int(headers["Retry-After"]) <= 61
    headers, told = await answered_until(talk, "/api/v3/ping", 418)
    assert "banned until" in told["msg"]
    assert int(headers["Retry-After"]) >= 1
    status, _, _ = await talk.get("/api/v3/klines?symbol=wrong&interval=1m")
    assert status == 418, "a banned address is not told what else is wrong"
    _, _, information = await talk.get("/sandbox/status")
    assert information["request_weight_used"] >= 6
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await talk.session.ws_connect("/ws-api/v3")
    assert refused.value.status == 418
    await asyncio.sleep(0.7)
    await talk.post("/sandbox/limits", {"request_weight": 6000})
    assert (await talk.get("/api/v3/ping"))[0] == 200


# market streams


async def test_a_raw_stream_carries_bare_events_and_a_combined_one_names_them(talk: Talk) -> None:
    async with talk.stream("/ws/btcusdt@aggTrade") as socket:
        trade = await event(socket)
        assert set(trade) == {"e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"}
    async with talk.stream("/ws/btcusdt%40trade/ethusdt@trade") as socket:
        symbols: set[str] = set()
        while symbols != {"BTCUSDT", "ETHUSDT"}:
            symbols.add((await event(socket))["s"])
    async with talk.stream("/stream?streams=btcusdt@trade/btcusdt@bookTicker") as socket:
        names: set[str] = set()
        while names != {"btcusdt@trade", "btcusdt@bookTicker"}:
            told = await event(socket)
            assert set(told) == {"stream", "data"}
            names.add(told["stream"])


KLINE = {"t", "T", "s", "i", "f", "L", "o", "c", "h", "l", "v", "n", "x", "q", "V", "Q", "B"}
WINDOW = {
    "e", "E", "s", "p", "P", "w", "c", "o", "h", "l", "v", "q", "O", "C", "F", "L", "n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("btcusdt@kline_1m", {"e", "E", "s", "k"}),
        ("btcusdt@kline_1d@+08:00", {"e", "E", "s", "k"}),
        ("btcusdt@miniTicker", {"e", "E", "s", "c", "o", "h", "l", "v", "q"}),
        ("!miniTicker@arr", {"e", "E", "s", "c", "o", "h", "l", "v", "q"}),
        ("btcusdt@ticker", WINDOW | {"x", "Q", "b", "B", "a", "A"}),
        ("btcusdt@ticker_4h", WINDOW),
        ("!ticker_1h@arr", WINDOW),
        ("btcusdt@bookTicker", {"u", "s", "b", "B", "a", "A"}),
        ("btcusdt@depth@100ms", {"e", "E", "s", "U", "u", "b", "a"}),
        ("btcusdt@depth5@100ms", {"lastUpdateId", "bids", "asks"}),
        ("btcusdt@avgPrice", {"e", "E", "s", "i", "w", "T"}),
    ],
)
async def test_a_stream_has_its_shape(talk: Talk, name: str, keys: set[str]) -> None:
    async with talk.stream(f"/ws/{name}") as socket:
        told = await event(socket)
        for entry in told if isinstance(told, list) else [told]:
            assert set(entry) == keys
            if "k" in entry:
                assert set(entry["k"]) == KLINE


async def test_unknown_and_retired_streams_are_accepted_and_silent(talk: Talk) -> None:
    async with talk.stream("/ws/0") as socket:
        answer = await say(socket, method="SUBSCRIBE", params=["!ticker@arr", "nosuch@trade"], id=1)
        assert answer == {"result": None, "id": 1}
        assert await silence(socket) == 0


async def test_streams_are_subscribed_to_listed_and_left(talk: Talk) -> None:
    async with talk.stream("/ws") as socket:
        asked = ["btcusdt@trade", "ethusdt@kline_1s"]
        assert await say(socket, method="SUBSCRIBE", params=asked, id="a") == {"result": None, "id": "a"}
        assert await say(socket, method="LIST_SUBSCRIPTIONS", id=3) == {"result": asked, "id": 3}
        assert (await event(socket))["s"] in ("BTCUSDT", "ETHUSDT")
        assert await say(socket, method="UNSUBSCRIBE", params=asked, id=None) == {"result": None, "id": None}
        assert await silence(socket) == 0


async def test_a_connection_may_turn_to_the_combined_form(talk: Talk) -> None:
    async with talk.stream("/ws/btcusdt@trade") as socket:
        assert (await say(socket, method="GET_PROPERTY", params=["combined"], id=1))["result"] is False
        assert (await say(socket, method="SET_PROPERTY", params=["combined", True], id=2))["result"] is None
        assert (await event(socket))["stream"] == "btcusdt@trade"


async def test_streams_tell_times_in_microseconds_when_asked_for(talk: Talk) -> None:
    async with talk.stream("/stream?streams=btcusdt@kline_1s&timeUnit=MICROSECOND") as socket:
        kline = (await event(socket))["data"]
        assert kline["k"]["t"] > 10**15
        assert kline["k"]["T"] == kline["k"]["t"] + 999_999
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await talk.session.ws_connect("/ws/btcusdt@trade?timeUnit=NANOSECOND")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        ("{", 3, "Invalid JSON"),
        ("[" * 50_000, 3, "Invalid JSON"),
        ("[]", 2, "expected an object"),
        ('{"method":"SHOUT","id":1}', 2, "unknown variant `SHOUT`"),
        ('{"method":["SUBSCRIBE"],"id":1}', 2, "unknown variant"),
        ('{"params":["a"],"id":1}', 2, "missing field `method`"),
        ('{"method":"SUBSCRIBE","params":"btcusdt@trade","id":1}', 2, "must be an array"),
        ('{"method":"SUBSCRIBE","params":null,"id":1}', 2, "must be an array"),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2, "must be strings"),
        ('{"method":"SUBSCRIBE","params":[],"id":1}', 2, "must not be empty"),
        ('{"method":"SUBSCRIBE","params":["a"],"id":1,"colour":2}', 2, "unknown field `colour`"),
        ('{"method":"SUBSCRIBE","params":["a"],"id":[1]}', 2, "request ID"),
        ('{"method":"SUBSCRIBE","params":["a"],"id":"' + "x" * 37 + '"}', 2, "request ID"),
        ('{"method":"SET_PROPERTY","params":["loud",true],"id":1}', 0, "Unknown property"),
        ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 1, "expected Boolean"),
    ],
)
async def test_a_malformed_message_is_answered_and_the_connection_lives(
    talk: Talk, message: str, code: int, text: str
) -> None:
    async with talk.stream("/ws") as socket:
        await socket.send_str(message)
        told = await event(socket)
        assert told["code"] == code
        assert text in told["msg"]
        assert await say(socket, method="LIST_SUBSCRIPTIONS", id=9) == {"result": [], "id": 9}


async def test_more_than_five_messages_a_second_end_the_connection(talk: Talk) -> None:
    async with talk.stream("/ws") as socket:
        for number in range(7):
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
        assert await ended(socket) == 1008


async def test_a_ping_is_answered_with_its_own_payload(talk: Talk) -> None:
    for path in ("/ws", "/ws-api/v3"):
        async with talk.stream(path, autoping=False) as socket:
            await socket.ping(b"are you there")
            message = await within(socket.receive())
            assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"are you there")


# WebSocket API


async def test_the_web_socket_api_answers_as_rest_does(talk: Talk) -> None:
    async with talk.stream("/ws-api/v3") as socket:
        params = {"symbol": "BTCUSDT", "interval": "1h", "limit": 3}
        told = await say(socket, id="x", method="klines", params=params)
        assert (told["id"], told["status"]) == ("x", 200)
        _, _, rows = await talk.get("/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=3")
        assert told["result"][:2] == rows[:2]
        assert told["rateLimits"][0]["count"] >= 4, "connecting costs 2"
        several = {"symbols": ["BTCUSDT", "ETHUSDT"], "returnRateLimits": False}
        told = await say(socket, id=None, method="v3/ticker.price", params=several)
        assert [entry["symbol"] for entry in told["result"]] == ["BTCUSDT", "ETHUSDT"]
        assert "rateLimits" not in told


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", -1135),
        ("[" * 50_000, -1135),
        ('{"id":1,"method":5}', -1135),
        ('{"id":[1],"method":"ping"}', -1135),
        ('{"id":1,"method":"klines","params":[1]}', -1135),
        ('{"id":1,"method":"order.place","params":{}}', -1000),
        ('{"id":1,"method":"klines","params":{"symbol":"BTCUSDT","interval":null}}', -1120),
        ('{"id":1,"method":"depth","params":{"symbol":"NOTHING"}}', -1121),
    ],
)
async def test_a_wrong_request_to_the_web_socket_api_is_answered(talk: Talk, message: str, code: int) -> None:
    async with talk.stream("/ws-api/v3") as socket:
        await socket.send_str(message)
        told = await event(socket)
        assert (told["status"], told["error"]["code"]) == (400, code)
        assert (await say(socket, id=2, method="ping"))["result"] == {}
