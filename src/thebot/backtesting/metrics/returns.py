"""Returns and equity curves: what was earned, how fast, and how unsteadily.

Returns have shape (periods,): simple returns as fractions, net of costs, one for each period. An equity curve
has shape (periods + 1,): the account's value in quote currency at the start and after each period. nan among
returns is a period of which nothing is known; it is left out, unless a docstring says otherwise.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from thebot.errors import BadSetting
from thebot.market import FloatArray, Timeframe
from thebot.market.timeframe import DAY

YEAR_DAYS: Final = 365  # crypto trades on all of them
NO_DEVIATION: Final = 1e-12  # of the mean: what rounding leaves in a flat line


def periods_per_year(timeframe: Timeframe, *, days: float = YEAR_DAYS) -> float:
    """How many candles of the timeframe a year of `days` days has.

    >>> periods_per_year(Timeframe("1h"))
    8760.0
    """
    return 12.0 if timeframe.name == "1M" else days * DAY / timeframe.nominal_ms


def return_per_period(annual: float, *, periods_per_year: float) -> float:
    """The return of one period that compounds to `annual` in a year, both as fractions.

    (1 + annual) ^ (1 / periods_per_year) - 1: for a yearly hurdle or risk-free rate in the ratios, which take
    them by the period. nan for a yearly loss of everything or more.

    >>> round(return_per_period(0.05, periods_per_year=365), 8)
    0.00013368
    """
    return math.expm1(math.log1p(annual) / periods_per_year) if annual > -1 else math.nan


def known(values: FloatArray) -> FloatArray:
    """The values that are not nan."""
    missing = np.isnan(values)
    return values[~missing] if missing.any() else values


def excess(returns: FloatArray, over: FloatArray | float) -> FloatArray:
    """The known part of `returns` above `over`: one number, or one for each period.

    Raises BadSetting where the two have different lengths.
    """
    if isinstance(over, np.ndarray) and over.shape != returns.shape:
        raise BadSetting(
            f"{len(over)} returns to compare with do not fit {len(returns)} returns: give one a period."
        )
    return known(returns - over)


def simple_returns(equity: FloatArray) -> FloatArray:
    """Each value over the one before it, minus 1: shape (values - 1,). Empty for fewer than two.

    nan after a value that is not above zero: there is nothing left to earn with.

    >>> simple_returns(np.array([100.0, 110.0, 0.0, 0.0])).round(6).tolist()
    [0.1, -1.0, nan]
    """
    if len(equity) < 2:
        return np.empty(0)
    unknown = np.full(len(equity) - 1, math.nan)
    grown: FloatArray = np.divide(equity[1:], equity[:-1], out=unknown, where=equity[:-1] > 0)
    return grown - 1.0


def equity_curve(returns: FloatArray, *, start: float = 1.0) -> FloatArray:
    """What `start` becomes by compounding `returns`: shape (periods + 1,), the start in front.

    In a period of which nothing is known (nan) the value stays.

    >>> equity_curve(np.array([0.5, -0.2]), start=100.0).tolist()
    [100.0, 150.0, 120.0]
    """
    factors = np.concatenate([[start], 1.0 + np.nan_to_num(returns)])
    grown: FloatArray = np.cumprod(factors)
    return grown


def total_return(equity: FloatArray) -> float:
    """The last value over the first, minus 1, as a fraction. nan for fewer than two values.

    >>> round(total_return(np.array([100.0, 120.0, 90.0])), 6)
    -0.1
    """
    return float(equity[-1] / equity[0] - 1.0) if len(equity) > 1 else math.nan


def annual_return(equity: FloatArray, *, periods_per_year: float) -> float:
    """The compound annual growth rate (CAGR): the yearly return, as a fraction, that leads to the last value.

    (last / first) ^ (periods_per_year / periods) - 1, with as many periods as the curve has steps. -1 when
    everything was lost, nan for fewer than two values or a debt at the end; inf where a short and lucky
    record grows beyond what a float holds. Of less than a year it is an extrapolation: say so where it is
    shown.
    Source: empyrical, `annual_return`, with 252 periods where we take 365 days.

    >>> round(annual_return(np.array([100.0, 105.0, 121.0]), periods_per_year=1), 6)
    0.1
    """
    if len(equity) < 2:
        return math.nan
    growth = float(equity[-1] / equity[0])
    if growth <= 0:
        return -1.0 if growth == 0 else math.nan
    try:
        return math.expm1(math.log(growth) * periods_per_year / (len(equity) - 1))
    except OverflowError:
        return math.inf


def volatility(returns: FloatArray, *, periods_per_year: float) -> float:
    """Sample deviation (ddof 1) of `returns` times the root of `periods_per_year`, as a fraction a year.

    nan for fewer than two periods. The scaling assumes that periods are independent.
    Source: empyrical, `annual_volatility`.

    >>> round(volatility(np.array([0.01, -0.01]), periods_per_year=365), 4)
    0.2702
    """
    found = known(returns)
    return float(found.std(ddof=1)) * math.sqrt(periods_per_year) if len(found) > 1 else math.nan
