"""Numbers that can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thebot.errors import IndicatorError
from thebot.indicators import Expression
from thebot.indicators.momentum import (
    apo,
    cmo,
    elder_ray,
    fisher,
    kst,
    macd,
    mom,
    percent_k,
    percent_rank,
    pmo,
    ppo,
    roc,
    rocp,
    rocr,
    rocr100,
    schaff,
    stc,
    stoch,
    streak,
    ultosc,
    willr,
)
from thebot.market import FloatArray

from ..conformance.cases import values


def of(indicator: Expression, *closes: float) -> FloatArray:
    return values(indicator, {"close": np.array(closes, float)})


def test_the_rates_of_change_say_the_same_in_their_own_ways() -> None:
    rates = [of(each(2), 100, 90, 105)[-1] for each in (mom, roc, rocp, rocr, rocr100)]
    assert rates == pytest.approx([5, 5, 0.05, 1.05, 105])


def test_a_rate_of_change_from_nothing_is_no_change() -> None:
    assert of(roc(1), 0, 5)[-1] == of(rocp(1), 0, 5)[-1] == of(rocr(1), 0, 5)[-1] == 0


def test_the_streak_counts_candles_that_rose_or_fell_in_a_row() -> None:
    assert of(streak(), 1, 2, 3, 3, 2, 1, 2).tolist() == [0, 1, 2, 0, -1, -2, 1]


def test_the_percent_rank_counts_what_was_lower_and_not_what_was_equal() -> None:
    assert of(percent_rank(4), 1, 2, 3, 3, 3)[-1] == 50


def test_chande_momentum_is_gains_less_losses_of_all_movement() -> None:
    assert of(cmo(3), 10, 13, 12, 12)[-1] == 50  # gains 3, losses 1


def test_williams_r_and_the_stochastic_measure_the_same_place_from_both_ends() -> None:
    market = {"high": [5.0, 9.0], "low": [1.0, 4.0], "close": [3.0, 7.0]}
    columns = {name: np.array(column) for name, column in market.items()}
    assert values(percent_k(2), columns)[-1] == 75
    assert values(willr(2), columns)[-1] == -25


def test_macds_averages_begin_together_and_apos_each_by_itself() -> None:
    closes = [1.0, 2.0, 9.0]
    assert of(macd(1, 3, 1).line, *closes)[-1] == of(apo(1, 3), *closes)[-1] == 5
    assert of(macd(2, 3, 1).line, *closes)[-1] == 5.5 - 4
    assert of(apo(2, 3), *closes)[-1] == pytest.approx(1.5 + (9 - 1.5) * 2 / 3 - 4)


def test_ppo_is_in_percent_of_the_slow_average() -> None:
    assert of(ppo(1, 3, 1).line, 1, 2, 9)[-1] == 125


@pytest.mark.parametrize("made", [macd, apo, ppo])
def test_a_fast_period_above_the_slow_one_is_refused(made: type) -> None:
    with pytest.raises(IndicatorError, match="Were they swapped"):
        made(26, 12)
    with pytest.raises(IndicatorError, match="Were they swapped"):
        ultosc(7, 28, 14)


def test_elder_ray_measures_from_the_average_to_the_extremes() -> None:
    market = {"high": [6.0, 8.0], "low": [2.0, 3.0], "close": [4.0, 6.0]}
    columns = {name: np.array(column) for name, column in market.items()}
    assert values(elder_ray(2).bull, columns)[-1] == 3
    assert values(elder_ray(2).bear, columns)[-1] == -2


def test_kst_weighs_the_longer_rates_more() -> None:
    assert of(kst(1, 2, 3, 4, 1, 1, 1, 1, 1).line, 100, 100, 100, 100, 110)[-1] == pytest.approx(100)


def test_pmo_smooths_with_two_over_the_period() -> None:
    first = of(pmo(2, 2, 1).line, 100, 101, 102.01, 103.0301)  # one percent each time
    assert np.isnan(first[:3]).all()
    assert first[3] == pytest.approx(10)


def test_fisher_stretches_the_place_in_the_range() -> None:
    market = {"high": np.array([2.0, 4.0, 3.0]), "low": np.array([2.0, 4.0, 3.0])}
    found, trigger = values(fisher(2).fisher, market), values(fisher(2).trigger, market)
    assert found[1] == pytest.approx(math.atanh(0.33))  # at the top: place 1
    assert found[2] == pytest.approx(math.atanh(-0.33 + 0.67 * 0.33) + found[1] / 2)
    assert np.isnan(trigger[1])
    assert trigger[2] == found[1]


def test_schaffs_stochastic_keeps_its_place_where_there_is_no_range() -> None:
    assert of(schaff(2, 0.5), 1, 2, 1, 1, 1).tolist()[1:] == [100, 50, 25, 12.5]
    assert of(schaff(2, 1.0), 1, 2, 2)[-1] == 100


def test_the_schaff_trend_cycle_is_the_definition_step_by_step() -> None:
    random = np.random.default_rng(5)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.01, 400)))
    line = values(apo(5, 12), {"close": closes})
    for _ in range(2):
        smooth, raw, following = math.nan, 0.0, np.full(len(line), math.nan)
        for i in range(len(line)):
            window = line[max(0, i - 9) : i + 1]
            if len(window) < 10 or np.isnan(window).any():
                continue
            if window.max() > window.min():
                raw = 100 * (window[-1] - window.min()) / (window.max() - window.min())
            smooth = raw if math.isnan(smooth) else smooth + 0.5 * (raw - smooth)
            following[i] = smooth
        line = following
    found = values(stc(10, 5, 12), {"close": closes})
    np.testing.assert_allclose(found, line, rtol=1e-9, atol=1e-9)
    assert 0 <= np.nanmin(found) < 5
    assert 95 < np.nanmax(found) <= 100


def test_the_usual_rule_of_an_oscillator_buys_where_it_leaves_oversold() -> None:
    buy, sell = stoch.signals() or (None, None)
    assert repr(buy) == "crosses_above(stoch(14, 3, 3).k, stoch(14, 3, 3).d)"
    assert repr(sell) == "crosses_below(stoch(14, 3, 3).k, stoch(14, 3, 3).d)"
    bought = willr.signals()
    assert bought is not None
    assert repr(bought[0]) == "crosses_above(willr(14), -80)"
