"""What is said of a parameter that cannot be."""

# ruff: noqa: ANN001, ANN201, ANN202, E501  (steps are written here as users write them, without types)

from __future__ import annotations

import math

import pytest

from thebot.errors import IndicatorError, UnknownName
from thebot.indicators import Panel, catalogue, close, indicator, parse, pivots, vwap
from thebot.indicators.indicator import forget
from thebot.indicators.sections import sections

from .markets import walk


@pytest.fixture(scope="module")
def ranged():
    @indicator(
        inputs=(close,), start=(0,), group="mine", unit="input", ranges={"period": (2, 50), "share": (0.0, 1.0)},
        words={"kind": ("plain", "double")}, rising=("fast", "slow"), aliases=("own_alias",),
    )  # fmt: skip
    def own_ranged(
        state, price, i, period: int = 20, share: float = 0.5, kind: int = 0, fast: int = 3, slow: int = 5
    ):
        """Ranged: an example."""
        return state, price[i] * (2.0 if kind == 1 else 1.0)

    yield own_ranged
    forget([own_ranged])


@pytest.mark.parametrize("value", [0, -3, 1, 51, 2.5, math.nan, math.inf, "ten", True, None])
def test_a_period_that_cannot_be_is_refused_with_its_name_and_range(ranged, value) -> None:
    with pytest.raises(
        IndicatorError, match=r"^own_ranged: period is .*; give a whole number from 2 to 50\.$"
    ):
        ranged(value)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "half"])
def test_a_share_outside_of_its_range_is_refused(ranged, value) -> None:
    with pytest.raises(IndicatorError, match=r"share is .*; give a number from 0 to 1\."):
        ranged(share=value)


def test_swapped_fast_and_slow_are_told(ranged) -> None:
    with pytest.raises(IndicatorError, match=r"fast is 5 and slow is 3; fast must be the smaller.*swapped"):
        ranged(fast=5, slow=3)


def test_a_parameter_may_be_a_word(ranged) -> None:
    double = ranged(kind="Double")
    assert repr(double) == "own_ranged(20, 0.5, 'double', 3, 5)"
    assert parse(repr(double)) == double
    market = walk(10)
    assert (Panel([double], "1h").over(market)[double] == 2 * market.close).all()
    with pytest.raises(UnknownName, match=r"kind of own_ranged 'duble'. Did you mean 'double'"):
        ranged(kind="duble")
    with pytest.raises(IndicatorError, match="kind is 7; give one of plain, double"):
        ranged(kind=7)


def test_other_words_for_a_session_are_understood() -> None:
    assert vwap("session") == vwap("day")
    assert pivots("classic", "weekly") == pivots("standard", "week")


def test_an_alias_is_the_indicator_itself_in_rules(ranged) -> None:
    assert parse("own_alias(20) > close") == (ranged(20) > close)


def test_a_name_that_is_taken_as_an_alias_is_taken() -> None:
    with pytest.raises(IndicatorError, match="already an indicator rsi"):

        @indicator(inputs=(close,), start=(0,), group="mine", aliases=("rsi",))
        def own_other(state, price, i):
            """Other."""
            return state, price[i]

    assert "own_other" not in {each.name for each in catalogue()}


def test_ranges_must_name_parameters_and_hold_the_default() -> None:
    with pytest.raises(UnknownName, match="parameter of own_wrong 'perod'"):

        @indicator(inputs=(close,), start=(0,), group="mine", ranges={"perod": (1, 2)})
        def own_wrong(state, price, i, period: int = 20):
            """Wrong."""
            return state, price[i]

    with pytest.raises(IndicatorError, match="the default of period is outside"):

        @indicator(inputs=(close,), start=(0,), group="mine", ranges={"period": (1, 2)})
        def own_outside(state, price, i, period: int = 20):
            """Wrong."""
            return state, price[i]


def test_a_docstring_in_parts() -> None:
    said = sections(
        "Mean, of two: simply.\n\nMore of it,\nin two lines.\n\nFormula: (a + b)\n  / 2\nConvention: none\nSource: folklore"
    )
    assert said == {
        "summary": "Mean, of two: simply.", "text": "More of it, in two lines.", "formula": "(a + b) / 2",
        "convention": "none", "source": "folklore",
    }  # fmt: skip


@pytest.mark.parametrize("definition", catalogue(), ids=repr)
def test_every_indicator_says_what_it_is_and_where_it_is_from(definition) -> None:
    said = definition.sections
    for part in ("summary", "formula", "convention", "source"):
        assert said[part], part
    assert len(definition.title) < 60
    for name, parameter in definition.parameters.items():
        assert name == "period" or "period" not in name or len(definition.parameters) > 1
        assert parameter.checked(parameter.default, definition.name) == parameter.default
    signals = definition.signals()
    if signals is not None:
        assert all(each.is_condition for each in signals)
        assert Panel(signals, "1h").over(walk(50)) is not None
