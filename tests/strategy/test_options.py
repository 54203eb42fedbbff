"""Exits, cooldown and size as parameters of every strategy."""

from __future__ import annotations

import pytest

from thebot.errors import BadSetting, UnknownName
from thebot.indicators import atr, close
from thebot.strategy import (
    CappedKelly,
    EquityFraction,
    Exits,
    FixedAmount,
    Percent,
    RiskFraction,
    Strategy,
    StrategySource,
    VolatilityTarget,
    strategy,
)
from thebot.strategy.options import OPTIONS


def rsi(**parameters: int | float | str) -> Strategy:
    return strategy("rsi-reversal", **parameters)


def test_a_distance_is_a_percentage_true_ranges_or_quote_currency() -> None:
    assert rsi(stop="5%").exits == Exits(stop=Percent(5))
    assert rsi(stop="7%").exits == Exits(stop=Percent(7))  # 100 * 0.07 would be 7.000000000000001
    assert rsi(target="2atr").exits == Exits(target=2 * atr(14))
    assert rsi(trailing="1.5 ATR(20)").exits == Exits(trailing=1.5 * atr(20))
    assert rsi(break_even="250").exits == rsi(break_even=250).exits == Exits(break_even=250)


def test_what_is_said_replaces_what_the_strategy_says_and_none_switches_it_off() -> None:
    assert strategy("donchian-breakout").exits.stop == 2 * atr(20)
    assert strategy("donchian-breakout", stop="5%", target="10%").exits == Exits(
        stop=Percent(5), target=Percent(10)
    )
    assert strategy("donchian-breakout", stop="none").exits == Exits()


def test_times_are_candles_or_spans() -> None:
    assert rsi(expires=12).exits.expires_ms("1h") == rsi(expires="12h").exits.expires_ms("1h") == 43_200_000
    assert rsi(expires="none").exits == Exits()
    assert rsi(cooldown="2d").cooldown_ms("1h") == 172_800_000
    assert rsi(cooldown=3.0).cooldown == 3
    assert rsi(cooldown="none").cooldown == rsi(cooldown=0).cooldown == 0


def test_sizes() -> None:
    assert rsi(size="50%").sizing == rsi(size=0.5).sizing == EquityFraction(0.5)
    assert rsi(amount=1000).sizing == FixedAmount(1000)
    assert rsi(stop="5%", risk="1%").sizing == RiskFraction(0.01)
    assert rsi(volatility=0.3).sizing == VolatilityTarget(0.3)
    assert rsi(kelly=0.25).sizing == CappedKelly(0.25)
    assert rsi(kelly=0.01).sizing == CappedKelly(0.01, least=0.01)


def test_what_was_said_is_kept_with_the_strategy_and_nothing_else() -> None:
    made = rsi(period=10, stop="2atr", size=0.5)
    assert made.parameters == (
        ("period", 10), ("oversold", 30.0), ("overbought", 70.0), ("stop", "2atr"), ("size", 0.5),
    )  # fmt: skip
    assert made.label == "rsi-reversal (period 10, oversold 30, overbought 70, stop 2atr, size 0.5)"
    assert strategy("rsi-reversal", **dict(made.parameters)) == made
    assert not set(dict(rsi().parameters)) & set(OPTIONS)


def test_a_parameter_of_that_name_means_the_strategys_own() -> None:
    def make(risk: int = 3) -> Strategy:
        return Strategy(name="own", entry=close > risk, exit=close < risk)

    made = StrategySource(name="own", make=make)(risk=5)
    assert made.entry == (close > 5)
    assert made.sizing == EquityFraction(1.0)


@pytest.mark.parametrize(
    ("parameters", "error", "why"),
    [
        ({"stop": "much"}, BadSetting, r"stop 'much' is no distance. Write \"5%\""),
        ({"stop": "0%"}, BadSetting, r"Percent\(0.0\) cannot be"),
        ({"stop": "100%"}, BadSetting, "below 100"),
        ({"stop": "0atr"}, BadSetting, "give more than 0"),
        ({"stop": "2atr(0)"}, BadSetting, "period is 0"),
        ({"stop": -5}, BadSetting, "A stop of -5.0 cannot be"),
        ({"stop": "nan"}, BadSetting, "A stop of nan cannot be"),
        ({"stop": True}, BadSetting, "stop True is no distance"),
        ({"expires": 1.5}, BadSetting, "expires 1.5 cannot be: give a whole number of candles"),
        ({"expires": float("nan")}, BadSetting, "expires nan cannot be"),
        ({"expires": "soon"}, BadSetting, "expires 'soon' is no span of time"),
        ({"cooldown": -1}, BadSetting, "give at least one candle"),
        ({"size": 1.5}, BadSetting, "An equity fraction of 1.5 cannot be: .* at most 1"),
        ({"size": "half"}, BadSetting, "size 'half' is no number. Size by a share of the equity"),
        ({"amount": float("inf")}, BadSetting, "amount inf is no number"),
        ({"kelly": 0}, BadSetting, "A cap of 0.0 cannot be"),
        ({"size": 0.5, "amount": 100}, BadSetting, "size and amount say two sizes"),
        ({"risk": 0.01}, BadSetting, "sizes by the distance to the stop, and there is none"),
        ({"stopp": "5%"}, UnknownName, "no parameter of rsi-reversal 'stopp'. Did you mean 'stop'"),
    ],
)
def test_what_cannot_be_is_said(
    parameters: dict[str, int | float | str], error: type[BadSetting], why: str
) -> None:
    with pytest.raises(error, match=why):
        rsi(**parameters)
