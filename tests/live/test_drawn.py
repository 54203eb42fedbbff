"""Texts from a browser: read within limits, refused in words."""

from __future__ import annotations

import pytest

from thebot.errors import BadSetting, IndicatorError, UnknownName
from thebot.indicators import bbands, close, rsi, sma, volume
from thebot.live.drawn import FARTHEST, LONGEST_TEXT, MOST, asked_for, several_asked_for


def test_a_text_is_read_as_in_the_configuration() -> None:
    assert asked_for("rsi(period=14)") == rsi(14)
    assert asked_for("sma(volume, 20)") == sma(volume, 20)
    assert asked_for("sma((high + low) / 2, period=5)").inputs[0] != close  # type: ignore[attr-defined]
    assert asked_for(" bbands(20, 2) ") == bbands(20, 2)  # one with several lines is drawn whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rsi(0)", "rsi: period is 0; give a whole number from 1"),
        ("rsi(2000)", "rsi: period is 2,000; a chart is computed from 1,500 candles"),
        ("sma(close.shift(1501), 3)", "shift is 1,501; a chart is computed from 1,500 candles"),
        ("sma(sma(sma(sma(5), 5), 5), 5)", "no more than 3 inside one another"),
        ("+".join(["rsi(2)"] * 9), "too many indicators"),
        ("rsi(14)" + " " * LONGEST_TEXT, "is too long for a chart"),
        ("rsi(14", "cannot be read"),
        ("(" * 150, "cannot be read"),
        ("rsi(\0)", "cannot be read"),
        ("__import__('os').system('true')", "has no"),
        ("[x for x in (1,)]", "has no place in a rule"),
        ("rsi(period=1e999)", "rsi: period is"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises((IndicatorError, UnknownName)) as refused:
        asked_for(text)
    assert said in str(refused.value) or "There is no" in str(refused.value)


def test_an_unknown_name_is_answered_with_those_near_it() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'rsi'"):
        asked_for("rsy(14)")


def test_of_several_each_is_taken_once_and_the_wrong_ones_are_named() -> None:
    found, refused = several_asked_for(["rsi(14)", "", "rsi(period=14)", "rsi(0)", "nothing()", "sma(5)"])
    assert found == [rsi(14), sma(5)]
    assert [each.text for each in refused] == ["rsi(0)", "nothing()"]


def test_there_is_a_limit_to_how_many() -> None:
    assert len(several_asked_for([f"sma({n})" for n in range(1, MOST + 1)])[0]) == MOST
    with pytest.raises(BadSetting, match="12 indicators at most, not 13"):
        several_asked_for([f"sma({n})" for n in range(1, MOST + 2)])
    assert FARTHEST == 1_500
