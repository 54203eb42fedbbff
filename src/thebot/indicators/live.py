"""A panel candle by candle, in plain Python: what the serving process runs. No compiler is loaded."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any, Final

import numpy as np

from thebot.errors import IndicatorError
from thebot.indicators.expression import At, Constant, Expression, nan
from thebot.indicators.fingerprint import fingerprint
from thebot.indicators.indicator import Indicator, State
from thebot.indicators.longer import LongerLive
from thebot.indicators.panel import Columns, Higher, Panel, absent, own_history
from thebot.indicators.walk import walk
from thebot.market import Candle, Candles, Timeframe

_VERSION: Final = 1
_NO_LONGER: Final[dict[Timeframe, Any]] = {}

# How far windows grow before what is no longer read is cut off: seldom, but with little to keep meanwhile.
_SLACK: Final = 16


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
        # A step reads a cell, a list of the newest value alone, or if it looks back a window, in which the
        # candle in hand stands `_row` places after those that are looked back on.
        self._cells = {column: [layout.blank[column]] for column in layout.cells}
        self._windows = {
            column: [nan if column in layout.given else layout.blank[column]] * (reach + 1)
            for column, reach in layout.reach.items()
        }
        self._row = 0
        self._moving = list(self._windows.values())
        lives = {timeframe: longer.live for timeframe, longer in self._longer.items()}
        self._compute = layout.program.bind(self._cells, self._windows, lives)
        self._states: tuple[State, ...] = tuple(layout.starts)
        self.readings = self._readings(layout.blank)

    def step(self, candle: Candle) -> Readings:
        """Take in the next closed candle and give everything's value at its close.

        Raises IndicatorError, with nothing changed, for a candle that does not come after the one before.
        """
        if self.at is not None and candle.open_time <= self.at:
            raise _out_of_order(candle, self.at)
        if self._longer:
            for longer in self._longer.values():
                longer.take(candle)
        values, self._states = self._compute(
            candle.open, candle.high, candle.low, candle.close, candle.volume, float(candle.open_time),
            self._states, self._row,
        )  # fmt: skip
        for window in self._moving:
            window.append(nan)  # room for the next candle
        self._row += 1
        if self._row == _SLACK:
            for window in self._moving:
                del window[:_SLACK]
            self._row = 0
        self.at = candle.open_time
        self.readings = self._readings(values) if self._longer else Readings(self.panel, values, _NO_LONGER)
        return self.readings

    def preview(self, candle: Candle) -> Readings:
        """What `step` would give if the forming `candle` closed as it is; nothing is changed.

        Longer timeframes keep the values of their newest closed candle.
        """
        values, _ = self._compute(
            candle.open, candle.high, candle.low, candle.close, candle.volume, float(candle.open_time),
            self._states, self._row,
        )  # fmt: skip
        return self._readings(values)

    def _window(self, column: int) -> list[float]:
        """What was kept of a column: as many values as are looked back on, oldest first."""
        return self._windows[column][self._row : self._row + self._layout.reach[column]]

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
        before = {column: self._window(column) for column in self._windows}
        arrays, states = walk(self._layout, candles, self._states, before, seen)
        if len(candles):
            self._states = tuple(states)
            for column, window in self._windows.items():
                reach = self._layout.reach[column]
                newest = np.broadcast_to(arrays[column], len(candles))[-reach:].tolist()
                window[:] = [*[*before[column], *newest][-reach:], nan]
            self._row = 0
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
            "windows": [[_plain(value) for value in self._window(column)] for column in self._windows],
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
        self._states = tuple(
            tuple(type(first)(value) for first, value in zip(start, state, strict=True))
            for start, state in zip(self._layout.starts, saved["states"], strict=True)
        )
        for window, values in zip(self._moving, saved["windows"], strict=True):
            window[:] = [*map(float, values), nan]
        self._row = 0
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
