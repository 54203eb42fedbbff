"""`thebot sandbox` as a process: what it says, what it refuses, how it ends, what it takes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.exchange.sandbox.market_of import candles_file
from tests.exchange.sandbox.talk import event, talking
from tests.sandbox_process import SandboxProcess

from thebot.market.parquet import read_candles, write_candles
from thebot.market.timeframe import HOUR

pytestmark = pytest.mark.server

ENDS_WITHIN = 2.0  # seconds
MOST_MEMORY = 120  # MiB


def refused(*arguments: str) -> tuple[int, str]:
    """Exit code and complaint of a sandbox that must not start."""
    ended = subprocess.run(
        [sys.executable, "-m", "thebot", "sandbox", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A sandbox without --follow-parent, as a user starts it."""
    started = subprocess.Popen(
        [sys.executable, "-m", "thebot", "sandbox", "--port", "0", "--symbols", "2", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield started
    started.kill()
    started.communicate()


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


def test_the_first_line_of_json_says_where_it_listens_and_what_it_serves(
    process: subprocess.Popen[str],
) -> None:
    said = first_line(process)
    assert said == {
        "url": f"http://127.0.0.1:{said['port']}",
        "port": said["port"],
        "pid": process.pid,
        "source": "simulator",
        "timeframe": "1m",
        "left_out": [],
        "symbols": ["BTCUSDT", "ETHUSDT"],
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_and_sigterm_end_it_cleanly_while_clients_listen(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    said = first_line(process)
    async with talking(said["url"]) as talk:
        listening = await talk.session.ws_connect("/ws/btcusdt@kline_1s", autoclose=False)
        asking = await talk.session.ws_connect("/ws-api/v3")
        await event(listening)
        assert (await talk.get("/api/v3/ping"))[0] == 200
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(timeout=20) == 0  # neither client is given a chance to answer
        assert time.monotonic() - began < ENDS_WITHIN
        while (told := await event(listening))["e"] != "serverShutdown":
            assert told["e"] == "kline"
        assert (await event(asking))["event"]["e"] == "serverShutdown"
    _, complaints = process.communicate()
    assert complaints == ""
    assert not psutil.pid_exists(said["pid"])


def test_it_ends_when_its_parent_does() -> None:
    with SandboxProcess.running("--symbols", "1") as sandbox:
        child = psutil.Process(sandbox.pid)
        assert sandbox._process is not None
        assert sandbox._process.stdin is not None
        sandbox._process.stdin.close()
        assert child.wait(timeout=20) == 0


def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with SandboxProcess.running("--symbols", "1") as sandbox:
        code, complaint = refused("--port", str(sandbox.port))
    assert code == 1
    assert complaint.startswith(f"thebot: Port {sandbox.port} of 127.0.0.1 cannot be listened on")
    assert "--port 0" in complaint
    assert complaint.count("\n") == 1


def test_a_replay_of_nothing_is_a_wrong_request(tmp_path: Path) -> None:
    code, complaint = refused("--replay", str(tmp_path / "nowhere"))
    assert code == 2
    assert "There is no file or folder" in complaint
    assert complaint.count("\n") == 1
    code, complaint = refused("--speed", "60")
    assert code == 2
    assert "--speed is for --replay" in complaint


@pytest.mark.parametrize("trouble", ["unsorted", "duplicate"])
def test_a_bad_file_is_refused_with_its_first_offending_row(tmp_path: Path, trouble: str) -> None:
    candles = candles_file(tmp_path, "AAAUSDT")
    rows = np.arange(len(candles))
    if trouble == "unsorted":
        rows[[7, 9]] = rows[[9, 7]]  # row 8 is older than row 7
    else:
        rows = np.insert(rows, 8, 7)  # row 8 is row 7 again
    write_candles(candles.rows(rows), tmp_path / "AAAUSDT-1h.parquet")
    code, complaint = refused("--replay", str(tmp_path / "AAAUSDT-1h.parquet"))
    assert code == 2
    assert "row 8 " in complaint
    assert "Traceback" not in complaint


async def test_a_replay_begins_after_500_candles_and_a_candle_lasts_ten_seconds(tmp_path: Path) -> None:
    candles = candles_file(tmp_path)
    opens = int(candles.open_time[500])
    with SandboxProcess.running("--replay", str(tmp_path)) as sandbox:
        assert sandbox.said["source"] == "replay"
        assert sandbox.said["timeframe"] == "1h"
        status = sandbox.get("/sandbox/status")
        assert status["speed"] == 360
        assert opens <= status["server_time"] < opens + HOUR, "the clock is that of the file"
        now = sandbox.get("/api/v3/time")["serverTime"]
        rows = sandbox.get("/api/v3/klines?symbol=AAAUSDT&interval=1h&limit=1000")
        assert len(rows) == 501 + (rows[-1][0] - opens) // HOUR
        assert rows[-1][0] <= now + 3 * HOUR
        async with talking(sandbox.url) as talk, talk.stream("/ws/aaausdt@kline_1h") as socket:
            while not (kline := (await event(socket))["k"])["x"]:
                pass
    row = int(np.searchsorted(candles.open_time, kline["t"]))
    real = [candles.open[row], candles.high[row], candles.low[row], candles.close[row], candles.volume[row]]
    assert [float(kline[key]) for key in "ohlcv"] == real


def test_a_replay_runs_as_fast_as_it_is_told_to(shared: Path) -> None:
    file = shared / "data" / "spot" / "SOLUSDT-1h.parquet"
    with SandboxProcess.running("--replay", str(file), "--speed", "36000") as sandbox:
        assert sandbox.get("/sandbox/status")["speed"] == 36_000
        begins = int(read_candles(file).open_time[500])
        while sandbox.get("/api/v3/time")["serverTime"] < begins + 5 * HOUR:  # half a real second
            time.sleep(0.05)
        assert len(sandbox.get("/api/v3/klines?symbol=SOLUSDT&interval=1h&limit=1000")) >= 505


def memory_after(timeframes: list[str]) -> float:
    """MiB, after the history of all of a hundred symbols was asked for."""
    with SandboxProcess.running("--symbols", "100") as sandbox:
        sandbox.post("/sandbox/limits", {"request_weight": 10**6})
        for timeframe in timeframes:
            for symbol in sandbox.symbols:
                rows = sandbox.get(f"/api/v3/klines?symbol={symbol}&interval={timeframe}&limit=1000")
                assert len(rows) > 20
        assert len(sandbox.get("/api/v3/ticker/24hr")) == 100
        return float(psutil.Process(sandbox.pid).memory_info().rss) / 2**20


def test_a_hundred_symbols_with_history_stay_small() -> None:
    assert memory_after(["1m", "5m", "15m", "1h"]) < MOST_MEMORY


@pytest.mark.soak
def test_a_hundred_symbols_with_all_their_history_stay_small() -> None:
    assert memory_after(["1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M"]) < MOST_MEMORY


@pytest.mark.soak
async def test_a_client_is_pinged_within_twenty_seconds_and_lives_by_its_pongs() -> None:
    with SandboxProcess.running("--symbols", "1") as sandbox:
        async with talking(sandbox.url) as talk:
            for path in ("/ws", "/ws-api/v3"):
                socket = await talk.session.ws_connect(path, autoping=False)
                began = time.monotonic()
                ping = await socket.receive(timeout=25)
                assert ping.type.name == "PING"
                assert 19 <= time.monotonic() - began <= 22
                assert abs(int(ping.data) / 1000 - time.time()) < 5
                await socket.close()


def test_no_process_and_no_file_is_left_behind(tmp_path: Path) -> None:
    candles_file(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "thebot", "sandbox", "--port", "0", "--json", "--replay", str(tmp_path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(scratch)}
    )
    try:
        said = first_line(process)
        assert psutil.Process(said["pid"]).children() == [], "the reader of the files is gone"
        assert list(scratch.iterdir()) == [], "the columns live in memory only"
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
