"""Divergences: what counts as one, when it is known, and that nothing is changed afterwards."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thebot.indicators import Panel, close, high, low, volume
from thebot.indicators.momentum import divergence, rsi, rsi_divergence
from thebot.indicators.momentum.divergences import OUTPUTS
from thebot.market import FloatArray

from ..conformance.cases import values
from ..markets import walk


def flags(price: list[float], oscillator: list[float], **settings: object) -> dict[str, FloatArray]:
    """Of a market whose lows and highs are `price`, with the oscillator in the volume's place."""
    chosen = {"left": 1, "right": 1, "least": 2, "most": 60} | settings
    found = divergence(close, close, volume, **chosen)
    columns = {"close": np.array(price), "volume": np.array(oscillator)}
    return {name: values(getattr(found, name), columns) for name in OUTPUTS}


VALLEYS = [9.0, 5.0, 8.0, 9.0, 4.0, 8.0, 9.0]  # lows 5, then 4; the peak between is at 9
RISING = [30.0, 10.0, 30.0, 40.0, 20.0, 30.0, 40.0]
LOWER = [30.0, 10.0, 30.0, 40.0, 5.0, 30.0, 40.0]


def test_a_lower_low_with_a_higher_oscillator_is_bullish_at_the_candle_at_which_it_is_known() -> None:
    found = flags(VALLEYS, RISING)
    assert found["bullish"][2:].tolist() == [0, 0, 0, 1, 0]
    assert found["ago"][5] == 1  # the low of 4 stands one candle before
    assert found["earlier"][5] == 4  # and that of 5 three before it
    assert np.isnan(np.delete(found["ago"], 5)).all()
    assert all(np.nansum(found[name]) == 0 for name in ("bearish", "hidden_bullish", "hidden_bearish"))


def test_a_lower_low_with_a_lower_oscillator_is_none() -> None:
    found = flags(VALLEYS, LOWER)
    assert all(np.nansum(found[name]) == 0 for name in OUTPUTS)


def test_a_higher_low_with_a_lower_oscillator_is_hidden_bullish() -> None:
    found = flags([9, 4, 8, 9, 5, 8, 9], LOWER)
    assert found["hidden_bullish"][5] == 1
    assert np.nansum(found["bullish"]) == 0


def test_highs_mirror_lows() -> None:
    higher = [-each for each in VALLEYS]
    assert flags(higher, [-each for each in RISING])["bearish"][5] == 1
    assert flags([-each for each in [9, 4, 8, 9, 5, 8, 9]], [-e for e in LOWER])["hidden_bearish"][5] == 1


@pytest.mark.parametrize(("least", "most", "found"), [(3, 3, 1), (4, 60, 0), (1, 2, 0), (3, 60, 1)])
def test_turning_points_must_be_neither_too_near_nor_too_far(least: int, most: int, found: int) -> None:
    assert flags(VALLEYS, RISING, least=least, most=most)["bullish"][5] == found


def test_it_is_unknown_until_a_turning_point_could_be() -> None:
    found = flags(VALLEYS, RISING)
    assert np.isnan(found["bullish"][:2]).all()
    assert found["bullish"][2] == 0


def test_of_equal_lows_the_first_is_the_turning_point() -> None:
    found = flags([9, 5, 8, 9, 4, 4, 9], [30, 10, 30, 40, 20, 20, 40])
    assert found["bullish"].tolist()[2:] == [0, 0, 0, 1, 0]


def test_it_may_ask_for_turning_points_in_one_of_the_two_only() -> None:
    early = [30.0, 10.0, 30.0, 19.0, 20.0, 30.0, 40.0]  # the oscillator turned one candle before the price
    assert flags(VALLEYS, early)["bullish"][5] == 0
    assert flags(VALLEYS, early, pivots="price")["bullish"][5] == 1
    assert (
        flags(VALLEYS, early, pivots="oscillator")["bullish"][4] == 0
    )  # at 19 the price was 9: no lower low


def _by_hand(
    price_high: FloatArray, price_low: FloatArray, value: FloatArray, pivots: str
) -> dict[str, FloatArray]:
    """The definition in plain loops over all candles at once: left 3, right 2, 4 to 30 candles apart."""
    left, right, least, most = 3, 2, 4, 30
    n = len(value)
    found = {name: np.zeros(n) for name in OUTPUTS[:4]}
    for sign, price, regular, hidden in (
        (1, price_low, "bullish", "hidden_bullish"), (-1, price_high, "bearish", "hidden_bearish"),
    ):  # fmt: skip
        before: int | None = None
        for p in range(left, n - right):
            if np.isnan(value[p - left]):
                continue

            def turns(column: FloatArray, p: int = p, sign: int = sign) -> bool:
                own = sign * column[p]
                return bool(
                    (sign * column[p - left : p] > own).all()
                    and (sign * column[p + 1 : p + 1 + right] >= own).all()
                )

            if (pivots == "oscillator" or turns(price)) and (pivots == "price" or turns(value)):
                if before is not None and least <= p - before <= most:
                    lower, higher = (
                        sign * price[p] < sign * price[before], sign * price[p] > sign * price[before],
                    )  # fmt: skip
                    up, down = sign * value[p] > sign * value[before], sign * value[p] < sign * value[before]
                    found[regular][p + right] = lower and up
                    found[hidden][p + right] = higher and down
                before = p
    return found


@pytest.mark.parametrize("pivots", ["both", "price", "oscillator"])
def test_equal_to_the_definition_in_plain_loops(pivots: str) -> None:
    market = walk(3_000, seed=4)
    found = rsi_divergence(14, 3, 2, 4, 30, pivots)
    columns = Panel([found, rsi(14)], market.timeframe).over(market)
    expected = _by_hand(market.high, market.low, columns[rsi(14)], pivots)
    for name in OUTPUTS[:4]:
        ours = columns[getattr(found, name)]
        assert ours[30:].tolist() == expected[name][30:].tolist()
        assert ours[30:].sum() > 5
    told = ~np.isnan(columns[found.ago])
    assert set(columns[found.ago][told]) == {2.0}
    assert ((columns[found.earlier] - columns[found.ago])[told] >= 4).all()
    any_flag = sum(columns[getattr(found, name)] for name in OUTPUTS[:4]) > 0
    assert (told[30:] == any_flag[30:]).all()


def test_it_goes_with_any_oscillator() -> None:
    assert repr(divergence(high, low, rsi(5)).bullish).startswith("divergence(high, low, rsi(5), 5, 5, 5, 60")
    assert not math.isinf(divergence(high, low, rsi(5)).memory)
