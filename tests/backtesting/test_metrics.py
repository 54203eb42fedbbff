from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.backtesting.metrics import (
    drawdowns,
    max_drawdown,
    periods_per_year,
    sharpe_ratio,
    simple_returns,
    total_return,
    win_rate,
)
from thebot.market import Timeframe

CASES = ("max_drawdown", "sharpe_ratio", "cum_returns_final", "excess_sharpe")


@pytest.fixture(scope="module")
def empyrical(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "vectors" / "metrics" / "empyrical_cases.json").read_text())
    return found


def curve(returns: np.ndarray) -> np.ndarray:
    return np.concatenate([[1.0], np.cumprod(1 + np.nan_to_num(returns))])


def test_metrics_are_those_that_empyrical_publishes(empyrical: dict[str, Any]) -> None:
    series = {
        name: np.array([float(value) for value in fixture["values"]])
        for name, fixture in empyrical["fixtures"].items()
        if isinstance(fixture["values"], list)
    }
    checked = 0
    for case in empyrical["cases"]:
        metric, args, expected = case["metric"], case["args"], float_of(case["expected"])
        if metric not in CASES or expected is None or args["returns"] not in series:
            continue
        returns = series[args["returns"]]
        if not len(returns):
            continue  # what nothing gives is tested below
        if metric == "max_drawdown":
            found = max_drawdown(curve(returns))
        elif metric == "cum_returns_final":
            if args["starting_value"] != 0:
                continue
            found = total_return(curve(returns))
        else:
            other = args["risk_free"] if metric == "sharpe_ratio" else args["factor_returns"]
            if isinstance(other, str) and other not in series:
                continue
            excess = returns - (series[other] if isinstance(other, str) else other)
            found = sharpe_ratio(excess, periods_per_year=252 if metric == "sharpe_ratio" else 1)
            if math.isinf(expected):
                expected = math.nan  # a line without deviation: we do not call that infinitely good
        assert found == pytest.approx(expected, abs=10.0 ** -case["decimals"], nan_ok=True), case
        checked += 1
    assert checked >= 18


def float_of(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | str) else None


def test_a_year_has_as_many_candles_as_365_days_hold() -> None:
    assert periods_per_year(Timeframe("1h")) == 8760
    assert periods_per_year(Timeframe("1d")) == 365
    assert periods_per_year(Timeframe("1w")) == pytest.approx(365 / 7)
    assert periods_per_year(Timeframe("1M")) == 12
    assert periods_per_year(Timeframe("1d"), days=252) == 252


def test_what_nothing_gives_is_not_known() -> None:
    assert math.isnan(win_rate([]))
    assert math.isnan(max_drawdown(np.empty(0)))
    assert math.isnan(total_return(np.empty(0)))
    assert math.isnan(sharpe_ratio(np.array([0.01]), periods_per_year=365))
    assert math.isnan(sharpe_ratio(np.zeros(10), periods_per_year=365))
    assert math.isnan(sharpe_ratio(np.full(10, 0.01), periods_per_year=365))
    assert simple_returns(np.array([5.0])).tolist() == []


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=50))
def test_a_drawdown_is_a_fall_from_the_highest_before(values: list[float]) -> None:
    equity = np.array(values)
    falls = drawdowns(equity)
    for row, fall in enumerate(falls):
        assert fall == pytest.approx(equity[row] / equity[: row + 1].max() - 1)
    assert max_drawdown(equity) == falls.min()
    assert -1 < max_drawdown(equity) <= 0
