"""The probability of backtest overfitting: does the best variant of one half of the past hold in the other?

Source: D. Bailey, J. Borwein, M. Lopez de Prado and Q. Zhu, "The Probability of Backtest Overfitting",
Journal of Computational Finance 20(4), 2017 (first 2015): combinatorially symmetric cross-validation (CSCV).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thebot.errors import BadSetting
from thebot.market import FloatArray, IntArray

Matrix: TypeAlias = NDArray[np.float64]
"""Two dimensions: one row for each period or combination, one column for each variant."""

Statistic: TypeAlias = Callable[[Matrix], FloatArray]
"""From returns of shape (periods, variants) to what each variant is judged by: shape (variants,)."""

MOST_PARTS: Final = 24  # 2.7 million combinations

_AT_ONCE: Final = 1_000_000  # values of a chunk: some tens of MB in all, whatever the matrix
_FLAT: Final = 1e-12  # of the squared mean: what rounding leaves of the variance of a flat line


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overfitting:
    """What choosing the best variant on one half of the past gives on the other, for every way to halve it.

    All arrays have shape (combinations,), in the order of `itertools.combinations` of the parts chosen on.
    """

    logits: FloatArray
    """ln(w / (1 - w)) with w = rank / (variants + 1) of the chosen one on the other half: below 0 it does
    worse there than the median of the variants."""

    chosen: IntArray  # the column that was best on the half chosen on
    inside: FloatArray  # its performance there
    outside: FloatArray  # and on the other half
    left_out: int  # the first rows, which would have made the parts unequal

    @property
    def probability(self) -> float:
        """PBO: the share of combinations in which the best variant comes out at or below the median, 0..1.

        About 0.5 if the variants are all alike; near 0 if the best one is truly better.
        """
        return float((self.logits <= 0).mean())

    @property
    def loss(self) -> float:
        """The share of combinations in which the chosen variant's result on the other half is below 0."""
        return float((self.outside < 0).mean())

    @property
    def slope(self) -> float:
        """How performance on the other half follows from that on the half chosen on: least squares.

        1 if what was seen stays, 0 if it tells nothing, negative if the better it looked the worse it came
        (usual where all variants earn the same over the whole). nan if performance inside never differs.
        """
        known = np.isfinite(self.inside) & np.isfinite(self.outside)
        inside, outside = self.inside[known], self.outside[known]
        if not len(inside) or np.ptp(inside) == 0.0:
            return math.nan
        apart = inside - inside.mean()
        return float((apart * (outside - outside.mean())).sum() / (apart**2).sum())


def pbo(matrix: Matrix, parts: int = 16, statistic: Statistic | None = None) -> Overfitting:
    """How probable it is that choosing the best of these variants is overfitting, by CSCV.

    `matrix` has shape (periods, variants): returns of the same periods, in order, without nan. They are cut
    into `parts` equal parts (the first periods are left out until they are); each half of the parts is chosen
    on once, its best variant (the first of equals) then ranked on the other half, equals sharing the mean of
    their ranks.

    `statistic` judges the variants, by default `sharpe_by_variant`, per period, which is computed from sums
    per part: 12,870 combinations (16 parts) of 100 variants take a second or so. Any other function is
    called once for each combination, with the periods in order; a variant for which it is nan ranks last.

    Raises BadSetting for an odd number of parts, fewer than 2, more than 24 or than there are periods, for
    fewer than two variants, and for values that are not finite.
    """
    _require(matrix, parts)
    left_out = len(matrix) % parts
    blocks = np.ascontiguousarray(matrix[left_out:], dtype=float).reshape(parts, -1, matrix.shape[1])
    total = math.comb(parts, parts // 2)
    judge = _sharpe_of_parts(blocks) if statistic is None else _by(statistic, blocks)
    logits, inside, outside = np.empty(total), np.empty(total), np.empty(total)
    chosen = np.empty(total, np.int64)
    first = 0
    # A half and its complement are both chosen on: what is in for the one is out for the other.
    for halves, others in _halves(parts, at_once=max(1, _AT_ONCE // matrix.shape[1])):
        one, other = judge(halves), judge(others)
        here = slice(first, first + len(halves))
        there = slice(total - 1 - first, total - 1 - first - len(halves), -1)
        for rows, seen, unseen in ((here, one, other), (there, other, one)):
            chosen[rows], inside[rows], outside[rows], logits[rows] = _chosen(seen, unseen)
        first += len(halves)
    return Overfitting(logits=logits, chosen=chosen, inside=inside, outside=outside, left_out=left_out)


def sharpe_by_variant(returns: Matrix) -> FloatArray:
    """Mean over sample deviation of each column, per period. 0 for one that does not deviate: it did nothing.

    `returns` has shape (periods, variants), the result (variants,).
    """
    return _sharpe(returns.sum(axis=0), (returns**2).sum(axis=0), len(returns))


def _require(matrix: Matrix, parts: int) -> None:
    if matrix.ndim != 2 or matrix.shape[1] < 2:
        raise BadSetting(
            f"Overfitting is judged among at least two variants, in a table of periods by variants; this one "
            f"has the shape {matrix.shape}."
        )
    if parts % 2 or not 2 <= parts <= MOST_PARTS:
        raise BadSetting(f"{parts} parts cannot be: give an even number from 2 to {MOST_PARTS}, say 16.")
    if len(matrix) < 2 * parts:
        raise BadSetting(
            f"{len(matrix)} periods are too few for {parts} parts of at least two each. Take fewer parts, or "
            "returns of shorter periods."
        )
    unknown = ~np.isfinite(matrix)
    if unknown.any():
        row, column = map(int, np.argwhere(unknown)[0])
        raise BadSetting(
            f"The return of variant {column} in period {row} is {matrix[row, column]}, so the halves of the "
            "past cannot be compared. Cut all variants to the periods that they have in common."
        )


def _halves(parts: int, at_once: int) -> Iterator[tuple[IntArray, IntArray]]:
    """The combinations with part 0 in them and their complements, a chunk at a time.

    Those are the first half of all combinations in order, and their complements the other half backwards.
    """
    half = parts // 2
    rest = itertools.combinations(range(1, parts), half - 1)
    while chunk := list(itertools.islice(rest, at_once)):
        taken = np.zeros((len(chunk), parts), np.bool_)
        taken[:, 0] = True
        taken[np.arange(len(chunk))[:, None], np.array(chunk, np.int64).reshape(len(chunk), half - 1)] = True
        yield (
            np.nonzero(taken)[1].reshape(len(chunk), half),
            np.nonzero(~taken)[1].reshape(len(chunk), half),
        )


def _sharpe_of_parts(blocks: NDArray[np.float64]) -> Callable[[IntArray], Matrix]:
    """The Sharpe ratio of each variant over each combination of parts, from the parts' sums."""
    sums, squares = blocks.sum(axis=1), (blocks**2).sum(axis=1)
    length = blocks.shape[1]

    def judge(combinations: IntArray) -> Matrix:
        # Added up part by part and not by a matrix product, so that variants which are equal on these parts
        # come out equal to the last bit, and tie.
        shape = (len(combinations), blocks.shape[2])
        total, square = np.zeros(shape), np.zeros(shape)
        for part in combinations.T:
            total += sums[part]
            square += squares[part]
        return _sharpe(total, square, length * combinations.shape[1])

    return judge


def _by(statistic: Statistic, blocks: NDArray[np.float64]) -> Callable[[IntArray], Matrix]:
    def judge(combinations: IntArray) -> Matrix:
        return np.array([statistic(blocks[parts].reshape(-1, blocks.shape[2])) for parts in combinations])

    return judge


def _sharpe(total: Matrix, squares: Matrix, count: int) -> Matrix:
    mean = total / count
    variance = (squares - total * mean) / (count - 1)
    flat = variance <= _FLAT * mean**2
    ratio: Matrix = np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))
    return ratio


def _chosen(seen: Matrix, unseen: Matrix) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """For each row: which was best, its performance seen and unseen, and the logit of its rank unseen."""
    seen = np.where(np.isnan(seen), -np.inf, seen)
    unseen = np.where(np.isnan(unseen), -np.inf, unseen)
    best = seen.argmax(axis=1)
    rows = np.arange(len(best))
    outside = unseen[rows, best]
    worse = (unseen < outside[:, None]).sum(axis=1)
    equal = (unseen == outside[:, None]).sum(axis=1)  # itself among them
    share = (worse + (equal + 1) / 2) / (unseen.shape[1] + 1)
    return best, seen[rows, best], outside, np.log(share / (1 - share))
