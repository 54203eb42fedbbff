"""Fair value gaps: from the candle at which they appear to the one at which they are filled or too old."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thebot.indicators import Panel
from thebot.indicators.structure import fair_value_gaps
from thebot.market import Candles

from ..markets import walk
from . import coarse, market, over

nan = math.nan
SIDES = ("bullish", "bearish")


def told(c: Candles, side: str, expiry: int = 100, size: float = 0.0) -> list[tuple[float, ...] | None]:
    """Bottom, top, status and age at each candle; None where there is none."""
    gaps = fair_value_gaps(expiry, size)
    rows = [over(getattr(gaps, f"{side}_{name}"), c) for name in ("bottom", "top", "status", "ago")]
    return [None if math.isnan(row[0]) else row for row in zip(*map(np.ndarray.tolist, rows), strict=True)]


def test_a_gap_is_active_then_partly_filled_then_filled_then_gone() -> None:
    #                              gap 10-13       above       inside      through     after
    c = market(high=[10, 14, 16, 17, 16, 13, 13], low=[9, 9, 13, 13, 12, 10, 10])
    assert told(c, "bullish") == [
        None, None, (10, 13, 1, 0), (10, 13, 1, 1), (10, 13, 2, 2), (10, 13, 3, 3), None,
    ]  # fmt: skip


def test_a_falling_gap_mirrors_it() -> None:
    c = market(high=[21, 21, 17, 17, 18, 20, 20], low=[20, 16, 14, 13, 14, 17, 17])
    assert told(c, "bearish") == [
        None, None, (17, 20, 1, 0), (17, 20, 1, 1), (17, 20, 2, 2), (17, 20, 3, 3), None,
    ]  # fmt: skip


def test_a_gap_that_nothing_fills_expires() -> None:
    c = market(high=[10, 14, 16, 16, 16, 16], low=[9, 9, 13, 13, 13, 13])
    assert told(c, "bullish", expiry=2) == [
        None, None, (10, 13, 1, 0), (10, 13, 1, 1), (10, 13, 4, 2), None,
    ]  # fmt: skip


def test_when_the_newest_is_filled_the_one_before_is_shown_again() -> None:
    #                          10-13           16-20       through the upper one only
    c = market(high=[10, 14, 16, 22, 24, 20, 20], low=[9, 9, 13, 14, 20, 15, 15])
    assert told(c, "bullish")[2:] == [
        (10, 13, 1, 0), (10, 13, 1, 1), (16, 20, 1, 0), (16, 20, 3, 1), (10, 13, 1, 4),
    ]  # fmt: skip


def test_a_gap_below_the_least_size_is_passed_over() -> None:
    c = market(high=[10, 14, 16], low=[9, 9, 13], close=[9, 12, 15])
    assert told(c, "bullish", size=20.0)[2] is not None  # 3 of 15 is 20 %
    assert told(c, "bullish", size=20.1)[2] is None


def test_candles_that_only_touch_make_no_gap() -> None:
    c = market(high=[10, 14, 16], low=[9, 9, 10])
    assert told(c, "bullish") == [None, None, None]


def slowly(c: Candles, side: str, expiry: int) -> list[tuple[float, ...] | None]:
    """The same with a list of all gaps, each followed by itself."""
    gaps: list[list[float]] = []  # bottom, top, status, row
    shown: list[tuple[float, ...] | None] = []
    for row in range(len(c)):
        gaps = [gap for gap in gaps if gap[2] < 3]
        for gap in gaps:
            inside = c.low[row] < gap[1] if side == "bullish" else c.high[row] > gap[0]
            through = c.low[row] <= gap[0] if side == "bullish" else c.high[row] >= gap[1]
            gap[2] = 3 if through else 4 if row - gap[3] >= expiry else 2 if inside else gap[2]
        if row >= 2 and side == "bullish" and c.low[row] > c.high[row - 2]:
            gaps.append([c.high[row - 2], c.low[row], 1, row])
        if row >= 2 and side == "bearish" and c.high[row] < c.low[row - 2]:
            gaps.append([c.high[row], c.low[row - 2], 1, row])
        gaps = gaps[-3:]
        shown.append((*gaps[-1][:3], row - gaps[-1][3]) if gaps else None)
    return shown


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("expiry", [1, 5, 30])
@pytest.mark.parametrize("c", [walk(800, seed=3), coarse(800, seed=4)], ids=["walk", "coarse"])
def test_it_is_what_a_slow_and_obvious_program_finds(c: Candles, side: str, expiry: int) -> None:
    expected = slowly(c, side, expiry)
    assert told(c, side, expiry) == expected
    statuses = {gap[2] for gap in expected if gap}
    assert {1, 3} <= statuses if expiry > 1 else {1, 4} <= statuses


@pytest.mark.parametrize("side", SIDES)
def test_each_gap_stands_where_its_age_says(side: str) -> None:
    c = walk(800, seed=6)
    gaps = fair_value_gaps()
    made = Panel([gaps], "1h").over(c)
    top, bottom, ago = (made[getattr(gaps, f"{side}_{name}")] for name in ("top", "bottom", "ago"))
    rows = np.flatnonzero(~np.isnan(ago))
    third = rows - ago[rows].astype(int)
    assert len(rows) > 100
    if side == "bullish":
        np.testing.assert_array_equal(top[rows], c.low[third])
        np.testing.assert_array_equal(bottom[rows], c.high[third - 2])
    else:
        np.testing.assert_array_equal(top[rows], c.low[third - 2])
        np.testing.assert_array_equal(bottom[rows], c.high[third])
