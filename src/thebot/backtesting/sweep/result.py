"""What a search came to: the best variant, and how far it can be believed given all the others."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from thebot.backtesting.overfitting import (
    Overfitting,
    neighbours_by_rank,
    neighbours_in_grid,
    pbo,
    plateau,
    reality_check,
    superior_ability,
)
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.scoring import Score
from thebot.backtesting.sweep.search import FIGURES, Found, Search
from thebot.backtesting.sweep.space import Choices
from thebot.backtesting.sweep.variants import Job, Outcome
from thebot.backtesting.trial import run
from thebot.backtesting.tried import Trials
from thebot.errors import BadSetting
from thebot.market import FloatArray

if TYPE_CHECKING:
    import polars

TABLE: Final = (*FIGURES, "max_drawdown", "trades", "exposure", "fees", "annual_return", "volatility")
TITLES: Final = {name: name.replace("_", " ").capitalize() for name in TABLE}
_PARTS: Final = 16  # of the blocks, for the probability of overfitting: 12,870 halves
_RESAMPLES: Final = 500
_PLACES: Final = 40  # on an axis of the surface: more values than these are put together
_MOST: Final = (
    2_000  # variants that the tests of all together look at: the best, and others at even distances
)


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepResult:
    """All variants with their figures, best first; those that cannot be are counted in `impossible`."""

    job: Job
    search: Search
    ranked: tuple[Outcome, ...]
    impossible: int
    complete: bool
    trials: Trials  # of all that was ever tried on these candles, if there is a ledger; else of these

    @classmethod
    def of(cls, found: Found, trials: Trials | None = None) -> SweepResult:
        """Raises BadSetting if nothing was evaluated."""
        valid = found.valid
        if not valid:
            why = next((each.why for each in found.outcomes), "it was interrupted before the first was done")
            raise BadSetting(f"Not one variant could be evaluated: {why}")
        points = found.search.space.points([each.parameters for each in valid])
        worth = (-found.search.worth(each.score) for each in valid)
        # of equals the first in the space, whoever was finished first
        ranked = [valid[row] for *_, row in sorted(zip(worth, points, range(len(valid)), strict=True))]
        return cls(
            job=found.job,
            search=found.search,
            ranked=tuple(ranked),
            impossible=len(found.outcomes) - len(valid),
            complete=found.complete,
            trials=trials or Trials.of([_sharpe(each.score) for each in valid]),
        )

    @property
    def best(self) -> Outcome:
        return self.ranked[0]

    @functools.cached_property
    def record(self) -> TrackRecord:
        """The best variant's, with the number of all that were tried."""
        job = self.job
        record = run(
            job.series, job.strategy(self.best.parameters), account=job.account, costs=job.costs,
            start=job.start, instruments=job.instruments,
        )  # fmt: skip
        return replace(record, trials=max(self.trials.count, len(self.ranked)))

    def figure(self, name: str) -> FloatArray:
        """Of each variant, best first: shape (variants,)."""
        return np.array([getattr(each.score, name) for each in self.ranked], np.float64)

    @functools.cached_property
    def overfitting(self) -> Overfitting | None:
        """How probable it is that the best was chosen by luck; None for too few variants or candles."""
        returns = self._returns
        if returns.shape[1] < 2 or len(returns) < 2 * _PARTS:
            return None
        return pbo(returns, parts=_PARTS)

    @functools.cached_property
    def plateau(self) -> float:
        """The share of the best one's neighbours that keep half of its result, 0..1; nan if it has none."""
        points = np.array(list(self.search.space.points([each.parameters for each in self.ranked])))
        near = neighbours_in_grid if self.search.method == "grid" else neighbours_by_rank
        neighbours = near(points, 0)
        worth = np.array([self.search.worth(each.score) for each in self.ranked])
        if not len(neighbours) or not math.isfinite(worth[0]):
            return math.nan
        return plateau(np.where(np.isfinite(worth), worth, -1e9), 0, neighbours)

    @functools.cached_property
    def assessment(self) -> dict[str, float]:
        """What is known of all variants together, by name, for the verdict; nan where it cannot be told."""
        found = {
            "trials": float(max(self.trials.count, len(self.ranked))),
            "plateau": self.plateau,
            "pbo": math.nan,
            "reality_check_p": math.nan,
            "spa_p": math.nan,
        }
        if self.overfitting is not None:
            found["pbo"] = self.overfitting.probability
        returns = self._returns
        if returns.shape[1] > 1 and len(returns) > 2 * _PARTS:
            tested = superior_ability(returns, seed=self.search.seed, resamples=_RESAMPLES)
            found["spa_p"] = tested.consistent
            found["reality_check_p"] = reality_check(returns, seed=self.search.seed, resamples=_RESAMPLES)
        return found

    @functools.cached_property
    def _returns(self) -> FloatArray:
        """From block to block of variants in rank order: shape (blocks, variants)."""
        chosen = np.unique(np.linspace(0, len(self.ranked) - 1, min(_MOST, len(self.ranked))).astype(int))
        curves = [_curve(self.ranked[row].score) for row in chosen.tolist()]
        returns: FloatArray = np.column_stack([curve[1:] / curve[:-1] - 1.0 for curve in curves])
        return np.nan_to_num(returns)

    def surface(self, x: str | None = None, y: str | None = None) -> dict[str, Any] | None:
        """The figure over two parameters, the best of all others: for a heat map; None for one parameter.

        Of more than 40 values of a parameter those near each other are put together, under their middle.
        Without names the two are taken over which it changes most. Raises BadSetting for others than vary.
        """
        names = list(self.search.space.dimensions)
        for name in (x, y):
            if name is not None and name not in names:
                raise BadSetting(f"{name} does not vary in this sweep; {', '.join(names)} do.")
        if len(names) < 2:
            return None
        by_weight = sorted(names, key=lambda name: -self._spread(name))
        x = x or next(name for name in by_weight if name != y)
        y = y or next(name for name in by_weight if name != x)
        best: dict[tuple[Any, Any], float] = {}
        (xs, x_of), (ys, y_of) = self._axis(x), self._axis(y)
        for each in self.ranked:
            best.setdefault((x_of(each), y_of(each)), self.search.worth(each.score))
        z = [[_known(best.get((a, b), math.nan)) for a in xs] for b in ys]
        return {"figure": TITLES[self.search.by], "x": x, "y": y, "xs": xs, "ys": ys, "z": z}

    def _axis(self, name: str) -> tuple[list[Any], Callable[[Outcome], Any]]:
        """The places on it, and where a variant is: at its value, or near it where there are too many."""
        values = {each.parameters[name] for each in self.ranked}
        dimension = self.search.space.dimensions[name]
        if isinstance(dimension, Choices):
            return [each for each in dimension.values if each in values], lambda each: each.parameters[name]
        if len(values) <= _PLACES:
            return sorted(values), lambda each: each.parameters[name]
        space = np.geomspace if dimension.log else np.linspace
        borders = space(dimension.low, dimension.high, _PLACES + 1)
        middles = space(dimension.low, dimension.high, 2 * _PLACES + 1)[1::2]
        places = [float(f"{each:.6g}") for each in middles]

        def near(each: Outcome) -> float:
            return places[int(np.searchsorted(borders[1:-1], each.parameters[name]))]

        return places, near

    def _spread(self, name: str) -> float:
        """How far the means of the figure lie apart over the values of one parameter."""
        groups: dict[Any, list[float]] = {}
        for each in self.ranked:
            worth = self.search.worth(each.score)
            if math.isfinite(worth):
                groups.setdefault(each.parameters[name], []).append(worth)
        means = [float(np.mean(values)) for values in groups.values()]
        return float(np.ptp(means)) if means else 0.0

    def rows(self, most: int | None = None) -> list[dict[str, Any]]:
        """The variants, best first: parameters and figures by name, None where unknown."""
        return [
            {**each.parameters, **{name: _known(float(getattr(each.score, name))) for name in TABLE}}
            for each in self.ranked[:most]
        ]

    def to_polars(self) -> polars.DataFrame:
        """All variants as a frame, best first."""
        import polars

        return polars.DataFrame(self.rows(), infer_schema_length=None)

    def plain(self, most: int = 100) -> dict[str, Any]:
        """Fit for JSON: the first variants, what they come to together, and the surface."""
        worth = self.figure(self.search.by)
        return {
            "by": self.search.by,
            "method": self.search.method,
            "space": self.search.space.plain(),
            "variants": len(self.ranked),
            "impossible": self.impossible,
            "complete": self.complete,
            "trials": self.trials.count,
            "best": self.rows(1)[0],
            "median": _known(float(np.nanmedian(worth))) if np.isfinite(worth).any() else None,
            "table": self.rows(most),
            "assessment": {name: _known(value) for name, value in self.assessment.items()},
            "surface": self.surface(),
        }


def _curve(score: Score | None) -> FloatArray:
    return np.ones(2) if score is None else score.curve


def _sharpe(score: Score | None) -> float:
    return score.mean / score.deviation if score is not None and score.deviation > 0 else math.nan


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
