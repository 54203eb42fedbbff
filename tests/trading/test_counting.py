from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thebot.market import Instrument
from thebot.trading.counting import Counting, exact


def counting(tick: str, step: str = "0.001") -> Counting:
    return Counting.of(
        Instrument(symbol="BTCUSDT", base="BTC", quote="USDT", tick=Decimal(tick), step=Decimal(step))
    )


def test_a_price_is_a_whole_number_of_ticks_whatever_floats_make_of_it() -> None:
    assert 16541.78 / 0.01 != 1654178
    assert counting("0.01").count(16541.78) == 1654178
    assert counting("0.05").count(0.15) == 3
    assert counting("0.01").count(0.005) == 0.5  # a price that keeps no tick stays between two


def test_counts_become_exact_prices_and_quantities_again() -> None:
    some = counting("0.05", "0.002")
    assert some.price(3) == Decimal("0.15")
    assert some.quantity(7) == Decimal("0.014")
    assert some.count_of(Decimal("0.15")) == 3
    assert some.quantity_count(Decimal("0.014")) == 7
    assert some.stood(3.5) == Decimal("0.175")
    assert some.money(1.0) == 10_000  # one quote unit is 20 ticks times 500 steps


def test_without_an_instrument_everything_stays_as_it_is() -> None:
    plain = Counting.of(None)
    assert (plain.count(0.1), plain.price(0.1), plain.quantity(0.3)) == (0.1, Decimal("0.1"), Decimal("0.3"))
    assert exact(0.1) == Decimal("0.1")


@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20),
    st.sampled_from(["0.01", "0.05", "0.00000001", "0.25", "3"]),
)
def test_a_column_is_counted_as_its_prices_are(prices: list[float], tick: str) -> None:
    some = counting(tick)
    rounded = [float(Decimal(repr(price)).quantize(Decimal("0.01"))) for price in prices]
    for each in (prices, rounded):
        assert some.counts(np.array(each)).tolist() == [some.count(price) for price in each]
