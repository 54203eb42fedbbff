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
