from __future__ import annotations

import doctest
import importlib
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.backtesting import metrics
from thebot.backtesting.metrics import (
    Drawdown,
    average_drawdown,
    average_drawdown_duration,
    deepest_drawdown,
    drawdown_episodes,
    drawdowns,
    equity_curve,
    longest_drawdown,
    max_drawdown,
    periods_per_year,
    rolling_max_drawdown,
    rolling_sharpe,
    sharpe_ratio,
    simple_returns,
    total_return,
    ulcer_index,
)
from thebot.errors import BadSetting
from thebot.market import FloatArray, Timeframe

NOTHING, ONE, FLAT, LUCKY = np.empty(0), np.array([0.01]), np.full(9, 0.01), np.array([0.01, 0.02, 0.03])

some_returns = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60).map(np.array)
some_equity = st.lists(st.floats(0.01, 1e6), min_size=2, max_size=50).map(np.array)


@pytest.mark.parametrize(
    "module",
    [
        "bootstrap",
        *(f"metrics.{name}" for name in ("returns", "ratios", "drawdown", "distribution", "benchmark")),
        *(f"metrics.{name}" for name in ("trades", "tables", "signals")),
    ],
)
def test_the_examples_in_the_docstrings_run(module: str) -> None:
    found = doctest.testmod(importlib.import_module(f"thebot.backtesting.{module}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_a_year_has_as_many_candles_as_365_days_hold() -> None:
    assert periods_per_year(Timeframe("1h")) == 8760
    assert periods_per_year(Timeframe("1d")) == 365
    assert periods_per_year(Timeframe("1w")) == pytest.approx(365 / 7)
    assert periods_per_year(Timeframe("1M")) == 12
    assert periods_per_year(Timeframe("1d"), days=252) == 252


def test_a_yearly_rate_by_the_period_compounds_to_the_year() -> None:
    monthly = metrics.return_per_period(0.12, periods_per_year=12)
    assert (1 + monthly) ** 12 == pytest.approx(1.12)
    assert math.isnan(metrics.return_per_period(-1.0, periods_per_year=12))


def test_what_nothing_gives_is_not_known() -> None:
    year = {"periods_per_year": 365.0}
    for values in (NOTHING, ONE):  # as a curve, one value has no period
        assert math.isnan(max_drawdown(values))
        assert math.isnan(total_return(values))
        assert math.isnan(metrics.annual_return(values, **year))
        assert math.isnan(metrics.calmar_ratio(values, **year))
        assert math.isnan(ulcer_index(values))
        assert math.isnan(average_drawdown(values))
        assert math.isnan(average_drawdown_duration(values, np.arange(len(values))))
        assert math.isnan(sharpe_ratio(values, **year))
        assert math.isnan(metrics.sortino_ratio(values, **year))
        assert math.isnan(metrics.omega_ratio(values))
        assert math.isnan(metrics.volatility(values, **year))
        assert math.isnan(metrics.skewness(values))
        assert math.isnan(metrics.kurtosis(values))
        assert math.isnan(metrics.stability(values))
        assert math.isnan(metrics.beta(values, values))
        assert math.isnan(metrics.alpha(values, values, **year))
    for metric in (metrics.value_at_risk, metrics.conditional_value_at_risk, metrics.tail_ratio):
        assert math.isnan(metric(NOTHING))
    assert math.isnan(metrics.downside_deviation(NOTHING, **year))
    assert math.isnan(metrics.capture_ratio(NOTHING, NOTHING, **year))
    assert simple_returns(np.array([5.0])).tolist() == []
    assert equity_curve(NOTHING).tolist() == [1.0]


@pytest.mark.parametrize("flat", [np.zeros(10), FLAT, np.full(1000, 0.1)])
def test_without_deviation_there_is_no_ratio_rather_than_an_endless_one(flat: FloatArray) -> None:
    assert math.isnan(sharpe_ratio(flat, periods_per_year=365))
    assert math.isnan(metrics.information_ratio(flat, flat, periods_per_year=365))
    assert np.isnan(rolling_sharpe(flat, 3, periods_per_year=365)).all()
    assert math.isnan(metrics.skewness(flat))
    assert math.isnan(metrics.kurtosis(flat))
    assert math.isnan(metrics.beta(np.arange(float(len(flat))), flat))
    assert metrics.volatility(flat, periods_per_year=365) == pytest.approx(0, abs=1e-12)


def test_without_a_loss_there_is_no_ratio_rather_than_an_endless_one() -> None:
    assert math.isnan(metrics.sortino_ratio(LUCKY, periods_per_year=365))
    assert math.isnan(metrics.omega_ratio(LUCKY))
    assert math.isnan(metrics.calmar_ratio(equity_curve(LUCKY), periods_per_year=365))
    assert metrics.downside_deviation(LUCKY, periods_per_year=365) == 0
    assert math.isnan(metrics.tail_ratio(np.zeros(5)))
    assert math.isnan(metrics.down_capture(LUCKY, LUCKY, periods_per_year=365))
    assert math.isnan(metrics.up_down_capture(LUCKY, LUCKY, periods_per_year=365))


def test_an_annual_return_compounds() -> None:
    doubled_in_half_a_year = np.array([100.0, 150.0, 200.0])
    assert metrics.annual_return(doubled_in_half_a_year, periods_per_year=4) == pytest.approx(3.0)
    assert metrics.annual_return(np.array([100.0, 0.0]), periods_per_year=365) == -1
    assert math.isnan(metrics.annual_return(np.array([100.0, -1.0]), periods_per_year=365))
    assert metrics.annual_return(np.array([1.0, 2.0]), periods_per_year=525_600) == math.inf


def test_ratios_by_hand() -> None:
    returns = np.array(
        [0.04, -0.02, 0.04, -0.02]
    )  # mean 0.01, sample deviation 0.034641, below zero 0.014142
    assert sharpe_ratio(returns, periods_per_year=4) == pytest.approx(2 * 0.01 / math.sqrt(0.0036 / 3))
    assert sharpe_ratio(returns, periods_per_year=4, risk_free=0.01) == pytest.approx(0)
    assert metrics.sortino_ratio(returns, periods_per_year=4) == pytest.approx(2 * 0.01 / math.sqrt(0.0002))
    assert metrics.omega_ratio(returns) == pytest.approx(2.0)
    assert metrics.volatility(returns, periods_per_year=3) == pytest.approx(0.06)
    assert metrics.information_ratio(returns, returns - [0.02, 0.0, 0.02, 0.0], periods_per_year=3) == (
        pytest.approx(1.5)
    )


def test_a_period_of_which_nothing_is_known_is_left_out() -> None:
    with_gap = np.array([0.04, np.nan, -0.02, 0.01])
    without = with_gap[~np.isnan(with_gap)]
    assert sharpe_ratio(with_gap, periods_per_year=365) == sharpe_ratio(without, periods_per_year=365)
    assert metrics.value_at_risk(with_gap) == metrics.value_at_risk(without)
    assert metrics.beta(with_gap, np.array([1.0, 5.0, -1.0, 1.0])) == metrics.beta(
        without, np.array([1.0, -1.0, 1.0])
    )
    assert equity_curve(with_gap)[2] == equity_curve(with_gap)[1]


def test_a_comparison_of_other_lengths_is_refused() -> None:
    two, three = np.array([0.1, 0.2]), np.array([0.1, 0.2, 0.3])
    for ask in (
        lambda: sharpe_ratio(two, periods_per_year=1, risk_free=three),
        lambda: metrics.sortino_ratio(two, periods_per_year=1, required=three),
        lambda: metrics.omega_ratio(two, required=np.array([0.1])),
        lambda: metrics.beta(two, three),
        lambda: metrics.capture_ratio(two, three, periods_per_year=1),
        lambda: metrics.up_capture(two, three, periods_per_year=1),
        lambda: drawdown_episodes(two, np.arange(3)),
    ):
        with pytest.raises(BadSetting, match="do not fit"):
            ask()


@given(some_returns, st.integers(2, 10))
def test_a_rolling_sharpe_is_that_of_each_window(returns: FloatArray, window: int) -> None:
    rolled = rolling_sharpe(returns, window, periods_per_year=365)
    assert len(rolled) == len(returns)
    for row in range(len(returns)):
        part = returns[row + 1 - window : row + 1] if row + 1 >= window else NOTHING
        assert rolled[row] == pytest.approx(sharpe_ratio(part, periods_per_year=365), nan_ok=True, rel=1e-6)


@given(some_equity, st.integers(1, 10))
def test_a_rolling_drawdown_is_that_of_each_window(equity: FloatArray, window: int) -> None:
    rolled = rolling_max_drawdown(equity, window)
    for row in range(len(equity)):
        part = equity[row - window : row + 1] if row >= window else NOTHING
        assert rolled[row] == pytest.approx(max_drawdown(part), nan_ok=True)


def test_windows_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadSetting, match="window of 1 has no deviation"):
        rolling_sharpe(LUCKY, 1, periods_per_year=365)
    with pytest.raises(BadSetting, match="window of 0"):
        rolling_max_drawdown(LUCKY, 0)


@given(some_equity)
def test_a_drawdown_is_a_fall_from_the_highest_before(equity: FloatArray) -> None:
    falls = drawdowns(equity)
    for row, fall in enumerate(falls):
        assert fall == pytest.approx(equity[row] / equity[: row + 1].max() - 1)
    assert max_drawdown(equity) == falls.min()
    assert -1 < max_drawdown(equity) <= 0


def test_a_fall_has_its_dates() -> None:
    equity = np.array([100.0, 120.0, 120.0, 90.0, 60.0, 130.0, 117.0])
    first, second = drawdown_episodes(equity, np.arange(7) * 10)
    assert first == Drawdown(depth=-0.5, start=20, trough=40, recovery=50, end=50)
    assert (first.duration, first.falling, first.recovering) == (30, 20, 10)
    assert second == Drawdown(depth=pytest.approx(-0.1), start=50, trough=60, recovery=None, end=60)
    assert deepest_drawdown(equity, np.arange(7)) == Drawdown(
        depth=-0.5, start=2, trough=4, recovery=5, end=5
    )
    assert average_drawdown(equity) == pytest.approx(-0.3)
    assert average_drawdown_duration(equity, np.arange(7) * 10) == 20
    assert ulcer_index(equity) == pytest.approx(math.sqrt((0.25**2 + 0.5**2 + 0.1**2) / 7))


def test_what_is_not_recovered_lasts_until_the_end() -> None:
    equity, time = np.array([100.0, 80.0, 100.0, 99.0, 98.0, 97.0]), np.arange(6)
    longest = longest_drawdown(equity, time)
    assert longest is not None
    assert (longest.start, longest.recovery, longest.duration) == (2, None, 3)


def test_what_never_fell_has_no_drawdown() -> None:
    rising = np.array([1.0, 1.0, 2.0])
    assert drawdown_episodes(rising, np.arange(3)) == ()
    assert deepest_drawdown(rising, np.arange(3)) is None
    assert longest_drawdown(rising, np.arange(3)) is None
    assert max_drawdown(rising) == average_drawdown(rising) == ulcer_index(rising) == 0


@given(some_equity)
def test_the_episodes_cover_every_fall_once(equity: FloatArray) -> None:
    episodes = drawdown_episodes(equity, np.arange(len(equity)))
    assert min((fall.depth for fall in episodes), default=0.0) == max_drawdown(equity)
    below = sum(fall.duration - (fall.recovery is not None) for fall in episodes)
    assert below == (drawdowns(equity) < 0).sum()
    for fall, after in pairwise(episodes):
        assert fall.recovery is not None
        assert fall.start < fall.trough < fall.recovery <= after.start


def test_the_worst_of_the_returns() -> None:
    returns = np.arange(-5, 5) / 100  # ten, the worst -5 %
    assert metrics.conditional_value_at_risk(returns, share=0.1) == pytest.approx(-0.05)
    assert metrics.conditional_value_at_risk(returns, share=0.05) == pytest.approx(-0.05)
    assert metrics.conditional_value_at_risk(returns, share=0.2) == pytest.approx(-0.045)
    assert metrics.conditional_value_at_risk(returns, share=0.25) == pytest.approx(
        (-0.05 - 0.04 + 0.5 * -0.03) / 2.5
    )
    assert metrics.value_at_risk(returns, share=0.5) == pytest.approx(-0.005)
    for share in (0.0, 1.0, 5.0, math.nan):
        with pytest.raises(BadSetting, match="share"):
            metrics.value_at_risk(returns, share=share)


@given(some_returns, st.floats(0.01, 0.99))
def test_the_mean_of_the_tail_is_never_above_its_border(returns: FloatArray, share: float) -> None:
    border = metrics.value_at_risk(returns, share=share)
    assert metrics.conditional_value_at_risk(returns, share=share) <= border + 1e-12


def test_a_normal_distribution_has_skew_zero_and_kurtosis_three() -> None:
    normal = np.random.default_rng(0).standard_normal(200_000)
    assert metrics.skewness(normal) == pytest.approx(0, abs=0.02)
    assert metrics.kurtosis(normal) == pytest.approx(3, abs=0.05)
    assert metrics.skewness(np.array([0.01, 0.01, 0.01, -0.09])) < 0


def test_a_loss_of_everything_has_no_stability() -> None:
    assert math.isnan(metrics.stability(np.array([0.1, -1.0, 0.2])))
    assert math.isnan(metrics.stability(np.zeros(5)))


def test_half_the_market_and_a_little_more() -> None:
    market = np.array([0.02, -0.02, 0.04, -0.03])
    ours = 0.5 * market + 0.001
    assert metrics.beta(ours, market) == pytest.approx(0.5)
    assert metrics.alpha(ours, market, periods_per_year=1) == pytest.approx(0.001)
    # of a risk-free rate half is earned by the half that is not in the market
    assert metrics.alpha(ours, market, periods_per_year=1, risk_free=0.002) == pytest.approx(0.0)
    assert metrics.up_capture(0.5 * market, market, periods_per_year=2) == pytest.approx(
        (1.01 * 1.02 - 1) / (1.02 * 1.04 - 1)
    )
    assert metrics.down_capture(0.5 * market, market, periods_per_year=2) == pytest.approx(
        (0.99 * 0.985 - 1) / (0.98 * 0.97 - 1)
    )
