"""What backtest, replay, sweep and walkforward have in common, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from tests.market.series import random_market

from thebot import cli
from thebot.market.parquet import write_candles

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

COMMANDS = {
    "backtest": (),
    "replay": (),
    "sweep": ("--vary", "fast=4:12:4"),
    "walkforward": ("--vary", "fast=4:12:4", "--windows", "4"),
}
# The market begins on 2024-01-01 and has 2,000 hours: until 2024-03-24 08:00.
SPAN = ("--start", "2024-01-20", "--end", "2024-03-01")
HOURS = 41 * 24

AHEAD = """\
from thebot.indicators import close, indicator
from thebot.strategy import Strategy

@indicator(inputs=(close,), start=(0.0,), group="mine", unit="input")
def own_ahead(state, price, i):
    "Only above the prices that tell its warm-up: an example."
    return state, price[i + 1] if price[i] > 1_000.0 else price[i]

rich = Strategy(name="rich", entry=own_ahead() > close, exit=own_ahead() < close)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("candles") / "TESTUSDT-1h.parquet"
    write_candles(random_market(seed=1, length=2000, timeframe="1h"), path)
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, named as a user names one for good."""
    monkeypatch.setenv("THEBOT_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def asked(file: Path, *more: str, strategy: str = "sma-cross") -> list[str]:
    return [
        "--symbol", "TESTUSDT", "--timeframe", "1h", "--strategy", strategy, "--candles", str(file), *more,
    ]  # fmt: skip


def thebot(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "thebot", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def only_json(ran: subprocess.CompletedProcess[str]) -> Any:
    assert (ran.returncode, ran.stderr) == (0, "")
    return json.loads(ran.stdout, parse_constant=pytest.fail)  # no NaN, no Infinity


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """As `thebot`, within this process, which is quicker."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["thebot", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, ended.value.code or 0, out, err)

    return run


def refused(ran: subprocess.CompletedProcess[str]) -> str:
    """What is said of a request that cannot be: nothing on standard output, and the exit code is 2."""
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("thebot: ")
    assert "Traceback" not in ran.stderr
    return ran.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_each_takes_the_span_the_costs_and_the_cash_and_writes_a_report(
    command: str, file: Path, tmp_path: Path, here: Run
) -> None:
    page = tmp_path / "report.html"
    more = (*COMMANDS[command], *SPAN, "--cash", "500", "--set", "slow=30", "--name", "mine")
    asks = [command, *asked(file, "--json", *more)]
    record = only_json(thebot(*asks, "--fee", "0.002", "--slippage", "0.001", "--report", str(page)))
    assert record["start_equity"] == 500
    assert (record["costs"]["fee"], record["costs"]["slippage"]) == (0.002, 0.001)
    # of the 984 hours four windows trade 140 each; the others trade all of them
    assert record["candles"] == (4 * (HOURS // 7) if command == "walkforward" else HOURS)
    assert record["end"] == "2024-03-01T00:00:00Z"
    assert record["trades"] == len(record["trade_list"]) > 5
    assert record["verdict"]["sentence"]
    html = page.read_text()
    assert record["verdict"]["sentence"] in html
    outside = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)  # Plotly names addresses; no links
    assert not re.search(r"https?://|<link|<script src|<img|@import", outside)
    (kept,) = only_json(here("results", "list", "--json"))["results"]
    assert (kept["id"], kept["kind"], kept["name"]) == (record["id"], command, "mine")


def test_a_replay_makes_the_trades_of_the_backtest(file: Path, here: Run) -> None:
    more = (*SPAN, "--set", "fast=5", "--set", "slow=30", "--set", "stop=2atr", "--json")
    backtest = only_json(here("backtest", *asked(file, *more, "--draws", "0")))
    replay = only_json(here("replay", *asked(file, *more)))
    assert len(replay["trade_list"]) == len(backtest["trade_list"]) > 10
    for one, other in zip(replay["trade_list"], backtest["trade_list"], strict=True):
        assert one["profit"] == pytest.approx(other["profit"])
        assert (one["entered_at"], one["left_at"]) == (other["entered_at"], other["left_at"])
    assert backtest["trials"] == replay["trials"] == 1  # the same variant


def test_strategies_that_keep_a_state_are_replayed(file: Path, here: Run) -> None:
    record = only_json(here("replay", *asked(file, *SPAN, "--json", strategy="grid")))
    assert record["strategy"] == "grid"
    assert record["trades"] > 0


def test_a_walk_tells_its_windows_and_the_dashboard_gets_them(file: Path, here: Run) -> None:
    more = ("--vary", "fast=4:12:4", "--vary", "slow=20,40", "--train", "20d", "--test", "240")
    ran = here("walkforward", *asked(file, *more))
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    # 2,000 hours: trainings of 480, tests of 240, and a rest of 80 that is traded too
    assert lines[0] == "Window by window"
    first = next(number for number, line in enumerate(lines) if line.startswith("2024"))
    shown = [line.split() for line in lines[first : first + 7]]
    assert [line[0] for line in shown] == [
        "2024-01-21", "2024-01-31", "2024-02-10", "2024-02-20", "2024-03-01", "2024-03-11", "2024-03-21",
    ]  # fmt: skip
    assert all(int(line[2]) in (4, 8, 12) and int(line[3]) in (20, 40) for line in shown)
    told = " ".join(ran.stdout.split())
    assert "7 windows, " in told
    assert "Efficiency" in told
    assert "The tests, stitched together" in told
    walk = only_json(here("results", "show", "--json"))["extra"]["walkforward"]
    assert len(walk["windows"]) == 7
    assert walk["variants"] == 7 * 6
    assert set(walk["drift"]) == {"fast", "slow"}


@pytest.mark.parametrize("windows", [7, 60])
def test_a_walk_has_as_many_windows_as_asked_for_and_ends_with_the_candles(
    file: Path, here: Run, windows: int
) -> None:
    ran = here("walkforward", *asked(file, "--windows", str(windows), "--json", "--no-save"))
    record = only_json(ran)
    assert len(record["walkforward"]["windows"]) == windows
    assert record["end"] == "2024-03-24T08:00:00Z"
    assert record["trials"] == 1  # nothing was chosen


def test_ctrl_c_keeps_the_windows_that_are_done(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "TESTUSDT-1h.parquet"
    write_candles(random_market(seed=2, length=20_000, timeframe="1h"), path)
    more = ("--vary", "fast=2:21", "--vary", "slow=30:49", "--windows", "40", "--workers", "1", "--json")
    process = subprocess.Popen(
        [sys.executable, "-m", "thebot", "walkforward", *asked(path, *more)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    _wait_for_windows(folder, process, wanted=2)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "Interrupted. The windows that were done are shown."
    walk = json.loads(out)["walkforward"]
    assert not walk["complete"]
    assert 1 <= len(walk["windows"]) < 40
    (kept,) = only_json(thebot("results", "list", "--json"))["results"]
    assert kept["kind"] == "walkforward"


def _wait_for_windows(folder: Path, process: subprocess.Popen[str], wanted: int) -> None:
    """Until trainings of so many windows are in the ledger: those before the last are done."""
    for _ in range(3_000):
        if process.poll() is not None:
            pytest.fail(f"It ended before it was interrupted: {process.communicate()}")
        for path in folder.glob("*.db"):
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                try:
                    (count,) = database.execute("SELECT count(DISTINCT data_hash) FROM trials").fetchone()
                except sqlite3.OperationalError:
                    continue  # not made yet
                if count >= wanted:
                    return
        time.sleep(0.02)
    pytest.fail("Not two windows were done within a minute")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--start", "2030-01-01"), "The data go from 2024-01-01 00:00 UTC until 2024-03-24 08:00 UTC"),
        (("--end", "2020-01-01"), "The data go from 2024-01-01 00:00 UTC until 2024-03-24 08:00 UTC"),
        (("--start", "2024-02-01", "--end", "2024-02-01"), "nothing lies between"),
        (("--start", "2024-02-01T12:00", "--end", "2024-02-01T13:00"), "there are 1 to trade on"),
        (("--cash", "0"), "positive amount"),
        (("--set", "fats=3"), "'fast'"),
        (("--set", "fast=50", "--set", "slow=20"), "fast 50 must be below slow 20"),
        (("--set", "side=both"), "--shorts on the command line"),
        (("--strategy", "sma-cros"), "Did you mean 'sma-cross'?"),
    ],
)
def test_each_says_in_one_sentence_what_cannot_be(
    command: str, more: tuple[str, ...], why: str, file: Path,
    here: Run,
) -> None:  # fmt: skip
    vary = ("--vary", "cooldown=0,1") if command in ("sweep", "walkforward") else ()
    assert why in refused(here(command, *asked(file, *vary, *more)))


@pytest.mark.parametrize(
    ("command", "why"),
    [("backtest", "thebot replay"), ("sweep", "cannot be swept"), ("walkforward", "thebot replay")],
)
def test_one_that_keeps_a_state_is_sent_to_replay(command: str, why: str, file: Path, here: Run) -> None:
    vary = ("--vary", "levels=3:5") if command == "sweep" else ()
    told = refused(here(command, *asked(file, *vary, strategy="grid")))
    assert told.startswith("thebot: grid keeps a state")
    assert why in told


@pytest.mark.parametrize("command", COMMANDS)
def test_a_rule_that_cannot_be_read_is_marked_at_its_character(
    command: str, file: Path, tmp_path: Path,
    here: Run,
) -> None:  # fmt: skip
    (tmp_path / "my.toml").write_text(
        '[strategies.dip]\nentry = "rsi(14) < < 30"\nexit = "rsi(14) > 65"\n', encoding="utf-8"
    )
    told = refused(here(command, *asked(file, *COMMANDS[command], strategy=f"{tmp_path}/my.toml:dip")))
    lines = told.splitlines()
    (marked,) = (number for number, line in enumerate(lines) if line.strip() == "^")
    rule = lines[marked - 1]
    assert rule.strip() == "rsi(14) < < 30"
    assert lines[marked].index("^") == rule.index("< 30")
    assert "line 2" in told


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--train", "500"), "--train and --test go together"),
        (("--train", "5000", "--test", "100"), "too few to walk forward"),
        (("--train", "30m", "--test", "1d"), "shorter than a candle of 1h"),
        (("--train", "500", "--test", "1"), "have two at least"),
        (("--train", "much", "--test", "1d"), "no span of time"),
        (("--windows", "1000"), "do not make 1000 windows"),
        (("--vary", "fast=30,40", "--set", "slow=20"), "Not one variant could be evaluated"),
    ],
)
def test_windows_that_cannot_be_are_told(
    more: tuple[str, ...], why: str, file: Path,
    here: Run,
) -> None:  # fmt: skip
    assert why in refused(here("walkforward", *asked(file, *more)))


def test_less_cash_than_the_least_order_is_told(shared: Path, here: Run) -> None:
    path = shared / "data" / "spot" / "BTCUSDT-1h.parquet"  # with ticks, so with the filters of the exchange
    for command in ("backtest", "replay"):
        ran = here(
            command, "--symbol", "BTCUSDT", "--timeframe", "1h", "--strategy", "sma-cross",
            "--candles", str(path), "--cash", "4", "--start", "2023-12",
        )  # fmt: skip
        told = refused(ran)
        assert "an order must be worth 5 USDT at least, and the account starts with 4" in told


def test_one_that_sees_the_future_is_refused_with_the_expression_and_the_bar(tmp_path: Path) -> None:
    market = random_market(seed=3, length=400, timeframe="1h")
    prices = {name: getattr(market, name) * 1_000 for name in ("open", "high", "low", "close")}
    write_candles(market._with(prices), tmp_path / "TESTUSDT-1h.parquet")
    (tmp_path / "ahead.py").write_text(AHEAD)
    told = refused(thebot("backtest", *asked(tmp_path, strategy=f"{tmp_path}/ahead.py:rich")))
    assert re.match(r"thebot: own_ahead\(\) sees the future: at 2024-01-\d\d \d\d:00 UTC", told)
    assert told.count("\n") == 1
