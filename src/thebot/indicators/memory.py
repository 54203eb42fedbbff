"""How long smoothing remembers its start."""

from __future__ import annotations

import math


def exponential(weight: float) -> int:
    """Candles until what exponential smoothing by `weight` began with has shrunk to 1e-9 of itself.

    >>> exponential(2 / (20 + 1))
    208
    """
    return 0 if weight >= 1 else math.ceil(math.log(1e-9) / math.log1p(-weight))


def wilder(period: int) -> int:
    """The same for Wilder's smoothing, where a new value weighs 1 / period."""
    return exponential(1.0 / period)
