"""Support and resistance out of swings; breakouts of the range before."""

from __future__ import annotations

import math

import numpy as np
import pytest
import talib

from thebot.indicators import Panel
from thebot.indicators.structure import breakout, support_resistance, swings
from thebot.market import Candles

from ..markets import walk
from . import coarse, market, over

nan = math.nan


def slowly(
    c: Candles, left: int, right: int, period: int, tolerance: float, fade: int
) -> dict[str, list[float]]:
    """Support and resistance in the most obvious way, from our swings and TA-Lib's ATR."""
    turns = swings(left, right)
    made = Panel([turns], "1h").over(c)
    atr = talib.ATR(c.high, c.low, c.close, period)
    levels: list[list[float]] = []  # price, touches, row of the last swing
    told: dict[str, list[float]] = {output.name: [] for output in support_resistance().outputs}
    for row in range(len(c)):
        for price, ago in ((turns.high, turns.high_ago), (turns.low, turns.low_ago)):
            if made[ago][row] != right:
                continue
            found = made[price][row]
            reach = tolerance * atr[row]
            near = [level for level in levels if abs(found - level[0]) <= reach]
            if near:
                level = min(near, key=lambda level: abs(found - level[0]))
                level[0] = (level[0] * level[1] + found) / (level[1] + 1)
                level[1:] = [level[1] + 1, row - right]
            else:
                levels = [*sorted(levels, key=lambda level: level[2])[-7:], [found, 1, row - right]]
        for name, side in (
            ("support", [level for level in levels if level[0] <= c.close[row]]),
            ("resistance", [level for level in levels if level[0] > c.close[row]]),
        ):
            best = min(side, key=lambda level: abs(level[0] - c.close[row]), default=None)
            told[name].append(best[0] if best else nan)
            told[f"{name}_touches"].append(best[1] if best else nan)
            told[f"{name}_strength"].append(
                100 * best[1] / (best[1] + 1) * fade / (fade + row - best[2]) if best else nan
            )
    return told


@pytest.mark.parametrize("c", [walk(900, seed=5), walk(900, seed=6)], ids=["walk 5", "walk 6"])
@pytest.mark.parametrize("tolerance", [0.0, 0.5, 2.0])
def test_it_is_what_a_slow_and_obvious_program_finds(c: Candles, tolerance: float) -> None:
    # the first swing is known at row 10, the ATR of 9 from row 9 on
    expected = slowly(c, 5, 5, 9, tolerance, 50)
    made = Panel([support_resistance(5, 5, 9, tolerance, 50)], "1h").over(c)
    for output in support_resistance(5, 5, 9, tolerance, 50).outputs:
        np.testing.assert_allclose(made[output], expected[output.name], rtol=1e-10)


def test_a_broken_resistance_becomes_support() -> None:
    c = market(
        high=[101, 110, 101, 101, 120, 121], low=[100, 100, 100, 100, 112, 113],
        close=[100.5, 109, 100.5, 100.5, 119, 120],
    )  # fmt: skip
    levels = support_resistance(1, 1)
    np.testing.assert_array_equal(over(levels.resistance, c)[2:5], [110, 110, nan])
    np.testing.assert_array_equal(over(levels.support, c)[2:5], [nan, nan, 110])


def test_two_swings_within_half_an_atr_are_one_level_of_twice_the_touches() -> None:
    c = market(high=[101, 110, 101, 111, 101], low=[100, 100, 100, 100, 100], close=[100.5] * 5)
    levels = support_resistance(1, 1, tolerance=0.5, fade=2)
    assert over(levels.resistance, c)[4] == 110.5
    assert over(levels.resistance_touches, c)[4] == 2
    # the last touch stood one candle ago: 100 * 2/3 * 2/3
    assert over(levels.resistance_strength, c)[4] == pytest.approx(400 / 9)
    apart = support_resistance(1, 1, tolerance=0.01, fade=2)
    assert over(apart.resistance, c)[4] == 110
    assert over(apart.resistance_touches, c)[4] == 1


def test_the_ninth_level_takes_the_place_of_the_oldest() -> None:
    high = [1000.0]
    for peak in range(900, 100, -80):  # ten falling peaks, each alone
        high += [peak - 40.0, float(peak), peak - 40.0]
    c = market(high=high, low=[1.0] * len(high), close=[2.0] * len(high))
    levels = support_resistance(1, 1, tolerance=0.0)
    np.testing.assert_array_equal(over(levels.resistance, c)[-1], 180)
    far = market(high=[*high, 800.0], low=[1.0] * (len(high) + 1), close=[2.0] * len(high) + [800.0])
    # of 900, 820, 740 ... the two oldest are gone
    assert np.isnan(over(levels.resistance, far)[-1])
    assert over(levels.support, far)[-1] == 740


@pytest.mark.parametrize("c", [walk(500, seed=7), coarse(500, seed=8)], ids=["walk", "coarse"])
@pytest.mark.parametrize("period", [1, 5, 20])
def test_the_range_is_that_of_the_candles_before(c: Candles, period: int) -> None:
    line = breakout(period, 1.2)
    made = Panel([line], "1h").over(c)
    for row in range(period, len(c)):
        before = slice(row - period, row)
        top, bottom = c.high[before].max(), c.low[before].min()
        assert made[line.level_high][row] == top
        assert made[line.level_low][row] == bottom
        direction = int(c.close[row] > top) - int(c.close[row] < bottom)
        assert made[line.direction][row] == direction
        backed = direction != 0 and c.volume[row] > 1.2 * c.volume[before].mean()
        assert made[line.confirmed][row] == backed
    assert np.isnan(made[line.direction][:period]).all()


def test_a_close_at_the_edge_is_inside() -> None:
    c = market(high=[10, 11, 11, 12], low=[9, 9, 9, 9], close=[10, 10, 11, 12])
    np.testing.assert_array_equal(over(breakout(2).direction, c), [nan, nan, 0, 1])


def test_volume_that_has_vanished_leaves_no_rounding_behind() -> None:
    rising = np.arange(1, 401) * 1.0
    volume = np.where(np.arange(400) < 200, 1e18 / 3, 0.0)
    volume[300:] = 1e-6 * (1 + np.arange(100) % 2)
    c = market(high=rising, low=rising - 0.5, close=rising, volume=volume)
    made = over(breakout(20, 1.2).confirmed, c)
    assert (made[220:300] == 0).all()  # nothing is more than a multiple of nothing
    np.testing.assert_array_equal(made[320:], np.tile([0.0, 1.0], 40))


def test_it_goes_on_exactly_over_thousands_of_candles() -> None:
    c = walk(4_000, seed=9)
    direction = over(breakout(20, 0.0).direction, c)
    np.testing.assert_array_equal(over(breakout(20, 0.0).confirmed, c)[20:], np.abs(direction[20:]))
    ratio = over(breakout(20, 1.0).confirmed, c)
    mean = talib.SMA(c.volume, 20)
    expected = (direction[1:] != 0) & (c.volume[1:] > mean[:-1])
    np.testing.assert_array_equal(ratio[20:], expected[19:])
