"""Panel: several expressions put in order once, to be computed over history or candle by candle."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

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
    open_time,
)
from thebot.indicators.indicator import Indicator, Output
from thebot.market import BoolArray, Candles, FloatArray, IntArray, Timeframe
from thebot.market.resample import resample

if TYPE_CHECKING:
    from thebot.indicators.layout import Layout
    from thebot.indicators.live import LivePanel

Higher = Mapping[Timeframe, Candles]


class Node:
    """One thing to compute: from which columns of the panel, into which.

    `expression` is an elementwise one, a crossing, a shift, an indicator (several columns), or `At`.
    """

    __slots__ = ("expression", "inputs", "outputs")

    def __init__(self, expression: Expression, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> None:
        self.expression, self.inputs, self.outputs = expression, inputs, outputs


class Panel:
    """Expressions on one timeframe, ordered so that each is computed once, after what it is made of.

    `columns` lists every single-valued expression in it, the candle's own first; `position` says where.
    `higher` holds a panel for each longer timeframe that something is read at.

    Raises IndicatorError for a timeframe that candles of `timeframe` do not add up to.
    """

    def __init__(self, expressions: Iterable[Expression], timeframe: Timeframe | str) -> None:
        self.timeframe: Final = Timeframe(timeframe)
        wanted = [
            each
            for given in expressions
            for each in (given.outputs if isinstance(given, Indicator) else [given])
        ]
        self.expressions: Final = tuple(dict.fromkeys(wanted))
        self.columns: list[Expression] = list(LEAVES)
        self.position: dict[Expression, int] = {leaf: k for k, leaf in enumerate(LEAVES)}
        self.nodes: list[Node] = []
        for expression in self.expressions:
            self._place(expression)
        self._reads_time = any(LEAVES.index(open_time) in node.inputs for node in self.nodes)
        longer: dict[Timeframe, list[Expression]] = {}
        for node in self.nodes:
            if isinstance(node.expression, At):
                longer.setdefault(node.expression.timeframe, []).append(node.expression.operand)
        self.higher: dict[Timeframe, Panel] = {
            timeframe: Panel(operands, timeframe) for timeframe, operands in sorted(longer.items())
        }

    def _place(self, expression: Expression) -> int:
        """The column of `expression`, after placing what it needs."""
        if expression in self.position:
            return self.position[expression]
        if isinstance(expression, At):
            return self._place_longer(expression)
        if isinstance(expression, Constant):
            return self._column(expression)
        if isinstance(expression, Output):
            self._place_indicator(expression.indicator)
            return self.position[expression]
        if isinstance(expression, Indicator):
            self._place_indicator(expression)
            return self.position[expression]
        inputs = tuple(self._place(operand) for operand in expression.operands)
        column = self._column(expression)
        self.nodes.append(Node(expression, inputs, (column,)))
        return column

    def _place_longer(self, expression: At) -> int:
        if expression.timeframe == self.timeframe:
            column = self.position[expression] = self._place(expression.operand)
            return column
        if not self.timeframe.divides(expression.timeframe):
            raise IndicatorError(
                f"{expression!r} cannot be read on candles of {self.timeframe}: they do not add up to "
                f"candles of {expression.timeframe}. Read it at a longer one, or start from shorter candles."
            )
        column = self._column(expression)
        self.nodes.append(Node(expression, (), (column,)))
        return column

    def _place_indicator(self, indicator: Indicator) -> None:
        formula = indicator.formula
        if formula is not None:
            for output, expression in zip(indicator.outputs, formula, strict=True):
                self.position[output] = self._place(expression)
            return
        _ = indicator.warmups  # runs the step once on a plain market: what is wrong with it comes out here
        inputs = tuple(self._place(each) for each in indicator.inputs)
        outputs = tuple(self._column(each) for each in indicator.outputs)
        self.nodes.append(Node(indicator, inputs, outputs))

    def _column(self, expression: Expression) -> int:
        self.position[expression] = len(self.columns)
        self.columns.append(expression)
        return self.position[expression]

    def __contains__(self, expression: object) -> bool:
        """Whether its value can be looked up in this panel's results."""
        if expression in self.position:
            return True
        if not isinstance(expression, At):
            return False
        if expression.timeframe == self.timeframe:
            return expression.operand in self
        return expression.timeframe in self.higher and expression.operand in self.higher[expression.timeframe]

    @property
    def warmup(self) -> dict[Timeframe, int]:
        """Per timeframe how many candles pass before everything in the panel is known."""
        return self._needs("warmup")

    @property
    def memory(self) -> dict[Timeframe, float]:
        """Per timeframe after how many candles the start of the data no longer matters."""
        return self._needs("memory")

    def _needs(self, what: str) -> dict[Timeframe, Any]:
        needs: dict[Timeframe, Any] = {}
        for panel in self.higher.values():
            for timeframe, count in panel._needs(what).items():
                needs[timeframe] = max(count, needs.get(timeframe, 0))
        return {self.timeframe: max((getattr(each, what) for each in self.columns), default=0), **needs}

    def over(self, candles: Candles, higher: Higher | None = None) -> Columns:
        """Every value at every one of `candles`, by compiled loops (numba is loaded here).

        `higher` gives longer timeframes' own closed candles: those that opened before the first of
        `candles` are used, later ones are derived. Without it all are derived. Raises BadSetting for
        candles of another timeframe.
        """
        from thebot.indicators.columns import indicator_columns
        from thebot.indicators.looking_back import crossed, shifted

        higher = higher or {}
        self.require_timeframe(candles)
        count = len(candles)
        longer = {timeframe: _Longer(self, timeframe, candles, higher) for timeframe in self.higher}
        arrays: list[Any] = [candles.open, candles.high, candles.low, candles.close, candles.volume]
        # most panels do not read the time: it becomes a column of floats where it is needed
        arrays += [candles.open_time.astype(np.float64) if self._reads_time else candles.open_time]
        arrays += [each.value if isinstance(each, Constant) else None for each in self.columns[len(LEAVES) :]]
        for node in self.nodes:
            inputs = [arrays[k] for k in node.inputs]
            expression = node.expression
            results: Sequence[FloatArray | BoolArray]
            if isinstance(expression, At):
                results = [longer[expression.timeframe].seen(expression.operand)]
            elif isinstance(expression, Elementwise):
                results = [expression.of_columns(*inputs)]
            elif isinstance(expression, Crossing):
                results = [crossed(expression, *inputs, count=count)]
            elif isinstance(expression, Shift):
                results = [shifted(expression, inputs[0], count)]
            elif isinstance(expression, Indicator):
                results = indicator_columns(expression, inputs, count)
            for column, result in zip(node.outputs, results, strict=True):
                arrays[column] = np.broadcast_to(result, count) if np.ndim(result) == 0 else result
        return Columns(self, count, arrays, longer)

    @functools.cached_property
    def layout(self) -> Layout:
        """What its live panels have in common."""
        from thebot.indicators.layout import Layout

        return Layout(self)

    def start(self) -> LivePanel:
        """The same candle by candle, for one symbol, from nothing; plain Python."""
        from thebot.indicators.live import LivePanel

        return LivePanel(self)

    def resume(self, saved: Mapping[str, Any]) -> LivePanel:
        """The live panel that was saved, going on as if it had never stopped.

        Raises IndicatorError if what was saved belongs to other expressions or another version of them.
        """
        live = self.start()
        live.restore(saved)
        return live

    def require_timeframe(self, candles: Candles) -> None:
        if candles.timeframe != self.timeframe:
            raise IndicatorError(
                f"This panel reads candles of {self.timeframe}, not {candles.timeframe}. "
                "Make a panel for that timeframe, or resample the candles."
            )

    def __repr__(self) -> str:
        return f"Panel([{', '.join(map(repr, self.expressions))}], {self.timeframe.name!r})"


def own_history(candles: Candles, own: Candles | None) -> Candles | None:
    """Those of a longer timeframe's `own` candles that opened before the first of `candles`."""
    if own is None or not len(own) or not len(candles):
        return None
    return own.between(end=int(candles.open_time[0]))


class _Longer:
    """A longer timeframe over the columns of a shorter one."""

    def __init__(self, panel: Panel, timeframe: Timeframe, candles: Candles, higher: Higher) -> None:
        derived = resample(candles, timeframe)
        closed = derived.candles
        self.count = len(candles)
        seen_at: IntArray = derived.seen_at
        own = own_history(candles, higher.get(timeframe))
        if own is not None and len(own):
            panel.higher[timeframe].require_timeframe(own)
            rows = np.searchsorted(candles.close_time, own.close_time).astype(np.int64)
            own = own.rows(slice(0, int(np.count_nonzero(rows < self.count))))  # the rest has not closed yet
            closed = own.followed_by(closed)
            seen_at = np.concatenate([rows[: len(own)], seen_at])
        self.columns = panel.higher[timeframe].over(closed, higher)
        # for each short candle the newest long one that has closed by then; -1 before the first
        self.newest = np.searchsorted(seen_at, np.arange(self.count), side="right") - 1

    def seen(self, expression: Expression) -> FloatArray:
        values = self.columns[expression]
        unknown = 0.0 if expression.is_condition else nan
        if not len(values):
            return np.full(self.count, unknown)
        return np.where(self.newest >= 0, values[np.maximum(self.newest, 0)], unknown)


class Columns(Mapping[Expression, FloatArray]):
    """The values of a panel over candles, by expression; each of shape (candles,).

    Everything that an expression of the panel is made of can be looked up too.
    """

    def __init__(self, panel: Panel, count: int, arrays: list[Any], longer: Mapping[Timeframe, Any]) -> None:
        self._panel, self._count, self._arrays, self._longer = panel, count, arrays, longer

    def __getitem__(self, expression: Expression) -> FloatArray:
        column = self._panel.position.get(expression)
        if column is not None:
            values = self._arrays[column]
            if not isinstance(values, np.ndarray):
                return np.full(self._count, values)
            return values if values.dtype == np.float64 else values.astype(np.float64)
        if isinstance(expression, Constant):
            return np.full(self._count, expression.value)
        if isinstance(expression, At):
            if expression.timeframe == self._panel.timeframe:
                return self[expression.operand]
            if expression.timeframe in self._longer:
                seen: FloatArray = self._longer[expression.timeframe].seen(expression.operand)
                return seen
        raise KeyError(absent(expression, self._panel))

    def __iter__(self) -> Iterator[Expression]:
        return iter(self._panel.columns)

    def __len__(self) -> int:
        return len(self._panel.columns)

    def holds(self, condition: Expression) -> BoolArray:
        """Where a condition holds: the same as its value, without going through floats."""
        column = self._panel.position.get(condition)
        values = None if column is None else self._arrays[column]
        if isinstance(values, np.ndarray) and values.dtype == np.bool_:
            found: BoolArray = values
            return found
        held: BoolArray = self[condition] != 0
        return held

    def row(self, candle: int) -> ReadingsOfRow:
        """The values at one candle, as a live panel would give them."""
        return ReadingsOfRow(self, candle)


class ReadingsOfRow(Mapping[Expression, float]):
    """The values of a panel at one candle of its history, by expression."""

    def __init__(self, columns: Columns, row: int) -> None:
        self._columns, self._row = columns, row

    def __getitem__(self, expression: Expression) -> float:
        return float(self._columns[expression][self._row])

    def __iter__(self) -> Iterator[Expression]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def absent(expression: Expression, panel: Panel) -> str:
    """Why an expression cannot be looked up in a panel."""
    outputs = getattr(expression, "outputs", ())
    if len(outputs) > 1:
        return f"{expression!r} has several values: look up one of {', '.join(map(repr, outputs))}"
    return f"{expression!r} is not in {panel!r}: name it among the panel's expressions"
