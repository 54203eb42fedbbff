"""Squeezes, choppiness, drawdowns: what they mean, by numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from thebot.indicators.averages import sma
from thebot.indicators.expression import close
from thebot.indicators.trend import linreg
from thebot.indicators.volatility import (
    choppiness,
    donchian,
    squeeze,
    stddev,
    true_range,
    ttm_squeeze,
    ulcer_index,
)

from ..markets import walk
from .test_estimators import market, over


def flat(count: int, reach: float = 1.0) -> list[tuple[float, float, float, float]]:
    return [(100.0, 100.0 + reach, 100.0 - reach, 100.0)] * count


def test_candles_that_reach_far_and_close_where_they_opened_are_a_squeeze_that_counts_on() -> None:
    calm = market(flat(8))
    assert over(squeeze(5).count, calm)[5:].tolist() == [1.0, 2.0, 3.0]
    assert over(squeeze(5).active, calm)[5:].tolist() == [1.0] * 3
    assert over(squeeze(5).released, calm)[5:].tolist() == [0.0] * 3


def test_a_leap_releases_it_once_with_momentum_to_where_it_went() -> None:
    up = market(
        [*flat(30), *[(100.0 + 10 * k, 111.0 + 10 * k, 99.0 + 10 * k, 110.0 + 10 * k) for k in range(3)]]
    )
    lines = ttm_squeeze(20, 2.0, 1.5, 5)
    # 2 * sqrt(0.05 * 0.95) * 10 = 4.36 exceeds 1.5 * (19 * 2 + 12) / 20 = 3.75 at the first leap
    assert over(lines.released, up)[29:].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert over(lines.count, up)[29:].tolist() == [10.0, 0.0, 0.0, 0.0]
    assert over(lines.momentum, up)[-1] > 0.0
    bought, sold = ttm_squeeze.signals(lines)
    assert np.flatnonzero(over(bought, up)).tolist() == [30]
    assert not over(sold, up).any()


def test_a_price_that_stands_still_is_no_squeeze_after_moves_either() -> None:
    rows = [(100.0 + k % 3, 103.0, 99.0, 100.0 + (k + 1) % 3) for k in range(40)]
    still = market([*rows, *[(100.0, 100.0, 100.0, 100.0)] * 60])
    assert over(squeeze(20).active, still)[-30:].tolist() == [0.0] * 30


def test_it_is_what_the_formula_says_of_other_indicators() -> None:
    c = walk(1_000, seed=9)
    inside = 2.0 * stddev(20) < 1.5 * sma(true_range(), 20)
    assert over(squeeze().active, c)[20:].tolist() == over(inside, c)[20:].tolist()
    middle = (donchian(20).middle + sma(20)) / 2
    np.testing.assert_array_equal(over(ttm_squeeze().momentum, c), over(linreg(close - middle, 12), c))


def test_the_choppiness_of_a_straight_line_is_none_and_that_of_a_seesaw_is_all() -> None:
    line = market([(k, k + 1.0, k, k + 1.0) for k in range(1, 30)])
    assert over(choppiness(10), line)[-1] == pytest.approx(0.0, abs=1e-9)
    seesaw = market([(1.0, 2.0, 1.0, 1.0 + k % 2) for k in range(30)])
    assert over(choppiness(10), seesaw)[-1] == pytest.approx(100.0)
    assert over(choppiness(10), market(flat(20, 0.0)))[-1] == 100.0


def test_choppiness_after_a_crash_is_as_if_there_had_been_none() -> None:
    c = walk(2_000, seed=2)
    high, low = [(1e9, 2e9, 5e8, 1e9)], [(100.0, 101.0, 99.0, 100.0)]
    quiet = list(zip(c.open, c.high, c.low, c.close, strict=True))
    fallen = over(choppiness(14), market([*high * 30, *low, *quiet]))[-1900:]
    np.testing.assert_allclose(fallen, over(choppiness(14), market([*low, *quiet]))[-1900:], rtol=1e-9)


def test_the_ulcer_index_counts_falls_from_the_highest_so_far_only() -> None:
    # falls of 0, 10, 20 and 0 percent: the root of (0 + 100 + 400 + 0) / 4
    falling = market([(p, p, p, p) for p in (100.0, 90.0, 80.0, 100.0)])
    assert over(ulcer_index(4), falling)[-1] == pytest.approx(np.sqrt(125.0))
    rising = market([(p, p, p, p) for p in (100.0, 101.0, 102.0, 103.0)])
    assert over(ulcer_index(4), rising)[-1] == 0.0
