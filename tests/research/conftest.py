from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, so that what it tries is not counted among what its user tried."""
    folder = tmp_path / "data"
    monkeypatch.setenv("THEBOT_DATA", str(folder))
    return folder
