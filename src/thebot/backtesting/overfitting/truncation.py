"""The check that is always on: no value of the past may change when more candles come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from thebot.errors import BadSetting
from thebot.indicators import Columns, Expression, Panel
from thebot.indicators.contract import alone
from thebot.market import Candles, FloatArray


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
    *,
    columns: Columns | None = None,
    longest: int = 50_000,
) -> list[ChangedByTheFuture]:
    """Each expression whose past changes with the future, with the first row in which it was seen to.

    The expressions and all that they are made of (on this timeframe) are computed anew on the first candles
    only, up to `cuts` rows drawn at random (all rows if there are fewer), and compared with those over all
    candles, which a caller who has them hands in as `columns`, to the last bit (any nan is like any other).
    If several change, what is made of others comes after them: the first is where to look.

    So a cut costs half a computation on average. Of more than `longest` candles, a stretch of so many around
    each cut is computed whole and up to the cut instead, which costs the same however many candles there are.
    After the last candle of a truncation lie rows of nan in memory of its own, so that a compiled step which
    reads past it cannot find the real ones there.

    Empty: nothing was seen to change, which proves little for what reads ahead seldom. Raises BadSetting for
    a negative number of cuts or a stretch of fewer than 2 candles.
    """
    if cuts < 0 or longest < 2:
        raise BadSetting(f"{cuts} truncations of {longest} candles cannot be: give 0 or more, of 2 or more.")
    panel = Panel(expressions, candles.timeframe)
    computed = [*panel.columns, *(each for each in panel.expressions if each not in panel.columns)]
    possible = max(0, len(candles) - 1)
    drawn = np.random.default_rng(seed).choice(possible, min(cuts, possible), replace=False) + 1
    whole = columns
    found: dict[Expression, ChangedByTheFuture] = {}
    for cut in np.sort(drawn).tolist():
        first = 0
        if len(candles) > longest:
            first = max(0, cut - longest // 2)
            whole = panel.over(candles.rows(slice(first, first + longest)))
        elif whole is None:
            whole = panel.over(candles)
        before = panel.over(alone(candles, first, cut))
        for expression in computed:
            if expression in found:
                continue
            then, now = before[expression], whole[expression][: cut - first]
            row = _first_difference(then, now)
            if row is not None:
                found[expression] = ChangedByTheFuture(
                    expression, first + row, cut, float(then[row]), float(now[row])
                )
    return [found[each] for each in computed if each in found]


def _first_difference(left: FloatArray, right: FloatArray) -> int | None:
    """The first row in which they are not equal to the last bit (nan is like nan), if there is one."""
    differing = np.ascontiguousarray(left).view(np.int64) != np.ascontiguousarray(right).view(np.int64)
    if differing.any():
        differing &= ~(np.isnan(left) & np.isnan(right))
    return int(differing.argmax()) if differing.any() else None
