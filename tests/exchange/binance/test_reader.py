"""The path from bytes on the wire to the listener, without a network."""

from __future__ import annotations

import itertools
import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.binance.heard import Heard

from thebot.exchange.binance.connection import MalformedMessages, MessageReader
from thebot.exchange.ports import BookEvent, CandleEvent, DayEvent, TradeEvent
from thebot.telemetry import Counters

AT = 1_723_161_253_937  # ms UTC


class Reading:
    """A reader with a listener that remembers; what is no event goes to `others`."""

    def __init__(self, listener: Heard | None = None) -> None:
        self.heard, self.counters = listener or Heard(), Counters()
        self.malformed = MalformedMessages(self.counters)
        self.others: list[bytes] = []
        self.reader = MessageReader(self.heard, self.malformed, self._other)

    def _other(self, payload: bytes) -> bool:
        self.others.append(payload)
        return b'"stream"' not in payload[:12]

    def receive(self, *messages: bytes | str | dict[str, Any]) -> Reading:
        for message in messages:
            text = json.dumps(message, separators=(",", ":")) if isinstance(message, dict) else message
            self.reader.receive(text.encode() if isinstance(text, str) else text)
        return self


def in_stream(name: str, **data: object) -> dict[str, Any]:
    return {"stream": name, "data": data}


def a_trade(symbol: str = "BTCUSDT", **changes: object) -> dict[str, Any]:
    data = {"e": "aggTrade", "E": AT + 3, "s": symbol, "a": 26129, "p": "61685.99000000", "q": "0.01200000",
            "f": 27781, "l": 27783, "T": AT, "m": True, "M": True, **changes}  # fmt: skip
    return in_stream(f"{symbol.lower()}@aggTrade", **data)


def a_kline(event_at: int = AT, **changes: object) -> dict[str, Any]:
    k = {"t": 1_723_161_240_000, "T": 1_723_161_299_999, "s": "BTCUSDT", "i": "1m", "f": 100, "L": 200,
         "o": "100.0", "c": "101.5", "h": "102.0", "l": "99.5", "v": "12.5", "n": 101, "x": False,
         "q": "1260.0", "V": "6.0", "Q": "605.0", "B": "0", **changes}  # fmt: skip
    return in_stream("btcusdt@kline_1m", e="kline", E=event_at, s="BTCUSDT", k=k)


A_BOOK = in_stream(
    "btcusdt@bookTicker", u=50093421612, s="BTCUSDT", b="61685.99", B="1.25869", a="61686.00", A="2.4"
)
A_DAY = in_stream(
    "btcusdt@miniTicker", e="24hrMiniTicker", E=AT, s="BTCUSDT", c="105.0", o="100.0", h="110.0", l="90.0",
    v="7.0", q="700.0",
)  # fmt: skip


def test_a_trade_is_handed_over_with_numbers() -> None:
    [trade] = Reading().receive(a_trade()).heard.trades
    assert (trade.symbol, trade.id, trade.first_id, trade.last_id) == ("BTCUSDT", 26129, 27781, 27783)
    assert (trade.price, trade.quantity, trade.buyer_is_maker) == (61685.99, 0.012, True)
    assert (trade.at, trade.sent_at) == (AT, AT + 3)


def test_a_candle_is_handed_over_with_the_time_it_was_sent() -> None:
    [(candle, sent_at)] = Reading().receive(a_kline(x=True)).heard.candles
    assert sent_at == AT
    assert (candle.open, candle.high, candle.low, candle.close) == (100, 102, 99.5, 101.5)
    assert (candle.symbol, candle.timeframe, candle.trades) == ("BTCUSDT", "1m", 101)
    assert (candle.volume, candle.quote_volume, candle.taker_buy_volume) == (12.5, 1260, 6)
    assert candle.closed


def test_the_top_of_the_book_and_the_figures_of_the_day_are_handed_over() -> None:
    heard = Reading().receive(A_BOOK, A_DAY).heard
    assert (heard.books[0].bid, heard.books[0].ask, heard.books[0].update_id) == (
        61685.99,
        61686,
        50093421612,
    )
    assert (heard.days[0].price, heard.days[0].open, heard.days[0].quote_volume) == (105, 100, 700)


def test_an_empty_side_of_the_book_is_no_error() -> None:
    empty = in_stream("btcusdt@bookTicker", u=1, s="BTCUSDT", b="0.0", B="0.0", a="61686.0", A="2.4")
    assert Reading().receive(empty).heard.books[0].bid == 0


def test_symbols_need_not_be_ascii() -> None:
    written = json.dumps(a_trade("币安人生USDT"), ensure_ascii=False)
    escaped = json.dumps(a_trade("币安人生USDT"), ensure_ascii=True)
    trades = Reading().receive(written, escaped).heard.trades
    assert [trade.symbol for trade in trades] == ["币安人生USDT", "币安人生USDT"]


def test_times_in_microseconds_become_milliseconds() -> None:
    heard = (
        Reading()
        .receive(
            a_trade(T=AT * 1000 + 7, E=(AT + 3) * 1000),
            a_kline(AT * 1000, t=1_723_161_240_000_000, T=1_723_161_299_999_999),
            in_stream("btcusdt@miniTicker", **{**A_DAY["data"], "E": AT * 1000}),
        )
        .heard
    )
    assert (heard.trades[0].at, heard.trades[0].sent_at) == (AT, AT + 3)
    candle, sent_at = heard.candles[0]
    assert (candle.open_time, sent_at) == (1_723_161_240_000, AT)
    assert heard.days[0].sent_at == AT


def test_fields_of_next_year_and_another_order_of_fields_are_no_trouble() -> None:
    trade = a_trade(newField={"a": [1]})
    turned = {"data": dict(reversed(trade["data"].items())), "stream": trade["stream"]}
    reading = Reading().receive(trade, turned)
    assert len(reading.heard.trades) == 2
    assert reading.counters["malformed"] == 0


MALFORMED = {
    "cut off": '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTC',
    "no price": a_trade(p=None),
    "price zero": a_trade(p="0.00000000"),
    "negative price": a_trade(p="-1"),
    "price not a number": a_trade(p="NaN"),
    "price without end": a_trade(p="Infinity"),
    "huge price": a_trade(p="1e30"),
    "negative quantity": a_trade(q="-0.1"),
    "id is text": a_trade(a="x"),
    "not UTF-8": json.dumps(a_trade("XX")).encode().replace(b"XX", b"\xff\xfe"),
    "not JSON": "<html>502 Bad Gateway</html>",
    "ends with the @": '{"stream":"btcusdt@',
    "nothing at all": "",
    "an array": "[1,2,3]",
    "nested without end": "[" * 100_000,
    "answer nested without end": '{"result":' * 100_000,
    "high below close": a_kline(h="101.0"),
    "low above open": a_kline(l="100.5"),
    "candle without a close": a_kline(c=None),
    "event of no channel of ours": in_stream(
        "btcusdt@avgPrice", e="avgPrice", E=1, s="BTCUSDT", i="5m", w="1", T=1
    ),
    "another such": in_stream("btcusdt@depth@100ms", e="depthUpdate", E=1, s="BTCUSDT", U=1, u=2, b=[], a=[]),
    "all tickers": {"stream": "!miniTicker@arr", "data": [A_DAY["data"]]},
}


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_is_counted_kept_and_skipped(message: str | bytes | dict[str, Any]) -> None:
    reading = Reading()
    # What is no event at all goes to who knows answers; as the connection does, it does not know these.
    reading.reader._on_other = lambda payload: False
    reading.receive(a_trade(a=1), message, a_trade(a=2))
    assert [trade.id for trade in reading.heard.trades] == [1, 2]
    assert reading.heard.candles == []
    assert reading.counters["malformed"] == 1
    assert reading.counters["listener errors"] == 0
    [text] = reading.malformed.newest
    assert len(text) <= 300


def test_what_is_no_event_goes_to_who_waits_for_answers() -> None:
    answer = '{"result":null,"id":1}'
    refusal = '{"error":{"code":2,"msg":"Invalid request: btcusdt@aggTrade is not allowed"},"id":2}'
    shutdown = '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}'
    reading = Reading()
    reading.reader._on_other = lambda payload: reading.others.append(payload) or True  # type: ignore[func-returns-value]
    reading.receive(answer, refusal, shutdown)
    assert [each.decode() for each in reading.others] == [answer, refusal, shutdown]
    assert reading.counters["malformed"] == 0


class Failing(Heard):
    """A listener in trouble: what it raises must not be taken for a malformed message."""

    def on_trade(self, trade: TradeEvent) -> None:
        raise IndexError("no such row")

    def on_book(self, book: BookEvent) -> None:
        raise ZeroDivisionError

    def on_day(self, day: DayEvent) -> None:
        raise KeyError(day.symbol)

    def on_candle(self, candle: CandleEvent, sent_at: int) -> None:
        raise ValueError(sent_at)


def test_an_error_of_the_listener_is_counted_apart_and_the_stream_goes_on() -> None:
    reading = Reading(Failing()).receive(a_trade(), A_BOOK, A_DAY, a_kline())
    assert reading.counters["listener errors"] == 4
    assert reading.counters["malformed"] == 0
    assert reading.reader.messages == 4


def captured(shared: Path) -> tuple[list[bytes], dict[str, Any]]:
    """Real messages, in order, and what is known of them."""
    stem = shared / "data" / "ws" / "binance-spot-BTCUSDT-20240808"
    with lzma.open(f"{stem}.jsonl.xz") as lines:
        messages = [line.split(b" ", 1)[1].strip() for line in lines]
    return messages, json.loads(Path(f"{stem}.expected.json").read_text())


def test_real_books_of_six_minutes_arrive_whole(shared: Path) -> None:
    messages, expected = captured(shared)
    reading = Reading()
    reading.reader._on_other = lambda payload: b'"stream"' not in payload[:12]
    reading.receive(*messages)
    books, last = reading.heard.books, expected["last_bookTicker"]
    assert len(books) == expected["messages"]["bookTicker"]
    assert all(a.update_id < b.update_id for a, b in itertools.pairwise(books))
    assert all(0 < book.bid < book.ask for book in books)
    assert (books[-1].update_id, books[-1].bid, books[-1].ask) == (
        last["u"],
        float(last["b"]),
        float(last["a"]),
    )
    others = (
        expected["lines"] - expected["messages"]["bookTicker"] - expected["messages"]["rest_depth_snapshot"]
    )
    assert reading.counters["malformed"] == others  # streams that we never ask for
    assert reading.reader.messages == expected["lines"]


def test_real_trades_arrive_with_the_volume_they_had(shared: Path) -> None:
    """The capture holds single trades; each is what an aggregate of one trade would be."""
    messages, expected = captured(shared)
    reading = Reading()
    for message in messages:
        if b'@trade"' in message[:40]:
            whole = json.loads(message)
            whole["stream"] = whole["stream"].replace("@trade", "@aggTrade")
            data = whole["data"]
            data.update(a=data["t"], f=data["t"], l=data["t"])
            reading.receive(whole)
    trades = reading.heard.trades
    assert [trade.id for trade in trades] == list(
        range(expected["first_trade_id"], expected["last_trade_id"] + 1)
    )
    assert sum(trade.quantity for trade in trades) == pytest.approx(expected["trade_volume"])
    assert reading.counters["malformed"] == 0
