"""The indicators of charts that somebody looks at: computed once, however many look.

A series is kept for each symbol, timeframe and indicator that is on a screen, and goes on with the market.
What takes more than a moment (the first computation: some ten milliseconds each) is done by one thread, so
that prices keep coming meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import structlog

from thebot.errors import IndicatorError
from thebot.indicators import Expression
from thebot.live.desk import Plot
from thebot.live.drawn import Refusal
from thebot.live.series import Recipe, Series
from thebot.market import Candle, Candles, Symbol, Timeframe

log = structlog.get_logger(__name__)

SHOWN: Final = 500  # candles that a page reads at first: what is kept up covers them
KEPT_AT_MOST: Final = 128  # series kept up at the same time; the one longest not looked at goes first
UNUSED: Final = 60.0  # seconds after which a series that nobody looks at goes
_RECIPES: Final = 128  # kept to be used again
_SWEEP: Final = 10.0  # seconds

Read: TypeAlias = Callable[[int], Awaitable[Candles]]
"""Gives the newest so many closed candles of a chart."""
_Chart: TypeAlias = tuple[Symbol, Timeframe]


class Drawing(NamedTuple):
    """Closed candles with what could be drawn over them."""

    candles: Candles
    plots: tuple[Plot, ...]
    refused: tuple[Refusal, ...]


class _Making:
    """A series that is being computed; candles that close meanwhile wait for it."""

    def __init__(self, task: asyncio.Task[Series]) -> None:
        self.task = task
        self.closed: list[Candle] = []


class Charts:
    """Draws indicators over candles, and goes on with them as candles form and close."""

    def __init__(self, indicators: Sequence[Expression], clock: Callable[[], float] = time.monotonic) -> None:
        self.indicators: Final = tuple(indicators)  # of the configuration
        self._keys = tuple(map(repr, self.indicators))
        self._clock = clock
        self._swept = clock()
        self._recipes: OrderedDict[tuple[Timeframe, Expression], Recipe | Refusal] = OrderedDict()
        self._live: dict[_Chart, dict[str, Series]] = {}
        self._making: dict[tuple[_Chart, str], _Making] = {}
        self._turn = asyncio.Semaphore()  # one thread at a time: the others wait without a thread

    @property
    def kept(self) -> int:
        """How many series are kept up."""
        return sum(map(len, self._live.values()))

    async def draw(
        self,
        symbol: Symbol,
        timeframe: Timeframe,
        read: Read,
        limit: int,
        indicators: Sequence[Expression] | None = None,
        *,
        live: bool,
    ) -> Drawing:
        """The newest `limit` candles that `read` gives, with every indicator (None: the configuration's).

        With `live` they are the newest there are, and everything is kept up from here on.
        """
        wanted = tuple(dict.fromkeys(self.indicators if indicators is None else indicators))
        recipes = [await self._recipe(timeframe, each) for each in wanted]
        refused = [each for each in recipes if isinstance(each, Refusal)]
        made = [each for each in recipes if isinstance(each, Recipe)]
        known: list[Plot | None] = [None]
        if not made or (live and (symbol, timeframe) in self._live):
            shown = await read(limit)
            known = [self._known(shown, recipe) for recipe in made]
        if not all(known):
            depth = max((recipe.earlier for recipe in made), default=0)
            candles = await read(max(limit, SHOWN if live else 0) + depth)
            shown = candles[-limit:]
            known = []
            for recipe in made:
                try:
                    known.append(await self._drawn(recipe, candles, shown, live=live))
                except Exception as error:  # a step of the user's own may raise anything
                    refused.append(_refused(recipe.expression, error))
        return Drawing(shown, tuple(plot for plot in known if plot), tuple(refused))

    def step(self, candle: Candle) -> None:
        """A candle has closed."""
        now = self._clock()
        if now - self._swept > _SWEEP:
            self._sweep(now)
        chart = candle.symbol, candle.timeframe
        for (making_for, _), making in self._making.items():
            if making_for == chart:
                making.closed.append(candle)
        for key, series in list(self._live.get(chart, {}).items()):
            if not _taken(series, [candle]):
                self._drop(chart, key)  # drawn anew when it is asked for

    def preview(self, candle: Candle, plots: Sequence[str] | None = None) -> Mapping[str, Sequence[float]]:
        """Plot key -> each line's value if the forming `candle` closed as it is; without those unseen."""
        chart = candle.symbol, candle.timeframe
        live = self._live.get(chart)
        if not live:
            return {}
        now = self._clock()
        found: dict[str, Sequence[float]] = {}
        for key in self._keys if plots is None else plots:
            series = live.get(key)
            if series is None:
                continue
            series.used_at = now
            try:
                values = series.preview(candle)
            except Exception:
                log.exception("an indicator failed", indicator=key, symbol=candle.symbol)
                self._drop(chart, key)
                continue
            if values is not None:
                found[key] = values
        return found

    def forget(self, symbol: Symbol) -> None:
        for chart in [chart for chart in self._live if chart[0] == symbol]:
            del self._live[chart]

    # Inside

    async def _recipe(self, timeframe: Timeframe, expression: Expression) -> Recipe | Refusal:
        key = timeframe, expression
        if key not in self._recipes:
            async with self._turn:
                if key not in self._recipes:  # somebody else's turn may have brought it
                    try:
                        self._recipes[key] = await asyncio.to_thread(Recipe, expression, timeframe)
                    except Exception as error:  # a step of the user's own may raise anything
                        self._recipes[key] = _refused(expression, error)
        self._recipes.move_to_end(key)
        found = self._recipes[key]
        while len(self._recipes) > _RECIPES:
            self._recipes.popitem(last=False)
        return found

    def _known(self, shown: Candles, recipe: Recipe) -> Plot | None:
        """The plot over `shown`, if the series that is kept up has all of it."""
        series = self._live.get((shown.symbol, shown.timeframe), {}).get(recipe.key)
        plot = series.plot(shown.open_time) if series else None
        if series is not None and plot is not None:
            series.used_at = self._clock()
        return plot

    async def _drawn(self, recipe: Recipe, candles: Candles, shown: Candles, *, live: bool) -> Plot | None:
        plot = self._known(shown, recipe) if live else None
        if plot is not None:
            return plot
        if live:
            plot = (await self._kept_up(recipe, candles)).plot(shown.open_time)
        if plot is None:  # older ones, or others than those that are kept up
            plot = (await self._computed(recipe, candles)).plot(shown.open_time)
        return plot

    async def _kept_up(self, recipe: Recipe, candles: Candles) -> Series:
        """The series, computed once however many ask for it at the same time, and kept up from here on."""
        key = (candles.symbol, candles.timeframe), recipe.key
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = _Making(asyncio.create_task(self._computed(recipe, candles)))
            making.task.add_done_callback(lambda task: self._take_up(*key, task))
        return await asyncio.shield(making.task)

    async def _computed(self, recipe: Recipe, candles: Candles) -> Series:
        async with self._turn:
            return await asyncio.to_thread(recipe.series, candles)

    def _take_up(self, chart: _Chart, key: str, task: asyncio.Task[Series]) -> None:
        making = self._making.pop((chart, key))
        if task.cancelled() or task.exception() is not None:
            return  # who waits for it is told
        series = task.result()
        if not _taken(series, making.closed):
            return
        series.shorten()
        series.used_at = self._clock()
        self._live.setdefault(chart, {})[key] = series
        while self.kept > KEPT_AT_MOST:
            every = (
                (each.used_at, of, name) for of, live in self._live.items() for name, each in live.items()
            )
            _, of, name = min(every, key=lambda each: each[0])
            self._drop(of, name)

    def _sweep(self, now: float) -> None:
        """Let go of what nobody looks at."""
        self._swept = now
        for chart, live in list(self._live.items()):
            for key in [key for key, series in live.items() if now - series.used_at > UNUSED]:
                self._drop(chart, key)

    def _drop(self, chart: _Chart, key: str) -> None:
        live = self._live[chart]
        del live[key]
        if not live:
            del self._live[chart]


def _taken(series: Series, closed: Sequence[Candle]) -> bool:
    """Whether the series could go on with these candles."""
    try:
        return all(series.step(candle) for candle in closed)
    except Exception:
        log.exception("an indicator failed", indicator=series.recipe.key)
        return False


def _refused(expression: Expression, error: Exception) -> Refusal:
    if isinstance(error, IndicatorError):
        return Refusal(repr(expression), str(error))
    log.error("an indicator failed", indicator=repr(expression), exc_info=error)
    return Refusal(
        repr(expression), f"It cannot be computed: its step raised {type(error).__name__}: {error}."
    )
