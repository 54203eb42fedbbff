"""The environment of the peers: made once with pip, beside the user's caches, and kept."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import platformdirs

PACKAGES = ("pandas==3.1.1", "polars==2.1.0", "talipp==2.7.0", "vectorbt==1.2.0")


def python(folder: Path | None = None) -> Path | None:
    """Its interpreter, after installing what is missing; None (said why) if that cannot be done."""
    folder = folder or Path(platformdirs.user_cache_dir("thebot")) / "peers"
    found = folder / "bin" / "python"
    stamp = folder / "installed.json"
    if stamp.exists() and json.loads(stamp.read_text()) == list(PACKAGES):
        return found
    print(f"Installing {', '.join(PACKAGES)} into {folder} (once) ...", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    done = subprocess.run(
        [found, "-m", "pip", "install", "-q", *PACKAGES], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"The peers cannot be installed; their columns stay empty. {done.stderr.strip()[-300:]}")
        return None
    stamp.write_text(json.dumps(list(PACKAGES)))
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
