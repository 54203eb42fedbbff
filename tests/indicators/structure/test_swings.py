"""Fractals, swings, zigzag, Fibonacci: where the price turned, told when it is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thebot.errors import IndicatorError
from thebot.indicators import Panel
from thebot.indicators.structure import fibonacci, fractal, swings, zigzag
from thebot.market import Candles

from ..markets import walk
from . import coarse, market, over

nan = math.nan
MARKETS = [walk(600, seed=1), walk(600, seed=2), coarse(600, seed=3), coarse(600, seed=4)]
every_market = pytest.mark.parametrize("c", MARKETS, ids=["walk 1", "walk 2", "coarse 3", "coarse 4"])


def peaks(values: np.ndarray, left: int, right: int) -> list[int]:
    """Where a value is not below any of `left` before it and above all of `right` after it."""
    return [
        k
        for k in range(left, len(values) - right)
        if values[k] >= values[k - left : k].max() and values[k] > values[k + 1 : k + right + 1].max()
    ]


def test_a_fractal_is_told_two_candles_later_and_at_no_other() -> None:
    c = market(high=[11, 12, 15, 13, 12, 11], low=[9, 8, 7, 6, 7, 8])
    np.testing.assert_array_equal(over(fractal(2).high, c), [nan, nan, nan, nan, 15, nan])
    np.testing.assert_array_equal(over(fractal(2).low, c), [nan, nan, nan, nan, nan, 6])


def test_equal_highs_side_by_side_are_no_fractal_but_the_last_of_them_is_a_swing() -> None:
    c = market(high=[11, 12, 15, 15, 12, 11, 10], low=[9] * 7)
    assert np.isnan(over(fractal(2).high, c)).all()
    np.testing.assert_array_equal(over(swings(2, 2).high, c), [nan, nan, nan, nan, nan, 15, 15])
    np.testing.assert_array_equal(over(swings(2, 2).high_ago, c), [nan, nan, nan, nan, nan, 2, 3])


@pytest.mark.parametrize("period", [1, 2, 16, 17])
@every_market
def test_a_fractal_stands_above_all_of_its_neighbours(c: Candles, period: int) -> None:
    expected = np.full(len(c), nan)
    for k in range(period, len(c) - period):
        around = np.delete(c.high[k - period : k + period + 1], period)
        expected[k + period] = c.high[k] if c.high[k] > around.max() else nan
    np.testing.assert_array_equal(over(fractal(period).high, c), expected)


@pytest.mark.parametrize(("left", "right"), [(1, 1), (5, 5), (2, 7), (9, 1)])
@every_market
def test_each_swing_becomes_known_right_candles_after_it_stood(c: Candles, left: int, right: int) -> None:
    made = Panel([swings(left, right)], "1h").over(c)
    for values, level, ago in (
        (c.high, swings(left, right).high, swings(left, right).high_ago),
        (-c.low, swings(left, right).low, swings(left, right).low_ago),
    ):
        stood = peaks(values, left, right)
        sign = 1 if values is c.high else -1
        for row in range(len(c)):
            known = [k for k in stood if k + right <= row]
            if not known:
                assert np.isnan(made[level][row])
                assert np.isnan(made[ago][row])
                continue
            assert made[ago][row] == row - known[-1]
            assert made[level][row] == sign * values[known[-1]]


def test_a_market_that_does_not_move_has_no_swings() -> None:
    c = market(high=[10] * 50, low=[10] * 50)
    for output in swings(1, 1).outputs:
        assert np.isnan(over(output, c)).all()


def test_the_zigzag_turns_when_the_price_has_gone_the_percent_back() -> None:
    #                  low 100 first;  120 is the extreme;  108 is 10 % below it
    c = market(high=[101, 111, 120, 115, 113, 110, 119], low=[100, 105, 112, 109, 108, 99, 100])
    line = zigzag(10.0)
    np.testing.assert_array_equal(over(line.pivot, c), [nan, 100, 100, 100, 120, 120, 99])
    np.testing.assert_array_equal(over(line.pivot_ago, c), [nan, 1, 2, 3, 2, 3, 1])
    np.testing.assert_array_equal(over(line.direction, c), [nan, 1, 1, 1, -1, -1, 1])
    np.testing.assert_array_equal(over(line.extreme, c), [nan, 111, 120, 120, 108, 99, 119])
    np.testing.assert_array_equal(over(line.extreme_ago, c), [nan, 0, 0, 1, 0, 0, 0])


def test_a_candle_that_moves_the_extreme_does_not_turn_the_leg() -> None:
    c = market(high=[101, 111, 130, 116], low=[100, 105, 100, 112])
    np.testing.assert_array_equal(over(zigzag(10.0).direction, c), [nan, 1, 1, -1])


@pytest.mark.parametrize("percent", [0.5, 2.0, 7.5])
@every_market
def test_between_its_pivots_the_price_goes_from_extreme_to_extreme(c: Candles, percent: float) -> None:
    line = zigzag(percent)
    made = Panel([line], "1h").over(c)
    pivot, ago, direction = made[line.pivot], made[line.pivot_ago], made[line.direction]
    rows = np.flatnonzero(~np.isnan(pivot))
    stood = np.unique(rows - ago[rows].astype(int))
    assert len(stood) > 2
    turned = [row for row in rows[1:] if direction[row] != direction[row - 1]]
    assert turned
    for row in turned:
        assert direction[row] == -direction[row - 1]
        k = row - int(ago[row])
        before = row - 1 - int(ago[row - 1])
        if direction[row] < 0:
            assert pivot[row] == c.high[k] == c.high[before + 1 : row].max()
            assert c.low[row] <= pivot[row] * (1 - percent / 100)
            assert (c.low[k + 1 : row] > pivot[row] * (1 - percent / 100)).all()
        else:
            assert pivot[row] == c.low[k] == c.low[before + 1 : row].min()
            assert c.high[row] >= pivot[row] * (1 + percent / 100)
            assert (c.high[k + 1 : row] < pivot[row] * (1 + percent / 100)).all()


def test_a_zigzag_of_no_percent_is_refused() -> None:
    with pytest.raises(IndicatorError, match=r"0\.01 to 99"):
        zigzag(0.0)


def test_after_a_rise_the_levels_hang_below_its_top_and_the_extensions_stand_above_it() -> None:
    c = market(high=[120, 110, 120, 200, 120, 150], low=[110, 100, 110, 110, 110, 110])
    levels = fibonacci(1, 1)
    made = {output.name: over(output, c)[4] for output in levels.outputs}
    assert made["start"] == 100
    assert made["end"] == 200
    assert made["direction"] == 1
    assert made["level_236"] == pytest.approx(176.4)
    assert made["level_382"] == pytest.approx(161.8)
    assert made["level_500"] == 150
    assert made["level_618"] == pytest.approx(138.2)
    assert made["level_786"] == pytest.approx(121.4)
    assert made["extension_1272"] == pytest.approx(227.2)
    assert made["extension_1618"] == pytest.approx(261.8)
    assert np.isnan(over(levels.level_500, c)[:4]).all()  # the high is known one candle after it stood


def test_after_a_fall_they_are_mirrored() -> None:
    c = market(high=[150, 200, 150, 140, 150], low=[140, 140, 110, 100, 110])
    made = {output.name: over(output, c)[4] for output in fibonacci(1, 1).outputs}
    assert made["start"] == 200
    assert made["end"] == 100
    assert made["direction"] == -1
    assert made["level_236"] == pytest.approx(123.6)
    assert made["extension_1618"] == pytest.approx(38.2)


@every_market
def test_the_leg_ends_at_the_later_of_the_two_swings(c: Candles) -> None:
    levels, turns = fibonacci(4, 3), swings(4, 3)
    made = Panel([levels, turns], "1h").over(c)
    known = ~np.isnan(made[levels.end])
    assert known.any()
    later_high = made[turns.high_ago] < made[turns.low_ago]
    later_low = made[turns.low_ago] < made[turns.high_ago]
    np.testing.assert_array_equal(made[levels.end][known & later_high], made[turns.high][known & later_high])
    np.testing.assert_array_equal(made[levels.end][known & later_low], made[turns.low][known & later_low])
    assert (known <= (made[turns.high] > made[turns.low])).all()
