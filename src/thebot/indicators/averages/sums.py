"""Sums that slide along with a window, and when they are to be summed anew. Plain functions, for steps.

A running sum keeps the rounding of everything that ever passed through it. Where the price has fallen by
factors since, or in a sum of sums, that is no longer small beside what is left: so such a sum is made anew
from its window now and then. It costs nothing that counts, as it is seldom.
"""

from __future__ import annotations

from typing import Final

from thebot.indicators.indicator import Column

ANEW: Final = (
    1_000  # candles after which running sums are summed anew; later by two periods if these are long
)
FALLEN: Final = 16.0  # or when one has fallen to this part of what it was


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
