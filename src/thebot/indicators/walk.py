"""A live panel through many closed candles at once: node by node, not candle by candle.

The very same step functions run on the very same values, in plain Python; what needs no state is numpy,
equal to the last bit. Nobody looks at the candles in between, so none of what a single candle needs (a
Candle, a list of values, readings) is made. Warming up a rule is some four times as quick as stepping it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thebot.indicators.expression import At, Crossing, Elementwise, Expression, nan
from thebot.indicators.layout import SHIFT, Layout, Work
from thebot.indicators.looking_back import contiguous, crossed
from thebot.market import Candles, FloatArray, Timeframe

if TYPE_CHECKING:
    from thebot.indicators.indicator import State


class Seen(Protocol):
    """A longer timeframe as it is seen at each of the candles."""

    def seen(self, expression: Expression) -> FloatArray: ...


def walk(
    layout: Layout,
    candles: Candles,
    states: Sequence[State],
    windows: Mapping[int, Sequence[float]],
    longer: Mapping[Timeframe, Seen],
) -> tuple[list[Any], list[State]]:
    """A column for each of the panel's (a plain number for a constant), and the states after the last candle.

    `states` and `windows` (of each column the values that are looked back on) are those before the first
    candle; they are left as they are.
    """
    count = len(candles)
    arrays: list[Any] = [
        candles.open, candles.high, candles.low, candles.close, candles.volume,
        candles.open_time.astype(np.float64),
    ]  # fmt: skip
    arrays += layout.blank_rest
    read = _Read(arrays, windows, count)
    after: list[State] = []
    for work, state in zip(layout.works, states, strict=True):
        expression = work.expression
        results: Sequence[FloatArray]
        if isinstance(expression, Elementwise):
            results = [np.broadcast_to(expression.of_columns(*(arrays[k] for k in work.inputs)), count)]
        elif isinstance(expression, At):
            results = [longer[expression.timeframe].seen(expression.operand)]
        elif isinstance(expression, Crossing):
            left, right = (contiguous(arrays[k], count) for k in work.inputs)
            result, state = _crossed(expression, state, left, right)
            results = [result]
        elif work.kind == SHIFT:
            earlier = read.with_window(work.inputs[0])
            first = layout.reach[work.inputs[0]] - work.fixed
            results = [np.array(earlier[first : first + count], dtype=float)]
        else:
            first = layout.reach[work.inputs[0]] if work.windowed else 0
            results, state = _stepped(work, state, read, first, count)
        after.append(state)
        for column, values in zip(work.outputs, results, strict=True):
            arrays[column] = values
    return arrays, after


class _Read:
    """Columns as steps read them: lists, made once each; with the window before them where it is needed."""

    def __init__(self, arrays: list[Any], windows: Mapping[int, Sequence[float]], count: int) -> None:
        self._arrays, self._windows, self._count = arrays, windows, count
        self._plain: dict[int, list[float]] = {}
        self._windowed: dict[int, list[float]] = {}

    def plain(self, column: int) -> list[float]:
        if column not in self._plain:
            self._plain[column] = np.broadcast_to(self._arrays[column], self._count).tolist()
        return self._plain[column]

    def with_window(self, column: int) -> list[float]:
        if column not in self._windowed:
            self._windowed[column] = [*self._windows[column], *self.plain(column)]
        return self._windowed[column]

    def unknown(self, columns: Sequence[int]) -> list[bool] | None:
        """For each candle whether one of the columns is unknown; None if none ever is."""
        unknown = np.zeros(self._count, bool)
        for column in columns:
            unknown |= np.isnan(self._arrays[column])
        return unknown.tolist() if unknown.any() else None


def _stepped(
    work: Work, state: State, read: _Read, first: int, count: int
) -> tuple[Sequence[FloatArray], State]:
    """Every output of an indicator, and its state after the last candle; `first` is the row of the first."""
    step, parameters = work.function, work.fixed
    columns = [read.with_window(k) if work.windowed else read.plain(k) for k in work.inputs]
    checks, nothing = work.if_unknown
    unknown = read.unknown(checks)
    values: list[Any] = []
    keep = values.append
    if unknown is None:
        for i in range(first, first + count):
            state, value = step(state, *columns, i, *parameters)
            keep(value)
    else:
        for i, missing in enumerate(unknown, first):
            state, value = nothing if missing else step(state, *columns, i, *parameters)
            keep(value)
    outputs = len(work.outputs)
    return list(np.array(values, dtype=float).reshape(count, outputs).T), state


def _crossed(
    crossing: Crossing, state: State, left: FloatArray, right: FloatArray
) -> tuple[FloatArray, State]:
    """Where it holds, and the state: both values at the last candle, that which must be above first."""
    if not len(left):
        return np.empty(0), state
    above = crossing.direction == "above"
    before_left, before_right = state if above else state[::-1]
    left, right = np.concatenate([[before_left], left]), np.concatenate([[before_right], right])
    holds = crossed(crossing, left, right, count=len(left))[1:]
    last = (float(left[-1]), float(right[-1])) if above else (float(right[-1]), float(left[-1]))
    return holds.astype(np.float64), last if last[0] == last[0] and last[1] == last[1] else (nan, nan)
