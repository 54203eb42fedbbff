"""Every strategy over every symbol and timeframe, at each close.

The feed hands in history and closed candles; signals go out through one call. Warming a rule up takes some
5 ms of Python, so `run` does it one symbol at a time and lets everything else breathe in between; what
closes meanwhile waits its turn, so nothing is missed and nothing comes twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from thebot.market import Candle, Candles, Symbol, Timeframe
from thebot.strategy import Signal, SignalRule, Strategy

log = structlog.get_logger(__name__)

HISTORIES_WAITING: Final = 4  # symbols whose history is held at the same time, 300 KiB each
WAITING_AT_MOST: Final = 5_000  # candles of one symbol and timeframe that wait for the warm-up


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Which strategies run on which timeframes."""

    strategies: tuple[Strategy, ...]
    timeframes: tuple[Timeframe, ...]

    def needed(self) -> tuple[Timeframe, ...]:
        """The timeframes whose candles the engine wants: its own and those its rules look up to."""
        own = set(self.timeframes)
        for strategy in self.strategies:
            for timeframe in self.timeframes:
                own.update(strategy.higher_timeframes(timeframe))
        return tuple(sorted(own))


@dataclass(slots=True)
class _Desk:
    """One symbol on one timeframe: its rules, or what waits for them."""

    rules: list[SignalRule] = field(default_factory=list)
    warm: bool = False
    waiting: deque[Candle] = field(default_factory=lambda: deque(maxlen=WAITING_AT_MOST))


class Engine:
    """Turns closed candles into signals. `on_signals(signals, from_history)` is called in order of time."""

    def __init__(
        self,
        options: EngineOptions,
        digits: Callable[[Symbol], int],
        on_signals: Callable[[Sequence[Signal], bool], None],
        room: Callable[[], Awaitable[None]] | None = None,
        on_warm: Callable[[], None] = lambda: None,
    ) -> None:
        self._options = options
        self._digits = digits
        self._on_signals = on_signals
        self._on_warm = on_warm  # everything that waited has its history
        self._room_for_signals = room  # while what was found waits to be stored, history can wait too
        self._room_for_history = asyncio.Event()
        self._room_for_history.set()
        self.needed = options.needed()  # timeframes
        self._desks: dict[tuple[Symbol, Timeframe], _Desk] = {}
        self._history: dict[Symbol, dict[Timeframe, Candles]] = {}
        self._to_warm: deque[tuple[Symbol, Timeframe]] = deque()
        self._work = asyncio.Event()
        self.failures = 0  # rules that raised; each was logged with its symbol and candle

    # What the feed calls

    def on_history(self, symbol: Symbol, timeframe: Timeframe, candles: Candles) -> None:
        """Closed candles before the first `on_candle` of that symbol and timeframe."""
        if timeframe not in self.needed:
            return
        histories = self._history.setdefault(symbol, {})
        histories[timeframe] = candles
        self._heed_room()
        if len(histories) < len(self.needed):
            return
        for own in self._options.timeframes:
            self._desks.setdefault((symbol, own), _Desk())  # what has closed already waits in it
            self._to_warm.append((symbol, own))
        self._work.set()

    def on_candle(self, candle: Candle) -> None:
        """A candle that has closed: exactly once, in order."""
        desk = self._desks.get((candle.symbol, candle.timeframe))
        if desk is None:
            if candle.timeframe in self._options.timeframes:
                desk = self._desks[candle.symbol, candle.timeframe] = _Desk()
            else:
                return
        if not desk.warm:
            desk.waiting.append(candle)
        else:
            self._step(desk, candle)

    def forget(self, symbol: Symbol) -> None:
        """The symbol is watched no more."""
        self._history.pop(symbol, None)
        self._heed_room()
        for key in [key for key in self._desks if key[0] == symbol]:
            del self._desks[key]
        self._to_warm = deque(key for key in self._to_warm if key[0] != symbol)

    # What the platform asks

    @property
    def warming(self) -> int:
        """How many symbols and timeframes still wait for their warm-up."""
        return len(self._to_warm)

    async def room(self) -> None:
        """Wait while history of several symbols waits already."""
        await self._room_for_history.wait()

    @property
    def ready(self) -> int:
        return sum(desk.warm for desk in self._desks.values())

    async def run(self) -> None:
        """Warm up what history has come in, until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._to_warm:
                await self._warm(*self._to_warm.popleft())
            if not self._history:
                self._on_warm()

    # Inside

    def _heed_room(self) -> None:
        if len(self._history) < HISTORIES_WAITING:
            self._room_for_history.set()
        else:
            self._room_for_history.clear()

    async def _breathe(self) -> None:
        """Prices and pages first."""
        await asyncio.sleep(0.002)
        if self._room_for_signals is not None:
            await self._room_for_signals()

    async def _warm(self, symbol: Symbol, timeframe: Timeframe) -> None:
        desk = self._desks.get((symbol, timeframe))
        histories = self._history.get(symbol)
        if desk is None or histories is None:
            return  # forgotten meanwhile
        candles = histories[timeframe]
        higher = {other: rows for other, rows in histories.items() if other > timeframe}
        found: list[Signal] = []
        for strategy in self._options.strategies:
            try:
                rule = SignalRule(strategy, symbol, timeframe, digits=self._digits(symbol))
                found += rule.warm(candles, _needed_by(strategy, timeframe, higher))
            except Exception:  # a step of the user's own may raise anything
                self._failed(strategy.name, symbol, timeframe)
                continue
            desk.rules.append(rule)
            await self._breathe()
            if self._desks.get((symbol, timeframe)) is not desk:
                return  # forgotten meanwhile
        desk.warm = True
        if not any(key[0] == symbol for key in self._to_warm):
            self._history.pop(symbol, None)
            self._heed_room()
        if found:
            self._on_signals(sorted(found, key=lambda signal: signal.at), True)
        newest = int(candles.open_time[-1]) if len(candles) else -1
        while desk.waiting:
            candle = desk.waiting.popleft()
            if candle.open_time > newest:
                self._step(desk, candle)

    def _step(self, desk: _Desk, candle: Candle) -> None:
        for rule in desk.rules:
            try:
                signals = rule.step(candle)
            except Exception:
                self._failed(rule.strategy.name, candle.symbol, candle.timeframe)
                continue
            if signals:
                self._on_signals(signals, False)

    def _failed(self, strategy: str, symbol: Symbol, timeframe: Timeframe) -> None:
        self.failures += 1
        log.exception("a rule failed", strategy=strategy, symbol=symbol, timeframe=str(timeframe))


def _needed_by(
    strategy: Strategy, timeframe: Timeframe, higher: Mapping[Timeframe, Candles]
) -> dict[Timeframe, Candles]:
    return {other: higher[other] for other in strategy.higher_timeframes(timeframe) if other in higher}
