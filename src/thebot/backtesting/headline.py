"""The headline figures of a record, each between the ends of its confidence interval.

All of them can be told from sums (of returns, their squares, what was won, what was lost), and the deepest
fall from the lowest, highest and deepest of each stretch. So the rows of a long record are added up by
stretches before they are resampled, and intervals of a million candles take no longer than those of ten
thousand. The formulas are those of `metrics`, of many resamples at once; a test holds them together.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from thebot.backtesting.bootstrap import (
    Interval,
    Statistics,
    added_up,
    block_length,
    group_starts,
    intervals_of_rows,
)
from thebot.backtesting.metrics.trades import QUALITY_CAP
from thebot.errors import BadSetting
from thebot.market import FloatArray

RESAMPLES: Final = 1_000
_MOST: Final = 2_000  # rows that are resampled; of more, neighbours are added up
_ROUNDING: Final = 1e-7  # of the mean: what sums of squares leave in a flat line

# The columns of a stretch of returns; what `_of_samples` gives has the fall in the place of the lowest.
_COUNT, _SUM, _SQUARES, _UP, _DOWN, _DOWN_SQUARES, _OTHER, _OTHER_SQUARES, _PRODUCT = range(9)
_GROWTH, _LOW, _HIGH, _FALL = range(9, 13)
# Those of a trade.
_WON, _LOST, _ALL, _GAIN_WON, _GAIN_LOST, _WON_SUM, _LOST_SUM, _GAINS, _GAIN_SQUARES = range(9)
_COSTS, _TRADED = range(9, 11)


def of_returns(
    returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float, seed: int = 0
) -> dict[str, Interval]:
    """What the `returns` from close to close say, beside those of the `benchmark`: both of shape (periods,).

    They are drawn in runs (see `bootstrap`); a period in which either is nan is left out. The same data and
    seed give the same intervals. Raises BadSetting for two different lengths.
    """
    if len(returns) != len(benchmark):
        raise BadSetting(f"{len(benchmark)} returns of the benchmark do not fit {len(returns)} returns.")
    there = np.isfinite(returns) & np.isfinite(benchmark)
    rows = _stretches(returns[there], benchmark[there])
    return intervals_of_rows(
        _of_curve(periods_per_year), rows, resamples=RESAMPLES, seed=seed, block=_runs(rows), sums=_of_samples
    )


def of_trades(
    profits: FloatArray, gains: FloatArray, costs: FloatArray, traded: FloatArray, *, seed: int = 0
) -> dict[str, Interval]:
    """What closed trades say: profits, costs and values traded in quote currency, gains as fractions.

    Each of shape (trades,). They are drawn one by one, as if each were a throw of its own.
    """
    won, lost = profits > 0, profits < 0
    rows = np.column_stack([
        won, lost, np.ones(len(profits)), np.where(gains > 0, gains, 0.0), np.where(gains < 0, -gains, 0.0),
        np.where(won, profits, 0.0), np.where(lost, -profits, 0.0), gains, gains * gains, costs, traded,
    ])  # fmt: skip
    rows = added_up(rows, _MOST)
    return intervals_of_rows(
        _OF_TRADES, rows, resamples=RESAMPLES, seed=seed, block=1, sums=lambda samples: samples.sum(axis=1)
    )


def _runs(rows: FloatArray) -> float:
    """The mean length of the runs to draw, in rows: what suits the returns."""
    return block_length(rows[:, _SUM]) if len(rows) else 1.0


def _stretches(returns: FloatArray, benchmark: FloatArray) -> FloatArray:
    """One row for each period, or for stretches of them: sums, and the way of the equity within."""
    down = np.minimum(returns, 0.0)
    sums = added_up(
        np.column_stack([
            np.ones(len(returns)), returns, returns * returns, np.maximum(returns, 0.0), -down, down * down,
            benchmark, benchmark * benchmark, returns * benchmark,
        ]),
        _MOST,
    )  # fmt: skip
    if not len(returns):
        return np.empty((0, 13))
    starts = group_starts(len(returns), _MOST)
    lengths = np.diff(starts, append=len(returns))
    place = np.arange(lengths.max())
    within = returns[np.minimum(starts[:, None] + place, len(returns) - 1)]
    curve = np.cumprod(1.0 + np.where(place < lengths[:, None], within, 0.0), axis=1)  # shorter ones stay
    highest = np.maximum.accumulate(np.maximum(curve, 1.0), axis=1)
    fall = (curve / highest).min(axis=1) - 1.0
    return np.column_stack([sums, curve[:, -1], curve.min(axis=1), highest[:, -1], fall])


def _over(above: FloatArray, below: FloatArray) -> FloatArray:
    """nan where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: FloatArray = np.where(below > 0, above / below, np.nan)
    return ratio


def _of_samples(rows: FloatArray) -> FloatArray:
    """The sums of resampled stretches, the growth and the deepest fall: shape (samples, figures)."""
    begun = np.cumprod(rows[:, :, _GROWTH], axis=1)
    growth = begun[:, -1:]
    begun = np.concatenate([np.ones((len(rows), 1)), begun[:, :-1]], axis=1)  # the equity before each
    high = np.maximum.accumulate(np.maximum(begun * rows[:, :, _HIGH], 1.0), axis=1)
    before = np.concatenate([np.ones((len(rows), 1)), high[:, :-1]], axis=1)
    across = begun * rows[:, :, _LOW] / before - 1.0  # from a high before a stretch to the lowest in it
    fall = np.minimum(across, rows[:, :, _FALL]).min(axis=1, keepdims=True)
    return np.concatenate([rows[:, :, :_GROWTH].sum(axis=1), growth, np.minimum(fall, 0.0)], axis=1)


def _of_curve(year: float) -> dict[str, Statistics]:
    """The figures of what `_of_samples` gives, scaled to a year of so many periods."""

    def mean(sums: FloatArray) -> FloatArray:
        return sums[:, _SUM] / sums[:, _COUNT]

    def annual(sums: FloatArray) -> FloatArray:
        with np.errstate(over="ignore", invalid="ignore"):
            yearly: FloatArray = sums[:, _GROWTH] ** (year / sums[:, _COUNT]) - 1.0
        return yearly

    def deviation(sums: FloatArray) -> FloatArray:
        return _deviation(sums[:, _COUNT], sums[:, _SUM], sums[:, _SQUARES])

    def short(sums: FloatArray) -> FloatArray:
        below: FloatArray = np.sqrt(sums[:, _DOWN_SQUARES] / sums[:, _COUNT])
        return below

    def beta(sums: FloatArray) -> FloatArray:
        count, market = sums[:, _COUNT], sums[:, _OTHER]
        spread = _deviation(count, market, sums[:, _OTHER_SQUARES])
        return _over(sums[:, _PRODUCT] - mean(sums) * market, spread * spread * (count - 1))

    def alpha(sums: FloatArray) -> FloatArray:
        left = mean(sums) - beta(sums) * sums[:, _OTHER] / sums[:, _COUNT]
        with np.errstate(over="ignore", invalid="ignore"):
            yearly: FloatArray = (1.0 + left) ** year - 1.0
        return yearly

    return {
        "total_return": lambda sums: sums[:, _GROWTH] - 1.0,
        "annual_return": annual,
        "volatility": lambda sums: deviation(sums) * year**0.5,
        "sharpe_ratio": lambda sums: _over(mean(sums), deviation(sums)) * year**0.5,
        "sortino_ratio": lambda sums: _over(mean(sums), short(sums)) * year**0.5,
        "omega_ratio": lambda sums: _over(sums[:, _UP], sums[:, _DOWN]),
        "calmar_ratio": lambda sums: _over(annual(sums), -sums[:, _LOW]),
        "max_drawdown": lambda sums: sums[:, _LOW],
        "beta": beta,
        "alpha": alpha,
    }


def _deviation(count: FloatArray, added: FloatArray, squares: FloatArray) -> FloatArray:
    """Of samples (ddof 1) from their sums; 0 where rounding is all there is, nan for fewer than two."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = added / count
        spread = np.sqrt(np.maximum(squares - added * mean, 0.0) / (count - 1))
    deviation: FloatArray = np.where(spread <= _ROUNDING * np.abs(mean), 0.0, spread)
    return deviation


def _trade_statistics() -> dict[str, Statistics]:
    """The figures of the sums of resampled trades: shape (samples, sums)."""

    def payoff(sums: FloatArray) -> FloatArray:
        return _over(sums[:, _WON_SUM] * sums[:, _LOST], sums[:, _LOST_SUM] * sums[:, _WON])

    def kelly(sums: FloatArray) -> FloatArray:
        won = sums[:, _WON] / sums[:, _ALL]
        paid = _over(sums[:, _GAIN_WON] * sums[:, _LOST], sums[:, _GAIN_LOST] * sums[:, _WON])
        return won - _over(1.0 - won, paid)

    def quality(sums: FloatArray) -> FloatArray:
        count, added = sums[:, _ALL], sums[:, _GAINS]
        counted = np.sqrt(np.minimum(count, QUALITY_CAP))
        return counted * _over(added / count, _deviation(count, added, sums[:, _GAIN_SQUARES]))

    def profit(sums: FloatArray) -> FloatArray:
        earned: FloatArray = sums[:, _WON_SUM] - sums[:, _LOST_SUM]
        return earned

    return {
        "win_rate": lambda sums: _over(sums[:, _WON], sums[:, _ALL]),
        "profit_factor": lambda sums: _over(sums[:, _WON_SUM], sums[:, _LOST_SUM]),
        "expectancy": lambda sums: _over(profit(sums), sums[:, _ALL]),
        "average_gain": lambda sums: _over(sums[:, _GAINS], sums[:, _ALL]),
        "payoff_ratio": payoff,
        "kelly_fraction": kelly,
        "system_quality_number": quality,
        "break_even_cost": lambda sums: _over((profit(sums) + sums[:, _COSTS]) * 1e4, sums[:, _TRADED]),
    }


_OF_TRADES: Final = _trade_statistics()
