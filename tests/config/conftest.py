"""An environment without settings of ours, whatever the one who runs the tests has set."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("THEBOT_"):
            monkeypatch.delenv(name)
