"""Every indicator of the catalogue keeps every clause of the contract."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thebot.indicators import Definition, Expression, catalogue, close, parse, sma
from thebot.indicators.contract import (
    broken,
    does_not_see_the_future,
    examples,
    forgets_its_start,
    is_known_after_warmup,
    resumes_as_if_never_stopped,
    scales_with_the_price,
    sees_closed_candles_only,
    streams_as_columns,
    walks_as_it_streams,
)
from thebot.indicators.expression import Constant
from thebot.market import Candles, Timeframe
from thebot.market.quality import check

from .markets import markets, walk

every_indicator = pytest.mark.parametrize(
    "indicator", [e for d in catalogue() for e in examples(d)], ids=repr
)
# There are some hundred of them, each held to the same clauses: what one market misses another finds.
fewer = settings(max_examples=max(1, settings().max_examples * 3 // 10))

RULES = [
    "crosses_above(rsi(3), 50) and close > ema(5).at('4h')",
    "not crosses_below(macd(3, 5, 2).line, macd(3, 5, 2).signal) or (close / volume > 1).shift(2)",
    "(crosses_above(sma(2), sma(5)) and not close < sma(3)).at('4h')",
    "((close - sma(close / (volume > 0), 3)) * -2 >= 0).at('2h').shift(3)",
    "crosses_below(close, open) or not crosses_above(close, open).shift(2) and open < close.shift(1)",
    "ema(rsi(2).at('1d') + close, 3) > sma(atr(2).at('4h'), 2)",
]
NUMBERS = [Constant(5.0).shift(2), sma(Constant(5.0), 3) > close.shift(1)]
every_rule = pytest.mark.parametrize("rule", [*(parse(text) for text in RULES), *NUMBERS], ids=repr)


@given(markets())
def test_the_markets_of_these_tests_pass_the_door(market: Candles) -> None:
    check(market)


@every_indicator
@fewer
@given(market=markets(), cut=st.integers(0, 120))
def test_a_stream_equals_columns_from_every_cut_to_the_last_bit(
    indicator: Expression, market: Candles, cut: int
) -> None:
    assert streams_as_columns(indicator, market.rows(slice(cut, None))) == []


@every_indicator
@fewer
@given(market=markets(), cut=st.integers(0, 120))
def test_resumed_equals_never_stopped(indicator: Expression, market: Candles, cut: int) -> None:
    assert resumes_as_if_never_stopped(indicator, market, min(cut, len(market))) == []


@every_indicator
@fewer
@given(market=markets(), cut=st.integers(0, 120))
def test_many_candles_at_once_are_as_one_by_one(indicator: Expression, market: Candles, cut: int) -> None:
    assert walks_as_it_streams(indicator, market, min(cut, len(market))) == []


@every_indicator
@fewer
@given(market=markets(), cut=st.integers(0, 120))
def test_the_future_never_changes_the_past(indicator: Expression, market: Candles, cut: int) -> None:
    assert does_not_see_the_future(indicator, market, cut) == []


@every_indicator
@fewer
@given(market=markets(clean=True))
def test_it_is_unknown_before_its_warm_up_and_never_after(indicator: Expression, market: Candles) -> None:
    assert is_known_after_warmup(indicator, market) == []


@every_indicator
@fewer
@given(market=markets(), exponent=st.integers(-30, 30))
def test_its_values_scale_with_the_price(indicator: Expression, market: Candles, exponent: int) -> None:
    assert scales_with_the_price(indicator, market, 2.0**exponent) == []


@every_indicator
@fewer
@given(market=markets(), longer=st.sampled_from(["2h", "4h", "1d"]))
def test_on_a_longer_timeframe_it_sees_closed_candles_only(
    indicator: Expression, market: Candles, longer: str
) -> None:
    assert sees_closed_candles_only(indicator, market, Timeframe(longer)) == []


@every_rule
@given(market=markets(), cut=st.integers(0, 120))
def test_rules_keep_the_contract_too(rule: Expression, market: Candles, cut: int) -> None:
    cut = min(cut, len(market))
    assert streams_as_columns(rule, market) == []
    assert resumes_as_if_never_stopped(rule, market, cut) == []
    assert walks_as_it_streams(rule, market, cut) == []
    assert does_not_see_the_future(rule, market, cut) == []


@pytest.mark.parametrize("definition", catalogue(), ids=repr)
@pytest.mark.parametrize("seed", [1, 2])
def test_its_memory_is_as_short_as_it_says(definition: Definition, seed: int) -> None:
    assert forgets_its_start(definition(), walk(3_000, seed=seed)) == []


def test_all_clauses_together_find_nothing_in_an_indicator_of_ours() -> None:
    assert broken(parse("atr(5)"), walk(200), longer="4h") == []
