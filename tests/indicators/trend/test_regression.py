"""The regression family beside exact least squares, and what its values mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thebot.indicators import Expression, Panel, close
from thebot.indicators.trend import (
    linreg,
    linreg_angle,
    linreg_channel,
    linreg_intercept,
    linreg_slope,
    r_squared,
    tsf,
)
from thebot.market import Candles, FloatArray

from ..conformance.cases import SERIES, series_named, values

RAMP = {"close": np.arange(100.0, 140.0, 2.0)}  # rises by 2 a candle


def last(expression: Expression, columns: dict[str, FloatArray]) -> float:
    return float(values(expression, columns)[-1])


def over(expression: Expression, c: Candles) -> FloatArray:
    return Panel([expression], c.timeframe).over(c)[expression]


def test_on_a_ramp_the_line_is_the_price() -> None:
    assert last(linreg(5), RAMP) == 138
    assert last(linreg_slope(5), RAMP) == 2
    assert last(linreg_intercept(5), RAMP) == 130
    assert last(tsf(5), RAMP) == 140
    assert last(r_squared(5), RAMP) == 1
    assert [last(each, RAMP) for each in linreg_channel(5).outputs] == [138, 138, 138]


def test_a_rise_of_one_percent_a_candle_is_an_angle_of_45_degrees() -> None:
    rising = {"close": np.array([99.0, 100.0, 101.0])}
    assert last(linreg_angle(3), rising) == pytest.approx(45)
    assert last(linreg_angle(3), {"close": rising["close"] * 60_000}) == pytest.approx(45)
    assert last(linreg_angle(3), {"close": rising["close"][::-1].copy()}) == pytest.approx(-45)


def test_the_channel_is_two_deviations_of_the_prices_from_the_line_away() -> None:
    # 1 0 0 1 has a level line at 0.5, from which each price is 0.5 away
    prices = {"close": np.array([2.0, 1.0, 1.0, 2.0])}
    assert [last(each, prices) for each in linreg_channel(4, 2).outputs] == [1.5, 2.5, 0.5]
    assert last(r_squared(4), prices) == 0


def test_where_nothing_moves_the_slope_and_the_fit_are_zero() -> None:
    for price in (1e-12, 0.1, 1e12):
        flat = {"close": np.concatenate([[price * 3.0, price / 7.0], np.full(60, price)])}
        assert last(linreg(20), flat) == price
        assert last(linreg_slope(20), flat) == 0
        assert last(linreg_angle(20), flat) == 0
        assert last(r_squared(20), flat) == 0
        assert [last(each, flat) for each in linreg_channel(20).outputs] == [price] * 3


def test_a_line_of_any_input_has_its_unit() -> None:
    assert linreg(close, 5).unit == "price"
    assert linreg_slope(r_squared(5), 5).unit == "number"


@pytest.mark.parametrize("period", [2, 14, 150])
@pytest.mark.parametrize("series", SERIES)
def test_equal_to_least_squares_made_anew_for_every_window(shared: Path, series: str, period: int) -> None:
    """TA-Lib keeps running sums that a crash spoils; this is exact."""
    c = series_named(shared, series)
    windows = np.lib.stride_tricks.sliding_window_view(c.close, period)
    centre = windows.mean(axis=1)
    away = windows - centre[:, None]
    ages = np.arange(period) - (period - 1) / 2
    slope = away @ ages / (ages @ ages)
    deviation = np.sqrt((away * away).mean(axis=1))
    ours = over(linreg_slope(period), c)[period - 1 :]
    assert (np.abs(ours - slope) <= 1e-9 * np.abs(slope) + 1e-11 * deviation + 1e-15 * centre).all()
    ours = over(linreg(period), c)[period - 1 :]
    assert (np.abs(ours - (centre + slope * ages[-1])) <= 1e-12 * centre).all()
    if period < 3:
        return
    squares = (away * away).sum(axis=1)
    moving = squares > 1e-20 * centre * centre
    fit = np.where(moving, slope * slope * (ages @ ages) / np.where(moving, squares, 1.0), 0.0)
    assert (np.abs(over(r_squared(period), c)[period - 1 :] - fit) <= 1e-9).all()
    rest = np.sqrt(((away - slope[:, None] * ages) ** 2).mean(axis=1))
    channel = linreg_channel(period, 1.0)
    ours = (over(channel.upper, c) - over(channel.line, c))[period - 1 :]
    assert (np.abs(ours - rest) <= 1e-6 * deviation + 1e-14 * centre).all()
