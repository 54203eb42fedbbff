"""Writes to the database behind the engine's back, so that the engine never waits for a disk."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import structlog

from thebot.errors import BadSetting, StorageError
from thebot.market import Candle, Symbol, Timeframe
from thebot.resilience import Backoff
from thebot.storage.database import Database
from thebot.strategy.signal import Signal
from thebot.telemetry import Counters

_log: Final = structlog.get_logger("storage")

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterOptions:
    """Bounds of what is kept in memory and of what is kept at all."""

    batch: int = 500  # rows written at once
    gather: float = 0.2  # seconds to wait for more rows before writing
    crowd: int = 1_000  # waiting signals from which on whoever can wait should
    max_signals: int = 20_000  # unsaved ones in memory; beyond that the oldest are lost, and counted
    max_candles: int = 5_000  # the same for candles, which the exchange can tell again
    keep_candles: int = 1_500  # of each symbol and timeframe, in the database

    def __post_init__(self) -> None:
        if min(self.batch, self.max_signals, self.max_candles, self.keep_candles) < 1 or self.gather < 0:
            raise BadSetting(f"The bounds of a writer are positive numbers; these are {self}.")


class Writer:
    """Takes signals and closed candles at once and writes them in batches, in a task of its own.

    While the database fails, rows wait in memory (bounded, counted in `health`) and are written when it
    works again. Nothing here raises into the engine.
    """

    def __init__(
        self,
        database: Database,
        options: WriterOptions | None = None,
        *,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._options = options or WriterOptions()
        self._backoff, self._chance = backoff or Backoff(), chance
        self._signals: dict[Hashable, Signal] = {}
        self._candles: dict[Hashable, Candle] = {}
        self._since_tidy: dict[tuple[Symbol, Timeframe], int] = {}
        self._counters = Counters()
        self._failures, self._error = 0, ""
        self._waiting = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._room = asyncio.Event()
        self._room.set()
        self._closing = asyncio.Event()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to write, until the block ends."""
        self._task = asyncio.create_task(self._run(), name="database writer")
        self._task.add_done_callback(self._ended)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def signal(self, signal: Signal) -> None:
        """Have it saved soon. A signal saved before stays as it was."""
        if signal.key not in self._signals:
            self._signals[signal.key] = signal
            self._lose_oldest(self._signals, self._options.max_signals, "lost_signals")
            if len(self._signals) > self._options.crowd and not self._failures:
                self._room.clear()
            self._wake()

    def candle(self, candle: Candle) -> None:
        """Have a closed candle saved soon; it takes the place of one saved before."""
        self._candles[(candle.symbol, candle.timeframe, candle.open_time)] = candle
        self._lose_oldest(self._candles, self._options.max_candles, "lost_candles")
        self._wake()

    async def signals(
        self,
        symbol: Symbol | None = None,
        *,
        timeframe: Timeframe | None = None,
        strategy: str | None = None,
        since: int | None = None,
        limit: int = 100,
    ) -> list[Signal]:
        """As `Database.signals`, together with those that are not saved yet."""
        unsaved = [
            each
            for each in self._signals.values()
            if (symbol is None or each.symbol == symbol)
            and (timeframe is None or each.timeframe == timeframe)
            and (strategy is None or each.strategy == strategy)
            and (since is None or each.at >= since)
        ]
        saved = await self._database.signals(
            symbol, timeframe=timeframe, strategy=strategy, since=since, limit=limit
        )
        all_ = {each.key: each for each in [*unsaved, *saved]}.values()
        newest = sorted(all_, key=lambda s: (-s.at, s.symbol, s.timeframe.name, s.strategy, s.side))
        return newest[:limit]

    async def room(self) -> None:
        """Wait until what waits can soon be written: for work that is not urgent.

        While the database fails it returns at once: nothing waits for that.
        """
        await self._room.wait()

    def health(self) -> dict[str, Any]:
        """JSON-able: what waits to be written, what was lost, and what is wrong ("" if nothing is)."""
        return {
            "unsaved_signals": len(self._signals),
            "unsaved_candles": len(self._candles),
            "lost_signals": self._counters["lost_signals"],
            "lost_candles": self._counters["lost_candles"],
            "failing": self._failures > 0,
            "error": self._error,
        }

    async def close(self, patience: float = 1.0) -> None:
        """Write what still waits, for at most `patience` seconds. What cannot be saved is logged as lost."""
        self._closing.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while (self._signals or self._candles) and await self._write():
                    pass
        if self._task is not None:
            self._task.cancel()  # it has nothing left to do, or hangs in a database that fails
            await asyncio.wait([self._task])
        if self._signals or self._candles:
            _log.error("ended with unsaved rows", **self.health())

    async def written(self) -> None:
        """Wait until nothing waits to be written."""
        await self._idle.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._room.set()
        if not task.cancelled() and (error := task.exception()):
            self._failures, self._error = self._failures + 1, f"the writer has ended: {error!r}"
            _log.error("the writer has ended; nothing is saved any more", error=repr(error))

    async def _run(self) -> None:
        """Write until `close` is called."""
        while not self._closing.is_set():
            await self._first_of(self._waiting, self._closing)
            if len(self._signals) + len(self._candles) < self._options.batch:
                await self._first_of(self._closing, seconds=self._options.gather)
            await self._write()
            if self._failures:
                delay = self._backoff.delay(self._failures, self._chance())
                await self._first_of(self._closing, seconds=delay)

    async def _write(self) -> bool:
        """Write one batch; says whether that worked."""
        async with self._writing:
            return await self._write_batch()

    async def _write_batch(self) -> bool:
        signals = dict(_first(self._signals, self._options.batch))
        candles = dict(_first(self._candles, self._options.batch - len(signals)))
        try:
            await self._database.save(signals.values(), candles.values())
            _forget(self._signals, signals)
            _forget(self._candles, candles)
            await self._tidy(candles.values())
        except StorageError as error:
            self._failures += 1
            if self._failures == 1:
                _log.error("the database fails; signals are kept in memory", error=str(error))
            self._error = str(error)
            self._room.set()
            return False
        if self._failures:
            _log.info("the database works again", waiting=len(self._signals) + len(self._candles))
        self._failures, self._error = 0, ""
        if len(self._signals) <= self._options.crowd:
            self._room.set()
        if not (self._signals or self._candles):
            self._waiting.clear()
            self._idle.set()
        return True

    async def _tidy(self, candles: Any) -> None:  # noqa: ANN401  (a view of a dictionary)
        """Forget old candles of a series after a tenth of what is kept of it has come in anew."""
        for candle in candles:
            series = (candle.symbol, candle.timeframe)
            count = self._since_tidy.get(series, self._options.keep_candles) + 1
            if count * 10 >= self._options.keep_candles:
                before = candle.timeframe.back(candle.open_time, self._options.keep_candles - 1)
                await self._database.forget_candles(*series, before)
                count = 0
            self._since_tidy[series] = count

    def _wake(self) -> None:
        self._idle.clear()
        self._waiting.set()

    def _lose_oldest(self, rows: dict[Hashable, Any], most: int, counter: str) -> None:
        if len(rows) > most:
            del rows[next(iter(rows))]
            if self._counters.count(counter) == 1:
                _log.error("more waits to be saved than memory may hold; the oldest is lost", kind=counter)

    @staticmethod
    async def _first_of(*events: asyncio.Event, seconds: float | None = None) -> None:
        tasks = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()


def _first(rows: dict[Key, Row], count: int) -> list[tuple[Key, Row]]:
    return [pair for pair, _ in zip(rows.items(), range(count), strict=False)]


def _forget(rows: dict[Key, Row], saved: dict[Key, Row]) -> None:
    """Drop what is saved, unless something newer has taken its place meanwhile."""
    for key, row in saved.items():
        if rows.get(key) is row:
            del rows[key]
