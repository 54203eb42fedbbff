from __future__ import annotations

import math

import numpy as np
import pytest
from tests.backtesting.records import START, record, trade

from thebot.market.timeframe import DAY

# 1000, up a tenth, down a fifth, up a quarter, up a tenth: 1000 1100 880 1100 1210
EQUITY = [1100.0, 880.0, 1100.0, 1210.0]
TRADES = [
    trade(100, day=0, fees=2, slippage=1, stop=95, best=0.12, worst=-0.01),
    trade(-220, day=1, value=1100, fees=3, slippage=1, stop=90, ending="stop", best=0.02, worst=-0.2),
    trade(330, day=2, days=2, value=880, fees=2, slippage=2, best=0.4, worst=-0.05, ending="target"),
]
FOUND = record(EQUITY, TRADES, holding=[1050.0, 997.5, 1047.375, 1099.74375])


def test_what_was_earned_is_that_of_the_curve() -> None:
    assert FOUND.total_return == pytest.approx(0.21)
    assert FOUND.net_profit == pytest.approx(210)
    assert FOUND.annual_return == pytest.approx(1.21 ** (365 / 4) - 1)
    assert FOUND.buy_and_hold == pytest.approx(0.09974375)
    # the market: +5 %, -5 %, +5 %, +5 %; the record: +10 %, -20 %, +25 %, +10 %
    assert FOUND.beta == pytest.approx((0.15 + 0.2) / 0.1)
    assert FOUND.alpha == pytest.approx((1 + 0.0625 - 3.5 * 0.025) ** 365 - 1)


def test_what_was_risked_has_dates_and_durations() -> None:
    assert FOUND.max_drawdown == pytest.approx(-0.2)
    assert FOUND.average_drawdown == pytest.approx(-0.2)
    assert FOUND.max_drawdown_start == START + DAY
    assert FOUND.max_drawdown_trough == START + 2 * DAY
    assert FOUND.max_drawdown_recovery == START + 3 * DAY
    assert FOUND.max_drawdown_duration == FOUND.longest_drawdown == FOUND.average_drawdown_duration == 2 * DAY
    assert FOUND.ulcer_index == pytest.approx(math.sqrt(0.04 / 5))
    assert FOUND.cvar == pytest.approx(-0.2)  # the worst of four days
    assert FOUND.omega_ratio == pytest.approx(0.45 / 0.2)
    assert FOUND.calmar_ratio == pytest.approx(FOUND.annual_return / 0.2)


def test_what_the_trades_say() -> None:
    assert FOUND.win_rate == pytest.approx(2 / 3)
    assert FOUND.profit_factor == pytest.approx(430 / 220)
    assert FOUND.expectancy == pytest.approx(70)
    assert FOUND.payoff_ratio == pytest.approx(215 / 220)
    gains = [0.1, -0.2, 0.375]
    assert FOUND.average_gain == pytest.approx(np.mean(gains))
    assert FOUND.kelly_fraction == pytest.approx(2 / 3 - (1 / 3) / (0.2375 / 0.2))
    assert FOUND.sqn == pytest.approx(math.sqrt(3) * np.mean(gains) / np.std(gains, ddof=1))
    assert (FOUND.best_trade, FOUND.worst_trade) == (0.375, -0.2)
    assert (FOUND.longest_winning_streak, FOUND.longest_losing_streak) == (1, 1)
    assert FOUND.average_holding_time == pytest.approx(4 / 3 * DAY)


def test_r_is_what_the_first_stop_put_at_risk() -> None:
    # 10 pieces from 100 down to 95 are 50; 11 from 100 down to 90 are 110; the third had no stop
    assert FOUND.r_multiples[:2] == pytest.approx([2, -2])
    assert math.isnan(FOUND.r_multiples[2])
    assert FOUND.average_r == 0


def test_how_far_trades_went_on_the_way() -> None:
    assert FOUND.mfe == pytest.approx(0.18)
    assert FOUND.mae == pytest.approx(-0.26 / 3)
    assert FOUND.edge_ratio == pytest.approx(0.54 / 0.26)
    assert FOUND.kept == pytest.approx(0.475 / 0.52)
    assert FOUND.losers_best == pytest.approx(0.02)


def test_what_trading_cost_and_what_it_could_have_cost() -> None:
    assert (FOUND.fees, FOUND.slippage_paid, FOUND.costs_paid) == (7, 4, 11)
    # bought for 1000, 1100, 880 and sold 100 higher, 220 lower, 330 higher
    traded = 2 * (1000 + 1100 + 880) + 210
    assert FOUND.cost_rate == pytest.approx(11 / traded * 1e4)
    assert FOUND.break_even_cost == pytest.approx((210 + 11) / traded * 1e4)
    assert FOUND.turnover == pytest.approx(traded / np.mean([1000, *EQUITY]) / (4 / 365))
    assert FOUND.exposure == 1


def test_time_in_which_two_positions_were_held_counts_once() -> None:
    found = record([1000.0] * 10, [trade(1, day=1, days=4), trade(1, day=3, days=3)])
    assert found.exposure == pytest.approx(0.5)


def test_a_fall_that_is_not_made_up_lasts_until_the_end() -> None:
    found = record([900.0, 950.0])
    assert math.isnan(found.max_drawdown_recovery)
    assert found.max_drawdown_duration == 2 * DAY


def test_without_trades_what_they_would_say_is_unknown() -> None:
    found = record([1000.0, 1000.0])
    assert (found.total_return, found.max_drawdown, found.longest_drawdown, found.exposure) == (0, 0, 0, 0)
    for name in (
        "win_rate",
        "expectancy",
        "best_trade",
        "cost_rate",
        "break_even_cost",
        "sharpe_ratio",
        "mfe",
    ):
        assert math.isnan(getattr(found, name)), name
    assert math.isnan(found.max_drawdown_start)
    assert all(math.isnan(each.low) for name, each in found.intervals.items() if name == "win_rate")


def test_a_doubtful_trade_is_counted() -> None:
    assert record([1000.0] * 2, [trade(1, doubtful=True), trade(1)]).doubtful_trades == 1


@pytest.mark.parametrize("equity", [[0.0, 0.0, 0.0], [1000.0, -5.0, -10.0], [1000.0], [1e-9, 1e-9, 1e-9]])
@pytest.mark.filterwarnings("error")
def test_an_account_that_lost_everything_or_did_not_begin_divides_by_nothing(equity: list[float]) -> None:
    found = record(equity, [trade(-1000)])
    assert found.plain()["total_return"] == pytest.approx(equity[-1] / 1000 - 1)
    assert found.max_drawdown == pytest.approx(min(equity) / 1000 - 1)
