"""What a series of returns, an equity curve or a list of trades says, as pure functions.

The same for every record: simulated, replayed, on paper or live.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from thebot.market import FloatArray, Timeframe
from thebot.market.timeframe import DAY

YEAR_DAYS: Final = 365  # crypto trades on all of them
_NO_DEVIATION: Final = 1e-12  # of the mean: what rounding leaves in a flat line


def periods_per_year(timeframe: Timeframe, *, days: float = YEAR_DAYS) -> float:
    """How many candles of the timeframe a year of `days` days has.

    >>> periods_per_year(Timeframe("1h"))
    8760.0
    """
    return 12.0 if timeframe.name == "1M" else days * DAY / timeframe.nominal_ms


def simple_returns(equity: FloatArray) -> FloatArray:
    """Each value over the one before it, minus 1: shape (values - 1,). Empty for fewer than two."""
    return equity[1:] / equity[:-1] - 1.0 if len(equity) > 1 else np.empty(0)


def total_return(equity: FloatArray) -> float:
    """The last value over the first, minus 1, as a fraction. nan for no values.

    >>> round(total_return(np.array([100.0, 120.0, 90.0])), 6)
    -0.1
    """
    return float(equity[-1] / equity[0] - 1.0) if len(equity) else float("nan")


def sharpe_ratio(returns: FloatArray, *, periods_per_year: float) -> float:
    """Mean over sample deviation of `returns`, scaled to a year.

    `returns` has shape (periods,): simple returns as fractions, net of costs, over a risk-free return of
    zero; nan in them is left out. Gives nan for fewer than two periods or no deviation. The scaling assumes
    that periods are independent, which returns of a held position are not quite: a rank, not a promise.
    Source: W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management, 1994.

    >>> round(sharpe_ratio(np.array([0.01, -0.005, 0.007]), periods_per_year=365), 2)
    9.63
    """
    known = returns[~np.isnan(returns)]
    if len(known) < 2:
        return float("nan")
    mean, deviation = float(known.mean()), float(known.std(ddof=1))
    if deviation <= _NO_DEVIATION * abs(mean):
        return float("nan")
    return mean / deviation * math.sqrt(periods_per_year)


def drawdowns(equity: FloatArray) -> FloatArray:
    """How far each value lies below the highest so far, as a fraction: 0 at a new high, else negative."""
    highest: FloatArray = np.maximum.accumulate(equity)
    below: FloatArray = equity / highest - 1.0
    return below


def max_drawdown(equity: FloatArray) -> float:
    """The deepest fall from a high to a later low, as a fraction of the high: 0 or negative.

    nan for no values.

    >>> round(max_drawdown(np.array([100.0, 120.0, 90.0, 110.0])), 6)
    -0.25
    """
    return float(drawdowns(equity).min()) if len(equity) else float("nan")


def win_rate(profits: Sequence[float]) -> float:
    """The share of trades that made money after costs, 0..1. nan for no trades.

    >>> win_rate([1.0, -2.0, 0.0, 3.0])
    0.5
    """
    return sum(profit > 0 for profit in profits) / len(profits) if profits else float("nan")
