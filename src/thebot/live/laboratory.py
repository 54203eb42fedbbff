"""The laboratory: experiments on the past, one after another, each in a worker process of its own.

The serving process keeps the list and passes on how far each is; it never loads what they need.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, cast

import msgspec
import structlog

from thebot.errors import BadSetting, StorageError, UnknownName
from thebot.live.experiment import Bench, Experiment, Failure, Order, Progress, Told

log = structlog.get_logger(__name__)

State: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]

WORKER: Final = (sys.executable, "-m", "thebot.research.experiment")
WAITING_AT_MOST: Final = 20
REMEMBERED: Final = 30  # jobs that have ended
PAGES_AT_ONCE: Final = 1
DIED: Final = Failure(
    kind="Died",
    detail="The process that worked on it has died (killed, or out of memory). What was saved before is "
    "kept; try again, with a shorter span or fewer symbols.",
    unexpected=True,
)
_LONGEST: Final = 2**20  # bytes of a line from a worker
_LAST_WORDS: Final = 2_000  # bytes of what it wrote on standard error
_END_WITHIN: Final = 1.0  # seconds before a worker that was told to end is killed


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """An experiment in the list. Times are ms UTC; `result` is the id of what came of it."""

    number: int
    experiment: Experiment
    state: State = "waiting"
    made_at: int
    began_at: int | None = None
    ended_at: int | None = None
    progress: Progress | None = None
    failure: Failure | None = None
    result: str | None = None

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    def plain(self) -> dict[str, Any]:
        """Ready for JSON."""
        names = ("number", "state", "made_at", "began_at", "ended_at", "result")
        values = ("experiment", "progress", "failure")
        return {name: getattr(self, name) for name in names} | {
            name: msgspec.to_builtins(getattr(self, name)) for name in values
        }


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker process, from its order until its end."""

    command: Sequence[str]
    process: asyncio.subprocess.Process | None = None
    last_words: bytes = b""
    _listening: asyncio.Task[None] | None = field(default=None)

    async def told(self, order: Order) -> AsyncGenerator[Told, None]:
        """Start it and give what it says. Closing the iterator ends the process with all that it started."""
        child = self.process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,  # it ends when this closes, so it never outlives us
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST,
            start_new_session=True,  # Ctrl-C reaches us, and a sweep's own workers end with it
        )
        self._listening = asyncio.create_task(self._hear_last_words(child))
        try:
            if child.stdin is None or child.stdout is None:
                raise RuntimeError("the worker was started without pipes")
            child.stdin.write(msgspec.json.encode(order) + b"\n")
            with contextlib.suppress(ConnectionError):  # it died at once: its last words say why
                await child.stdin.drain()
            async for line in child.stdout:
                yield msgspec.json.decode(line, type=Told)
            await self._listening
        finally:
            await self.end()

    async def end(self) -> None:
        child = self.process
        if child is None:
            return
        _signal_all(child, signal.SIGTERM)
        try:
            async with asyncio.timeout(_END_WITHIN):
                await child.wait()
        except TimeoutError:
            _signal_all(child, signal.SIGKILL)
            await child.wait()
        finally:
            _signal_all(child, signal.SIGKILL)  # what it left behind in its session
            if self._listening is not None:
                self._listening.cancel()

    async def _hear_last_words(self, child: asyncio.subprocess.Process) -> None:
        while child.stderr is not None and (heard := await child.stderr.read(4096)):
            self.last_words = (self.last_words + heard)[-_LAST_WORDS:]


class Laboratory:
    """Takes experiments and works through them; `on_change` is told of each change of a job.

    `bench` is where they are made, `command` starts a worker. Jobs live as long as this process: what came of
    them is kept by the worker.
    """

    def __init__(
        self,
        bench: Bench,
        *,
        command: Sequence[str] = WORKER,
        on_change: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self.bench, self.on_change = bench, on_change
        self._command = tuple(command)
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._wake = asyncio.Event()
        self._running: tuple[int, asyncio.Task[None]] | None = None
        self._pages: dict[str, asyncio.Task[None]] = {}
        self._room_for_pages = asyncio.Semaphore(PAGES_AT_ONCE)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The newest first."""
        return tuple(reversed(self._jobs.values()))

    async def run(self) -> None:
        """Work until cancelled; the worker that runs then ends with us."""
        try:
            while True:
                job = next((each for each in self._jobs.values() if each.state == "waiting"), None)
                if job is None:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                work = asyncio.create_task(self._work(job), name=f"experiment {job.number}")
                self._running = (job.number, work)
                await asyncio.wait([work])
        finally:
            left = [*self._pages.values(), *([self._running[1]] if self._running else [])]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def submit(self, experiment: Experiment) -> Job:
        """Put it at the end of the line. Raises BadSetting if too many wait already."""
        if sum(job.state == "waiting" for job in self._jobs.values()) >= WAITING_AT_MOST:
            raise BadSetting(
                f"{WAITING_AT_MOST} experiments wait already. Cancel some, or wait until one is done."
            )
        job = Job(number=next(self._numbers), experiment=experiment, made_at=_now())
        self._jobs[job.number] = job
        for old in [each.number for each in self._jobs.values() if each.ended][:-REMEMBERED]:
            del self._jobs[old]
        self._changed(job)
        self._wake.set()
        return job

    def cancel(self, number: int) -> Job:
        """End it, or take it out of the line; nothing happens to one that has ended. Raises UnknownName."""
        job = self._known(number)
        if job.state == "waiting":
            self._end(job, "cancelled")
        elif self._running is not None and self._running[0] == number:
            self._running[1].cancel()
        return job

    def forget(self, number: int) -> None:
        """Take one that has ended off the list; its result stays. Raises UnknownName, or BadSetting else."""
        if not self._known(number).ended:
            raise BadSetting(f"Experiment {number} has not ended yet. Cancel it first.")
        del self._jobs[number]

    async def make_page(self, id: str) -> None:
        """Have the page of a result made that came from elsewhere. Raises StorageError if it cannot be."""
        if id not in self._pages:
            work = asyncio.create_task(self._page(id), name=f"page of {id}")
            self._pages[id] = work
            work.add_done_callback(lambda _: self._pages.pop(id, None))
        await asyncio.shield(self._pages[id])

    async def _page(self, id: str) -> None:
        worker, failure = _Worker(self._command), cast("Failure | None", DIED)
        order = Order(bench=self.bench, page_of=id)
        async with self._room_for_pages, contextlib.aclosing(worker.told(order)) as all_told:
            async for told in all_told:
                if told.result is not None or told.failure is not None:
                    failure = told.failure
        if failure is not None:
            raise StorageError(f"The page of result {id} could not be made: {failure.detail}")

    async def _work(self, job: Job) -> None:
        worker = _Worker(self._command)
        job.state, job.began_at = "running", _now()
        self._changed(job)
        try:
            order = Order(bench=self.bench, experiment=job.experiment)
            async with contextlib.aclosing(worker.told(order)) as all_told:
                async for told in all_told:
                    if told.progress is not None:
                        job.progress = told.progress
                        self._changed(job)
                    job.result, job.failure = told.result or job.result, told.failure or job.failure
        except asyncio.CancelledError:
            self._end(job, "cancelled")
            raise
        except (OSError, msgspec.MsgspecError, ValueError) as error:  # it could not start, or spoke nonsense
            log.exception("laboratory", job=job.number)
            job.failure = Failure(kind=type(error).__name__, detail=str(error), unexpected=True)
        if job.result is None and job.failure is None:
            job.failure = DIED
        if job.failure is not None and job.failure.unexpected:
            log.error("laboratory", job=job.number, why=job.failure.detail, last_words=_text(worker))
        self._end(job, "done" if job.result is not None else "failed")

    def _end(self, job: Job, state: State) -> None:
        job.state, job.ended_at = state, _now()
        self._changed(job)

    def _changed(self, job: Job) -> None:
        try:
            self.on_change(job)
        except Exception:  # who listens must not stop the work
            log.exception("laboratory.listener_failed")

    def _known(self, number: int) -> Job:
        if number not in self._jobs:
            raise UnknownName("experiment", str(number), map(str, self._jobs))
        return self._jobs[number]


def _text(worker: _Worker) -> str:
    return worker.last_words.decode(errors="replace")


def _signal_all(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """To the worker and everything that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _now() -> int:
    return int(time.time() * 1000)
