"""What every test may ask for: real data, and a failure instead of a skip where nothing may be skipped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

REQUIRED = os.environ.get("THEBOT_TEST_REQUIRE") == "1"
SHARED = Path(__file__).resolve().parents[2] / "shared"

# Derandomised: a run in CI finds what the run before it found. `make soak` looks further with fresh seeds.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=40, database=None)
settings.register_profile(
    "soak", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("THEBOT_HYPOTHESIS", "ci"))


def missing(what: str) -> NoReturn:
    """Skip because this machine lacks `what`; fail where skips are forbidden (`.ci/run`)."""
    if REQUIRED:
        pytest.fail(f"{what} is missing, and this run may not skip (THEBOT_TEST_REQUIRE=1)")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real candles and reference values beside the checkout."""
    if not SHARED.is_dir():
        missing("../shared (real market data and reference vectors)")
    return SHARED
