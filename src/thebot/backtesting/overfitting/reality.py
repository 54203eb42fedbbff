"""Is the best of many variants better than the benchmark, or only the luckiest? Two tests by bootstrap.

Sources: H. White, "A Reality Check for Data Snooping", Econometrica 68(5), 2000; P. R. Hansen, "A Test for
Superior Predictive Ability", Journal of Business & Economic Statistics 23(4), 2005; D. Politis and J. Romano,
"The Stationary Bootstrap", Journal of the American Statistical Association 89, 1994.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thebot.backtesting.bootstrap import resampled
from thebot.errors import BadSetting
from thebot.market import FloatArray

Matrix: TypeAlias = NDArray[np.float64]
"""Two dimensions: one row for each period or resample, one column for each variant."""

_AT_ONCE: Final = 1_000_000  # values of a chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperiorAbility:
    """The p-values of Hansen's test: how often luck alone would give as good a best variant.

    `consistent` is the one to go by. `lower` takes every variant that did worse than the benchmark for as bad
    as it looked, `upper` takes all for as good as the benchmark (as White does): the truth lies between.
    """

    lower: float
    consistent: float
    upper: float
    statistic: float  # the best variant's mean excess over its own standard error
    best: int  # its column


def reality_check(excess: Matrix, *, seed: int, resamples: int = 1000, block: float | None = None) -> float:
    """White's p-value: how probable so good a best variant is if none is truly better than the benchmark.

    `excess` has shape (periods, variants): each variant's return less the benchmark's (less 0 for holding
    cash). The statistic is the largest sqrt(periods) * mean, against that of the centred means in `resamples`
    stationary bootstraps with blocks of `block` periods on average (none: the cube root of their number). The
    share of resamples that reach it counts the data as one more, so it is never 0. Poor variants and noisy
    ones make the test timid, which `superior_ability` mends.

    Raises BadSetting for fewer than two periods, no variants, values that are not finite, no resamples, or a
    block below 1 or above the number of periods.
    """
    block = _required(excess, resamples, block)
    means = excess.mean(axis=0)
    largest = float(means.max())
    reached = sum(
        int(((drawn - means).max(axis=1) >= largest).sum())
        for drawn in _resampled_means(excess, block, resamples, seed)
    )
    return (1 + reached) / (1 + resamples)


def superior_ability(
    excess: Matrix, *, seed: int, resamples: int = 1000, block: float | None = None
) -> SuperiorAbility:
    """Hansen's test that some variant is truly better than the benchmark: three p-values, see there.

    As `reality_check`, but each mean is divided by its standard error (see `standard_errors`), and a variant
    far below the benchmark does not count: its resampled means are centred on 0 instead of on its own mean if
    that is not above -sqrt(2 ln ln periods) standard errors (`consistent`), or if it is below 0 (`lower`).
    The statistic is the largest quotient, at least 0; where it is 0 all p-values are 1. Variants that differ
    from the benchmark by the same in all periods are left out; nan if all are. Raises what `reality_check`
    raises.
    """
    block = _required(excess, resamples, block)
    periods, variants = excess.shape
    error = standard_errors(excess, block)
    moves = np.flatnonzero(error > 0)
    if not len(moves):
        return SuperiorAbility(
            lower=math.nan, consistent=math.nan, upper=math.nan, statistic=math.nan, best=0
        )
    if len(moves) < variants:
        excess, error = excess[:, moves], error[moves]
    means = excess.mean(axis=0)
    ratios = means / error
    statistic = max(0.0, float(ratios.max()))
    # not above this a variant is worse, not unlucky (law of the iterated logarithm)
    hopeless = -error * math.sqrt(2 * math.log(max(1.0, math.log(periods))))
    centres = (np.maximum(means, 0.0), np.where(means > hopeless, means, 0.0), means)
    reached = [0, 0, 0]
    for drawn in _resampled_means(excess, block, resamples, seed):
        for number, centre in enumerate(centres):
            largest = np.maximum(0.0, ((drawn - centre) / error).max(axis=1))
            reached[number] += int((largest >= statistic).sum())
    lower, consistent, upper = ((1 + count) / (1 + resamples) for count in reached)
    return SuperiorAbility(
        lower=lower, consistent=consistent, upper=upper, statistic=statistic, best=int(moves[ratios.argmax()])
    )


def standard_errors(excess: Matrix, block: float) -> FloatArray:
    """The standard error of each column's mean under the stationary bootstrap, in closed form.

    sqrt(sum over lags of weight * autocovariance / periods), twice for lags above 0, with weight (1 - i/n) (1
    - 1/block)**i + i/n (1 - 1/block)**(n - i) at lag i of n periods. `excess` has shape (periods, variants),
    the result (variants,); 0 for a column that does not move. Source: Politis and Romano, 1994.
    """
    periods = len(excess)
    lag, kept = np.arange(periods), 1.0 - 1.0 / block
    weight = (1 - lag / periods) * kept**lag + lag / periods * kept ** (periods - lag)
    weight[1:] *= 2
    variances = np.empty(excess.shape[1])
    columns = max(1, _AT_ONCE // (2 * periods))
    for first in range(0, len(variances), columns):
        some = excess[:, first : first + columns]
        apart = some - some.mean(axis=0)
        spectrum = np.abs(np.fft.rfft(apart, 2 * periods, axis=0)) ** 2
        covariance = np.fft.irfft(spectrum, 2 * periods, axis=0)[:periods] / periods
        variances[first : first + columns] = weight @ covariance
    variances[np.ptp(excess, axis=0) == 0.0] = 0.0
    errors: FloatArray = np.sqrt(np.maximum(variances, 0.0) / periods)
    return errors


def _required(excess: Matrix, resamples: int, block: float | None) -> float:
    """The block length, once all is as it must be."""
    if excess.ndim != 2 or len(excess) < 2 or not excess.shape[1]:
        raise BadSetting(
            f"These tests read a table of at least two periods by the variants, not one of {excess.shape}."
        )
    if not np.isfinite(excess).all():
        row, column = map(int, np.argwhere(~np.isfinite(excess))[0])
        raise BadSetting(
            f"The excess of variant {column} in period {row} is {excess[row, column]}. Cut all variants and "
            "the benchmark to the periods that they have in common."
        )
    if resamples < 1:
        raise BadSetting(f"{resamples} resamples say nothing: give some hundred at least.")
    block = round(len(excess) ** (1 / 3)) if block is None else block
    if not 1 <= block <= len(excess):
        raise BadSetting(f"Blocks of {block} periods cannot be: give from 1 to {len(excess)}, their number.")
    return block


def _resampled_means(excess: Matrix, block: float, resamples: int, seed: int) -> Iterator[Matrix]:
    """The means of stationary bootstraps, shape (some resamples, variants), until there are `resamples`.

    A mean needs only how often each period was drawn, so a chunk is one product of matrices.
    """
    random = np.random.default_rng(seed)
    periods = len(excess)
    at_once = max(1, _AT_ONCE // periods)
    for first in range(0, resamples, at_once):
        count = min(at_once, resamples - first)
        drawn = resampled(periods, count, block, random)
        drawn += np.arange(count)[:, None] * periods
        times = np.bincount(drawn.ravel(), minlength=count * periods).reshape(count, periods)
        yield times.astype(np.float64) @ excess / periods
