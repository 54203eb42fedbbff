"""`thebot sweep` as a user runs it: a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.market.series import random_market

from thebot.market.parquet import write_candles

VARIED = ("--vary", "fast=4:12:4", "--vary", "slow=8:24:8")  # 3 x 3, of which (8, 8) and (12, 8) cannot be

MINE = """\
from thebot.indicators import close, crosses_above, crosses_below, indicator
from thebot.strategy import Strategy

@indicator(inputs=(close,), start=(0.0,), group="mine", unit="input")
def own_mean(state, price, i, weight: int = 10):
    "A slow mean: an example."
    mean = price[i] if state[0] == 0.0 else state[0] + (price[i] - state[0]) / weight
    return (mean,), mean

def above_mean(weight: int = 10) -> Strategy:
    return Strategy(
        name="above-mean",
        entry=crosses_above(close, own_mean(weight)), exit=crosses_below(close, own_mean(weight)),
    )
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("candles") / "TESTUSDT-1h.parquet"
    write_candles(random_market(seed=1, length=2000, timeframe="1h"), path)
    return path


def command(
    file: Path, folder: Path, *more: str, of: str = "sweep", strategy: str = "sma-cross"
) -> list[str]:
    return [
        sys.executable, "-m", "thebot", of, "--symbol", "TESTUSDT", "--timeframe", "1h",
        "--strategy", strategy, "--candles", str(file), "--data", str(folder), "--draws", "0", *more,
    ]  # fmt: skip


def run(file: Path, folder: Path, *more: str, **how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(file, folder, *more, **how), capture_output=True, text=True, check=False, timeout=120
    )


def only_json(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert (ran.returncode, ran.stderr) == (0, "")
    found: dict[str, Any] = json.loads(ran.stdout, parse_constant=pytest.fail)  # no NaN, no Infinity
    return found


def swept(file: Path, folder: Path, *more: str, **how: str) -> dict[str, Any]:
    found: dict[str, Any] = only_json(run(file, folder, *more, "--json", **how))["sweep"]
    return found


def journal(folder: Path) -> Path:
    (found,) = folder.glob("sweeps/*.jsonl")
    return found


def tried(path: Path) -> set[tuple[int, int]]:
    """The parameters in the notes (a part that was being written at Ctrl-C may be there twice)."""
    lines = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return {(each["parameters"]["fast"], each["parameters"]["slow"]) for each in lines}


def test_the_best_is_what_a_backtest_of_it_gives(file: Path, tmp_path: Path) -> None:
    record = only_json(run(file, tmp_path, *VARIED, "--json"))
    sweep = record["sweep"]
    assert (sweep["variants"], sweep["impossible"], sweep["complete"]) == (7, 2, True)
    assert len(sweep["table"]) == 7
    sharpes = [each["sharpe_ratio"] for each in sweep["table"]]
    assert sharpes == sorted(sharpes, reverse=True)
    assert sweep["best"] == sweep["table"][0]
    assert sweep["median"] == pytest.approx(sharpes[3])
    require_surface(sweep)
    assert record["parameters"] == {
        **{name: sweep["best"][name] for name in ("fast", "slow")},
        "side": "long",
    }
    for each in (sweep["table"][0], sweep["table"][-1]):  # the best, and one that nobody made a record of
        settings = [part for name in ("fast", "slow") for part in ("--set", f"{name}={each[name]}")]
        alone = only_json(run(file, tmp_path / "other", *settings, "--json", "--no-save", of="backtest"))
        for name in ("sharpe_ratio", "total_return", "max_drawdown", "profit_factor", "trades", "fees"):
            assert each[name] == pytest.approx(alone[name], rel=1e-9), name


def require_surface(sweep: dict[str, Any]) -> None:
    """The best stands in its cell, and the two combinations that cannot be are empty."""
    surface, best = sweep["surface"], sweep["best"]
    assert {surface["x"], surface["y"]} == {"fast", "slow"}
    row, column = surface["ys"].index(best[surface["y"]]), surface["xs"].index(best[surface["x"]])
    known = [value for values in surface["z"] for value in values if value is not None]
    assert surface["z"][row][column] == best["sharpe_ratio"] == max(known)
    assert len(known) == 7


def test_all_that_was_tried_counts_once(file: Path, tmp_path: Path) -> None:
    record = only_json(run(file, tmp_path, *VARIED, "--json"))
    assert (record["trials"], record["sweep"]["assessment"]["trials"]) == (7, 7)
    wider = only_json(run(file, tmp_path, "--vary", "fast=4:12:4", "--vary", "slow=8:32:8", "--json"))
    assert wider["trials"] == 10  # (4, 32), (8, 32) and (12, 32) are new
    assert len(tried(journal(tmp_path))) == 12  # with the two that cannot be


def test_what_was_done_is_not_done_again(file: Path, tmp_path: Path) -> None:
    first = swept(file, tmp_path, *VARIED)
    notes = journal(tmp_path).read_bytes()
    assert swept(file, tmp_path, *VARIED) == first
    assert journal(tmp_path).read_bytes() == notes
    looked_up = re.sub(rb'"total_return": [^,]+', b'"total_return": 0.125', notes)  # who reads it will say so
    journal(tmp_path).write_bytes(looked_up)
    assert [each["total_return"] for each in swept(file, tmp_path, *VARIED)["table"]] == [0.125] * 7
    assert swept(file, tmp_path, *VARIED, "--fresh") == first
    assert journal(tmp_path).read_bytes() == notes


def test_other_costs_are_another_sweep(file: Path, tmp_path: Path) -> None:
    dear = swept(file, tmp_path, *VARIED, "--fee", "0.01")
    cheap = swept(file, tmp_path, *VARIED, "--fee", "0", "--slippage", "0")
    assert cheap["best"]["total_return"] > dear["best"]["total_return"]
    assert cheap["best"]["fees"] == 0
    assert len(list(tmp_path.glob("sweeps/*.jsonl"))) == 2


def test_a_terminal_gets_the_ten_best_and_what_all_of_them_say(file: Path, tmp_path: Path) -> None:
    ran = run(
        file, tmp_path, "--vary", "fast=4:12:4", "--vary", "slow=8:40:8", "--report", f"{tmp_path}/r.html"
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "The best 10 of 13 variants" in ran.stdout
    table = ran.stdout.partition("Profit factor")[2].partition("13 variants were evaluated")[0]
    assert len(re.findall(r"^ +\d+ +\d+ ", table, re.MULTILINE)) == 10
    for text in (
        "13 variants were evaluated, 2 combinations cannot be.", "Probability of overfitting (PBO)",
        "Reality check", "The best of them", "the best of 13 variants", "thebot results show",
    ):  # fmt: skip
        assert text in " ".join(ran.stdout.split())
    page = (tmp_path / "r.html").read_text()
    assert "The sweep" in page
    assert "http" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL).replace("http-equiv", "")


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_a_search_with_a_seed_is_repeatable(file: Path, tmp_path: Path, search: str) -> None:
    asked = (
        "--vary", "period=3:40", "--vary", "oversold=15.0:45.0", "--search", search, "--tries", "25",
        "--by", "total_return",
    )  # fmt: skip
    first = swept(file, tmp_path / "a", *asked, strategy="rsi-reversal")
    assert (first["method"], first["variants"], first["by"]) == (search, 25, "total_return")
    assert first["best"]["total_return"] == max(each["total_return"] for each in first["table"])
    assert all(3 <= each["period"] <= 40 and 15 <= each["oversold"] <= 45 for each in first["table"])
    assert swept(file, tmp_path / "b", *asked, strategy="rsi-reversal") == first


def test_exits_and_sizing_vary_and_settings_hold(file: Path, tmp_path: Path) -> None:
    asked = ("--vary", "stop=1atr,2atr,none", "--vary", "risk=0.01,0.02", "--set", "period=5")
    sweep = swept(file, tmp_path, *asked, strategy="rsi-reversal")
    assert sweep["variants"] + sweep["impossible"] == 6
    assert sweep["impossible"] == 2  # a share at risk needs a stop
    assert {each["stop"] for each in sweep["table"]} == {"1atr", "2atr"}
    found = {(each["stop"], each["risk"]): each["total_return"] for each in sweep["table"]}
    assert len(set(found.values())) == 4


def test_workers_give_the_same_also_of_a_file_with_an_indicator_of_ones_own(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    asked = ("--vary", "weight=5:60:5")
    strategy = f"{tmp_path}/mine.py:above-mean"
    alone = swept(file, tmp_path / "alone", *asked, "--workers", "1", strategy=strategy)
    assert alone["variants"] == 12
    assert swept(file, tmp_path / "two", *asked, "--workers", "2", strategy=strategy) == alone


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(tmp_path: Path, workers: str) -> None:
    path = tmp_path / "TESTUSDT-1h.parquet"
    write_candles(random_market(seed=2, length=10_000, timeframe="1h"), path)
    asked = ("--vary", "fast=2:21", "--vary", "slow=50:99", "--json", "--no-save", "--workers", workers)
    process = subprocess.Popen(
        command(path, tmp_path, *asked), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    _wait_for_notes(tmp_path, process)
    os.killpg(process.pid, signal.SIGINT)  # to workers too, as a terminal does
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == "Interrupted. What was tried is kept; the same command goes on from there.\n"
    sweep = json.loads(out)["sweep"]
    before = tried(journal(tmp_path))
    assert not sweep["complete"]
    assert 0 < sweep["variants"] == len(before) < 1_000
    finished = swept(path, tmp_path, *asked[:-3])
    assert (finished["complete"], finished["variants"], finished["trials"]) == (True, 1_000, 1_000)
    assert before < tried(journal(tmp_path))
    assert len(tried(journal(tmp_path))) == 1_000


def _wait_for_notes(folder: Path, process: subprocess.Popen[str]) -> None:
    """Until the first variants are written down."""
    for _ in range(3_000):
        if process.poll() is not None:
            pytest.fail(f"It ended before it was interrupted: {process.communicate()}")
        if any(path.read_bytes().count(b"\n") > 1 for path in folder.glob("sweeps/*.jsonl")):
            return
        time.sleep(0.02)
    pytest.fail("It wrote nothing down within a minute")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ((), "Missing option '--vary'"),
        (("--vary", "fats=5:50:5"), "'fast'"),
        (("--vary", "fast=1:2000", "--vary", "slow=1:2000"), "4,000,000 variants"),
        (("--vary", "fast=50,60", "--vary", "slow=20,30"), "Not one variant could be evaluated"),
        (("--vary", "fast=5:9", "--search", "tpee"), "'tpe'"),
        (("--vary", "side=long,both"), "a spot account cannot"),
    ],
)  # fmt: skip
def test_bad_requests_get_one_sentence(file: Path, tmp_path: Path, more: tuple[str, ...], why: str) -> None:
    ran = run(file, tmp_path, *more)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert why in ran.stderr
    assert "Traceback" not in ran.stderr
