"""Parts that several steps of this package are made of. Plain functions: compiled together with the step."""

from __future__ import annotations

from typing import TypeAlias

Shares: TypeAlias = tuple[int, int, float, float, float, float]


def smoothed(average: float, value: float, known: int, period: int) -> float:
    """An EMA after its `known`-th value, seeded with a mean: the sum of the values until there are `period`.

    With `known` below 1 there is no value yet. It rounds as TA-Lib's does.
    """
    if known > period:
        return average + (value - average) * (2.0 / (period + 1.0)) if period > 1 else value
    if known < 1:
        return average
    total = average + value
    return total / period if known == period else total


def eased(average: float, value: float, weight: float) -> float:
    """An EMA one value on, the quickest way: not with TA-Lib's rounding."""
    return value * weight + average * (1.0 - weight)


def wilder_smoothed(average: float, value: float, known: int, period: int) -> float:
    """The same where a new value weighs 1 / period, as Wilder smooths."""
    if known > period:
        weight = 1.0 / period
        return average * (1.0 - weight) + value * weight
    if known < 1:
        return average
    total = average + value
    return total / period if known == period else total


def slid(state: Shares, new: float, old: float, period: int) -> Shares:
    """The sums of what rose and of what fell in the last `period` values, one value on.

    The state: how many values there are, how many of those in the window are not 0, the two sums, and the
    same two begun anew every `period` values: they then take the place of the first, so that the rounding of
    what has left the window does not stay. Choices of numbers, not branches: those could not be predicted.
    """
    known, moves, gain, loss, gains, losses = state
    known += 1
    up = new if new > 0.0 else 0.0
    down = -new if new < 0.0 else 0.0
    moves += (1 if new != 0.0 else 0) - (1 if old != 0.0 else 0)
    gain = gain + up - (old if old > 0.0 else 0.0)
    loss = loss + down - (-old if old < 0.0 else 0.0)
    gains += up
    losses += down
    anew = known == period or known == 2 * period
    gain = gains if anew else gain if gain > 0.0 and moves > 0 else 0.0
    loss = losses if anew else loss if loss > 0.0 and moves > 0 else 0.0
    gains = 0.0 if anew else gains
    losses = 0.0 if anew else losses
    return (period if anew else known, moves, gain, loss, gains, losses)
