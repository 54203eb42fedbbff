from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.backtesting.sweep.examples import (
    COUNTED,
    NOISE,
    Counted,
    Ledger,
    by_parameters,
    counted_job,
    job,
    space,
)

from thebot.backtesting import Costs
from thebot.backtesting.sweep import Job, Journal, Search, about, outcomes, searched
from thebot.errors import StorageError
from thebot.strategy import strategy_source

ROOT = Path(__file__).resolve().parents[3]
SEARCH = Search(space=space(), workers=1)


def noted(path: Path, asked: Job, search: Search = SEARCH, source: str = "sma-cross") -> Journal:
    return Journal(path, about(asked, search, source))


def test_what_is_in_the_journal_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    asked = job()
    made = outcomes(asked, space("fast=2,30", "slow=10,40").grid())
    notes = noted(tmp_path / "new" / "notes.jsonl", asked)
    assert notes.read() == []
    notes.append(made[:1])
    notes.append(made[1:])
    back = notes.read()
    assert [each.parameters for each in back] == [each.parameters for each in made]
    assert by_parameters(back) == by_parameters(made)


def test_nothing_is_evaluated_twice_and_a_larger_grid_evaluates_the_rest_only(tmp_path: Path) -> None:
    small = replace(COUNTED, space=space("period=5:10:1"))
    large = replace(COUNTED, space=space("period=4:12:1"))
    first, second, third = Counted(), Counted(), Counted()
    for source, search in ((first, small), (second, small), (third, large)):
        asked = counted_job(source)
        found = searched(asked, search, journal=noted(tmp_path / "notes", asked, search, "counted"))
        assert found.complete
        assert len(found.outcomes) == search.space.size
    assert sorted(each["period"] for each in first.asked) == [5, 6, 7, 8, 9, 10]
    assert second.asked == []
    assert sorted(each["period"] for each in third.asked) == [4, 11, 12]


def test_what_another_grid_left_in_the_journal_is_not_part_of_this_one(tmp_path: Path) -> None:
    asked = job()
    for texts in (("fast=2,4", "slow=10"), ("fast=4,6", "slow=10")):
        search = Search(space=space(*texts), workers=1)
        found = searched(asked, search, journal=noted(tmp_path / "notes", asked))
        assert sorted(each.parameters["fast"] for each in found.outcomes) == sorted(
            int(each) for each in re.findall(r"\d", texts[0])
        )


@pytest.mark.parametrize("left", [1, 40, 700])
def test_a_last_line_that_was_cut_is_lost_alone(tmp_path: Path, left: int) -> None:
    asked, path = job(), tmp_path / "notes"
    made = outcomes(asked, space().grid())
    noted(path, asked).append(made)
    whole = path.read_bytes()
    last = whole[:-1].rindex(b"\n") + 1
    path.write_bytes(whole[: last + left])
    assert by_parameters(noted(path, asked).read()) == by_parameters(made[:-1])
    noted(path, asked).append(made[-1:])
    assert path.read_bytes() == whole


def test_a_first_line_that_was_cut_begins_anew(tmp_path: Path) -> None:
    asked, path = job(), tmp_path / "notes"
    path.write_bytes(b'{"version": 1, "strat')
    assert noted(path, asked).read() == []
    made = outcomes(asked, space().grid())
    noted(path, asked).append(made)
    assert by_parameters(noted(path, asked).read()) == by_parameters(made)


def test_the_journal_of_another_search_is_refused(tmp_path: Path) -> None:
    asked, path = job(), tmp_path / "notes"
    noted(path, asked).append(outcomes(asked, space().grid()[:1]))
    others = [
        noted(path, replace(asked, costs=Costs(fee=0.002))),
        noted(path, replace(asked, start=int(NOISE.open_time[5]))),
        noted(path, replace(asked, series=(NOISE[:-1],))),
        noted(path, replace(asked, fixed={"stop": "2atr"})),
        noted(path, asked, source="rsi-reversal"),
        noted(path, asked, replace(SEARCH, method="tpe")),
    ]
    for other in others:
        with pytest.raises(StorageError, match="holds another sweep"):
            other.read()


def test_a_strategy_file_that_was_edited_is_another_strategy(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    text = '[strategies.dip]\nentry = "rsi({period}) < 30"\nexit = "rsi({period}) > 60"\n'
    text = text.replace("{period}", "period") + "[strategies.dip.parameters]\nperiod = 14\n"
    file.write_text(text)
    before = about(replace(job(), source=strategy_source(file)), SEARCH, str(file))
    assert about(replace(job(), source=strategy_source(file)), SEARCH, str(file)) == before
    file.write_text(text.replace("60", "70"))
    assert about(replace(job(), source=strategy_source(file)), SEARCH, str(file)) != before


@pytest.mark.parametrize("text", ["no notes\n", "[1, 2]\n", "7\n", '{"version": 1}\n{"what": 3}\n'])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(text)
    with pytest.raises(StorageError, match=re.escape(str(path))):
        searched(job(), SEARCH, journal=noted(path, job()))
    assert path.read_text() == text


def test_a_journal_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        searched(job(), SEARCH, journal=noted(tmp_path / "file" / "notes", job()))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_ended_in_the_middle_loses_nothing_that_was_done(
    tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "notes"
    done = subprocess.run(
        [sys.executable, "-m", "tests.backtesting.sweep.examples", str(path), str(int(number))],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if number == signal.SIGINT:
        assert done.stdout == "100 False\n", done.stderr  # Ctrl-C ends the search, not the program
    else:
        assert done.returncode == -signal.SIGKILL
    source = Counted()
    asked = counted_job(source)
    notes = noted(path, asked, COUNTED, "counted")
    assert len(notes.read()) == 100  # two parts of 50
    found = searched(asked, COUNTED, journal=notes)
    assert found.complete
    assert [each["period"] for each in source.asked] == list(range(102, 162))
    assert by_parameters(found.outcomes) == by_parameters(outcomes(asked, COUNTED.space.grid()))
    ledger = Ledger()
    searched(asked, COUNTED, journal=notes, ledger=ledger)
    assert len({each.variant for each in ledger.told}) == len(found.outcomes) == len(ledger.told)
