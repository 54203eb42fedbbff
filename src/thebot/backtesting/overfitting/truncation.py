"""The check that is always on: no value of the past may change when more candles come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thebot.errors import BadSetting
from thebot.indicators import Columns, Expression, Panel
from thebot.market import BoolArray, Candles, FloatArray


@dataclass(frozen=True, slots=True)
class ChangedByTheFuture:
    """A value that was another before later candles were there: the expression has seen the future."""

    expression: Expression
    row: int
    cut: int  # how many candles there were when it was `before`
    before: float
    after: float

    def __str__(self) -> str:
        return (
            f"{self.expression!r}: at row {self.row} it is {self.before!r} with {self.cut} candles, but "
            f"{self.after!r} once later ones are there. It reads the future, so a backtest of it is worth "
            "nothing: mend the step so that it reads no row after `i`."
        )


def changed_by_the_future(
    expressions: Iterable[Expression],
    candles: Candles,
    cuts: int = 3,
    seed: int = 0,
    columns: Columns | None = None,
) -> list[ChangedByTheFuture]:
    """Each expression whose past changes with the future, with the first row in which it was seen to.

    The expressions and all that they are made of (on this timeframe) are computed anew on the first candles
    only, up to `cuts` rows drawn at random (all rows if there are fewer), and compared with those over all
    candles, which a caller who has them hands in as `columns`, to the last bit (any nan is like any other).
    If several change, what is made of others comes after them: the first is where to look.

    After the last candle of a truncation lie rows of nan, so that a compiled step which reads past it cannot
    find the real ones there. One cut costs half a computation on average. Empty: nothing was seen to change,
    which proves little for what reads ahead seldom. Raises BadSetting for a negative number of cuts.
    """
    if cuts < 0:
        raise BadSetting(f"{cuts} truncations cannot be: give 0 or more.")
    panel = Panel(expressions, candles.timeframe)
    whole = panel.over(candles) if columns is None else columns
    rows = np.arange(1, len(candles))
    drawn = np.sort(np.random.default_rng(seed).permutation(rows)[:cuts]).tolist()
    computed = [*panel.columns, *(each for each in panel.expressions if each not in panel.columns)]
    found: dict[Expression, ChangedByTheFuture] = {}
    for cut in drawn:
        before = panel.over(_only_the_first(candles, cut))
        for expression in computed:
            if expression in found:
                continue
            now, then = whole[expression][:cut], before[expression]
            differing = ~_same(then, now)
            if differing.any():
                row = int(differing.argmax())
                found[expression] = ChangedByTheFuture(
                    expression, row, cut, float(then[row]), float(now[row])
                )
    return [found[each] for each in computed if each in found]


def _only_the_first(candles: Candles, cut: int) -> Candles:
    """The first `cut` candles, in memory of their own with nan behind it."""
    columns: dict[str, Any] = {}
    for name in ("open", "high", "low", "close", "volume"):
        own = np.full(len(candles), np.nan)
        own[:cut] = getattr(candles, name)[:cut]
        columns[name] = own[:cut]
    return replace(candles.rows(slice(0, cut)), **columns)


def _same(left: FloatArray, right: FloatArray) -> BoolArray:
    """Which are equal to the last bit; nan is like nan."""
    same: BoolArray = (
        np.ascontiguousarray(left).view(np.int64) == np.ascontiguousarray(right).view(np.int64)
    ) | (np.isnan(left) & np.isnan(right))
    return same
