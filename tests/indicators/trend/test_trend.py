"""What the trend indicators mean, on candles that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from thebot.indicators import Expression, Indicator, Panel, close, high, low, parse
from thebot.indicators.trend import (
    adx,
    adxr,
    aroon,
    atr_stop,
    chande_kroll,
    chandelier,
    dm,
    dx,
    heikin_ashi,
    highest,
    hurst,
    ichimoku,
    lowest,
    psar,
    supertrend,
    vhf,
    vortex,
)
from thebot.market import FloatArray

from ..conformance.cases import values
from ..markets import walk

STOPS = [supertrend(), atr_stop(), psar()]


def bars(*close: float, reach: float = 1.0) -> dict[str, FloatArray]:
    """Candles that reach so far above and below their close."""
    closes = np.array(close)
    return {"open": closes, "high": closes + reach, "low": closes - reach, "close": closes}


def listed(expression: Expression, columns: dict[str, FloatArray]) -> list[float]:
    return [float(value) for value in values(expression, columns)]


def test_highest_and_lowest_include_this_candle_and_forget_what_has_left() -> None:
    prices = {"close": np.array([5.0, 9.0, 7.0, 6.0, 8.0])}
    assert listed(highest(3), prices)[2:] == [9, 9, 8]
    assert listed(lowest(3), prices)[2:] == [5, 6, 6]


def test_aroon_counts_the_candles_since_the_extremes() -> None:
    # the highest high is 1 candle ago, the lowest low 3 candles ago, in a window of 4 candles before this
    found = aroon(4)
    market = bars(10, 5, 7, 12, 11)
    assert [listed(each, market)[-1] for each in found.outputs] == [75, 25, 50]


def test_of_two_equal_highs_aroon_takes_the_newer() -> None:
    assert listed(aroon(4).up, bars(10, 12, 11, 12, 9))[-1] == 75
    assert listed(aroon(4).up, bars(20, 12, 11, 12, 9, 8))[-1] == 50  # found again when 20 had left


def test_directional_movement_is_that_of_the_larger_side_only() -> None:
    market = bars(10, 13, 12)
    market["high"][2], market["low"][2] = 15.0, 10.0  # an outside candle: 1 up, 2 down
    assert listed(dm(1).plus_dm, market)[1:] == [3, 0]
    assert listed(dm(1).minus_dm, market)[1:] == [0, 2]


def test_dx_is_from_the_directional_indicators_of_adx() -> None:
    c = walk(500, seed=3)
    panel = Panel([dx(14), *adx(14).outputs, adxr(14)], "1h").over(c)
    plus, minus = panel[adx(14).plus_di], panel[adx(14).minus_di]
    np.testing.assert_allclose(panel[dx(14)], 100 * np.abs(plus - minus) / (plus + minus))
    line = panel[adx(14).adx]
    np.testing.assert_allclose(panel[adxr(14)][60:], (line[60:] + line[60 - 13 : -13]) / 2)


@pytest.mark.parametrize("stop", STOPS, ids=repr)
def test_a_stop_runs_below_in_an_uptrend_and_above_in_a_downtrend(stop: Indicator) -> None:
    up, down = np.linspace(100, 160, 60), np.linspace(160, 100, 60)
    market = bars(*up, *down)
    line, direction = values(stop.line, market), values(stop.direction, market)
    assert direction[55] == 1
    assert line[55] < market["low"][55]
    assert direction[-1] == -1
    assert line[-1] > market["high"][-1]
    assert set(direction[~np.isnan(direction)]) == {1.0, -1.0}


@pytest.mark.parametrize("stop", STOPS, ids=repr)
def test_a_stop_never_goes_back_before_it_turns(stop: Indicator) -> None:
    c = walk(3000, seed=5)
    panel = Panel(stop.outputs, "1h").over(c)
    line, direction = panel[stop.line], panel[stop.direction]
    stays = direction[1:] == direction[:-1]
    assert (np.diff(line) * direction[1:])[stays].min() >= 0
    assert 20 < (direction[1:] * direction[:-1] == -1).sum() < 600


def test_the_parabolic_jumps_to_the_extreme_when_it_is_touched() -> None:
    market = bars(10, 11, 12, 13, 14, 5)
    line, direction = listed(psar().line, market), listed(psar().direction, market)
    assert direction[1:] == [1, 1, 1, 1, -1]
    assert line[1:4] == [9, 9 + 0.02 * 3, pytest.approx(9.06 + 0.04 * (13 - 9.06))]
    assert line[-1] == 15  # the highest high of the uptrend


def test_the_parabolic_of_a_mirrored_market_is_the_mirrored_parabolic() -> None:
    c = walk(2000, seed=7)
    mirrored = psar(-low, -high)
    panel = Panel([*psar().outputs, *mirrored.outputs], "1h").over(c)
    turned = np.flatnonzero(panel[psar().direction] == -panel[mirrored.direction])
    assert len(turned) == len(c) - 1
    np.testing.assert_array_equal(panel[psar().line], -panel[mirrored.line])


def test_the_short_chandelier_is_the_long_one_of_the_mirrored_market() -> None:
    c = walk(2000, seed=7)
    mirrored = chandelier(-low, -high, -close)
    panel = Panel([*chandelier().outputs, *mirrored.outputs], "1h").over(c)
    np.testing.assert_allclose(panel[chandelier().short], -panel[mirrored.long], rtol=1e-13)


def test_a_chandelier_hangs_so_many_true_ranges_from_the_extremes() -> None:
    market = bars(10, 10, 10, 10, 16)  # true ranges: 2 2 2, then 7 from the close before
    assert listed(chandelier(3, 2.0).long, market)[3:] == [11 - 2 * 2, pytest.approx(17 - 2 * (4 + 7) / 3)]
    assert listed(chandelier(3, 2.0).short, market)[3:] == [9 + 2 * 2, pytest.approx(9 + 2 * (4 + 7) / 3)]


def test_chande_and_kroll_take_the_tightest_of_the_last_stops() -> None:
    c = walk(300, seed=2)
    first = chandelier(10, 1.0)
    lines = chande_kroll()
    panel = Panel([*first.outputs, *lines.outputs], "1h").over(c)
    assert panel[lines.short][100] == panel[first.long][92:101].max()
    assert panel[lines.long][100] == panel[first.short][92:101].min()


def test_the_ichimoku_cloud_at_a_candle_is_what_was_told_of_it_before() -> None:
    c = walk(600, seed=4)
    cloud = ichimoku()
    panel = Panel(cloud.outputs, "1h").over(c)
    for drawn, told in ((cloud.span_a, cloud.future_a), (cloud.span_b, cloud.future_b)):
        np.testing.assert_array_equal(panel[drawn][26:], panel[told][:-26])
    assert panel[cloud.conversion][100] == (c.high[92:101].max() + c.low[92:101].min()) / 2
    assert panel[cloud.base][100] == (c.high[75:101].max() + c.low[75:101].min()) / 2
    assert panel[cloud.future_b][100] == (c.high[49:101].max() + c.low[49:101].min()) / 2
    assert panel[cloud.future_a][100] == (panel[cloud.conversion][100] + panel[cloud.base][100]) / 2


def test_the_lagging_span_is_told_by_where_the_close_stands_to_that_of_then() -> None:
    market = bars(10, 11, 12, 11, 11, 9)
    assert listed(ichimoku(1, 2, 3, 2).lagging, market)[2:] == [1, 0, -1, -1]


def test_ichimoku_draws_its_price_lines_over_the_price_and_not_the_lagging_sign() -> None:
    assert ichimoku().span_a.overlay
    assert not ichimoku().lagging.overlay


def test_heikin_ashi_opens_in_the_middle_of_the_body_before() -> None:
    market = bars(10, 20, 30, reach=2.0)  # all four prices average to the close
    lines = heikin_ashi()
    assert listed(lines.close, market) == [10, 20, 30]
    assert listed(lines.open, market) == [10, 10, 15]
    assert listed(lines.high, market) == [12, 22, 32]
    assert listed(lines.low, market) == [8, 10, 15]  # down to the open, which is lower than the low


def test_where_nothing_moves_there_is_no_trend() -> None:
    for price in (1e-12, 1.0, 1e12):
        flat = bars(*[price] * 150, reach=0.0)
        assert listed(vhf(5), flat)[-1] == 0
        assert [listed(each, flat)[-1] for each in vortex(5).outputs] == [0, 0]
        assert listed(dx(5), flat)[-1] == 0
        assert listed(hurst(100), flat)[-1] == 0.5
        assert listed(psar().line, flat)[1:] == [price] * 149


def test_after_a_move_that_has_left_the_window_flat_is_flat_again() -> None:
    market = bars(100, 250, 0.3, 7, *[0.1] * 20, reach=0.0)
    assert listed(vhf(5), market)[-1] == 0
    assert [listed(each, market)[-1] for each in vortex(5).outputs] == [0, 0]


def test_a_straight_way_fills_the_vertical_horizontal_filter() -> None:
    # five prices span four of the five changes
    assert listed(vhf(5), bars(*range(1, 20)))[-1] == pytest.approx(4 / 5)


def test_the_hurst_exponent_tells_trends_from_chance_and_from_turning_back() -> None:
    random = np.random.default_rng(8)
    noise = random.normal(0, 0.01, 6000)
    trending = np.convolve(noise, np.ones(30) / 30, "valid")
    returning = np.diff(random.normal(0, 0.01, 6000))
    means = [
        float(np.nanmean(values(hurst(256), {"close": np.exp(np.cumsum(steps))})))
        for steps in (trending, noise, returning)
    ]
    assert means[0] > 0.8
    assert 0.5 < means[1] < 0.65
    assert means[2] < 0.35


@pytest.mark.parametrize(
    ("alias", "name"),
    [("dmi(14).adx", "adx(14).adx"), ("sar().line", "psar().line"), ("max(high, 5)", "highest(high, 5)"),
     ("ha().close", "heikin_ashi().close"), ("lsma(9)", "linreg(9)"), ("cksp().long", "chande_kroll().long")],
)  # fmt: skip
def test_the_usual_other_names_are_known(alias: str, name: str) -> None:
    assert parse(alias) == parse(name)


def test_the_usual_rules_buy_before_they_sell_on_a_rise_and_a_fall() -> None:
    up, down = np.linspace(100, 200, 80), np.linspace(200, 100, 80)
    market = bars(*np.linspace(150, 100, 80), *up, *down)
    for each in (
        supertrend(),
        atr_stop(),
        psar(),
        chandelier(),
        chande_kroll(),
        vortex(),
        aroon(),
        ichimoku(),
    ):
        rule = each.definition.signals(each)
        assert rule is not None
        buys, sells = (np.flatnonzero(values(side, market)) for side in rule)
        assert any(80 <= buy < 160 for buy in buys), each
        assert any(sell >= 160 for sell in sells), each
        assert not any(110 <= sell < 155 for sell in sells), each
