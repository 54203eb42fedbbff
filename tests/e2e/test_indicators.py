"""The selector of indicators in a real browser: chosen, set, seen, changed, taken off, found again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.dashboard.desk_process import DeskProcess
from tests.e2e.conftest import Watched

pytestmark = pytest.mark.browser

CONFIGURED = ["EMA(50)", "BBANDS(20, 2)", "RSI(14)", "MACD(12, 26, 9)"]
CHART = "/?symbol=BTCUSDT&timeframe=1h"


def choose(page: Page, name: str) -> None:
    """Find it by its name and open its form, all by keyboard."""
    page.fill("#indicator-search", name)
    page.focus("#indicator-search")
    page.keyboard.press("Enter")
    expect(page.locator("#indicator-title")).to_be_visible()


def open_selector(page: Page) -> None:
    page.click("#indicators-open")
    expect(page.locator("#indicator-list .entry").first).to_be_visible()


def listed(page: Page) -> Any:
    return page.locator("#on-chart .change")


def drawn(page: Page, key: str, line: int = 0) -> Any:
    """Of an indicator's line: its axis, and the newest value that Plotly was given and that is known."""
    return page.evaluate(
        """async ([key, line]) => {
            const { chart } = await import('/assets/chart.js');
            const { styled } = await import('/assets/figure.js');
            const p = chart.data.plots.findIndex((each) => each.key === key);
            if (p < 0) return null;
            const { axis, colour } = styled(chart.data).find((each) => each.at === p && each.line === line);
            const isIt = (each) => each.yaxis === axis && each.line?.color === colour;
            const trace = document.querySelector('#plot').data.find(isIt);
            return { axis, plotted: trace.y.at(-1), known: chart.data.plots[p].lines[line].values.at(-1) };
        }""",
        [key, line],
    )


def test_an_indicator_is_added_with_a_parameter_of_ones_own_and_drawn_live(
    desk: DeskProcess, pages: Watched
) -> None:
    page = pages.open(desk.url + CHART)
    open_selector(page)
    expect(listed(page)).to_have_text(CONFIGURED)
    choose(page, "stochrsi")
    expect(page.locator("#indicator-title")).to_have_text("StochRSI")
    page.fill("#field-period", "9")
    page.keyboard.press("Enter")
    expect(listed(page).last).to_have_text("StochRSI(9, 14, 3, 3)")
    expect(page.locator(".said")).to_have_text("StochRSI(9, 14, 3, 3) added.")
    page.keyboard.press("Escape")
    expect(page.locator("#indicators")).not_to_be_visible()

    legend = page.locator(".pane-legend", has_text="StochRSI(9, 14, 3, 3)")
    expect(legend.locator("b").first).to_have_text(re.compile(r"^\d+\.\d\d$"))
    found = drawn(page, "stochrsi(9, 14, 3, 3)")
    assert found["axis"] == "y5"  # below those of RSI and MACD
    assert found["plotted"] == found["known"]
    page.wait_for_function(
        """async () => {
            const { chart } = await import('/assets/chart.js');
            const now = chart.forming?.values[4] ?? [];
            return chart.data.plots[4].name === 'stochrsi' && now.length === 2 && now.every(Number.isFinite);
        }"""
    )


def test_the_choice_is_found_again_on_reload_and_on_other_charts_and_can_be_reset(
    desk: DeskProcess, pages: Watched
) -> None:
    page = pages.open(desk.url + CHART)
    open_selector(page)
    page.click("#on-chart [aria-label='Remove BBANDS(20, 2)']")
    page.click("#on-chart [aria-label='Remove MACD(12, 26, 9)']")
    choose(page, "cci")
    page.click("#indicators [type=submit]")
    expect(listed(page)).to_have_text(["EMA(50)", "RSI(14)", "CCI(20)"])
    page.keyboard.press("Escape")
    expect(page.locator(".pane-legend")).to_have_count(2)

    page.reload()
    page.wait_for_selector('#chart[data-state="ready"] .ohlc')
    expect(page.locator(".pane-legend")).to_have_text([re.compile(r"^RSI\(14\)"), re.compile(r"^CCI\(20\)")])
    page.locator('#rows [data-symbol="ETHUSDT"]').click()
    expect(page.locator("#legend strong")).to_have_text("ETHUSDT · 1h")
    expect(page.locator("#legend .named")).to_have_text(["EMA(50)"])

    open_selector(page)
    page.click("#indicators-reset")
    expect(listed(page)).to_have_text(CONFIGURED)
    expect(page.locator("#indicators-reset")).not_to_be_visible()
    page.wait_for_function(
        """async () => {
            const { chart } = await import('/assets/chart.js');
            return chart.data.plots.some((plot) => plot.key === 'bbands(20, 2)');
        }"""
    )


def test_one_on_the_chart_is_changed_from_its_legend_and_keeps_its_place(
    desk: DeskProcess, pages: Watched
) -> None:
    page = pages.open(desk.url + CHART)
    page.click("#legend .named:has-text('EMA(50)')")
    expect(page.locator("#field-period")).to_have_value("50")
    page.fill("#field-period", "12")
    page.select_option("#field-source", "high")
    page.click("#indicators [type=submit]")
    expect(listed(page)).to_have_text(["EMA(high, 12)", *CONFIGURED[1:]])
    page.wait_for_function(
        "async () => (await import('/assets/chart.js')).chart.data.plots[0].key === 'ema(high, 12)'"
    )
    page.click("#on-chart .change:has-text('EMA(high, 12)')")
    expect(page.locator("#field-source")).to_have_value("high")
    page.click("#indicators .actions .remove")
    expect(listed(page)).to_have_text(CONFIGURED[1:])
    expect(page.locator("#legend .named")).to_have_text(["BBANDS(20, 2)"])


def test_a_value_that_cannot_be_is_answered_beside_its_field(desk: DeskProcess, pages: Watched) -> None:
    pages.expected.append("status of 422")
    page = pages.open(desk.url + CHART)
    open_selector(page)
    choose(page, "macd")
    page.fill("#field-slow", "0")
    page.keyboard.press("Enter")
    wrong = page.locator("#wrong-slow")
    expect(wrong).to_contain_text("Slow is 0; give a whole number from 1")
    expect(page.locator("#field-slow")).to_be_focused()
    expect(page.locator("#field-slow")).to_have_attribute("aria-invalid", "true")
    page.fill("#field-slow", "3")
    expect(wrong).not_to_be_visible()
    page.keyboard.press("Enter")  # 12 and 3: each may be, not together
    expect(page.locator("#wrong-fast")).to_contain_text("fast is 12 and slow is 3", ignore_case=True)
    page.fill("#field-fast", "12")
    page.fill("#field-slow", "")  # as usual: 26
    page.keyboard.press("Enter")
    expect(page.locator("#indicators form > .wrong")).to_have_text("MACD(12, 26, 9) is on the chart already.")
    page.keyboard.press("Escape")
    expect(page.locator(".pane-legend")).to_have_count(2)


def test_there_is_room_for_twelve_and_a_sentence_for_the_next(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url + CHART)
    open_selector(page)
    for period in range(2, 10):
        choose(page, "rsi")
        page.fill("#field-period", str(period))
        page.keyboard.press("Enter")
        expect(listed(page).last).to_have_text(f"RSI({period})")
    expect(page.locator("#indicators .count")).to_have_text("12 of 12")
    choose(page, "cci")
    page.keyboard.press("Enter")
    expect(page.locator("#indicators form > .wrong")).to_contain_text("draws 12 indicators at most")
    page.keyboard.press("Escape")
    expect(page.locator(".pane-legend")).to_have_count(10)
    heights = page.evaluate(
        """async () => {
            const plot = await import('/assets/plot.js');
            const { price, panes } = plot.axes();
            return [plot.box(price).size, ...panes.map((pane) => plot.box(pane).size)];
        }"""
    )
    assert len(heights) == 11
    assert heights[0] > 200
    assert min(heights) > 25
    assert heights[1:] == pytest.approx([heights[1]] * 10, abs=1)


def test_the_catalogue_is_searched_and_walked_by_keyboard(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url + CHART)
    page.focus("#indicators-open")
    page.keyboard.press("Enter")
    expect(page.locator("#indicator-search")).to_be_focused()
    expect(page.locator("#indicator-list .entry").first).to_be_visible()
    page.keyboard.type("relative strength")
    expect(page.locator("#indicator-list .entry b").first).to_have_text("RSI")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#indicator-list .entry").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#indicator-search")).to_be_focused()
    for _ in range(40):  # the focus goes round inside
        page.keyboard.press("Tab")
        at = "document.activeElement === document.body || !!document.activeElement.closest('#indicators')"
        assert page.evaluate(at)  # the body: the browser's own buttons have it
    page.fill("#indicator-search", "nothing like it")
    expect(page.locator("#indicator-list")).to_contain_text("No indicator matches “nothing like it”")
    page.focus("#indicator-search")
    page.keyboard.press("Escape")
    expect(page.locator("#indicators")).not_to_be_visible()
    expect(page.locator("#indicators-open")).to_be_focused()


def test_every_indicator_of_the_catalogue_can_be_drawn(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url + CHART)
    refused = page.evaluate(
        """async () => {
            const { read } = await import('/assets/catalogue.js');
            const { ask } = await import('/assets/api.js');
            const { fromAnswer } = await import('/assets/columns.js');
            const { traces } = await import('/assets/figure.js');
            const { indicators, most } = await read();
            const wrong = [];
            for (let i = 0; i < indicators.length; i += most) {
                const texts = indicators.slice(i, i + most).map(({ name }) => `${name}()`);
                const asked = { symbol: 'SOLUSDT', timeframe: '15m', limit: 200, indicators: texts };
                const data = fromAnswer(await ask('/api/chart', asked));
                wrong.push(...data.refused);
                if (data.plots.length !== texts.length) wrong.push(texts);
                traces(data, { rows: [0, 199], shift: 0, span: 900000, gpu: false });
            }
            return [indicators.length > 10, wrong];
        }"""
    )
    assert refused == [True, []]


def test_what_a_later_version_does_not_know_any_more_is_said_and_the_rest_is_drawn(
    desk: DeskProcess, pages: Watched
) -> None:
    page = pages.open(desk.url + CHART)
    page.evaluate(
        """async () => {
            const { settings } = await import('/assets/settings.js');
            settings.indicators = { own: true, texts: ['ema(9)', 'gone(3)'] };
        }"""
    )
    expect(page.locator("#legend .named")).to_have_text(["EMA(9)"])
    expect(page.locator("#indicators-open")).to_have_class(re.compile("wrong"))
    open_selector(page)
    expect(page.locator("#on-chart li").last).to_contain_text("There is no indicator 'gone'")
    page.click("#on-chart [aria-label='Remove gone(3)']")
    expect(page.locator("#indicators-open")).not_to_have_class(re.compile("wrong"))


def test_patterns_are_marks_at_their_candles_and_levels_are_steps(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url + CHART)
    page.evaluate(
        """async () => {
            const { settings } = await import('/assets/settings.js');
            settings.indicators = { own: true, texts: ['doji()', 'pivots()'] };
        }"""
    )
    expect(page.locator("#legend .named").first).to_have_text("Doji")
    assert page.locator(".pane-legend").count() == 0
    marked, known, slopes = page.evaluate(
        """async () => {
            const { chart } = await import('/assets/chart.js');
            const { data } = document.querySelector('#plot');
            const marks = data.filter((each) => each.marker?.symbol === 'diamond').flatMap((each) => each.x);
            const first = Date.parse(data[1].x[0] + 'Z') - chart.shift;
            const { values } = chart.data.plots[0].lines[0];
            const rows = values.filter((value, i) => value && chart.data.time[i] >= first);
            const known = (value) => value !== null;
            const lines = data.filter((each) => each.mode === 'lines' && each.y.some(known));
            const slope = (value, i, y) => i > 0 && value !== null && y[i - 1] !== null && value !== y[i - 1];
            return [marks.length, rows.length, lines.map(({ y }) => y.filter(slope).length)];
        }"""
    )
    assert marked == known > 0
    assert slopes == [0] * 7  # the pivot, three levels above it and three below


def test_on_a_phone_the_selector_is_a_sheet_of_full_width(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url + CHART, 390, 844)
    open_selector(page)
    box = page.locator("#indicators").bounding_box()
    assert box is not None
    assert (box["x"], round(box["width"]), round(box["y"] + box["height"])) == (0, 390, 844)
    page.fill("#indicator-search", "atr")
    page.locator("#indicator-list .entry").first.click()
    page.fill("#field-period", "7")
    page.click("#indicators [type=submit]")
    expect(listed(page).last).to_have_text("ATR(7)")
    page.click("#indicators .close")
    expect(page.locator(".pane-legend").last).to_contain_text("ATR(7)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.tools button, .pane-legend')]
            .map((each) => each.getBoundingClientRect())
            .filter(({ left, right }) => left < 0 || right > 390).length"""
    )
    assert outside == 0


def test_what_cannot_be_read_now_is_read_once_the_exchange_is_back(desk: DeskProcess, pages: Watched) -> None:
    pages.expected.append("status of 502")
    page = pages.open(desk.url + CHART)
    open_selector(page)
    desk.fail("chart-exchange")
    choose(page, "cci")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("The exchange did not answer within 5 s")
    expect(page.locator(".pane-legend")).to_have_count(2)  # what was there is still there
    desk.fail()
    expect(page.locator(".pane-legend")).to_have_count(3, timeout=15_000)
    expect(page.locator(".said")).not_to_contain_text("The exchange")


def test_one_is_found_by_an_output_and_by_a_word_of_what_it_tells(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url + CHART)
    open_selector(page)
    choose(page, "plus_di")
    expect(page.locator("#indicator-title")).to_have_text("ADX")
    page.keyboard.press("Escape")
    if not page.locator("#indicator-search").is_visible():
        open_selector(page)
    page.fill("#indicator-search", "touches nothing of the kind")
    expect(page.locator("#indicator-list .entry")).to_have_count(0)
    page.fill("#indicator-search", "floor traders")
    expect(page.locator("#indicator-list .entry")).to_have_count(1)
