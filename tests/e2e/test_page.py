"""The page in a real browser, over a desk that a test can tell what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.dashboard.desk_process import DeskProcess
from tests.e2e.conftest import Watched

pytestmark = pytest.mark.browser


def order(page: Page) -> list[str]:
    rows: list[str] = page.eval_on_selector_all(
        "#rows .row", "(rows) => rows.map((row) => row.dataset.symbol)"
    )
    return rows


def row(page: Page, symbol: str) -> Any:
    return page.locator(f'#rows [data-symbol="{symbol}"]')


def until_it_changes(page: Page, selector: str) -> str:
    """The text of an element, once it is another than now."""
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).textContent !== before",
        arg=[selector, page.text_content(selector)],
    )
    return page.text_content(selector) or ""


def in_view(page: Page) -> tuple[float, float]:
    """Open times (ms as shown) at the edges of the chart."""
    ends: list[float] = page.evaluate(
        "() => document.querySelector('#plot')._fullLayout.xaxis.range.map((end) => Date.parse(end + 'Z'))"
    )
    return ends[0], ends[1]


def test_prices_move_in_the_list_the_header_and_the_price_tag(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url)
    expect(page.locator("#mode")).to_have_text("SANDBOX")
    expect(page.locator("#connection")).to_have_text("Live")
    for selector in ("#row-BTCUSDT .price", "#quote > .price", "#price-tag b"):
        assert re.fullmatch(r"[\d,]+(\.\d+)?", until_it_changes(page, selector))
    expect(page.locator("#rate")).to_have_text(re.compile(r"^[\d,]+/s$"))
    expect(page.locator("#latency")).to_have_text(re.compile(r"^\d+ ms$"))
    assert page.title().endswith("BTCUSDT · THEBOT")


def test_a_symbol_that_has_stopped_ticking_says_so(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url)
    expect(page.locator(".row.stale")).to_have_count(1)
    assert page.get_attribute(".row.stale", "title") == "TRXUSDT has stopped ticking"


def test_a_click_and_the_arrow_keys_change_the_chart(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url)
    row(page, "ETHUSDT").click()
    expect(page.locator("#legend strong")).to_have_text("ETHUSDT · 1m")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#legend strong")).to_have_text("BNBUSDT · 1m")
    page.click('#timeframes [data-timeframe="4h"]')
    expect(page.locator("#legend strong")).to_have_text("BNBUSDT · 4h")
    expect(page.locator("#legend")).to_contain_text("EMA(50)")
    expect(page.locator("#pane-legends")).to_contain_text("RSI(14)")
    assert "symbol=BNBUSDT" in page.url
    assert "timeframe=4h" in page.url


def test_the_moving_candle_stands_where_plotly_would_draw_it(desk: DeskProcess, pages: Watched) -> None:
    """The one test of the internals of Plotly that place the canvas."""
    page = pages.open(desk.url)
    drawn = page.evaluate("""() => {
        const plot = document.querySelector('#plot').getBoundingClientRect();
        const candles = [...document.querySelectorAll('#plot .xy2 .boxlayer path')];
        const last = candles.at(-1).getBoundingClientRect();
        return [(last.left + last.right) / 2 - plot.left, last.top - plot.top, last.bottom - plot.top];
    }""")
    ours = page.evaluate("""async () => {
        const plot = await import('/assets/plot.js');
        const { chart } = await import('/assets/chart.js');
        const { x, price } = plot.axes();
        const [time, high, low] = ['time', 'high', 'low'].map((name) => chart.data[name].at(-1));
        return [plot.pixel(x, time + chart.shift), plot.pixel(price, high), plot.pixel(price, low)];
    }""")
    assert ours == pytest.approx(drawn, abs=1.5)
    page.wait_for_function("async () => !!(await import('/assets/chart.js')).chart.forming")
    ink = page.evaluate("""() => {
        const canvas = document.querySelector('#overlay');
        const picture = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return picture.data.some((byte) => byte > 0);
    }""")
    assert ink


def test_a_closed_candle_joins_the_chart_and_the_view_follows(own_desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(f"{own_desk.url}/?symbol=ETHUSDT&timeframe=1d")
    count = "async () => (await import('/assets/chart.js')).chart.data.time.length"
    before, edge = page.evaluate(count), in_view(page)[1]
    page.wait_for_function("async () => !!(await import('/assets/chart.js')).chart.forming")
    own_desk.tell("close", "ETHUSDT,1d")
    page.wait_for_function(f"async (before) => (await ({count})()) === before + 1", arg=before)
    page.wait_for_function(
        "(edge) => Date.parse(document.querySelector('#plot')._fullLayout.xaxis.range[1] + 'Z') > edge",
        arg=edge,
    )
    assert in_view(page)[1] == pytest.approx(edge + 86_400_000, abs=60_000)


def test_the_list_is_searched_sorted_and_kept_by_favourites(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url)
    page.keyboard.press("/")
    page.keyboard.type("do")
    assert order(page) == ["DOGEUSDT", "DOTUSDT"]
    page.fill("#search", "nothing like it")
    expect(page.locator("#rows-empty")).to_contain_text("No symbol matches “NOTHING LIKE IT”")
    page.click("#rows-empty button")
    assert len(order(page)) == 40

    page.click('[data-sort="symbol"]')
    assert order(page) == sorted(order(page))
    page.click('[data-sort="price"]')
    prices = page.eval_on_selector_all(
        "#rows .row .price", "(cells) => cells.map((c) => parseFloat(c.textContent.replace(/,/g, '')))"
    )
    known = [price for price in prices if price == price][:10]
    assert known[0] > known[5] > known[9]

    row(page, "SOLUSDT").hover()
    row(page, "SOLUSDT").locator(".star").click()
    assert order(page)[0] == "SOLUSDT"
    page.click("#only-stars")
    assert order(page) == ["SOLUSDT"]


def test_the_arrangement_is_kept_on_reload(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url)
    row(page, "XRPUSDT").locator(".star").click()
    row(page, "ADAUSDT").click()
    page.click('#timeframes [data-timeframe="15m"]')
    page.click("#log")
    page.click("#zone")
    page.click('[data-sort="symbol"]')
    expect(page.locator("#legend strong")).to_have_text("ADAUSDT · 15m")
    page.goto(desk.url)  # without what the address kept
    page.wait_for_selector('#chart[data-state="ready"] .ohlc')
    expect(page.locator("#legend strong")).to_have_text("ADAUSDT · 15m")
    expect(page.locator("#log")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#zone")).to_have_text("UTC")
    found = order(page)
    assert found[0] == "XRPUSDT"
    assert found[1:] == sorted(found[1:])
    assert page.evaluate("document.querySelector('#plot')._fullLayout.yaxis2.type") == "log"


def test_the_address_names_symbol_and_timeframe(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(f"{desk.url}/?symbol=LTCUSDT&timeframe=1h")
    expect(page.locator("#legend strong")).to_have_text("LTCUSDT · 1h")
    expect(row(page, "LTCUSDT")).to_have_attribute("aria-selected", "true")


def test_an_address_with_an_unknown_symbol_offers_those_near_it(desk: DeskProcess, pages: Watched) -> None:
    pages.expected.append("status of 404")
    page = pages.open(f"{desk.url}/?symbol=LTCUSD&timeframe=1h", ready=False)
    expect(page.locator("#chart-state")).to_contain_text("Did you mean 'LTCUSDT'")
    page.click("#chart-state button:has-text('LTCUSDT')")
    expect(page.locator("#legend strong")).to_have_text("LTCUSDT · 1h")


def test_scrolling_back_loads_candles_beyond_the_first_five_hundred(
    desk: DeskProcess, pages: Watched
) -> None:
    page = pages.open(f"{desk.url}/?symbol=BTCUSDT&timeframe=1h")
    first = "async () => (await import('/assets/chart.js')).chart.data.time[0]"
    begun = page.evaluate(first)
    box = page.locator("#plot").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 3
    for _ in range(12):
        page.mouse.move(box["x"] + 60, y)
        page.mouse.down()
        page.mouse.move(box["x"] + 660, y, steps=4)
        page.mouse.up()
        if page.evaluate(first) < begun - 400 * 3_600_000:
            break
    page.wait_for_function(f"async (begun) => (await ({first})()) < begun - 400 * 3600000", arg=begun)
    from_, to = in_view(page)
    page.wait_for_timeout(200)
    assert in_view(page) == (from_, to)  # loading did not move what the trader looks at
    page.click("#newest")
    assert in_view(page)[1] > to


def test_the_crosshair_tells_the_candle_and_its_indicators(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(f"{desk.url}/?symbol=BTCUSDT&timeframe=1h")
    live = page.text_content("#legend .ohlc")
    box = page.locator("#plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    expect(page.locator(".tag.at")).to_be_visible()
    page.wait_for_function("(live) => document.querySelector('#legend .ohlc').textContent !== live", arg=live)
    shown = page.evaluate("""async () => {
        const plot = await import('/assets/plot.js');
        const { chart } = await import('/assets/chart.js');
        const time = plot.valueAt(plot.axes().x, 300) - chart.shift + chart.span / 2;
        const i = chart.data.time.findLastIndex((t) => t <= time);
        const [ema, , rsi] = chart.data.plots.map((each) => each.lines[0].values[i]);
        return [chart.data.open[i], chart.data.close[i], ema, rsi];
    }""")
    text = (page.text_content("#legend") or "") + (page.text_content("#pane-legends") or "")
    for value, digits in zip(shown, (3, 3, 3, 2), strict=True):
        assert f"{value:,.{digits}f}" in text


def test_signals_are_marked_on_the_chart_with_their_reasons(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(f"{desk.url}/?symbol=ETHUSDT&timeframe=1m")
    place = page.evaluate("""async () => {
        const { chart } = await import('/assets/chart.js'), plot = await import('/assets/plot.js');
        return plot.pixel(plot.axes().x, chart.data.signals[0].at - chart.span + chart.shift);
    }""")
    box = page.locator("#plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + place, box["y"] + 200)
    expect(page.locator("#why")).to_contain_text("Supertrend(10, 3) turned down")


def test_a_new_signal_appears_by_itself_and_opens_its_chart(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(f"{desk.url}/?symbol=BTCUSDT&timeframe=1h")
    desk.tell("signal", "LINKUSDT")
    expect(page.locator("#toasts .toast")).to_contain_text("LINKUSDT")
    listed = page.locator("#signals-list .signal").first
    expect(listed).to_contain_text("LINKUSDT")
    expect(listed).to_contain_text("crossed above 30")
    expect(listed.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    listed.click()
    expect(page.locator("#legend strong")).to_have_text("LINKUSDT · 1m")
    page.click('#signals-of [data-of="one"]')
    expect(page.locator("#signals-list .signal")).to_have_count(1)


def test_a_failing_callback_shows_a_card_in_its_place_while_the_rest_lives(
    desk: DeskProcess, pages: Watched
) -> None:
    page = pages.open(desk.url)
    desk.fail("signals")
    page.click('#signals-of [data-of="one"]')
    card = page.locator("#signals-list .failure")
    expect(card).to_contain_text("The list of signals could not be made")
    assert re.fullmatch(r"[0-9A-F]{8}", card.locator("code").text_content() or "")
    until_it_changes(page, "#row-BTCUSDT .price")
    row(page, "ETHUSDT").click()
    expect(page.locator("#legend strong")).to_have_text("ETHUSDT · 1m")
    desk.fail()
    expect(card).to_be_visible()
    page.click('[data-retry="signals"]')
    expect(page.locator("#signals-list .signal")).to_have_count(1)


def test_a_chart_that_cannot_be_read_says_why_and_tries_again(desk: DeskProcess, pages: Watched) -> None:
    pages.expected.append("status of 502")
    page = pages.open(desk.url)
    desk.fail("chart-exchange")
    row(page, "ETHUSDT").click()
    expect(page.locator("#chart-state")).to_contain_text("The exchange did not answer within 5 s")
    desk.fail()
    page.click("#chart-state button")
    expect(page.locator("#legend strong")).to_have_text("ETHUSDT · 1m")


def test_a_frozen_server_is_shown_as_lost_within_two_seconds_and_goes_on_by_itself(
    own_desk: DeskProcess, pages: Watched
) -> None:
    page = pages.open(own_desk.url)
    until_it_changes(page, "#row-BTCUSDT .price")
    own_desk.freeze()
    try:
        page.wait_for_selector("body.lost", timeout=2_000)
        expect(page.locator("#banner")).to_contain_text("The server does not answer")
        expect(page.locator("#connection")).to_contain_text("Lost")
    finally:
        own_desk.thaw()
    page.wait_for_selector("body:not(.lost)")
    expect(page.locator("#connection")).to_have_text("Live")
    until_it_changes(page, "#row-BTCUSDT .price")


def test_a_killed_server_is_shown_as_lost_and_its_successor_is_found(
    own_desk: DeskProcess, pages: Watched
) -> None:
    pages.expected += ["WebSocket connection", "ERR_CONNECTION_REFUSED", "Failed to fetch", "net::"]
    page = pages.open(own_desk.url)
    port = own_desk.port
    own_desk.kill()
    page.wait_for_selector("body.lost", timeout=2_000)
    own_desk.start(port)
    page.wait_for_selector("body:not(.lost)", timeout=15_000)
    until_it_changes(page, "#row-BTCUSDT .price")
    until_it_changes(page, "#price-tag b")
    own_desk.tell("signal", "SOLUSDT")
    expect(page.locator("#signals-list .signal").first).to_contain_text("SOLUSDT")


def test_a_symbol_that_leaves_the_desk_leaves_the_list(own_desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(own_desk.url)
    assert "ETHUSDT" in order(page)
    own_desk.tell("remove", "ETHUSDT")
    expect(page.locator("#row-ETHUSDT")).to_have_count(0)
    until_it_changes(page, "#row-BNBUSDT .price")


def test_a_phone_shows_one_pane_at_a_time(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url, 390, 844)
    expect(page.locator("#plot")).to_be_visible()
    expect(page.locator("#rows")).not_to_be_visible()
    page.click('#tabs [data-tab="watchlist"]')
    expect(page.locator("#rows")).to_be_visible()
    row(page, "ETHUSDT").click()
    expect(page.locator("#legend strong")).to_have_text("ETHUSDT · 1m")
    page.click('#tabs [data-tab="signals"]')
    expect(page.locator("#signals-list .signal").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_text_from_outside_is_never_run(desk: DeskProcess, pages: Watched) -> None:
    page = pages.open(desk.url)
    desk.tell("notice", "<img src=x onerror=document.title='run'>")
    expect(page.locator("#notice")).to_contain_text("<img")
    assert page.locator("#notice img").count() == 0
