"""Does a result stand on a plateau of parameters or on a peak? What works at 20 should not fail at 21.

A table of tries is given as `points` of shape (tries, parameters), numbers all (words coded by their order),
and `results` of shape (tries,), for which 0 is no better than doing nothing: a Sharpe ratio, a total return.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from thebot.errors import BadSetting
from thebot.market import FloatArray, IntArray

Points: TypeAlias = NDArray[np.float64]
"""Shape (tries, parameters)."""


def plateau(results: FloatArray, at: int, neighbours: IntArray, *, keeping: float = 0.5) -> float:
    """How much of the neighbourhood keeps the result of row `at`, 0..1.

    The share of `neighbours` (rows, of `neighbours_in_grid` or `neighbours_by_rank`) whose result is at least
    `keeping` times that of `at`. A neighbour whose result is nan does not keep it. nan if there are no
    neighbours, or if the result itself is not above 0: there is nothing to keep. Raises BadSetting unless
    `keeping` is above 0 and at most 1. (The definition is ours; the idea of judging a neighbourhood instead
    of a peak: R. Pardo, "The Evaluation and Optimization of Trading Strategies", 2008.)

    >>> plateau(np.array([1.0, 0.8, 0.1, -0.5]), 0, np.array([1, 2, 3]))  # one of three keeps half
    0.3333333333333333
    """
    if not 0 < keeping <= 1:
        raise BadSetting(f"Keeping {keeping} of a result cannot be: give a share above 0 and at most 1.")
    if not len(neighbours) or not results[at] > 0:
        return math.nan
    return float((results[neighbours] >= keeping * results[at]).mean())


def neighbours_in_grid(points: Points, at: int) -> IntArray:
    """The rows that differ from row `at` by at most one step of the grid in each parameter, but not in none.

    A step leads to the next value that the parameter takes anywhere in the table, so it need not be even, and
    points may be missing. Up to 3**parameters - 1 rows in order, fewer at an edge. Raises BadSetting for a
    table without tries or rows beyond it.
    """
    _require(points, at)
    steps = np.stack([np.unique(column, return_inverse=True)[1].ravel() for column in points.T], axis=1)
    apart = np.abs(steps - steps[at]).max(axis=1)
    return np.flatnonzero(apart == 1)


def neighbours_by_rank(points: Points, at: int, count: int | None = None) -> IntArray:
    """The `count` rows nearest to row `at`, nearest first, for tries at random points.

    Each parameter is replaced by its rank among the table's values (equals share the mean of theirs), so that
    neither its unit nor its scale matters; nearest is by the sum of squared differences of ranks, the earlier
    row first of two as near. Tries of the very same parameters are left out. By default 2 * parameters rows,
    as many as a point has along its axes; all there are if fewer. Raises BadSetting for a count below 1, a
    table without tries or a row beyond it.
    """
    _require(points, at)
    count = 2 * points.shape[1] if count is None else count
    if count < 1:
        raise BadSetting(f"{count} neighbours are no neighbourhood: give 1 or more.")
    ranks = np.stack([_ranks(column) for column in points.T], axis=1)
    distance = ((ranks - ranks[at]) ** 2).sum(axis=1)
    nearest: IntArray = np.argsort(distance, kind="stable")
    others: IntArray = nearest[distance[nearest] > 0]
    return others[:count]


def _require(points: Points, at: int) -> None:
    if points.ndim != 2 or not points.shape[1]:
        raise BadSetting(
            f"A table of tries has a row for each and a column for each parameter: {points.shape}."
        )
    if not -len(points) <= at < len(points):
        raise BadSetting(f"There is no row {at} in a table of {len(points)} tries.")


def _ranks(values: FloatArray) -> FloatArray:
    """0 for the smallest; equals get the mean of their places."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: FloatArray = ends - (counts + 1) / 2
    return middle[place.ravel()]
