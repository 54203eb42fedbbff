"""Why a condition holds, in words and figures."""

from __future__ import annotations

import pytest

from thebot.indicators import (
    Expression,
    Panel,
    adx,
    close,
    crosses_above,
    crosses_below,
    ema,
    macd,
    reasons,
    rsi,
    volume,
)
from thebot.indicators.expression import Constant
from thebot.indicators.reasons import figure, holding

from .markets import walk


class Told(dict[Expression, float]):
    """Readings with the values that a test says; conditions follow from them."""

    def __missing__(self, expression: Expression) -> float:
        return expression.value if isinstance(expression, Constant) else 1.0


def test_a_crossing_and_a_longer_timeframe() -> None:
    entry = crosses_above(rsi(14), 30) & (close > ema(200).at("4h"))
    told = Told({rsi(14): 31.26, close: 64210.4, ema(200).at("4h"): 61021.7})
    assert reasons(entry, told, 0) == (
        "RSI(14) 31.3 crossed above 30",
        "close 64,210 > EMA(200) on 4h 61,022",
    )


def test_a_whole_condition_on_a_longer_timeframe_names_it_on_both_sides() -> None:
    trend = (ema(50) > ema(200)).at("4h")
    told = Told({ema(50).at("4h"): 61500.0, ema(200).at("4h"): 61022.0})
    assert reasons(trend, told, 2) == ("EMA(50) on 4h 61,500.00 > EMA(200) on 4h 61,022.00",)


def test_only_the_alternative_that_holds_is_told() -> None:
    either = (rsi(14) < 30) | (close > 5)
    assert reasons(either, Told({rsi(14): 40.0, close: 6.0, rsi(14) < 30: 0.0}), 1) == ("close 6.0 > 5",)


def test_nothing_is_told_of_what_does_not_hold_or_is_no_condition() -> None:
    assert reasons(rsi(14) < 30, Told({rsi(14) < 30: 0.0}), 2) == ()
    assert reasons(rsi(14), Told({rsi(14): 20.0}), 2) == ()


def test_what_did_not_happen_is_told_only_when_there_is_nothing_else() -> None:
    quiet = ~crosses_below(close, 5)
    assert reasons(quiet & (rsi(14) < 30), Told({rsi(14): 20.0, close: 6.0}), 1) == ("RSI(14) 20.0 < 30",)
    assert reasons(quiet, Told({close: 6.0}), 1) == ("close 6.0 did not cross below 5",)


def test_the_same_part_is_told_once() -> None:
    low = rsi(14) < 30
    assert reasons(low & ((close > 5) | low), Told({rsi(14): 20.0, close: 6.0}), 0) == (
        "RSI(14) 20.0 < 30",
        "close 6 > 5",
    )


def test_figures_show_what_is_said_of_them() -> None:
    assert reasons(rsi(14) < 30, Told({rsi(14): 29.97}), 2) == ("RSI(14) 29.97 < 30",)
    assert reasons(close > ema(9), Told({close: 5.004, ema(9): 5.001}), 2) == ("close 5.004 > EMA(9) 5.001",)


def test_what_was_before_is_named_without_figures() -> None:
    assert reasons((close > 5).shift(1), Told(), 2) == ("(close > 5) 1 candle ago",)


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (64210.4, "price", 0, "64,210"),
        (64210.456, "price", 2, "64,210.46"),
        (0.00001234, "price", 8, "0.00001234"),
        (0.00123, "price", 2, "0.00123"),  # a small difference of prices, as of a MACD
        (0.0, "price", 2, "0.00"),
        (-12.5, "price", 2, "-12.50"),
        (28.31, "index", 2, "28.3"),
        (1234567.8, "volume", 2, "1,234,568"),
        (0.5, "volume", 2, "0.5"),
        (1.23456, "number", 2, "1.235"),
        (1234567.0, "number", 2, "1,234,567"),
        (float("nan"), "price", 2, "nan"),
    ],
)
def test_figures_are_as_people_read_them(value: float, unit: str, digits: int, text: str) -> None:
    assert figure(value, unit, digits) == text


def test_the_parts_that_hold_come_with_their_operands() -> None:
    rule = crosses_above(macd().line, macd().signal) & (ema(5) > ema(9)).at("4h") & (adx().adx > 1000)
    told = Told()
    assert holding(rule, told) == (
        crosses_above(macd().line, macd().signal), (ema(5) > ema(9)).at("4h"), adx().adx > 1000
    )  # fmt: skip
    assert holding(rule, told)[0].operands == (macd().line, macd().signal)


def test_live_and_historical_readings_tell_the_same() -> None:
    rule = (crosses_above(rsi(3), 50) | (volume > 5)) & (close > ema(3)).at("4h").shift(1)
    market = walk(200)
    panel = Panel([rule], "1h")
    columns, live = panel.over(market), panel.start()
    told = 0
    for row, candle in enumerate(market):
        here = reasons(rule, live.step(candle), 2)
        assert here == reasons(rule, columns.row(row), 2)
        told += bool(here)
    assert told > 10
