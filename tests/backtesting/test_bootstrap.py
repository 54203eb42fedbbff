from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from thebot.backtesting import bootstrap
from thebot.backtesting.bootstrap import block_length, interval, intervals, intervals_of_rows, resampled
from thebot.backtesting.metrics import beta, equity_curve, max_drawdown, profit_factor, sharpe_ratio, win_rate
from thebot.errors import BadSetting
from thebot.market import FloatArray

ALONE = {"block": 1.0, "resamples": 400}


def mean(values: FloatArray) -> float:
    return float(values.mean())


def mean_of_rows(samples: FloatArray) -> FloatArray:
    found: FloatArray = samples.mean(axis=1)
    return found


def hanging_together(count: int, share: float, seed: int) -> FloatArray:
    """Each value is `share` of the one before and a normal number: an AR(1) series of mean zero."""
    noise = np.random.default_rng(seed).standard_normal(count)
    values = np.empty(count)
    values[0] = noise[0]
    for row in range(1, count):
        values[row] = share * values[row - 1] + noise[row]
    return values


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    data = hanging_together(200, 0.5, seed=1)
    first = interval(mean, data, seed=3, resamples=100)
    assert interval(mean, data, seed=3, resamples=100) == first
    assert interval(mean, data, seed=4, resamples=100).low != first.low


def test_several_figures_of_the_same_resamples_are_those_of_each_alone() -> None:
    data = hanging_together(120, 0.3, seed=2)
    together = intervals({"mean": mean, "most": np.max}, data, resamples=100, seed=5)
    assert together["mean"] == interval(mean, data, resamples=100, seed=5)
    assert together["most"] == interval(np.max, data, resamples=100, seed=5)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_a_figure_of_many_samples_at_once_gives_the_same_as_one_by_one(method: bootstrap.Method) -> None:
    data = hanging_together(100, 0.3, seed=2)
    by_one = interval(mean, data, resamples=200, method=method)
    at_once = intervals_of_rows({"mean": mean_of_rows}, data, resamples=200, method=method)["mean"]
    assert (at_once.low, at_once.point, at_once.high) == pytest.approx(
        (by_one.low, by_one.point, by_one.high)
    )


def test_memory_is_bounded_however_many_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_CELLS", 1000)
    sizes: list[int] = []

    def watched(samples: FloatArray) -> FloatArray:
        sizes.append(samples.size)
        return mean_of_rows(samples)

    found = intervals_of_rows({"mean": watched}, np.arange(100.0), resamples=25, block=5)["mean"]
    assert sizes == [100, 1000, 1000, 500]  # the data themselves, then ten resamples at a time
    assert found.known == 25


# Binomial noise of 200 repetitions is 1.5 % around 95 %; the bootstrap is a little short with few rows.
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_an_interval_holds_the_truth_about_as_often_as_it_says(method: bootstrap.Method) -> None:
    inside = 0
    for seed in range(200):
        data = np.random.default_rng(seed).exponential(1.0, 60)
        found = intervals_of_rows(
            {"mean": mean_of_rows}, data, seed=seed, method=method, block=1, resamples=400
        )["mean"]
        inside += found.low <= 1.0 <= found.high
    assert 0.89 <= inside / 200 <= 0.98


def test_runs_keep_the_promise_where_single_rows_break_it() -> None:
    inside = {1.0: 0, None: 0}
    for seed in range(200):
        data = hanging_together(300, 0.6, seed)
        for block in inside:
            found = intervals_of_rows({"mean": mean_of_rows}, data, seed=seed, block=block, resamples=300)
            inside[block] += found["mean"].low <= 0.0 <= found["mean"].high
    assert inside[1.0] / 200 < 0.75
    assert 0.87 <= inside[None] / 200 <= 0.98


def test_more_confidence_is_a_wider_interval_around_the_point() -> None:
    data = np.random.default_rng(0).standard_normal(100)
    narrow, wide = (interval(mean, data, confidence=share, **ALONE) for share in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.point < narrow.high < wide.high
    assert narrow.point == data.mean()


def test_bca_is_efrons_formula() -> None:
    """Bias 0 and skew 0 change nothing; a bias of half a deviation shifts both ends by twice as much."""
    values, even = np.linspace(-1, 1, 1001), np.array([-1.0, 0.0, 1.0])
    shares = (0.025, 0.975)
    assert bootstrap._bca_shares(0.0, values, even, shares) == pytest.approx(shares)
    point = float(values[691])  # 69.15 % lie below: the normal quantile is a half
    low, high = bootstrap._bca_shares(point, values, even, shares)
    assert low == pytest.approx(0.1685, abs=2e-3)  # of -1.96 + 2 x 0.5
    assert high == pytest.approx(0.9985, abs=2e-4)
    # skew: jackknife -2, 1, 1 has third moment 8 - 1 - 1 = 6 over 6 x 6^1.5, so 0.0680
    low, high = bootstrap._bca_shares(0.0, values, np.array([-2.0, 1.0, 1.0]), shares)
    assert low == pytest.approx(bootstrap._NORMAL.cdf(-1.95996 / (1 + 0.06804 * 1.95996)), abs=1e-4)
    assert high == pytest.approx(bootstrap._NORMAL.cdf(1.95996 / (1 - 0.06804 * 1.95996)), abs=1e-4)


def test_ratios_drawdowns_and_trades_have_intervals() -> None:
    returns = 0.002 + 0.01 * hanging_together(250, 0.1, seed=9)
    found = intervals(
        {
            "sharpe": partial(sharpe_ratio, periods_per_year=365),
            "drawdown": lambda sample: max_drawdown(equity_curve(sample)),
        },
        returns,
        resamples=200,
    )
    assert found["sharpe"].low < found["sharpe"].point < found["sharpe"].high
    assert -1 < found["drawdown"].low < found["drawdown"].high < 0
    won = interval(win_rate, np.array([1.0, -1.0] * 50), **ALONE)
    assert won.point == 0.5
    assert 0.37 < won.low < 0.43 < 0.57 < won.high < 0.63  # a half, give or take 0.1


def test_whole_rows_are_drawn_so_that_pairs_stay_together() -> None:
    market = np.random.default_rng(3).standard_normal(80)
    pairs = np.column_stack([2.0 * market, market])
    found = interval(lambda rows: beta(rows[:, 0], rows[:, 1]), pairs, resamples=50)
    assert (found.low, found.point, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_rows_of_which_nothing_is_known_are_left_out() -> None:
    data = np.array([1.0, np.nan, 2.0, 3.0])
    assert interval(mean, data, **ALONE) == interval(mean, np.array([1.0, 2.0, 3.0]), **ALONE)
    pairs = np.array([[1.0, 2.0], [np.nan, 1.0], [3.0, 4.0]])
    assert interval(lambda rows: mean(rows[:, 0]), pairs, **ALONE).point == 2.0


def test_too_little_to_draw_from_has_no_ends() -> None:
    nothing, one = interval(mean, np.empty(0)), interval(mean, np.array([0.5]))
    assert math.isnan(nothing.point)
    assert one.point == 0.5
    for found in (nothing, one):
        assert math.isnan(found.low)
        assert math.isnan(found.high)
        assert found.known == 0


def test_what_never_varies_is_certain_and_what_is_unknown_stays_so() -> None:
    for method in ("percentile", "bca"):
        certain = interval(mean, np.full(30, 0.5), resamples=50, method=method)
        assert (certain.low, certain.point, certain.high) == (0.5, 0.5, 0.5)
    unknown = interval(partial(sharpe_ratio, periods_per_year=365), np.full(30, 0.01), resamples=50)
    assert math.isnan(unknown.point)
    assert math.isnan(unknown.low)


def test_resamples_that_do_not_know_the_figure_are_counted() -> None:
    one_loser = np.array([1.0] * 9 + [-1.0])  # a share of (9/10)^10 = 35 % of the resamples has no loser
    found = interval(profit_factor, one_loser, block=1, resamples=1000)
    assert 600 < found.known < 700
    assert found.low < found.point <= found.high  # the lucky resamples are missing: both ends lie lower
    mostly = interval(lambda sample: 1.0 if sample[0] < 0 else math.nan, -one_loser, **ALONE)
    assert mostly.known > 300
    seldom = interval(lambda sample: 1.0 if sample[0] > 0 else math.nan, -one_loser[::-1], **ALONE)
    assert seldom.point == 1.0
    assert seldom.known < 100
    assert math.isnan(seldom.low)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"confidence": 1.0}, "confidence"),
        ({"confidence": 95}, "confidence"),
        ({"resamples": 1}, "resamples"),
        ({"block": 0.5}, "block"),
        ({"block": math.nan}, "block"),
    ],
)
def test_what_cannot_be_asked_is_refused(wrong: dict[str, float], why: str) -> None:
    with pytest.raises(BadSetting, match=why):
        interval(mean, np.arange(10.0), **wrong)


def test_runs_have_the_length_that_was_asked_for_and_go_round() -> None:
    index = resampled(50, 400, 5.0, np.random.default_rng(0))
    assert index.shape == (400, 50)
    assert index.min() == 0
    assert index.max() == 49
    follows = index[:, 1:] == (index[:, :-1] + 1) % 50
    assert 1 - follows.mean() == pytest.approx(
        0.2 * 0.98, abs=0.01
    )  # 1 in 50 new runs begins at the next row
    assert np.bincount(index.ravel(), minlength=50) == pytest.approx(400, rel=0.35)  # every row alike


def test_a_run_longer_than_the_data_is_a_rotation() -> None:
    [index] = resampled(7, 1, 1e12, np.random.default_rng(0))
    assert index.tolist() == [(index[0] + step) % 7 for step in range(7)]


# Computed by arch 8.0.0, optimal_block_length(...)["stationary"], on the same series.
@pytest.mark.parametrize(
    ("share", "count", "seed", "expected"),
    [
        (0.0, 300, 1, 3.725486434183658),
        (0.5, 40, 2, 1.8249966366271),
        (0.5, 2000, 1, 14.066883928445627),
        (0.9, 300, 3, 22.606915354695115),
        (-0.4, 300, 2, 14.587116733154144),
    ],
)
def test_the_length_of_runs_is_that_of_politis_and_white(
    share: float, count: int, seed: int, expected: float
) -> None:
    assert block_length(hanging_together(count, share, seed)) == pytest.approx(expected, rel=1e-9)


def test_the_length_of_runs_stays_within_what_the_data_hold() -> None:
    assert block_length(np.empty(0)) == 1
    assert block_length(np.arange(9.0)) == 1
    assert block_length(np.full(100, 0.1)) == 1
    assert block_length(np.random.default_rng(1).standard_normal(2000)) == 1  # arch: 0.12
    assert block_length(np.arange(100.0)) > 10  # a line hangs together most
    for count in range(10, 40):
        assert 1 <= block_length(np.sin(np.arange(count))) <= math.ceil(count / 3)
        assert 1 <= block_length((-1.0) ** np.arange(count)) <= math.ceil(count / 3)
        assert 1 <= block_length(np.arange(count) == 3) <= math.ceil(count / 3)
