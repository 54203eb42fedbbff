"""The indicators of charts: drawn over history once, then kept up candle by candle while somebody looks."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import numpy as np
import pytest
from tests.market.series import random_market

from thebot.indicators import Expression, Panel, bbands, close, ema, obv, rsi, sma, supertrend
from thebot.live.charts import KEPT_AT_MOST, UNUSED, Charts, Drawing
from thebot.live.series import EARLIER, Recipe, Series
from thebot.market import Candle, Candles, Timeframe

MINUTE = Timeframe("1m")
MARKET = random_market(seed=9, length=2_000)
SYMBOL = MARKET.symbol
DRAWN = (ema(20), bbands(20, 2), rsi(14))


class Reader:
    """Gives the newest candles of a market before `now`, and remembers how many it was asked for."""

    def __init__(self, market: Candles, now: int) -> None:
        self.market, self.now = market, now
        self.asked: list[int] = []

    async def __call__(self, count: int) -> Candles:
        self.asked.append(count)
        return self.market[max(0, self.now - count) : self.now]


async def draw(
    charts: Charts, read: Reader, limit: int = 100, *wanted: Expression, live: bool = True
) -> Drawing:
    symbol = read.market.symbol
    return await charts.draw(symbol, MINUTE, read, limit, wanted or None, live=live)


def forming(row: int) -> Candle:
    return replace(MARKET.candle(row), closed=False)


async def test_what_is_drawn_is_what_the_compiled_columns_say() -> None:
    read = Reader(MARKET, 300)
    candles, plots, refused = await draw(Charts(DRAWN), read)
    assert refused == ()
    assert candles.open_time[-1] == MARKET.open_time[299]
    assert [plot.key for plot in plots] == ["ema(20)", "bbands(20, 2)", "rsi(14)"]
    assert [plot.overlay for plot in plots] == [True, True, False]
    assert [len(plot.lines) for plot in plots] == [1, 3, 1]
    assert plots[2].guides == (30, 70)
    assert (plots[1].name, plots[1].parameters) == ("bbands", {"period": 20, "width": 2})
    columns = Panel(DRAWN, MINUTE).over(MARKET[:300])
    np.testing.assert_array_equal(plots[0].lines[0].values, columns[ema(20)][-100:])
    np.testing.assert_array_equal(plots[1].lines[2].values, columns[bbands(20, 2).lower][-100:])


async def test_a_line_that_is_no_price_is_not_over_the_price() -> None:
    plots = (await draw(Charts(()), Reader(MARKET, 600), 100, supertrend(10, 3))).plots
    assert [line.overlay for line in plots[0].lines] == [True, False]


async def test_a_chart_goes_on_with_each_closed_candle_and_previews_the_forming_one() -> None:
    charts, read = Charts(DRAWN), Reader(MARKET, 200)
    await draw(charts, read)
    for candle in MARKET[200:250]:
        charts.step(candle)
    charts.step(MARKET.candle(249))  # twice is once
    columns = Panel(DRAWN, MINUTE).over(MARKET[:251])
    preview = charts.preview(forming(250))
    assert preview["ema(20)"] == [columns[ema(20)][250]]
    assert preview["rsi(14)"] == [columns[rsi(14)][250]]
    assert len(preview["bbands(20, 2)"]) == 3
    assert charts.preview(forming(250)) == preview  # nothing was changed by looking
    assert charts.preview(forming(249)) == {}  # that has closed


async def test_the_newest_candles_of_a_chart_that_is_kept_up_cost_no_computing() -> None:
    charts, read = Charts(DRAWN), Reader(MARKET, 1_000)
    await draw(charts, read, 500)
    for candle in MARKET[1_000:1_003]:
        charts.step(candle)
    read.now, read.asked = 1_003, []
    plots = (await draw(charts, read, 10)).plots
    assert read.asked == [10]  # nothing earlier was needed
    columns = Panel(DRAWN, MINUTE).over(MARKET[:1_003])
    np.testing.assert_allclose(plots[0].lines[0].values, columns[ema(20)][-10:], rtol=1e-9)


async def test_however_many_ask_at_the_same_time_it_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []
    series = Recipe.series

    def counted(recipe: Recipe, candles: Candles) -> object:
        computed.append(recipe.key)
        return series(recipe, candles)

    monkeypatch.setattr(Recipe, "series", counted)
    charts = Charts(DRAWN)
    drawings = await asyncio.gather(*(draw(charts, Reader(MARKET, 900), 500) for _ in range(10)))
    assert sorted(computed) == sorted(map(repr, DRAWN))
    for drawing in drawings:
        np.testing.assert_array_equal(drawing.plots[2].lines[0].values, drawings[0].plots[2].lines[0].values)


async def test_a_candle_that_closes_while_it_is_computed_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    charts, read = Charts((rsi(14),)), Reader(MARKET, 700)
    loop, series = asyncio.get_running_loop(), Recipe.series

    def while_one_closes(recipe: Recipe, candles: Candles) -> Series:
        stepped = threading.Event()
        loop.call_soon_threadsafe(lambda: (charts.step(MARKET.candle(700)), stepped.set()))
        assert stepped.wait(10)
        return series(recipe, candles)

    monkeypatch.setattr(Recipe, "series", while_one_closes)
    drawing = await draw(charts, read)
    assert drawing.candles.open_time[-1] == MARKET.open_time[699]
    columns = Panel((rsi(14),), MINUTE).over(MARKET[:702])
    assert charts.preview(forming(701))["rsi(14)"] == pytest.approx([columns[rsi(14)][701]], rel=1e-9)


async def test_a_series_that_missed_a_candle_is_not_gone_on_with_but_drawn_anew() -> None:
    charts, read = Charts((obv(),)), Reader(MARKET, 700)
    await draw(charts, read)
    charts.step(MARKET.candle(701))  # 700 never came
    assert charts.preview(forming(702)) == {}
    read.now = 702
    await draw(charts, read, 10)
    assert charts.preview(forming(702))


async def test_what_sums_without_end_says_since_when() -> None:
    charts, read = Charts((obv(), rsi(14))), Reader(MARKET, 1_800)
    plots = (await draw(charts, read, 500)).plots
    assert [plot.since for plot in plots] == [MARKET.open_time[300], 0]
    charts.step(MARKET.candle(1_800))
    read.now = 1_801
    assert [plot.since for plot in (await draw(charts, read, 10)).plots] == [MARKET.open_time[300], 0]
    assert (await draw(charts, read, 500, live=False)).plots[0].since == MARKET.open_time[301]


async def test_the_thread_that_carries_the_prices_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    series, begin = Recipe.series, Recipe.__init__

    def noted(recipe: Recipe, candles: Candles) -> Series:
        threads.append(threading.get_ident())
        return series(recipe, candles)

    def begun(recipe: Recipe, expression: Expression, timeframe: Timeframe) -> None:
        threads.append(threading.get_ident())
        begin(recipe, expression, timeframe)

    monkeypatch.setattr(Recipe, "series", noted)
    monkeypatch.setattr(Recipe, "__init__", begun)
    await draw(Charts(DRAWN), Reader(MARKET, 700))
    assert len(threads) == 6
    assert threading.get_ident() not in threads


async def test_other_indicators_than_the_configurations_can_be_asked_for() -> None:
    charts, read = Charts(DRAWN), Reader(MARKET, 700)
    plots = (await draw(charts, read, 100, rsi(7), sma(close, 5))).plots
    assert [plot.key for plot in plots] == ["rsi(7)", "sma(5)"]
    assert set(charts.preview(forming(700), ["rsi(7)", "ema(20)"])) == {"rsi(7)"}  # nobody drew ema(20)
    none = await charts.draw(SYMBOL, MINUTE, read, 100, [], live=True)
    assert (len(none.candles), none.plots) == (100, ())


async def test_what_cannot_be_read_on_a_timeframe_is_refused_and_the_rest_drawn() -> None:
    hour = Timeframe("1h")
    read = Reader(random_market(seed=3, length=800, timeframe="1h"), 700)
    drawing = await Charts(()).draw(SYMBOL, hour, read, 100, [ema(9).at("1m"), rsi(14)], live=True)
    assert [plot.key for plot in drawing.plots] == ["rsi(14)"]
    assert drawing.refused[0].text == "ema(9).at('1m')"
    assert "do not add up" in drawing.refused[0].why


async def test_an_indicator_that_fails_takes_nothing_else_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(series: Series, candle: Candle) -> None:
        if series.recipe.key == "rsi(14)":
            raise ZeroDivisionError("in a step of the user's own")

    charts, read = Charts(DRAWN), Reader(MARKET, 700)
    await draw(charts, read)
    monkeypatch.setattr(Series, "preview", fails)
    charts.preview(forming(700))
    monkeypatch.undo()
    assert set(charts.preview(forming(700))) == {"ema(20)", "bbands(20, 2)"}

    monkeypatch.setattr(Series, "step", fails)
    await draw(charts, read)
    charts.step(MARKET.candle(700))
    assert "rsi(14)" not in charts.preview(forming(701))


async def test_what_remembers_long_is_computed_from_as_many_candles_as_there_are() -> None:
    for indicator, earlier in ((obv(), EARLIER), (ema(200), EARLIER), (sma(30), 30)):
        read = Reader(MARKET, 1_900)
        await draw(Charts(()), read, 500, indicator)
        assert read.asked == [pytest.approx(500 + earlier, abs=1)]


async def test_older_candles_are_drawn_without_being_kept_up() -> None:
    charts = Charts(DRAWN)
    plots = (await draw(charts, Reader(MARKET, 200), live=False)).plots
    assert len(plots) == 3
    assert charts.kept == 0
    assert charts.preview(forming(200)) == {}


async def test_more_candles_than_are_kept_up_can_be_asked_for() -> None:
    charts, read = Charts((sma(30),)), Reader(MARKET, 1_700)
    for _ in range(2):
        candles, plots, _refused = await draw(charts, read, 1_500)
        columns = Panel((sma(30),), MINUTE).over(MARKET[:1_700])
        np.testing.assert_allclose(plots[0].lines[0].values, columns[sma(30)][-1_500:], rtol=1e-9)
        assert len(candles) == 1_500


async def test_what_nobody_looks_at_any_more_goes() -> None:
    now = 0.0
    charts = Charts((rsi(14), ema(20)), clock=lambda: now)
    await draw(charts, Reader(MARKET, 200))
    now = UNUSED
    charts.preview(forming(200), ["rsi(14)"])
    now += 1
    charts.step(MARKET.candle(200))
    assert set(charts.preview(forming(201))) == {"rsi(14)"}
    charts.forget(SYMBOL)
    assert charts.kept == 0


async def test_only_so_many_are_kept_up_and_the_longest_not_looked_at_goes() -> None:
    now = 0.0
    charts = Charts((rsi(14),), clock=lambda: now)
    markets = [replace(MARKET[:100], symbol=f"S{number}USDT") for number in range(KEPT_AT_MOST + 1)]
    for market in markets[:-1]:
        now += 0.01
        await draw(charts, Reader(market, 100), 20)
    now += 0.01
    assert charts.preview(replace(MARKET.candle(100), symbol="S0USDT"))  # looked at again
    await draw(charts, Reader(markets[-1], 100), 20)
    assert charts.kept == KEPT_AT_MOST
    assert charts.preview(replace(MARKET.candle(100), symbol="S0USDT"))
    assert charts.preview(replace(MARKET.candle(100), symbol="S1USDT")) == {}
