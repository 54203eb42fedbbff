from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

import pytest

from thebot.errors import BadSetting
from thebot.market import Instrument
from thebot.trading.book import Bar
from thebot.trading.bracket import DISTANCE, Bracket, Level
from thebot.trading.costs import FREE, Costs
from thebot.trading.counting import Counting
from thebot.trading.events import OrderFilled, OrderGone, OrderRefused, StopTriggered
from thebot.trading.ledger import Ledger
from thebot.trading.matching import Happened, Matching
from thebot.trading.orders import Order

BTC = Instrument(
    symbol="BTCUSDT", base="BTC", quote="USDT", tick=Decimal("0.5"), step=Decimal("0.01"),
    min_value=Decimal(50),
)  # fmt: skip
HOUR = 3_600_000


class Exchange:
    """A paper exchange of one symbol whose fills are booked at once, as a trader would."""

    def __init__(
        self,
        costs: Costs = FREE,
        *,
        cash: int = 1000,
        instrument: Instrument | None = None,
        target_first: bool = False,
    ) -> None:
        self.counting = Counting.of(instrument)
        self.ledger = Ledger(Decimal(cash))
        self.matching = Matching(self.ledger, costs, {"BTCUSDT": self.counting}, target_first=target_first)
        self.hour = 0

    def order(self, side: Literal["buy", "sell"], kind: str = "market", **given: Any) -> str:
        numbers = {
            name: Decimal(str(given.pop(name))) for name in ("amount", "quantity", "price") if name in given
        }
        order = Order(
            id=given.pop("id", f"{side} {kind}"), symbol="BTCUSDT", direction=1 if side == "buy" else -1,
            kind=kind, closes=given.pop("closes", side == "sell"), **numbers, **given,
        )  # fmt: skip
        self.matching.place(order)
        return order.id

    def booked(self, events: Iterable[Happened]) -> list[Happened]:
        told = []
        for event in events:
            if isinstance(event, OrderFilled):
                self.ledger.apply(event)
            told.append(event)
        return told

    def opened(self, bar: Bar) -> list[Happened]:
        self.hour += 1
        told = self.booked(self.matching.exits("BTCUSDT", bar))
        return told + self.booked(self.matching.entries({"BTCUSDT": bar}))

    def match(
        self, open: float, high: float, low: float, close: float, volume: float = 100, detail: Any = ()
    ) -> list[Happened]:
        """Everything that happens in one candle; prices are multiples of the tick if there is one."""
        counting = self.counting

        def bar(*numbers: float) -> Bar:
            prices = [counting.count(price) for price in numbers[:4]]
            steps = numbers[4] * counting.step_under / counting.step_over
            return Bar(self.hour * HOUR, *prices, steps)

        whole = bar(open, high, low, close, volume)
        smaller = [bar(*each, volume) for each in detail]
        told = self.opened(whole)
        told += self.booked(self.matching.within("BTCUSDT", whole, smaller))
        return told + self.booked(self.matching.closed("BTCUSDT", self.hour * HOUR))


def fills(events: list[Happened]) -> list[tuple[str, float, float]]:
    return [
        (each.order_id, float(each.price), float(each.quantity))
        for each in events
        if isinstance(each, OrderFilled)
    ]


def holding(quantity: float = 1, at: float = 100, **options: Any) -> Exchange:
    """An exchange on which so much was bought an hour ago."""
    exchange = Exchange(**options)
    exchange.order("buy", quantity=quantity)
    exchange.match(at, at, at, at)
    return exchange


def test_a_market_order_for_an_amount_fills_at_the_next_open_worse_by_the_costs() -> None:
    exchange = Exchange(Costs(fee=0.001, slippage=0.01, spread=0.02))
    exchange.order("buy", amount=2000)
    (event,) = exchange.match(100, 105, 99, 101)
    assert isinstance(event, OrderFilled)
    assert event.price == 102  # 1 % of slippage and half of 2 %
    assert float(event.quantity) == pytest.approx(1000 / (102 * 1.001))  # cut to the money that is free
    assert (event.due, event.complete, event.inside) == (100, True, False)
    assert exchange.ledger.cash == pytest.approx(Decimal(0), abs=Decimal("1e-10"))


def test_fixed_costs_a_share_of_the_range_and_the_impact_add_up() -> None:
    exchange = Exchange(Costs(fee=0, slippage=0, fixed=0.5, range_share=0.1, impact=0.2))
    exchange.order("buy", quantity=5)
    # 0.5, a tenth of 110 - 90, and a fifth of the twentieth of the volume that it takes, of 100
    assert fills(exchange.match(100, 110, 90, 100)) == [("buy market", 103.5, 5)]


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    exchange = holding()
    exchange.order("sell", "stop", price=95, quantity=1)
    assert fills(exchange.match(90, 92, 88, 91)) == [("sell stop", 90, 1)]


def test_a_stop_is_reached_by_touching_a_target_by_passing() -> None:
    exchange = holding()
    exchange.order("sell", "stop", price=95, quantity=1)
    exchange.order("sell", "target", price=110, quantity=1)
    assert fills(exchange.match(100, 110, 95.5, 105)) == []
    assert fills(exchange.match(105, 110.5, 96, 105)) == [("sell target", 110, 1)]
    assert exchange.matching.idle("BTCUSDT")  # the stop went with it


def test_a_stop_fills_worse_as_a_taker_and_a_target_at_its_price_as_a_maker() -> None:
    costs = Costs(fee=0.01, maker_fee=0.001, slippage=0.02)
    for kind, price, value, fee in (("stop", 50, 49, 0.49), ("target", 150, 150, 0.15)):
        exchange = holding(costs=costs)
        exchange.order("sell", kind, price=price, quantity=1)
        (event,) = exchange.match(100, 151, 50, 100)
        assert isinstance(event, OrderFilled)
        assert (float(event.price), float(event.fee)) == pytest.approx((value, fee))
        assert event.inside


def both(**options: Any) -> Exchange:
    exchange = holding(**options)
    exchange.order("sell", "stop", price=95, quantity=1)
    exchange.order("sell", "target", price=105, quantity=1)
    return exchange


def test_if_both_lie_within_a_candle_the_stop_came_first_and_it_is_doubtful() -> None:
    (event,) = both().match(100, 106, 94, 100)
    assert isinstance(event, OrderFilled)
    assert (event.order_id, event.price, event.doubtful) == ("sell stop", 95, True)
    (event,) = both(target_first=True).match(100, 106, 94, 100)
    assert isinstance(event, OrderFilled)
    assert (event.order_id, event.price, event.doubtful) == ("sell target", 105, True)


def test_smaller_candles_settle_it_and_doubt_is_left_within_one_of_them_only() -> None:
    up_first = [(100, 106, 99, 104), (104, 105, 94, 100)]
    (event,) = both().match(100, 106, 94, 100, detail=up_first)
    assert isinstance(event, OrderFilled)
    assert (event.order_id, event.doubtful) == ("sell target", False)
    (event,) = both().match(100, 106, 94, 100, detail=[(100, 101, 97, 98), (96, 106, 94, 100)])
    assert isinstance(event, OrderFilled)
    assert (event.order_id, event.doubtful) == ("sell stop", True)
    # a smaller candle that opens below the stop sells there
    (event,) = both().match(100, 106, 94, 100, detail=[(100, 101, 97, 98), (94.5, 106, 94, 100)])
    assert isinstance(event, OrderFilled)
    assert (event.price, event.doubtful) == (Decimal("94.5"), False)


def test_what_the_smaller_candles_do_not_show_counts_as_without_them() -> None:
    (event,) = both().match(100, 101, 94, 100, detail=[(100, 101, 99, 100)])
    assert isinstance(event, OrderFilled)
    assert (event.order_id, event.price) == ("sell stop", 95)


@pytest.mark.parametrize(("opened", "what", "price"), [(94, "sell stop", 94), (107, "sell target", 105)])
def test_where_the_candle_opened_beyond_one_of_them_there_is_no_doubt(
    opened: float, what: str, price: float
) -> None:
    (event,) = both().match(opened, 108, 93, 100)
    assert isinstance(event, OrderFilled)
    assert (event.order_id, event.price, event.doubtful) == (what, price, False)


def test_a_limit_order_fills_only_when_traded_through_as_a_maker_at_its_price() -> None:
    exchange = Exchange(Costs(fee=0.01, maker_fee=0, slippage=0.01))
    exchange.order("buy", "limit", price=95, amount=190, candles=3)
    assert exchange.match(100, 101, 95, 96) == []
    (event,) = exchange.match(96, 97, 94, 96)
    assert isinstance(event, OrderFilled)
    assert (event.price, event.quantity, event.fee, event.due) == (95, 2, 0, None)


def test_a_new_limit_order_that_meets_the_market_is_a_taker_but_never_worse_than_its_limit() -> None:
    costs = Costs(fee=0.01, maker_fee=0, slippage=0.02)
    for opened, price in ((90, 91.8), (94, 95)):
        exchange = Exchange(costs)
        exchange.order("buy", "limit", price=95, amount=100)
        (event,) = exchange.match(opened, 96, 89, 95)
        assert isinstance(event, OrderFilled)
        assert float(event.price) == pytest.approx(price)
        assert event.fee > 0
    # at a later open it rests, and the price passes it on the way
    exchange = Exchange(costs)
    exchange.order("buy", "limit", price=95, amount=100)
    exchange.match(100, 100, 99, 100)
    (event,) = exchange.match(90, 91, 89, 90)
    assert isinstance(event, OrderFilled)
    assert (event.price, event.fee) == (95, 0)


def test_a_limit_order_is_gone_when_its_candles_are_over() -> None:
    exchange = Exchange()
    exchange.order("buy", "limit", price=95, amount=190, candles=2)
    assert exchange.match(100, 101, 99, 100) == []
    (event,) = exchange.match(100, 101, 99, 100)
    assert isinstance(event, OrderGone)
    assert event.reason == "expired"
    assert exchange.match(90, 91, 89, 90) == []


def test_what_the_volume_does_not_give_waits_for_the_next_open() -> None:
    exchange = Exchange(Costs(fee=0, slippage=0, participation=0.1))
    exchange.order("buy", quantity=7)
    (first,) = exchange.match(100, 100, 100, 100, volume=50)
    (second,) = exchange.match(101, 101, 101, 101, volume=50)
    assert isinstance(first, OrderFilled)
    assert isinstance(second, OrderFilled)
    assert (first.quantity, first.complete) == (5, False)
    assert (second.quantity, second.price, second.complete) == (2, 101, True)


def test_a_stop_that_finds_no_buyer_goes_on_at_the_next_opens_without_its_target() -> None:
    exchange = holding(quantity=4, costs=Costs(fee=0, slippage=0, participation=0.1))
    exchange.order("sell", "stop", price=95, quantity=4)
    exchange.order("sell", "target", price=105, quantity=4)
    (event,) = exchange.match(100, 101, 94, 96, volume=0)
    assert isinstance(event, StopTriggered)
    assert fills(exchange.match(90, 110, 89, 100, volume=30)) == [("sell stop", 90, 3)]
    assert fills(exchange.match(91, 91, 91, 91, volume=30)) == [("sell stop", 91, 1)]
    assert exchange.matching.idle("BTCUSDT")


def test_with_an_instrument_prices_are_rounded_against_us_and_quantities_down() -> None:
    exchange = Exchange(Costs(fee=0.001, slippage=0.001), instrument=BTC)
    exchange.order("buy", amount=1000)
    (event,) = exchange.match(100, 101, 99, 100)
    assert isinstance(event, OrderFilled)
    assert (str(event.price), str(event.quantity)) == ("100.5", "9.94")  # 1000 / 100.6005 = 9.9403
    assert event.fee == Decimal("100.5") * Decimal("9.94") * Decimal("0.001")


def test_what_the_filters_refuse_is_told_with_the_reason() -> None:
    exchange = Exchange(cash=49, instrument=BTC)
    exchange.order("buy", amount=49)
    (event,) = exchange.match(100, 101, 99, 100)
    assert isinstance(event, OrderRefused)
    assert event.reason == "order is worth 49 USDT, below the minimum of 50"
    assert event.filters


def test_an_entry_whose_stop_would_be_on_the_wrong_side_is_not_traded() -> None:
    exchange = Exchange()
    exchange.order("buy", amount=100, bracket=Bracket(stop=Level(2, 101.0)))
    (event,) = exchange.match(100, 101, 99, 100)
    assert isinstance(event, OrderRefused)
    assert not event.filters
    assert "not on the losing side" in event.reason
    exchange.order("buy", amount=100, bracket=Bracket(stop=Level(DISTANCE, 5.0)))
    assert fills(exchange.match(100, 101, 99, 100)) == [("buy market", 100, 1)]


@pytest.mark.parametrize(("opened", "price"), [(300, 100), (40, 40)])
def test_a_halt_withdraws_orders_and_leaves_at_the_worse_price(opened: float, price: float) -> None:
    exchange = holding()
    exchange.order("buy", amount=100)
    exchange.order("sell", "stop", price=20, quantity=1)
    bar = Bar(99 * HOUR, opened, opened, opened, opened, 0)
    told = exchange.booked(exchange.matching.halted("BTCUSDT", bar, 100))
    assert [each.reason for each in told if isinstance(each, OrderGone)] == ["halt", "halt"]
    assert fills(told) == [("halt", price, 1)]
    assert exchange.matching.idle("BTCUSDT")


def test_a_short_position_pays_for_borrowing_when_it_is_bought_back() -> None:
    exchange = Exchange(Costs(fee=0, slippage=0, borrow=0.365))
    exchange.order("sell", quantity=2, closes=False)
    exchange.match(100, 100, 100, 100)
    exchange.hour = 24
    exchange.order("buy", quantity=2, closes=True)
    (event,) = exchange.match(100, 100, 100, 100)
    assert isinstance(event, OrderFilled)
    assert float(event.borrowed) == pytest.approx(0.2)  # a thousandth of 200 for the day


def test_limit_orders_to_sell_do_not_sell_what_was_bought_within_the_same_candle() -> None:
    exchange = holding(quantity=1)
    exchange.order("buy", "limit", price=98, quantity=2)
    exchange.order("sell", "limit", price=103, quantity=3)
    told = fills(exchange.match(100, 104, 97, 100))
    assert told == [("buy limit", 98, 2), ("sell limit", 103, 1)]
    assert fills(exchange.match(100, 104, 100, 100)) == [("sell limit", 103, 2)]


def test_a_cancelled_order_is_not_filled_and_cancelling_twice_is_no_fault() -> None:
    exchange = Exchange()
    order_id = exchange.order("buy", amount=100)
    exchange.matching.cancel("BTCUSDT", order_id)
    exchange.matching.cancel("BTCUSDT", order_id)
    assert exchange.match(100, 101, 99, 100) == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "either an amount or a quantity"),
        ({"amount": 1, "quantity": 1}, "either an amount or a quantity"),
        ({"quantity": 0}, "a size of 0 cannot be traded"),
        ({"quantity": 1, "price": 5}, "a market order takes no price"),
        ({"quantity": 1, "kind": "limit"}, "a limit order takes a price"),
        ({"quantity": 1, "kind": "stop", "price": -1}, "a price of -1 cannot be"),
    ],
)
def test_an_order_that_cannot_be_is_refused_when_it_is_made(given: dict[str, Any], why: str) -> None:
    with pytest.raises(BadSetting, match=why):
        Exchange().order("sell", **given)
