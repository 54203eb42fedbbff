"""Binance's messages as typed records, decoded in one pass: numbers that come as text become floats there.

The records carry our names and have the wire's letters as field names of the decoder, so that they are
the events of `exchange.ports` as they stand. Unknown fields are ignored: the exchange may add some any day.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta, Raw, Struct, field
from msgspec.json import Decoder

MICROSECONDS_FROM: Final = 100_000_000_000_000  # a time this large is in microseconds

Price = Annotated[float, Meta(gt=0, lt=1e18)]
Amount = Annotated[float, Meta(ge=0, lt=1e30)]


class AggTrade(Struct, gc=False):
    """`@aggTrade`: the trades of one taker order at one price."""

    symbol: str = field(name="s")
    id: int = field(name="a")
    price: Price = field(name="p")
    quantity: Amount = field(name="q")
    first_id: int = field(name="f")
    last_id: int = field(name="l")
    at: int = field(name="T")
    sent_at: int = field(name="E")
    buyer_is_maker: bool = field(name="m")


class Kline(Struct, gc=False):
    """The inside of `@kline_<timeframe>`."""

    symbol: str = field(name="s")
    timeframe: str = field(name="i")
    open_time: int = field(name="t")
    open: Price = field(name="o")
    high: Price = field(name="h")
    low: Price = field(name="l")
    close: Price = field(name="c")
    volume: Amount = field(name="v")
    quote_volume: Amount = field(name="q")
    taker_buy_volume: Amount = field(name="V")
    trades: int = field(name="n")
    last_trade_id: int = field(name="L")
    closed: bool = field(name="x")


class KlineEvent(Struct, gc=False):
    sent_at: int = field(name="E")
    candle: Kline = field(name="k")


class BookTicker(Struct, gc=False):
    """`@bookTicker`; an empty side has price 0."""

    symbol: str = field(name="s")
    update_id: int = field(name="u")
    bid: Amount = field(name="b")
    bid_quantity: Amount = field(name="B")
    ask: Amount = field(name="a")
    ask_quantity: Amount = field(name="A")


class MiniTicker(Struct, gc=False):
    """`@miniTicker`."""

    symbol: str = field(name="s")
    price: Amount = field(name="c")
    open: Amount = field(name="o")
    high: Amount = field(name="h")
    low: Amount = field(name="l")
    volume: Amount = field(name="v")
    quote_volume: Amount = field(name="q")
    sent_at: int = field(name="E")


class DayTicker(Struct, gc=False):
    """GET ticker/24hr, as far as both its forms (FULL and MINI) go."""

    symbol: str
    price: Amount = field(name="lastPrice")
    open: Amount = field(name="openPrice")
    high: Amount = field(name="highPrice")
    low: Amount = field(name="lowPrice")
    volume: Amount
    quote_volume: Amount = field(name="quoteVolume")
    sent_at: int = field(name="closeTime")


class KlineRow(Struct, array_like=True, gc=False):
    """A row of GET klines; what comes after is ignored."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    close_time: int
    quote_volume: Amount
    trades: int
    taker_buy_volume: Amount


class DepthAnswer(Struct, gc=False):
    update_id: int = field(name="lastUpdateId")
    bids: list[tuple[Price, Amount]]
    asks: list[tuple[Price, Amount]]


class TimeAnswer(Struct, gc=False):
    server_time: int = field(name="serverTime")


class RateLimit(Struct, gc=False):
    kind: str = field(name="rateLimitType")
    interval: str
    count: int = field(name="intervalNum")
    limit: int


class Filter(Struct, gc=False):
    """Of the many filters, the fields that an Instrument is made of. Text: they become exact decimals."""

    kind: str = field(name="filterType")
    tick: str | None = field(name="tickSize", default=None)
    step: str | None = field(name="stepSize", default=None)
    min_quantity: str | None = field(name="minQty", default=None)
    max_quantity: str | None = field(name="maxQty", default=None)
    min_value: str | None = field(name="minNotional", default=None)


class SymbolInfo(Struct):
    symbol: str
    status: str
    base: str = field(name="baseAsset")
    quote: str = field(name="quoteAsset")
    filters: list[Filter]
    spot: bool = field(name="isSpotTradingAllowed", default=True)


class ExchangeInfo(Struct):
    server_time: int = field(name="serverTime")
    rate_limits: list[RateLimit] = field(name="rateLimits")
    symbols: list[
        Raw
    ]  # each a SymbolInfo; decoded one by one, so that an odd one does not cost us the others


class Refusal(Struct, gc=False):
    """The body of an error answer, and the inside of a refused control message."""

    code: int
    msg: str = ""


class ControlAnswer(Struct):
    """What a SUBSCRIBE or UNSUBSCRIBE is answered with."""

    id: int | str | None = None
    result: Any = None
    error: Refusal | None = None
    code: int | None = None
    msg: str = ""

    @property
    def refusal(self) -> Refusal | None:
        return self.error or (None if self.code is None else Refusal(self.code, self.msg))


class CombinedTrade(Struct, gc=False):
    data: AggTrade


class CombinedKline(Struct, gc=False):
    data: KlineEvent


class CombinedBook(Struct, gc=False):
    data: BookTicker


class CombinedDay(Struct, gc=False):
    data: MiniTicker


# Not strict: the exchange writes prices as text, and the decoder makes floats of them as it reads.
decode_trade: Final = Decoder(CombinedTrade, strict=False).decode
decode_kline: Final = Decoder(CombinedKline, strict=False).decode
decode_book: Final = Decoder(CombinedBook, strict=False).decode
decode_day: Final = Decoder(CombinedDay, strict=False).decode
decode_symbol: Final = Decoder(SymbolInfo).decode


def milliseconds(time: int) -> int:
    """A time of the exchange in ms, which may have come in microseconds."""
    return time // 1000 if time > MICROSECONDS_FROM else time
