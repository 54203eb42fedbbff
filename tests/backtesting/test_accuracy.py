from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.market.series import of_closes, random_market

from thebot.backtesting import metrics
from thebot.backtesting.accuracy import accuracy
from thebot.errors import BadSetting
from thebot.indicators import close
from thebot.market.parquet import read_candles
from thebot.strategy import Strategy, strategy

# Down to 90 is followed by a rise of a third, up to 120 by a fall of a quarter, always.
WAVE = [100.0, 90.0, 120.0, 90.0, 120.0, 90.0, 120.0, 100.0]
DIP = Strategy(name="dip", entry=close < 95, exit=close > 110)


def test_signals_are_judged_by_the_close_so_many_candles_later() -> None:
    buy, sell = accuracy(DIP, of_closes(WAVE), (1, 2))
    assert (buy.signal, buy.side, sell.signal, sell.side) == ("buy", "long", "sell", "short")
    one, two = buy.after
    assert (one.signals, one.candles) == (3, 7)
    assert one.hits.point == 1
    assert one.mean.point == pytest.approx(1 / 3)
    assert one.base_hits == pytest.approx(3 / 7)  # it rose after the three dips only
    assert (two.signals, two.hits.point) == (3, 1 / 3)  # 90 to 90 twice, 90 to 100
    falls = sell.after[0]
    assert (falls.signals, falls.hits.point, falls.base_hits) == (3, 1, pytest.approx(4 / 7))
    assert falls.mean.point == pytest.approx((0.25 + 0.25 + 20 / 120) / 3)


def test_short_entries_and_their_exits_are_signals_too() -> None:
    both = Strategy(
        name="both", entry=close < 95, exit=close > 110, short_entry=close > 118, short_exit=close < 99
    )
    assert [each.signal for each in accuracy(both, of_closes(WAVE), (1,))] == [
        "buy",
        "sell",
        "sell short",
        "buy back",
    ]


def test_a_signal_that_never_fires_is_left_out() -> None:
    assert accuracy(Strategy(name="never", entry=close < 1, exit=close > 1000), of_closes(WAVE)) == ()


def test_candles_before_the_start_and_after_the_end_do_not_count() -> None:
    candles = of_closes(WAVE)
    (buy, _) = accuracy(DIP, candles, (1,), start=int(candles.open_time[2]), end=int(candles.open_time[6]))
    assert (buy.after[0].signals, buy.after[0].candles) == (1, 3)


def test_nothing_is_looked_at_across_a_halt(shared: Path) -> None:
    """LUNA's new coin began at thousands of times the last price of the old one."""
    candles = read_candles(shared / "data" / "spot" / "LUNAUSDT-1h.parquet")
    for each in accuracy(strategy("rsi-reversal"), candles, (1, 64)):
        for after in each.after:
            assert abs(after.base_mean) < 0.05
    bridged = metrics.forward_returns(candles.close, 64)
    assert np.nanmax(bridged) > 1000  # what would have been counted


def test_several_symbols_are_judged_together() -> None:
    one, two = (
        random_market(seed=1, length=400, timeframe="1h"),
        random_market(seed=2, length=300, timeframe="1h"),
    )
    found = accuracy(strategy("rsi-reversal"), [one, replace(two, symbol="OTHERUSDT")], (4,))
    parts = [accuracy(strategy("rsi-reversal"), each, (4,)) for each in (one, two)]
    for k, each in enumerate(found):
        assert each.after[0].signals == sum(part[k].after[0].signals for part in parts)
        assert each.after[0].candles == 692


def test_a_random_walk_gives_no_signal_an_edge() -> None:
    found = accuracy(strategy("rsi-reversal"), random_market(seed=5, length=5000, timeframe="1h"), (4,))
    for each in found:
        assert each.after[0].lift_hits.low < 0 < each.after[0].lift_hits.high


def test_accuracy_is_plain_for_json_and_what_is_unknown_is_null() -> None:
    once = Strategy(name="once", entry=close > 119.5, exit=close < 1)
    (found,) = accuracy(once, of_closes([100.0, 120.0, 110.0, 100.0]), (1,))
    plain = json.loads(json.dumps(found.plain(), allow_nan=False))
    assert plain["after"][0]["signals"] == 1
    assert plain["after"][0]["hits"]["value"] is None  # of a single signal nothing is said
    assert math.isnan(found.after[0].hits.point)


def test_what_cannot_be_is_refused() -> None:
    hours, days = of_closes(WAVE), of_closes(WAVE, timeframe="1d")
    with pytest.raises(BadSetting, match="one timeframe"):
        accuracy(DIP, [hours, days])
    with pytest.raises(BadSetting, match="one timeframe"):
        accuracy(DIP, [])
    with pytest.raises(BadSetting, match="horizon of 0"):
        accuracy(DIP, hours, (0,))
