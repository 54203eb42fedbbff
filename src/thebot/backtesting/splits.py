"""Ways to cut the past into what is learnt from and what is tested on, so that neither sees the other.

A row is a candle, a day, a label: whatever is counted. The outcome of row i is known only some rows later (a
label looks ahead, a position is held): rows whose outcome reaches into a test, or that lie in the outcome of
a test, are purged from the training. An embargo keeps as many more rows free, for what else carries over.

Source: M. Lopez de Prado, "Advances in Financial Machine Learning", 2018, chapters 7 and 12.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from thebot.errors import BadSetting
from thebot.market import BoolArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What to learn from and what to test on, as runs of rows: slices in order that do not touch."""

    train: tuple[slice, ...]
    tests: tuple[slice, ...]

    @property
    def train_rows(self) -> IntArray:
        """The rows to learn from, in order."""
        return _rows(self.train)

    @property
    def test_rows(self) -> IntArray:
        """The rows to test on, in order."""
        return _rows(self.tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkForward:
    """Learn from `train` rows, test on the `test` rows after them, move on by `test` rows, and again.

    So the tests stitched together are one run without a hole. `purge` rows (those whose outcome reaches into
    the test) and `embargo` rows more are left free between the two. With `anchored` the training always
    begins at the first row and grows; else it rolls along. With `rest` a last test of fewer rows is made of
    what remains, else that is left out. Raises BadSetting for sizes below 1 or negative gaps.
    """

    train: int
    test: int
    purge: int = 0
    embargo: int = 0
    anchored: bool = False
    rest: bool = False

    def __post_init__(self) -> None:
        _require("train", self.train, least=1)
        _require("test", self.test, least=1)
        _require_gaps(self.purge, self.embargo)

    def splits(self, count: int) -> list[Split]:
        """The splits of `count` rows, oldest first, each with one run of training and one of test.

        Raises BadSetting if the rows do not suffice for one.
        """
        gap = self.purge + self.embargo
        begin = self.train + gap
        last = count - (1 if self.rest else self.test)
        if begin > last:
            raise BadSetting(
                f"{count} rows are too few to walk forward: the first test would end at row "
                f"{begin + self.test}. Take a shorter training ({self.train}) or test ({self.test})."
            )
        return [
            Split(
                train=(slice(0 if self.anchored else at - begin, at - gap),),
                tests=(slice(at, min(at + self.test, count)),),
            )
            for at in range(begin, last + 1, self.test)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgedKFold:
    """Each of `folds` contiguous parts of the rows is tested on once, the others learnt from, purged.

    `purge` is how many rows after its own the outcome of a row is known (0: at once): so many rows before and
    after a test are left out, and `embargo` more after it. Where outcomes take differently long, `splits`
    is handed when each is known. The first parts have one row more if the rows do not divide evenly.

    Raises BadSetting for fewer than 2 folds or negative gaps. Beware of versions that let the test begin
    where the outcome of its first row is known: they leave the rows before each test in the training, which
    leaks.
    """

    folds: int = 5
    purge: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        _require("folds", self.folds, least=2)
        _require_gaps(self.purge, self.embargo)

    def splits(self, count: int, known: IntArray | None = None) -> list[Split]:
        """The splits of `count` rows, the oldest test first.

        `known` of shape (count,) gives for each row the last one that its outcome depends on (itself or a
        later one), instead of `purge`. Raises BadSetting for fewer rows than folds or a `known` that does not
        fit.
        """
        known = _known(count, self.folds, self.purge, known)
        sizes = [count // self.folds + (fold < count % self.folds) for fold in range(self.folds)]
        borders = [0, *itertools.accumulate(sizes)]
        return [_purged([slice(a, b)], known, self.embargo) for a, b in itertools.pairwise(borders)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinatorialPurged:
    """Each choice of `test_folds` out of `folds` contiguous parts is tested on once (CPCV).

    Every part is tested several times, after different trainings, so that the tests make several whole paths
    through the past instead of one: a distribution of results. Purge and embargo are as in PurgedKFold. All
    folds have count // folds rows, the last one also those that remain.

    Raises BadSetting for fewer than 2 folds, no test folds or no others, or negative gaps.
    """

    folds: int = 10
    test_folds: int = 2
    purge: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        _require("folds", self.folds, least=2)
        _require("test_folds", self.test_folds, least=1)
        _require_gaps(self.purge, self.embargo)
        if self.test_folds >= self.folds:
            raise BadSetting(f"{self.test_folds} of {self.folds} folds to test on leave none to learn from.")

    def splits(self, count: int, known: IntArray | None = None) -> list[Split]:
        """The splits of `count` rows, in the order of the choices; each test fold is one of `tests`.

        `known` is as in PurgedKFold. Raises BadSetting for fewer rows than folds, or a `known` that does not
        fit.
        """
        known = _known(count, self.folds, self.purge, known)
        size = count // self.folds
        borders = [*range(0, size * self.folds, size), count]
        runs = [slice(a, b) for a, b in itertools.pairwise(borders)]
        return [_purged([runs[fold] for fold in chosen], known, self.embargo) for chosen in self._choices()]

    @property
    def paths(self) -> IntArray:
        """Which split gives the test of each fold on each path: shape (paths, folds).

        There are comb(folds - 1, test_folds - 1) paths; a fold's first test belongs to the first path, its
        next one to the second. So `splits[paths[p, f]]` is what path p takes for fold f.
        """
        paths = np.empty((math.comb(self.folds - 1, self.test_folds - 1), self.folds), np.int64)
        tested = [0] * self.folds
        for number, chosen in enumerate(self._choices()):
            for fold in chosen:
                paths[tested[fold], fold] = number
                tested[fold] += 1
        return paths

    def _choices(self) -> itertools.combinations[tuple[int, ...]]:
        return itertools.combinations(range(self.folds), self.test_folds)


def purged(starts: IntArray, ends: IntArray, *, first: int, last: int) -> IntArray:
    """The rows that may be learnt from if the closed span from `first` to `last` is tested.

    Row i spans starts[i]..ends[i] (rows or times, both ends in it) and goes if that touches the test's span
    anywhere: beginning in it, ending in it or enveloping it. Both have shape (rows,).

    >>> purged(np.arange(6), np.arange(6) + 2, first=3, last=3).tolist()
    [0, 4, 5]
    """
    return np.flatnonzero((ends < first) | (starts > last))


def _purged(tests: list[slice], known: IntArray, embargo: int) -> Split:
    count = len(known)
    places = np.arange(count)
    kept = np.ones(count, np.bool_)
    for test in tests:
        outcome = int(known[test].max())
        kept &= (known < test.start) | (places > outcome + embargo)
    return Split(train=_runs(kept), tests=tuple(tests))


def _known(count: int, folds: int, purge: int, known: IntArray | None) -> IntArray:
    if count < folds:
        raise BadSetting(f"{count} rows do not make {folds} folds. Take fewer folds.")
    places = np.arange(count)
    if known is None:
        return places + purge
    if known.shape != (count,) or (known < places).any():
        raise BadSetting(
            f"`known` says for each of {count} rows the last one that its outcome depends on, itself or a "
            f"later one; this has the shape {known.shape} or names an earlier one."
        )
    return known


def _runs(kept: BoolArray) -> tuple[slice, ...]:
    edges = np.diff(np.concatenate([[False], kept, [False]]).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist()
    return tuple(slice(a, b) for a, b in zip(begins, ends, strict=True))


def _rows(runs: tuple[slice, ...]) -> IntArray:
    return np.concatenate([np.empty(0, np.int64), *(np.arange(run.start, run.stop) for run in runs)])


def _require(name: str, value: int, *, least: int) -> None:
    if value < least:
        raise BadSetting(f"{name}={value} cannot be: give {least} or more.")


def _require_gaps(purge: int, embargo: int) -> None:
    _require("purge", purge, least=0)
    _require("embargo", embargo, least=0)
