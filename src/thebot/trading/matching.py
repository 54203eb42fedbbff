"""The paper exchange: open orders, filled over candles by the rules of `rules.py`, one after another.

A candle is gone through in three parts, each of which gives its events one by one: `exits` and `entries` at
its open, then `within` it. An event has to be booked in the ledger before the next one is asked for, and the
orders that it gives rise to are placed at once: that is how a stop placed at an entry acts in the same
candle. `closed` ends the candle. Prices are compared as counts (ticks with an instrument), money is Decimal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from thebot.market import Symbol
from thebot.trading import rules
from thebot.trading.book import Bar, Book, Resting
from thebot.trading.costs import Costs
from thebot.trading.counting import Counting
from thebot.trading.events import Ending, Gone, OrderFilled, OrderGone, OrderRefused, StopTriggered
from thebot.trading.filling import Filling, Part, rest
from thebot.trading.ledger import Ledger
from thebot.trading.orders import Order, OrderId

nan: Final = float("nan")
inf: Final = float("inf")

Happened: TypeAlias = OrderFilled | OrderRefused | OrderGone | StopTriggered


class Matching:
    """The open orders of all symbols. `ledger` is the account that they are filled for.

    `target_first` takes the target before the stop where both lie within one candle.
    """

    def __init__(
        self,
        ledger: Ledger,
        costs: Costs,
        countings: Mapping[Symbol, Counting],
        *,
        target_first: bool = False,
    ) -> None:
        self._ledger, self._target_first = ledger, target_first
        self._filling = Filling(ledger, costs)
        self._books = {symbol: Book(symbol, counting) for symbol, counting in countings.items()}
        self._busy: set[Symbol] = set()  # symbols that may have orders
        self._opening: list[Resting] = []  # orders that open something, in the order in which they came

    def place(self, order: Order) -> None:
        resting = self._books[order.symbol].place(order)
        self._busy.add(order.symbol)
        if not order.closes:
            self._opening.append(resting)

    def cancel(self, symbol: Symbol, order_id: OrderId) -> None:
        """Take an order out; one that is not there is no fault."""
        book = self._books[symbol]
        for resting in book.all():
            if resting.order.id == order_id:
                self._remove(book, resting)

    def idle(self, symbol: Symbol) -> bool:
        """Whether it has no order of that symbol."""
        if symbol not in self._busy:
            return True
        if self._books[symbol].empty:
            self._busy.discard(symbol)
        return symbol not in self._busy

    def opening(self, symbol: Symbol) -> int:
        """How many of its orders would open something."""
        return sum(resting.order.symbol == symbol for resting in self._opening)

    def halted(self, symbol: Symbol, bar: Bar, before: float) -> Iterator[Happened]:
        """Trading goes on after a halt: orders are withdrawn, what is held is left at the worse price.

        `before` is the last close before the halt, in counts.
        """
        yield from self.withdrawn(symbol, bar.opened_at, "halt")
        position = self._ledger.positions.get(symbol)
        if position is not None:
            price = min(before, bar.open) if position.direction > 0 else max(before, bar.open)
            yield self.left(symbol, bar, price, bar.opened_at, "halt")

    def withdrawn(self, symbol: Symbol, at: int, reason: Gone = "never filled") -> Iterator[Happened]:
        """All orders of a symbol are taken out."""
        book = self._books[symbol]
        for resting in book.all():
            self._remove(book, resting)
            yield _gone(resting, reason, at)

    def left(self, symbol: Symbol, bar: Bar, price: float, at: int, because: Ending) -> OrderFilled:
        """The fill of all that is held, where `price` stood, whatever the volume."""
        book, position = self._books[symbol], self._ledger.positions[symbol]
        order = Order(
            id=because, symbol=symbol, direction=-1 if position.direction > 0 else 1, kind="market",
            closes=True, quantity=position.quantity,
        )  # fmt: skip
        quantity = self._filling.held(book)
        fill_price = self._filling.market_price(book, order.direction, bar, price, quantity)
        return self._filling.filled(
            book, Resting(order, left=0.0), bar, fill_price, quantity, due=price, at=at, because=because
        )

    def exits(self, symbol: Symbol, bar: Bar) -> Iterator[Happened]:
        """At a candle's open: market orders that close, and what earlier candles left of stops."""
        book = self._books[symbol]
        for resting in tuple(book.leaving):
            yield from self._leave(book, resting, bar, bar.open)

    def entries(self, bars: Mapping[Symbol, Bar]) -> Iterator[Happened]:
        """At the open of the candles of several symbols: market orders that open, in the order in which they
        were placed, and new limit orders that meet the market there.
        """
        for resting in tuple(self._opening):
            order = resting.order
            bar, book = bars.get(order.symbol), self._books[order.symbol]
            if bar is None or resting not in book:
                continue
            position = self._ledger.positions.get(order.symbol)
            if position is not None and position.direction != order.direction:
                self._remove(book, resting)  # the volume did not let the other side out
                yield _gone(resting, "not enough", bar.opened_at)
                continue
            new, resting.seen = not resting.seen, True
            if order.kind == "market" or (new and rules.at_once(order.direction, bar.open, resting.price)):
                part = self._filling.at_market(book, resting, bar)
                yield from self._opened(book, resting, bar, part, due=bar.open)
        for symbol, bar in bars.items():
            book = self._books[symbol]
            for resting in tuple(book.targets):
                new, resting.seen = not resting.seen, True
                at_once = rules.at_once(resting.order.direction, bar.open, resting.price)
                if new and at_once and resting.order.kind == "limit":
                    yield from self._leave(book, resting, bar, bar.open)

    def within(self, symbol: Symbol, bar: Bar, detail: Sequence[Bar] = ()) -> Iterator[Happened]:
        """Within a candle: limit orders that open, then stops and those that close.

        `detail` are the smaller candles in it: they say what came first, and nothing else.
        """
        book = self._books[symbol]
        held, book.inner = self._filling.held(book), nan
        since = self._since(book, bar)
        if not any(_due(stop, bar, since) == since for stop in book.stops):
            for resting in sorted(book.limits, key=_nearest):
                if resting in book.limits and not resting.done and _through(resting, bar):
                    yield from self._limit(book, resting, bar)
            since = self._since(book, bar)
        for small, opened, inner in _walk(book, bar, detail, since):
            hits = [(stop, due) for stop in book.stops if (due := _due(stop, small, opened)) == due]
            through = [
                each
                for each in sorted(book.targets, key=_nearest)
                if not each.done and not (inner and each.order.kind == "target") and _through(each, small)
            ]
            if hits or through:
                yield from self._closings(book, bar, opened, hits, through, held)
                if any(each.order.kind == "target" for each in through):
                    return

    def closed(self, symbol: Symbol, at: int) -> Iterator[Happened]:
        """A candle closed: orders whose time is over are gone."""
        book = self._books[symbol]
        for resting in book.all():
            resting.done = False
            if resting.waits is not None:
                resting.waits -= 1
                if resting.waits <= 0:
                    self._remove(book, resting)
                    yield _gone(resting, "expired", at)

    def _since(self, book: Book, bar: Bar) -> float:
        """Where the candle opened, if what is held was there by then; else nan."""
        position = self._ledger.positions.get(book.symbol)
        return nan if position is None or position.entered_at == bar.opened_at else bar.open

    def _closings(
        self,
        book: Book,
        bar: Bar,
        opened: float,
        hits: Sequence[tuple[Resting, float]],
        through: Sequence[Resting],
        held: float,
    ) -> Iterator[Happened]:
        """Stops and limit orders that close, one of which is reached: the worse for us comes first."""
        jumped = any(due == opened for _, due in hits)
        passed = any(each.order.direction * (each.price - opened) > 0 for each in through)
        doubtful = bool(hits and through) and not jumped and not passed
        book.doubtful = book.doubtful or doubtful
        stops_first = bool(hits) and not (passed and not jumped) and not (doubtful and self._target_first)
        if stops_first:
            yield from self._stops(book, bar, hits)
        for resting in through:
            if resting in book.targets:
                most = inf if resting.order.kind == "target" else held
                before = self._filling.held(book)
                yield from self._target(book, resting, bar, most)
                held -= before - self._filling.held(book)
        if hits and not stops_first and not any(each.order.kind == "target" for each in through):
            yield from self._stops(book, bar, hits)

    def _stops(self, book: Book, bar: Bar, hits: Sequence[tuple[Resting, float]]) -> Iterator[Happened]:
        """Stops are triggered: what they close has no target any more, their rest goes at the next opens."""
        for resting, due in hits:
            if resting not in book.stops:
                continue
            book.stops.remove(resting)
            book.targets[:] = [each for each in book.targets if each.order.kind != "target"]
            book.leaving.append(resting)
            yield from self._leave(book, resting, bar, due, inside=True)

    def _leave(
        self,
        book: Book,
        resting: Resting,
        bar: Bar,
        due: float,
        *,
        inside: bool = False,
    ) -> Iterator[Happened]:
        """An order that closes, at the market; a limit order is not filled worse than its price."""
        order = resting.order
        wanted = min(resting.left, self._filling.held(book))
        if not wanted > 0:
            self._remove(book, resting)
            yield _gone(resting, "not enough", bar.opened_at)
            return
        quantity = self._filling.available(book, wanted, bar)
        resting.left, resting.done = rest(wanted, quantity), True
        if not resting.left > 0:
            self._remove(book, resting)
        if quantity > 0:
            price = self._filling.market_price(book, order.direction, bar, due, quantity)
            if order.kind == "limit" and (price - resting.price) * order.direction > 0:
                price = resting.price
            yield self._filling.filled(book, resting, bar, price, quantity, due=due, inside=inside)
        elif inside:
            yield StopTriggered(
                order_id=order.id, symbol=book.symbol, at=bar.opened_at, due=book.counting.stood(due)
            )

    def _target(self, book: Book, resting: Resting, bar: Bar, most: float) -> Iterator[Happened]:
        """A limit order that closes was traded through: filled at its price, as a maker."""
        wanted = min(resting.left, self._filling.held(book))
        quantity = self._filling.available(book, min(wanted, most), bar)
        resting.left, resting.done = rest(wanted, quantity), True
        if not resting.left > 0:
            self._remove(book, resting)
            if resting.order.kind == "target":
                book.stops.clear()
        if quantity > 0:
            yield self._filling.filled(book, resting, bar, resting.price, quantity, inside=True)

    def _limit(self, book: Book, resting: Resting, bar: Bar) -> Iterator[Happened]:
        """A limit order that opens was traded through."""
        position = self._ledger.positions.get(book.symbol)
        if position is not None and position.direction != resting.order.direction:
            return
        part = self._filling.at_limit(book, resting, bar)
        for event in self._opened(book, resting, bar, part, due=nan):
            if isinstance(event, OrderFilled):
                book.inner, book.direction = resting.price, resting.order.direction
            yield event

    def _opened(
        self, book: Book, resting: Resting, bar: Bar, part: Part, *, due: float
    ) -> Iterator[Happened]:
        """An entry comes to so much: refused, filled, filled in part, or left waiting."""
        price, wanted, quantity = part
        refusal = self._filling.refusal(book, resting, price, wanted)
        if refusal is not None:
            self._remove(book, resting)
            yield OrderRefused(
                order_id=resting.order.id,
                symbol=book.symbol,
                reason=refusal.text,
                at=bar.opened_at,
                filters=refusal.by_filters,
            )
            return
        resting.settled = resting.done = True
        resting.left = rest(wanted, quantity)
        if not resting.left > 0:
            self._remove(book, resting)
        if quantity > 0:
            yield self._filling.filled(book, resting, bar, price, quantity, due=due, inside=due != due)

    def _remove(self, book: Book, resting: Resting) -> None:
        book.remove(resting)
        if resting in self._opening:
            self._opening.remove(resting)


def _due(stop: Resting, bar: Bar, opened: float) -> float:
    """Where a stop is triggered within a candle, or nan; `opened` is nan if it was not there at the open."""
    return rules.stopped(-stop.order.direction, opened, bar.high, bar.low, stop.price)


def _through(resting: Resting, bar: Bar) -> bool:
    return rules.traded_through(resting.order.direction, bar.high, bar.low, resting.price)


def _nearest(resting: Resting) -> float:
    """Orders to buy from the highest down, to sell from the lowest up."""
    return -resting.order.direction * resting.price


def _walk(book: Book, bar: Bar, detail: Sequence[Bar], since: float) -> Iterator[tuple[Bar, float, bool]]:
    """The smaller candles, then the whole one for what they do not hold. With each, where it opened (nan if
    the position was not there yet), and whether the entry was filled within it.

    After an entry within the candle they count from the one that traded through its limit.
    """
    inside = book.inner == book.inner
    begun = not inside
    for number, small in enumerate(detail):
        opened, inner = (small.open if number else since), False
        if not begun:
            if not rules.traded_through(book.direction, small.high, small.low, book.inner):
                continue
            begun = inner = True
            opened = nan
        yield small, opened, inner
    yield bar, since, inside


def _gone(resting: Resting, reason: Gone, at: int) -> OrderGone:
    return OrderGone(order_id=resting.order.id, symbol=resting.order.symbol, reason=reason, at=at)
