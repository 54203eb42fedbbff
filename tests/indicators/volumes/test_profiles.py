"""Volume profiles: what they promise of any market, and levels that can be checked by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from thebot.indicators import Panel
from thebot.indicators.indicator import Indicator
from thebot.indicators.volumes import session_profile, volume_profile
from thebot.indicators.volumes.histogram import (
    AREA,
    fullest,
    nearest_nodes,
    value_area,
    volume_at_price,
)
from thebot.market import Candles, FloatArray

from ..markets import START, candles, markets, walk

DAY = 86_400_000


def levels(indicator: Indicator, market: Candles) -> dict[str, FloatArray]:
    columns = Panel([indicator], market.timeframe).over(market)
    return {name: columns[getattr(indicator, name)] for name in indicator.choices}


def bars(
    rows: list[tuple[float, float, float, float]], *, start: int = START, timeframe: str = "1h"
) -> Candles:
    """Candles of (high, low, close, volume), one an hour."""
    high, low, close, volume = np.array(rows, float).T
    step = 3_600_000 if timeframe == "1h" else DAY
    return candles(start + np.arange(len(rows)) * step, close, high, low, close, volume, timeframe)


def counted(market: Candles, bins: int) -> tuple[list[float], float, float]:
    """The histogram of the whole market, its bottom and the width of a bin."""
    bottom, top = float(market.low.min()), float(market.high.max())
    lists = (market.high.tolist(), market.low.tolist(), market.volume.tolist())
    scale = bins / (top - bottom)
    made = volume_at_price(*lists, len(market) - 1, len(market), bottom, scale, bins)
    return made, bottom, (top - bottom) / bins


counts_of = st.lists(st.one_of(st.integers(0, 5), st.floats(0, 1e6)).map(float), min_size=2, max_size=40)


@given(markets(least=1), st.integers(2, 40))
def test_the_bins_hold_all_the_volume_and_none_is_negative(market: Candles, bins: int) -> None:
    assume(market.high.max() > market.low.min())
    counts, _, _ = counted(market, bins)
    assert len(counts) == bins
    assert min(counts) >= 0
    assert math.isclose(math.fsum(counts), math.fsum(market.volume), rel_tol=1e-12)


def test_a_candle_spreads_its_volume_over_its_range_in_proportion() -> None:
    # from 0 to 4 in four bins: one candle over all of it, one from 0.5 to 1.5, one at 3.25, one at the top
    market = bars([(4, 0, 1, 8), (1.5, 0.5, 1, 10), (3.25, 3.25, 3.25, 1), (4, 4, 4, 3)])
    counts, _, _ = counted(market, 4)
    assert counts == [2 + 5, 2 + 5, 2, 2 + 1 + 3]


@given(counts_of)
def test_no_bin_is_fuller_than_the_point_of_control(counts: list[float]) -> None:
    assert counts[fullest(counts)] == max(counts)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 3, 2, 3, 1], 3),
        ([3, 1, 1, 3, 1], 3),
        ([5, 0, 0, 0, 5], 4),
        ([3, 3, 1, 1, 1], 1),
        ([0, 0, 0, 0], 2),
    ],
)
def test_of_equal_bins_that_nearest_to_the_middle_is_the_point_of_control_the_upper_of_two(
    counts: list[float], expected: int
) -> None:
    assert fullest(counts) == expected


@given(counts_of)
def test_the_value_area_holds_its_share_and_did_not_one_step_before(counts: list[float]) -> None:
    best = fullest(counts)
    lower, upper = value_area(counts, best)
    assert 0 <= lower <= best <= upper < len(counts)
    wanted = AREA * sum(counts)
    assert math.fsum(counts[lower : upper + 1]) >= wanted * (1 - 1e-12)
    # the steps again, as an order of bins: each the fuller of the two beside those before, the upper if equal
    taken = [best]
    while (min(taken), max(taken)) != (lower, upper):
        below, above = min(taken) - 1, max(taken) + 1
        upwards = above < len(counts) and (below < 0 or counts[above] >= counts[below])
        taken.append(above if upwards else below)
        assert lower <= taken[-1] <= upper
    if len(taken) > 1:
        assert math.fsum(counts[k] for k in taken[:-1]) < wanted * (1 + 1e-12)


def test_a_value_area_by_hand() -> None:
    # 70 % of 100 is 70: 40 at the point of control, then 20 above, then 15 below
    assert value_area([5, 15, 40, 20, 10, 10], 2) == (1, 3)
    # equal neighbours: upwards first, and 40 + 30 is enough
    assert value_area([30, 40, 30], 1) == (1, 2)


@pytest.mark.parametrize(
    ("counts", "place", "peak", "valley"),
    [
        ([1, 5, 2, 4, 1], 1.2, 1.5, 2.5),  # the nearer peak; the only valley
        ([1, 5, 2, 4, 1], 4.9, 3.5, 2.5),
        ([1, 5, 2, 4, 1], 2.5, 3.5, 2.5),  # equally near: the upper
        ([1, 5, 2, 2, 4, 1], 0, 1.5, 3.0),  # a run of equal bins stands at its middle
        ([4, 1, 5], 0, 0.5, 1.5),  # beyond the ends there is nothing: they may be peaks, but no valleys
        ([0, 3, 1, 0], 4, 1.5, math.nan),  # one hill has no valley
        ([2, 2, 2], 0, 1.5, math.nan),
    ],
)
def test_nodes_by_hand(counts: list[float], place: float, peak: float, valley: float) -> None:
    assert nearest_nodes(counts, place) == pytest.approx((peak, valley), nan_ok=True)


@given(counts_of, st.floats(0, 40))
def test_there_is_always_a_peak_where_there_is_volume(counts: list[float], place: float) -> None:
    peak, _ = nearest_nodes(counts, place)
    assert math.isnan(peak) == (max(counts) == 0)


def test_the_levels_of_three_candles_by_hand() -> None:
    # from 100 to 104 in four bins: 2 + 12, 2 + 12 + 0, 2, 2 + 6; of equal ones that nearer to the middle
    market = bars([(104, 100, 101, 8), (102, 100, 101, 24), (104, 103, 103.5, 6)])
    found = {name: column[-1] for name, column in levels(volume_profile(3, 4), market).items()}
    assert found == {"poc": 101.5, "vah": 102, "val": 100, "hvn": 103.5, "lvn": 102.5}


def test_all_prices_higher_by_as_much_are_levels_higher_by_as_much() -> None:
    random = np.random.default_rng(5)
    low = random.integers(0, 64, 200) / 4.0  # exact in binary, so that nothing is rounded
    high = low + random.integers(0, 16, 200) / 4.0
    close = low + (high - low) * 0.5
    volume = random.integers(1, 50, 200).astype(float)
    time = START + np.arange(200) * 3_600_000
    one = candles(time, close, high, low, close, volume, "1h")
    other = candles(time, close + 512, high + 512, low + 512, close + 512, volume, "1h")
    for name, column in levels(volume_profile(50, 16), one).items():
        np.testing.assert_allclose(levels(volume_profile(50, 16), other)[name], column + 512, rtol=1e-13)


@pytest.mark.parametrize("profile", [volume_profile(), session_profile()], ids=repr)
def test_twice_the_volume_changes_no_level(profile: Indicator) -> None:
    one = walk(400)
    other = candles(one.open_time, one.open, one.high, one.low, one.close, 2 * one.volume, "1h")
    for name, column in levels(profile, one).items():
        np.testing.assert_array_equal(levels(profile, other)[name], column)


@given(markets(least=30, clean=True), st.integers(1, 25), st.integers(2, 30))
def test_levels_are_in_order_and_within_the_range_and_known_after_the_period(
    market: Candles, period: int, bins: int
) -> None:
    found = levels(volume_profile(period, bins), market)
    for row in range(len(market)):
        at = {name: column[row] for name, column in found.items()}
        if row < period - 1:
            assert all(math.isnan(value) for value in at.values())
            continue
        window = slice(row - period + 1, row + 1)
        bottom, top = market.low[window].min(), market.high[window].max()
        edges = [bottom * (1 - 1e-12), at["val"], at["poc"], at["vah"], top * (1 + 1e-12)]
        assert all(a <= b for a, b in pairwise(edges))
        assert edges[0] <= at["hvn"] <= edges[-1]
        assert math.isnan(at["lvn"]) or edges[0] <= at["lvn"] <= edges[-1]


@pytest.mark.parametrize("profile", [volume_profile(5), session_profile()], ids=repr)
def test_at_a_constant_price_all_levels_are_that_price(profile: Indicator) -> None:
    for column in levels(profile, bars([(0.1, 0.1, 0.1, 7)] * 20)).values():
        assert set(column[4:]) == {0.1}


def test_without_volume_the_point_of_control_is_in_the_middle() -> None:
    found = levels(volume_profile(2, 4), bars([(104, 100, 102, 0), (104, 100, 102, 0)]))
    assert (found["poc"][-1], found["hvn"][-1]) == (102.5, 102.5)
    assert np.isnan(found["lvn"]).all()


def test_a_session_begins_anew_and_is_the_rolling_profile_of_its_candles() -> None:
    market = walk(72)  # three days from midnight
    found = levels(session_profile(), market)
    for row in (0, 1, 23, 24, 40, 71):
        rolling = levels(volume_profile(row % 24 + 1), market)
        for name, column in found.items():
            assert column[row] == rolling[name][row] or (np.isnan(column[row]) and name == "lvn")


def test_a_session_that_began_before_the_data_is_not_told() -> None:
    found = levels(session_profile(), walk(48, start=START + 3_600_000))["poc"]
    assert np.isnan(found[:23]).all()
    assert not np.isnan(found[23:]).any()


def test_a_session_whose_first_candle_is_missing_is_told_if_the_one_before_was_seen() -> None:
    market = walk(72)
    market = market.rows(np.flatnonzero(np.arange(72) != 24))
    assert not np.isnan(levels(session_profile(), market)["poc"]).any()


def test_a_session_longer_than_is_looked_back_is_not_told() -> None:
    found = levels(session_profile(24, "day", 20), walk(48))["poc"]
    assert np.isnan(found[20:24]).all()
    assert not np.isnan(found[:20]).any()
    assert not np.isnan(found[24:44]).any()


def test_weeks_begin_on_monday() -> None:
    found = levels(session_profile(24, "week"), walk(24 * 14))["poc"]  # from a Friday
    assert list(np.flatnonzero(~np.isnan(found))[:1]) == [24 * 3]
