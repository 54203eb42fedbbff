"""The metrics beside the numbers that others publish: empyrical's tests and pypbo's examples."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from thebot.backtesting import metrics
from thebot.market import FloatArray, IntArray
from thebot.market.timeframe import DAY

A_YEAR = {"daily": 252, "weekly": 52, "monthly": 12, "yearly": 1}  # empyrical counts trading days
CALENDAR = {"weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}

# empyrical calls a ratio without a denominator infinite; we say that it is not known.
INFINITE_THERE = [
    ("sharpe_ratio", "flat_line_1"),
    ("sortino_ratio", "positive_returns"),
    ("sortino_ratio", "simple_benchmark"),
]

Series: TypeAlias = Callable[[Any], Any]  # the returns by their name; a number stays


def year_of(args: dict[str, Any]) -> int:
    return A_YEAR[args.get("period", "daily")]


def cum_returns(args: dict[str, Any], of: Series) -> FloatArray:
    start = args["starting_value"]
    curve = metrics.equity_curve(of(args["returns"]), start=start or 1.0)[1:]
    return curve if start else curve - 1.0


def cum_returns_final(args: dict[str, Any], of: Series) -> float:
    curve, start = metrics.equity_curve(of(args["returns"])), args["starting_value"]
    return start * (1.0 + metrics.total_return(curve)) if start else metrics.total_return(curve)


def annual_return(args: dict[str, Any], of: Series) -> float:
    return metrics.annual_return(metrics.equity_curve(of(args["returns"])), periods_per_year=year_of(args))


def omega_ratio(args: dict[str, Any], of: Series) -> float:
    """empyrical's required return is a yearly one; its risk-free rate is by the period."""
    required = metrics.return_per_period(args["required_return"], periods_per_year=252)
    return metrics.omega_ratio(of(args["returns"]), required=of(args["risk_free"]) + required)


def rolled(values: FloatArray, unknown: int) -> FloatArray:
    """Without the first ones, of which we say nan where empyrical says nothing."""
    assert np.isnan(values[:unknown]).all()
    return values[unknown:]


def by_name(name: str, second: str, keyword: str | None = None) -> Callable[[dict[str, Any], Series], float]:
    """A metric of returns and one more argument, handed on by position or by `keyword`, scaled to a year."""

    def found(args: dict[str, Any], of: Series) -> float:
        metric, other = getattr(metrics, name), of(args[second])
        if keyword is None:
            return metric(of(args["returns"]), other, periods_per_year=year_of(args))
        return metric(of(args["returns"]), periods_per_year=year_of(args), **{keyword: other})

    return found


def both(args: dict[str, Any], of: Series) -> tuple[FloatArray, FloatArray]:
    """Returns and benchmark of the days in common, as empyrical aligns them; we refuse different lengths."""
    ours, benchmark = of(args["returns"]), of(args["benchmark"])
    common = min(len(ours), len(benchmark))  # all begin on one day
    return ours[:common], benchmark[:common]


def alpha(args: dict[str, Any], of: Series) -> float:
    return metrics.alpha(*both(args, of), periods_per_year=252)


def beta(args: dict[str, Any], of: Series) -> float:
    return metrics.beta(*both(args, of))


OURS: dict[str, Callable[[dict[str, Any], Series], Any]] = {
    "cum_returns": cum_returns,
    "cum_returns_final": cum_returns_final,
    "annual_return": annual_return,
    "cagr": annual_return,
    "max_drawdown": lambda args, of: metrics.max_drawdown(metrics.equity_curve(of(args["returns"]))),
    "annual_volatility": lambda args, of: metrics.volatility(
        of(args["returns"]), periods_per_year=year_of(args)
    ),
    "calmar_ratio": lambda args, of: metrics.calmar_ratio(
        metrics.equity_curve(of(args["returns"])), periods_per_year=year_of(args)
    ),
    "omega_ratio": omega_ratio,
    "sharpe_ratio": by_name("sharpe_ratio", "risk_free", "risk_free"),
    "downside_risk": by_name("downside_deviation", "required_return", "required"),
    "sortino_ratio": by_name("sortino_ratio", "required_return", "required"),
    "excess_sharpe": lambda args, of: metrics.information_ratio(
        of(args["returns"]), of(args["factor_returns"]), periods_per_year=1
    ),
    "alpha": alpha,
    "beta": beta,
    "alpha_beta": lambda args, of: [alpha(args, of), beta(args, of)],
    "stability_of_timeseries": lambda args, of: metrics.stability(of(args["returns"])),
    "tail_ratio": lambda args, of: metrics.tail_ratio(of(args["returns"])),
    "roll_max_drawdown": lambda args, of: rolled(
        metrics.rolling_max_drawdown(metrics.equity_curve(of(args["returns"])), args["window"]),
        args["window"],
    ),
    "roll_sharpe_ratio": lambda args, of: rolled(
        metrics.rolling_sharpe(of(args["returns"]), args["window"], periods_per_year=252), args["window"] - 1
    ),
    "capture": by_name("capture_ratio", "factor_returns"),
    "up_down_capture": by_name("up_down_capture", "factor_returns"),
}


@pytest.fixture(scope="module")
def empyrical(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "vectors" / "metrics" / "empyrical_cases.json").read_text())
    return found


def column(values: list[Any]) -> FloatArray:
    return np.array([float(value) for value in values])


def closes(first: str, step: str, count: int) -> IntArray:
    """When the account was worth what the curve says: at the start, then at the end of each dated day."""
    day = np.datetime64(first, "D")
    if step == "ME":
        months = day.astype("datetime64[M]") + np.arange(1, count + 1)
        ends = months.astype("datetime64[D]")
    else:
        ends = day + 1 + np.arange(count) * {"D": 1, "W-SUN": 7}[step]
    found = ends.astype("datetime64[ms]").astype(np.int64)
    return np.concatenate([found[:1] - DAY, found])


def expected_of(case: dict[str, Any]) -> Any:
    if (case["metric"], case["args"]["returns"]) in INFINITE_THERE:
        assert case["expected"] == "inf"
        return math.nan
    return column(case["expected"]) if isinstance(case["expected"], list) else float(case["expected"])


def test_every_case_that_empyrical_publishes_comes_out_the_same(empyrical: dict[str, Any]) -> None:
    fixtures = empyrical["fixtures"]

    def of(name: Any) -> Any:
        values = fixtures[name]["values"] if isinstance(name, str) else name
        if isinstance(values, dict):  # a table of one column
            [values] = values.values()
        return column(values) if isinstance(values, list) else values

    checked = 0
    for case in empyrical["cases"]:
        metric, args, near = case["metric"], case["args"], 10.0 ** -case["decimals"]
        values = fixtures[args["returns"]]["values"]
        found: Any
        if metric == "aggregate_returns":
            first, step = fixtures[args["returns"]]["dates"]
            time = closes(first, step, len(values))
            table = metrics.calendar_returns(
                time, metrics.equity_curve(of(args["returns"])), CALENDAR[args["convert_to"]]
            )
            found = [line.gain for line in table]
        elif isinstance(values, dict) and len(values) > 1:  # a table: each column by itself
            found = [OURS[metric]({**args, "returns": one}, of) for one in values.values()]
        else:
            found = OURS[metric](args, of)
        assert found == pytest.approx(expected_of(case), abs=near, nan_ok=True), case
        checked += 1
    assert checked == 117


@pytest.mark.parametrize("metric", ["sharpe", "sortino", "omega"])
def test_the_examples_of_pypbo_come_out_the_same(metric: str, shared: Path) -> None:
    cases = json.loads((shared / "vectors" / "metrics" / "psr_dsr_mintrl.json").read_text())["cases"]
    [case] = [case for case in cases if case["metric"] == metric]
    inputs = case["inputs"]
    returns = np.array(inputs["returns"])
    found = {
        "sharpe": lambda: metrics.sharpe_ratio(returns, periods_per_year=1, risk_free=inputs["benchmark"]),
        "sortino": lambda: metrics.sortino_ratio(returns, periods_per_year=1, required=inputs["target"]),
        "omega": lambda: metrics.omega_ratio(returns, required=inputs["target"]),
    }[metric]()
    assert found == pytest.approx(case["expected"], abs=case["atol"])


def test_a_longer_series_gives_what_empyrical_computes_of_it() -> None:
    """Run by empyrical-reloaded 0.7.1 on the same series; its published cases are short."""
    generator = np.random.default_rng(7)
    market = generator.standard_normal(300) * 0.02 + 0.001
    returns = 0.6 * market + generator.standard_normal(300) * 0.01 + 0.0005
    curve = metrics.equity_curve(returns)
    found = {
        "alpha": metrics.alpha(returns, market, periods_per_year=252, risk_free=0.0001),
        "beta": metrics.beta(returns, market),
        "tail_ratio": metrics.tail_ratio(returns),
        "value_at_risk": metrics.value_at_risk(returns),
        "conditional_value_at_risk": metrics.conditional_value_at_risk(returns),  # 15 whole returns
        "stability": metrics.stability(returns),
        "up_capture": metrics.up_capture(returns, market, periods_per_year=252),
        "down_capture": metrics.down_capture(returns, market, periods_per_year=252),
        "capture_ratio": metrics.capture_ratio(returns, market, periods_per_year=252),
        "sortino_ratio": metrics.sortino_ratio(returns, required=0.0002, periods_per_year=252),
        "calmar_ratio": metrics.calmar_ratio(curve, periods_per_year=252),
        "omega_ratio": metrics.omega_ratio(returns, required=0.0003),
    }
    assert found == pytest.approx(
        {
            "alpha": -0.20845739995036006,
            "beta": 0.5819951518520818,
            "tail_ratio": 0.7065683109025994,
            "value_at_risk": -0.02872753719848874,
            "conditional_value_at_risk": -0.03349227397204379,
            "stability": 0.9057154314289372,
            "up_capture": 0.1779786994453756,
            "down_capture": 0.9403402543737532,
            "capture_ratio": 1.0560845231038092,
            "sortino_ratio": -2.8243736009790528,
            "calmar_ratio": -0.749004678761289,
            "omega_ratio": 0.6769607780716348,
        },
        rel=1e-10,
    )
