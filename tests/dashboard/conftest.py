"""The dashboard over a small desk, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from tests.dashboard.desk_process import DeskProcess


@pytest.fixture(scope="session")
def served() -> Iterator[DeskProcess]:
    with DeskProcess("--symbols", "12") as process:
        yield process


@pytest.fixture
def desk(served: DeskProcess) -> Iterator[DeskProcess]:
    """The running desk, with nothing told to fail."""
    yield served
    served.fail()


@pytest.fixture
def http(desk: DeskProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.url, timeout=10) as client:
        yield client
