"""Bands, regimes and neutral values: by numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from thebot.indicators.expression import close
from thebot.indicators.volatility import (
    accbands,
    atr_bands,
    atr_regime,
    bandwidth,
    bbands,
    chaikin_volatility,
    donchian,
    mass_index,
    natr,
    percent_b,
    relative_volatility_index,
    stddev,
    true_range,
    variance,
    volatility_regime,
    zscore,
)

from ..markets import walk
from .test_estimators import market, over


def closes(*prices: float) -> list[tuple[float, float, float, float]]:
    return [(price, price, price, price) for price in prices]


def test_the_deviation_of_two_four_four_four_five_five_seven_nine_is_two() -> None:
    eight = market(closes(2, 4, 4, 4, 5, 5, 7, 9))
    assert over(stddev(8), eight)[-1] == pytest.approx(2.0)
    assert over(variance(8), eight)[-1] == pytest.approx(4.0)
    assert over(zscore(8), eight)[-1] == pytest.approx(2.0)  # 9 is two deviations above the mean of 5
    assert over(percent_b(8, 2.0), eight)[-1] == pytest.approx(1.0)  # so it is at the upper band
    assert over(bandwidth(8, 2.0), eight)[-1] == pytest.approx(160.0)  # from 1 to 9 around 5


def test_where_nothing_moves_each_has_its_neutral_value() -> None:
    still = market(closes(*[5.0] * 80))
    for expression, neutral in {
        stddev(5): 0.0, zscore(5): 0.0, percent_b(5): 0.5, bandwidth(5): 0.0, natr(5): 0.0,
        relative_volatility_index(5, 5): 50.0, chaikin_volatility(5, 5): 0.0, mass_index(5, 5): 5.0,
        true_range(): 0.0, accbands(5).upper: 5.0, atr_regime(5, 20).rank: 50.0,
        atr_regime(5, 20).regime: 1.0,
    }.items():  # fmt: skip
        assert over(expression, still)[-1] == neutral, repr(expression)


def test_the_true_range_counts_from_the_close_before() -> None:
    jumps = market([(1, 2, 1, 2), (5, 6, 5, 5), (4, 4, 3, 3)])
    assert over(true_range(), jumps)[1:].tolist() == [4.0, 2.0]  # 6 - 2, 5 - 3


def test_a_close_above_the_channel_of_the_candle_before_buys_the_breakout() -> None:
    rows = [(1.0, 1.2, 0.8, 1.0)] * 5 + [(1.0, 1.5, 1.0, 1.4), (1.4, 1.5, 1.3, 1.4), (1.4, 1.4, 0.5, 0.6)]
    bought, sold = donchian.signals(donchian(3))
    assert np.flatnonzero(over(bought, market(rows))).tolist() == [5]
    assert np.flatnonzero(over(sold, market(rows))).tolist() == [7]


def test_atr_bands_lie_as_far_above_the_close_as_below() -> None:
    c = walk(100)
    above, below = over(atr_bands().upper - close, c), over(close - atr_bands().lower, c)
    np.testing.assert_allclose(above[20:], below[20:], rtol=1e-9)
    assert (above[20:] > 0.0).all()


def test_the_regime_is_where_the_newest_value_ranks_among_those_before() -> None:
    # four values before the newest, which is above none, one, three or all of them
    for newest, rank, regime in ((0.5, 0.0, 0.0), (1.5, 25.0, 1.0), (3.5, 75.0, 2.0), (4.5, 100.0, 3.0)):
        lines, rows = volatility_regime(close, 4), market(closes(3, 1, 4, 2, newest))
        assert over(lines.rank, rows)[-1] == rank
        assert over(lines.regime, rows)[-1] == regime


def test_the_regime_forgets_what_is_older_than_its_window() -> None:
    rows = market(closes(*[100.0] * 10, 3, 1, 4, 2, 4.5))
    assert over(volatility_regime(close, 4).rank, rows)[-1] == 100.0


def test_all_volatility_that_comes_with_rising_prices_is_an_index_of_100() -> None:
    rising = market(closes(*range(1, 30)))
    falling = market(closes(*range(30, 1, -1)))
    assert over(relative_volatility_index(5, 5), rising)[-1] == 100.0
    assert over(relative_volatility_index(5, 5), falling)[-1] == 0.0


def test_bollinger_bands_after_a_crash_by_factors_are_as_if_there_had_been_none() -> None:
    c = walk(500, seed=7)
    quiet = [(p, p, p, p) for p in c.close]
    fallen = over(bbands().upper - bbands().middle, market([*closes(*[1e9, 2e9] * 20), *quiet]))[-400:]
    np.testing.assert_allclose(fallen, over(bbands().upper - bbands().middle, c)[-400:], rtol=1e-5)
