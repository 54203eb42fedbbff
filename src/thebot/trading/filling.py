"""What the paper exchange's fills come to: prices, quantities and fees, by `rules.py` and the costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from thebot.trading import rules
from thebot.trading.book import Bar, Book, Resting
from thebot.trading.costs import Costs
from thebot.trading.counting import EXACT, exact
from thebot.trading.events import Ending, OrderFilled
from thebot.trading.ledger import Ledger

nan: Final = float("nan")
inf: Final = float("inf")

NO_MONEY: Final = "there was no money left for it"
Part = tuple[float, float, float]
"""A fill's price, the quantity wanted in all, and what of it is filled now; in counts."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order is not taken: by the exchange's filters, or because its bracket cannot be had."""

    text: str
    by_filters: bool


class Filling:
    """The costs of one account's fills. `ledger` says what is free and what is held."""

    def __init__(self, ledger: Ledger, costs: Costs) -> None:
        self._ledger, self._costs = ledger, costs
        self._maker_rate = costs.fee if costs.maker_fee is None else costs.maker_fee
        self._taker, self._maker = exact(costs.fee), exact(self._maker_rate)
        self._participation = inf if costs.participation is None else costs.participation

    def held(self, book: Book) -> float:
        position = self._ledger.positions.get(book.symbol)
        return 0.0 if position is None else book.counting.quantity_count(position.quantity)

    def available(self, book: Book, quantity: float, bar: Bar) -> float:
        return rules.available(quantity, bar.volume, self._participation, book.counting.whole)

    def at_market(self, book: Book, resting: Resting, bar: Bar) -> Part:
        """Of an order that opens, at a candle's open; a limit order is not filled worse than its price."""
        order, counting, costs = resting.order, book.counting, self._costs
        if order.amount is None or resting.settled:
            price, wanted, filled = self._later_at_market(book, resting, bar)
        else:
            price, wanted, filled = rules.market_entry(
                bar.open,
                order.direction,
                costs.share,
                counting.distance(costs.fixed),
                costs.range_share * (bar.high - bar.low),
                costs.impact,
                counting.money(float(order.amount)),
                self._free(book),
                costs.fee,
                bar.volume,
                self._participation,
                counting.whole,
            )
        if (price - resting.price) * order.direction > 0:
            price = resting.price
        return price, wanted, filled

    def at_limit(self, book: Book, resting: Resting, bar: Bar) -> Part:
        """Of a limit order that opens and was traded through."""
        amount, counting = resting.order.amount, book.counting
        free, price = self._free(book), resting.price
        if amount is None or resting.settled:
            least = min(resting.left, rules.quantity_for(inf, free, price, self._maker_rate, counting.whole))
            wanted = resting.left if resting.settled else least
        else:
            money = counting.money(float(amount))
            wanted = least = rules.quantity_for(money, free, price, self._maker_rate, counting.whole)
        return price, wanted, self.available(book, least, bar)

    def _later_at_market(self, book: Book, resting: Resting, bar: Bar) -> Part:
        """Of an order whose quantity is given, or was settled before."""
        whole, fee = book.counting.whole, self._costs.fee
        order, free = resting.order, self._free(book)
        price = self.market_price(book, order.direction, bar, bar.open, 0.0)
        if resting.order.kind == "limit":
            price = resting.price
        wanted = min(resting.left, rules.quantity_for(inf, free, price, fee, whole))
        filled = self.available(book, wanted, bar)
        if self._costs.impact > 0.0 and filled > 0.0 and resting.order.kind != "limit":
            price = self.market_price(book, order.direction, bar, bar.open, filled)
            filled = min(filled, rules.quantity_for(inf, free, price, fee, whole))
        return price, resting.left if resting.settled else wanted, filled

    def market_price(self, book: Book, direction: int, bar: Bar, due: float, quantity: float) -> float:
        """What a market order for so much fills at in that candle, where `due` stood."""
        costs, counting = self._costs, book.counting
        from_volume = costs.impact * rules.taken(quantity, bar.volume) if costs.impact > 0.0 else 0.0
        return rules.slipped(
            due, direction, costs.share, counting.distance(costs.fixed),
            costs.range_share * (bar.high - bar.low), from_volume, counting.whole,
        )  # fmt: skip

    def refusal(self, book: Book, resting: Resting, price: float, quantity: float) -> Refusal | None:
        """Why an order that opens is not taken, or None if it is: its bracket, its size.

        The bracket has to do until something is held, the size is looked at once.
        """
        order, counting = resting.order, book.counting
        if order.bracket is not None and order.symbol not in self._ledger.positions:
            why = order.bracket.impossible(price, order.direction, counting)
            if why is not None:
                return Refusal(why, by_filters=False)
        why = None
        if not resting.settled:
            if counting.instrument is not None:
                why = counting.instrument.refusal(
                    price=counting.price(price), quantity=counting.quantity(quantity)
                )
            elif not quantity > 0:
                why = NO_MONEY
        return None if why is None else Refusal(why, by_filters=True)

    def filled(
        self,
        book: Book,
        resting: Resting,
        bar: Bar,
        price: float,
        quantity: float,
        *,
        due: float = nan,
        at: int | None = None,
        inside: bool = False,
        because: Ending | None = None,
    ) -> OrderFilled:
        """The event of a fill. `due` is where the price stood for a taker; nan for an order that rested."""
        order, counting = resting.order, book.counting
        at = bar.opened_at if at is None else at
        exact_price, exact_quantity = counting.price(price), counting.quantity(quantity)
        position = self._ledger.positions.get(book.symbol)
        borrowed, doubtful = Decimal(0), order.closes and book.doubtful
        if order.closes and position is not None:
            if not _more(self.held(book), quantity):
                exact_quantity, book.doubtful = position.quantity, False
            if position.direction < 0:
                value = float(position.entry_price * exact_quantity)
                borrowed = exact(rules.borrowed(value, self._costs.borrow, at - position.entered_at))
        taker = due == due
        against = nan
        if order.closes and not taker:
            against = float(counting.stood(bar.low if order.direction < 0 else bar.high))
        return OrderFilled(
            order_id=order.id,
            symbol=book.symbol,
            direction=order.direction,
            price=exact_price,
            quantity=exact_quantity,
            fee=EXACT.multiply(
                EXACT.multiply(exact_price, exact_quantity), self._taker if taker else self._maker
            ),
            fee_asset=self._ledger.quote,
            at=at,
            due=counting.stood(due) if taker else None,
            complete=not resting.left > 0,
            borrowed=borrowed,
            doubtful=doubtful,
            inside=inside,
            against=against,
            because=because,
        )

    def _free(self, book: Book) -> float:
        return book.counting.money(float(self._ledger.free))


def rest(wanted: float, quantity: float) -> float:
    """What is left of an order after a fill; nothing where only the rounding of sums of floats is."""
    return wanted - quantity if _more(wanted, quantity) else 0.0


def _more(wanted: float, quantity: float) -> bool:
    return wanted - quantity > 1e-12 * wanted
