from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_in_the_manual_runs(shared: Path, tmp_path: Path) -> None:
    example = (ROOT / "docs" / "sweeps.md").read_text().split("```python\n")[1].split("```")[0]
    (tmp_path / "example.py").write_text(example)
    (tmp_path / "BTCUSDT-1h.parquet").symlink_to(shared / "data" / "spot" / "BTCUSDT-1h.parquet")
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "'fast':" in done.stdout
    assert "'pbo':" in done.stdout
