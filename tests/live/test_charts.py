"""The indicators of charts: drawn over history, then kept up candle by candle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.market.series import random_market

from thebot.indicators import Panel, bbands, ema, rsi
from thebot.live.charts import KEPT, Charts
from thebot.market import Timeframe

MINUTE = Timeframe("1m")
MARKET = random_market(seed=9, length=300)
DRAWN = (ema(20), bbands(20, 2), rsi(14))


def test_what_is_drawn_is_what_the_compiled_columns_say() -> None:
    plots = Charts(DRAWN).draw(MARKET, live=False)
    columns = Panel(DRAWN, MINUTE).over(MARKET)
    assert [plot.key for plot in plots] == ["ema(20)", "bbands(20, 2)", "rsi(14)"]
    assert [plot.overlay for plot in plots] == [True, True, False]
    assert [len(plot.lines) for plot in plots] == [1, 3, 1]
    assert plots[2].guides == (30, 70)
    np.testing.assert_array_equal(plots[0].lines[0].values, columns[ema(20)])
    np.testing.assert_array_equal(plots[1].lines[2].values, columns[bbands(20, 2).lower])


def test_a_chart_that_is_looked_at_goes_on_with_each_closed_candle_and_previews_the_forming_one() -> None:
    charts = Charts(DRAWN)
    charts.draw(MARKET[:200], live=True)
    for candle in MARKET[200:250]:
        charts.step(candle)
    charts.step(MARKET.candle(249))  # twice is once
    forming = replace(MARKET.candle(250), closed=False)
    columns = Panel(DRAWN, MINUTE).over(MARKET[:251])
    preview = charts.preview(forming)
    assert preview["ema(20)"] == [columns[ema(20)][250]]
    assert preview["rsi(14)"] == [columns[rsi(14)][250]]
    assert len(preview["bbands(20, 2)"]) == 3
    assert charts.preview(forming) == preview  # nothing was changed by looking


def test_a_chart_that_nobody_asked_for_or_that_is_forgotten_has_no_preview() -> None:
    charts = Charts(DRAWN)
    forming = MARKET.candle(200)
    assert charts.preview(forming) == {}
    charts.draw(MARKET[:200], live=False)
    assert charts.preview(forming) == {}
    charts.draw(MARKET[:200], live=True)
    assert charts.preview(forming)
    charts.forget("TESTUSDT")
    assert charts.preview(forming) == {}


def test_only_so_many_charts_are_kept_up_and_the_longest_not_asked_for_goes() -> None:
    charts = Charts((rsi(14),))
    markets = [replace(MARKET, symbol=f"S{number}USDT") for number in range(KEPT + 1)]
    for market in markets[:-1]:
        charts.draw(market[:100], live=True)
    charts.draw(markets[0][:100], live=True)  # looked at again
    charts.draw(markets[-1][:100], live=True)
    assert charts.preview(markets[0].candle(100))
    assert charts.preview(markets[1].candle(100)) == {}
