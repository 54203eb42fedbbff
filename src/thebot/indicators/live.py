"""A panel candle by candle, in plain Python: what the serving process runs. No compiler is loaded."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any, Final, TypeAlias

import numpy as np

from thebot.errors import IndicatorError
from thebot.indicators.expression import At, Constant, Expression, nan
from thebot.indicators.fingerprint import fingerprint
from thebot.indicators.indicator import Indicator, State
from thebot.indicators.layout import BINARY, CHECKED, LONGER, SHIFT, STEP, UNARY, Work
from thebot.indicators.longer import LongerLive
from thebot.indicators.panel import Columns, Higher, Panel, absent, own_history
from thebot.indicators.walk import walk
from thebot.market import Candle, Candles, Timeframe

_VERSION: Final = 1
_NO_LONGER: Final[dict[Timeframe, Any]] = {}

# kind, function, its fixed arguments, the columns it gives, those that something reads (column, buffer,
# row), and what if an input is unknown: columns to check, first state and unknown results
_Planned: TypeAlias = tuple[
    int, Any, Any, Any, tuple[tuple[int, list[float], int], ...], tuple[tuple[int, ...], Any]
]


class Readings(Mapping[Expression, float]):
    """The values of a panel at one candle, by expression; the next candle does not change it."""

    __slots__ = ("_longer", "_panel", "_values")

    def __init__(self, panel: Panel, values: list[float], longer: Mapping[Timeframe, Readings]) -> None:
        self._panel, self._values, self._longer = panel, values, longer

    def __getitem__(self, expression: Expression) -> float:
        column = self._panel.position.get(expression)
        if column is not None:
            return self._values[column]
        if isinstance(expression, Constant):
            return expression.value
        if isinstance(expression, At) and expression in self._panel:
            if expression.timeframe == self._panel.timeframe:
                return self[expression.operand]
            return self._longer[expression.timeframe][expression.operand]
        raise KeyError(absent(expression, self._panel))

    def __iter__(self) -> Iterator[Expression]:
        return iter(self._panel.columns)

    def __len__(self) -> int:
        return len(self._panel.columns)


class LivePanel:
    """A panel for one symbol, candle by candle. Made by `Panel.start` or `Panel.resume`.

    It keeps the states of its indicators and as many earlier values as they look back on.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel: Final = panel
        self.at: int | None = None  # open time of the newest candle, ms UTC
        self._longer = {timeframe: LongerLive(longer) for timeframe, longer in panel.higher.items()}
        self._layout = layout = panel.layout
        # A step reads a cell, a list of the newest value alone, or if it looks back a window. A window's last
        # row is that of the candle in hand; when it has closed, all move up by one.
        self._cells = {column: [layout.blank[column]] for column in layout.cells}
        self._windows = {
            column: [nan if column in layout.given else layout.blank[column]] * (layout.lookback + 1)
            for column in layout.windows
        }
        plan = [
            shared or self._planned(work) for shared, work in zip(layout.shared, layout.works, strict=True)
        ]
        self._plain = [planned[1:4] for planned in plan[: layout.plain]]
        self._plan = plan[layout.plain :]
        self._states: list[State] = list(layout.starts)
        self._given_sinks = [sink for k in layout.given for sink in self._sinks(k)]
        self._moving = list(self._windows.values())
        self.readings = self._readings(layout.blank)

    def step(self, candle: Candle) -> Readings:
        """Take in the next closed candle and give everything's value at its close.

        Raises IndicatorError, with nothing changed, for a candle that does not come after the one before.
        """
        if self.at is not None and candle.open_time <= self.at:
            raise _out_of_order(candle, self.at)
        for longer in self._longer.values():
            longer.take(candle)
        values, self._states = self._compute(candle)
        for window in self._moving:
            del window[0]
            window.append(nan)
        self.at = candle.open_time
        self.readings = self._readings(values)
        return self.readings

    def preview(self, candle: Candle) -> Readings:
        """What `step` would give if the forming `candle` closed as it is; nothing is changed.

        Longer timeframes keep the values of their newest closed candle.
        """
        return self._readings(self._compute(candle)[0])

    def warm(self, candles: Candles, higher: Higher | None = None) -> Columns:
        """Take in closed candles, as `step` would one by one, and give everything's value at each.

        It goes node by node through all candles (`walk`), which is several times as quick. With `higher`
        (as in `Panel.over`) they must be the first candles that this live panel gets.
        """
        self.panel.require_timeframe(candles)
        self._require_order(candles)
        if higher and len(candles):
            self._begin_longer(candles, higher)
        seen = {timeframe: longer.take_all(candles) for timeframe, longer in self._longer.items()}
        arrays, states = walk(self._layout, candles, self._states, self._windows, seen)
        if len(candles):
            self._states = states
            for column, window in self._windows.items():
                newest = np.broadcast_to(arrays[column], len(candles))[-self._layout.lookback :]
                window[-1:] = [*newest.tolist(), nan]
                del window[: -self._layout.lookback - 1]
            self.at = int(candles.open_time[-1])
            self.readings = self._readings(
                [float(each[-1]) if isinstance(each, np.ndarray) else each for each in arrays]
            )
        return Columns(self.panel, len(candles), arrays, seen)

    def hear(self, candle: Candle) -> bool:
        """Take a longer timeframe's closed candle from the exchange if it cannot be derived here.

        That is the one that was in progress when this panel's own candles began. It counts from the first
        of them at or after its close; hand it in before that. Gives whether it was of use.
        """
        longer = self._longer.get(candle.timeframe)
        return longer is not None and longer.hear(candle)

    def save(self) -> dict[str, Any]:
        """Everything that is needed to go on, fit for JSON: for `Panel.resume`."""
        return {
            "version": _VERSION,
            "panel": identity(self.panel),
            "at": self.at,
            "states": [[_plain(value) for value in state] for state in self._states],
            "windows": [[_plain(value) for value in window[:-1]] for window in self._moving],
            "values": [_plain(value) for value in self.readings._values],
            "longer": {str(timeframe): longer.save() for timeframe, longer in self._longer.items()},
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Become what was saved. Raises IndicatorError if it belongs to something else."""
        if saved.get("version") != _VERSION or saved.get("panel") != identity(self.panel):
            raise IndicatorError(
                "The saved state belongs to other indicators, or to another version of them or of Python. "
                "Leave it and warm the panel with history instead."
            )
        self.at = saved["at"]
        self._states = [
            tuple(type(first)(value) for first, value in zip(start, state, strict=True))
            for start, state in zip(self._layout.starts, saved["states"], strict=True)
        ]
        for window, values in zip(self._moving, saved["windows"], strict=True):
            window[:-1] = [float(value) for value in values]
        for timeframe, longer in self._longer.items():
            longer.restore(saved["longer"][str(timeframe)])
        self.readings = self._readings([float(value) for value in saved["values"]])

    def _require_order(self, candles: Candles) -> None:
        times = candles.open_time
        before = np.concatenate([times[:1] - 1 if self.at is None else [self.at], times[:-1]])
        late = np.flatnonzero(times <= before[: len(times)])
        if len(late):
            raise _out_of_order(candles.candle(int(late[0])), int(before[late[0]]))

    def _begin_longer(self, candles: Candles, higher: Higher) -> None:
        if self.at is not None:
            raise IndicatorError(
                "Longer timeframes' history belongs before the first candle of this panel; start a new one."
            )
        for timeframe, longer in self._longer.items():
            own = own_history(candles, higher.get(timeframe))
            longer.begin(own, int(candles.open_time[0]), higher)

    def _sinks(self, column: int) -> list[tuple[int, list[float], int]]:
        """The buffers that `column` is written to, each with the row for the candle in hand."""
        found = []
        if column in self._cells:
            found.append((column, self._cells[column], 0))
        if column in self._windows:
            found.append((column, self._windows[column], self._layout.lookback))
        return found

    def _planned(self, work: Work) -> _Planned:
        """The work with this panel's own buffers in it."""
        row = self._layout.lookback
        function, fixed = work.function, work.fixed
        if work.kind in (STEP, CHECKED):
            buffers, newest = (self._windows, row) if work.windowed else (self._cells, 0)
            fixed = (*(buffers[column] for column in work.inputs), newest, *fixed)
        elif work.kind == SHIFT:
            function, fixed = self._windows[work.inputs[0]], row - fixed
        elif work.kind == LONGER:
            function = self._longer[function].live
        sinks = tuple(sink for column in work.outputs for sink in self._sinks(column))
        return work.kind, function, fixed, work.where, sinks, work.if_unknown

    def _compute(self, candle: Candle) -> tuple[list[float], list[State]]:
        values = [
            candle.open, candle.high, candle.low, candle.close, candle.volume, float(candle.open_time),
            *self._layout.blank_rest,
        ]  # fmt: skip
        for column, buffer, row in self._given_sinks:
            buffer[row] = values[column]
        states: list[State] = []
        keep = states.append
        earlier = iter(self._states)
        state: Any
        for (function, fixed, where), state in zip(self._plain, earlier, strict=False):
            state, values[where] = function(state, *fixed)
            keep(state)
        for kind, function, fixed, where, sinks, if_unknown in self._plan:
            state = next(earlier)
            if kind == BINARY:
                values[where] = function(values[fixed[0]], values[fixed[1]])
            elif kind <= CHECKED:
                for column in if_unknown[0]:
                    if values[column] != values[column]:  # unknown: so are the results, and it starts over
                        state, values[where] = if_unknown[1]
                        break
                else:
                    state, values[where] = function(state, *fixed)
            elif kind == SHIFT:
                values[where] = function[fixed]
            elif kind == UNARY:
                values[where] = function(values[fixed[0]])
            else:
                values[where] = function.readings._values[fixed]
            keep(state)
            for column, buffer, row in sinks:
                buffer[row] = values[column]
        return values, states

    def _readings(self, values: list[float]) -> Readings:
        if not self._longer:
            return Readings(self.panel, values, _NO_LONGER)
        longer = {timeframe: longer.live.readings for timeframe, longer in self._longer.items()}
        return Readings(self.panel, values, longer)


def _out_of_order(candle: Candle, before: int) -> IndicatorError:
    return IndicatorError(
        f"{candle.symbol} {candle.timeframe}: the candle of {candle.open_time} ms came after the one "
        f"of {before} ms. Closed candles must be handed in once each, in order."
    )


def identity(panel: Panel) -> str:
    """A hash of everything that the meaning of a panel's saved states depends on."""
    parts = [str(panel.timeframe), *map(repr, panel.columns), *map(identity, panel.higher.values())]
    steps = [
        node.expression.definition.step for node in panel.nodes if isinstance(node.expression, Indicator)
    ]
    parts += [fingerprint(step) for step in steps if isinstance(step, FunctionType)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _plain(value: float) -> float | str:
    """As JSON can carry it: it has no nan and no infinity."""
    return value if -math.inf < value < math.inf else repr(value)
