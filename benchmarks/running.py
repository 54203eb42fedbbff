"""`thebot up` as a process of its own, for benchmarks and tests that look at the whole from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True)
class Platform:
    """One that runs. `said` is its first line: url, mode, pid, symbols, data, sandbox."""

    said: dict[str, Any]
    server: psutil.Process

    @property
    def url(self) -> str:
        return str(self.said["url"])

    def get(self, path: str) -> Any:
        """The JSON that a GET of this path answers."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:  # noqa: S310  (our own address)
            return json.load(answer)

    def wait_until_warm(self, seconds: float = 120.0) -> None:
        """Until every market is heard, its history loaded and every rule warm."""
        until = time.monotonic() + seconds
        while True:
            health = self.get("/api/health")
            feed, engine = health["feed"], health["engine"]
            if feed["connected"] and feed["warm"] == health["symbols"] and not engine["warming"]:
                return
            if time.monotonic() > until:
                raise TimeoutError(f"not warm after {seconds:.0f} s: {health}")
            time.sleep(0.2)


@contextmanager
def platform(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Platform]:
    """`thebot up` with these arguments, a free port and a data folder of its own, until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "thebot", "up", "--json", "--no-browser", "--port", "0", "--data", folder,
             *arguments],
            stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield Platform(said, psutil.Process(said["pid"]))
        finally:
            process.terminate()
            process.wait(10)
