"""The events of @depth: what happened to a book since the last one, so that a local copy stays true."""

from __future__ import annotations

from typing import NamedTuple

from thebot.exchange.sandbox import book
from thebot.exchange.sandbox.market import Market


class Difference(NamedTuple):
    """Update ids from `first` to `last`; levels are price (ticks) and quantity (steps), 0 if it left."""

    first: int
    last: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


class Differences:
    """Of one market, for one stream."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._update = market.aggregate
        self._shown = {market.last: book.book(market.last)}

    def show(self) -> None:
        """Somebody takes a snapshot now. What is in it and goes before the next event must be told of too."""
        last = self._market.last
        if last not in self._shown:
            self._shown[last] = book.book(last)

    def next(self) -> Difference | None:
        """What has changed since the last call; None if nothing was traded."""
        market = self._market
        if market.aggregate == self._update:
            return None
        new, states = book.book(market.last), self._shown.values()
        found = Difference(
            self._update + 1,
            market.aggregate,
            book.changes((state.bids for state in states), new.bids),
            book.changes((state.asks for state in states), new.asks),
        )
        self._update, self._shown = market.aggregate, {market.last: new}
        return found
