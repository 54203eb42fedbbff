"""How messages are written: JSON texts as the exchange writes them, and WebSocket frames.

`unit` is 1 for times in milliseconds and 1000 for microseconds.
"""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

from collections.abc import Sequence

from thebot.exchange.sandbox.bars import Bars
from thebot.exchange.sandbox.forming import Forming
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.listings import Listing

TEXT, CLOSE, PING = 0x1, 0x8, 0x9


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole WebSocket message from the server (unmasked, RFC 6455): the same bytes for every listener."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, length)) + payload
    if length < 65536:
        return bytes((0x80 | opcode, 126)) + length.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + length.to_bytes(8, "big") + payload


def in_stream(name: str, text: str) -> str:
    """The combined form of an event."""
    return f'{{"stream":"{name}","data":{text}}}'


def boolean(truth: object) -> str:
    return "true" if truth else "false"


def aggregate_trade(
    listing: Listing, event: int, number: int, price: int, quantity: int, first: int, last: int, at: int,
    bought: int, unit: int,
) -> str:  # fmt: skip
    return (
        '{"e":"aggTrade","E":%d,"s":"%s","a":%d,"p":"%s","q":"%s","f":%d,"l":%d,"T":%d,"m":%s,"M":true}'
        % (event * unit, listing.symbol, number, listing.price.text(price), listing.quantity.text(quantity),
           first, last, at * unit, "false" if bought else "true")
    )  # fmt: skip


def trade(
    listing: Listing, event: int, number: int, price: int, quantity: int, at: int, bought: int, unit: int
) -> str:
    return '{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%s","q":"%s","T":%d,"m":%s,"M":true}' % (
        event * unit, listing.symbol, number, listing.price.text(price), listing.quantity.text(quantity),
        at * unit, "false" if bought else "true",
    )  # fmt: skip


def book_ticker(listing: Listing, update: int, top: tuple[int, int, int, int]) -> str:
    price, quantity = listing.price.text, listing.quantity.text
    return '{"u":%d,"s":"%s","b":"%s","B":"%s","a":"%s","A":"%s"}' % (
        update, listing.symbol, price(top[0]), quantity(top[1]), price(top[2]), quantity(top[3]),
    )  # fmt: skip


def kline(listing: Listing, event: int, candle: Forming, closed: bool, unit: int) -> str:
    price, quantity, value = listing.price.text, listing.quantity.text, listing.value.text
    return (
        '{"e":"kline","E":%d,"s":"%s","k":{"t":%d,"T":%d,"s":"%s","i":"%s","f":%d,"L":%d,'
        '"o":"%s","c":"%s","h":"%s","l":"%s","v":"%s","n":%d,"x":%s,"q":"%s","V":"%s","Q":"%s","B":"0"}}'
        % (event * unit, listing.symbol, candle.open_time * unit, candle.close_time * unit - 1,
           listing.symbol, candle.interval.name, candle.first, candle.last, price(candle.open),
           price(candle.close), price(candle.high), price(candle.low), quantity(candle.volume),
           candle.trades, boolean(closed), value(candle.value), quantity(candle.bought),
           value(candle.bought_value))
    )  # fmt: skip


def levels(listing: Listing, side: Sequence[tuple[int, int]]) -> str:
    """One side of a book: [["price","quantity"],...]."""
    price, quantity = listing.price.text, listing.quantity.text
    return "[" + ",".join(f'["{price(p)}","{quantity(q)}"]' for p, q in side) + "]"


def klines(listing: Listing, interval: Interval, bars: Bars, unit: int) -> str:
    """The answer of /api/v3/klines."""
    closes = interval.close_times(bars.open_time)
    columns: list[list[int]] = [(bars.open_time * unit).tolist()]
    for column in (bars.open, bars.high, bars.low, bars.close):
        columns += listing.price.columns(column)
    columns += listing.quantity.columns(bars.volume)
    columns.append((closes * unit - 1).tolist())
    columns += listing.value.columns(bars.value)
    columns.append(bars.trades.tolist())
    columns += listing.quantity.columns(bars.bought)
    columns += listing.value.columns(bars.bought_value)
    number = '"%d.%08d"'
    row = f'[%d,{number},{number},{number},{number},{number},%d,{number},%d,{number},{number},"0"]'
    return "[" + ",".join([row % values for values in zip(*columns, strict=True)]) + "]"
