"""The lab and the results in a real browser: over a small desk, and over the whole platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from benchmarks.running import platform
from playwright.sync_api import Page, expect
from tests.dashboard.desk_process import DeskProcess
from tests.dashboard.research_data import HELD, HOUR, prepare
from tests.e2e.conftest import Watched

pytestmark = pytest.mark.browser


class LabDesk(DeskProcess):
    """A small desk with a lab; its one market with candles is traded over the days from `start` to `end`."""

    def __init__(self, folder: Path) -> None:
        end = prepare(folder) - 24 * HOUR  # whole days, as the form has them
        self.start_day = day(end - HELD * HOUR + 24 * HOUR)
        self.end_day = day(end)
        super().__init__("--symbols", "12", "--data", str(folder))


def day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def labdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabDesk]:
    with LabDesk(tmp_path_factory.mktemp("data")) as process:
        yield process


def open_lab(desk: LabDesk, pages: Watched) -> Page:
    """The lab with sma-cross on BTCUSDT 1h in its form."""
    page = pages.open(f"{desk.url}/lab", ready=False)
    page.wait_for_selector("#experiment .run .main")
    expect(page.locator(".chip")).to_have_text(re.compile("BTCUSDT"))
    page.select_option("#lab-strategy", "sma-cross")
    page.fill("#lab-fast", "5")
    page.fill("#lab-slow", "20")
    page.fill("#lab-start", desk.start_day)
    page.fill("#lab-end", desk.end_day)
    return page


def run(page: Page, state: str = "done") -> None:
    """Press Run, and wait until the newest experiment is there and has ended so."""
    before = page.locator(".job").count()
    page.click(".run .main")
    expect(page.locator(".job")).to_have_count(before + 1)
    expect(page.locator(".job").first).to_have_attribute("data-state", state, timeout=30_000)


def test_from_the_form_to_the_result_onto_the_chart_and_back(labdesk: LabDesk, pages: Watched) -> None:
    page = open_lab(labdesk, pages)
    page.click(".options summary")
    page.fill("#lab-stop", "2atr")
    run(page)
    trades = page.text_content('.job .figure-of:has-text("Trades") b')
    page.click(".outcome")
    expect(page).to_have_url(re.compile(r"/results/\d{8}-\d{6}-\w{3}$"))
    expect(page.locator("h2", has_text="stop 2atr")).to_be_visible()
    expect(page.locator('[data-figure="trades"] b')).to_have_text(trades or "")
    expect(page.locator(".verdict strong")).to_contain_text("These data")
    page.wait_for_selector(".picture .main-svg")
    first = page.locator(".trades tbody tr").first
    entered = first.locator("td").first.text_content() or ""
    first.click()
    expect(page.locator("#legend strong")).to_have_text("BTCUSDT · 1h")
    expect(page.locator("#past .of")).to_contain_text("sma-cross (fast 5, slow 20, side long, stop 2atr)")
    expect(page.locator("#past .which")).to_have_text(re.compile(rf"^{trades}: long"))
    # an entry stands where the chart has that hour
    drawn = page.evaluate("""() => {
        const plot = document.querySelector('#plot');
        const isEntry = ({ marker }) => marker?.symbol === 'triangle-up' && marker.size === 12;
        return plot.data.filter(isEntry).flatMap((each) => each.x);
    }""")
    assert any(each.startswith(entered) for each in drawn)
    page.go_back()
    expect(page.locator(".trades")).to_be_visible()
    page.go_forward()
    page.click('#past [aria-label="Take the trades off the chart"]')
    expect(page.locator("#past")).to_be_hidden()
    assert "result=" not in page.url


def test_a_sweep_shows_how_far_it_is_prices_go_on_and_it_can_be_cancelled(
    labdesk: LabDesk, pages: Watched
) -> None:
    page = open_lab(labdesk, pages)
    page.click('[data-kind="sweep"]')
    page.fill("#lab-vary-fast", "2:200:1")
    page.fill("#lab-vary-slow", "201:350:1")
    expect(page.locator(".run")).to_contain_text("29,850 variants")
    page.click(".run .main")
    job = page.locator(".job").first
    expect(job.locator(".job-progress")).to_contain_text(
        re.compile(r"[\d,]+ of 29,850 · \d+%"), timeout=20_000
    )
    expect(job.locator(".left")).to_have_text(re.compile(r"\d+:\d\d left"))
    expect(job.locator(".best")).to_have_text(re.compile(r"^Best so far: Sharpe ratio −?\d"))
    # meanwhile the rest of the page lives
    page.click('#pages [data-to="markets"]')
    expect(page.locator("#lab-running")).to_have_text("1")
    before = page.text_content("#row-ETHUSDT .price")
    page.wait_for_function(
        "(before) => document.querySelector('#row-ETHUSDT .price').textContent !== before", arg=before
    )
    expect(page.locator("#connection")).to_have_text("Live")
    # and a page that is loaded anew finds it again
    page.goto(f"{labdesk.url}/lab")
    expect(job).to_have_attribute("data-state", "running")
    job.get_by_text("Cancel").click()
    expect(job).to_have_attribute("data-state", "cancelled")
    expect(page.locator("#lab-running")).to_be_hidden()


def test_a_finished_sweep_has_its_variants_and_its_surface(labdesk: LabDesk, pages: Watched) -> None:
    page = open_lab(labdesk, pages)
    page.click('[data-kind="sweep"]')
    page.fill("#lab-vary-fast", "4:8:2")
    page.fill("#lab-vary-slow", "12, 24, 48")
    run(page)
    page.click(".outcome")
    expect(page.locator("section", has_text="The best variants").locator("tbody tr")).to_have_count(9)
    page.locator('[data-chart="surface"]').scroll_into_view_if_needed()
    page.wait_for_selector('[data-chart="surface"] .main-svg')


def test_what_is_wrong_stands_at_the_field_and_a_failure_on_a_card(labdesk: LabDesk, pages: Watched) -> None:
    pages.expected += ["status of 422"]
    page = open_lab(labdesk, pages)
    page.fill("#lab-fast", "50")
    page.click(".run .main")
    expect(page.locator('[data-field="fast"] .wrong')).to_contain_text("fast 50 must be below slow 20")
    page.fill("#lab-fast", "5")
    expect(page.locator('[data-field="fast"] .wrong')).to_be_hidden()
    page.fill("#lab-symbols", "ethusdt")
    page.press("#lab-symbols", "Enter")
    run(page, "failed")
    expect(page.locator(".job").first.locator(".failure")).to_contain_text("cannot be reached")


def test_results_are_compared_and_deleted_after_asking(labdesk: LabDesk, pages: Watched) -> None:
    page = open_lab(labdesk, pages)
    for fast in ("6", "7"):
        page.fill("#lab-fast", fast)
        run(page)
    page.click('#pages [data-to="results"]')
    boxes = page.locator(".list tbody input")
    expect(boxes.first).to_be_visible()
    count = boxes.count()
    for row in (0, 1):
        boxes.nth(row).check()
    page.click("text=Compare 2")
    expect(page.locator(".compared thead a")).to_have_count(2)
    expect(page.locator(".compared")).to_contain_text("Return after costs")
    page.wait_for_selector(".picture .main-svg")
    page.go_back()
    page.click("text=Delete 2")
    page.click("dialog.ask >> text=Keep")
    expect(page.locator(".list tbody tr")).to_have_count(count)
    page.click("text=Delete 2")
    page.click("dialog.ask .danger")
    expect(page.locator("dialog.ask")).to_have_count(0)
    expect(page.locator("#results :is(.list tbody tr, .empty)")).to_have_count(max(1, count - 2))


def test_a_newcomer_presses_run_and_sees_a_result_of_the_running_market(pages: Watched) -> None:
    """The whole platform: candles come from its sandbox, and nothing heavy into the serving process."""
    with platform(environment={"THEBOT_MAX_SYMBOLS": "3"}) as up:
        page = pages.open(f"{up.url}/lab", ready=False)
        page.wait_for_selector(".chip")
        page.click("text=3 months")
        run(page)
        page.click(".outcome")
        page.wait_for_selector(".rest .trades")
        page.click("text=Open on the chart")
        expect(page.locator("#past .which")).to_have_text(re.compile(r"^\d+: (long|short)"))
        expect(page.locator("#legend strong")).to_have_text(re.compile("· 1h$"))
        mapped = Path(f"/proc/{up.server.pid}/maps").read_text()
        for package in ("numba", "llvmlite", "_polars", "pandas", "scipy"):
            assert f"/{package}" not in mapped, package
        page.close()
