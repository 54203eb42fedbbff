"""Strategies as texts and numbers: what is written comes back equal, and what cannot be read is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import BadSetting, IndicatorError, UnknownName
from thebot.indicators import (
    Expression,
    atr,
    bbands,
    close,
    crosses_above,
    crosses_below,
    donchian,
    ema,
    low,
    rsi,
    sma,
    volume,
)
from thebot.strategy import (
    AtPrice,
    CappedKelly,
    EquityFraction,
    Exits,
    FixedAmount,
    LimitOrder,
    MarketOrder,
    Percent,
    RiskFraction,
    Strategy,
    VolatilityTarget,
    on_higher,
)
from thebot.strategy.texts import strategy_of_texts

_numbers = st.floats(0.001, 99, allow_nan=False)
_prices: st.SearchStrategy[Expression] = st.recursive(
    st.sampled_from([close, low, sma(3), ema(50), rsi(7), bbands(20, 2.5).lower, close.at("4h")]),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a - b * (a / b), inner, inner),
        st.builds(lambda a, number: number * -a, inner, _numbers),
        st.builds(lambda a, candles: a.shift(candles), inner, st.integers(1, 9)),
        inner.map(on_higher),
        inner.map(lambda a: a.at("1d")),
    ),
    max_leaves=4,
)
_conditions: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(
        st.builds(lambda a, b: a > b, _prices, _prices),
        st.builds(lambda a, number: a <= -number, _prices, _numbers),
        st.builds(crosses_above, _prices, _prices),
        st.builds(crosses_below, _prices, _numbers),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | ~b, inner, inner),
        inner.map(on_higher),
        inner.map(lambda a: ~a.shift(1)),
    ),
    max_leaves=4,
)
_distances = st.one_of(
    _numbers,
    _numbers.map(Percent),
    st.builds(lambda times, period: times * atr(period), _numbers, st.integers(2, 50)),
    _prices,
    _prices.map(AtPrice),
)
_exits = st.builds(
    Exits, stop=_distances, target=st.none() | _distances, trailing=st.none() | _distances,
    break_even=st.none() | _distances, expires=st.none() | st.integers(1, 99) | st.just("2d"),
)  # fmt: skip
_sizings = st.one_of(
    st.builds(FixedAmount, _numbers),
    st.builds(EquityFraction, st.floats(0.01, 1)),
    st.builds(RiskFraction, st.floats(0.01, 1), at_most=st.floats(0.01, 1)),
    st.builds(VolatilityTarget, st.floats(0.01, 3), period=st.integers(2, 99)),
    st.builds(VolatilityTarget, st.floats(0.01, 3), volatility=_prices),
    st.builds(CappedKelly, cap=st.floats(0.5, 1), after=st.integers(2, 99), least=st.floats(0.01, 0.5)),
)
_orders = st.builds(MarketOrder) | st.builds(
    LimitOrder, offset=st.just(0) | _distances, candles=st.integers(1, 9)
)
random_strategies = st.builds(
    Strategy,
    name=st.sampled_from(["random", "a name with spaces"]),
    entry=_conditions,
    exit=st.none() | _conditions,
    short_entry=st.none() | _conditions,
    short_exit=st.none() | _conditions,
    confirms_entry=st.lists(_conditions, max_size=2).map(tuple),
    confirms_exit=st.lists(_conditions, max_size=2).map(tuple),
    sizing=_sizings,
    exits=_exits,
    order=_orders,
    cooldown=st.sampled_from([0, 3, "12h"]),
    parameters=st.sampled_from([(), (("period", 3), ("side", "long"), ("far", 0.1))]),
    description=st.sampled_from(["", "Buys. “Sells”."]),
)


@given(random_strategies)
def test_what_is_written_comes_back_equal(made: Strategy) -> None:
    assert Strategy.of_plain(json.loads(json.dumps(made.plain(), allow_nan=False))) == made


def read(section: dict[str, Any], **parameters: int | float | str) -> Strategy:
    whole = {"entry": "close > 1", "exit": "close < 1", **section}
    return strategy_of_texts("dip", whole, parameters)


def test_parameters_stand_in_texts_by_name() -> None:
    made = read(
        {
            "entry": "crosses_above(rsi(period), oversold) and on_higher(close > ema(50))",
            "exits": {"stop": "far * atr(period)", "target": "gain", "trailing": "at donchian(period).lower"},
            "sizing": {"risk": "share", "at_most": 0.5},
            "order": {"limit": "0.5%", "candles": "patience"},
            "cooldown": "patience",
            "confirms_entry": "volume > 5",
        },
        period=7, oversold=25, far=2.5, gain="3atr", share=0.02, patience=4,
    )  # fmt: skip
    assert made == Strategy(
        name="dip",
        entry=crosses_above(rsi(7), 25) & on_higher(close > ema(50)),
        exit=close < 1,
        exits=Exits(stop=2.5 * atr(7), target=3 * atr(14), trailing=AtPrice(donchian(7).lower)),
        sizing=RiskFraction(0.02, at_most=0.5),
        order=LimitOrder(Percent(0.5), 4),
        cooldown=4,
        confirms_entry=(volume > 5,),
    )


@pytest.mark.parametrize(
    ("section", "error", "why", "where"),
    [
        ({"entyr": "close > 1"}, UnknownName, "setting of a strategy 'entyr'. Did you mean 'entry'", "entyr"),
        ({"entry": "rsi(14"}, IndicatorError, "never closed", "entry"),
        ({"entry": "close"}, BadSetting, "close is not a condition", "entry"),
        ({"entry": 5}, BadSetting, "entry is 5; write it as a text", "entry"),
        ({"confirms_exit": ["close > 1", "clse > 1"]}, UnknownName, "Did you mean 'close'", "confirms_exit"),
        ({"exits": {"stopp": "5%"}}, UnknownName, "Did you mean 'stop'", "exits.stopp"),
        ({"exits": {"stop": "500%"}}, BadSetting, "below 100", "exits.stop"),
        ({"exits": {"stop": "clse * 2"}}, UnknownName, "'clse'", "exits.stop"),
        ({"exits": {"stop": "close > 1"}}, BadSetting, "a condition, not a distance", "exits"),
        ({"exits": {"stop": "at close > 1"}}, BadSetting, "a condition, not a price", "exits.stop"),
        ({"exits": {"stop": True}}, BadSetting, "stop True is no distance", "exits.stop"),
        ({"exits": {"stop": []}}, BadSetting, r"exits.stop is \[\], which is no distance", "exits.stop"),
        ({"exits": {"expires": "soon"}}, BadSetting, "no span of time", "exits"),
        ({"exits": "5%"}, BadSetting, r"a section of its own, as \[strategies.dip.exits\]", "exits"),
        ({"sizing": {}}, None, "", ""),
        ({"sizing": {"at_most": 1}}, BadSetting, "names one of size, amount", "sizing"),
        ({"sizing": {"risk": 1, "size": 1}}, BadSetting, "names one of size, amount", "sizing"),
        ({"sizing": {"risk": 0.01, "after": 3}}, UnknownName, "setting of sizing 'after'", "sizing.after"),
        ({"sizing": {"size": "most"}}, BadSetting, "sizing.size is 'most'; give a number", "sizing.size"),
        ({"sizing": {"risk": 0.01}}, BadSetting, "there is none", "a part"),
        ({"order": {"limit": "1%", "candles": 1.5}}, BadSetting, "give a whole number", "order"),
        ({"exit": None}, BadSetting, "would never get out", "a part"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    section: dict[str, Any], error: type[BadSetting] | None, why: str, where: str
) -> None:
    if error is None:
        assert read(section).sizing == EquityFraction(1.0)
        return
    with pytest.raises(error, match=why) as caught:
        read(section)
    assert caught.value.__notes__[-1] == f"It stands in {where} of the strategy dip."


def test_nothing_in_a_text_is_run() -> None:
    for text in ("__import__('os').system('true')", "on_higher.__class__", "(lambda: 1)()"):
        with pytest.raises((IndicatorError, UnknownName)):
            read({"entry": text})
        with pytest.raises((IndicatorError, UnknownName)):
            read({"exits": {"stop": text}})
