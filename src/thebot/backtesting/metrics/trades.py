"""What the closed trades say, each over columns of shape (trades,) in the order in which they were left.

`profits` is money in quote currency and `gains` the same as a fraction of what the trade took, both after
costs; where a function takes `results` either will do, or R multiples. nan among them is a trade of which
nothing is known, and is left out. A result of exactly zero is neither won nor lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from thebot.backtesting.metrics.returns import NO_DEVIATION, known
from thebot.errors import BadSetting
from thebot.market import FloatArray, IntArray

Numbers: TypeAlias = Sequence[float] | FloatArray

QUALITY_CAP: Final = 100  # trades that count for the SQN at most


def _known(results: Numbers) -> FloatArray:
    return known(np.asarray(results, dtype=np.float64))


def _same_length(**columns: Numbers | IntArray) -> None:
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        raise BadSetting(
            f"Columns of trades must have one value for each trade, but their lengths are {lengths}."
        )


def win_rate(profits: Numbers) -> float:
    """The share of trades that made money after costs, 0..1. nan for no trades.

    >>> win_rate([1.0, -2.0, 0.0, 3.0])
    0.5
    """
    found = _known(profits)
    return float((found > 0).mean()) if len(found) else math.nan


def profit_factor(profits: Numbers) -> float:
    """What the winners won over what the losers lost: above 1 the trades made money.

    sum of gains / |sum of losses|. nan for no trades or no losses: a record without a loss is too short to
    tell. In money; of fractions it weighs every trade alike.

    >>> profit_factor([3.0, -2.0, 1.0])
    2.0
    """
    found = _known(profits)
    lost = -float(found[found < 0].sum())
    return float(found[found > 0].sum()) / lost if lost > 0 else math.nan


def expectancy(results: Numbers) -> float:
    """The mean result of a trade, in the unit of `results`. nan for no trades.

    >>> expectancy([3.0, -2.0, 2.0])
    1.0
    """
    found = _known(results)
    return float(found.mean()) if len(found) else math.nan


def payoff_ratio(results: Numbers) -> float:
    """The mean winner over the mean loser, without sign. nan without winners or without losers.

    >>> payoff_ratio([3.0, 1.0, -1.0])
    2.0
    """
    found = _known(results)
    won, lost = found[found > 0], found[found < 0]
    return float(won.mean() / -lost.mean()) if len(won) and len(lost) else math.nan


def kelly_fraction(gains: Numbers) -> float:
    """The share of the equity to risk on each trade so that it grows fastest: win rate - loss rate / payoff.

    The formula for a bet that wins the mean winner or loses the mean loser and nothing else; a zero counts as
    lost. Negative: do not trade this. With few trades it is far too high; what is used should be a small part
    of it. nan without winners or without losers.
    Source: J. L. Kelly, "A New Interpretation of Information Rate", Bell System Technical Journal, 1956, in
    the form of R. Vince, "Portfolio Management Formulas", 1990.

    >>> round(kelly_fraction([2.0, 2.0, -1.0, -1.0]), 6)
    0.25
    """
    won = win_rate(gains)
    return won - (1.0 - won) / payoff_ratio(gains)


def system_quality_number(results: Numbers, *, cap: int | None = QUALITY_CAP) -> float:
    """SQN: root of the number of trades times mean over sample deviation (ddof 1) of `results`.

    Meant for R multiples; gains as fractions do where no risk is known. The number of trades counts at most
    `cap`, as Tharp has it, lest trading often looks like trading well; None counts all (backtesting.py). From
    about 2 on a system is worth a look. nan for fewer than two trades or no deviation.
    Source: V. K. Tharp, "The Definitive Guide to Position Sizing", 2008.

    >>> round(system_quality_number([2.0, -1.0, 2.0, -1.0]), 4)
    0.5774
    """
    found = _known(results)
    if len(found) < 2:
        return math.nan
    mean, deviation = float(found.mean()), float(found.std(ddof=1))
    if deviation <= NO_DEVIATION * abs(mean):
        return math.nan
    return math.sqrt(len(found) if cap is None else min(len(found), cap)) * mean / deviation


def r_multiples(profits: Numbers, risks: Numbers) -> FloatArray:
    """Each profit in units of what was at risk at the entry (both in quote currency): shape (trades,).

    `risks` is the loss that the first stop would have meant; nan where it is not known or not above zero.
    Raises BadSetting for columns of different lengths.

    >>> r_multiples([20.0, -10.0, 5.0], [10.0, 10.0, 0.0]).tolist()
    [2.0, -1.0, nan]
    """
    _same_length(profits=profits, risks=risks)
    risked = np.asarray(risks, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiples: FloatArray = np.where(risked > 0, np.asarray(profits, dtype=np.float64) / risked, math.nan)
    return multiples


def longest_winning_streak(results: Numbers) -> int:
    """The most winners in a row; 0 for none. A zero ends the row.

    >>> longest_winning_streak([1.0, 2.0, -1.0, 3.0])
    2
    """
    return _longest(_known(results) > 0)


def longest_losing_streak(results: Numbers) -> int:
    """The most losers in a row; 0 for none. A zero ends the row.

    >>> longest_losing_streak([1.0, -2.0, -1.0, 0.0, -3.0])
    2
    """
    return _longest(_known(results) < 0)


def _longest(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    edges = np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths.max()) if len(lengths) else 0


def average_holding_time(entered: IntArray, left: IntArray) -> float:
    """The mean time from entry to exit, in milliseconds, of times in ms UTC. nan for no trades.

    Raises BadSetting for columns of different lengths.

    >>> average_holding_time(np.array([0, 10]), np.array([4, 16]))
    5.0
    """
    _same_length(entered=entered, left=left)
    return float((left - entered).mean()) if len(entered) else math.nan


def exposure(entered: IntArray, left: IntArray, *, start: int, end: int) -> float:
    """The share of the time from `start` to `end` in which at least one trade was open, 0..1.

    Times in ms UTC, trades in any order; where several overlap the time counts once, and what lies outside
    the span does not count. 0 for no trades, nan for an empty span. Raises BadSetting for columns of
    different lengths.

    >>> exposure(np.array([0, 10, 40]), np.array([20, 30, 50]), start=0, end=100)
    0.4
    """
    _same_length(entered=entered, left=left)
    if end <= start:
        return math.nan
    if not len(entered):
        return 0.0
    order = np.argsort(entered, kind="stable")
    begins, ends = np.clip(entered[order], start, end), np.clip(left[order], start, end)
    covered = np.maximum.accumulate(np.concatenate([[start], ends]))[:-1]  # up to here by those before
    return float(np.maximum(ends - np.maximum(begins, covered), 0).sum() / (end - start))


def turnover(traded: Numbers, equity: FloatArray, *, periods_per_year: float) -> float:
    """How many times a year the equity was traded, purchases and sales both counted.

    sum(traded) / mean(equity) / years. `traded` is the value of each fill or trade in quote currency,
    `equity` the curve with its start, one period a step. nan for fewer than two values of equity.

    >>> turnover([100.0, 110.0, 90.0], np.array([100.0, 110.0, 90.0]), periods_per_year=2)
    3.0
    """
    if len(equity) < 2:
        return math.nan
    years = (len(equity) - 1) / periods_per_year
    return float(_known(traded).sum()) / float(equity.mean()) / years


def costs_paid(costs: Numbers) -> float:
    """What fees and slippage took in all, in quote currency, of the costs of each trade. 0 for no trades."""
    return math.fsum(_known(costs).tolist())


def break_even_cost(profits: Numbers, costs: Numbers, traded: Numbers) -> float:
    """The cost of trading, in basis points of the value traded, at which nothing would have been earned.

    (sum(profits) + sum(costs)) / sum(traded) * 10,000: compare it with what a fill costs each way (fee and
    slippage). `traded` is the value of purchase and sale of each trade. Negative: it would have lost without
    any costs. The trades stay as they were, so for large changes of cost it is an estimate. nan for nothing
    traded. Raises BadSetting for columns of different lengths.

    >>> break_even_cost([6.0, -2.0], [1.0, 1.0], [1000.0, 1000.0])
    30.0
    """
    _same_length(profits=profits, costs=costs, traded=traded)
    value = math.fsum(_known(traded).tolist())
    return (costs_paid(profits) + costs_paid(costs)) / value * 10_000 if value > 0 else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Excursions:
    """How far trades went for and against us before they were left, as fractions of the entry price."""

    best: float  # mean of the best excursions (MFE)
    worst: float  # mean of the worst excursions (MAE), 0 or negative
    edge: float  # best over worst, without sign: above 1 the market went our way more than against us
    kept: float  # of what winners had at their best, the share that they were left with
    winners_worst: float  # 95 % of the winners never went further against us than this: 0 or negative
    losers_best: float  # the mean best that losers had in hand and gave back


def excursions(gains: Numbers, best: Numbers, worst: Numbers) -> Excursions:
    """The figures of best and worst excursion (MFE and MAE) of trades.

    `best` (0 or positive) and `worst` (0 or negative) are the furthest that the price went from the entry
    price while the trade was open, as fractions of it and turned round for shorts; `gains` are after costs,
    so that `kept` is too. A trade with a nan in any of the three is left out. A figure is nan where no trade
    speaks to it: no winners, no losers, no excursion to divide by. Raises BadSetting for columns of different
    lengths.
    Source: J. Sweeney, "Maximum Adverse Excursion", 1996; C. Faith, "Way of the Turtle", 2007 (edge ratio).

    >>> excursions([0.02, -0.01], [0.04, 0.01], [-0.01, -0.02]).kept
    0.5
    """
    _same_length(gains=gains, best=best, worst=worst)
    rows = np.column_stack([np.asarray(column, dtype=np.float64) for column in (gains, best, worst)])
    gain, up, down = rows[~np.isnan(rows).any(axis=1)].T
    won, lost = gain > 0, gain < 0
    return Excursions(
        best=expectancy(up),
        worst=expectancy(down),
        edge=_over(float(up.sum()), -float(down.sum())),
        kept=_over(float(gain[won].sum()), float(up[won].sum())),
        winners_worst=float(np.quantile(down[won], 0.05)) if won.any() else math.nan,
        losers_best=expectancy(up[lost]),
    )


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else math.nan
