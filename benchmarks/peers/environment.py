"""The environments of the peers: made once with pip, beside the user's caches, and kept."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import platformdirs

PACKAGES = ("pandas==3.1.1", "polars==2.1.0", "talipp==2.7.0", "vectorbt==1.2.0")
ENGINES = (
    "vectorbt==1.0.0",  # with these some thirty times as quick as 1.2.0 with pandas 3
    "pandas==2.3.3",
    "plotly<6",
    "backtesting==0.6.6",
    "backtrader==1.9.78.123",
)
NAUTILUS = ("nautilus_trader==1.221.0",)  # apart: it asks for an older pandas than the others


def python(packages: tuple[str, ...] = PACKAGES, name: str = "peers") -> Path | None:
    """Its interpreter, after installing what is missing; None (said why) if that cannot be done."""
    folder = Path(platformdirs.user_cache_dir("thebot")) / name
    found = folder / "bin" / "python"
    stamp = folder / "installed.json"
    if stamp.exists() and json.loads(stamp.read_text()) == list(packages):
        return found
    print(f"Installing {', '.join(packages)} into {folder} (once) ...", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    done = subprocess.run(
        [found, "-m", "pip", "install", "-q", *packages], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"The peers cannot be installed; their columns stay empty. {done.stderr.strip()[-300:]}")
        return None
    stamp.write_text(json.dumps(list(packages)))
    return found


class Peers:
    """A process in that environment that times one call at a time, so that peers take turns with ours."""

    def __init__(self, interpreter: Path, market: Path) -> None:
        worker = Path(__file__).with_name("worker.py")
        self._process = subprocess.Popen(
            [interpreter, worker, market], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.have: dict[str, list[str]] = self._answer()

    def time(self, peer: str, name: str | list[str], candles: int) -> tuple[float, float]:
        """Seconds, and the last value of the first output. Several names (talipp only): all together."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([peer, name, candles]) + "\n")
        self._process.stdin.flush()
        seconds, last = self._answer()
        return seconds, last

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            sys.exit("The process of the peers ended; see above.")
        return json.loads(line)


class Worker:
    """A process in such an environment that runs one backtest at a time (`engines.py`)."""

    def __init__(self, interpreter: Path, market: Path) -> None:
        self._process = subprocess.Popen(
            [interpreter, Path(__file__).with_name("engines.py"), market], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._answer()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            sys.exit("The process of the engines ended.")
        answer: dict[str, Any] = json.loads(line)
        return answer
