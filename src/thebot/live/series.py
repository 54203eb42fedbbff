"""One indicator on one chart: its values at closed candles, gone on with as candles form and close."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from thebot.indicators import Expression, Panel
from thebot.indicators.indicator import Definition, Indicator, Output
from thebot.live.desk import Line, Plot
from thebot.market import Candle, Candles, FloatArray, IntArray, Timeframe

if TYPE_CHECKING:
    from thebot.indicators.live import LivePanel

KEPT: Final = 600  # newest values kept: what a page asks for at first, and some
EARLIER: Final = 1_000  # candles computed in front of those shown, where an indicator remembers longer


class Recipe:
    """How an expression is computed on a timeframe; the same for all symbols.

    Raises IndicatorError for one that cannot be. Making it may take a second: it runs the steps once.
    """

    def __init__(self, expression: Expression, timeframe: Timeframe) -> None:
        self.expression: Final = expression
        self.key: Final = repr(expression)
        self.lines: Final = expression.outputs if isinstance(expression, Indicator) else (expression,)
        self.panel: Final = Panel([expression], timeframe)
        _ = self.panel.layout
        self.earlier: Final = self._earlier()
        self.never_forgets: Final = math.isinf(max(self.panel.memory.values()))

    def _earlier(self) -> int:
        """Candles in front of those shown, so that the first of these has its right value."""
        if any(isinstance(each, Indicator) and each.definition.sparse for each in self.expression.walk()):
            return EARLIER  # it speaks seldom: look for the last time it did
        needs = 0.0
        for each in (self.panel.warmup, self.panel.memory):
            for timeframe, count in each.items():
                needs = max(needs, count * timeframe.nominal_ms / self.panel.timeframe.nominal_ms)
        return math.ceil(min(needs, EARLIER))

    def series(self, candles: Candles) -> Series:
        """Its values at every one of `candles`; in plain Python, some microseconds a candle."""
        live = self.panel.start()
        columns = live.warm(candles)
        return Series(self, live, candles.open_time.copy(), [columns[line] for line in self.lines])

    def plot(self, values: Sequence[FloatArray], since: int) -> Plot:
        """Its values as a plot; in the order of `lines`. `since` as in `Plot`."""
        whole = self.expression
        indicator = whole.indicator if isinstance(whole, Output) else whole
        definition = indicator.definition if isinstance(indicator, Indicator) else None
        return Plot(
            key=self.key,
            label=whole.label,
            lines=tuple(
                Line(name=line.label, values=column, overlay=line.overlay)
                for line, column in zip(self.lines, values, strict=True)
            ),
            guides=tuple(definition.guides) if definition else (),
            marks=definition is not None and definition.group == "patterns",
            since=since,
            steps=definition is not None and _gives_levels(definition),
            **_called(whole),
        )


def _gives_levels(definition: Definition) -> bool:
    return definition.group == "structure" or (definition.group == "volume" and definition.sparse)


def _called(expression: Expression) -> dict[str, Any]:
    """By which name, inputs and parameters an indicator can be asked for."""
    if not isinstance(expression, Indicator):
        return {}
    definition = expression.definition
    named = zip(definition.parameters.items(), expression.parameters, strict=True)
    return {
        "name": definition.name,
        "inputs": () if expression.inputs == definition.inputs else tuple(map(repr, expression.inputs)),
        "parameters": {name: parameter.shown(value) for (name, parameter), value in named},
    }


class Series:
    """The values so far. `used_at` is when somebody last looked, in seconds of the caller's clock."""

    def __init__(self, recipe: Recipe, live: LivePanel, times: IntArray, values: list[FloatArray]) -> None:
        self.recipe: Final = recipe
        self.used_at = 0.0
        self._live, self._times, self._values = live, times, values
        self._since = int(times[0]) if recipe.never_forgets and len(times) else 0
        self._previewed: tuple[Candle, list[float]] | None = None

    def plot(self, times: IntArray) -> Plot | None:
        """The values at the candles that opened then; None if it does not have all of them."""
        first = int(np.searchsorted(self._times, times[0])) if len(times) else 0
        rows = slice(first, first + len(times))
        if not np.array_equal(self._times[rows], times):
            return None
        return self.recipe.plot([column[rows] for column in self._values], self._since)

    def shorten(self) -> None:
        """Let go of all values but the newest, which are kept."""
        self._times = self._times[-KEPT:].copy()
        self._values = [column[-KEPT:].copy() for column in self._values]

    def step(self, candle: Candle) -> bool:
        """Take in a closed candle; False if one before it is missing, so that this cannot go on."""
        at = self._live.at
        if at is not None and candle.open_time <= at:
            return True
        if at is not None and candle.open_time != candle.timeframe.close_time(at):
            return False
        readings = self._live.step(candle)
        keep = 1 - KEPT
        self._times = np.append(self._times[keep:], candle.open_time)
        self._values = [
            np.append(column[keep:], readings[line])
            for line, column in zip(self.recipe.lines, self._values, strict=True)
        ]
        return True

    def preview(self, candle: Candle) -> list[float] | None:
        """Each line's value if the forming `candle` closed as it is; None for one that has closed."""
        at = self._live.at
        if at is not None and candle.open_time <= at:
            return None
        if self._previewed is None or self._previewed[0] != candle:
            readings = self._live.preview(candle)
            self._previewed = candle, [readings[line] for line in self.recipe.lines]
        return self._previewed[1]
