"""What the rest of the house asks of an exchange: market data now, orders in a later port.

A `MarketSource` answers questions (history, instruments, statistics) and opens a `MarketStream`, which
calls a `StreamListener` with each event. Events are read-only views: they are made on the path from the
wire to the screen, so they are the exchange's own decoded messages under our names, not copies. Whoever
keeps one longer than the call copies what it needs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from thebot.exchange.clock import ExchangeClock
from thebot.market import Candles, FloatArray, Instrument, Symbol, Timeframe

ChannelKind = Literal["trades", "candles", "book", "day"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One thing that can be listened to: the trades, candles, book top or 24-hour figures of a symbol."""

    kind: ChannelKind
    symbol: Symbol
    timeframe: Timeframe | None = None  # of candles only


class TradeEvent(Protocol):
    """A trade, or several of one taker order at one price."""

    @property
    def symbol(self) -> Symbol: ...
    @property
    def id(self) -> int: ...
    @property
    def price(self) -> float: ...
    @property
    def quantity(self) -> float: ...
    @property
    def first_id(self) -> int: ...
    @property
    def last_id(self) -> int: ...
    @property
    def at(self) -> int: ...  # ms UTC by the exchange's clock
    @property
    def sent_at(self) -> int: ...  # ms UTC by the exchange's clock
    @property
    def buyer_is_maker(self) -> bool: ...


class CandleEvent(Protocol):
    """A candle as it stands; `closed` is the exchange's word that it has ended."""

    @property
    def symbol(self) -> Symbol: ...
    @property
    def timeframe(self) -> str: ...
    @property
    def open_time(self) -> int: ...  # ms UTC
    @property
    def open(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def close(self) -> float: ...
    @property
    def volume(self) -> float: ...
    @property
    def quote_volume(self) -> float: ...
    @property
    def trades(self) -> int: ...
    @property
    def taker_buy_volume(self) -> float: ...
    @property
    def last_trade_id(self) -> int: ...  # -1 if it holds no trade
    @property
    def closed(self) -> bool: ...


class BookEvent(Protocol):
    """The best bid and ask. Carries no time; `update_id` only rises."""

    @property
    def symbol(self) -> Symbol: ...
    @property
    def update_id(self) -> int: ...
    @property
    def bid(self) -> float: ...
    @property
    def bid_quantity(self) -> float: ...
    @property
    def ask(self) -> float: ...
    @property
    def ask_quantity(self) -> float: ...


class DayEvent(Protocol):
    """Figures of the last 24 hours, rolling."""

    @property
    def symbol(self) -> Symbol: ...
    @property
    def price(self) -> float: ...
    @property
    def open(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def volume(self) -> float: ...  # base currency
    @property
    def quote_volume(self) -> float: ...
    @property
    def sent_at(self) -> int: ...  # ms UTC by the exchange's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The order book around the price, best first: prices and quantities of shape (levels,)."""

    symbol: Symbol
    update_id: int
    bid: FloatArray
    bid_quantity: FloatArray
    ask: FloatArray
    ask_quantity: FloatArray


class StreamListener(Protocol):
    """Called in the order of arrival, from the event loop; must return at once."""

    def on_trade(self, trade: TradeEvent) -> None: ...
    def on_candle(self, candle: CandleEvent, sent_at: int) -> None: ...
    def on_book(self, book: BookEvent) -> None: ...
    def on_day(self, day: DayEvent) -> None: ...
    def on_up(self, channels: Collection[Channel]) -> None:
        """The exchange has confirmed these: what it sends from now on is heard."""

    def on_down(self, channels: Collection[Channel], why: str) -> None:
        """Nothing is heard on these until the next `on_up`; it is being worked on."""


class MarketStream(Protocol):
    """Connections that are kept up until `close`; wishes take effect as the exchange's limits allow."""

    def subscribe(self, channels: Collection[Channel]) -> None: ...
    def unsubscribe(self, channels: Collection[Channel]) -> None: ...
    def health(self) -> dict[str, Any]: ...
    async def close(self) -> None: ...


class MarketSource(Protocol):
    """Market data of one exchange. Raises ExchangeError (and its kinds) where it cannot answer."""

    @property
    def name(self) -> str: ...
    @property
    def clock(self) -> ExchangeClock: ...
    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know about where the data comes from, newest last."""
        ...

    async def instruments(self) -> Mapping[Symbol, Instrument]: ...
    async def days(self, symbols: Sequence[Symbol] | None = None) -> Sequence[DayEvent]:
        """24-hour figures of these symbols, or of all."""
        ...

    async def candles(
        self,
        symbol: Symbol,
        timeframe: Timeframe,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> Candles:
        """Closed candles with start <= open time < end (ms UTC), oldest first, read page by page.

        With `start` the oldest from there on (all of them if there is no limit), else the newest
        `limit` (1,000) before `end`. A candle counts as closed when the exchange's clock has passed its
        close time; the one in progress is never among them.
        """
        ...

    async def depth(self, symbol: Symbol, levels: int = 100) -> Depth: ...
    async def time(self) -> int:
        """The exchange's clock, ms UTC; also corrects `clock`."""
        ...

    def stream(self, listener: StreamListener) -> MarketStream: ...
    def health(self) -> dict[str, Any]: ...
    async def close(self) -> None: ...
