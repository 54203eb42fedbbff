"""What the averages are, on numbers that can be checked by hand, and what becomes of them in a crash."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thebot.errors import IndicatorError
from thebot.indicators import Expression, close, crosses_above
from thebot.indicators.averages import (
    alligator,
    alma,
    dema,
    ema,
    hma,
    kama,
    ma_envelope,
    mcginley,
    midpoint,
    midprice,
    sma,
    smma,
    t3,
    tema,
    trima,
    vidya,
    wma,
    zlema,
)
from thebot.market import FloatArray

from ..conformance.cases import values

nan = math.nan


def over(expression: Expression, prices: list[float] | FloatArray) -> FloatArray:
    return values(expression, {"close": np.array(prices, dtype=float)})


def test_the_newest_weighs_most_in_a_weighted_average() -> None:
    np.testing.assert_allclose(over(wma(3), [1, 2, 6, 4]), [nan, nan, (1 + 4 + 18) / 6, (2 + 12 + 12) / 6])


def test_the_middle_weighs_most_in_a_triangular_average() -> None:
    np.testing.assert_allclose(over(trima(3), [1, 2, 7]), [nan, nan, 3.0])  # 1, 2, 1
    np.testing.assert_allclose(over(trima(4), [1, 2, 7, 9])[-1], (1 + 4 + 14 + 9) / 6)  # 1, 2, 2, 1


def test_wilders_smoothing_is_an_ema_of_nearly_twice_the_period() -> None:
    prices = 100 + np.random.default_rng(5).normal(size=1_000).cumsum()
    np.testing.assert_allclose(over(smma(14), prices)[-1], over(ema(27), prices)[-1], rtol=1e-9)


@pytest.mark.parametrize("made", [dema, tema, zlema, t3], ids=str)
def test_what_is_corrected_for_its_delay_follows_a_straight_line_without_any(made: object) -> None:
    line = over(made(5, 1.0) if made is t3 else made(5), np.arange(300.0))
    assert line[-1] == pytest.approx(299.0)


def test_the_hull_average_follows_a_straight_line_by_less_than_a_candle() -> None:
    # wma(n) is (n - 1) / 3 candles late: 2 * 7/3 - 5 makes up for a third of a candle, wma(4) costs 1
    assert over(hma(16), np.arange(100.0))[-1] == pytest.approx(99 - 2 / 3)


@pytest.mark.parametrize("period", [2, 3, 9, 60])
@pytest.mark.parametrize(("offset", "sigma"), [(0.85, 6.0), (0.0, 100.0), (1.0, 0.1), (0.5, 30.0)])
def test_alma_is_the_bell_of_its_formula(period: int, offset: float, sigma: float) -> None:
    prices = 50 + np.random.default_rng(2).normal(size=100).cumsum()
    k = np.arange(period)
    weights = np.exp(-((k - offset * (period - 1)) ** 2) / (2 * (period / sigma) ** 2))
    expected = np.lib.stride_tricks.sliding_window_view(prices, period) @ weights / weights.sum()
    np.testing.assert_allclose(over(alma(period, offset, sigma), prices)[period - 1 :], expected, rtol=1e-12)


def test_kaufmans_average_is_quick_on_a_straight_way_and_slow_to_and_fro() -> None:
    straight = over(kama(4), [10, 10, 10, 10, 20])[-1]
    assert straight == pytest.approx(10 + 10 * (2 / 3) ** 2)  # ratio 1: as EMA(2), squared
    fro = over(kama(4), [10, 20, 10, 20, 10])[-1]
    assert fro == pytest.approx(20 - 10 * (2 / 31) ** 2)  # ratio 0: as EMA(30), squared


def test_kaufmans_ratio_is_one_where_nothing_moved_whatever_came_before() -> None:
    line = over(kama(3), [0.1, 70_000.3, 0.7, *[0.7] * 6])
    assert line[6] - 0.7 == pytest.approx((line[5] - 0.7) * (1 - (2 / 3) ** 2))


def test_mcginleys_line_hurries_down_and_takes_its_time_up() -> None:
    down, up = over(mcginley(10), [100, 90])[-1], over(mcginley(10), [100, 110])[-1]
    assert down == pytest.approx(100 - 10 / (0.6 * 10 * 0.9**4))
    assert up == pytest.approx(100 + 10 / (0.6 * 10 * 1.1**4))


def test_mcginleys_line_never_goes_beyond_a_crashed_price() -> None:
    assert over(mcginley(10), [100, 1])[-1] == 1.0


def test_vidya_waits_while_nothing_moves_and_never_goes_beyond_the_price() -> None:
    # flat: no deviation, no weight; then the last two deviate by 5, the last three by 10 * sqrt(2) / 3
    line = over(vidya(2, 3, 0.5), [10, 10, 10, 20, 20, 20, 20])
    weight = 0.5 * 5 / (10 * math.sqrt(2) / 3)
    np.testing.assert_allclose(line[2:5], [10, 10 + 10 * weight, 10 + 10 * weight])
    assert over(vidya(2, 60, 1.0), [*[10.0] * 60, 20])[-1] == 20.0


def test_envelopes_stand_a_percentage_away() -> None:
    envelope = ma_envelope(2, 10)
    assert over(envelope.upper, [90, 110])[-1] == pytest.approx(110)
    assert over(envelope.middle, [90, 110])[-1] == pytest.approx(100)
    assert over(envelope.lower, [90, 110])[-1] == pytest.approx(90)


def test_the_alligators_lines_are_drawn_ahead() -> None:
    prices = np.arange(60.0)
    np.testing.assert_array_equal(over(alligator().lips, prices)[10:], over(smma(5), prices)[7:-3])


def test_the_middle_of_the_range_forgets_an_extreme_when_it_leaves() -> None:
    np.testing.assert_array_equal(over(midpoint(3), [1, 9, 2, 3, 4, 4])[2:], [5, 5.5, 3, 3.5])
    np.testing.assert_array_equal(over(midprice(3), [1, 9, 2, 3, 4, 4])[2:], [5, 5.5, 3, 3.5])


@pytest.mark.parametrize(
    "average", [sma(5), wma(5), trima(5), hma(9), kama(5), midpoint(5), alma(5), ema(5)], ids=repr
)
def test_a_crash_by_ten_orders_of_magnitude_leaves_no_rounding_behind(average: Expression) -> None:
    random = np.random.default_rng(4)
    after = 1e-6 * np.exp(random.normal(0, 0.01, 3_000).cumsum())
    crashed = over(average, np.concatenate([1e4 * np.exp(random.normal(0, 0.01, 500).cumsum()), after]))
    alone = over(average, after)
    np.testing.assert_allclose(crashed[-100:], alone[-100:], rtol=1e-12)


@pytest.mark.parametrize("average", [sma(1), wma(1), trima(1), ema(1), dema(1), tema(1), zlema(1)], ids=repr)
def test_over_one_candle_an_average_is_the_price(average: Expression) -> None:
    prices = [0.1, 7.3, 1e-9, 5e12, 3.3]
    np.testing.assert_allclose(over(average, prices), prices, rtol=1e-12)


def test_an_average_is_bought_when_the_close_crosses_above_it() -> None:
    for definition in (sma, wma, hma, kama, mcginley):
        signals = definition.signals()
        assert signals is not None
        assert signals[0] == crosses_above(close, definition())


def test_kaufmans_fast_period_is_below_its_slow_one() -> None:
    with pytest.raises(IndicatorError, match="smaller"):
        kama(10, 30, 2)
