"""The shape of the returns: their tails, their skew, and how steadily they add up.

`returns` has shape (periods,): simple returns as fractions, net of costs; nan in them is left out.
"""

from __future__ import annotations

import math

import numpy as np

from thebot.backtesting.metrics.returns import NO_DEVIATION, known
from thebot.errors import BadSetting
from thebot.market import FloatArray


def value_at_risk(returns: FloatArray, *, share: float = 0.05) -> float:
    """The return by the period that the worst `share` of the periods stay below: a negative number is a loss.

    The historical quantile, linear between the two nearest returns (as numpy's and empyrical's). nan for no
    periods. Raises BadSetting for a share that is not between 0 and 1.

    >>> round(value_at_risk(np.arange(-5, 6) / 100, share=0.1), 6)
    -0.04
    """
    _check(share)
    found = known(returns)
    return float(np.quantile(found, share)) if len(found) else math.nan


def conditional_value_at_risk(returns: FloatArray, *, share: float = 0.05) -> float:
    """The mean of the worst `share` of the returns (CVaR, expected shortfall): a negative number is a loss.

    The last return that belongs to the share only in part counts in that part, so that of fewer than 1 /
    `share` periods it is the worst one. Never above `value_at_risk`. nan for no periods. Raises BadSetting
    for a share that is not between 0 and 1.
    Source: R. T. Rockafellar and S. Uryasev, "Conditional value-at-risk for general loss distributions",
    Journal of Banking & Finance, 2002. (empyrical rounds the share down to whole returns.)

    >>> round(conditional_value_at_risk(np.array([-0.04, -0.02, 0.01, 0.03]), share=0.375), 6)
    -0.033333
    """
    _check(share)
    found = known(returns)
    if not len(found):
        return math.nan
    weight = share * len(found)
    whole = math.floor(weight)
    worst = np.partition(found, whole)[: whole + 1]  # the last of them is the one that counts in part
    return float(worst[:whole].sum() + (weight - whole) * worst[whole]) / weight


def _check(share: float) -> None:
    if not 0 < share < 1:
        raise BadSetting(f"A share of {share} cannot be: give a fraction between 0 and 1, as 0.05 for 5 %.")


def tail_ratio(returns: FloatArray) -> float:
    """The 95th percentile of the returns over the 5th, both without sign: above 1 the good tail is longer.

    nan for no periods or a 5th percentile of zero. Says nothing where both have the same sign.
    Source: empyrical, `tail_ratio`.

    >>> round(tail_ratio(np.array([-0.01, 0.02])), 4)
    2.1765
    """
    found = known(returns)
    if not len(found):
        return math.nan
    good, bad = (abs(float(value)) for value in np.percentile(found, [95, 5]))
    return good / bad if bad > 0 else math.nan


def skewness(returns: FloatArray) -> float:
    """The third central moment over the cubed deviation, of the returns as they are (ddof 0).

    0 for symmetry; negative where the rare big ones are losses. nan for fewer than three periods or no
    deviation. This is the skew that the probabilistic Sharpe ratio asks for.
    Source: D. H. Bailey and M. López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk, 2012.

    >>> round(skewness(np.array([0.0, 0.0, 3.0])), 6)
    0.707107
    """
    return _moment(returns, 3)


def kurtosis(returns: FloatArray) -> float:
    """The fourth central moment over the deviation to the fourth (ddof 0): 3 for a normal distribution.

    Not the excess over 3: that is what the probabilistic Sharpe ratio asks for. nan for fewer than four
    periods or no deviation.
    Source: as `skewness`.

    >>> kurtosis(np.array([-1.0, 1.0, -1.0, 1.0]))
    1.0
    """
    return _moment(returns, 4)


def _moment(returns: FloatArray, order: int) -> float:
    found = known(returns)
    if len(found) < order:
        return math.nan
    mean = float(found.mean())
    off = found - mean
    deviation = math.sqrt(float((off * off).mean()))
    return math.nan if deviation <= NO_DEVIATION * abs(mean) else float(((off / deviation) ** order).mean())


def stability(returns: FloatArray) -> float:
    """How straight the equity grows on a logarithmic scale: R squared of a line through it, 0..1.

    The squared correlation of the summed log returns with the number of the period. High for a steady loss as
    well. nan for fewer than two periods, a curve that never moves, or a loss of everything.
    Source: empyrical, `stability_of_timeseries`.

    >>> round(stability(np.array([0.01, 0.01, 0.01])), 6)
    1.0
    """
    found = known(returns)
    if len(found) < 2 or found.min() <= -1:
        return math.nan
    grown = np.cumsum(np.log1p(found))
    grown -= grown.mean()
    period = np.arange(len(grown)) - (len(grown) - 1) / 2
    moved = float((grown * grown).sum())
    return (
        float((grown * period).sum()) ** 2 / (moved * float((period * period).sum())) if moved else math.nan
    )
