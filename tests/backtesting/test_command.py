"""`thebot backtest` as a user runs it: a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from tests.market.series import random_market

from thebot.market.parquet import write_candles
from thebot.storage.archive import Archive
from thebot.storage.spans import Span

KEYS = {
    "trades", "annual_return", "sortino_ratio", "profit_factor", "intervals", "total_return", "win_rate",
    "sharpe_ratio", "max_drawdown", "final_equity", "start", "end", "candles", "omega_ratio",
    "break_even_cost", "tables", "verdict", "accuracy",
}  # fmt: skip


def thebot(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "thebot", "backtest", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def asked(path: Path, *more: str, symbol: str = "TESTUSDT", timeframe: str = "1h") -> list[str]:
    return [
        "--symbol", symbol, "--timeframe", timeframe, "--strategy", "rsi-reversal",
        "--candles", str(path), *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("candles") / "TESTUSDT-1h.parquet"
    write_candles(random_market(seed=1, length=2000, timeframe="1h", missing=0.002), path)
    return path


def only_json(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert (ran.returncode, ran.stderr) == (0, "")
    found: dict[str, Any] = json.loads(ran.stdout, parse_constant=pytest.fail)  # no NaN, no Infinity
    return found


def test_real_hours_give_a_record_as_json(shared: Path) -> None:
    path = shared / "data" / "spot" / "BTCUSDT-1h.parquet"
    record = only_json(thebot(*asked(path, "--json", symbol="BTCUSDT")))
    assert set(record) >= KEYS
    assert record["candles"] == 23_988
    assert record["trades"] == len(record["trade_list"]) > 80
    assert (record["start"], record["end"]) == ("2021-04-04T20:00:00Z", "2023-12-30T20:00:00Z")
    assert -1 < record["max_drawdown"] <= record["total_return"] < 0 < record["win_rate"] < 1
    assert record["final_equity"] == pytest.approx(10_000 * (1 + record["total_return"]))
    assert sum(found["count"] for found in record["findings"]) == 12
    for name, each in record["intervals"].items():
        assert each["low"] <= record[name] <= each["high"], name
        assert each["resamples"] >= 200
    assert record["intervals"]["win_rate"]["low"] > 0.4  # 84 trades leave no more than that
    assert record["intervals"]["sharpe_ratio"]["low"] < 0 < record["intervals"]["sharpe_ratio"]["high"]


def test_people_are_told_the_figures_the_holes_and_how_little_they_prove(file: Path) -> None:
    ran = thebot(*asked(file))
    assert (ran.returncode, ran.stderr) == (0, "")
    for text in (
        "rsi-reversal (period 14, oversold 30, overbought 70) on TESTUSDT 1h", "2,000 candles; fee 0.10%",
        "Return after costs", "Buy and hold, same costs", "Deepest drawdown", "Sharpe ratio", "Trades won",
        "These data speak against it", "Months, in percent", "Signals, against all candles",
        "candles are missing", "proves little",
    ):  # fmt: skip
        assert text in ran.stdout


def test_parameters_costs_and_dates_are_taken(file: Path) -> None:
    more = ("--set", "period=5", "--set", "oversold=40", "--fee", "0", "--slippage", "0", "--cash", "500",
            "--start", "2024-02-01", "--end", "2024-03-01")  # fmt: skip
    record = only_json(thebot(*asked(file, "--json", *more, symbol="testusdt")))
    assert record["parameters"] == {"period": 5, "oversold": 40, "overbought": 70}
    assert (record["costs"]["fee"], record["costs"]["slippage"]) == (0, 0)
    assert record["start_equity"] == 500
    assert record["fees"] == 0
    assert record["start"] >= "2024-02-01"
    assert record["end"] <= "2024-03-01T00:00:00Z"


def test_what_was_fetched_is_found_in_the_data_folder(tmp_path: Path) -> None:
    market = random_market(seed=1, length=300, timeframe="1h")
    span = Span(int(market.open_time[0]), int(market.close_time[-1]))
    Archive(tmp_path / "candles").keep(market, span)
    ours = ("--strategy", "supertrend-flip", "--data", tmp_path, "--json")
    assert only_json(thebot("--symbol", "TESTUSDT", "--timeframe", "1h", *ours))["candles"] == 300
    ran = thebot("--symbol", "TESTUSD", "--timeframe", "1h", *ours)
    assert ran.returncode == 2
    assert "thebot fetch TESTUSD 1h" in ran.stderr
    assert "There is: TESTUSDT 1h" in ran.stderr


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--timeframe", "1hr"), "'1h'"),
        (("--symbol", "TESTUSD"), "holds TESTUSDT 1h by its name"),
        (("--timeframe", "4h"), "holds TESTUSDT 1h by its name"),
        (("--strategy", "rsi-reversl"), "'rsi-reversal'"),
        (("--candles", "{folder}/TESTUSDT-1hh.parquet"), "Beside it there is: TESTUSDT-1h.parquet"),
        (("--candles", "{folder}/none/TESTUSDT-1h.parquet"), "There is no file"),
        (("--candles", "{folder}", "--symbol", "TESTUSD"), "'TESTUSDT-1h'"),
        (("--set", "perod=3"), "'period'"),
        (("--set", "period"), "write a name and a value"),
        (("--set", "period=nan"), "nan is no number that a parameter can take"),
        (("--set", "period=inf"), "inf is no number that a parameter can take"),
        (("--set", "period=0"), "whole number from 1"),
        (("--fee", "10"), "0.10 % as 0.001"),
        (("--cash", "-1"), "positive amount"),
        (("--start", "2034-01-01"), "The data go from"),
        (("--start", "2010", "--end", "2011-06"), "The data go from"),
        (("--start", "2022-13"), "--start 2022-13 is no date"),
        (("--fee", "much"), "'--fee': it should be a valid number. See thebot backtest --help"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_ends_with_2(
    file: Path, more: tuple[str, ...], why: str
) -> None:
    ran = thebot(*asked(file), *(each.format(folder=file.parent) for each in more))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert why in ran.stderr
    assert ran.stderr.startswith("thebot: ")
    assert "Traceback" not in ran.stderr


def test_impossible_rows_are_refused_with_the_first_of_them(tmp_path: Path) -> None:
    market = random_market(seed=1, length=100, timeframe="1h")
    time = market.open_time.copy()
    time[60] = time[59]
    path = tmp_path / "TESTUSDT-1h.parquet"
    polars.DataFrame(market.columns() | {"open_time": time}).write_parquet(path)
    ran = thebot(*asked(path))
    assert ran.returncode == 2
    assert "row 60" in ran.stderr
    assert "has the same time as the row before it" in ran.stderr


def test_where_nothing_is_held_what_is_unknown_is_null(tmp_path: Path) -> None:
    path = tmp_path / "TESTUSDT-1h.parquet"
    market = random_market(seed=1, length=100, timeframe="1h")
    flat = {name: np.full(100, 5.0) for name in ("open", "high", "low", "close")}
    write_candles(market._with(flat), path)
    record = only_json(thebot(*asked(path, "--json")))
    assert record["trades"] == 0
    assert record["win_rate"] is record["sharpe_ratio"] is None
    assert "unknown" in thebot(*asked(path)).stdout
