from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import BadSetting
from thebot.market import Instrument

D = Decimal

BTC = Instrument(
    symbol="BTCUSDT", base="BTC", quote="USDT", tick=D("0.01000000"), step=D("0.00001000"),
    min_quantity=D("0.00001"), max_quantity=D(9000), min_value=D(5),
)  # fmt: skip

units = st.sampled_from(
    [D("0.00000001"), D("0.01"), D("0.05"), D("0.25"), D("1"), D("5"), D("10.00"), D("0.3")]
)
amounts = st.one_of(
    st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False),
    st.floats(min_value=0, max_value=1e9).map(Decimal),  # 50 digits and more
)


def instrument(unit: Decimal) -> Instrument:
    return Instrument(symbol="X", base="X", quote="Y", tick=unit, step=unit)


@given(units, amounts)
def test_prices_are_rounded_exactly_and_to_the_side_that_was_asked_for(unit: Decimal, price: Decimal) -> None:
    x = instrument(unit)
    down, up, nearest = x.price_down(price), x.price_up(price), x.price_nearest(price)
    assert down <= price <= up
    assert up - down in (0, unit)
    assert nearest in (down, up)
    assert abs(Fraction(nearest) - Fraction(price)) * 2 <= Fraction(unit)
    for rounded in (down, up, nearest, x.quantity_down(price)):
        assert (Fraction(rounded) / Fraction(unit)).denominator == 1
        assert -rounded.as_tuple().exponent == x.price_digits  # shown with the tick's digits, no more
    assert x.quantity_down(price) == down


def test_a_price_with_more_digits_than_decimals_default_is_not_rounded_across_a_tick() -> None:
    just_below = D("1.99999999999999999999999999999999")
    assert instrument(D("0.1")).price_down(just_below) == D("1.9")


def test_half_a_tick_goes_to_the_even_multiple() -> None:
    assert [BTC.price_nearest(D(text)) for text in ("1.005", "1.015", "1.025")] == [
        D("1.00"),
        D("1.02"),
        D("1.02"),
    ]


@pytest.mark.parametrize(
    ("tick", "digits"), [("0.01000000", 2), ("0.010", 2), ("5", 0), ("10", 0), ("1E+1", 0), ("0.00000001", 8)]
)
def test_digits_are_those_of_the_tick(tick: str, digits: int) -> None:
    assert instrument(D(tick)).price_digits == digits


@pytest.mark.parametrize(
    ("price", "quantity", "why"),
    [
        ("100.001", "1", "not a positive multiple of the tick"),
        ("0", "1", "not a positive multiple of the tick"),
        ("100", "0.000001", "not a positive multiple of the step"),
        ("100", "-1", "not a positive multiple of the step"),
        ("100", "9001", "above the maximum"),
        ("100", "0.04999", "below the minimum of 5"),
    ],
)
def test_what_the_exchange_would_refuse_is_refused_with_the_reason(
    price: str, quantity: str, why: str
) -> None:
    refusal = BTC.refusal(price=D(price), quantity=D(quantity))
    assert refusal is not None
    assert why in refusal


def test_an_order_just_large_enough_is_not_refused() -> None:
    assert BTC.refusal(price=D("100"), quantity=D("0.05")) is None


def test_a_tick_of_zero_cannot_be() -> None:
    with pytest.raises(BadSetting, match="above zero"):
        instrument(D(0))
