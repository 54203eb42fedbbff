"""Market data behind the port, from the sandbox and from a little exchange that is told what to answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
from tests.exchange.binance.little_exchange import (
    LittleExchange,
    json_answer,
    little_exchange,
    raw_answer,
    refusal,
)
from tests.exchange.binance.test_convert import a_symbol
from tests.sandbox_process import SandboxProcess

from thebot.errors import MalformedMessage, RequestRefused, UnknownName
from thebot.exchange.binance import Addresses, BinanceMarketSource, RestOptions
from thebot.market import Timeframe
from thebot.resilience import Backoff

REST = RestOptions(timeout=5.0, attempts=2, backoff=Backoff(first=0.01, longest=0.02))
MINUTE, HOUR = Timeframe("1m"), Timeframe("1h")
START = 1_700_006_400_000  # 2023-11-15 00:00 UTC
H = 3_600_000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess.running("--symbols", "5", "--seed", "1") as running:
        yield running


@pytest.fixture
async def source(sandbox: SandboxProcess) -> AsyncIterator[BinanceMarketSource]:
    source = BinanceMarketSource(Addresses.of_sandbox(sandbox.url), rest=REST)
    yield source
    await source.close()


@contextlib.asynccontextmanager
async def little_source() -> AsyncIterator[tuple[BinanceMarketSource, LittleExchange]]:
    """An exchange whose clock stands at START + 2,500 hours and that lists BTCUSDT and ETHUSDT."""
    async with little_exchange() as exchange:
        now = START + 2_500 * H
        exchange.answers("/api/v3/time", json_answer({"serverTime": now}))
        info = {"serverTime": now, "rateLimits": [], "symbols": [a_symbol("BTCUSDT"), a_symbol("ETHUSDT")]}
        exchange.answers("/api/v3/exchangeInfo", json_answer(info))
        source = BinanceMarketSource(exchange.addresses, rest=REST)
        try:
            yield source, exchange
        finally:
            await source.close()


def a_row(opened: int, price: str = "100.0", **changes: Any) -> list[Any]:
    row = {"t": opened, "o": price, "h": price, "l": price, "c": price, "v": "1.0", "T": opened + H - 1,
           "q": "100.0", "n": 3, "V": "0.5", "Q": "50.0", "B": "0", **changes}  # fmt: skip
    return list(row.values())


# Instruments.


async def test_instruments_bring_the_limits_and_the_clock_along(
    source: BinanceMarketSource, sandbox: SandboxProcess
) -> None:
    instruments = await source.instruments()
    assert list(instruments) == sandbox.symbols
    assert all(each.trading and each.tick > 0 and each.min_value > 0 for each in instruments.values())
    assert source.clock.measured
    assert source.health()["rest"]["weight_used"] >= 20 or await source.instruments()  # the minute may turn
    assert source.notices == ()


async def test_one_odd_symbol_does_not_cost_us_the_others() -> None:
    async with little_source() as (source, exchange):
        info = {"serverTime": START, "rateLimits": [], "symbols": [a_symbol("BTCUSDT"), {"symbol": 7}]}
        exchange.answers("/api/v3/exchangeInfo", json_answer(info))
        assert list(await source.instruments()) == ["BTCUSDT"]
        assert source.health()["rest"]["malformed"] == 1


# Candles.


async def test_pages_join_without_a_gap_and_only_closed_candles_are_among_them(
    source: BinanceMarketSource,
) -> None:
    [symbol, *_] = await source.instruments()
    now = await source.time()
    first = now // 60_000 * 60_000 - 2_345 * 60_000
    candles = await source.candles(symbol, MINUTE, start=first)
    assert len(candles) in (2_345, 2_346)  # one more if a minute has ended meanwhile
    assert candles.open_time[0] == first
    assert (np.diff(candles.open_time) == 60_000).all()
    assert candles.close_time[-1] <= source.clock.now


async def test_the_newest_before_an_end_are_the_same_as_those_from_a_start(
    source: BinanceMarketSource,
) -> None:
    [symbol, *_] = await source.instruments()
    end = (await source.time()) // 60_000 * 60_000 - 600_000
    newest = await source.candles(symbol, MINUTE, end=end, limit=1_500)
    oldest = await source.candles(symbol, MINUTE, start=end - 1_500 * 60_000, end=end)
    limited = await source.candles(symbol, MINUTE, start=end - 1_500 * 60_000, limit=1_200)
    assert len(newest) == len(oldest) == 1_500
    assert newest.open_time[-1] == end - 60_000  # the end itself is not among them
    for name, column in newest.columns().items():
        assert (oldest.columns()[name] == column).all()
        assert (limited.columns()[name] == column[:1_200]).all()


@pytest.mark.parametrize("limit", [0, 1, 2, 999, 1_000, 1_001])
async def test_as_many_as_were_asked_for(source: BinanceMarketSource, limit: int) -> None:
    [symbol, *_] = await source.instruments()
    now = await source.time()
    assert len(await source.candles(symbol, MINUTE, limit=limit)) == limit
    old = now // 60_000 * 60_000 - 5_000 * 60_000
    assert len(await source.candles(symbol, MINUTE, start=old, limit=limit)) == limit


async def test_without_a_start_or_a_limit_there_are_a_thousand(source: BinanceMarketSource) -> None:
    [symbol, *_] = await source.instruments()
    assert len(await source.candles(symbol, MINUTE)) == 1_000


async def test_from_the_future_there_is_nothing(source: BinanceMarketSource) -> None:
    [symbol, *_] = await source.instruments()
    tomorrow = (await source.time()) + 86_400_000
    assert len(await source.candles(symbol, MINUTE, start=tomorrow)) == 0


async def test_the_candle_in_progress_is_never_among_them() -> None:
    async with little_source() as (source, exchange):
        now = START + 2_500 * H
        exchange.answers("/api/v3/klines", json_answer([a_row(now - 2 * H), a_row(now - H), a_row(now)]))
        candles = await source.candles("BTCUSDT", HOUR, start=now - 2 * H)
        assert candles.open_time.tolist() == [now - 2 * H, now - H]


async def test_rows_outside_of_what_was_asked_are_not_taken() -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/klines", json_answer([a_row(START + i * H) for i in range(-2, 5)]))
        candles = await source.candles("BTCUSDT", HOUR, start=START, end=START + 3 * H)
        assert candles.open_time.tolist() == [START, START + H, START + 2 * H]


async def test_an_exchange_that_repeats_itself_does_not_keep_us_for_ever() -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/klines", json_answer([a_row(START + i * H) for i in range(1_000)]))
        assert len(await source.candles("BTCUSDT", HOUR, start=START)) == 1_000
        assert exchange.paths().count("/api/v3/klines") == 2


@pytest.mark.parametrize(
    "rows",
    [
        [a_row(START), a_row(START + H, h="99.0")],
        [a_row(START), a_row(START)],
        [a_row(START, "0.0")],
    ],
)
async def test_impossible_candles_are_counted_and_refused_with_their_row(rows: list[list[Any]]) -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/klines", json_answer(rows))
        with pytest.raises(MalformedMessage, match=rf"row {len(rows) - 1} ") as raised:
            await source.candles("BTCUSDT", HOUR, start=START)
        assert str(rows[-1][0]) in raised.value.text
        assert source.health()["rest"]["malformed"] == 1


@pytest.mark.parametrize("odd", [a_row(START, q="-1.0"), a_row(START, V=None), [START, "1"], "no row"])
async def test_rows_that_are_none_are_counted_and_refused(odd: object) -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/klines", json_answer([odd]))
        with pytest.raises(MalformedMessage):
            await source.candles("BTCUSDT", HOUR, start=START)
        assert source.health()["rest"]["malformed"] == 1


# Symbols that do not exist.


async def test_a_misspelt_symbol_gets_those_near_it_whatever_is_asked(source: BinanceMarketSource) -> None:
    for asking in (
        source.candles("BTCUSTD", HOUR, limit=1),
        source.candles("BTCUSTD", HOUR, start=START),
        source.depth("BTCUSTD"),
        source.days(["ETHUSDT", "BTCUSTD"]),
    ):
        with pytest.raises(UnknownName, match=r"no symbol 'BTCUSTD'\. Did you mean 'BTCUSDT'"):
            await asking


@pytest.mark.parametrize("name", ["btcusdt", "BTC/USDT", "BTC USDT", ""])
async def test_a_symbol_that_the_exchange_cannot_even_read_is_unknown_too(
    source: BinanceMarketSource, name: str
) -> None:
    with pytest.raises(UnknownName, match="There is no symbol"):
        await source.candles(name, HOUR, limit=1)


async def test_a_symbol_delisted_since_is_looked_for_in_a_new_list() -> None:
    async with little_source() as (source, exchange):
        await source.instruments()
        info = {"serverTime": START, "rateLimits": [], "symbols": [a_symbol("BTCUSDT")]}
        exchange.answers("/api/v3/exchangeInfo", json_answer(info))
        exchange.answers("/api/v3/klines", refusal(400, -1121, "Invalid symbol."))
        with pytest.raises(UnknownName, match="'ETHUSDT'"):
            await source.candles("ETHUSDT", HOUR, limit=1)


async def test_a_refusal_that_has_nothing_to_do_with_the_symbol_stays_what_it_is() -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/klines", refusal(400, -1120, "Invalid interval."))
        exchange.answers(
            "/api/v3/depth", refusal(400, -1100, "Illegal characters found in parameter 'limit'")
        )
        for asking in (source.candles("BTCUSDT", HOUR, limit=1), source.depth("BTCUSDT", -1)):
            with pytest.raises(RequestRefused):
                await asking


async def test_a_symbol_need_not_be_ascii() -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/klines", json_answer([a_row(START)]))
        exchange.answers("/api/v3/ticker/24hr", json_answer([]))
        assert len(await source.candles("币安人生USDT", HOUR, start=START)) == 1
        await source.days(["币安人生USDT"])
        asked = dict(exchange.asked)
        assert asked["/api/v3/klines"]["symbol"] == "币安人生USDT"
        assert asked["/api/v3/ticker/24hr"]["symbols"] == '["币安人生USDT"]'


# The rest.


async def test_figures_of_the_day_come_for_some_or_for_all(
    source: BinanceMarketSource, sandbox: SandboxProcess
) -> None:
    some = await source.days(sandbox.symbols[:2])
    every = await source.days()
    assert [day.symbol for day in some] == sandbox.symbols[:2]
    assert sorted(day.symbol for day in every) == sorted(sandbox.symbols)
    assert all(day.low <= day.price <= day.high and day.volume > 0 for day in every)
    assert await source.days([]) == []


async def test_figures_of_many_symbols_are_asked_for_a_hundred_at_a_time() -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/ticker/24hr", json_answer([]))
        await source.days([f"C{i}USDT" for i in range(250)])
        counts = [len(json.loads(p["symbols"])) for path, p in exchange.asked if path.endswith("24hr")]
        assert counts == [100, 100, 50]


async def test_the_book_is_asked_for_as_deep_as_wanted(source: BinanceMarketSource) -> None:
    [symbol, *_] = await source.instruments()
    depth = await source.depth(symbol, 10)
    assert len(depth.bid) == len(depth.ask) == 10
    assert depth.bid[0] < depth.ask[0]
    assert (np.diff(depth.bid) < 0).all()
    assert (np.diff(depth.ask) > 0).all()


async def test_many_questions_at_once_stay_within_the_exchange_s_limit(sandbox: SandboxProcess) -> None:
    """The sandbox answers 429 beyond its limit; with the limit known, nobody ever sees one."""
    sandbox.post("/sandbox/limits", {"request_weight": 100})
    source = BinanceMarketSource(Addresses.of_sandbox(sandbox.url), rest=REST)
    try:
        await source.instruments()
        asking = [asyncio.create_task(source.time()) for _ in range(200)]
        done, waiting = await asyncio.wait(asking, timeout=2.0)
        for task in waiting:
            task.cancel()
        assert len(done) <= 160  # 80 of each of two minutes, if the minute turned
        assert all(isinstance(task.result(), int) for task in done)
        rest = source.health()["rest"]
        assert "rate limited" not in rest
        assert rest["rest waits"] >= len(waiting) > 0
    finally:
        await source.close()
        sandbox.post("/sandbox/limits", {"request_weight": 6000})


async def test_an_error_page_instead_of_figures_is_no_figures() -> None:
    async with little_source() as (source, exchange):
        exchange.answers("/api/v3/ticker/24hr", raw_answer(b"<html>maintenance</html>"))
        with pytest.raises(MalformedMessage, match="maintenance"):
            await source.days()
