"""Expressions are values that read as they are said."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import IndicatorError, UnknownName
from thebot.indicators import (
    Expression,
    adx,
    atr,
    bbands,
    close,
    crosses_above,
    crosses_below,
    ema,
    high,
    low,
    macd,
    open_,
    parse,
    rsi,
    sma,
    supertrend,
    volume,
)
from thebot.indicators.expression import LEAVES

numbers = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
simple = st.sampled_from(
    [*LEAVES, rsi(14), ema(200), sma(volume, 5), macd().line, bbands(5, 1.5).upper, adx().adx]
)


def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]), pairs.map(lambda p: p[0] - p[1]), pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] / p[1]), st.tuples(inner, numbers).map(lambda p: p[0] * p[1]),
        st.tuples(numbers, inner).map(lambda p: p[0] - p[1]), inner.map(lambda e: -e),
        st.tuples(inner, st.integers(1, 9)).map(lambda p: p[0].shift(p[1])),
        inner.map(lambda e: e.at("4h")), inner.map(lambda e: ema(e, 5)),
    )  # fmt: skip


values = st.recursive(simple, grown, max_leaves=6)
pairs = st.tuples(values, values)
with_number = st.tuples(values, numbers)
comparisons = st.one_of(
    with_number.map(lambda p: p[0] < p[1]), pairs.map(lambda p: p[0] >= p[1]),
    pairs.map(lambda p: crosses_above(*p)), with_number.map(lambda p: ~crosses_below(*p)),
)  # fmt: skip


def combined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: p[0] & p[1]), pairs.map(lambda p: p[0] | p[1]), inner.map(lambda e: ~e),
        inner.map(lambda e: e.at("1d")), inner.map(lambda e: e.shift(2)),
    )  # fmt: skip


conditions = st.recursive(comparisons, combined, max_leaves=5)


@given(st.one_of(values, conditions))
def test_its_text_is_read_back_as_itself(expression: Expression) -> None:
    assert parse(repr(expression)) == expression
    assert hash(parse(repr(expression))) == hash(expression)


@given(st.one_of(values, conditions))
def test_it_survives_pickling(expression: Expression) -> None:
    assert pickle.loads(pickle.dumps(expression)) == expression  # noqa: S301  (our own)


def test_equal_ones_are_one_key() -> None:
    assert {rsi(14) < 30: 1}[rsi(period=14) < 30.0] == 1
    assert rsi(14) != rsi(15)
    assert (rsi(14) < 30) != (rsi(14) <= 30)


@pytest.mark.parametrize(
    ("expression", "code", "label"),
    [
        (rsi(14), "rsi(14)", "RSI(14)"),
        (ema(200).at("4h"), "ema(200).at('4h')", "EMA(200) on 4h"),
        (bbands(20, 2).upper, "bbands(20, 2).upper", "BBANDS(20, 2) upper"),
        (adx(14).adx, "adx(14).adx", "ADX(14)"),
        (adx(14).plus_di, "adx(14).plus_di", "ADX(14) plus di"),
        (sma(volume, 20), "sma(volume, 20)", "SMA(volume, 20)"),
        (supertrend(10, 2.5).line, "supertrend(10, 2.5).line", "Supertrend(10, 2.5) line"),
        (open_.shift(1), "open_.shift(1)", "open 1 candle ago"),
        (rsi(14) > 30, "rsi(14) > 30", "RSI(14) > 30"),
        (2 * atr(14) + close, "2 * atr(14) + close", "(2 * ATR(14)) + close"),
        (close - (high - low), "close - (high - low)", "close - (high - low)"),
        (-(close + 1), "-(close + 1)", "-(close + 1)"),
        (crosses_above(close, 5), "crosses_above(close, 5)", "close crosses above 5"),
        ((ema(50) > ema(200)).at("4h"), "(ema(50) > ema(200)).at('4h')", "(EMA(50) > EMA(200)) on 4h"),
        ((close > 1) & (low < 2), "(close > 1) & (low < 2)", "close > 1 and low < 2"),
    ],
)
def test_it_reads_as_code_and_as_people_say_it(expression: Expression, code: str, label: str) -> None:
    assert (repr(expression), expression.label) == (code, label)


@pytest.mark.parametrize(
    ("condition", "opposite"),
    [
        (rsi(14) < 30, rsi(14) >= 30),
        ((close > 1) & (low <= 2), (close <= 1) | (low > 2)),
        ((close > 1).at("4h"), (close <= 1).at("4h")),
        ((close > 1).shift(2), (close <= 1).shift(2)),
        (~crosses_above(close, 5), crosses_above(close, 5)),
    ],
)
def test_not_is_the_condition_that_holds_where_the_other_is_known_not_to(
    condition: Expression, opposite: Expression
) -> None:
    assert ~condition == opposite


def test_a_condition_has_no_truth_of_its_own() -> None:
    with pytest.raises(IndicatorError, match=r"with & \| ~ .*\(x > 30\) & \(x < 70\)"):
        assert 30 < rsi(14) < 70
    with pytest.raises(IndicatorError, match="rule to be evaluated"):
        _ = rsi(14) < 30 and close > 1


def test_numbers_cannot_be_combined_as_conditions() -> None:
    with pytest.raises(IndicatorError, match=r"rsi\(14\) is not a condition"):
        (close > 1) & rsi(14)
    with pytest.raises(IndicatorError, match="is not a condition"):
        ~close  # noqa: B018  (it raises)


def test_one_of_several_outputs_must_be_chosen() -> None:
    with pytest.raises(IndicatorError, match=r"choose one of .*macd\(12, 26, 9\).signal"):
        macd() > 0  # noqa: B015  (it raises)
    with pytest.raises(AttributeError, match="Did you mean 'signal'"):
        macd().signl  # noqa: B018  (it raises)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: rsi(0), IndicatorError, "whole number from 1"),
        (lambda: rsi(2.5), IndicatorError, "whole number"),
        (lambda: rsi("14"), IndicatorError, "whole number"),
        (lambda: bbands(20, -1), IndicatorError, "not negative"),
        (lambda: bbands(20, float("nan")), IndicatorError, "not negative"),
        (lambda: rsi(length=14), UnknownName, "no parameter of rsi 'length'"),
        (lambda: rsi(14, period=14), IndicatorError, "given twice"),
        (lambda: rsi(14, 15), IndicatorError, "takes 1 parameters"),
        (lambda: rsi(14, close), IndicatorError, "inputs come before"),
        (lambda: atr(close, 14), IndicatorError, "reads 3 inputs"),
        (lambda: ema(macd(), 9), IndicatorError, "choose one"),
        (lambda: close.shift(0), IndicatorError, "1 or more"),
        (lambda: close.shift(-1), IndicatorError, "cannot be known"),
        (lambda: close.at("5h"), UnknownName, "no timeframe '5h'"),
        (lambda: close + float("inf"), IndicatorError, "finite"),
        (lambda: close + "1", IndicatorError, "cannot be part"),
        (lambda: close + True, IndicatorError, "cannot be part"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_mend(make, error: type[Exception], says: str) -> None:  # noqa: ANN001
    with pytest.raises(error, match=says):
        make()


def test_warm_up_and_memory_add_up_through_what_it_is_made_of() -> None:
    assert sma(20).warmup == 19
    assert sma(ema(10), 5).warmup == 9 + 4
    assert (sma(20) - ema(5)).warmup == 19
    assert crosses_above(close, sma(20)).warmup == 20
    assert sma(20).shift(3).warmup == 22
    assert (macd().line.warmup, macd().signal.warmup) == (25, 33)
    assert (adx().plus_di.warmup, adx().adx.warmup) == (14, 27)
    assert sma(ema(10), 5).memory == ema(10).memory + 4
    assert supertrend().line.memory == float("inf")
    assert close.memory == close.warmup == 0
