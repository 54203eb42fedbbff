"""Questions over HTTP: limits kept, troubles outlasted, refusals told with what to do."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.exchange.binance.little_exchange import (
    Answer,
    LittleExchange,
    json_answer,
    little_exchange,
    raw_answer,
    refusal,
)

from thebot.errors import ExchangeUnreachable, MalformedMessage, RateLimited, RequestRefused
from thebot.exchange.binance import Addresses, RestOptions
from thebot.exchange.binance.messages import DepthAnswer, TimeAnswer
from thebot.exchange.binance.rest import RestClient
from thebot.exchange.clock import ExchangeClock
from thebot.resilience import Backoff, WeightBudget, WeightLimit

QUICK = RestOptions(timeout=5.0, attempts=3, patience=5.0, backoff=Backoff(first=0.001, longest=0.002))
TIME = "/api/v3/time"
NOW = 1_700_000_000_000
WELL = json_answer({"serverTime": NOW})
MINUTE = 60_000


@contextlib.asynccontextmanager
async def asking(addresses: Addresses, options: RestOptions = QUICK) -> AsyncIterator[RestClient]:
    client = RestClient(addresses, ExchangeClock(), options, chance=lambda: 0.0)
    try:
        yield client
    finally:
        await client.close()


async def the_time(client: RestClient) -> int:
    return (await client.get(TIME, TimeAnswer, weight=1)).server_time


async def asked_of(*answers: Answer, options: RestOptions = QUICK) -> tuple[int, RestClient, LittleExchange]:
    """The time, from an exchange that gives these answers in order."""
    async with little_exchange() as exchange, asking(exchange.addresses, options) as client:
        exchange.answers(TIME, *answers)
        return await the_time(client), client, exchange


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
async def test_trouble_of_the_server_is_outlasted(status: int) -> None:
    told, client, exchange = await asked_of(refusal(status), raw_answer(b"<html>", status), WELL)
    assert told == NOW
    assert len(exchange.asked) == 3
    assert client.counters["rest failures"] == 2


@pytest.mark.parametrize("code", [-1000, -1001, -1006, -1007, -1008, -1016])
async def test_trouble_by_its_code_is_outlasted_whatever_the_status(code: int) -> None:
    told, _, exchange = await asked_of(refusal(400, code), WELL)
    assert told == NOW
    assert len(exchange.asked) == 2


async def test_trouble_without_end_is_told_with_the_number_of_attempts() -> None:
    with pytest.raises(ExchangeUnreachable, match=r"in trouble: it answered HTTP 503 to each of 3 attempts"):
        await asked_of(refusal(503))


async def test_nobody_there_is_told_with_the_address() -> None:
    async with little_exchange() as exchange:
        addresses = exchange.addresses
    async with asking(addresses) as client:
        with pytest.raises(
            ExchangeUnreachable, match=rf"cannot be reached at {addresses.rest} .* still runs"
        ):
            await the_time(client)


async def test_an_answer_that_does_not_come_in_time_is_told_as_such() -> None:
    server = await asyncio.start_server(lambda reader, writer: reader.read(), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, asking(Addresses.of_sandbox(url), replace(QUICK, timeout=0.05)) as client:
        with pytest.raises(ExchangeUnreachable, match="no answer in time"):
            await the_time(client)


async def test_a_connection_cut_in_the_middle_of_an_answer_is_tried_again() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
    whole = b'HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{"serverTime":1700000000000}'
    answers = [cut, b"", whole]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, asking(Addresses.of_sandbox(url)) as client:
        assert await the_time(client) == NOW
    assert not answers


# Limits.


async def test_after_429_nobody_asks_anything_until_the_exchange_allows_it() -> None:
    async with little_exchange() as exchange, asking(exchange.addresses) as client:
        exchange.answers(TIME, refusal(429, -1003, Retry_After="1"), WELL)
        exchange.answers("/api/v3/depth", json_answer({"lastUpdateId": 1, "bids": [], "asks": []}))
        begun = time.monotonic()
        limited = asyncio.create_task(the_time(client))
        while not exchange.asked:  # noqa: ASYNC110  (the little exchange notes it as it happens)
            await asyncio.sleep(0.001)
        while not client.counters["rate limited"]:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await client.get("/api/v3/depth", DepthAnswer, weight=5)
        assert time.monotonic() - begun >= 1.0
        assert await limited == NOW
        assert client.counters["rest waits"] == 2
        assert client.health()["closed_for"] == 0


@pytest.mark.parametrize(("status", "header"), [(429, "120"), (418, "3600"), (418, None), (429, None)])
async def test_a_ban_longer_than_our_patience_is_told_at_once_and_kept(
    status: int, header: str | None
) -> None:
    headers = {} if header is None else {"Retry_After": header}
    expected = float(header or {429: 60, 418: 120}[status])
    async with little_exchange() as exchange, asking(exchange.addresses) as client:
        exchange.answers(TIME, refusal(status, -1003, **headers))
        for _ in range(2):
            with pytest.raises(RateLimited, match="Nothing is sent until then") as raised:
                await the_time(client)
            assert raised.value.retry_after == pytest.approx(expected, abs=1)
        assert len(exchange.asked) == 1  # the second was not even sent


async def test_limits_that_do_not_end_are_told_after_so_many_attempts() -> None:
    options = replace(QUICK, attempts=2)
    with pytest.raises(RateLimited):
        await asked_of(refusal(429, -1003, Retry_After="1"), options=options)


async def test_the_exchange_s_own_count_of_weight_is_believed() -> None:
    async with little_exchange() as exchange, asking(exchange.addresses) as client:
        client.budget.allow([WeightLimit(span=1_000, limit=100), WeightLimit(span=MINUTE, limit=6_000)])
        exchange.answers(TIME, json_answer({"serverTime": NOW}, X_MBX_USED_WEIGHT_1M="4242"))
        while not client.health()[
            "weight_used"
        ]:  # an answer may cross the border of a minute: once more then
            await the_time(client)
        assert client.health()["weight_used"] >= 4242


async def test_a_used_up_window_is_waited_for() -> None:
    async with little_exchange() as exchange, asking(exchange.addresses) as client:
        client.budget.allow([WeightLimit(span=1_000, limit=100)])  # 80 for us
        exchange.answers(TIME, WELL)
        windows = []
        for _ in range(3):
            await client.get(TIME, TimeAnswer, weight=60)
            windows.append(int(time.time()))
        assert len(set(windows)) == 3


def test_an_answer_that_crosses_into_the_next_window_tells_nothing_of_it() -> None:
    """Else a full window would stop us for the whole of the next one."""
    budget = WeightBudget(share=0.8)
    budget.allow([WeightLimit(span=MINUTE, limit=6_000)])
    budget.reported(MINUTE, 4_800, 60_100, asked_at=59_900)
    assert budget.wait(2, 60_100) == 0
    budget.reported(MINUTE, 4_800, 60_200, asked_at=60_150)
    assert budget.wait(2, 60_200) == pytest.approx(59_800)


# Places that are not served.

REFUSED = refusal(451, 0, "Service unavailable from a restricted location")


async def test_where_the_main_address_refuses_the_data_only_one_serves_and_the_user_is_told() -> None:
    async with little_exchange() as main, little_exchange() as data:
        addresses = Addresses(name="binance", rest=main.url, stream="ws://127.0.0.1:1", data_rest=data.url)
        main.answers(TIME, REFUSED)
        data.answers(TIME, WELL)
        async with asking(addresses) as client:
            assert await asyncio.gather(*(the_time(client) for _ in range(3))) == [NOW] * 3
            assert await the_time(client) == NOW
            assert len(main.asked) == 3  # those that were under way; then never again
            [notice] = client.notices
            assert main.url in notice
            assert data.url in notice
            assert "trading is not possible" in notice
            assert client.health()["address"] == data.url


async def test_where_nothing_serves_the_user_is_told_what_is_left() -> None:
    async with little_exchange() as main, little_exchange() as data:
        main.answers(TIME, REFUSED)
        data.answers(TIME, REFUSED)
        addresses = Addresses(name="binance", rest=main.url, stream="ws://127.0.0.1:1", data_rest=data.url)
        for each in (addresses, replace(addresses, data_rest=None)):
            async with asking(each) as client:
                with pytest.raises(RequestRefused, match="choose --exchange sandbox") as raised:
                    await the_time(client)
                assert raised.value.status == 451


# Refusals and what cannot be read.


async def test_a_refusal_carries_the_exchange_s_code_and_text_and_is_not_repeated() -> None:
    async with little_exchange() as exchange, asking(exchange.addresses) as client:
        exchange.answers(TIME, refusal(400, -1102, "Mandatory parameter 'symbol' was not sent."))
        with pytest.raises(RequestRefused, match=r"HTTP 400, code -1102: Mandatory parameter") as raised:
            await the_time(client)
        assert (raised.value.code, raised.value.status) == (-1102, 400)
        assert len(exchange.asked) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raw_answer(b"<html>403 Forbidden</html>", 403), "firewall"),
        (raw_answer(b"\xff\xfe", 404), "HTTP 404"),
        (raw_answer(b"", 410), "HTTP 410"),
        (raw_answer(b"", 302, Location="http://hotel.example/login"), "hotel.example/login"),
    ],
)
async def test_a_refusal_that_is_not_the_exchange_s_is_told_in_our_words(answer: Answer, said: str) -> None:
    with pytest.raises(RequestRefused, match=said):
        await asked_of(answer)


@pytest.mark.parametrize(
    "body",
    [b"<html>Please log in</html>", b"", b'{"serverTime":"soon"}', b'{"serverTime":1', b"[]",
     b'{"serverTime":"\xff"}'],
)  # fmt: skip
async def test_a_malformed_answer_is_counted_and_shown(body: bytes) -> None:
    async with little_exchange() as exchange, asking(exchange.addresses) as client:
        exchange.answers(TIME, raw_answer(body))
        with pytest.raises(MalformedMessage, match="cannot be read") as raised:
            await the_time(client)
        assert raised.value.text == body.decode("utf-8", "replace")
        assert client.counters["malformed"] == 1
        assert len(exchange.asked) == 1


# The clock.


async def test_waiting_for_our_turn_does_not_disturb_the_clock() -> None:
    """The round trip is that of the answer, not of the question with all its waits and attempts."""
    async with little_exchange() as exchange, asking(exchange.addresses) as client:
        exchange.answers(TIME, refusal(503), refusal(429, Retry_After="1"), WELL)
        begun = time.monotonic()
        await the_time(client)
        assert time.monotonic() - begun >= 1.0
        assert client.clock.round_trip < 0.5
        assert client.clock.now == NOW


async def test_the_exchange_s_time_in_microseconds_is_understood() -> None:
    told, client, _ = await asked_of(json_answer({"serverTime": NOW * 1000 + 5}))
    assert told == NOW * 1000 + 5
    assert client.clock.now == NOW
