from __future__ import annotations

from decimal import Decimal

import pytest
from tests.market.series import MONDAY

from thebot.errors import BadSetting
from thebot.indicators import atr, close
from thebot.market import Candle, Instrument, Timeframe
from thebot.strategy import AtPrice, Decision, Exits, LimitOrder, Percent, Strategy
from thebot.strategy.sizing import EquityFraction, RiskFraction
from thebot.trading.allocation import Account, Allocation
from thebot.trading.counting import Counting
from thebot.trading.events import CandleClosed, CloseComplete, OrderFilled, OrderGone, StopTriggered
from thebot.trading.ledger import Ledger
from thebot.trading.orders import CancelOrder, Command, Order, PlaceOrder, RecordTrade
from thebot.trading.trader import Trader

HOUR = 3_600_000
BUY, SELL = Decision(enter=True), Decision(leave=True)


class Desk:
    """A trader with the hours counted for it. Its fills are what the test says."""

    def __init__(self, strategy: Strategy, *symbols: str, account: Account | None = None) -> None:
        self.ledger = Ledger(Decimal(1000))
        countings = {symbol: Counting() for symbol in symbols or ("BTCUSDT",)}
        self.trader = Trader(strategy, Timeframe("1h"), countings, account or Account(cash=1000), self.ledger)
        self.hour = 0

    def closes(
        self,
        price: float = 100,
        decision: Decision | None = None,
        *,
        symbol: str = "BTCUSDT",
        **prices: float,
    ) -> list[Command]:
        """The next hour of one symbol closes."""
        return self.all_close({symbol: (price, decision)}, **prices)

    def all_close(self, candles: dict[str, tuple[float, Decision | None]], **prices: float) -> list[Command]:
        opened = MONDAY + self.hour * HOUR
        self.hour += 1
        commands: list[Command] = []
        for symbol, (price, decision) in candles.items():
            numbers = {"open": price, "high": price, "low": price, "close": price} | prices
            candle = Candle(symbol=symbol, timeframe=Timeframe("1h"), open_time=opened, volume=1.0, **numbers)
            commands += self.trader.handle(CandleClosed(candle=candle, at=opened + HOUR, decision=decision))
        return commands + self.trader.handle(CloseComplete(at=opened + HOUR))

    def fills(self, order: Order, price: str, quantity: str, *, complete: bool = True) -> list[Command]:
        return self.trader.handle(
            OrderFilled(
                order_id=order.id,
                symbol=order.symbol,
                direction=order.direction,
                price=Decimal(price),
                quantity=Decimal(quantity),
                fee=Decimal(0),
                fee_asset="",
                complete=complete,
                at=MONDAY + self.hour * HOUR,
            )
        )


def placed(commands: list[Command]) -> list[Order]:
    return [each.order for each in commands if isinstance(each, PlaceOrder)]


def said(commands: list[Command]) -> list[tuple[str, str, Decimal | None]]:
    return [(order.side, order.kind, order.price) for order in placed(commands)]


def dip(**options: object) -> Strategy:
    return Strategy(name="dip", entry=close < 90, exit=close > 110, **options)  # type: ignore[arg-type]


def test_an_entry_is_a_market_order_for_the_amount_and_an_exit_sells_what_is_held() -> None:
    desk = Desk(dip(sizing=EquityFraction(0.5)))
    (entry,) = placed(desk.closes(100, BUY))
    assert (entry.kind, entry.amount, entry.closes) == ("market", 500, False)
    assert desk.fills(entry, "101", "4.9") == []
    assert desk.closes(105) == []
    (exit_,) = placed(desk.closes(120, SELL))
    assert (exit_.side, exit_.quantity, exit_.closes) == ("sell", Decimal("4.9"), True)
    (record,) = desk.fills(exit_, "119", "4.9")
    assert isinstance(record, RecordTrade)
    assert (record.ending, record.decided_at) == ("signal", MONDAY + HOUR)
    assert record.closed.profit == Decimal("88.2")
    assert (record.best, record.worst) == pytest.approx((19 / 101, 0))  # 120 at a close


def test_stop_and_target_are_placed_when_the_entry_is_filled_from_its_price() -> None:
    desk = Desk(dip(exits=Exits(stop=Percent(5), target=2 * atr(14))))
    (entry,) = placed(desk.closes(100, Decision(enter=True, target=7.0)))
    assert said(desk.fills(entry, "102", "1")) == [
        ("sell", "stop", Decimal("96.9")),
        ("sell", "target", Decimal("109.0")),
    ]


def test_a_trailing_stop_follows_closes_and_the_break_even_secures_the_entry() -> None:
    desk = Desk(dip(exits=Exits(trailing=Percent(10), break_even=Percent(8))))
    (entry,) = placed(desk.closes(100, BUY))
    assert said(desk.fills(entry, "100", "1")) == [("sell", "stop", 90)]
    commands = desk.closes(104, high=105)
    assert isinstance(commands[0], CancelOrder)
    assert said(commands) == [("sell", "stop", Decimal("94.5"))]  # a tenth below 105
    assert desk.closes(100) == []  # never back
    assert said(desk.closes(108, high=108)) == [("sell", "stop", 100)]  # 97.2, and then the entry price
    (moved,) = placed(desk.closes(120, high=120))
    assert moved.price == 108
    *_, record = desk.fills(moved, "108", "1")
    assert isinstance(record, RecordTrade)
    assert (record.ending, record.stop) == ("trailing", 90)


def test_a_level_that_trails_is_read_at_each_close() -> None:
    desk = Desk(dip(exits=Exits(trailing=AtPrice(close))))
    (entry,) = placed(desk.closes(100, Decision(enter=True, trailing=95.0)))
    assert said(desk.fills(entry, "100", "1")) == [("sell", "stop", 95)]
    assert said(desk.closes(100, Decision(trailing=97.0))) == [("sell", "stop", 97)]
    assert said(desk.closes(100, Decision(trailing=96.0))) == []


def test_it_leaves_when_the_time_is_over() -> None:
    desk = Desk(dip(exits=Exits(expires=2)))
    (entry,) = placed(desk.closes(100, BUY))
    desk.fills(entry, "100", "1")
    assert desk.closes() == []
    (exit_,) = placed(desk.closes())
    (record,) = desk.fills(exit_, "100", "1")
    assert isinstance(record, RecordTrade)
    assert record.ending == "time"


def test_nothing_is_entered_during_the_cooldown() -> None:
    desk = Desk(dip(cooldown=2))
    (entry,) = placed(desk.closes(100, BUY))
    desk.fills(entry, "100", "1")
    (exit_,) = placed(desk.closes(100, SELL))
    desk.fills(exit_, "100", "1")  # at the open of the third hour
    assert desk.closes(100, BUY) == []
    assert len(placed(desk.closes(100, BUY))) == 1


def test_the_other_sides_entry_turns_the_position_over_at_one_open() -> None:
    strategy = Strategy(name="both", entry=close > 1, short_entry=close < 1)
    desk = Desk(strategy, account=Account(cash=1000, shorts=True))
    (entry,) = placed(desk.closes(100, BUY))
    desk.fills(entry, "100", "1")
    out, back = placed(desk.closes(100, Decision(short=True)))
    assert (out.side, out.closes, back.side, back.closes) == ("sell", True, "sell", False)
    (record,) = desk.fills(out, "100", "1")
    assert isinstance(record, RecordTrade)
    assert record.ending == "reversal"
    desk.fills(back, "100", "2")
    assert desk.trader.held["BTCUSDT"].direction == -1


def test_of_entries_at_one_instant_the_highest_rank_comes_first() -> None:
    account = Account(cash=1000, allocation=Allocation(max_open=2, rank=close))
    desk = Desk(dip(), "AAA", "BBB", "CCC", account=account)
    ranks = {"AAA": 1.0, "BBB": float("nan"), "CCC": 2.0}
    orders = placed(
        desk.all_close({symbol: (100, Decision(enter=True, rank=rank)) for symbol, rank in ranks.items()})
    )
    assert [(order.symbol, order.amount) for order in orders] == [("CCC", 500), ("AAA", 500)]


def test_a_risk_fraction_is_sized_by_the_distance_to_the_stop() -> None:
    desk = Desk(dip(sizing=RiskFraction(0.01), exits=Exits(stop=atr(14))))
    (entry,) = placed(desk.closes(100, Decision(enter=True, stop=4.0)))
    assert entry.amount == 250  # 2.5 pieces lose 10 at the stop


def test_an_entry_with_an_unknown_stop_is_left_out_and_counted() -> None:
    desk = Desk(dip(exits=Exits(stop=atr(14))))
    assert desk.closes(100, BUY) == []
    assert desk.trader.unknown == 1


def test_a_limit_entry_waits_below_the_close_blocks_others_and_a_decision_to_leave_withdraws_it() -> None:
    desk = Desk(dip(order=LimitOrder(Percent(2), candles=3)))
    (entry,) = placed(desk.closes(100, BUY))
    assert (entry.kind, entry.price, entry.candles) == ("limit", 98, 3)
    assert desk.closes(100, BUY) == []
    assert desk.closes(100, SELL) == [CancelOrder(symbol="BTCUSDT", order_id=entry.id)]
    (again,) = placed(desk.closes(100, BUY))
    gone = OrderGone(order_id=again.id, symbol="BTCUSDT", reason="expired", at=0)
    assert desk.trader.handle(gone) == []
    assert len(placed(desk.closes(100, BUY))) == 1


def test_the_second_part_of_an_entry_moves_the_size_of_the_stop_but_not_its_price() -> None:
    desk = Desk(dip(exits=Exits(stop=Percent(10))))
    (entry,) = placed(desk.closes(100, BUY))
    (stop,) = placed(desk.fills(entry, "100", "1", complete=False))
    (wider,) = placed(desk.fills(entry, "110", "3"))
    assert (stop.price, stop.quantity) == (90, 1)
    assert (wider.price, wider.quantity) == (90, 4)
    assert desk.trader.held["BTCUSDT"].entry == pytest.approx(107.5)


def test_a_triggered_stop_takes_back_what_waits_and_keeps_its_ending() -> None:
    desk = Desk(dip(exits=Exits(stop=Percent(10))))
    (entry,) = placed(desk.closes(100, BUY))
    (stop,) = placed(desk.fills(entry, "100", "1", complete=False))
    triggered = StopTriggered(order_id=stop.id, symbol="BTCUSDT", at=0, due=stop.price or Decimal(0))
    assert desk.trader.handle(triggered) == [CancelOrder(symbol="BTCUSDT", order_id=entry.id)]
    assert desk.closes(80, SELL) == []  # it is being left already
    *_, record = desk.fills(stop, "80", "1")
    assert isinstance(record, RecordTrade)
    assert record.ending == "stop"


def test_the_same_events_give_the_same_commands() -> None:
    def run() -> list[list[Command]]:
        desk = Desk(dip(exits=Exits(trailing=Percent(3))))
        (entry,) = placed(first := desk.closes(100, BUY))
        return [first, desk.fills(entry, "100", "1"), desk.closes(105), desk.closes(90, SELL)]

    assert repr(run()) == repr(run())


def test_a_spot_account_cannot_sell_short_and_needs_the_least_value_of_an_order() -> None:
    short = Strategy(name="fall", short_entry=close < 1, short_exit=close > 1)
    with pytest.raises(BadSetting, match="fall sells short, and a spot account cannot"):
        Desk(short)
    dear = Instrument(
        symbol="BTCUSDT", base="BTC", quote="USDT", tick=Decimal(1), step=Decimal(1), min_value=Decimal(2000)
    )
    with pytest.raises(BadSetting, match="worth 2000 USDT at least, and the account starts with 1000"):
        Trader(
            dip(), Timeframe("1h"), {"BTCUSDT": Counting.of(dear)}, Account(cash=1000), Ledger(Decimal(1000))
        )
