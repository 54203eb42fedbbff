"""What was earned for what was risked. Each ratio takes its hurdle by the period and is scaled to a year.

A ratio whose denominator is zero is nan: a record without a loss is not infinitely good, it is too short.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from thebot.backtesting.metrics.drawdown import max_drawdown
from thebot.backtesting.metrics.returns import NO_DEVIATION, annual_return, excess
from thebot.errors import BadSetting
from thebot.market import FloatArray

_CELLS = 1 << 20  # of the windows that are laid out at once: 8 MiB


def sharpe_ratio(
    returns: FloatArray, *, periods_per_year: float, risk_free: FloatArray | float = 0.0
) -> float:
    """Mean over sample deviation (ddof 1) of `returns`, scaled to a year by the root of `periods_per_year`.

    `returns` has shape (periods,): simple returns as fractions, net of costs; `risk_free` is taken off them,
    one number for every period or one for each. nan in them is left out. Gives nan for fewer than two periods
    or no deviation. The scaling assumes that periods are independent, which returns of a held position are
    not quite: a rank, not a promise. Raises BadSetting for a `risk_free` of another length.
    Source: W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management, 1994.

    >>> round(sharpe_ratio(np.array([0.01, -0.005, 0.007]), periods_per_year=365), 2)
    9.63
    """
    found = excess(returns, risk_free)
    if len(found) < 2:
        return math.nan
    mean, deviation = float(found.mean()), float(found.std(ddof=1))
    if deviation <= NO_DEVIATION * abs(mean):
        return math.nan
    return mean / deviation * math.sqrt(periods_per_year)


def information_ratio(
    returns: FloatArray, benchmark: FloatArray | float, *, periods_per_year: float
) -> float:
    """The Sharpe ratio of what `returns` earned above `benchmark`, scaled to a year.

    nan and BadSetting as `sharpe_ratio`; nan for a copy of the benchmark. empyrical's `excess_sharpe` is this
    with one period a year.

    >>> round(information_ratio(np.array([0.03, 0.01]), np.array([0.0, 0.0]), periods_per_year=1), 4)
    1.4142
    """
    return sharpe_ratio(returns, periods_per_year=periods_per_year, risk_free=benchmark)


def rolling_sharpe(returns: FloatArray, window: int, *, periods_per_year: float) -> FloatArray:
    """The Sharpe ratio of the last `window` periods, at each period: shape (periods,), scaled to a year.

    nan for the first `window` - 1 periods and where a window holds fewer than two known returns or no
    deviation. Raises BadSetting for a window below 2.
    Source: empyrical, `roll_sharpe_ratio`, which leaves the first ones out.

    >>> rolling_sharpe(np.array([0.01, -0.01, 0.03]), 2, periods_per_year=1).round(4).tolist()
    [nan, 0.0, 0.3536]
    """
    if window < 2:
        raise BadSetting(f"A window of {window} has no deviation: give at least 2 periods.")
    rolled = np.full(len(returns), math.nan)
    if len(returns) < window:
        return rolled
    windows = sliding_window_view(returns, window)
    at_once = max(1, _CELLS // window)
    for first in range(0, len(windows), at_once):
        part = windows[first : first + at_once]
        rolled[window - 1 + first : window - 1 + first + len(part)] = _sharpe_of_rows(part)
    return rolled * math.sqrt(periods_per_year)


def _sharpe_of_rows(rows: FloatArray) -> FloatArray:
    """By the period, over the known values of each row."""
    there = ~np.isnan(rows)
    count = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, rows, 0.0).sum(axis=1) / count
        off = np.where(there, rows - mean[:, None], 0.0)
        deviation = np.sqrt((off * off).sum(axis=1) / (count - 1))
        ratio: FloatArray = np.where(deviation > NO_DEVIATION * np.abs(mean), mean / deviation, math.nan)
    return ratio


def downside_deviation(
    returns: FloatArray, *, periods_per_year: float, required: FloatArray | float = 0.0
) -> float:
    """The root mean square of what `returns` fall short of `required`, scaled to a year, as a fraction.

    sqrt(mean(min(return - required, 0)^2)) * sqrt(periods_per_year); the mean is over all periods, not only
    over those that fell short. `required` is a return by the period, one for all or one for each. 0 where
    nothing fell short, nan for no periods. Raises BadSetting for a `required` of another length.
    Source: F. A. Sortino and R. van der Meer, "Downside Risk", Journal of Portfolio Management, 1991;
    empyrical, `downside_risk`.

    >>> round(downside_deviation(np.array([0.03, -0.03, -0.04, 0.05]), periods_per_year=1), 6)
    0.025
    """
    short = np.minimum(excess(returns, required), 0.0)
    return math.sqrt(float((short * short).mean()) * periods_per_year) if len(short) else math.nan


def sortino_ratio(
    returns: FloatArray, *, periods_per_year: float, required: FloatArray | float = 0.0
) -> float:
    """Mean of `returns` above `required` over their downside deviation, scaled to a year.

    mean(return - required) * periods_per_year / downside_deviation. nan for fewer than two periods or where
    nothing fell short (empyrical says inf). Raises BadSetting for a `required` of another length.
    Source: as `downside_deviation`.

    >>> round(sortino_ratio(np.array([0.03, -0.03, -0.04, 0.05]), periods_per_year=1), 6)
    0.1
    """
    found = excess(returns, required)
    if len(found) < 2:
        return math.nan
    mean, below = float(found.mean()), downside_deviation(found, periods_per_year=1.0)
    return math.nan if below <= NO_DEVIATION * abs(mean) else mean / below * math.sqrt(periods_per_year)


def omega_ratio(returns: FloatArray, *, required: FloatArray | float = 0.0) -> float:
    """What `returns` gave above `required` in sum, over what they fell short of it in sum.

    sum(max(return - required, 0)) / sum(max(required - return, 0)), without unit: above 1 the gains weigh
    more. `required` is a return by the period: `return_per_period` turns a yearly one into it. nan for fewer
    than two periods or where nothing fell short. Raises BadSetting for a `required` of another length.
    Source: C. Keating and W. F. Shadwick, "A Universal Performance Measure", 2002; empyrical, `omega_ratio`.

    >>> round(omega_ratio(np.array([0.03, -0.01, -0.01])), 6)
    1.5
    """
    found = excess(returns, required)
    short = -float(np.minimum(found, 0.0).sum())
    return float(np.maximum(found, 0.0).sum()) / short if len(found) > 1 and short > 0 else math.nan


def calmar_ratio(equity: FloatArray, *, periods_per_year: float) -> float:
    """The annual return over the deepest drawdown, taken as positive.

    nan for fewer than two values or where the equity never fell. Over the whole record, as empyrical does;
    Young's own takes the last 36 months: hand in that part of the curve for it.
    Source: T. W. Young, "Calmar Ratio: A Smoother Tool", Futures, 1991; empyrical, `calmar_ratio`.

    >>> round(calmar_ratio(np.array([100.0, 80.0, 120.0]), periods_per_year=2), 6)
    1.0
    """
    fall = max_drawdown(equity)
    return annual_return(equity, periods_per_year=periods_per_year) / -fall if fall < 0 else math.nan
