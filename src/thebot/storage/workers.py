"""Runs what loads polars in a process of its own: the serving process never does."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from thebot.errors import StorageError, ThebotError
from thebot.market import Candles, Symbol, Timeframe
from thebot.storage.archive import Archive, Survey
from thebot.storage.bulk import BulkFile, take
from thebot.storage.spans import Span

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Worker:
    """A child process that is asked for one thing after another.

    It is started at the first question and ends with the block (or with this process).
    """

    def __init__(self) -> None:
        # Spawned, not forked: a fork would take along the lock on the data folder and the event loop.
        self._pool = ProcessPoolExecutor(
            1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the call that runs finish (it keeps files whole), drop the rest, end the child."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def ask(
        self, function: Callable[Arguments, Answer], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Answer:
        """What the function gives there. Its own errors come home; StorageError if the child dies."""
        call = asyncio.get_running_loop().run_in_executor(self._pool, _guarded, function, arguments, named)
        try:
            answer, failure = await call
        except BrokenProcessPool as error:
            raise StorageError(
                "The process that reads and writes files has died (killed, or out of memory). "
                "What was written before is kept; try again."
            ) from error
        if failure is not None:
            raise failure.error()
        return cast("Answer", answer)


class ArchiveWorker(Worker):
    """`Archive` with async methods, which run in a child process."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.archive = Archive(folder)

    async def read(
        self, symbol: Symbol, timeframe: Timeframe, start: int | None = None, end: int | None = None
    ) -> Candles:
        return await self.ask(self.archive.read, symbol, timeframe, start, end)

    async def survey(self, symbol: Symbol, timeframe: Timeframe, span: Span) -> Survey:
        return await self.ask(self.archive.survey, symbol, timeframe, span)

    async def keep(self, candles: Candles, span: Span, sources: Mapping[str, str] | None = None) -> int:
        return await self.ask(self.archive.keep, candles, span, sources)

    async def take(self, file: BulkFile, path: Path, sha256: str) -> int:
        """Keep the candles of one of the exchange's files, which was downloaded to `path`."""
        return await self.ask(take, self.archive, file, path, sha256)


class _Failure:
    """One of our errors on its way home: exceptions with several arguments cannot be pickled as they are."""

    def __init__(self, error: ThebotError) -> None:
        self._type, self._arguments, self._values = type(error), error.args, dict(vars(error))

    def error(self) -> ThebotError:
        error = self._type.__new__(self._type)
        error.args = self._arguments
        vars(error).update(self._values)
        return error


def _guarded(
    function: Callable[..., Answer], arguments: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[Answer | None, _Failure | None]:
    try:
        return function(*arguments, **named), None
    except ThebotError as error:
        return None, _Failure(error)


def _begin() -> None:
    """In the child: leave Ctrl-C to the parent, and do not outlive it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, name="follow the parent", daemon=True).start()
