"""Sums that slide along with a window, and when they are to be summed anew. Plain functions, for steps.

A running sum keeps the rounding of everything that ever passed through it. Where the price has fallen by
factors since, or in a sum of sums, that is no longer small beside what is left. So such a sum is made anew
from its window now and then, which is seldom. Or a second one, begun from nothing, takes the place of the
first as soon as the window holds nothing but what it has seen (as in `sma`): faster, and a little later.
"""

from __future__ import annotations

from typing import Final

from thebot.indicators.indicator import Column

STRAYED: Final = 16.0  # or when one has grown or fallen by this factor


def summed(column: Column, i: int, count: int) -> float:
    """The sum of the last `count` values, from the oldest on."""
    total = 0.0
    for back in range(count - 1, -1, -1):
        total += column[i - back]
    return total


def weighed(column: Column, weights: Column, i: int, count: int) -> float:
    """The sum of the last `count` values, each times its weight, from the oldest on."""
    total = 0.0
    for back in range(count - 1, -1, -1):
        total += column[i - back] * weights[i - back]
    return total


def rising(column: Column, i: int, count: int) -> float:
    """The sum of the last `count` values times 1 for the oldest to `count` for the newest."""
    total = 0.0
    for back in range(count - 1, -1, -1):
        total += (count - back) * column[i - back]
    return total


def size(value: float) -> float:
    """Without its sign."""
    return value if value > 0.0 else -value


def strayed(total: float, before: float) -> bool:
    """Whether a sum is of quite another size than it was when it was last summed anew."""
    now = size(total)
    return now * STRAYED < before or now > before * STRAYED
