"""`thebot results`: what was saved, listed, shown, compared and deleted."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.market.series import MONDAY
from tests.storage.kept_records import HOUR, NOON, record
from typer.testing import CliRunner

from thebot import cli
from thebot.backtesting import Costs
from thebot.errors import BadSetting, UnknownName
from thebot.storage.results import Results

cli._register()


def said(*arguments: str, width: int = 80) -> str:
    """What it prints; what it refuses is raised."""
    done = CliRunner(env={"COLUMNS": str(width)}).invoke(
        cli.app, ["results", *arguments], catch_exceptions=False, standalone_mode=False
    )
    return done.output


def told(*arguments: str) -> Any:
    return json.loads(said(*arguments, "--json"))


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A folder with two results: of noon, and of an hour later with lower costs."""
    with Results(tmp_path) as kept:
        kept.save(record(), name="[mine]", at=NOON)
        cheap = record((100.0, 101.5, 103.0), costs=Costs(fee=0.0005, participation=0.25))
        kept.save(cheap, kind="sweep", extra={"assessment": {"pbo": 0.9, "plateau": None}}, at=_later())
    return str(tmp_path)


def _later() -> Any:
    return NOON + timedelta(hours=1)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    assert said("--data", str(tmp_path)) == "Nothing was saved in this data folder so far.\n"
    assert told("--data", str(tmp_path)) == {"results": [], "damaged": {}}


def test_the_list_is_newest_first_with_aligned_numbers(data: str) -> None:
    lines = said("list", "--data", data, width=160).splitlines()
    assert lines[0].split() == [
        "id", "strategy", "market", "span", "(UTC)", "return", "Sharpe", "drawdown", "trades"
    ]  # fmt: skip
    assert "20261125-130000-" in lines[1]
    assert "cross (n 3) [sweep]" in lines[1]
    assert "cross (n 3) [[mine]]" in lines[2]
    assert "BTCUSDT 1h" in lines[2]
    assert "2024-01-01 to 2024-01-01" in lines[2]
    assert "+3.00%" in lines[1]
    assert lines[1].index("+3.00%") == lines[2].index("+0.98%")
    assert len(lines) == 3


def test_the_list_loses_nothing_on_a_narrow_terminal(data: str) -> None:
    lines = said("--data", data).splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for part in ("20261125-130000-", "cross (n 3) [sweep]", "BTCUSDT 1h", "2024-01-01", "+3.00%", "-0.50%"):
        assert part in text


def test_the_list_may_be_of_some_only(data: str) -> None:
    assert [each["kind"] for each in told("list", "--kind", "sweep", "--data", data)["results"]] == ["sweep"]
    assert len(told("list", "--symbol", "btcusdt", "--strategy", "cross", "--data", data)["results"]) == 2
    assert len(told("list", "--limit", "1", "--data", data)["results"]) == 1
    assert "No result is such a one" in said("list", "--symbol", "ETHUSDT", "--data", data)
    with pytest.raises(UnknownName, match="Did you mean 'sweep'"):
        said("list", "--kind", "sweeps", "--data", data)


def test_one_is_shown_as_its_backtest_was(data: str) -> None:
    text = said("show", "20261125-12", "--data", data, width=120)
    assert text.startswith("backtest 20261125-120000-")
    assert "“[mine]”, saved 2026-11-25 12:00 UTC" in text.splitlines()[0]
    for part in ("cross (n 3) on BTCUSDT 1h", "Return after costs", "+0.98%", "95% interval", "too few"):
        assert part in text


def test_the_last_is_shown_unless_one_is_named_and_what_was_assessed_is_judged(data: str) -> None:
    plain = told("show", "--data", data)
    assert (plain["kind"], plain["trades"], plain["at"]) == ("sweep", 1, 1_795_611_600_000)
    assert plain["record"]["total_return"] == pytest.approx(0.03)
    assert plain["record"]["trade_list"][0]["ending"] == "signal"
    assert plain["extra"] == {"assessment": {"pbo": 0.9, "plateau": None}}
    verdict = json.dumps(plain["verdict"])
    assert "90%" in verdict  # the probability of overfitting


def test_of_a_damaged_one_what_is_left_is_shown(data: str) -> None:
    with Results(Path(data)) as kept:
        id = kept.summary("20261125-12").id
    shutil.rmtree(Path(data) / "results" / id)
    text = said("show", id, "--data", data)
    assert "+0.98%" in text
    assert f"Damaged: Result {id} cannot be loaded" in text
    assert told("show", id, "--data", data)["record"] is None
    listed = said("list", "--data", data)
    assert f"{id}: its trades and equity are not in this data folder" in listed
    assert list(told("list", "--data", data)["damaged"]) == [id]
    assert f"Deleted {id}" in said("delete", id, "--yes", "--data", data)
    assert "Damaged" not in said("list", "--data", data)


def test_a_comparison_marks_the_best_and_says_what_differs(data: str) -> None:
    text = said("compare", "20261125-12", "last", "--data", data)
    lines = text.splitlines()
    assert lines[0].startswith("1  20261125-120000-")
    assert lines[1].startswith("2  20261125-130000-")
    (row,) = (line for line in lines if line.startswith("Return after costs"))
    assert row.split() == ["Return", "after", "costs", "+0.98%", "+3.00%", "*"]
    assert "Not to be compared as they are" in text
    assert "They paid other costs: fee 0.001, maker fee 0.001; fee 0.0005, maker fee 0.0005." in text
    assert "Omega ratio" not in text
    assert "Omega ratio" in said("compare", "20261125-12", "last", "--all", "--data", data)
    assert told("compare", "20261125-12", "last", "--data", data)["comparable"] is False


def test_results_of_the_same_candles_and_costs_may_be_compared(data: str) -> None:
    with Results(Path(data)) as kept:
        kept.save(replace(record(), equity=record().equity * 1.01), at=NOON - timedelta(hours=1))
    text = said("compare", "20261125-11", "20261125-12", "--data", data)
    assert "Not to be compared" not in text
    assert "Same candles, costs and account" in text


def test_nothing_is_deleted_without_being_asked(data: str) -> None:
    with pytest.raises(BadSetting, match=r"Nothing was deleted: .* Give --yes"):
        said("delete", "last", "--data", data)
    with pytest.raises(UnknownName):  # one that does not exist: the other one stays
        said("delete", "last", "nothing", "--yes", "--data", data)
    assert len(told("--data", data)["results"]) == 2


def test_several_are_deleted_at_once(data: str) -> None:
    deleted = told("delete", "last", "20261125-12", "20261125-12", "--yes", "--data", data)["deleted"]
    assert [each[:15] for each in deleted] == ["20261125-130000", "20261125-120000"]
    assert told("--data", data)["results"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal")
@pytest.mark.parametrize(("answer", "code", "left"), [("n\n", 0, 2), ("y\n", 0, 1), ("\x03", 130, 2)])
def test_a_person_is_asked(data: str, answer: str, code: int, left: int) -> None:
    ours, theirs = pty.openpty()
    # A session of its own whose terminal is ours: Ctrl-C reaches it, also where tests run in the background
    # of a shell, which lets its children ignore it.
    take = (
        "import fcntl, runpy, signal, termios; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0); runpy.run_module('thebot', run_name='__main__')"
    )
    command = [sys.executable, "-c", take, "results", "delete", "last", "--data", data]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        os.close(theirs)
        asked = b""
        while b"[y/N]" not in asked:
            asked += os.read(ours, 1000)
        os.write(ours, answer.encode())
        try:
            ended = process.wait(60)
        finally:
            process.kill()  # nothing waits for one that does not listen
        assert ended == code, process.stderr.read() if process.stderr else ""
    os.close(ours)
    assert len(told("--data", data)["results"]) == left


def test_what_cannot_be_is_one_line_with_exit_code_2(data: str) -> None:
    command = [sys.executable, "-m", "thebot", "results", "show", "20261125-1", "--data", data]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("thebot: 2 results begin with 20261125-1: 20261125-130000-")
    assert done.stderr.count("\n") == 1


def test_the_times_of_the_json_are_those_of_the_record(data: str) -> None:
    (first, _) = told("--data", data)["results"]
    assert (first["start"], first["end"]) == (MONDAY, MONDAY + 3 * HOUR)
