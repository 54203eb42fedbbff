"""A panel's work as one straight function, for the candles that come one by one.

A loop over nodes spends as much on finding out what to do next as on doing it: the names of functions, where
their inputs lie, where their results go. All of it is known once a Panel is. So for each layout this writes
the calls down one after another, as one would by hand, and Python compiles them once:

    def make(window_3, cell_4):
        def compute(v0, v1, v2, v3, v4, v5, states, row):
            (s0, s1,) = states
            at_20 = row + 20
            window_3[at_20] = v3
            s0, v6 = f0(s0, window_3, at_20, 20)
            ...
            return [v0, v1, v2, v3, v4, v5, v6, v7], (s0, s1,)
        return compute

Nothing of a user's text gets into it: it consists of numbers of columns and names made here. (What may be
written in a rule is read by `parse`, and never evaluated.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from thebot.indicators.expression import LEAVES
from thebot.indicators.layout import BINARY, CHECKED, LONGER, SHIFT, STEP, Layout, Work

if TYPE_CHECKING:
    from thebot.market import Timeframe

Compute: TypeAlias = Callable[..., tuple[list[float], tuple[Any, ...]]]
"""From the candle's own values, the states and the newest row to every column's value and the next states."""


class Program:
    """Of one layout. `bind` makes the function of one live panel, with its own buffers in it."""

    def __init__(self, layout: Layout, columns: int) -> None:
        self._layout, self._columns = layout, columns
        self._longer: dict[Timeframe, str] = {}
        self._names: dict[str, Any] = {}
        for k in layout.given:
            if k >= len(LEAVES):
                self._names[f"v{k}"] = layout.blank[k]  # a plain number
        body = [line for number, work in enumerate(layout.works) for line in self._lines(number, work)]
        given = [line for k in layout.given for line in self._kept(k)]
        arguments = [*self._buffers(), *self._longer.values()]
        states = "".join(f"s{number}, " for number in range(len(layout.works)))
        leaves = ", ".join(f"v{k}" for k in range(len(LEAVES)))
        values = ", ".join(f"v{k}" for k in range(columns))
        lines = [
            f"def make({', '.join(arguments)}):",
            f"    def compute({leaves}, states, row):",
            *([f"        ({states}) = states"] if states else []),
            *(f"        at_{reach} = row + {reach}" for reach in sorted(set(layout.reach.values()))),
            *(f"        {line}" for line in [*given, *body]),
            f"        return [{values}], ({states})",
            "    return compute",
        ]
        self.source = "\n".join(lines)
        exec(compile(self.source, "<a panel, candle by candle>", "exec"), self._names)  # noqa: S102  (made above, of numbers of columns)

    def bind(
        self, cells: dict[int, list[float]], windows: dict[int, list[float]], longer: dict[Timeframe, Any]
    ) -> Compute:
        """`longer` are the live panels of longer timeframes."""
        buffers = [*(cells[k] for k in self._layout.cells), *(windows[k] for k in self._layout.windows)]
        compute: Compute = self._names["make"](*buffers, *(longer[each] for each in self._longer))
        return compute

    def _buffers(self) -> Iterator[str]:
        yield from (f"cell_{k}" for k in self._layout.cells)
        yield from (f"window_{k}" for k in self._layout.windows)

    def _at(self, column: int) -> str:
        """Where the candle in hand stands in the window of `column`."""
        return f"at_{self._layout.reach[column]}"

    def _kept(self, column: int) -> Iterator[str]:
        """Writes a value to where steps read it."""
        if column in self._layout.cells:
            yield f"cell_{column}[0] = v{column}"
        if column in self._layout.windows:
            yield f"window_{column}[{self._at(column)}] = v{column}"

    def _lines(self, number: int, work: Work) -> Iterator[str]:
        results = ", ".join(f"v{k}" for k in work.outputs)
        results = results if isinstance(work.where, int) else f"({results})"
        function = f"f{number}"
        if work.kind in (STEP, CHECKED):
            yield from self._stepped(number, work, results)
        elif work.kind == SHIFT:
            column = work.inputs[0]
            yield f"{results} = window_{column}[{self._at(column)} - {work.fixed}]"
        elif work.kind == LONGER:
            name = self._longer.setdefault(work.function, f"longer_{len(self._longer)}")
            yield f"{results} = {name}.readings._values[{work.fixed}]"
        else:
            self._names[function] = work.function
            operands = work.fixed if work.kind == BINARY else work.fixed[:1]
            yield f"{results} = {function}({', '.join(f'v{k}' for k in operands)})"
        for column in work.outputs:
            yield from self._kept(column)

    def _stepped(self, number: int, work: Work, results: str) -> Iterator[str]:
        self._names[f"f{number}"] = work.function
        buffer, newest = ("window", self._at(work.inputs[0])) if work.windowed else ("cell", "0")
        parameters = []
        for place, value in enumerate(work.fixed):
            self._names[f"p{number}_{place}"] = value
            parameters.append(repr(value) if isinstance(value, int) else f"p{number}_{place}")
        arguments = [f"s{number}", *(f"{buffer}_{k}" for k in work.inputs), newest, *parameters]
        call = f"s{number}, {results} = f{number}({', '.join(arguments)})"
        if work.kind == STEP:
            yield call
            return
        checks, unknown = work.if_unknown
        self._names[f"n{number}"] = unknown
        yield f"if {' or '.join(f'v{k} != v{k}' for k in checks)}: s{number}, {results} = n{number}"
        yield f"else: {call}"
