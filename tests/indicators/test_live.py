"""A panel candle by candle: what the serving process runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from thebot.errors import IndicatorError
from thebot.indicators import (
    Panel,
    adx,
    atr,
    bbands,
    close,
    ema,
    high,
    macd,
    obv,
    rsi,
    sma,
    stoch,
    supertrend,
)
from thebot.market import Timeframe
from thebot.market.resample import resample

from .markets import START, walk

HOUR = 3_600_000


def test_readings_are_looked_up_by_expression_and_stay_as_they_are() -> None:
    panel = Panel([sma(2), (close > high.shift(1)), macd()], "1h")
    live, market = panel.start(), walk(3)
    first, second = live.step(market.candle(0)), live.step(market.candle(1))
    assert second[sma(2)] == pytest.approx((market.close[0] + market.close[1]) / 2)
    assert np.isnan(first[sma(2)])  # not changed by the second
    assert second[high.shift(1)] == market.high[0]
    assert np.isnan(second[macd().line])
    assert live.readings is second
    with pytest.raises(KeyError, match=r"ema\(3\) is not in Panel"):
        second[ema(3)]
    with pytest.raises(KeyError, match="look up one of"):
        second[macd()]


def test_candles_out_of_order_are_refused_and_change_nothing() -> None:
    live, market = Panel([ema(3)], "1h").start(), walk(10)
    live.warm(market.rows(slice(0, 5)))
    before = live.save()
    with pytest.raises(IndicatorError, match="once each, in order"):
        live.step(market.candle(4))
    assert live.save() == before


def test_a_preview_changes_nothing_and_keeps_longer_timeframes_closed() -> None:
    panel = Panel([ema(3), ema(3).at("4h"), stoch().k], "1h")
    live, market = panel.start(), walk(40)
    live.warm(market.rows(slice(0, 31)))
    before = live.save()
    forming = replace(market.candle(31), closed=False)  # would complete a 4h candle
    previewed = live.preview(forming)
    assert live.save() == before
    stepped = live.step(market.candle(31))
    assert previewed[ema(3)] == stepped[ema(3)]
    assert (
        previewed[ema(3).at("4h")] == before["longer"]["4h"]["live"]["values"][-1] != stepped[ema(3).at("4h")]
    )


def test_saved_states_of_other_panels_are_refused() -> None:
    live = Panel([ema(3)], "1h").start()
    for other in (Panel([ema(4)], "1h"), Panel([ema(3)], "4h"), Panel([ema(3).at("4h")], "1h")):
        with pytest.raises(IndicatorError, match="warm the panel with history"):
            other.resume(live.save())
    with pytest.raises(IndicatorError, match="another version"):
        Panel([ema(3)], "1h").resume({**live.save(), "version": 0})


def test_a_restart_in_the_middle_of_a_longer_candle_is_not_felt() -> None:
    panel = Panel([atr(3).at("4h").shift(2), sma(ema(5).at("1d"), 3)], "1h")
    market = walk(200, start=START + 2 * HOUR)
    never, live = panel.start(), panel.start()
    for candle in market:
        live = panel.resume(json.loads(json.dumps(live.save())))  # stopped after every single candle
        a, b = never.step(candle), live.step(candle)
        np.testing.assert_array_equal(
            [a[each] for each in panel.columns], [b[each] for each in panel.columns]
        )


@pytest.mark.parametrize("begin", [0, 1, 3, 27])
def test_a_longer_timeframes_own_history_comes_before_what_is_derived(begin: int) -> None:
    """With history the values are those of a run that had seen all the base candles from the start."""
    everything = walk(2_000)
    panel = Panel([ema(20).at("4h"), (close > sma(5)).at("1d")], "1h")
    whole = panel.over(everything)
    first = 1_000 + begin
    own = {frame: resample(everything, frame).candles for frame in map(Timeframe, ("4h", "1d"))}
    recent = everything.rows(slice(first, None))
    over, live = panel.over(recent, own), panel.start().warm(recent, own)
    for expression in panel.expressions:
        np.testing.assert_array_equal(over[expression], live[expression])
        # the values that stood before the first of these candles' close are seen at once
        np.testing.assert_array_equal(over[expression], whole[expression][first:])


def test_the_longer_candle_in_progress_at_the_start_can_be_handed_in_later() -> None:
    everything = walk(400)
    four = Timeframe("4h")
    panel = Panel([ema(5).at("4h")], "1h")
    closed = resample(everything, four).candles
    recent = everything.rows(slice(202, None))  # two hours into a candle that has not closed yet
    live = panel.start()
    live.warm(recent.rows(slice(0, 1)), {four: closed.between(end=int(recent.open_time[0]) - 2 * HOUR)})
    in_progress = closed.candle(50)
    assert in_progress.open_time == int(recent.open_time[0]) - 2 * HOUR
    assert live.hear(in_progress)
    assert not live.hear(in_progress)  # once
    assert not live.hear(closed.candle(51))  # this one is derived
    whole = panel.over(everything)[ema(5).at("4h")]
    for row in range(1, len(recent)):
        assert live.step(recent.candle(row))[ema(5).at("4h")] == whole[202 + row]


def test_history_of_longer_timeframes_comes_first_or_not_at_all() -> None:
    live, market = Panel([ema(5).at("4h")], "1h").start(), walk(50)
    live.warm(market.rows(slice(0, 5)))
    with pytest.raises(IndicatorError, match="before the first candle"):
        live.warm(market.rows(slice(5, 50)), {Timeframe("4h"): resample(market, Timeframe("4h")).candles})


def test_a_timeframe_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(IndicatorError, match="do not add up to candles of 4h"):
        Panel([close.at("4h")], "1d")
    with pytest.raises(IndicatorError, match="reads candles of 4h, not 1h"):
        Panel([close], "4h").over(walk(5))


def test_reading_at_its_own_timeframe_is_reading_it() -> None:
    market = walk(30)
    columns = Panel([ema(3).at("1h")], "1h").over(market)
    np.testing.assert_array_equal(columns[ema(3).at("1h")], columns[ema(3)])


def test_what_must_be_loaded_is_told_by_timeframe() -> None:
    panel = Panel([sma(20), ema(50).at("4h"), sma(ema(9).at("1d"), 3)], "1h")
    assert panel.warmup == {Timeframe("1h"): 19, Timeframe("4h"): 49, Timeframe("1d"): 8}
    assert panel.memory[Timeframe("4h")] == ema(50).memory


def test_equal_nodes_are_computed_once() -> None:
    assert len(Panel([rsi(14) < 30, rsi(14) > 70, rsi(14)], "1h").nodes) == 3


def test_a_hundred_symbols_take_little_memory() -> None:
    ten = [sma(20), ema(20), rsi(14), macd(), bbands(), atr(14), supertrend(), stoch(), adx(14), obv()]
    panel = Panel([*ten, ema(200).at("4h"), sma(200)], "1m")
    market = walk(250, timeframe="1m")
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    lives = [panel.start() for _ in range(100)]
    for live in lives[:20]:
        live.warm(market)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert taken < 6 * 2**20, f"{taken / 2**20:.1f} MiB"


def test_nothing_heavy_is_loaded_to_run_live() -> None:
    code = (
        "import sys; from thebot.indicators import *; from thebot.indicators import contract; "
        "from thebot.market import Candle, Timeframe; "
        "p = Panel([d() for d in catalogue()] + [parse('ema(2).at(\\'4h\\') > 1')], '1h'); live = p.start(); "
        "prices = dict.fromkeys(['open', 'high', 'low', 'close', 'volume'], 1.0); "
        "c = Candle(symbol='X', timeframe=Timeframe('1h'), open_time=0, **prices); "
        "live.step(c); p.resume(live.save()); "
        "print(sorted({'numba', 'polars', 'pandas', 'llvmlite', 'platformdirs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
