"""The indicators of charts that somebody looks at, kept up with the market candle by candle."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from thebot.indicators import Expression, Panel
from thebot.indicators.indicator import Indicator, Output
from thebot.live.desk import Line, Plot
from thebot.market import Candle, Candles, Symbol, Timeframe

if TYPE_CHECKING:
    from thebot.indicators.live import LivePanel, Readings

KEPT: Final = 32  # charts kept up at the same time; the one longest not asked for goes first
MEMORY_AT_MOST: Final = 500  # candles loaded in front of those shown, where an indicator remembers longer


class Charts:
    """Draws indicators over candles, and goes on with them as candles form and close.

    Everything is stepped in plain Python: a chart of 500 candles costs some ten milliseconds.
    """

    def __init__(self, indicators: Sequence[Expression]) -> None:
        self._indicators = tuple(indicators)
        self._panels: dict[Timeframe, Panel] = {}
        self._live: OrderedDict[tuple[Symbol, Timeframe], LivePanel] = OrderedDict()
        longest = max((max(each.warmup, each.memory) for each in self._indicators), default=0)
        self.warmup = int(min(longest, MEMORY_AT_MOST)) if math.isfinite(longest) else MEMORY_AT_MOST

    def draw(self, candles: Candles, *, live: bool) -> tuple[Plot, ...]:
        """Every indicator over `candles`; with `live` they are kept up from here on."""
        panel = self._panel(candles.timeframe)
        stepped = panel.start()
        columns = stepped.warm(candles)
        if live:
            self._live[candles.symbol, candles.timeframe] = stepped
            self._live.move_to_end((candles.symbol, candles.timeframe))
            while len(self._live) > KEPT:
                self._live.popitem(last=False)
        return tuple(
            Plot(
                key=repr(each),
                label=each.label,
                overlay=each.overlay,
                lines=tuple(Line(name=line.label, values=columns[line]) for line in _lines(each)),
                guides=_guides(each),
            )
            for each in self._indicators
        )

    def step(self, candle: Candle) -> None:
        """A candle has closed."""
        live = self._live.get((candle.symbol, candle.timeframe))
        if live is not None and (live.at is None or candle.open_time > live.at):
            live.step(candle)

    def preview(self, candle: Candle) -> Mapping[str, Sequence[float]]:
        """Plot key -> each line's value if the forming `candle` closed as it is; empty for a chart unseen."""
        live = self._live.get((candle.symbol, candle.timeframe))
        if live is None or (live.at is not None and candle.open_time <= live.at):
            return {}
        readings: Readings = live.preview(candle)
        return {repr(each): [readings[line] for line in _lines(each)] for each in self._indicators}

    def forget(self, symbol: Symbol) -> None:
        for key in [key for key in self._live if key[0] == symbol]:
            del self._live[key]

    def _panel(self, timeframe: Timeframe) -> Panel:
        if timeframe not in self._panels:
            self._panels[timeframe] = Panel(self._indicators, timeframe)
        return self._panels[timeframe]


def _lines(expression: Expression) -> tuple[Expression, ...]:
    return expression.outputs if isinstance(expression, Indicator) else (expression,)


def _guides(expression: Expression) -> tuple[float, ...]:
    indicator = expression.indicator if isinstance(expression, Output) else expression
    return tuple(indicator.definition.guides) if isinstance(indicator, Indicator) else ()
