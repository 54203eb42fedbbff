"""Crossings and shifts over columns: what looks back on values that are known already. Plain numpy."""

from __future__ import annotations

import numpy as np

from thebot.indicators.expression import Crossing, Shift, nan
from thebot.market import BoolArray, FloatArray


def crossed(
    crossing: Crossing, left: FloatArray | float, right: FloatArray | float, *, count: int
) -> BoolArray:
    """Where `crossing` holds. `left` and `right` are columns of `count` rows, or constants."""
    a, b = contiguous(left, count), contiguous(right, count)
    if crossing.direction == "below":
        a, b = b, a
    above: BoolArray = a[1:] > b[1:]
    before: BoolArray = a[:-1] <= b[:-1]
    if not crossing.happened:
        known = ~np.isnan(a + b) | (np.isinf(a) | np.isinf(b)) & ~(np.isnan(a) | np.isnan(b))
        above, before = known[1:] & known[:-1], ~(above & before)
    result = np.zeros(count, np.bool_)
    np.logical_and(above, before, out=result[1:])
    return result


def shifted(shift: Shift, values: FloatArray | float, count: int) -> FloatArray:
    """`values` moved down by so many rows."""
    result = np.full(count, 0.0 if shift.is_condition else nan)
    result[shift.candles :] = contiguous(values, count)[: max(0, count - shift.candles)]
    return result


def contiguous(values: FloatArray | float, count: int) -> FloatArray:
    """`values` as a column of `count` rows that lie side by side in memory."""
    if not isinstance(values, np.ndarray):
        return np.full(count, values, dtype=float)
    return np.ascontiguousarray(values, dtype=np.float64)
