"""How far, how long and how often an equity curve lies below its highest value so far.

A curve has shape (values,), in quote currency, begins above zero and holds no nan. Falls are fractions of the
high that they began at, and negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from thebot.errors import BadSetting
from thebot.market import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """One fall of the equity: from the last time at a high until that high was reached again.

    Times and durations are in the unit of the times that were handed in: milliseconds, UTC.
    """

    depth: float  # a negative fraction of the high
    start: int  # the last time at the high
    trough: int  # the (first) lowest time
    recovery: int | None  # the first time at or above the high again; None: not yet
    end: int  # the recovery, or the end of the record

    @property
    def duration(self) -> int:
        """From the high to the recovery, or to the end of the record while there is none."""
        return self.end - self.start

    @property
    def falling(self) -> int:
        """From the high to the trough."""
        return self.trough - self.start

    @property
    def recovering(self) -> int:
        """From the trough to the recovery, or to the end of the record while there is none."""
        return self.end - self.trough


def drawdowns(equity: FloatArray) -> FloatArray:
    """How far each value lies below the highest so far, as a fraction: 0 at a new high, else negative."""
    highest: FloatArray = np.maximum.accumulate(equity)
    below: FloatArray = equity / highest - 1.0
    return below


def max_drawdown(equity: FloatArray) -> float:
    """The deepest fall from a high to a later low, as a fraction of the high: 0 or negative.

    nan for fewer than two values.

    >>> round(max_drawdown(np.array([100.0, 120.0, 90.0, 110.0])), 6)
    -0.25
    """
    return float(drawdowns(equity).min()) if len(equity) > 1 else math.nan


def drawdown_episodes(equity: FloatArray, time: IntArray) -> tuple[Drawdown, ...]:
    """Every fall of the equity, in order. `time` has the instant of each value (ms UTC): shape (values,).

    Empty where the equity never fell. Raises BadSetting for times of another length.

    >>> [fall] = drawdown_episodes(np.array([100.0, 80.0, 90.0, 100.0]), np.array([0, 10, 20, 30]))
    >>> round(fall.depth, 6), fall.start, fall.trough, fall.recovery
    (-0.2, 0, 10, 30)
    """
    if len(time) != len(equity):
        raise BadSetting(f"{len(time)} times do not fit {len(equity)} values of equity: give one each.")
    below = drawdowns(equity)
    edges = np.diff(np.concatenate([[False], below < 0, [False]]).astype(np.int8))
    firsts, ends = np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist()
    return tuple(_episode(below, time, first, end) for first, end in zip(firsts, ends, strict=True))


def _episode(below: FloatArray, time: IntArray, first: int, end: int) -> Drawdown:
    """The fall of the rows from `first` up to, without, `end`."""
    lowest = first + int(below[first:end].argmin())
    recovered = end < len(below)
    return Drawdown(
        depth=float(below[lowest]),
        start=int(time[first - 1]),
        trough=int(time[lowest]),
        recovery=int(time[end]) if recovered else None,
        end=int(time[end if recovered else -1]),
    )


def deepest_drawdown(equity: FloatArray, time: IntArray) -> Drawdown | None:
    """The fall that `max_drawdown` measures, the first of equals; None where the equity never fell."""
    return min(drawdown_episodes(equity, time), key=lambda fall: fall.depth, default=None)


def longest_drawdown(equity: FloatArray, time: IntArray) -> Drawdown | None:
    """The fall that took longest, the first of equals; None where the equity never fell."""
    return max(drawdown_episodes(equity, time), key=lambda fall: fall.duration, default=None)


def average_drawdown(equity: FloatArray) -> float:
    """The mean depth of all falls, as a negative fraction: each fall counts once, however long it was.

    0 where the equity never fell, nan for fewer than two values.

    >>> round(average_drawdown(np.array([100.0, 80.0, 100.0, 90.0])), 6)
    -0.15
    """
    if len(equity) < 2:
        return math.nan
    falls = drawdown_episodes(equity, np.arange(len(equity)))
    return math.fsum(fall.depth for fall in falls) / len(falls) if falls else 0.0


def average_drawdown_duration(equity: FloatArray, time: IntArray) -> float:
    """The mean duration of all falls (ms), the unfinished one counted until the end of the record.

    0 where the equity never fell, nan for fewer than two values.

    >>> average_drawdown_duration(np.array([100.0, 80.0, 100.0, 90.0]), np.array([0, 10, 20, 30]))
    15.0
    """
    if len(equity) < 2:
        return math.nan
    falls = drawdown_episodes(equity, time)
    return sum(fall.duration for fall in falls) / len(falls) if falls else 0.0


def rolling_max_drawdown(equity: FloatArray, window: int) -> FloatArray:
    """The deepest fall within the last `window` periods, at each value: shape (values,).

    A window of so many periods holds one value more, that of its start. nan for the first `window` values.
    Raises BadSetting for a window below 1.
    Source: empyrical, `roll_max_drawdown`, which leaves the first ones out.

    >>> rolling_max_drawdown(np.array([100.0, 50.0, 60.0, 30.0]), 2).round(6).tolist()
    [nan, nan, -0.5, -0.5]
    """
    if window < 1:
        raise BadSetting(f"A window of {window} holds no period: give at least 1.")
    rolled = np.full(len(equity), math.nan)
    count = len(equity) - window
    if count < 1:
        return rolled
    highest, deepest = equity[:count].copy(), np.zeros(count)
    for step in range(1, window + 1):  # all windows go forward by one value at once
        value = equity[step : step + count]
        np.maximum(highest, value, out=highest)
        np.minimum(deepest, value / highest - 1.0, out=deepest)
    rolled[window:] = deepest
    return rolled


def ulcer_index(equity: FloatArray) -> float:
    """The root of the mean square of `drawdowns`, as a fraction: deep and long falls weigh most.

    Over all values, those at a high count as 0. nan for fewer than two values. Martin gives it in percent and
    over a moving window; this is the whole record as one.
    Source: P. G. Martin and B. B. McCann, "The Investor's Guide to Fidelity Funds", 1989.

    >>> round(ulcer_index(np.array([100.0, 70.0, 60.0, 100.0])), 6)
    0.25
    """
    if len(equity) < 2:
        return math.nan
    below = drawdowns(equity)
    return math.sqrt(float((below * below).mean()))
