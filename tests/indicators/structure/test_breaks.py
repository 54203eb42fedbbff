"""BOS, CHoCH and order blocks: each break of a swing once, by a close."""

from __future__ import annotations

import math

import numpy as np
import pytest
import talib

from thebot.indicators import Panel
from thebot.indicators.structure import market_structure, order_blocks, swings
from thebot.market import Candles

from ..markets import walk
from . import coarse, market, over

nan = math.nan
MARKETS = [walk(900, seed=11), coarse(900, seed=12)]
every_market = pytest.mark.parametrize("c", MARKETS, ids=["walk", "coarse"])


# a swing high of 12 and a swing low of 8, broken upward, a new swing high of 16 broken, then the last low
HIGH = [10, 12, 11, 10, 11, 14, 16, 15, 17, 17.5, 14, 12, 9]
LOW = [9, 10, 9, 8, 9, 11, 14, 12, 14, 13, 10, 9, 7]
CLOSE = [9.5, 11, 10, 9, 10, 13, 15, 14, 16.5, 14, 11, 10, 7.5]


def test_a_break_with_the_trend_is_bos_and_one_against_it_choch() -> None:
    c = market(high=HIGH, low=LOW, close=CLOSE)
    structure = market_structure(1, 1)
    np.testing.assert_array_equal(over(structure.bos, c), [nan, nan, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(over(structure.choch, c), [nan, nan, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0])
    np.testing.assert_array_equal(over(structure.trend, c), [nan, nan, 0, 0, 0, 1, 1, 1, 1, 1, -1, -1, -1])
    np.testing.assert_array_equal(over(structure.level, c)[5:], [12, 12, 12, 16, 16, 12, 12, 12])


def breaks(c: Candles, left: int, right: int) -> list[tuple[int, int, float]]:
    """Row, direction and level of every break, in the most obvious way."""
    turns = swings(left, right)
    made = Panel([turns], "1h").over(c)
    found: list[tuple[int, int, float]] = []
    broken: set[tuple[str, int]] = set()
    for row in range(len(c)):
        for name, way in (("high", 1), ("low", -1)):
            level, ago = made[getattr(turns, name)][row], made[getattr(turns, f"{name}_ago")][row]
            if np.isnan(level) or (name, row - int(ago)) in broken:
                continue
            if way * c.close[row] > way * level:
                found.append((row, way, level))
                broken.add((name, row - int(ago)))
    return found


@every_market
@pytest.mark.parametrize(("left", "right"), [(1, 1), (5, 5), (3, 8)])
def test_every_swing_is_broken_once_at_most_and_the_trend_follows(c: Candles, left: int, right: int) -> None:
    structure = market_structure(left, right)
    made = Panel([structure], "1h").over(c)
    bos, choch = np.zeros(len(c)), np.zeros(len(c))
    trend, level, now = np.zeros(len(c)), np.full(len(c), nan), 0
    found = breaks(c, left, right)
    assert len(found) > 10
    assert len({row for row, _, _ in found}) == len(found)  # never both ways at once
    for row, way, price in found:
        (choch if way == -now else bos)[row] = now = way
        trend[row:], level[row:] = way, price
    known = slice(left + right, None)
    np.testing.assert_array_equal(made[structure.bos][known], bos[known])
    np.testing.assert_array_equal(made[structure.choch][known], choch[known])
    np.testing.assert_array_equal(made[structure.trend][known], trend[known])
    np.testing.assert_array_equal(made[structure.level], level)


def blocks(
    c: Candles, left: int, right: int, search: int, displacement: float, period: int
) -> dict[str, list[float]]:
    """Order blocks in the most obvious way."""
    atr = talib.ATR(c.high, c.low, c.close, period)
    breaking = {row: way for row, way, _ in breaks(c, left, right)}
    told: dict[str, list[float]] = {output.name: [] for output in order_blocks().outputs}
    live: dict[int, list[int] | None] = {1: None, -1: None}  # row, status
    for row in range(len(c)):
        for way, name in ((1, "bullish"), (-1, "bearish")):
            block = live[way]
            if block and block[1] == 3:
                block = None
            if block:
                at = block[0]
                edge = (c.low, c.high)[way < 0][at]
                inside = c.low[row] <= c.high[at] if way > 0 else c.high[row] >= c.low[at]
                block[1] = 3 if way * c.close[row] < way * edge else 2 if inside else block[1]
            if breaking.get(row) == way:
                candidates = [
                    k for k in range(max(0, row - search), row) if way * (c.close[k] - c.open[k]) < 0
                ]
                if candidates and way * (c.close[row] - c.close[candidates[-1]]) >= displacement * atr[row]:
                    block = [candidates[-1], 1]
            live[way] = block
            shown = (c.high[block[0]], c.low[block[0]], block[1], row - block[0]) if block else (nan,) * 4
            for part, value in zip(("top", "bottom", "status", "ago"), shown, strict=True):
                told[f"{name}_{part}"].append(value)
    return told


@every_market
@pytest.mark.parametrize("search", [2, 10])
@pytest.mark.parametrize("displacement", [0.0, 1.5])
def test_order_blocks_are_what_a_slow_and_obvious_program_finds(
    c: Candles, search: int, displacement: float
) -> None:
    indicator = order_blocks(4, 4, search, displacement, 7)
    made = Panel([indicator], "1h").over(c)
    expected = blocks(c, 4, 4, search, displacement, 7)
    assert {1.0, 2.0, 3.0} <= set(expected["bullish_status"])
    for output in indicator.outputs:
        np.testing.assert_array_equal(made[output], expected[output.name])


def test_the_last_falling_candle_before_the_break_is_the_block() -> None:
    #            swing high 12           falls   breaks 12   tested  broken
    c = market(
        open=[9, 10, 11, 10, 9.8, 9.5, 13, 13, 9], high=[10, 12, 11, 10.5, 10, 13.5, 14, 13, 9.5],
        low=[9, 9.5, 9, 9.2, 9, 9.4, 12, 9.8, 7], close=[10, 11, 10, 9.5, 9.5, 13, 13.5, 11, 8],
    )  # fmt: skip
    blocks = order_blocks(1, 1, displacement=1.0)
    np.testing.assert_array_equal(over(blocks.bullish_status, c)[5:], [1, 1, 2, 3])
    np.testing.assert_array_equal(over(blocks.bullish_top, c)[5:], [10, 10, 10, 10])
    np.testing.assert_array_equal(over(blocks.bullish_bottom, c)[5:], [9, 9, 9, 9])
    np.testing.assert_array_equal(over(blocks.bullish_ago, c)[5:], [1, 2, 3, 4])
    assert np.isnan(over(order_blocks(1, 1, displacement=9.0).bullish_top, c)).all()  # too small a move
