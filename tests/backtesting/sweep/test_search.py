from __future__ import annotations

import math
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.backtesting.sweep.examples import Counted, Ledger, by_parameters, counted_job, job, space
from tests.market.series import of_closes

from thebot.backtesting.sweep import Job, Journal, Outcome, Progress, Search, about, outcomes, searched
from thebot.errors import BadSetting, UnknownName
from thebot.storage.results import Results

VARIED = space("fast=2:8:2", "slow=10:26:2", "stop=none,2atr,3atr")
GRID = Search(space=VARIED, workers=1, part=50)  # 108, in 3 parts


def test_a_grid_is_gone_through_in_order_and_says_how_far_it_is() -> None:
    told: list[Progress] = []
    found = searched(job(), GRID, progress=told.append)
    assert found.complete
    assert [each.parameters for each in found.outcomes] == GRID.space.grid()
    assert [(each.done, each.total) for each in told] == [(50, 108), (100, 108), (108, 108)]
    assert told[-1].left == 0
    assert told[-1].best == max(GRID.worth(each.score) for each in found.valid)


@pytest.mark.parametrize(
    "wrong",
    [{"method": "walk"}, {"by": "luck"}, {"tries": 0}, {"workers": 0}],
)
def test_a_search_that_cannot_be_is_told(wrong: dict[str, Any]) -> None:
    with pytest.raises((BadSetting, UnknownName), match=str(next(iter(wrong.values())))):
        replace(GRID, **wrong)


def test_workers_come_to_the_same() -> None:
    here, there = searched(job(), GRID), searched(job(), replace(GRID, workers=2))
    assert there.complete
    assert by_parameters(there.outcomes) == by_parameters(here.outcomes)
    assert len(there.outcomes) == GRID.total


def test_ctrl_c_in_a_terminal_reaches_the_workers_too_and_keeps_what_is_done(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from dataclasses import replace
from tests.backtesting.sweep.examples import job
from tests.backtesting.sweep.test_search import GRID
from thebot.backtesting.sweep import Journal, about, searched

asked = job()
notes = Journal(Path(sys.argv[1]), about(asked, GRID, "x"))
def at_the_first_part(progress):
    os.killpg(0, signal.SIGINT)
found = searched(asked, replace(GRID, workers=2), journal=notes, progress=at_the_first_part)
print(found.complete, len(found.outcomes) == len(notes.read()) >= 8)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "notes")], cwd=ROOT, env=ENVIRONMENT,
        capture_output=True, text=True, timeout=120, check=False, start_new_session=True,
    )  # fmt: skip
    assert done.stdout == "False True\n", done.stderr
    asked = job()
    notes = Journal(tmp_path / "notes", about(asked, GRID, "x"))
    assert by_parameters(searched(asked, GRID, journal=notes).outcomes) == by_parameters(
        outcomes(asked, GRID.space.grid())
    )


ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a Dask scheduler on this machine, with two workers: three processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    host, port = address.removeprefix("tcp://").split(":")
    commands = [
        ["dask_scheduler", "--host", host, "--port", port, "--no-dashboard"],
        *[["dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]] * 2,
    ]
    with ExitStack() as stack:
        for command in commands:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", f"distributed.cli.{command[0]}", *command[1:]],
                    cwd=tmp_path,
                    env=ENVIRONMENT,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            stack.callback(process.kill)
        from distributed import Client

        with Client(address, timeout="60s") as client:
            client.wait_for_workers(2, timeout=60)
        yield address


@pytest.mark.server
def test_a_cluster_comes_to_the_same(cluster: str) -> None:
    found = searched(job(), replace(GRID, cluster=cluster))
    assert found.complete
    assert by_parameters(found.outcomes) == by_parameters(outcomes(job(), GRID.space.grid()))


def test_a_scheduler_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:  # bound but not listening: nobody answers
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BadSetting, match=re.escape(address)):
            searched(job(), replace(GRID, cluster=address))


@pytest.mark.parametrize("address", ["somewhere", "ftp://127.0.0.1:1", "tcp://127.0.0.1:port"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(BadSetting, match=address):
        searched(job(), replace(GRID, cluster=address))


def test_random_variants_are_those_of_the_seed() -> None:
    search = replace(GRID, method="random", tries=30)
    one, again, other = (searched(job(), replace(search, seed=seed)).outcomes for seed in (1, 1, 2))
    assert by_parameters(one) == by_parameters(again)
    assert {str(each.parameters) for each in one} != {str(each.parameters) for each in other}
    assert len(by_parameters(one)) == 30


# a wave of 40 candles: only an average of the right length turns with it in time
WAVE = of_closes((100 + 5 * np.sin(np.arange(2_000) * 2 * math.pi / 40)).tolist())
TPE = Search(space=space("period=2:200:1"), method="tpe", tries=60, seed=4, by="total_return", workers=1)


def wave_job(source: Counted) -> Job:
    return replace(counted_job(source), series=(WAVE,))


def test_tpe_looks_longest_where_it_is_good() -> None:
    found = searched(wave_job(Counted()), TPE)
    whole = outcomes(wave_job(Counted()), TPE.space.grid())
    worth = sorted((TPE.worth(each.score) for each in whole), reverse=True)
    best = max(TPE.worth(each.score) for each in found.outcomes)
    assert best >= worth[5]  # of 199
    good = [TPE.worth(each.score) >= worth[20] for each in found.outcomes]
    assert sum(good) / len(good) > 2 * 21 / 199  # drawn at random it would be 21 of 199


def test_tpe_never_evaluates_or_counts_a_variant_twice() -> None:
    source, ledger = Counted(), Ledger()
    few = replace(TPE, space=space("period=5:8:1"), tries=60)
    found = searched(wave_job(source), few, ledger=ledger)
    assert found.complete
    periods = [each.parameters["period"] for each in found.outcomes]
    assert len(periods) == len(set(periods)) <= 4
    assert len(ledger.told) == len(periods)


@pytest.mark.parametrize("text", ["period=2:200:1", "period=2:199:3"])
def test_tpe_goes_on_where_it_was_interrupted(tmp_path: Path, text: str) -> None:
    search = replace(TPE, space=space(text))
    path = tmp_path / "notes"

    def interrupted(progress: Progress) -> None:
        if progress.done >= 30:
            raise KeyboardInterrupt

    asked = wave_job(Counted())
    part = searched(asked, search, journal=Journal(path, about(asked, search, "x")), progress=interrupted)
    assert not part.complete
    assert 30 <= len(part.outcomes) < 55
    source = Counted()
    asked = wave_job(source)
    gone_on = searched(asked, search, journal=Journal(path, about(asked, search, "x")))
    assert gone_on.complete
    assert {each["period"] for each in source.asked}.isdisjoint(
        {each.parameters["period"] for each in part.outcomes}
    )
    assert by_parameters(gone_on.outcomes) == by_parameters(searched(wave_job(Counted()), search).outcomes)


def test_tpe_with_steps_of_fractions_finds_its_own_notes_again(tmp_path: Path) -> None:
    search = Search(space=space("width=0.1:3.05:0.1"), method="tpe", tries=25, workers=1)
    asked = job(name="bollinger-reversion")
    notes = Journal(tmp_path / "notes", about(asked, search, "bollinger-reversion"))
    first = searched(asked, search, journal=notes)
    size = notes.path.stat().st_size
    again = searched(asked, search, journal=notes)
    assert notes.path.stat().st_size == size
    assert by_parameters(first.outcomes) == by_parameters(again.outcomes)


def test_each_variant_lands_in_the_ledger_once_and_impossible_ones_do_not(tmp_path: Path) -> None:
    asked = job()
    search = Search(space=space("fast=2,4,30", "slow=10,40"), workers=1)
    notes = Journal(tmp_path / "notes", about(asked, search, "sma-cross"))
    searched(asked, search, journal=notes)  # without the ledger: counted when it is gone on with
    with Results(tmp_path) as ledger:
        for _ in range(2):
            found = searched(asked, search, journal=notes, ledger=ledger)
        candles = asked.series[0]
        trials = ledger.trials(
            (candles.symbol,), candles.timeframe, int(candles.open_time[0]), int(candles.close_time[-1])
        )
    assert len(found.outcomes) == 6
    assert trials.count == len(found.valid) == 5
    sharpes = [each.score.mean / each.score.deviation for each in found.valid if each.score]
    assert trials.variance == pytest.approx(np.var(sharpes, ddof=1))


def test_an_error_in_the_middle_keeps_what_was_done(tmp_path: Path) -> None:
    class Full(Exception):
        pass

    def full(progress: Progress) -> None:
        if progress.done == 100:
            raise Full

    asked = job()
    notes = Journal(tmp_path / "notes", about(asked, GRID, "sma-cross"))
    with pytest.raises(Full):
        searched(asked, GRID, journal=notes, progress=full)
    kept: list[Outcome] = notes.read()
    assert len(kept) == 100


@pytest.mark.parametrize("written", [False, True])
def test_ctrl_c_while_it_writes_keeps_the_part_that_was_done(tmp_path: Path, written: bool) -> None:
    class InterruptedOnce(Journal):
        interrupted = False

        def append(self, outcomes: Iterable[Outcome]) -> None:
            if written or self.interrupted:
                super().append(outcomes)
            if not self.interrupted:
                self.interrupted = True
                raise KeyboardInterrupt

    asked = job()
    notes = InterruptedOnce(tmp_path / "notes", about(asked, GRID, "x"))
    ledger = Ledger()
    found = searched(asked, GRID, journal=notes, ledger=ledger)
    assert not found.complete
    assert by_parameters(found.outcomes) == by_parameters(notes.read())
    assert len(found.outcomes) == 50
    assert len({each.variant for each in ledger.told}) == 50


def test_no_more_than_a_part_is_evaluated_before_it_is_written_down() -> None:
    told: list[Progress] = []
    searched(job(), replace(GRID, part=30), progress=told.append)
    assert [each.done for each in told] == [30, 60, 90, 108]
    with pytest.raises(BadSetting, match="0 variants at once"):
        replace(GRID, part=0)


def test_each_worker_gets_something_of_a_few_variants() -> None:
    told: list[Progress] = []
    few = replace(GRID, space=space("fast=2:8:2", "slow=10:26:4"), workers=2)  # 20, as TPE asks for at once
    found = searched(job(), few, progress=told.append)
    assert [each.done for each in told] == [5, 10, 15, 20]
    assert by_parameters(found.outcomes) == by_parameters(outcomes(job(), few.space.grid()))
