"""Steps over whole columns: the very functions that run live, in one loop for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from thebot.indicators.drivers import driver_of
from thebot.indicators.expression import Leaf, nan
from thebot.indicators.indicator import Indicator
from thebot.indicators.looking_back import contiguous
from thebot.market import FloatArray

_NEAR: Final = 4096  # rows in which a column usually begins to be known


def indicator_columns(
    indicator: Indicator, inputs: Sequence[FloatArray | float], count: int
) -> tuple[FloatArray, ...]:
    """Every output of `indicator` over `inputs` (each of `count` rows, or a constant).

    It begins where all inputs are known. Rows before the first of all have nan in them for a step that
    looks back, as the live windows do.
    """
    columns = [contiguous(column, count) for column in inputs]
    made = [
        column for column, given in zip(columns, indicator.inputs, strict=True) if not isinstance(given, Leaf)
    ]
    first = max((_first_known(column) for column in made), default=0)
    interrupted = any(np.isnan(column[first:].sum()) for column in made)
    # made by numpy outside the compiled code: fresh memory is much faster there (measured, 4 times)
    outputs = tuple(np.empty(count) for _ in indicator.choices)
    for output in outputs:
        output[:first] = nan
    run = driver_of(indicator.definition, interruptible=interrupted)
    start, parameters, lookback = indicator.definition.start, indicator.parameters, indicator.lookback
    state: Any = start
    head = min(max(first, lookback), count)
    if head > first:  # the first rows on a padded copy, so that the step can look back without asking how far
        padding = np.full(lookback, nan)
        padded = [np.concatenate([padding, column[:head]]) for column in columns]
        rows = tuple(np.empty(lookback + head) for _ in outputs)
        state = run(start, state, *padded, lookback + first, lookback + head, *rows, *parameters)
        for output, values in zip(outputs, rows, strict=True):
            output[first:head] = values[lookback + first :]
    if head < count:
        run(start, state, *columns, head, count, *outputs, *parameters)
    return outputs


def _first_known(column: FloatArray) -> int:
    """The first row that is not nan; the number of rows if all are."""
    near = np.isnan(column[:_NEAR])
    if not near.all():
        return int(near.argmin())
    everywhere = np.isnan(column)
    return len(column) if everywhere.all() else int(everywhere.argmin())
