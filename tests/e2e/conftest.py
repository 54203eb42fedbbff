"""A real Chromium, and pages that report every error of theirs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.pixels import CHROMIUM, chromium
from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.conftest import missing
from tests.dashboard.desk_process import DeskProcess

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        missing("Chromium (apt-get install chromium)")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def served_to_all() -> Iterator[DeskProcess]:
    with DeskProcess("--symbols", "40") as process:
        yield process


@pytest.fixture
def desk(served_to_all: DeskProcess) -> Iterator[DeskProcess]:
    """The dashboard over a small desk that tests share; nothing on it is told to fail."""
    yield served_to_all
    served_to_all.fail()


@pytest.fixture
def own_desk() -> Iterator[DeskProcess]:
    """One of this test alone, to freeze, kill and take apart."""
    with DeskProcess("--symbols", "40") as process:
        yield process


class Watched:
    """Pages of one test, and what went wrong on them."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(
            viewport={"width": 1440, "height": 900}, timezone_id="Europe/Berlin"
        )
        self.errors: list[str] = []
        self.expected: list[str] = []  # beginnings of errors that the test provokes

    def open(self, url: str, width: int = 1440, height: int = 900, *, ready: bool = True) -> Page:
        page = self._context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("console", self._heed)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.goto(url)
        if ready:
            page.wait_for_selector('#connection[data-kind="good"], #connection[data-kind="warn"]')
            page.wait_for_selector('#chart[data-state="ready"] .ohlc')
        return page

    def _heed(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def unexpected(self) -> list[str]:
        return [e for e in self.errors if not any(part in e for part in self.expected)]

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def pages(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """Opens pages; the test fails if one of them writes an error that was not expected."""
    watched = Watched(browser)
    yield watched
    keep = os.environ.get("THEBOT_TEST_SCREENSHOTS")
    if keep:
        Path(keep).mkdir(parents=True, exist_ok=True)
        for n, page in enumerate(watched._context.pages):
            page.screenshot(path=Path(keep) / f"{request.node.name}-{n}.png")
    watched.close()
    assert watched.unexpected() == []
