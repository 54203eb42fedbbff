"""The laboratory with real worker processes: small scripts that speak as `research.experiment` does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from thebot.errors import BadSetting, StorageError, UnknownName
from thebot.live.experiment import Bench, Experiment
from thebot.live.laboratory import WAITING_AT_MOST, Job, Laboratory

ASKED = Experiment(kind="backtest", strategy="sma-cross", symbols=("BTCUSDT",), timeframe="1h", start=0)
DONE = 'say({"progress": {"doing": "Trading", "done": 3, "total": 4, "left": 2.5}}); say({"result": "R1"})'
NEVER = 'say({"progress": {"doing": "Trading"}}); time.sleep(600)'


def worker(body: str) -> tuple[str, ...]:
    """A command that reads its order, then does this."""
    head = (
        "import json, os, subprocess, sys, time\n"
        "order = json.loads(sys.stdin.readline())\n"
        "say = lambda told: print(json.dumps(told), flush=True)\n"
    )
    return sys.executable, "-c", head + body


@contextlib.asynccontextmanager
async def laboratory(body: str) -> AsyncIterator[tuple[Laboratory, list[tuple[int, str]]]]:
    """One that works, and each state that its jobs went through."""
    seen: list[tuple[int, str]] = []

    def heed(job: Job) -> None:
        if not seen or seen[-1] != (job.number, job.state):
            seen.append((job.number, job.state))

    bench = Bench(data="/nowhere", candles="/nowhere", exchange="sandbox")
    lab = Laboratory(bench, command=worker(body), on_change=heed)
    working = asyncio.create_task(lab.run())
    try:
        yield lab, seen
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110  (the state of another process has no event)
            await asyncio.sleep(0.01)


async def test_experiments_are_made_one_after_another_and_leave_their_results() -> None:
    async with laboratory(DONE) as (lab, seen):
        first, second = lab.submit(ASKED), lab.submit(ASKED)
        await until(lambda: second.ended)
    assert seen == [(1, "waiting"), (2, "waiting"), (1, "running"), (1, "done"), (2, "running"), (2, "done")]
    assert (first.result, first.failure) == ("R1", None)
    assert first.progress is not None
    assert (first.progress.done, first.progress.total, first.progress.left) == (3, 4, 2.5)
    assert [job.number for job in lab.jobs] == [2, 1]


async def test_the_worker_is_told_what_to_do_and_where() -> None:
    body = 'e = order["experiment"]; say({"result": e["strategy"] + " " + order["bench"]["exchange"]})'
    async with laboratory(body) as (lab, _):
        job = lab.submit(ASKED)
        await until(lambda: job.ended)
    assert job.result == "sma-cross sandbox"


async def test_a_failure_is_told_in_the_words_of_the_worker_and_the_next_one_goes_on() -> None:
    body = 'say({"failure": {"kind": "BadSetting", "detail": "fast must be below slow"}})'
    async with laboratory(body) as (lab, _):
        job, after = lab.submit(ASKED), lab.submit(ASKED)
        await until(lambda: after.ended)
    assert job.state == after.state == "failed"
    assert job.failure is not None
    assert (job.failure.detail, job.failure.unexpected) == ("fast must be below slow", False)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(1)", "has died"),
        ("print('nonsense', flush=True)", "JSON"),
        ("os.kill(os.getpid(), 9)", "has died"),
    ],
)
async def test_a_worker_that_dies_or_speaks_nonsense_is_a_failure_not_a_hang(body: str, said: str) -> None:
    async with laboratory(body) as (lab, _):
        job = lab.submit(ASKED)
        await until(lambda: job.ended)
    assert job.state == "failed"
    assert job.failure is not None
    assert job.failure.unexpected
    assert said in job.failure.detail


async def test_a_worker_that_does_not_exist_is_a_failure_too() -> None:
    lab = Laboratory(Bench(data="", candles="", exchange=""), command=["/no/such/program"])
    working = asyncio.create_task(lab.run())
    job = lab.submit(ASKED)
    await until(lambda: job.ended)
    working.cancel()
    assert job.failure is not None
    assert "/no/such/program" in job.failure.detail


async def test_cancelling_ends_the_worker_with_all_that_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    body = (
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )
    async with laboratory(body) as (lab, seen):
        job, after = lab.submit(ASKED), lab.submit(ASKED)
        await until(lambda: note.exists() and len(note.read_text().split()) == 2)
        pids = [int(each) for each in note.read_text().split()]
        lab.cancel(job.number)
        await until(lambda: job.ended)
        assert job.state == "cancelled"
        await until(lambda: not any(map(_lives, pids)))
        await until(lambda: after.state == "running")
    assert seen[-1] == (2, "cancelled")  # the laboratory's end is that of what ran


async def test_one_that_waits_is_taken_out_of_the_line() -> None:
    async with laboratory(NEVER) as (lab, seen):
        running, waiting = lab.submit(ASKED), lab.submit(ASKED)
        await until(lambda: running.progress)
        lab.cancel(waiting.number)
        assert waiting.state == "cancelled"
        lab.cancel(waiting.number)  # again: nothing more happens
        assert (2, "running") not in seen
        with pytest.raises(BadSetting, match="has not ended"):
            lab.forget(running.number)
        lab.forget(waiting.number)
        assert [job.number for job in lab.jobs] == [1]
        with pytest.raises(UnknownName, match="experiment"):
            lab.cancel(7)


async def test_too_many_are_refused() -> None:
    lab = Laboratory(Bench(data="", candles="", exchange=""))
    for _ in range(WAITING_AT_MOST):
        lab.submit(ASKED)
    with pytest.raises(BadSetting, match="wait already"):
        lab.submit(ASKED)


async def test_a_listener_that_fails_does_not_stop_the_work() -> None:
    async with laboratory(DONE) as (lab, _):

        def fail(_: Job) -> None:
            raise RuntimeError("told to fail")

        lab.on_change = fail
        job = lab.submit(ASKED)
        await until(lambda: job.ended)
    assert job.state == "done"


async def test_a_page_is_made_once_however_many_ask_for_it(tmp_path: Path) -> None:
    count = tmp_path / "count"
    body = f"open({str(count)!r}, 'a').write('x'); time.sleep(0.2); say({{'result': order['page_of']}})"
    async with laboratory(body) as (lab, _):
        await asyncio.gather(*(lab.make_page("R1") for _ in range(3)))
        assert count.read_text() == "x"
        await lab.make_page("R1")
        assert count.read_text() == "xx"


async def test_a_page_that_cannot_be_made_says_why() -> None:
    async with laboratory('say({"failure": {"kind": "UnknownName", "detail": "no result R1"}})') as (lab, _):
        with pytest.raises(StorageError, match="no result R1"):
            await lab.make_page("R1")


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and os.getpid() != pid
    except psutil.NoSuchProcess:
        return False
