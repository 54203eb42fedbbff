"""Fetches history into the archive: only what is missing, each month kept as soon as it is there."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias, get_args

from thebot.errors import DataError
from thebot.market import Candles, Symbol, Timeframe
from thebot.market.timeframe import DAY
from thebot.storage.archive import Archive, Survey
from thebot.storage.bulk import BulkFile
from thebot.storage.downloads import BulkFiles
from thebot.storage.spans import Span, by_month, missing, month_of
from thebot.storage.workers import ArchiveWorker

SourceName: TypeAlias = Literal["auto", "rest", "bulk"]
SOURCES: Final[tuple[SourceName, ...]] = get_args(SourceName)

_PAGE: Final = 1000  # candles in one answer of the exchange
_PAGES_KEPT_AT_ONCE: Final = 5
_DOWNLOADS_AT_ONCE: Final = 4
_TRIES: Final = 3  # of a file whose checksum does not fit: it may be re-issued between the two questions


class HistorySource(Protocol):
    """An exchange that tells past candles; `exchange.ports.MarketSource` is one."""

    async def candles(
        self,
        symbol: Symbol,
        timeframe: Timeframe,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> Candles:
        """Closed candles with start <= open time < end (ms UTC), oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is wanted: the candles of a span (ms UTC), and where they may come from.

    "auto" takes a month from the exchange's file where that needs fewer questions, else from REST.
    """

    symbol: Symbol
    timeframe: Timeframe
    span: Span
    source: SourceName = "auto"
    recheck: bool = False  # fetch files again that the exchange has re-issued since

    def until(self, now: int) -> Span:
        """The span on the borders of candles, without those that have not closed at `now` (ms UTC)."""
        start, end = self.timeframe.floor(self.span.start), self.timeframe.floor(self.span.end)
        if end < self.span.end:
            end = self.timeframe.close_time(end)
        return Span(start, max(start, min(end, self.timeframe.floor(now))))

    def is_held(self, archive: Archive, now: int) -> bool:
        """Whether all of it is in the archive already, so that nobody need be asked."""
        return not missing(self.until(now), archive.known(self.symbol, self.timeframe))


@dataclass(slots=True, kw_only=True)
class Fetched:
    """What was done, and what the archive holds of the wanted span now."""

    span: Span
    candles: int = 0  # newly fetched
    files: list[str] = field(default_factory=list)  # of the exchange, taken
    unpublished: list[str] = field(default_factory=list)  # asked for, but not there (yet)
    notices: list[str] = field(default_factory=list)
    survey: Survey | None = None


Progress: TypeAlias = Callable[[int, int, str], None]  # candles done, candles in all, what comes now


def plan(request: Request, wanted: Sequence[Span], now: int) -> list[BulkFile | Span]:
    """What to ask for, oldest first: files of the exchange, and spans to ask for by REST."""
    steps: list[BulkFile | Span] = []
    pieces = itertools.chain.from_iterable(map(by_month, wanted))
    for month, group in itertools.groupby(pieces, key=lambda span: month_of(span.start)):
        spans = list(group)
        candles = sum(_count(span, request.timeframe) for span in spans)
        if request.source == "rest" or (request.source == "auto" and _rest_is_shorter(candles, month, now)):
            steps += itertools.chain.from_iterable(_portions(span, request.timeframe) for span in spans)
        elif month.end <= now:
            steps.append(BulkFile.of_month(request.symbol, request.timeframe, month.start))
        else:
            steps += _daily(request, spans, now)
    return steps


class Fetch:
    """Fetches into one archive, from REST, from files, or from both."""

    def __init__(
        self,
        worker: ArchiveWorker,
        *,
        rest: HistorySource | None = None,
        files: BulkFiles | None = None,
        progress: Progress = lambda done, total, doing: None,
    ) -> None:
        self._worker, self._rest, self._files, self._progress = worker, rest, files, progress
        self._done = self._total = 0

    async def run(self, request: Request, now: int) -> Fetched:
        """Fetch what is missing until `now` (ms UTC by the exchange's clock).

        Each step is kept as soon as it is there: an error or a cancellation loses at most the ones under way.
        Raises ExchangeError, DataError or StorageError.
        """
        if self._files is None:
            request = replace(request, source="rest")
        span = request.until(now)
        fetched = Fetched(span=span)
        wanted = missing(span, self._worker.archive.known(request.symbol, request.timeframe))
        steps = plan(request, wanted, now)
        if request.recheck:
            steps = [*await self._reissued(request, span), *steps]
        self._done, self._total = 0, sum(_size(step, request.timeframe) for step in steps)
        self._progress(0, self._total, "")
        files = [step for step in steps if isinstance(step, BulkFile)]
        await _all(partial(self._take_file, request, file, now, fetched) for file in files)
        for step in steps:
            if isinstance(step, Span):
                await self._take_rest(request, step, fetched)
        self._progress(self._total, self._total, "")
        fetched.survey = await self._worker.survey(request.symbol, request.timeframe, span)
        return fetched

    async def _take_file(self, request: Request, file: BulkFile, now: int, fetched: Fetched) -> None:
        """Take a file; where it is not published, the month's days; where those are not, REST if allowed."""
        self._progress(self._done, self._total, file.name)
        try:
            candles = await self._downloaded(file)
        except DataError as error:
            if request.source != "auto":
                raise
            fetched.notices.append(f"{error} Taken from REST instead.")
            candles = None
        else:
            if candles is None:
                fetched.unpublished.append(file.name)
        if candles is not None:
            fetched.candles += candles
            fetched.files.append(file.name)
            self._advance(_size(file, request.timeframe), file.name)
            return
        wanted = Span(max(file.span.start, fetched.span.start), min(file.span.end, fetched.span.end))
        spans = missing(wanted, self._worker.archive.known(request.symbol, request.timeframe))
        if request.source == "auto":
            for span in itertools.chain.from_iterable(_portions(each, request.timeframe) for each in spans):
                await self._take_rest(request, span, fetched)
        elif file.period == "monthly":
            for day in _daily(request, spans, now):
                await self._take_file(request, day, now, fetched)
        else:
            self._advance(_size(file, request.timeframe), file.name)

    async def _downloaded(self, file: BulkFile) -> int | None:
        """Download and keep a file; the number of its candles, None if it is not published."""
        if self._files is None:
            return None
        for left in reversed(range(_TRIES)):
            published = await self._files.checksum(file)
            with tempfile.TemporaryDirectory(prefix="thebot-fetch-") as folder:
                path = Path(folder) / "candles.zip"
                if published is None or not await self._files.download(file, path):
                    return None
                try:
                    return await self._worker.take(file, path, published)
                except DataError:
                    if not left:
                        raise
        return None

    async def _take_rest(self, request: Request, span: Span, fetched: Fetched) -> None:
        if self._rest is None:
            return
        self._progress(self._done, self._total, "REST")
        candles = await self._rest.candles(request.symbol, request.timeframe, start=span.start, end=span.end)
        fetched.candles += await self._worker.keep(candles, span)
        self._advance(_count(span, request.timeframe), "REST")

    async def _reissued(self, request: Request, span: Span) -> list[BulkFile]:
        """The files within the span whose published checksum is not the one that was taken."""
        files, found = self._files, list[BulkFile]()
        if files is None:
            return []

        async def one(file: BulkFile, taken: str) -> None:
            if await files.checksum(file) not in (None, taken):
                found.append(file)

        taken = [
            (_file_called(name, request, part.known[0].start), checksum)
            for part in self._worker.archive.parts(request.symbol, request.timeframe).values()
            for name, checksum in part.sources.items()
        ]
        await _all(partial(one, *each) for each in taken if missing(each[0].span, [span]) != [each[0].span])
        return sorted(found, key=lambda file: file.span)

    def _advance(self, candles: int, doing: str) -> None:
        self._done += candles
        self._progress(self._done, self._total, doing)


async def _all(calls: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """Run them, a few at once. The first error cancels the rest and comes out by itself."""
    gate = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)

    async def gated(call: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async with gate:
            await call()

    tasks = [asyncio.ensure_future(gated(call)) for call in calls]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _file_called(name: str, request: Request, month: int) -> BulkFile:
    file = BulkFile.of_month(request.symbol, request.timeframe, month)
    if file.name == name:
        return file
    day = int(name.removesuffix(".zip").rpartition("-")[2])
    return BulkFile.of_day(request.symbol, request.timeframe, month_of(month).start + (day - 1) * DAY)


def _daily(request: Request, spans: Sequence[Span], now: int) -> list[BulkFile]:
    """The files of the days (that are over) which the spans touch."""
    days = {
        day
        for span in spans
        for day in range(span.start - span.start % DAY, span.end, DAY)
        if day + DAY <= now
    }
    return [BulkFile.of_day(request.symbol, request.timeframe, day) for day in sorted(days)]


def _rest_is_shorter(candles: int, month: Span, now: int) -> bool:
    """Whether REST needs no more questions than the month's file and its checksum."""
    return month.end > now or candles <= 2 * _PAGE


def _portions(span: Span, timeframe: Timeframe) -> list[Span]:
    """The span in pieces small enough to lose one when cut off."""
    length = _PAGES_KEPT_AT_ONCE * _PAGE * timeframe.nominal_ms
    return [Span(at, min(at + length, span.end)) for at in range(span.start, span.end, length)]


def _count(span: Span, timeframe: Timeframe) -> int:
    return max(1, round((span.end - span.start) / timeframe.nominal_ms))


def _size(step: BulkFile | Span, timeframe: Timeframe) -> int:
    return _count(step.span if isinstance(step, BulkFile) else step, timeframe)
