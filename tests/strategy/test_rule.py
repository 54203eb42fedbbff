from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.series import markets, of_closes, random_market

from thebot.errors import BadSetting, IndicatorError
from thebot.indicators import close, crosses_above, crosses_below, ema, rsi, sma, volume
from thebot.market import Candles, Timeframe
from thebot.market.parquet import read_candles
from thebot.market.resample import resample
from thebot.strategy import (
    Signal,
    SignalRule,
    Strategy,
    edges_over,
    on_higher,
    signals_over,
    strategies,
    strategy,
)

QUICK = {
    "rsi-reversal": strategy("rsi-reversal", period=3, oversold=40, overbought=60),
    "macd-trend": strategy("macd-trend", fast=3, slow=6, signal=3, trend=3),
    "supertrend-flip": strategy("supertrend-flip", period=3, multiplier=1),
    "own": Strategy(
        name="own",
        entry=(close > sma(5)) & on_higher(rsi(3) < 60),
        exit=(close < sma(5)) | on_higher(crosses_below(close, ema(3))),
        confirms_entry=(volume > sma(volume, 3),),
    ),
}
quick = st.sampled_from(list(QUICK.values()))


def stepped(chosen: Strategy, market: Candles) -> list[Signal]:
    rule = SignalRule(chosen, market.symbol, market.timeframe)
    return [signal for candle in market for signal in rule.step(candle)]


@given(quick, markets(length=250, timeframes=("1h", "1m")))
def test_columns_steps_and_history_give_the_same_signals(chosen: Strategy, market: Candles) -> None:
    signals = stepped(chosen, market)
    assert signals_over(chosen, market) == signals
    assert SignalRule(chosen, market.symbol, market.timeframe).warm(market) == signals
    edges = edges_over(chosen, market)
    assert market.close_time[edges.enter].tolist() == [s.at for s in signals if s.side == "BUY"]
    assert market.close_time[edges.leave].tolist() == [s.at for s in signals if s.side == "SELL"]


@given(quick, markets(length=200, timeframes=("1h",)), st.data())
def test_warmed_then_stepped_saved_and_resumed_is_as_never_stopped(
    chosen: Strategy, market: Candles, data: st.DataObject
) -> None:
    first, second = sorted(data.draw(st.tuples(*[st.integers(0, len(market))] * 2)))
    rule = SignalRule(chosen, "TESTUSDT", "1h")
    found = rule.warm(market[:first])
    for candle in market[first:second]:
        found += rule.step(candle)
    saved = json.loads(json.dumps(rule.save(), allow_nan=False))
    again = SignalRule.resume(chosen, "TESTUSDT", "1h", saved)
    found += again.warm(market[second:])
    assert found == stepped(chosen, market)


@given(quick, markets(length=200, timeframes=("1h",)), st.floats(0, 1))
def test_the_future_never_changes_the_past(chosen: Strategy, market: Candles, cut: float) -> None:
    early = market[: max(1, int(len(market) * cut))]
    until = early.close_time[-1]
    known = [signal for signal in signals_over(chosen, market) if signal.at <= until]
    assert signals_over(chosen, early) == known


@given(quick, markets(length=120, timeframes=("1h",)))
def test_a_preview_tells_what_the_close_will_and_changes_nothing(chosen: Strategy, market: Candles) -> None:
    rule = SignalRule(chosen, "TESTUSDT", "1h")
    found: list[Signal] = []
    for candle in market:
        shaken = replace(candle, close=candle.low, closed=False)
        rule.preview(shaken)
        rule.preview(replace(candle, high=candle.high * 2, close=candle.high * 2, closed=False))
        foreseen = rule.preview(replace(candle, closed=False))
        signals = rule.step(candle)
        if not chosen.higher_timeframes("1h"):  # a long candle that closes with it is not known before
            assert foreseen == signals or foreseen == []
        found += signals
    assert found == stepped(chosen, market)


@settings(max_examples=15)
@given(markets(length=400, timeframes=("1h",)), st.integers(1, 300))
def test_with_the_higher_timeframes_own_history_the_signals_are_those_of_a_longer_run(
    market: Candles, cut: int
) -> None:
    chosen = QUICK["macd-trend"]
    later = market[cut:]
    if not len(later):
        return
    higher = {Timeframe("4h"): resample(market[:cut], Timeframe("4h")).candles}
    rule = SignalRule(chosen, "TESTUSDT", "1h")
    assert rule.warm(later, higher) == signals_over(chosen, later, higher)


def test_a_rule_fires_once_when_its_condition_becomes_true() -> None:
    rising = Strategy(name="rising", entry=close > sma(2), exit=close < sma(2))
    signals = stepped(rising, of_closes([5, 4, 3, 4, 5, 6, 7, 6, 5, 6]))
    hours = [(signal.side, (signal.at - 1_704_067_200_000) // 3_600_000) for signal in signals]
    assert hours == [("BUY", 4), ("SELL", 8), ("BUY", 10)]
    assert signals[0].price == 4


def test_a_signal_says_why_with_the_figures_and_what_confirms_it() -> None:
    chosen = Strategy(
        name="said",
        entry=crosses_above(close, sma(2)),
        exit=crosses_below(close, sma(2)),
        confirms_entry=(close > 3, close > 100),
    )
    (signal,) = [s for s in stepped(chosen, of_closes([5, 4, 3, 4])) if s.side == "BUY"]
    assert signal.reasons == ("close 4.00 crossed above SMA(2) 3.50", "confirmed by close 4.00 > 3")
    assert (signal.confidence, signal.level) == (0.5, "MEDIUM")
    assert signal.strength == 0  # the usual move is not known after four candles
    (sold,) = [s for s in stepped(chosen, of_closes([3, 4, 5, 4])) if s.side == "SELL"]
    assert sold.confidence == 0.5  # nothing to confirm it, nothing against it


def test_strength_is_the_move_in_usual_moves_in_the_signals_direction() -> None:
    flat = [100.0, 101.0] * 20
    chosen = Strategy(name="x", entry=crosses_above(close, 101), exit=crosses_below(close, 100))
    (half,) = stepped(chosen, of_closes([*flat, 101.5]))
    (full,) = stepped(chosen, of_closes([*flat, 150]))
    (down,) = stepped(chosen, of_closes([*flat, 99.6]))
    assert 0.4 < half.strength < 0.6
    assert full.strength == 1
    assert down.side == "SELL"
    assert down.strength == 1
    assert all(round(signal.strength, 2) == signal.strength for signal in (half, full, down))


def test_an_exit_goes_before_an_entry_at_the_same_candle() -> None:
    both = Strategy(name="both", entry=crosses_above(close, 10), exit=crosses_above(close, 10))
    market = of_closes([9, 11])
    assert [signal.side for signal in stepped(both, market)] == ["SELL"]
    assert not edges_over(both, market).enter.any()


def test_behind_a_halt_everything_starts_over() -> None:
    market = random_market(seed=3, length=600, timeframe="1h")
    hole = np.where(np.arange(600) >= 300, 24 * 3_600_000, 0)
    halted = market._with({"open_time": market.open_time + hole})
    for chosen in QUICK.values():
        apart = stepped(chosen, halted[:300]) + stepped(chosen, halted[300:])
        assert stepped(chosen, halted) == signals_over(chosen, halted) == apart
    rule = SignalRule(QUICK["rsi-reversal"], "TESTUSDT", "1h")
    rule.warm(halted[:300])
    assert all(rule.preview(replace(candle, closed=False)) == [] for candle in halted[300:])


def test_candles_twice_or_backwards_are_refused() -> None:
    market = random_market(seed=3, length=10, timeframe="1h")
    rule = SignalRule(QUICK["rsi-reversal"], "TESTUSDT", "1h")
    rule.warm(market)
    with pytest.raises(IndicatorError, match="in order"):
        rule.step(market[9])


def test_what_was_saved_of_another_rule_is_not_taken() -> None:
    saved = SignalRule(QUICK["rsi-reversal"], "TESTUSDT", "1h").save()
    with pytest.raises(BadSetting, match=r"belongs to rsi-reversal .* on TESTUSDT 1h, not to"):
        SignalRule.resume(strategy("rsi-reversal"), "TESTUSDT", "1h", saved)
    with pytest.raises(BadSetting, match="not to"):
        SignalRule.resume(QUICK["rsi-reversal"], "OTHERUSDT", "1h", saved)


def test_no_history_gives_no_signals() -> None:
    nothing = of_closes([])
    higher = {Timeframe("4h"): Candles.empty("TESTUSDT", Timeframe("4h"))}
    assert SignalRule(QUICK["macd-trend"], "TESTUSDT", "1h").warm(nothing, higher) == []
    assert signals_over(QUICK["macd-trend"], nothing) == []
    assert len(edges_over(QUICK["macd-trend"], nothing).enter) == 0


@pytest.mark.parametrize("name", strategies())
def test_real_hours_give_signals_that_say_why(shared: Path, name: str) -> None:
    market = read_candles(shared / "data" / "spot" / "BTCUSDT-1h.parquet")[:3000]
    chosen = strategy(name)
    signals = signals_over(chosen, market)
    assert SignalRule(chosen, "BTCUSDT", "1h").warm(market) == signals
    assert len(signals) > 30
    assert {signal.side for signal in signals} == {"BUY", "SELL"}
    assert {signal.level for signal in signals} == {"LOW", "MEDIUM", "HIGH"}
    assert all(signal.reasons and not signal.reasons[0].startswith("confirmed") for signal in signals)
    assert not any("nan" in reason for signal in signals for reason in signal.reasons)
    if name == "macd-trend":
        assert all("on 4h" in s.reasons[1] for s in signals if s.side == "BUY")


def test_live_rules_load_no_compiler() -> None:
    code = (
        "import sys; from tests.market.series import random_market; from thebot.strategy import *\n"
        "market = random_market(seed=1, length=200, timeframe='1h')\n"
        "for name in strategies(): SignalRule(strategy(name), 'TESTUSDT', '1h').warm(market)\n"
        "print([m for m in ('numba', 'polars', 'pandas', 'sklearn') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert ran.stdout.strip() == "[]"
