"""Rules as text."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import ThebotError, UnknownName
from thebot.indicators import close, crosses_above, ema, macd, open_, parse, rsi, sma, volume


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("rsi(14) < 30 and close > ema(200).at('4h')", (rsi(14) < 30) & (close > ema(200).at("4h"))),
        ("not rsi(14) < 30 or close > 1", ~(rsi(14) < 30) | (close > 1)),
        ("30 < rsi() < 70", (rsi(14) > 30) & (rsi(14) < 70)),
        ("30 < rsi(period=7)", rsi(7) > 30),
        ("crosses_above(macd().line, macd().signal)", crosses_above(macd().line, macd().signal)),
        ("open < open_.shift(1)", open_ < open_.shift(1)),
        ("volume > 2 * sma(volume, 20)", volume > 2 * sma(volume, 20)),
        ("  close - -5 > +1", (close - -5) > 1),
        ("ema(2 * 10) > 0", ema(20) > 0),
        ("(close > 1) & ~(close > 2)", (close > 1) & ~(close > 2)),
    ],
)
def test_it_reads_what_people_write(text: str, expression: object) -> None:
    assert parse(text) == expression


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rs(14) < 30", "no indicator 'rs'. Did you mean 'rsi'"),
        ("clse > 1", "Did you mean 'close'"),
        ("rsi < 30", r"rsi is written with brackets"),
        ("macd().sgnal > 0", "Did you mean 'signal'"),
        ("macd() > 0", "choose one of"),
        ("rsi(14).line > 0", "it has one value"),
        ("close.att('4h') > 1", "no method 'att'. Did you mean 'at'"),
        ("close.at('4x') > 1", "no timeframe '4x'"),
        ("close.at() > 1", "takes one argument"),
        ("rsi(len=14)", "no parameter of rsi 'len'"),
        ("rsi('14')", "not text"),
        ("rsi(14", "cannot be read"),
        ("", "cannot be read"),
        ("rsi(14) == 30", "no comparison"),
        ("crosses_above(close)", "compares two values"),
        ("1 / 0 > close", "no place"),
        ("close ** 2 > 1", "no place"),
        ("__import__('os').system('true')", "no indicator '__import__'"),
        ("close.__class__", "has no '__class__'"),
        ("[c for c in (1, 2)]", "no place"),
        ("lambda: 1", "no place"),
        ("rsi(*(14,))", "no place"),
        ("'text'", "no place"),
        ("close > 1e999", "finite"),
        ("close +" * 3000 + "close", "too long"),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_what_exists(text: str, says: str) -> None:
    with pytest.raises(ThebotError, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("rs(14) < 30", "^"),
        ("close > 1 and crosses_abov(close, 3)", "              ^"),
        ("close > macd().sgnal", "               ^"),
        ("close.at('4x') > 1", "         ^"),
        ("close.att('4h') > 1", "      ^"),
        ("rsi(14, len=2) > 1", "        ^"),
        ("rsi(14 < 30", "   ^"),
        ("rsi(14) < 30)", "            ^"),
        ("rsi(14) <", "         ^"),
        ("close > 1 and rsi(14)", "              ^"),
        ("close > 1 & 5", "        ^"),
        ("not close", "    ^"),
        ("close > 1\n and high > bbands()", "                      ^"),
        ("close > oversold", "        ^"),
        ("close > é", "        ^"),
        ("close > 1 # and high > 2", "          ^"),
        ("close > side", "        ^"),
    ],
)
def test_the_mark_stands_under_what_is_wrong(text: str, mark: str) -> None:
    with pytest.raises(ThebotError) as caught:
        parse(text, names={"period": 14, "side": "long"})
    assert caught.value.__notes__ == [text.replace("\n", " "), mark]


def test_names_stand_for_the_numbers_of_a_strategy() -> None:
    names = {"period": 7, "far": 2.5, "way": "4h"}
    assert parse("rsi(period) < 10 * far", names=names) == (rsi(7) < 25)
    assert parse("close.shift(period) > -far", names=names) == (close.shift(7) > -2.5)
    assert parse("close.at(way) > 1", names=names) == (close.at("4h") > 1)
    with pytest.raises(
        UnknownName, match=r"no column, parameter or indicator 'perod'. Did you mean 'period'"
    ):
        parse("rsi(perod) > 1", names=names)


def test_functions_are_those_that_are_handed_in() -> None:
    doubled = {"doubled": lambda expression: 2 * expression}
    assert parse("doubled(close) > 1", functions=doubled) == (2 * close > 1)
    with pytest.raises(ThebotError, match="takes one expression"):
        parse("doubled(close, 2) > 1", functions=doubled)
    with pytest.raises(UnknownName, match="Did you mean 'doubled'"):
        parse("doubld(close) > 1", functions=doubled)


def test_a_rule_may_go_over_several_lines() -> None:
    assert parse("rsi(14) < 30\n  and close > 1\n") == ((rsi(14) < 30) & (close > 1))


def test_unknown_names_are_usage_errors() -> None:
    with pytest.raises(UnknownName):
        parse("supertrnd().line > close")


@given(st.text(alphabet="rsiemacloh(). 0123456789<>&|~+-*/,'=\n[]:{}", max_size=40))
def test_no_text_does_anything_but_give_an_expression_or_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(ThebotError):
        parse(text)


@pytest.mark.parametrize(
    "text", ["(" * 500 + "close" + ")" * 500, "-" * 5000 + "close", "not " * 2000 + "close > 1"]
)
def test_deep_nesting_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(ThebotError):
        parse(text)
