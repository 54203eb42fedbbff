"""The anchored VWAP: when it begins, what it counts, what it does not know."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from thebot.indicators import Expression, Panel, parse
from thebot.indicators.averages import rolling_vwap, vwap, vwma
from thebot.market import Candles, FloatArray

from ..markets import candles, walk

HOUR = 3_600_000


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)


def hours(first: int, prices: list[float], volumes: list[float], skipped: tuple[int, ...] = ()) -> Candles:
    """Hourly candles that stand at one price each; `skipped` ones are missing."""
    time = first + np.array([k for k in range(len(prices) + len(skipped)) if k not in skipped]) * HOUR
    return candles(time, prices, prices, prices, prices, volumes, "1h")


def over(expression: Expression, market: Candles) -> FloatArray:
    return Panel([expression], market.timeframe).over(market)[expression]


def test_each_price_weighs_by_its_volume_since_midnight() -> None:
    market = hours(at(2021, 1, 1, 22), [50, 60, 10, 20, 40], [1, 1, 1, 3, 4])
    np.testing.assert_allclose(over(vwap().line, market), [math.nan, math.nan, 10, 17.5, 28.75])


def test_the_bands_are_the_deviations_weighed_by_volume() -> None:
    market = hours(at(2021, 1, 1), [10, 20], [1, 3])
    # around 17.5: (1 * 7.5^2 + 3 * 2.5^2) / 4 = 18.75
    np.testing.assert_allclose(over(vwap("day", 2.0).upper, market), [10, 17.5 + 2 * math.sqrt(18.75)])
    np.testing.assert_allclose(over(vwap("day", 2.0).lower, market), [10, 17.5 - 2 * math.sqrt(18.75)])


def test_a_session_that_had_begun_before_the_data_is_not_known() -> None:
    market = hours(at(2021, 1, 1, 1), [10.0] * 24, [1.0] * 24)
    assert np.isnan(over(vwap("day").line, market)).tolist() == [True] * 23 + [False]
    assert np.isnan(over(vwap("week").line, market)).all()
    assert np.isnan(over(vwap("month").line, market)).all()
    assert not np.isnan(over(vwap("start").line, market)).any()


def test_a_session_whose_first_candles_are_missing_begins_with_its_first_that_is_there() -> None:
    market = hours(at(2021, 1, 1, 22), [50, 60, 10, 20], [1, 1, 1, 1], skipped=(2, 3))
    np.testing.assert_allclose(over(vwap().line, market), [math.nan, math.nan, 10, 15])


@pytest.mark.parametrize(
    ("anchor", "first"), [("day", (2021, 1, 31)), ("week", (2021, 2, 1)), ("month", (2021, 2, 1))]
)
def test_it_begins_anew_with_each_session(anchor: str, first: tuple[int, int, int]) -> None:
    begins = at(*first)
    market = hours(begins - 2 * HOUR, [1, 2, 3, 5], [1, 1, 1, 1])
    np.testing.assert_allclose(over(vwap(anchor).line, market)[2:], [3, 4])


def test_nothing_traded_yet_leaves_it_unknown_and_a_quiet_candle_changes_nothing() -> None:
    market = hours(at(2021, 1, 1), [10, 20, 99, 40], [0, 1, 0, 1])
    np.testing.assert_allclose(over(vwap().line, market), [math.nan, 20, 20, 30])


def test_the_deviation_of_high_prices_that_hardly_move_is_not_lost_in_rounding() -> None:
    prices = [1e9, 1e9 + 1] * 500
    market = hours(at(2021, 1, 1), prices, [1.0] * 1000)
    spread = over(vwap("start").upper, market) - over(vwap("start").line, market)
    assert spread[-1] == pytest.approx(0.5, abs=1e-6)


def test_it_equals_the_plain_sums_of_each_day() -> None:
    market = walk(24 * 5, seed=3)
    typical = (market.high + market.low + market.close) / 3
    for day in range(5):
        rows = slice(24 * day, 24 * day + 24)
        amount, traded = np.cumsum((typical * market.volume)[rows]), np.cumsum(market.volume[rows])
        np.testing.assert_allclose(over(vwap().line, market)[rows], amount / traded, rtol=1e-12)


def test_it_is_written_with_its_word() -> None:
    assert parse("vwap('week').line") == vwap("week").line == vwap(1).line
    assert repr(vwap("week")) == "vwap('week', 1)"


def test_where_nothing_was_traded_a_volume_weighted_average_is_the_price() -> None:
    market = hours(at(2021, 1, 1), [10, 20, 30, 30, 30, 40], [0.1, 1e9, 0.3, 0, 0, 0])
    expected = [math.nan, 20, 20.0, 30, 30, 40]
    np.testing.assert_allclose(over(vwma(2), market), expected, rtol=1e-8)
    np.testing.assert_allclose(over(rolling_vwap(2), market), expected, rtol=1e-8)
