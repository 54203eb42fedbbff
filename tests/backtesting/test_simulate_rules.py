"""Each rule of `docs/decisions/0055-the-rules-of-fills`, by numbers that anybody can check."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from tests.backtesting.by_hand import HOUR, candles, decisions, flat, strategy, traded

from thebot.backtesting import Account, Allocation, Costs, Market, Simulated, simulate
from thebot.errors import BadSetting
from thebot.indicators import atr, close, sma
from thebot.market import Candles, Instrument
from thebot.strategy import (
    AtPrice,
    CappedKelly,
    Decisions,
    EquityFraction,
    Exits,
    FixedAmount,
    LimitOrder,
    Percent,
    RiskFraction,
    Strategy,
    VolatilityTarget,
)
from thebot.strategy.sizing import Sizing
from thebot.trading.costs import FREE

nan = float("nan")
LEVEL = AtPrice(sma(2))  # its values are given by hand, as are those of DISTANCE
DISTANCE = atr(2)


# Stops and targets


def test_a_stop_fills_at_its_price_worse_by_the_costs() -> None:
    rows = [*flat(100, 2), (100, 101, 94, 96), *flat(96, 2)]
    said = strategy(exits=Exits(stop=Percent(5)))
    done = traded(rows, decisions(5, enter=[0]), said, costs=Costs(fee=0, slippage=0.01))
    (trade,) = done.trades
    assert (trade.entry_price, trade.stop) == (101, pytest.approx(95.95))
    assert (trade.ending, trade.exit_price) == ("stop", pytest.approx(95.95 * 0.99))
    assert trade.left_at == candles(rows).open_time[2]
    assert trade.slippage == pytest.approx(trade.quantity * (1 + 0.9595))
    assert done.equity[2:].tolist() == pytest.approx([1000 + trade.profit] * 3)


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    rows = [*flat(100, 2), (90, 99, 89, 98), *flat(98, 2)]
    (trade,) = traded(rows, decisions(5, enter=[0]), strategy(exits=Exits(stop=Percent(5)))).trades
    assert (trade.ending, trade.exit_price, trade.doubtful) == ("stop", 90, False)
    assert trade.worst == pytest.approx(-0.1)


def test_a_stop_acts_in_the_candle_of_entry() -> None:
    rows = [*flat(100), (100, 102, 94, 101), *flat(101, 2)]
    (trade,) = traded(rows, decisions(4, enter=[0]), strategy(exits=Exits(stop=Percent(5)))).trades
    assert (trade.ending, trade.exit_price, trade.entered_at) == ("stop", 95, trade.left_at)


@pytest.mark.parametrize(("high", "ending"), [(105, "end of data"), (105.01, "target")])
def test_a_target_is_filled_only_when_the_price_trades_through_it(high: float, ending: str) -> None:
    rows = [*flat(100, 2), (100, high, 100, 101), *flat(101)]
    costs = Costs(fee=0.01, maker_fee=0, slippage=0)
    (trade,) = traded(
        rows, decisions(4, enter=[0]), strategy(exits=Exits(target=Percent(5))), costs=costs
    ).trades
    assert trade.ending == ending
    if ending == "target":
        assert trade.exit_price == 105
        assert trade.fees == pytest.approx(trade.quantity * 100 * 0.01)  # as a maker for nothing


def test_a_candle_that_opens_beyond_the_target_fills_at_the_target() -> None:
    rows = [*flat(100, 2), (120, 121, 119, 120), *flat(120)]
    (trade,) = traded(rows, decisions(4, enter=[0]), strategy(exits=Exits(target=Percent(5)))).trades
    assert (trade.ending, trade.exit_price) == ("target", 105)


BOTH = strategy(exits=Exits(stop=Percent(5), target=Percent(5)))


def test_where_both_could_have_been_the_stop_was_and_the_trade_is_doubtful() -> None:
    rows = [*flat(100, 2), (100, 106, 94, 100), *flat(100)]
    (trade,) = traded(rows, decisions(4, enter=[0]), BOTH).trades
    assert (trade.ending, trade.exit_price, trade.doubtful) == ("stop", 95, True)
    (trade,) = traded(rows, decisions(4, enter=[0]), BOTH, target_first=True).trades
    assert (trade.ending, trade.exit_price, trade.doubtful) == ("target", 105, True)


def test_an_open_beyond_stop_or_target_leaves_no_doubt() -> None:
    rows = [*flat(100, 2), (94, 106, 93, 100), *flat(100)]
    (trade,) = traded(rows, decisions(4, enter=[0]), BOTH).trades
    assert (trade.ending, trade.exit_price, trade.doubtful) == ("stop", 94, False)
    rows = [*flat(100, 2), (106, 107, 93, 100), *flat(100)]
    (trade,) = traded(rows, decisions(4, enter=[0]), BOTH).trades
    assert (trade.ending, trade.exit_price, trade.doubtful) == ("target", 105, False)


@pytest.mark.parametrize(
    ("first", "ending", "price", "doubtful"),
    [
        ((100, 106, 100, 101), "target", 105, False),
        ((100, 101, 94, 100), "stop", 95, False),
        ((100, 106, 94, 100), "stop", 95, True),
        ((94, 95, 93, 94), "stop", 95, False),  # not at its open: the position is older than that
    ],
)
def test_smaller_candles_settle_what_came_first(
    first: tuple[float, ...], ending: str, price: float, doubtful: bool
) -> None:
    rows = [*flat(100, 2), (100, 106, 93, 100), *flat(100)]
    small = candles([*flat(100, 9), first, (100, 106, 93, 100), *flat(100, 5)], timeframe="15m")
    # the candle of the doubt has the smaller ones 8 to 11
    done = traded(rows, decisions(4, enter=[0]), BOTH, detail=small)
    (trade,) = done.trades
    expected = 94 if first[0] == 94 else price  # the second smaller candle opens below the stop
    assert (trade.ending, trade.exit_price, trade.doubtful) == (ending, expected, doubtful)


def test_smaller_candles_that_are_missing_leave_the_doubt() -> None:
    rows = [*flat(100, 2), (100, 106, 94, 100), *flat(100)]
    small = candles(flat(100, 8), timeframe="15m")
    (trade,) = traded(rows, decisions(4, enter=[0]), BOTH, detail=small).trades
    assert (trade.ending, trade.doubtful) == ("stop", True)


@pytest.mark.parametrize(
    ("exits", "readings", "stop"),
    [
        (Exits(stop=Percent(10)), {}, 99),
        (Exits(stop=DISTANCE), {"stop": [4, 9, 9, 9]}, 106),
        (Exits(stop=LEVEL), {"stop": [97, 9, 9, 9]}, 97),
        (Exits(trailing=DISTANCE), {"trailing": [4, 9, 9, 9]}, 106),
        (Exits(stop=Percent(10), trailing=DISTANCE), {"trailing": [20, 9, 9, 9]}, 99),  # the nearer one
    ],
)
def test_levels_are_read_at_the_deciding_close_and_set_from_the_entry_price(
    exits: Exits, readings: dict[str, list[float]], stop: float
) -> None:
    rows = [*flat(100), *flat(110, 3)]
    (trade,) = traded(rows, decisions(4, enter=[0], **readings), strategy(exits=exits)).trades
    assert (trade.entry_price, trade.stop) == (110, stop)


def test_an_entry_with_an_unknown_level_is_left_out_and_counted() -> None:
    said = strategy(exits=Exits(stop=DISTANCE, target=DISTANCE))
    decided = decisions(6, enter=[0, 2, 4], stop=[nan, 1, 1, 1, 1, 1], target=[1, 1, nan, 1, 1, 1])
    done = traded(flat(100, 6), decided, said)
    assert [trade.decided_at for trade in done.trades] == [candles(flat(100, 6)).close_time[4]]
    assert done.warnings[0] == (
        "2 entries were left out: stop, target, limit or size was not known at the close."
    )


def test_an_entry_whose_stop_is_not_below_its_price_is_left_out_and_counted() -> None:
    done = traded(flat(100, 4), decisions(4, enter=[0], stop=100), strategy(exits=Exits(stop=LEVEL)))
    assert done.trades.endings == ()
    assert done.warnings == (
        "1 entry was left out: the stop or the target was not on its side of the entry price.",
    )


# What moves at the closes


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back() -> None:
    rows = [*flat(100, 2), (100, 110, 100, 108), (108, 108, 106, 107), (107, 107, 104, 105), *flat(105)]
    (trade,) = traded(rows, decisions(6, enter=[0]), strategy(exits=Exits(trailing=Percent(5)))).trades
    # best 110 at the close of row 2: stop 104.5, touched in row 4
    assert (trade.ending, trade.exit_price) == ("trailing", pytest.approx(104.5))
    assert trade.stop == 95
    assert trade.best == pytest.approx(0.10)


def test_a_moved_stop_acts_from_the_next_candle_on() -> None:
    rows = [*flat(100, 2), (100, 120, 96, 119), *flat(119, 2)]
    (trade,) = traded(rows, decisions(5, enter=[0]), strategy(exits=Exits(trailing=Percent(5)))).trades
    assert trade.ending == "end of data"  # the stop was at 95 in the candle that went from 96 to 120


def test_a_trailing_level_is_read_at_each_close() -> None:
    rows = [*flat(100, 2), *flat(100), (100, 100, 97.5, 99), *flat(99)]
    said = strategy(exits=Exits(trailing=LEVEL))
    decided = decisions(5, enter=[0], trailing=[95, 96, 98, 90, 90])
    (trade,) = traded(rows, decided, said).trades
    assert (trade.stop, trade.ending, trade.exit_price) == (95, "trailing", 98)


def test_break_even_moves_the_stop_to_the_entry_price() -> None:
    rows = [*flat(100, 2), (100, 103, 100, 102), (102, 102, 99, 99), *flat(99)]
    said = strategy(exits=Exits(stop=Percent(5), break_even=Percent(3)))
    (trade,) = traded(rows, decisions(5, enter=[0]), said).trades
    assert (trade.ending, trade.exit_price, trade.stop) == ("break-even", 100, 95)


# Decisions


@pytest.mark.parametrize("expires", [2, "2h"])
def test_a_position_is_left_when_its_time_is_over(expires: int | str) -> None:
    (trade,) = traded(flat(100, 8), decisions(8, enter=[0]), strategy(exits=Exits(expires=expires))).trades
    assert (trade.ending, trade.left_at - trade.entered_at) == ("time", 2 * HOUR)


@pytest.mark.parametrize(("cooldown", "second"), [(0, 3), (2, 4), ("3h", 5)])
def test_after_a_position_nothing_is_entered_for_a_while(cooldown: int | str, second: int) -> None:
    said = strategy(cooldown=cooldown)  # left at the open of row 2
    done = traded(flat(100, 8), decisions(8, enter=[0, 2, 3, 4, 5], leave=[1]), said)
    opens = candles(flat(100, 8)).open_time
    assert done.trades.entered_at.tolist() == [opens[1], opens[second]]


def test_after_a_stop_the_same_close_may_enter_again() -> None:
    rows = [*flat(100), (100, 100, 90, 90), *flat(90, 2)]
    done = traded(rows, decisions(4, enter=[0, 1]), strategy(exits=Exits(stop=Percent(5))))
    assert done.trades.endings == ("stop", "end of data")
    assert done.trades.entered_at.tolist() == candles(rows).open_time[1:3].tolist()


@pytest.mark.parametrize("leave", [[], [2]])
def test_the_other_sides_entry_turns_a_position_round_at_the_same_open(leave: list[int]) -> None:
    rows = [*flat(100, 3), *flat(110, 2), *flat(99, 2)]
    decided = decisions(7, enter=[0], leave=leave, short=[2], cover=[4])
    done = traded(rows, decided, strategy(shorts=True))
    assert done.trades.endings == ("reversal", "signal")
    assert done.trades.sides == ("long", "short")
    assert done.trades.left_at[0] == done.trades.entered_at[1] == candles(rows).open_time[3]
    # ten at 100, sold at 110; for the 1000 of the deciding close 9.09 sold short there, bought back at 99
    assert done.trades.profit.tolist() == pytest.approx([100, 1000 / 110 * 11])
    assert done.equity[-1] == pytest.approx(1200)


def test_a_short_pays_for_borrowing_and_its_stop_is_above() -> None:
    rows = [*flat(100, 2), (100, 106, 100, 104), *flat(104)]
    said = strategy(shorts=True, exits=Exits(stop=Percent(5)))
    costs = Costs(fee=0, slippage=0, borrow=0.876)  # 0.0001 an hour
    done = traded(rows, decisions(4, short=[0]), said, costs=costs)
    (trade,) = done.trades
    assert (trade.side, trade.ending, trade.exit_price, trade.stop) == ("short", "stop", 105, 105)
    assert trade.fees == pytest.approx(1000 * 0.0001)  # from the open of row 1 to that of row 2
    assert trade.profit == pytest.approx(-50 - 0.1)
    assert trade.worst == pytest.approx(-0.05)
    assert done.equity[1] == 1000


def test_a_spot_account_does_not_sell_short() -> None:
    market = Market(candles=candles(flat(100, 3)), decisions=decisions(3, short=[0]))
    with pytest.raises(BadSetting, match=r"spot account cannot.*Account\(shorts=True\)"):
        simulate(strategy(shorts=True), [market], account=Account(), costs=FREE)


# Limit orders


def limit(candles: int = 1, exits: Exits = Exits()) -> Strategy:  # noqa: B008  (a frozen value)
    """Two percent below the close."""
    return strategy(order=LimitOrder(Percent(2), candles), exits=exits)


def test_a_limit_order_fills_at_its_price_as_a_maker_when_traded_through() -> None:
    rows = [*flat(100), (100, 100, 98, 99), (99, 99, 97.9, 98), *flat(98, 2)]
    costs = Costs(fee=0.01, maker_fee=0, slippage=0.01)
    done = traded(rows, decisions(5, enter=[0], leave=[3]), limit(candles=2), costs=costs)
    (trade,) = done.trades  # 98 was touched in row 1, and traded through in row 2
    assert (trade.entered_at, trade.entry_price) == (candles(rows).open_time[2], 98)
    assert trade.quantity == pytest.approx(1000 / 98)
    assert traded(rows, decisions(5, enter=[0]), limit(candles=1)).trades.endings == ()


def test_a_limit_order_that_meets_the_market_fills_at_the_open_but_never_worse_than_its_limit() -> None:
    rows = [*flat(100), *flat(97, 3)]
    (trade,) = traded(rows, decisions(4, enter=[0]), limit(), costs=Costs(fee=0, slippage=0.002)).trades
    assert trade.entry_price == pytest.approx(97 * 1.002)
    (trade,) = traded(rows, decisions(4, enter=[0]), limit(), costs=Costs(fee=0, slippage=0.02)).trades
    assert trade.entry_price == 98


def test_in_a_limit_orders_own_candle_the_stop_counts_and_the_target_does_not() -> None:
    exits = Exits(stop=Percent(5), target=Percent(1))
    rows = [*flat(100), (100, 101, 97, 100), (100, 100, 98.5, 99), *flat(99)]
    (trade,) = traded(rows, decisions(4, enter=[0]), limit(exits=exits)).trades
    assert (trade.ending, trade.left_at) == ("target", candles(rows).open_time[2])
    rows = [*flat(100), (100, 101, 93, 100), *flat(100, 2)]
    (trade,) = traded(rows, decisions(4, enter=[0]), limit(exits=exits)).trades
    assert (trade.ending, trade.exit_price, trade.doubtful) == ("stop", pytest.approx(93.1), False)


def test_smaller_candles_tell_whether_the_target_came_after_the_limit_order() -> None:
    exits = Exits(stop=Percent(5), target=Percent(1))
    rows = [*flat(100), (100, 101, 97, 100), *flat(97.5, 2)]
    after = [(100, 100, 97, 98), (98, 101, 98, 100), *flat(100, 2)]
    before = [(100, 101, 100, 100), (100, 100, 97, 98), *flat(98, 2)]
    for small, ending in ((after, "target"), (before, "end of data")):
        detail = candles([*flat(100, 4), *small, *flat(97.5, 8)], timeframe="15m")
        (trade,) = traded(rows, decisions(4, enter=[0]), limit(exits=exits), detail=detail).trades
        assert trade.ending == ending


def test_a_waiting_order_blocks_entries_and_is_withdrawn_by_an_exit_of_its_side() -> None:
    rows = [*flat(100, 4), (100, 100, 90, 95), *flat(95, 2)]
    assert len(traded(rows, decisions(7, enter=[0, 2]), limit(candles=9)).trades) == 1
    assert len(traded(rows, decisions(7, enter=[0], leave=[1]), limit(candles=9)).trades) == 0


# Sizes


@pytest.mark.parametrize(
    ("sizing", "value"),
    [
        (FixedAmount(300), 300),
        (FixedAmount(3000), 1000),  # no more than there is
        (EquityFraction(0.25), 250),
        (RiskFraction(0.02), 400),  # a fall by 5 % loses 2 %
        (RiskFraction(0.2), 1000),
        (RiskFraction(0.2, at_most=0.5), 500),
        (VolatilityTarget(0.25, volatility=close), 250 / (0.01 * 8760**0.5)),
        (CappedKelly(cap=0.5, least=0.1), 100),
    ],
)
def test_a_size_is_what_was_wanted_at_the_deciding_close(sizing: Sizing, value: float) -> None:
    said = strategy(sizing=sizing, exits=Exits(stop=Percent(5)))
    (trade,) = traded(flat(100, 4), decisions(4, enter=[0], volatility=0.01), said).trades
    assert trade.quantity * trade.entry_price == pytest.approx(value)


def test_kelly_learns_from_the_trades_that_are_closed() -> None:
    rows = [*flat(100, 2), *flat(110, 2), *flat(105.6, 3)]  # one wins 10 %, one loses 4 %
    said = strategy(sizing=CappedKelly(cap=0.9, after=2, least=0.1))
    done = traded(rows, decisions(7, enter=[0, 2, 4], leave=[1, 3]), said)
    first, second, third = (trade.quantity * trade.entry_price for trade in done.trades)
    assert (first, second) == (pytest.approx(100), pytest.approx(101))
    # W = 1/2, R = 0.1 / 0.04 = 2.5: f = 0.5 - 0.5 / 2.5 = 0.3
    assert third == pytest.approx(0.3 * done.equity[4])


# Costs


def test_each_cost_makes_a_fill_worse_by_its_own_rule() -> None:
    rows = [*flat(100), (100, 110, 90, 100, 50), *flat(100, 2)]
    said = strategy(sizing=FixedAmount(100))
    for costs, price in (
        (Costs(fee=0, slippage=0.01), 101),
        (Costs(fee=0, slippage=0, spread=0.02), 101),
        (Costs(fee=0, slippage=0, fixed=0.25), 100.25),
        (Costs(fee=0, slippage=0, range_share=0.1), 102),  # of a range of 20
        (Costs(fee=0, slippage=0, impact=0.1), 100.2),  # takes 1 of 50: 2 % of the volume
    ):
        assert traded(rows, decisions(4, enter=[0]), said, costs=costs).trades[0].entry_price == price


def test_what_the_volume_does_not_give_waits_for_the_next_opens() -> None:
    rows = [*flat(100), (100, 100, 100, 100, 40), (110, 110, 110, 110, 40), *[(110,) * 4 + (30,)] * 5]
    costs = Costs(fee=0, slippage=0, participation=0.1)
    done = traded(rows, decisions(8, enter=[0], leave=[3]), costs=costs)
    (trade,) = (
        done.trades
    )  # wants 10: gets 4 at 100, 4 at 110, and 160 / 110 at 110 for the rest of the money
    rest = 160 / 110
    assert trade.quantity == pytest.approx(8 + rest)
    assert trade.entry_price == pytest.approx(1000 / (8 + rest))
    assert trade.left_at == candles(rows).open_time[7]  # 3 at each of the opens 4, 5, 6, and the rest
    assert done.equity[-1] == pytest.approx(110 * (8 + rest))


def test_a_stop_that_the_volume_cannot_take_goes_on_at_the_next_open() -> None:
    rows = [*flat(100, 2), (100, 100, 94, 94, 60), (90, 90, 90, 90, 60), *flat(90)]
    said = strategy(exits=Exits(stop=Percent(5)))
    costs = Costs(fee=0, slippage=0, participation=0.1)
    (trade,) = traded(rows, decisions(5, enter=[0]), said, costs=costs).trades
    assert trade.ending == "stop"
    assert trade.exit_price == pytest.approx((6 * 95 + 4 * 90) / 10)


COIN = Instrument(
    symbol="TESTUSDT", base="TEST", quote="USDT", tick=Decimal("0.1"), step=Decimal("0.001"),
    min_quantity=Decimal("0.01"), max_quantity=Decimal(9), min_value=Decimal(5),
)  # fmt: skip


def test_with_an_instrument_stops_and_targets_are_rounded_away_from_the_price() -> None:
    rows = [*flat(100.3, 3), (100.3, 110, 90, 100), *flat(100)]
    for target_first, price in ((False, 97.2), (True, 103.4)):  # 97.291 down, 103.309 up
        done = traded(
            rows, decisions(5, enter=[0]),
            strategy(sizing=FixedAmount(100), exits=Exits(stop=Percent(3), target=Percent(3))),
            instrument=COIN, target_first=target_first,
        )  # fmt: skip
        (trade,) = done.trades
        assert trade.exit_price == price
        assert trade.quantity == 0.997  # 100 / 100.3 = 0.99701


def test_a_price_on_a_tick_is_counted_whole_though_floats_are_not() -> None:
    # 16541.77 / 0.01 is 1654176.9999999998 in floats: a limit there must not count as traded through
    fine = Instrument(
        symbol="TESTUSDT", base="TEST", quote="USDT", tick=Decimal("0.01"), step=Decimal("0.00001")
    )
    rows = [*flat(16541.78), (16541.78, 16541.78, 16541.77, 16541.78), *flat(16541.78)]
    said = strategy(order=LimitOrder(AtPrice(sma(2))))
    assert len(traded(rows, decisions(3, enter=[0], limit=16541.77), said, instrument=fine).trades) == 0
    rows[1] = (16541.78, 16541.78, 16541.76, 16541.78)
    (trade,) = traded(rows, decisions(3, enter=[0], limit=16541.77), said, instrument=fine).trades
    assert trade.entry_price == 16541.77


def test_an_order_above_the_most_of_the_exchange_is_refused() -> None:
    done = traded(flat(100, 4), decisions(4, enter=[0]), instrument=COIN)
    assert done.trades.endings == ()
    assert "quantity 10.000 TEST is above the maximum of 9" in done.warnings[0]


# Several symbols


def together(
    *markets: tuple[Candles, Decisions],
    allocation: Allocation = Allocation(),  # noqa: B008  (a frozen value)
    costs: Costs = FREE,
    said: Strategy | None = None,
) -> Simulated:
    given = [Market(candles=series, decisions=decided) for series, decided in markets]
    account = Account(cash=1000, allocation=allocation)
    return simulate(said or strategy(), given, account=account, costs=costs)


def test_several_symbols_take_equal_parts_of_one_account() -> None:
    one = candles([*flat(100, 2), *flat(110, 2)], symbol="A")
    other = candles([*flat(50, 3), *flat(40, 1)], symbol="B")
    done = together((one, decisions(4, enter=[0])), (other, decisions(4, enter=[1])))
    assert done.trades.names == ("A", "B")
    # half of 1000 at 100; half of 1050 (marked at the close of row 2) is wanted at 50 by B, 500 is left
    assert done.trades.quantity.tolist() == pytest.approx([5, 10])
    assert done.equity.tolist() == pytest.approx([1000, 1000, 1050, 950])
    assert done.time.tolist() == one.close_time.tolist()


@pytest.mark.parametrize(("ranks", "bought"), [((1, 2), "B"), ((2, 1), "A"), ((1, 1), "A"), ((nan, 0), "B")])
def test_the_highest_rank_comes_first_and_then_the_order_of_the_list(
    ranks: tuple[float, float], bought: str
) -> None:
    allocation = Allocation(max_open=1, rank=close)
    done = together(
        *(
            (candles(flat(100, 4), symbol=name), decisions(4, enter=[0], rank=rank))
            for name, rank in zip("AB", ranks, strict=True)
        ),
        allocation=allocation,
    )
    assert done.trades.names == (bought,)
    assert done.trades.quantity.tolist() == [10]


def test_a_place_is_free_for_another_at_the_close_that_decides_to_leave() -> None:
    done = together(
        (candles(flat(100, 5), symbol="A"), decisions(5, enter=[0], leave=[2])),
        (candles(flat(100, 5), symbol="B"), decisions(5, enter=[1, 2])),
        allocation=Allocation(max_open=1),
    )
    # B's first entry finds no place; its second is filled with A's money, at the same open
    assert done.trades.names == ("A", "B")
    assert done.trades.left_at[0] == done.trades.entered_at[1]
    assert done.trades.quantity.tolist() == [10, 10]


def test_a_symbol_that_trades_nothing_changes_nothing() -> None:
    rows = [(100, 104, 97, 101), (101, 103, 95, 96), (96, 108, 96, 107), (107, 109, 99, 100)] * 10
    random = np.random.default_rng(5)
    picked = random.random((2, 40)) < 0.2
    decided = decisions(40, enter=np.flatnonzero(picked[0]), leave=np.flatnonzero(picked[1] & ~picked[0]))
    said = strategy(exits=Exits(stop=Percent(4), target=Percent(5), trailing=Percent(6), expires=7))
    alone = traded(rows, decided, said, costs=Costs())
    quiet = candles(flat(10, 30), symbol="QUIET", missing=(3, 4, 17))
    done = together(
        (candles(rows), decided), (quiet, decisions(30)),
        allocation=Allocation(max_open=1), costs=Costs(), said=said,
    )  # fmt: skip
    assert len(alone.trades) > 4
    assert done.trades.where(done.trades.symbol == 0).columns().keys() == alone.trades.columns().keys()
    for name, column in alone.trades.columns().items():
        assert np.array_equal(done.trades.columns()[name], column, equal_nan=True), name
    assert done.equity.tolist() == alone.equity.tolist()


def test_a_symbol_that_ends_early_is_closed_at_its_own_last_close() -> None:
    done = together(
        (candles(flat(100, 3), symbol="A"), decisions(3, enter=[0])),
        (candles(flat(100, 6), symbol="B"), decisions(6, enter=[0])),
    )
    assert done.trades.endings == ("end of data", "end of data")
    assert done.trades.left_at.tolist() == [candles(flat(100, 6)).close_time[2], done.time[-1]]
    assert len(done.time) == 6


def test_markets_that_do_not_go_together_are_refused() -> None:
    decided = decisions(3)
    with pytest.raises(BadSetting, match="once a symbol"):
        together((candles(flat(1, 3)), decided), (candles(flat(1, 3)), decided))
    with pytest.raises(BadSetting, match="There are no candles"):
        simulate(strategy(), [], account=Account(), costs=FREE)
