"""What all live panels of one Panel share: the order of the work, and everything that no symbol changes.

A desk of a hundred symbols runs some thousand live panels. What is the same in each of them is made once,
here; a live panel of its own has its states and the buffers that its steps read.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from thebot.errors import IndicatorError
from thebot.indicators.expression import (
    LEAVES,
    At,
    Constant,
    Crossing,
    Elementwise,
    Expression,
    Shift,
    nan,
)
from thebot.indicators.indicator import Indicator, State

if TYPE_CHECKING:
    from thebot.indicators.panel import Node, Panel
    from thebot.indicators.program import Program

# How a node is computed: by a step on what is always known; by one that must check its inputs; from values
# by column; by looking back; from a longer timeframe's newest closed values.
STEP, CHECKED, BINARY, UNARY, SHIFT, LONGER = range(6)


class Work(NamedTuple):
    """How one node is computed.

    `fixed` are the arguments of `function` that are the same in all live panels: the columns it reads
    (elementwise), the candles back, the column in the longer panel, or a step's parameters.
    """

    expression: Expression
    kind: int
    function: Any
    fixed: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    where: int | slice  # in the list of values
    windowed: bool  # whether it looks back on its inputs
    if_unknown: tuple[tuple[int, ...], Any]  # inputs to check, and state and results if one is unknown


class Layout:
    """Of one Panel."""

    def __init__(self, panel: Panel) -> None:
        self.blank: Final = [_before_the_first(each) for each in panel.columns]
        self.blank_rest: Final = self.blank[len(LEAVES) :]
        works = [self._work(node, panel) for node in panel.nodes]
        read = [work for work in works if work.kind in (STEP, CHECKED, SHIFT)]
        self.cells: Final = sorted({k for work in read if not work.windowed for k in work.inputs})
        self.reach: Final = _reach([work for work in read if work.windowed])
        self.windows: Final = sorted(self.reach)
        # what is there without being computed: the candle's own columns, and plain numbers
        self.given: Final = [
            k for k, each in enumerate(panel.columns) if k < len(LEAVES) or isinstance(each, Constant)
        ]
        self.works: Final = works
        self.starts: Final[list[State]] = [work.if_unknown[1][0] for work in works]

    @functools.cached_property
    def program(self) -> Program:
        """The work as one function."""
        from thebot.indicators.program import Program

        return Program(self, len(self.blank))

    def _work(self, node: Node, panel: Panel) -> Work:
        expression = node.expression
        first, last = node.outputs[0], node.outputs[-1]
        checks = tuple(
            column for column in node.inputs if column >= len(LEAVES)
        )  # the candle's own are always known
        unknown: Any = self.blank[first] if first == last else self.blank[first : last + 1]
        kind, function, fixed = _how(node, panel, bool(checks))
        return Work(
            expression=expression,
            kind=kind,
            function=function,
            fixed=fixed,
            inputs=node.inputs,
            outputs=node.outputs,
            where=first if first == last else slice(first, last + 1),
            windowed=_lookback(expression) > 0,
            if_unknown=(checks, (_start(expression), unknown)),
        )


def _how(node: Node, panel: Panel, checked: bool) -> tuple[int, Any, Any]:
    """Kind, function and fixed arguments."""
    expression = node.expression
    if isinstance(expression, Elementwise):
        return BINARY if len(node.inputs) == 2 else UNARY, expression.of_values(), node.inputs
    if isinstance(expression, At):
        longer = panel.higher[expression.timeframe]
        return LONGER, expression.timeframe, longer.position[expression.operand]
    if isinstance(expression, Shift):
        return SHIFT, None, expression.candles
    kind = CHECKED if checked else STEP
    if isinstance(expression, Crossing):
        return kind, _crossing(expression), ()
    if isinstance(expression, Indicator) and expression.definition.step is not None:
        return kind, expression.definition.step, expression.parameters
    raise IndicatorError(f"{expression!r} cannot be computed candle by candle.")


def _reach(works: Sequence[Work]) -> dict[int, int]:
    """How many values are kept of each column that is looked back on.

    A step has one index for all columns it reads, so those that some step reads together are kept alike.
    """
    groups: list[tuple[set[int], int]] = []
    for work in works:
        columns, furthest = set(work.inputs), _lookback(work.expression)
        apart = []
        for others, reach in groups:
            if columns & others:
                columns, furthest = columns | others, max(furthest, reach)
            else:
                apart.append((others, reach))
        groups = [*apart, (columns, furthest)]
    return {column: reach for columns, reach in groups for column in columns}


def _before_the_first(expression: Expression) -> float:
    if isinstance(expression, Constant):
        return expression.value
    return 0.0 if expression.is_condition else nan


def _lookback(expression: Expression) -> int:
    if isinstance(expression, Shift):
        return expression.candles
    return expression.lookback if isinstance(expression, Indicator) else 0


def _start(expression: Expression) -> State:
    if isinstance(expression, Crossing):
        return nan, nan
    return expression.definition.start if isinstance(expression, Indicator) else ()


def _crossing(crossing: Crossing) -> Callable[..., Any]:
    """The step of a crossing; its state is both values one candle before."""
    above, happened = crossing.direction == "above", crossing.happened

    def step(state: State, left: Sequence[float], right: Sequence[float], i: int) -> tuple[State, float]:
        a, b = (left[i], right[i]) if above else (right[i], left[i])
        before_a, before_b = state
        if happened:
            holds = a > b and before_a <= before_b
        else:
            holds = a <= b or before_a > before_b
            holds = holds and before_a == before_a and before_b == before_b
        return (a, b), 1.0 if holds else 0.0

    return step
