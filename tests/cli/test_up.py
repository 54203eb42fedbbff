"""`thebot up` as a user starts and ends it: a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import polars
import psutil
import pytest
from tests.exchange.sandbox.market_of import candles_file
from tests.market.series import random_market

from thebot.market.parquet import write_candles

pytestmark = pytest.mark.server

FEW = ("--symbols", "BTCUSDT,ETHUSDT")


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "thebot", "up", "--no-browser", "--data", str(folder), *arguments]


def refused(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a start that must fail; nothing else may be said."""
    done = subprocess.run(
        command(folder, *arguments), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


class Running:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.said = json.loads(process.stdout.readline())
        self.server = psutil.Process(self.said["pid"])

    def ended_by(self, number: signal.Signals, patience: float = 2.0) -> tuple[float, list[psutil.Process]]:
        """Seconds until it had ended, and the processes that it left behind `patience` seconds later."""
        family = self.server.children(recursive=True)
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(10)
        took = time.monotonic() - begun
        psutil.wait_procs(family, timeout=patience)
        return took, [each for each in family if each.is_running()]

    def rest(self) -> tuple[str, str]:
        """What it said on standard output after its first line, and on standard error."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        return self.process.stdout.read(), self.process.stderr.read()


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Running]:
    process = subprocess.Popen(
        command(folder, "--json", "--port", "0", *arguments),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_within_two_seconds_in_silence_and_leaves_no_process(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path, *FEW) as up:
        took, left = up.ended_by(number)
        assert took < 2
        assert left == []
        assert up.process.returncode == 0
        assert up.rest() == ("", "")
    assert "Traceback" not in (tmp_path / "thebot.log").read_text()


async def test_an_open_page_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with running(tmp_path, *FEW) as up:
        address = up.said["url"].replace("http", "ws") + "/ws/stream"
        async with aiohttp.ClientSession() as session, session.ws_connect(address, max_msg_size=0) as socket:
            await socket.receive()
            ended: list[float] = []
            ending = threading.Thread(target=lambda: ended.append(up.ended_by(signal.SIGINT)[0]))
            ending.start()
            async for _ in socket:  # until the server says goodbye
                pass
            ending.join()
        assert ended[0] < 2
        assert up.rest() == ("", "")


def test_it_can_be_ended_while_it_starts(tmp_path: Path) -> None:
    for pause in (0.3, 0.8, 1.3):
        process = subprocess.Popen(
            command(tmp_path, "--json", "--port", "0"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(pause)  # wherever that finds it
        family = psutil.Process(process.pid).children(recursive=True)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert time.monotonic() - begun < 2
        assert "Traceback" not in errors
        assert not [each for each in psutil.wait_procs(family, timeout=2)[1] if each.is_running()]


@pytest.fixture
def silent_server() -> Iterator[str]:
    """An address that takes a connection and says nothing: the database of someone who went for lunch."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_start_that_waits_for_something_is_cut_short(tmp_path: Path, silent_server: str) -> None:
    pytest.importorskip("asyncpg")
    (tmp_path / "config.toml").write_text(f'database_url = "postgresql://me:hush@{silent_server}/bot"')
    process = subprocess.Popen(
        command(tmp_path, "--json", "--port", "0", *FEW),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    log = tmp_path / "thebot.log"
    until = time.monotonic() + 30
    while not (log.exists() and psutil.Process(process.pid).children()) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)  # long enough for the sandbox: now it waits for the database
    (exchange,) = psutil.Process(process.pid).children()
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=20)
    assert time.monotonic() - begun < 2
    assert (process.returncode, told, errors) == (0, "", "")
    assert not psutil.wait_procs([exchange], timeout=2)[1]
    assert "Traceback" not in log.read_text()
    assert "hush" not in log.read_text()


def test_it_can_be_ended_while_history_is_loading(tmp_path: Path) -> None:
    with running(tmp_path) as up:  # a hundred markets: their history takes seconds
        took, left = up.ended_by(signal.SIGINT)
        assert took < 2
        assert left == []
        assert up.rest() == ("", "")
    assert "Traceback" not in (tmp_path / "thebot.log").read_text()


def test_a_replay_folder_plays_the_good_files_and_names_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "candles"
    folder.mkdir()
    candles_file(folder, "TESTUSDT")
    (folder / "BADUSDT-1h.parquet").write_bytes(b"not Parquet")
    process = subprocess.Popen(
        command(tmp_path / "data", "--port", "0", "--replay", str(folder)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = ""
        while "Ctrl-C ends it" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
    finally:
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
    assert "1 market of a replay of 1h candles" in told
    assert "Left out" in told
    assert "BADUSDT-1h.parquet" in told
    assert (rest.strip(), errors) == ("Ended.", "")


def test_it_works_on_when_nobody_reads_what_it_says(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(tmp_path, "--port", "0", *FEW), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    lock = tmp_path / "thebot.lock"
    until = time.monotonic() + 30
    while not (lock.exists() and "http" in lock.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)  # it has spoken
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.wait(timeout=20) in (0, 1)
    assert process.stderr.read() == ""
    process.stderr.close()


def test_max_symbols_is_the_most_and_no_more_than_the_sandbox_has(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("max_symbols = 1000")
    with running(tmp_path, "--no-dashboard") as up:
        assert 100 <= up.said["symbols"] < 1000


def test_without_a_dashboard_signals_are_told_in_the_terminal(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(tmp_path, "--no-dashboard", *FEW),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = ""
        while "History of 2 symbols is loaded" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert "Dashboard" not in told
    assert "Signals are told here as they come" in told
    assert errors == ""


def test_a_power_cut_leaves_no_exchange_behind(tmp_path: Path) -> None:
    with running(tmp_path, *FEW) as up:
        _, left = up.ended_by(signal.SIGKILL, patience=10.0)  # it has to notice by itself
        assert left == []


def test_the_first_line_of_json_says_what_runs_and_nothing_follows(tmp_path: Path) -> None:
    with running(tmp_path, *FEW, "--no-dashboard") as up:
        assert (up.said["url"], up.said["mode"], up.said["symbols"]) == (None, "SANDBOX", 2)
        assert up.said["pid"] == up.process.pid
        up.ended_by(signal.SIGINT)
        assert up.rest() == ("", "")


def test_one_instance_has_a_data_folder(tmp_path: Path) -> None:
    with running(tmp_path, *FEW) as up:
        code, said = refused(tmp_path, "--port", "0")
        assert code == 1
        assert f"in use by another instance of thebot (process {up.said['pid']} at {up.said['url']})" in said
    with running(tmp_path, *FEW):
        pass  # killed just now: the folder is free again


def test_a_port_in_use_is_said_at_once_with_the_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, said = refused(tmp_path, "--port", str(other.getsockname()[1]))
    assert code == 1
    assert "choose another with --port" in said


def test_a_host_that_is_not_this_machine_is_a_wrong_request(tmp_path: Path) -> None:
    code, said = refused(tmp_path, "--port", "0", "--host", "nowhere.invalid")
    assert code == 2
    assert "is no address of this machine" in said


def test_a_data_folder_that_cannot_be_is_said_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    code, said = refused(tmp_path / "file", "--port", "0")
    assert code == 1
    assert "choose another folder with --data" in said


def test_an_exchange_that_cannot_be_reached_is_said_with_the_mend(tmp_path: Path) -> None:
    code, said = refused(tmp_path, "--no-dashboard", "--exchange", "binance-testnet")
    assert code == 1
    assert "cannot be reached" in said
    assert "--exchange sandbox" in said


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["--exchange", "binanc"], "Did you mean 'binance'?"),
        (["--symbols", "BTCUSD"], "Did you mean 'BTCUSDT'"),
        (["--replay", "nowhere.parquet"], "There is no file or folder nowhere.parquet"),
        (["--replay", "READMF.md"], "Beside it there is: README.md"),
        (["--replay", ".", "--exchange", "binance"], "Leave out one of the two"),
        (["--speed", "60", "--exchange", "binance"], "--speed is for the sandbox"),
        (["--seed", "2", "--exchange", "binance"], "--seed is for the sandbox"),
        (["--speed", "60"], "--speed is for --replay"),
    ],
)
def test_what_does_not_exist_ends_with_2_and_names_what_is_near(
    tmp_path: Path, arguments: list[str], near: str
) -> None:
    code, said = refused(tmp_path, "--no-dashboard", *arguments)
    assert code == 2
    assert near in said


@pytest.mark.parametrize(
    ("wrong", "row"),
    [
        (lambda frame: frame.reverse(), "row 1"),
        (lambda frame: polars.concat([frame[:5], frame[4:]]), "row 5"),
        (lambda frame: frame.with_columns(high=frame["low"] / 2), "row 0"),
    ],
    ids=["unsorted", "duplicate", "impossible"],
)
def test_a_replay_of_rows_that_cannot_be_is_refused_with_the_first_of_them(
    tmp_path: Path, wrong: Callable[[polars.DataFrame], polars.DataFrame], row: str
) -> None:
    file = tmp_path / "TESTUSDT-1h.parquet"
    write_candles(random_market(seed=1, length=50, timeframe="1h"), file)
    wrong(polars.read_parquet(file)).write_parquet(file)
    code, said = refused(tmp_path / "data", "--no-dashboard", "--replay", str(file))
    assert code == 2
    assert row in said
