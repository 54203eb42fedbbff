"""How far a Sharpe ratio can be believed: for its length, for its shape, for how many were tried.

Sharpe ratios here are per period (of a candle, of a day), never scaled to a year, and the kurtosis is the raw
one: 3 for a normal distribution, not 0. The papers' formulas hold for these only.

Sources: D. Bailey and M. Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), 2012;
the same, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), 2014; with J. Borwein and Q.
Zhu, "Pseudo-Mathematics and Financial Charlatanism", Notices of the AMS 61(5), 2014.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from thebot.backtesting.metrics import sharpe_ratio
from thebot.errors import BadSetting
from thebot.market import FloatArray

_NORMAL: Final = NormalDist()
_EULER: Final = 0.5772156649015329  # Euler and Mascheroni's constant
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SharpeEstimate:
    """A Sharpe ratio as it was measured: its value, from how many periods, and the shape of the returns.

    `sharpe` is per period: mean over sample deviation. `skew` is the third standardised moment (0 if normal),
    `kurtosis` the fourth (3 if normal), both of the population. nan in any of them makes what is computed
    from it nan.

    Raises BadSetting for fewer than two periods, and for a kurtosis that no distribution of this skew has
    (below skew**2 + 1), which is what an excess kurtosis often looks like.
    """

    sharpe: float
    periods: int
    skew: float = 0.0
    kurtosis: float = 3.0

    def __post_init__(self) -> None:
        if self.periods < 2:
            raise BadSetting(f"A Sharpe ratio needs at least 2 periods, not {self.periods}.")
        least = self.skew**2 + 1
        if self.kurtosis < least * (1 - _ROUNDING):
            raise BadSetting(
                f"No returns have a kurtosis of {self.kurtosis} with a skew of {self.skew}: it is at least "
                f"{least:.6g}. Give the raw kurtosis, 3 for normal returns; add 3 to an excess kurtosis."
            )

    @classmethod
    def of(cls, returns: FloatArray) -> SharpeEstimate:
        """Measured from `returns` of shape (periods,), simple and net of costs; nan in them is left out.

        The ratio and both moments are nan if the returns do not deviate. Raises BadSetting for fewer than
        two.

        >>> SharpeEstimate.of(np.array([0.01, -0.01, 0.02, -0.01])).periods
        4
        """
        known = returns[~np.isnan(returns)]
        sharpe = sharpe_ratio(known, periods_per_year=1)
        if math.isnan(sharpe):
            return cls(sharpe=sharpe, periods=len(known), skew=math.nan, kurtosis=math.nan)
        apart = known - known.mean()
        deviation = math.sqrt(float((apart**2).mean()))
        standard = apart / deviation
        return cls(
            sharpe=sharpe,
            periods=len(known),
            skew=float((standard**3).mean()),
            kurtosis=float((standard**4).mean()),
        )

    @property
    def spread(self) -> float:
        """1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2: the estimate's variance times periods - 1.

        1 for normal returns without edge; larger where losses are rare and deep. Never negative.
        """
        return max(0.0, 1.0 - self.skew * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe**2)


def probabilistic_sharpe(estimate: SharpeEstimate, *, benchmark: float = 0.0) -> float:
    """The probability that the true Sharpe ratio is above `benchmark` (per period), 0..1.

    Phi((sharpe - benchmark) * sqrt(periods - 1) / sqrt(spread)), with Phi the normal distribution and
    `spread` that of the estimate. nan if the estimate is. Source: Bailey and Lopez de Prado, 2012.

    >>> round(probabilistic_sharpe(SharpeEstimate(sharpe=0.1, periods=250)), 3)
    0.942
    """
    excess = estimate.sharpe - benchmark
    if math.isnan(excess + estimate.spread):
        return math.nan
    if estimate.spread == 0.0:  # two returns only, in a proportion that leaves no doubt
        return 0.5 if excess == 0.0 else float(excess > 0.0)
    return _NORMAL.cdf(excess * math.sqrt(estimate.periods - 1) / math.sqrt(estimate.spread))


def expected_maximum(trials: int) -> float:
    """How high the best of so many tries comes out by luck alone, in standard deviations of a try.

    (1 - g) * Z(1 - 1/N) + g * Z(1 - 1/(N e)) with g Euler's constant and Z the inverse of the normal
    distribution: nearly the expected maximum of N independent normal values around 0 (up to 3 % above it from
    3 trials on, 8 % below it for 2). 0 for one trial. Raises BadSetting for none. Source: Bailey and Lopez de
    Prado, 2014.

    >>> round(expected_maximum(100), 4)
    2.5306
    """
    if trials < 1:
        raise BadSetting(f"The best of {trials} trials does not exist: count at least the one that was run.")
    if trials == 1:
        return 0.0
    # by the lower tail, where a float tells one in 10**20 from none
    return -(1.0 - _EULER) * _NORMAL.inv_cdf(1.0 / trials) - _EULER * _NORMAL.inv_cdf(1.0 / (trials * math.e))


def expected_best_sharpe(trials: int, *, variance: float) -> float:
    """The Sharpe ratio (per period) that the best of `trials` variants without any edge is expected to show.

    sqrt(variance) * expected_maximum(trials); `variance` is that of the trials' Sharpe ratios per period
    (sample variance), which for T periods without edge is about 1 / T. Variants that resemble each other
    count as fewer: to count each is to doubt too much rather than too little. Raises BadSetting for a
    negative variance or no trials. Source: Bailey and Lopez de Prado, 2014.
    """
    if variance < 0:
        raise BadSetting(f"A variance is not negative: {variance}.")
    return math.sqrt(variance) * expected_maximum(trials)


def deflated_sharpe(estimate: SharpeEstimate, *, trials: int, variance: float) -> float:
    """The probability that the true Sharpe ratio is above 0 although it is the best of `trials`, 0..1.

    The probabilistic Sharpe ratio against what the luckiest of the trials would show without edge, see
    `expected_best_sharpe`. nan if the estimate or `variance` is; raises BadSetting as that one does.
    Source: Bailey and Lopez de Prado, 2014.
    """
    return probabilistic_sharpe(estimate, benchmark=expected_best_sharpe(trials, variance=variance))


def minimum_track_record(
    estimate: SharpeEstimate, *, benchmark: float = 0.0, confidence: float = 0.95
) -> float:
    """How many periods such returns must last until one is `confidence` sure that they beat `benchmark`.

    1 + spread * (Z(confidence) / (sharpe - benchmark))**2. The periods that the estimate has do not matter.
    Infinite if the Sharpe ratio is not above the benchmark (both per period), nan if it is not known. Raises
    BadSetting for a confidence that is not above 0.5 and below 1. Source: Bailey and Lopez de Prado, 2012.
    """
    if not 0.5 < confidence < 1:
        raise BadSetting(f"A confidence of {confidence} cannot be: give one above 0.5 and below 1, say 0.95.")
    excess = estimate.sharpe - benchmark
    if math.isnan(excess + estimate.spread):
        return math.nan
    if excess <= 0:
        return math.inf
    return 1.0 + estimate.spread * (_NORMAL.inv_cdf(confidence) / excess) ** 2


def minimum_backtest(trials: int, *, sharpe: float = 1.0) -> float:
    """How long a backtest must be so that the best of `trials` is not expected to show `sharpe` by luck.

    (expected_maximum(trials) / sharpe)**2, in periods of the Sharpe ratio: years for one per year. A shorter
    backtest proves nothing. Raises BadSetting for no trials or a Sharpe ratio that is not above 0.
    Source: Bailey, Borwein, Lopez de Prado and Zhu, 2014.

    >>> round(minimum_backtest(45), 1)  # years, for an annual Sharpe ratio of 1
    5.0
    """
    if not sharpe > 0:
        raise BadSetting(f"A Sharpe ratio of {sharpe} needs no luck: give one above 0.")
    return (expected_maximum(trials) / sharpe) ** 2
