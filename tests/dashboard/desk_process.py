"""Starts, stops, freezes and kills a server process with the dashboard over a small desk."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

PROGRAM = Path(__file__).with_name("small_desk.py")


class DeskProcess:
    """`with DeskProcess("--symbols", "5") as desk:` runs it on a free port."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> DeskProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self, port: int = 0) -> None:
        command = [sys.executable, str(PROGRAM), "--port", str(port), *self._arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        self.url = said["url"]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def fail(self, *what: str) -> None:
        """From now on these parts of the desk raise; none: all is well again."""
        self.tell("fail", ",".join(what))

    def tell(self, order: str, what: str = "") -> None:
        httpx.post(f"{self.url}/test/{order}", params={"what": what}, timeout=10).raise_for_status()
