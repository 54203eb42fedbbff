"""A record beside buy-and-hold: how much of it the market did, and what is left.

`returns` and `benchmark` have shape (periods,): simple returns as fractions of the same periods. A period in
which either is nan is left out of beta and alpha; in capture it counts as one in which nothing moved. Each
raises BadSetting where the two have different lengths.
"""

from __future__ import annotations

import math

import numpy as np

from thebot.backtesting.metrics.returns import NO_DEVIATION, annual_return, equity_curve
from thebot.errors import BadSetting
from thebot.market import FloatArray


def beta(returns: FloatArray, benchmark: FloatArray) -> float:
    """By how much the record moved for one of the benchmark: covariance over the benchmark's variance.

    nan for fewer than two periods or a benchmark without deviation.
    Source: empyrical, `beta`.

    >>> round(beta(np.array([0.01, -0.01, 0.02]), np.array([0.02, -0.02, 0.04])), 6)
    0.5
    """
    return _line(returns, benchmark)[1]


def alpha(
    returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float, risk_free: float = 0.0
) -> float:
    """What the record earned a year beyond its beta to the benchmark, as a fraction.

    The mean of (return - risk_free) - beta * (benchmark - risk_free), compounded over `periods_per_year`;
    `risk_free` is a return by the period. nan for fewer than two periods or a benchmark without deviation.
    Source: M. C. Jensen, "The Performance of Mutual Funds in the Period 1945-1964", Journal of Finance, 1968;
    compounded as empyrical does.

    >>> market = np.array([0.02, -0.02, 0.03])
    >>> round(alpha(0.5 * market + 0.001, market, periods_per_year=2), 6)
    0.002001
    """
    intercept, slope = _line(returns, benchmark)
    left = intercept - risk_free * (1.0 - slope)
    if math.isnan(left) or left < -1:
        return math.nan
    try:
        return math.expm1(math.log1p(left) * periods_per_year) if left > -1 else -1.0
    except OverflowError:
        return math.inf


def _line(returns: FloatArray, benchmark: FloatArray) -> tuple[float, float]:
    """Intercept (by the period) and slope of the least-squares line through the pairs."""
    _check(returns, benchmark)
    both = ~(np.isnan(returns) | np.isnan(benchmark))
    ours, market = returns[both], benchmark[both]
    if len(ours) < 2:
        return math.nan, math.nan
    mean = float(market.mean())
    off = market - mean
    spread = float((off * off).sum())
    if math.sqrt(spread / len(off)) <= NO_DEVIATION * abs(mean):
        return math.nan, math.nan
    slope = float((off * ours).sum()) / spread
    return float(ours.mean()) - slope * mean, slope


def _check(returns: FloatArray, benchmark: FloatArray) -> None:
    if len(returns) != len(benchmark):
        raise BadSetting(
            f"{len(benchmark)} returns of the benchmark do not fit {len(returns)} returns: give one for each "
            "period."
        )


def capture_ratio(returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float) -> float:
    """The annual return of the record over that of the benchmark.

    Of two annual returns, so it depends on `periods_per_year`. nan for no periods or a benchmark that came
    out where it began.
    Source: Morningstar, "Upside/Downside Capture Ratio", 2009, with annual returns as in empyrical's
    `capture`.

    >>> round(capture_ratio(np.array([0.1, 0.1]), np.array([0.2, 0.2]), periods_per_year=1), 6)
    0.5
    """
    _check(returns, benchmark)
    ours, market = (
        annual_return(equity_curve(part), periods_per_year=periods_per_year) for part in (returns, benchmark)
    )
    return ours / market if market != 0 and math.isfinite(market) else math.nan


def up_capture(returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float) -> float:
    """`capture_ratio` of the periods in which the benchmark rose. nan where it never did."""
    _check(returns, benchmark)
    return capture_ratio(returns[benchmark > 0], benchmark[benchmark > 0], periods_per_year=periods_per_year)


def down_capture(returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float) -> float:
    """`capture_ratio` of the periods in which the benchmark fell: lower is better. nan if it never did."""
    _check(returns, benchmark)
    return capture_ratio(returns[benchmark < 0], benchmark[benchmark < 0], periods_per_year=periods_per_year)


def up_down_capture(returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float) -> float:
    """`up_capture` over `down_capture`. nan where either is, or where nothing of the falls was caught.

    Source: empyrical, `up_down_capture`.
    """
    up = up_capture(returns, benchmark, periods_per_year=periods_per_year)
    down = down_capture(returns, benchmark, periods_per_year=periods_per_year)
    return up / down if down != 0 else math.nan
