"""A real sandbox exchange in a process of its own, for every test that needs an exchange.

    def test_something(sandbox: SandboxProcess): ...          # five symbols, seed 1
    with SandboxProcess.running("--symbols", "3") as sandbox: ...

`kill` and `restart` (on the same port, with the same arguments) play the cut of a connection.
Import the fixture where it is used: `from tests.sandbox_process import SandboxProcess, sandbox`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

_PATIENCE = 60.0  # seconds for the process to say its first line, on a machine that does much else


@dataclass
class SandboxProcess:
    """`url`, `port` and `symbols` are known once it runs."""

    arguments: tuple[str, ...] = ()
    port: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None
    _errors: IO[str] | None = None

    @classmethod
    @contextlib.contextmanager
    def running(cls, *arguments: str) -> Iterator[SandboxProcess]:
        """Runs with these arguments of `thebot sandbox` until the block ends."""
        sandbox = cls(tuple(arguments))
        sandbox.start()
        try:
            yield sandbox
        finally:
            sandbox.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def symbols(self) -> list[str]:
        return list(self.said["symbols"])

    @property
    def pid(self) -> int:
        return int(self.said["pid"])

    def start(self) -> None:
        """Start it (again on the same port) and wait until it says that it listens."""
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by kill)
        command = [sys.executable, "-m", "thebot", "sandbox", "--port", str(self.port), "--json"]
        self._process = subprocess.Popen(
            [*command, "--follow-parent", *self.arguments],  # its standard input closes with us
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.said = json.loads(self._first_line())
        self.port = int(self.said["port"])

    restart = start

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, no goodbye to anybody."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, self._errors):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def pause(self) -> None:
        """Stop it answering without closing anything, as a network that swallows packets."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def get(self, path: str) -> Any:
        """The JSON that a GET of this path answers."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """The JSON that a POST of this body (as JSON) answers."""
        return self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text[:300]!r}"
            return json.loads(text or b"null")
        finally:
            connection.close()

    def _first_line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            ready, _, _ = select.select([self._process.stdout], [], [], 1.0)
            if ready:
                line = self._process.stdout.readline()
                if line:
                    return line
                break
        assert self._errors is not None
        self._errors.seek(0)
        errors = self._errors.read()[-2000:]
        self.kill()
        raise RuntimeError(f"thebot sandbox {' '.join(self.arguments)} did not start: {errors}")


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    """Five simulated symbols, the same each time."""
    with SandboxProcess.running("--symbols", "5", "--seed", "1") as running:
        yield running


@pytest.fixture(scope="session")
def replay_folder(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """Three symbols of real hourly candles, to be replayed."""
    folder = tmp_path_factory.mktemp("replay")
    for symbol in ("BTCUSDT", "ADAUSDT", "SOLUSDT"):
        (folder / f"{symbol}-1h.parquet").symlink_to(shared / "data" / "spot" / f"{symbol}-1h.parquet")
    return folder
