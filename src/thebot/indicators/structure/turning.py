"""What a swing is, for everything here that is built on swings. Plain functions: compiled with the step.

A swing high stands above everything near it: no high of the `left` candles before it is higher, and those
of the `right` candles after it are all lower. (So the last of several equal highs side by side is the
swing.) It is known `right` candles later and not before. A swing low mirrors it.
"""

from __future__ import annotations

from thebot.indicators.indicator import Column


def turned(column: Column, sign: float, seen: int, i: int, left: int, right: int) -> bool:
    """Whether a swing becomes known now: that of `right` candles ago.

    `sign` is 1.0 for highs, -1.0 for lows; `seen` how many candles there were, the newest counted.
    """
    if seen <= left + right:
        return False
    peak = sign * column[i - right]
    for back in range(right):
        if sign * column[i - back] >= peak:
            return False
    for back in range(right + 1, right + left + 1):  # noqa: SIM110  (compiled)
        if sign * column[i - back] > peak:
            return False
    return True


def stands_alone(column: Column, sign: float, i: int, period: int) -> bool:
    """Whether the value `period` candles ago is above all `period` on either side (sign -1.0: below)."""
    peak = sign * column[i - period]
    for back in range(period):
        if sign * column[i - back] >= peak:
            return False
    for back in range(period + 1, 2 * period + 1):  # noqa: SIM110  (compiled)
        if sign * column[i - back] >= peak:
            return False
    return True


def averaged(average: float, reach: float, seen: int, period: int) -> float:
    """Wilder's average of the true ranges (from candle 2 on); the plain mean until there are `period`."""
    weight = 1.0 / period if seen > period else 1.0 / (seen - 1) if seen > 1 else 0.0
    return average + (reach - average) * weight
