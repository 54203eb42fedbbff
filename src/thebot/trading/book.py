"""The open orders of one symbol, as the paper exchange keeps them. Prices and quantities in counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from thebot.market import Symbol
from thebot.trading.counting import Counting
from thebot.trading.orders import Order

nan: Final = float("nan")


class Bar(NamedTuple):
    """A candle in counts: prices in ticks and volume in steps where there is an instrument."""

    opened_at: int  # ms UTC
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(slots=True, eq=False)
class Resting:
    """An order in the book, and what became of it so far."""

    order: Order
    price: float = nan  # nan for market orders
    left: float = nan  # quantity; nan until that of an amount is settled
    waits: int | None = None  # for so many candles more; None: for as long as it takes
    seen: bool = False  # an open has passed since it was placed
    settled: bool = False  # how much it comes to is known, and was looked at by the filters
    done: bool = False  # has had its share of this candle's volume


@dataclass(slots=True, eq=False)
class Book:
    """Each kind in the order in which they were placed."""

    symbol: Symbol
    counting: Counting
    leaving: list[Resting] = field(default_factory=list)  # market orders that close, and triggered stops
    entering: list[Resting] = field(default_factory=list)  # market orders that open
    limits: list[Resting] = field(default_factory=list)  # limit orders that open
    targets: list[Resting] = field(default_factory=list)  # limit orders that close
    stops: list[Resting] = field(default_factory=list)
    inner: float = nan  # the price of a limit order that opened something within the candle in hand,
    direction: int = 1  # and its direction
    doubtful: bool = False  # what is held was, or was not, left where two of its orders lay in one candle

    def place(self, order: Order) -> Resting:
        counting = self.counting
        resting = Resting(
            order,
            price=nan if order.price is None else counting.count_of(order.price),
            left=nan if order.quantity is None else counting.quantity_count(order.quantity),
            waits=order.candles,
        )
        self.queue(order).append(resting)
        return resting

    def queue(self, order: Order) -> list[Resting]:
        """Where it stands."""
        if order.kind == "stop":
            return self.stops
        if order.kind == "market":
            return self.leaving if order.closes else self.entering
        return self.targets if order.closes else self.limits

    def all(self) -> list[Resting]:
        return [*self.leaving, *self.entering, *self.limits, *self.targets, *self.stops]

    def remove(self, resting: Resting) -> None:
        for queue in (self.leaving, self.entering, self.limits, self.targets, self.stops):
            if resting in queue:
                queue.remove(resting)

    def __contains__(self, resting: object) -> bool:
        return resting in self.all()

    @property
    def empty(self) -> bool:
        return not (self.leaving or self.entering or self.limits or self.targets or self.stops)
