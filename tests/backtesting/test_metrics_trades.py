from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.backtesting import metrics
from thebot.errors import BadSetting

PROFITS = [30.0, -10.0, 0.0, 10.0, -10.0]


def test_the_figures_of_five_trades_by_hand() -> None:
    assert metrics.win_rate(PROFITS) == 0.4
    assert metrics.profit_factor(PROFITS) == 2.0
    assert metrics.expectancy(PROFITS) == 4.0
    assert metrics.payoff_ratio(PROFITS) == 2.0
    assert metrics.kelly_fraction(PROFITS) == pytest.approx(0.4 - 0.6 / 2.0)
    deviation = math.sqrt((26**2 + 14**2 + 4**2 + 6**2 + 14**2) / 4)
    assert metrics.system_quality_number(PROFITS) == pytest.approx(math.sqrt(5) * 4 / deviation)


def test_lists_and_columns_are_the_same() -> None:
    column = np.array(PROFITS)
    for metric in (metrics.win_rate, metrics.profit_factor, metrics.payoff_ratio, metrics.kelly_fraction):
        assert metric(column) == metric(PROFITS)


def test_without_trades_nothing_is_known() -> None:
    none = np.empty(0)
    for metric in (
        metrics.win_rate,
        metrics.profit_factor,
        metrics.expectancy,
        metrics.payoff_ratio,
        metrics.kelly_fraction,
        metrics.system_quality_number,
    ):
        assert math.isnan(metric([]))
        assert math.isnan(metric(none))
    assert metrics.longest_winning_streak([]) == metrics.longest_losing_streak(none) == 0
    assert metrics.costs_paid([]) == 0
    assert math.isnan(metrics.average_holding_time(none, none))
    assert math.isnan(metrics.break_even_cost([], [], []))
    assert math.isnan(metrics.excursions([], [], []).best)


def test_without_losers_or_winners_a_ratio_is_not_known() -> None:
    for metric in (metrics.payoff_ratio, metrics.kelly_fraction):
        assert math.isnan(metric([1.0, 2.0]))
        assert math.isnan(metric([-1.0, -2.0]))
    assert math.isnan(metrics.profit_factor([1.0, 2.0]))
    assert metrics.profit_factor([-1.0, -2.0]) == 0
    assert math.isnan(metrics.system_quality_number([1.0]))
    assert math.isnan(metrics.system_quality_number([0.1, 0.1, 0.1]))


def test_a_hundred_trades_are_enough_for_the_system_quality_number() -> None:
    results = [2.0, -1.0] * 200
    whole = metrics.system_quality_number(results, cap=None)
    assert whole == pytest.approx(2 * metrics.system_quality_number(results))


def test_a_streak_ends_with_a_zero() -> None:
    results = [1.0, 1.0, 0.0, 1.0, -1.0, -1.0, -1.0, 1.0]
    assert metrics.longest_winning_streak(results) == 2
    assert metrics.longest_losing_streak(results) == 3


def test_an_unknown_risk_gives_an_unknown_multiple_that_is_left_out() -> None:
    multiples = metrics.r_multiples([20.0, -10.0, 5.0, 5.0], [10.0, 10.0, 0.0, np.nan])
    assert multiples[:2].tolist() == [2.0, -1.0]
    assert np.isnan(multiples[2:]).all()
    assert metrics.expectancy(multiples) == 0.5
    assert metrics.win_rate(multiples) == 0.5


def test_time_in_which_trades_overlap_counts_once() -> None:
    entered, left = np.array([50, 0, 10, -20]), np.array([60, 30, 20, -10])
    assert metrics.exposure(entered, left, start=0, end=100) == 0.4
    assert metrics.exposure(entered, left, start=20, end=55) == pytest.approx(15 / 35)
    assert metrics.exposure(entered[:0], left[:0], start=0, end=100) == 0
    assert math.isnan(metrics.exposure(entered, left, start=5, end=5))


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=12))
def test_exposure_is_the_share_of_moments_with_an_open_trade(spans: list[tuple[int, int]]) -> None:
    entered = np.array([begin for begin, _ in spans], dtype=np.int64)
    left = np.array([begin + length for begin, length in spans], dtype=np.int64)
    held = sum(any(begin <= at < begin + length for begin, length in spans) for at in range(10, 80))
    assert metrics.exposure(entered, left, start=10, end=80) == pytest.approx(held / 70)


def test_turnover_is_by_the_year() -> None:
    equity = np.array([100.0, 100.0, 100.0])  # two periods: half a year of four
    assert metrics.turnover([50.0, 50.0], equity, periods_per_year=4) == 2.0
    assert math.isnan(metrics.turnover([50.0], equity[:1], periods_per_year=4))


def test_at_the_break_even_cost_nothing_is_earned() -> None:
    before_costs, traded = np.array([30.0, -12.0]), np.array([2000.0, 2500.0])
    fee = 0.001
    costs = traded * fee
    found = metrics.break_even_cost(before_costs - costs, costs, traded)
    assert found == pytest.approx(40.0)  # 18 on 4,500
    assert (before_costs - traded * found / 10_000).sum() == pytest.approx(0)
    assert metrics.costs_paid(costs) == pytest.approx(4.5)
    assert metrics.break_even_cost([-1.0], [0.0], [1000.0]) == -10


def test_excursions_tell_what_was_in_hand_and_what_was_endured() -> None:
    found = metrics.excursions(
        gains=[0.03, 0.01, -0.02, np.nan], best=[0.04, 0.04, 0.01, 9.0], worst=[-0.01, 0.0, -0.05, -9.0]
    )
    assert found.best == pytest.approx(0.03)
    assert found.worst == pytest.approx(-0.02)
    assert found.edge == pytest.approx(1.5)
    assert found.kept == pytest.approx(0.5)
    assert found.winners_worst == pytest.approx(-0.0095)  # linear between the two winners' -1 % and 0
    assert found.losers_best == pytest.approx(0.01)


def test_excursions_without_winners_or_losers_leave_their_figures_open() -> None:
    won = metrics.excursions([0.01], [0.02], [0.0])
    assert math.isnan(won.edge)
    assert math.isnan(won.losers_best)
    lost = metrics.excursions([-0.01], [0.0], [-0.02])
    assert math.isnan(lost.kept)
    assert math.isnan(lost.winners_worst)


def test_columns_of_different_lengths_are_refused() -> None:
    one, two = np.array([1]), np.array([1, 2])
    for ask in (
        lambda: metrics.r_multiples([1.0], [1.0, 2.0]),
        lambda: metrics.average_holding_time(one, two),
        lambda: metrics.exposure(one, two, start=0, end=1),
        lambda: metrics.break_even_cost([1.0], [1.0], [1.0, 2.0]),
        lambda: metrics.excursions([1.0], [1.0, 2.0], [1.0]),
    ):
        with pytest.raises(BadSetting, match="lengths are"):
            ask()
