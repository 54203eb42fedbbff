"""Long lines made short enough to draw, without losing their peaks and troughs."""

from __future__ import annotations

import numpy as np

from thebot.market import FloatArray, IntArray


def rows_to_draw(values: FloatArray, most: int) -> IntArray:
    """At most `most` rows of a line: of each stretch its lowest and its highest, the first and the last.

    All of them if there are no more than that.
    """
    count = len(values)
    if count <= most:
        return np.arange(count)
    stretches = max(1, most // 2 - 1)
    borders = np.linspace(0, count, stretches + 1).astype(np.int64)
    known = np.where(np.isnan(values), 0.0, values)
    rows = [0, count - 1]
    for first, last in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        if last > first:
            part = known[first:last]
            rows += [first + int(part.argmin()), first + int(part.argmax())]
    return np.unique(np.array(rows, np.int64))
