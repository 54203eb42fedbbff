"""Streams kept up: subscribed within the limits, changed without a gap, cut and back, never silently dead."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.exchange.binance.heard import Heard
from tests.exchange.binance.little_exchange import LittleExchange, little_exchange
from tests.exchange.binance.test_reader import a_trade
from tests.sandbox_process import SandboxProcess

from thebot.errors import BadSetting
from thebot.exchange.binance import Addresses, BinanceMarketSource, BinanceStream, StreamOptions
from thebot.exchange.binance.connection import Connection, LineOptions, MalformedMessages
from thebot.exchange.binance.stream import name_of
from thebot.exchange.ports import Channel
from thebot.market import Timeframe
from thebot.resilience import Backoff
from thebot.telemetry import Counters

LINE = LineOptions(silence=2.0, answer_within=2.0, open_within=5.0)
QUICK = StreamOptions(backoff=Backoff(first=0.01, longest=0.02), overlap=0.1, line=LINE)


def trades_of(*symbols: str) -> list[Channel]:
    return [Channel("trades", symbol) for symbol in symbols]


BITCOIN = trades_of("BTCUSDT")


@contextlib.asynccontextmanager
async def listening(
    addresses: Addresses | str, options: StreamOptions = QUICK, heard: Heard | None = None
) -> AsyncIterator[tuple[BinanceStream, Heard]]:
    heard = heard or Heard()
    where = Addresses.of_sandbox(addresses) if isinstance(addresses, str) else addresses
    stream = BinanceStream(where, heard, options, chance=lambda: 0.0)
    try:
        yield stream, heard
    finally:
        await stream.close()


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    with SandboxProcess.running("--symbols", "5", "--seed", "1") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: SandboxProcess) -> Iterator[SandboxProcess]:
    yield running
    running.post("/sandbox/faults", {"fault": "clear"})


@pytest.fixture
async def exchange() -> AsyncIterator[LittleExchange]:
    async with little_exchange() as exchange:
        yield exchange


# Names and limits.


def test_streams_are_named_as_the_exchange_names_them() -> None:
    assert name_of(Channel("trades", "BTCUSDT")) == "btcusdt@aggTrade"
    assert name_of(Channel("book", "BTCUSDT")) == "btcusdt@bookTicker"
    assert name_of(Channel("day", "BTCUSDT")) == "btcusdt@miniTicker"
    assert name_of(Channel("candles", "BTCUSDT", Timeframe("1M"))) == "btcusdt@kline_1M"
    assert name_of(Channel("trades", "币安人生USDT")) == "币安人生usdt@aggTrade"
    with pytest.raises(ValueError, match="which timeframe"):
        name_of(Channel("candles", "BTCUSDT"))


@pytest.mark.parametrize(
    "wrong",
    [{"silence": 5.0, "answer_within": 6.0}, {"answer_within": 0.0}, {"controls_per_second": 4}],
)
def test_a_line_that_cannot_be_held_is_refused_when_it_is_described(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadSetting, match="cannot be"):
        LineOptions(**wrong)


async def test_everything_of_a_symbol_is_heard_from_the_sandbox(sandbox: SandboxProcess) -> None:
    symbol = sandbox.symbols[0]
    wanted = [
        Channel("candles", symbol, Timeframe("1m")),
        *(Channel(kind, symbol) for kind in ("trades", "book", "day")),
    ]
    async with listening(sandbox.url) as (stream, heard):
        stream.subscribe(wanted)
        await heard.until(lambda: heard.trades and heard.candles and heard.books and heard.days)
        assert heard.up == set(wanted)
        health = stream.health()
        assert (health["connections"], health["streams"], health["streams_heard"]) == (1, 4, 4)
        assert health["messages"] >= 4
        await heard.until(lambda: stream.health()["latency_ms"] is not None)
        assert "malformed" not in health


async def test_a_name_that_is_not_ascii_is_asked_for_and_heard(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(trades_of("币安人生USDT"))
        await heard.until(lambda: heard.up)
        assert exchange.lines[0].names() == {"币安人生usdt@aggTrade"}
        await exchange.lines[0].say(a_trade("币安人生USDT"))
        await heard.until(lambda: heard.trades)


async def test_more_streams_than_a_connection_may_have_take_another(exchange: LittleExchange) -> None:
    symbols = [f"C{i}USDT" for i in range(7)]
    async with listening(exchange.addresses, replace(QUICK, streams_per_connection=3)) as (stream, heard):
        stream.subscribe(trades_of(*symbols))
        stream.subscribe(trades_of(*symbols))  # saying it twice changes nothing
        await heard.until(lambda: len(heard.up) == 7)
        assert sorted(len(line.names()) for line in exchange.lines) == [1, 3, 3]
        stream.unsubscribe(trades_of(*symbols[:2]))
        stream.subscribe(trades_of("NEWUSDT", "NEWERUSDT"))  # there is room again
        await heard.until(lambda: {*trades_of("NEWUSDT", "NEWERUSDT")} <= heard.up)
        assert len(exchange.lines) == 3
        assert max(len(line.names()) for line in exchange.lines) <= 3


async def test_a_connection_without_wishes_left_is_closed(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        stream.unsubscribe(BITCOIN)
        await heard.until(lambda: exchange.lines[0].gone)
        assert heard.kinds() == ["up"]  # who leaves is not told that it is cut off
        assert stream.health()["connections_wanted"] == 0


async def test_no_more_than_three_control_messages_a_second_and_one_at_a_time(
    exchange: LittleExchange,
) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        for i in range(5):
            stream.subscribe(trades_of(*(f"C{i}X{j}USDT" for j in range(100))))
            await heard.until(lambda: exchange.lines and len(exchange.lines[0].asked) > i)  # noqa: B023
        await heard.until(lambda: len(heard.up) == 500, seconds=10)
        at = exchange.lines[0].asked_at
        assert len(at) >= 5
        assert all(later - earlier > 0.95 for earlier, later in zip(at, at[3:], strict=False))


async def test_more_attempts_to_connect_than_allowed_are_not_made(exchange: LittleExchange) -> None:
    exchange.refuses_streams(*[(503, {})] * 3)
    async with listening(exchange.addresses, replace(QUICK, connects=2, connects_within=0.5)) as (
        stream,
        heard,
    ):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        at = exchange.handshakes
        assert len(at) == 4
        assert all(later - earlier > 0.45 for earlier, later in zip(at, at[2:], strict=False))
        assert stream.counters["failed connects"] == 3


# Coming and going.


async def test_one_that_goes_and_comes_back_at_once_is_still_heard(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        both = trades_of("BTCUSDT", "ETHUSDT")
        stream.subscribe(both)
        await heard.until(lambda: len(heard.up) == 2)
        stream.unsubscribe(BITCOIN)
        heard.up.clear()
        stream.subscribe(BITCOIN)
        assert not heard.up  # not called back from within
        await heard.until(lambda: heard.up == set(BITCOIN))


async def test_one_that_goes_and_comes_back_slowly_is_asked_for_again(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(trades_of("BTCUSDT", "ETHUSDT"))
        await heard.until(lambda: len(heard.up) == 2)
        stream.unsubscribe(BITCOIN)
        await heard.until(lambda: exchange.lines[0].names() == {"ethusdt@aggTrade"})
        heard.up.clear()
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up == set(BITCOIN))
        methods = [asked["method"] for asked in exchange.lines[0].asked]
        assert methods == ["SUBSCRIBE", "UNSUBSCRIBE", "SUBSCRIBE"]


async def test_one_that_goes_while_it_is_being_asked_for_is_never_reported(exchange: LittleExchange) -> None:
    gate = asyncio.Event()
    exchange.reply = lambda asked: None  # the answer comes later
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(trades_of("BTCUSDT", "ETHUSDT"))
        await heard.until(lambda: exchange.lines and exchange.lines[0].asked_at)
        stream.unsubscribe(BITCOIN)
        exchange.reply = lambda asked: gate.set() or {"result": None, "id": asked["id"]}
        await exchange.lines[0].say({"result": None, "id": 1})
        await asyncio.wait_for(gate.wait(), 5)
        assert heard.up == set(trades_of("ETHUSDT"))


def refusing(*names: str, nested: bool) -> Callable[[dict[str, Any]], object]:
    """Refuses each SUBSCRIBE that holds one of these, the whole of it."""

    def reply(asked: dict[str, Any]) -> object:
        wrong = [name for name in asked["params"] if name in names]
        if not wrong:
            return {"result": None, "id": asked["id"]}
        error = {"code": 2, "msg": f"Invalid request: {wrong[0]} is not a stream"}
        return {"error": error, "id": asked["id"]} if nested else {**error, "id": asked["id"]}

    return reply


@pytest.mark.parametrize("nested", [True, False])
async def test_one_refused_name_does_not_cost_us_the_others_of_its_message(
    exchange: LittleExchange, nested: bool
) -> None:
    exchange.reply = refusing("badusdt@aggTrade", nested=nested)
    good = trades_of("A1USDT", "A2USDT", "A3USDT")
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe([*trades_of("BADUSDT"), *good])
        await heard.until(lambda: heard.up == set(good))
        await heard.until(lambda: stream.counters["refused subscriptions"] == 1)
        assert "malformed" not in stream.health()  # although the refusal names a stream


async def test_a_refused_goodbye_does_not_bar_the_name(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(trades_of("BTCUSDT", "ETHUSDT"))
        await heard.until(lambda: len(heard.up) == 2)
        exchange.reply = lambda asked: {"code": 2, "msg": "Invalid request", "id": asked["id"]}
        stream.unsubscribe(BITCOIN)
        await heard.until(lambda: len(exchange.lines[0].asked_at) == 2)
        exchange.reply = lambda asked: {"result": None, "id": asked["id"]}
        heard.up.clear()
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up == set(BITCOIN))


async def test_a_control_message_that_is_not_answered_makes_a_new_connection(
    exchange: LittleExchange,
) -> None:
    exchange.reply = lambda asked: None
    options = replace(QUICK, line=replace(LINE, answer_within=0.1))
    async with listening(exchange.addresses, options) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: len(exchange.lines) >= 2)
        exchange.reply = lambda asked: {"result": None, "id": asked["id"]}
        await heard.until(lambda: heard.up == set(BITCOIN))
        assert heard.kinds() == ["up"]  # it was never up, so it did not go down


# Cuts.


async def test_a_cut_is_reported_and_mended(sandbox: SandboxProcess) -> None:
    channels = trades_of(*sandbox.symbols[:2])
    async with listening(sandbox.url) as (stream, heard):
        stream.subscribe(channels)
        await heard.until(lambda: heard.up == set(channels) and heard.trades)
        sandbox.post("/sandbox/faults", {"fault": "drop"})
        await heard.until(lambda: heard.kinds() == ["up", "down", "up"])
        assert heard.changes[1] == ("down", frozenset(channels), "cut")
        assert stream.counters["cuts"] == 1
        before = len(heard.trades)
        await heard.until(lambda: len(heard.trades) > before)


async def test_refused_connections_are_tried_until_they_are_not(sandbox: SandboxProcess) -> None:
    sandbox.post("/sandbox/faults", {"fault": "refuse_streams", "count": 5})
    async with listening(sandbox.url) as (stream, heard):
        stream.subscribe(trades_of(sandbox.symbols[0]))
        await heard.until(lambda: heard.up)
        assert stream.counters["failed connects"] == 5


async def test_silence_is_noticed(exchange: LittleExchange) -> None:
    options = replace(QUICK, line=LineOptions(silence=0.2, answer_within=0.2))
    async with listening(exchange.addresses, options) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up and stream.health()["latency_ms"] is not None)
        exchange.answers_pings = False  # from now on nothing comes at all
        await heard.until(lambda: "down" in heard.kinds(), seconds=3)


async def test_silence_that_begins_while_the_round_trip_is_measured_is_noticed_too(
    exchange: LittleExchange,
) -> None:
    """The ping that measures is never answered: no other may wait for it for ever."""
    exchange.answers_pings = False
    options = replace(QUICK, line=LineOptions(silence=0.3, answer_within=0.3))
    async with listening(exchange.addresses, options) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: "down" in heard.kinds(), seconds=3)
        assert heard.changes[1][2] == "a ping was not answered"


async def test_a_quiet_market_is_not_taken_for_a_dead_connection(exchange: LittleExchange) -> None:
    options = replace(QUICK, line=LineOptions(silence=0.05, answer_within=0.05))
    async with listening(exchange.addresses, options) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: exchange.lines and len(exchange.lines[0].pings) >= 5)
        assert heard.kinds() == ["up"]


async def test_the_exchange_s_pings_are_answered_with_what_they_carry(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        for payload in (b"1723161253937", b""):
            await exchange.lines[0].socket.ping(payload)
        await heard.until(lambda: exchange.lines[0].pongs == [b"1723161253937", b""])


async def test_a_goodbye_of_the_exchange_tells_its_code(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        await exchange.lines[0].socket.close(code=1008, message=b"Too many requests")
        await heard.until(lambda: heard.kinds() == ["up", "down", "up"])
        assert heard.changes[1][2] == "closed by the exchange (1008)"


class Sensitive(Heard):
    """In trouble with every change of the connection."""

    def on_up(self, channels: Collection[Channel]) -> None:
        super().on_up(channels)
        raise RuntimeError("on_up")

    def on_down(self, channels: Collection[Channel], why: str) -> None:
        super().on_down(channels, why)
        raise RuntimeError("on_down")


async def test_an_error_of_the_listener_does_not_end_the_stream(sandbox: SandboxProcess) -> None:
    async with listening(sandbox.url, heard=Sensitive()) as (stream, heard):
        stream.subscribe(trades_of(sandbox.symbols[0]))
        await heard.until(lambda: heard.trades)
        for kind in ("drop", "shutdown"):
            sandbox.post("/sandbox/faults", {"fault": kind})
        await heard.until(lambda: heard.kinds() == ["up", "down", "up"])
        assert stream.counters["listener errors"] == 3


async def test_who_gives_up_while_a_connection_is_being_made_leaves_none_behind(
    exchange: LittleExchange,
) -> None:
    exchange.handshake_gate = asyncio.Event()
    connection = Connection(Heard(), MalformedMessages(Counters()), replace(LINE, open_within=0.1))
    opening = asyncio.create_task(connection.open(f"{exchange.addresses.stream}/stream"))
    while not exchange.handshakes:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await opening
    exchange.handshake_gate.set()
    await Heard().until(lambda: all(line.gone for line in exchange.lines))


# Odd messages.


async def test_malformed_messages_are_counted_and_the_stream_goes_on(sandbox: SandboxProcess) -> None:
    async with listening(sandbox.url) as (stream, heard):
        stream.subscribe(trades_of(sandbox.symbols[0]))
        await heard.until(lambda: heard.trades)
        sandbox.post("/sandbox/faults", {"fault": "malformed", "count": 3})
        await heard.until(lambda: stream.counters["malformed"] == 3)
        before = len(heard.trades)
        await heard.until(lambda: len(heard.trades) > before)
        assert heard.kinds() == ["up"]
        assert stream.health()["last_malformed"] == ['{"e":"aggTrade","E":1,"s":"BTC'] * 3


def frame(payload: bytes, opcode: int, *, last: bool) -> bytes:
    """A short WebSocket frame of a server (RFC 6455)."""
    assert len(payload) < 65536
    head = bytes(((0x80 if last else 0) | opcode, min(len(payload), 126)))
    return head + (len(payload).to_bytes(2, "big") if len(payload) >= 126 else b"") + payload


async def test_a_message_in_pieces_is_put_together(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        whole = (
            b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTCUSDT","a":5,"p":"1.5","q":"2",'
            b'"f":5,"l":5,"T":1,"m":false,"M":true}}'
        )
        request = exchange.lines[0].socket._req
        assert request is not None
        assert request.transport is not None
        pieces = [frame(whole[:50], 1, last=False), frame(b"hello", 9, last=True)]
        pieces += [frame(whole[50:90], 0, last=False), frame(whole[90:], 0, last=True)]
        request.transport.write(b"".join(pieces))
        await heard.until(lambda: [trade.id for trade in heard.trades] == [5])
        await heard.until(lambda: exchange.lines[0].pongs == [b"hello"])


# The change of connection.


async def test_a_connection_is_changed_before_it_grows_old_without_a_gap(sandbox: SandboxProcess) -> None:
    channels = trades_of(*sandbox.symbols)
    async with listening(sandbox.url, replace(QUICK, renew_after=0.5)) as (stream, heard):
        stream.subscribe(channels)
        await heard.until(lambda: stream.counters["renewed connections"] >= 3)
        await heard.until(lambda: len(heard.trades) > 20 * len(sandbox.symbols))
        assert heard.kinds() == ["up"]  # nobody was ever told of a cut
        for symbol in sandbox.symbols:
            ids = [trade.id for trade in heard.trades if trade.symbol == symbol]
            assert set(ids) == set(range(ids[0], max(ids) + 1))
        assert sandbox.get("/sandbox/status")["connections"] <= 2


async def test_what_both_connections_bring_stays_in_order(exchange: LittleExchange) -> None:
    """The new one is held back while the old one speaks, then hands over what it has kept, oldest first."""
    async with listening(exchange.addresses, replace(QUICK, overlap=0.3)) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        [old] = exchange.lines
        await old.say({"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": 1}})
        await heard.until(lambda: len(exchange.lines) == 2 and exchange.lines[1].names())
        new = exchange.lines[1]
        await old.say(a_trade(a=1))
        await new.say(a_trade(a=1))
        await new.say(a_trade(a=2))
        await old.say(a_trade(a=2))
        await heard.until(lambda: len(heard.trades) == 2)
        assert not old.gone
        await new.say(a_trade(a=3))
        await heard.until(lambda: len(heard.trades) == 5)
        assert [trade.id for trade in heard.trades] == [1, 2, 1, 2, 3]  # the listener knows them by number
        await heard.until(lambda: old.gone)
        assert heard.kinds() == ["up"]
        assert stream.health()["connections"] == 1


async def test_a_shutdown_of_the_exchange_is_no_cut(sandbox: SandboxProcess) -> None:
    symbol = sandbox.symbols[0]
    async with listening(sandbox.url) as (stream, heard):
        stream.subscribe(trades_of(symbol))
        await heard.until(lambda: heard.trades)
        sandbox.post("/sandbox/faults", {"fault": "shutdown"})
        await heard.until(lambda: stream.counters["renewed connections"] == 1)
        before = heard.trades[-1].id
        await heard.until(lambda: heard.trades[-1].id > before)
        assert heard.kinds() == ["up"]
        ids = {trade.id for trade in heard.trades}
        assert ids == set(range(min(ids), max(ids) + 1))


async def test_an_old_connection_cut_during_the_change_is_said_and_the_new_one_takes_over(
    exchange: LittleExchange,
) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        exchange.handshake_gate = asyncio.Event()
        await exchange.lines[0].say({"e": "serverShutdown", "E": 1})
        await heard.until(lambda: len(exchange.handshakes) == 2)
        await exchange.lines[0].socket.close()
        await heard.until(lambda: "down" in heard.kinds())
        exchange.handshake_gate.set()
        await heard.until(lambda: heard.kinds() == ["up", "down", "up"])
        assert heard.changes[1][2] == "the exchange shuts this connection down"
        await exchange.lines[1].say(a_trade(a=9))
        await heard.until(lambda: [trade.id for trade in heard.trades] == [9])


async def test_wishes_that_come_during_the_change_reach_both(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses, replace(QUICK, overlap=0.5)) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: heard.up)
        await exchange.lines[0].say({"e": "serverShutdown", "E": 1})
        await heard.until(lambda: len(exchange.lines) == 2 and exchange.lines[1].names())
        stream.subscribe(trades_of("ETHUSDT"))
        await heard.until(lambda: all("ethusdt@aggTrade" in line.names() for line in exchange.lines))
        await heard.until(lambda: stream.counters["renewed connections"] == 1)
        assert heard.up == set(trades_of("BTCUSDT", "ETHUSDT"))


async def test_what_the_new_connection_refuses_is_reported_as_lost(exchange: LittleExchange) -> None:
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(trades_of("BTCUSDT", "GONEUSDT"))
        await heard.until(lambda: len(heard.up) == 2)
        exchange.reply = refusing("goneusdt@aggTrade", nested=False)
        await exchange.lines[0].say({"e": "serverShutdown", "E": 1})
        await heard.until(lambda: heard.up == set(BITCOIN), seconds=10)
        assert heard.changes[-1] == ("down", frozenset(trades_of("GONEUSDT")), "the exchange refuses it")


# Places that are not served, and addresses that are limited.


async def test_where_streams_are_refused_the_data_only_ones_serve_and_the_user_is_told() -> None:
    async with little_exchange() as main, little_exchange() as data:
        main.refuses_streams(*[(451, {})] * 10)
        addresses = replace(main.addresses, name="binance", data_stream=data.addresses.stream)
        source = BinanceMarketSource(addresses, streams=replace(QUICK, streams_per_connection=1))
        heard = Heard()
        stream = source.stream(heard)
        try:
            stream.subscribe(trades_of("BTCUSDT", "ETHUSDT", "SOLUSDT"))
            await heard.until(lambda: len(heard.up) == 3)
            assert len(main.handshakes) == 3  # those that were under way
            [notice] = source.notices
            assert main.addresses.stream in notice
            assert data.addresses.stream in notice
            assert stream.health()["address"] == data.addresses.stream
        finally:
            await source.close()


@pytest.mark.parametrize("status", [429, 418])
async def test_an_address_that_is_limited_stays_away_as_long_as_it_is_told(
    exchange: LittleExchange, status: int
) -> None:
    exchange.refuses_streams((status, {"Retry-After": "1"}))
    async with listening(exchange.addresses) as (stream, heard):
        stream.subscribe(BITCOIN)
        begun = time.monotonic()
        await heard.until(lambda: heard.up)
        assert time.monotonic() - begun >= 1.0
        assert len(exchange.handshakes) == 2
        assert stream.counters["rate limited"] == 1


async def test_the_limit_of_one_connection_holds_for_all_of_them(exchange: LittleExchange) -> None:
    exchange.refuses_streams((429, {"Retry-After": "1"}))
    async with listening(exchange.addresses, replace(QUICK, streams_per_connection=1)) as (stream, heard):
        stream.subscribe(BITCOIN)
        await heard.until(lambda: stream.counters["rate limited"])
        stream.subscribe(trades_of("ETHUSDT"))
        await heard.until(lambda: len(heard.up) == 2)
        first, *later = exchange.handshakes
        assert all(each - first >= 1.0 for each in later)
