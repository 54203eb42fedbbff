"""`thebot fetch` as people run it, against the sandbox exchange in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sandbox_process import SandboxProcess
from tests.sandbox_process import sandbox as sandbox

from thebot.market import Timeframe
from thebot.market.resample import resample
from thebot.storage.archive import Archive
from thebot.storage.spans import Span

pytestmark = pytest.mark.server

H1, M15 = Timeframe("1h"), Timeframe("15m")


def fetch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "thebot", "fetch", *arguments], capture_output=True, text=True, timeout=60
    )


def answer(*arguments: str) -> dict[str, Any]:
    done = fetch(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_history_of_the_sandbox_comes_into_the_archive_whole(sandbox: SandboxProcess, tmp_path: Path) -> None:
    symbol = sandbox.symbols[0]
    asked = (symbol, "--exchange", sandbox.url, "--data", str(tmp_path))
    day = 86_400_000
    last = answer(*asked, "1h", "--start", "2020")["last"]
    assert last is not None
    end = last - last % day
    until = np.datetime64(end, "ms").astype("datetime64[D]")
    start = until - np.timedelta64(3, "D")
    told = answer(*asked, "15m", "--start", str(start), "--end", str(until))
    assert (told["fetched"], told["candles"], told["findings"]) == (3 * 96, 3 * 96, [])
    archive = Archive(tmp_path / "candles-sandbox")
    quarters = archive.read(symbol, M15, end - 3 * day, end)
    hours = archive.read(symbol, H1, end - 3 * day, end)
    assert archive.known(symbol, M15) == [Span(end - 3 * day, end)]
    summed = resample(quarters, H1).candles
    for name in ("open_time", "open", "high", "low", "close"):
        np.testing.assert_array_equal(summed.columns()[name], hours.columns()[name])
    assert answer(*asked, "15m", "--start", str(start), "--end", str(until))["fetched"] == 0


def test_wrong_requests_end_with_2_and_an_exchange_that_is_not_there_with_1(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    place = ("--start", "2024", "--data", str(tmp_path))
    unknown = fetch("BTCUSTD", "1h", *place, "--exchange", sandbox.url)
    assert unknown.returncode == 2
    assert "Did you mean 'BTCUSDT'" in unknown.stderr
    assert fetch("BTCUSDT", "1hour", *place, "--exchange", sandbox.url).returncode == 2
    away = fetch("BTCUSDT", "1h", *place, "--exchange", "http://127.0.0.1:9")
    assert away.returncode == 1
    assert away.stderr.count("Traceback") == 0
