"""The single events of a market: a trade, a quote, the top of the book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Symbol: TypeAlias = str  # as the exchange writes it: "BTCUSDT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A trade, or several of one taker order at one price (an aggregate trade of the exchange)."""

    symbol: Symbol
    id: int
    price: float  # quote currency for one unit of base
    quantity: float  # base currency
    at: int  # ms UTC
    buyer_is_maker: bool  # True: the taker sold
    first_id: int = -1  # of the single trades in it; -1 where unknown
    last_id: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """At what price one could sell (`bid`) and buy (`ask`) at the instant `at` (ms UTC)."""

    symbol: Symbol
    bid: float
    ask: float
    at: int

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTop:
    """Best bid and ask with the quantities offered there (base currency)."""

    symbol: Symbol
    update_id: int
    bid: float
    bid_quantity: float
    ask: float
    ask_quantity: float
    heard_at: int  # ms UTC by our clock: the exchange's message carries no time

    @property
    def quote(self) -> Quote:
        return Quote(symbol=self.symbol, bid=self.bid, ask=self.ask, at=self.heard_at)
