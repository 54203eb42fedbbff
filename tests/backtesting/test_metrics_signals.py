from __future__ import annotations

import math

import numpy as np
import pytest

from thebot.backtesting.metrics import forward_returns, signal_accuracy
from thebot.errors import BadSetting
from thebot.market import BoolArray, FloatArray


def walk(count: int, seed: int) -> FloatArray:
    prices: FloatArray = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count)))
    return prices


def at(rows: list[int], count: int) -> BoolArray:
    fired = np.zeros(count, dtype=np.bool_)
    fired[rows] = True
    return fired


def test_a_forward_return_is_that_of_n_candles_later() -> None:
    forward = forward_returns(np.array([100.0, 110.0, 121.0, 60.5]), 2)
    assert forward[:2] == pytest.approx([0.21, -0.45])
    assert np.isnan(forward[2:]).all()
    assert np.isnan(forward_returns(np.array([1.0, 2.0]), 5)).all()
    assert forward_returns(np.empty(0), 1).tolist() == []
    with pytest.raises(BadSetting, match="horizon of 0"):
        forward_returns(np.ones(3), 0)


def test_accuracy_is_hits_and_returns_against_all_candles() -> None:
    prices = np.array([100.0, 110.0, 99.0, 108.9, 98.01, 107.811])  # up and down by a tenth in turn
    found = signal_accuracy(at([0, 2, 5], 6), prices, horizon=1, resamples=50)
    assert (found.signals, found.candles) == (2, 5)  # what follows the last candle nobody knows
    assert found.hits.point == 1.0
    assert found.base_hits == 0.6
    assert found.lift_hits.point == pytest.approx(0.4)
    assert found.mean.point == pytest.approx(0.1)
    assert found.base_mean == pytest.approx(0.02)
    assert found.lift_mean.point == pytest.approx(0.08)


def test_a_short_signal_hits_when_the_price_falls() -> None:
    prices = np.array([100.0, 110.0, 99.0, 108.9, 98.01, 107.811])
    found = signal_accuracy(at([1, 3], 6), prices, horizon=1, side="short", resamples=50)
    assert found.hits.point == 1.0
    assert found.base_hits == 0.4
    assert found.mean.point == pytest.approx(0.1)


def test_a_hit_has_to_clear_the_hurdle() -> None:
    prices = np.array([100.0, 100.1, 101.1, 101.2])
    assert signal_accuracy(at([0, 1], 4), prices, horizon=1, resamples=20).hits.point == 1.0
    assert signal_accuracy(at([0, 1], 4), prices, horizon=1, hurdle=0.003, resamples=20).hits.point == 0.5


def test_a_signal_that_sees_the_future_is_told_from_one_that_guesses() -> None:
    prices = walk(1500, seed=1)
    forward = forward_returns(prices, 10)
    chance = np.random.default_rng(2).random(1500) < 0.1
    guess = signal_accuracy(chance, prices, horizon=10, resamples=300)
    assert guess.lift_hits.low < 0 < guess.lift_hits.high
    assert guess.lift_mean.low < 0 < guess.lift_mean.high
    oracle = signal_accuracy(chance & (forward > 0), prices, horizon=10, resamples=300)
    assert oracle.lift_hits.low > 0
    assert oracle.lift_mean.low > 0


def test_runs_are_as_long_as_neighbouring_outcomes_overlap() -> None:
    found = signal_accuracy(at([5, 50, 90], 200), walk(200, seed=3), horizon=24, resamples=20)
    assert found.lift_mean.block >= 24


@pytest.mark.parametrize("rows", [[], [7], [7, 99]])
def test_fewer_than_two_outcomes_say_nothing(rows: list[int]) -> None:
    found = signal_accuracy(at(rows, 100), walk(100, seed=4), horizon=5, resamples=20)
    assert found.signals == min(len(rows), 1)
    for figure in (found.hits, found.mean, found.lift_hits, found.lift_mean):
        assert math.isnan(figure.point)
        assert math.isnan(figure.low)
    assert 0 <= found.base_hits <= 1


def test_a_record_shorter_than_the_horizon_says_nothing() -> None:
    found = signal_accuracy(at([0, 1], 3), np.ones(3), horizon=5, resamples=20)
    assert (found.signals, found.candles) == (0, 0)
    assert math.isnan(found.base_hits)
    with pytest.raises(BadSetting, match="2 signals do not fit 3 prices"):
        signal_accuracy(at([0], 2), np.ones(3), horizon=1)


def test_long_series_are_resampled_by_stretches_and_every_signal_still_counts() -> None:
    prices, fired = walk(7001, 3), np.random.default_rng(4).random(7001) < 0.05
    found = signal_accuracy(fired, prices, horizon=3, resamples=50)
    forward = forward_returns(prices, 3)[:-3]
    assert (found.signals, found.candles) == (int(fired[:-3].sum()), 6998)
    assert found.mean.point == pytest.approx(forward[fired[:-3]].mean())
    assert found.lift_hits.point == pytest.approx((forward[fired[:-3]] > 0).mean() - (forward > 0).mean())
