"""Keeping lanes whole: their history at the beginning, and what the stream missed before anything newer."""

from __future__ import annotations

import asyncio
import functools
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final, TypeVar

import structlog

from thebot.errors import ExchangeError, RateLimited
from thebot.exchange.ports import MarketSource
from thebot.live.lane import Derived, Lane, Passed, difference
from thebot.live.warmup import load_derived, load_lane
from thebot.market import Candle, Candles, Timeframe
from thebot.resilience import Backoff

log = structlog.get_logger(__name__)
T = TypeVar("T")

_BACKOFF: Final = Backoff(first=0.5, longest=30.0)
_AGAIN: Final = Backoff(first=0.5, longest=5.0)  # where REST does not yet know what the stream has closed
_AT_ONCE: Final = 200  # candles passed on before everything else may breathe
_FRESH: Final = 1.0  # seconds for which the exchange's last word about its clock will do
_SETTLE: Final = 5.0  # seconds after its close when the exchange's own longer candle is asked for


class CatchUp:
    """Does the asking for the feed; `on_passed` gets what may be passed on, in order."""

    def __init__(
        self,
        source: MarketSource,
        *,
        concurrency: int,
        room: Callable[[], Awaitable[None]] | None,
        on_passed: Callable[[Lane, list[Passed]], None],
        on_trouble: Callable[[str], None],
        on_finding: Callable[[Lane, str], None],
    ) -> None:
        self._source = source
        self._turn = asyncio.Semaphore(concurrency)  # questions at the same time
        self._warming = asyncio.Semaphore(concurrency)  # symbols at the same time: the first are ready first
        self._room = room
        self._on_passed, self._on_trouble, self._on_finding = on_passed, on_trouble, on_finding
        self._tasks: set[asyncio.Task[Any]] = set()
        self._under_way: set[Lane] = set()
        self.filled = 0  # candles that REST brought after the warm-up

    def start(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Run it until it is done or the feed closes; what it raises is logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop(self, lane: Lane) -> None:
        """Nothing is asked for this lane any more, and nothing said of it."""
        lane.dropped = True

    async def warm(self, lane: Lane, longer: Iterable[Timeframe]) -> bool:
        """Load the lane and its longer timeframes; False if it was dropped meanwhile."""
        async with self._warming:
            if self._room is not None:
                await self._room()
            await self.patiently(lambda: load_lane(self._source, lane), lane)
            for timeframe in longer:
                await self.patiently(functools.partial(load_derived, self._source, lane, timeframe), lane)
        return not lane.dropped

    def catch_up(self, lane: Lane) -> None:
        """Fetch what is missing before the lane may go on; does nothing if that is under way."""
        if lane.loaded and lane.up and lane not in self._under_way and not lane.dropped:
            self._under_way.add(lane)
            self.start(self._catch_up(lane), f"catch up {lane.symbol} {lane.timeframe}")

    async def patiently(self, ask: Callable[[], Awaitable[T]], lane: Lane | None = None) -> T:
        """The answer, however often one has to ask. Raises CancelledError for a lane that was dropped."""
        failures = 0
        while True:
            if lane is not None and lane.dropped:
                raise asyncio.CancelledError
            try:
                async with self._turn:
                    answer = await ask()
            except RateLimited as error:
                self._on_trouble(str(error))
                await asyncio.sleep(error.retry_after)
            except ExchangeError as error:
                failures += 1
                self._on_trouble(str(error))
                await asyncio.sleep(_BACKOFF.delay(failures, random.random()))  # noqa: S311  (jitter)
            else:
                if lane is not None and lane.dropped:  # while it was asked for
                    raise asyncio.CancelledError
                return answer

    async def prove(self, lane: Lane, derived: Derived, candle: Candle) -> None:
        """Compare a derived candle with the exchange's own."""
        await asyncio.sleep(_SETTLE)
        timeframe = candle.timeframe
        found = await self.patiently(
            lambda: self._source.candles(
                lane.symbol, timeframe, start=candle.open_time, end=candle.close_time, limit=1
            ),
            lane,
        )
        if len(found):
            derived.unproven = False
            differs = difference(candle, found.candle(0))
            if differs:
                self._on_finding(
                    lane, f"the derived {timeframe} candle of {candle.open_time} differs: {differs}"
                )

    async def _catch_up(self, lane: Lane) -> None:
        failures = 0
        try:
            while lane.up and not lane.live and not lane.dropped:
                cuts = lane.cuts
                rows = await self.patiently(lambda: self._missed(lane), lane)
                for first in range(0, max(1, len(rows)), _AT_ONCE):
                    passed = lane.fill(rows.rows(slice(first, first + _AT_ONCE)))
                    self._on_passed(lane, passed)
                    if first + _AT_ONCE < len(rows):
                        await asyncio.sleep(0)
                        if lane.dropped:
                            return
                self.filled += len(rows)
                if lane.up and lane.cuts == cuts and not lane.waits:
                    lane.live = True
                elif lane.up:
                    failures += 1
                    await asyncio.sleep(_AGAIN.delay(failures, random.random()))  # noqa: S311  (jitter)
        finally:
            self._under_way.discard(lane)

    async def _missed(self, lane: Lane) -> Candles:
        """The closed candles from the one that must come next on, as far as the exchange has them."""
        if self._source.clock.silence(time.monotonic()) > _FRESH:
            await self._source.time()
        start = lane.next_open
        if start is None:
            return await self._source.candles(lane.symbol, lane.timeframe, limit=lane.history.kept)
        if lane.timeframe.close_time(start) > self._source.clock.now and not lane.waits:
            return Candles.empty(lane.symbol, lane.timeframe)
        return await self._source.candles(lane.symbol, lane.timeframe, start=start)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work of the feed failed", task=task.get_name(), exc_info=error)
