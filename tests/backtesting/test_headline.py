from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtesting.records import record

from thebot.backtesting import headline, metrics
from thebot.backtesting.bootstrap import added_up, group_starts, intervals
from thebot.market import FloatArray

YEAR = 8760.0


def walk(count: int, seed: int) -> tuple[FloatArray, FloatArray]:
    random = np.random.default_rng(seed)
    market = random.normal(0.0002, 0.01, count)
    return 0.5 * market + random.normal(0.0001, 0.005, count), market


def by_metrics(returns: FloatArray, market: FloatArray) -> dict[str, float]:
    curve = metrics.equity_curve(returns)
    return {
        "total_return": metrics.total_return(curve),
        "annual_return": metrics.annual_return(curve, periods_per_year=YEAR),
        "volatility": metrics.volatility(returns, periods_per_year=YEAR),
        "sharpe_ratio": metrics.sharpe_ratio(returns, periods_per_year=YEAR),
        "sortino_ratio": metrics.sortino_ratio(returns, periods_per_year=YEAR),
        "omega_ratio": metrics.omega_ratio(returns),
        "calmar_ratio": metrics.calmar_ratio(curve, periods_per_year=YEAR),
        "max_drawdown": metrics.max_drawdown(curve),
        "beta": metrics.beta(returns, market),
        "alpha": metrics.alpha(returns, market, periods_per_year=YEAR),
    }


@settings(max_examples=25)
@given(st.integers(2, 9000), st.integers(0, 1000))
def test_figures_from_sums_are_those_of_the_metrics_however_long_the_record(count: int, seed: int) -> None:
    """Above 2,000 rows neighbours are added up: the deepest fall and all the others stay what they are."""
    returns, market = walk(count, seed)
    rows = headline._stretches(returns, market)
    assert len(rows) == min(count, 2000)
    sums = headline._of_samples(rows[None])
    for name, expected in by_metrics(returns, market).items():
        found = float(headline._of_curve(YEAR)[name](sums)[0])
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-11, nan_ok=True), name


def test_intervals_are_those_that_the_metrics_give_of_the_same_resamples() -> None:
    returns, market = walk(300, 1)
    found = headline.of_returns(returns, market, periods_per_year=YEAR, seed=5)
    slow = intervals(
        {
            "sharpe_ratio": lambda sample: metrics.sharpe_ratio(sample, periods_per_year=YEAR),
            "max_drawdown": lambda sample: metrics.max_drawdown(metrics.equity_curve(sample)),
            "omega_ratio": metrics.omega_ratio,
        },
        returns, resamples=headline.RESAMPLES, seed=5,
    )  # fmt: skip
    for name, each in slow.items():
        assert (found[name].low, found[name].high) == pytest.approx((each.low, each.high), rel=1e-9), name


def test_a_long_record_of_independent_returns_has_an_interval_as_wide_as_theory_says() -> None:
    """8,000 rows in 2,000 stretches: the Sharpe ratio's deviation is the root of a year over the rows."""
    found = [
        headline.of_returns(*walk(8000, seed), periods_per_year=YEAR)["sharpe_ratio"] for seed in range(5)
    ]
    width = np.mean([each.high - each.low for each in found])
    assert width == pytest.approx(2 * 1.96 * np.sqrt(YEAR / 8000), rel=0.05)


@settings(max_examples=25)
@given(st.lists(st.floats(-100, 100).filter(lambda value: abs(value) > 1e-3), min_size=1, max_size=60))
def test_figures_of_trades_are_those_of_the_metrics(profits: list[float]) -> None:
    profit = np.array(profits)
    gain, costs, traded = profit / 1000, np.full(len(profit), 2.0), np.full(len(profit), 2000.0)
    found = headline.of_trades(profit, gain, costs, traded)
    expected: dict[str, Any] = {
        "win_rate": metrics.win_rate(profit),
        "profit_factor": metrics.profit_factor(profit),
        "expectancy": metrics.expectancy(profit),
        "average_gain": metrics.expectancy(gain),
        "payoff_ratio": metrics.payoff_ratio(profit),
        "break_even_cost": metrics.break_even_cost(profit, costs, traded),
    }
    for name, value in expected.items():
        assert found[name].point == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name
    if np.ptp(gain) > 1e-4:
        assert found["system_quality_number"].point == pytest.approx(
            metrics.system_quality_number(gain), rel=1e-5
        )
    if 0 < found["win_rate"].point < 1:
        assert found["kelly_fraction"].point == pytest.approx(
            metrics.kelly_fraction(gain), rel=1e-9, abs=1e-9
        )


def test_a_market_that_stands_still_has_no_beta_and_a_flat_record_no_ratios() -> None:
    returns, market = walk(500, 2)
    assert np.isnan(headline.of_returns(returns, np.zeros(500), periods_per_year=YEAR)["beta"].point)
    assert np.isnan(headline.of_returns(returns, np.full(500, 0.001), periods_per_year=YEAR)["beta"].point)
    flat = headline.of_returns(np.zeros(500), market, periods_per_year=YEAR)
    assert flat["total_return"].point == flat["volatility"].point == 0
    assert np.isnan([flat[name].point for name in ("sharpe_ratio", "sortino_ratio", "omega_ratio")]).all()


def test_the_seed_of_a_record_decides_its_intervals() -> None:
    curve = 1000 * metrics.equity_curve(walk(200, 4)[0])[1:]
    one, same, other = (record(curve.tolist(), seed=seed).intervals for seed in (1, 1, 2))
    assert one["sharpe_ratio"] == same["sharpe_ratio"]
    assert one["sharpe_ratio"].point == other["sharpe_ratio"].point
    assert one["sharpe_ratio"].low != other["sharpe_ratio"].low


@given(st.integers(1, 400), st.integers(1, 50))
def test_groups_of_neighbours_hold_every_row_once(count: int, most: int) -> None:
    starts = group_starts(count, most)
    lengths = np.diff(starts, append=count)
    assert starts[0] == 0
    assert len(starts) == min(count, most)
    assert lengths.max() - lengths.min() <= 1
    rows = np.arange(count, dtype=np.float64)[:, None]
    assert added_up(rows, most).sum() == rows.sum()
