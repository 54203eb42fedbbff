from __future__ import annotations

import pickle

import pytest
from tests.market.series import of_closes

from thebot.errors import BadSetting, IndicatorError, UnknownName
from thebot.indicators import Panel, close, crosses_above, crosses_below, ema, rsi, sma, stoch
from thebot.market import TIMEFRAMES, Timeframe
from thebot.strategy import Strategy, higher_of, on_higher, strategy, strategy_about, strategy_source
from thebot.strategy.definition import edge
from thebot.strategy.higher import HIGHER, resolved


def test_parameters_are_recorded_and_change_the_rule() -> None:
    quick = strategy("rsi-reversal", period=10, oversold=25)
    assert quick.label == "rsi-reversal (period 10, oversold 25, overbought 70)"
    assert repr(quick.entry) == "crosses_above(rsi(10), 25)"
    assert quick != strategy("rsi-reversal")
    assert quick == strategy("rsi-reversal", period=10.0, oversold=25.0)
    assert len({quick, strategy("rsi-reversal", period=10, oversold=25)}) == 1
    assert pickle.loads(pickle.dumps(quick)) == quick  # noqa: S301  (our own bytes)


@pytest.mark.parametrize(
    ("name", "parameters", "error", "why"),
    [
        ("rsi-reversl", {}, UnknownName, "'rsi-reversal'"),
        ("rsi-reversal", {"perod": 3}, UnknownName, "'period'"),
        ("rsi-reversal", {"period": 0}, BadSetting, "rsi-reversal: .*period is 0"),
        ("rsi-reversal", {"period": 2.5}, BadSetting, "period is 2.5; give a whole number"),
        ("rsi-reversal", {"period": "long"}, BadSetting, "period is 'long'; give a whole number"),
        ("rsi-reversal", {"oversold": 80}, BadSetting, "oversold below overbought"),
        ("rsi-reversal", {"oversold": True}, BadSetting, "give a number"),
        ("macd-trend", {"fast": 30}, BadSetting, "fast 30 must be below slow 26"),
    ],
)
def test_what_a_strategy_cannot_take_is_said(
    name: str, parameters: dict[str, float], error: type[BadSetting], why: str
) -> None:
    with pytest.raises(error, match=why) as caught:
        strategy(name, **parameters)
    assert caught.value.exit_code == 2


def test_an_indicator_in_any_case_stands_for_the_strategy_about_it() -> None:
    assert strategy_about("RSI") == strategy("rsi-reversal")
    assert strategy_about("macd") == strategy("macd-trend")
    assert strategy_about("SMA", fast=5).label == "sma-cross (fast 5, slow 100, side long)"


def test_an_indicator_without_a_strategy_gives_one_by_its_usual_rule() -> None:
    made = strategy_about("Stoch", period=9)
    assert made.label == "stoch-rule (period 9, smooth 3, signal 3)"
    lines = stoch(9, 3, 3)
    assert made.entry == crosses_above(lines.k, lines.d)
    assert made.exit == crosses_below(lines.k, lines.d)
    assert made == strategy_source("stoch-rule")(period=9)
    with pytest.raises(BadSetting, match="atr says nothing of when to buy and sell"):
        strategy_about("atr")
    with pytest.raises(UnknownName, match="Did you mean 'stoch'"):
        strategy_about("stohc")


def test_only_conditions_decide() -> None:
    with pytest.raises(BadSetting, match=r"rsi\(14\) is not a condition"):
        Strategy(name="x", entry=rsi(14), exit=rsi(14) > 70)
    with pytest.raises(BadSetting, match="needs a name"):
        Strategy(name="", entry=rsi(14) < 30, exit=rsi(14) > 70)


def test_the_higher_timeframe_is_the_stated_one_and_always_fits() -> None:
    assert {str(short): str(long) for short, long in HIGHER.items()} == {
        "1m": "5m", "3m": "15m", "5m": "30m", "15m": "1h", "30m": "2h", "1h": "4h", "2h": "8h",
        "4h": "1d", "6h": "1d", "8h": "1d", "12h": "3d", "1d": "1w",
    }  # fmt: skip
    for short, long in HIGHER.items():
        assert short.divides(long)
        assert 3 <= long.nominal_ms / short.nominal_ms <= 7
    for none in set(TIMEFRAMES) - set(HIGHER):
        with pytest.raises(BadSetting, match="no higher timeframe"):
            higher_of(none)


def test_a_strategy_looks_up_from_wherever_it_runs() -> None:
    trend = strategy("macd-trend")
    assert trend.higher_timeframes("1h") == (Timeframe("4h"),)
    assert trend.higher_timeframes("15m") == (Timeframe("1h"),)
    assert "(close > ema(50)).at('4h')" in repr(trend.on("1h").entry)
    assert strategy("rsi-reversal").higher_timeframes("1M") == ()
    with pytest.raises(BadSetting, match=r"macd-trend: .* no higher timeframe to look up to from 1w"):
        trend.higher_timeframes("1w")


def test_looking_up_can_be_part_of_anything_and_be_turned_round() -> None:
    rising = on_higher(close > ema(50))
    rule = ~(rising & (rsi(14) < 30)) | crosses_above(sma(on_higher(close), 3), 5)
    found = resolved(rule, Timeframe("1h"))
    assert repr(found) == (
        "(close <= ema(50)).at('4h') | (rsi(14) >= 30) | crosses_above(sma(close.at('4h'), 3), 5)"
    )
    assert resolved(rsi(14) < 30, Timeframe("1h")) == (rsi(14) < 30)
    assert repr(rule).startswith("on_higher(close <= ema(50)) | (rsi(14) >= 30)")
    assert rising.label == "(close > EMA(50)) on the higher timeframe"
    with pytest.raises(IndicatorError):
        Panel([rising], "1h").start()  # it has to be resolved first


def values_of(condition: object, closes: list[float]) -> list[bool]:
    panel = Panel([condition], "1h")
    return [bool(value) for value in panel.start().warm(of_closes(closes))[condition]]


def test_an_edge_is_where_a_condition_becomes_true_and_was_known_not_to_be() -> None:
    above = close > sma(2)
    assert values_of(above, [1, 2, 3, 2, 1, 2, 3, 4]) == [False, True, True, False, False, True, True, True]
    # at the second candle it is true, but nobody can say that it was not before
    assert values_of(edge(above), [1, 2, 3, 2, 1, 2, 3, 4]) == [False] * 5 + [True, False, False]


def test_a_crossing_is_an_edge_already() -> None:
    crossing = crosses_below(close, sma(2))
    assert edge(crossing) is crossing
