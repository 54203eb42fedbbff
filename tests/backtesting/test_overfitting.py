from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.backtesting.overfitting import (
    SharpeEstimate,
    deflated_sharpe,
    expected_best_sharpe,
    expected_maximum,
    minimum_backtest,
    minimum_track_record,
    neighbours_by_rank,
    neighbours_in_grid,
    pbo,
    plateau,
    probabilistic_sharpe,
    random_entries,
    reality_check,
    sharpe_by_variant,
    standard_errors,
    superior_ability,
)
from thebot.errors import BadSetting


@pytest.fixture(scope="module")
def papers(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "vectors" / "metrics" / "psr_dsr_mintrl.json").read_text()
    found: list[dict[str, Any]] = json.loads(text)["cases"]
    return found


@pytest.fixture(scope="module")
def crosses(shared: Path) -> np.ndarray:
    """Daily returns of twenty variants, (928, 20)."""
    return np.loadtxt(shared / "vectors" / "metrics" / "pbo_matrix.csv", delimiter=",", skiprows=1)


def per_period(inputs: dict[str, Any]) -> float:
    if "sharpe_per_period" in inputs:
        return float(inputs["sharpe_per_period"])
    return float(inputs["sharpe_annual"]) / math.sqrt(inputs["periods_per_year"])


def found_for(metric: str, given: dict[str, Any]) -> float:
    """What ours gives for a case of the papers, in its units."""
    if metric == "expected_max_sharpe_std_units":
        return expected_maximum(given["n_trials"])
    if metric == "min_backtest_length":
        return minimum_backtest(given["n_trials"], sharpe=given["expected_max_sharpe_annual"])
    if metric == "sharpe":
        return SharpeEstimate.of(np.array(given["returns"]) - given["benchmark"]).sharpe
    if metric == "sr0_threshold":
        variance = given["var_sharpe_annual"] / given["periods_per_year"]
        return expected_best_sharpe(given["n_trials"], variance=variance)
    estimate = SharpeEstimate(
        sharpe=per_period(given),
        periods=given.get("n_obs", 2),
        skew=given["skew"],
        kurtosis=given["kurtosis"],
    )
    if metric == "psr":
        return probabilistic_sharpe(estimate, benchmark=given["benchmark_sharpe"])
    if metric == "dsr":
        variance = given["var_sharpe_annual"] / given["periods_per_year"]
        return deflated_sharpe(estimate, trials=given["n_trials"], variance=variance)
    assert metric == "min_track_record_length"
    benchmark = given["benchmark_annual"] / math.sqrt(given["periods_per_year"])
    periods = minimum_track_record(estimate, benchmark=benchmark, confidence=given["prob"])
    return periods / given["periods_per_year"]


def test_the_numbers_are_those_of_the_papers(papers: list[dict[str, Any]]) -> None:
    checked = 0
    for case in papers:
        if case["metric"] in ("sortino", "omega"):
            continue  # tested with the metrics
        expected = case.get("expected", case.get("expected_years"))
        found = found_for(case["metric"], case["inputs"])
        near = pytest.approx(expected, rel=case.get("rtol"), abs=case.get("atol"))
        assert found == near, case
        if "published_rounded" in case:
            digits = len(str(case["published_rounded"]).partition(".")[2])
            assert round(found, digits) == case["published_rounded"]
        checked += 1
    assert checked == 10


def test_an_excess_kurtosis_is_found_out_where_it_cannot_be_one() -> None:
    with pytest.raises(BadSetting, match="add 3 to an excess kurtosis"):
        SharpeEstimate(sharpe=0.1, periods=100, skew=0.0, kurtosis=0.0)
    with pytest.raises(BadSetting, match="at least 2 periods"):
        SharpeEstimate.of(np.array([0.01]))


def test_moments_by_hand() -> None:
    estimate = SharpeEstimate.of(np.array([0.0, math.nan, 0.0, 0.0, 0.04]))
    assert estimate.periods == 4
    assert estimate.sharpe == pytest.approx(0.01 / 0.02)
    assert estimate.skew == pytest.approx(2 / math.sqrt(3))
    assert estimate.kurtosis == pytest.approx(7 / 3)


def test_what_does_not_deviate_says_nothing() -> None:
    flat = SharpeEstimate.of(np.zeros(10))
    assert math.isnan(probabilistic_sharpe(flat))
    assert math.isnan(deflated_sharpe(flat, trials=10, variance=0.01))
    assert math.isnan(minimum_track_record(flat))


def test_more_trials_and_worse_tails_lower_the_belief() -> None:
    plain = SharpeEstimate(sharpe=0.1, periods=500)
    tailed = SharpeEstimate(sharpe=0.1, periods=500, skew=-2.0, kurtosis=12.0)
    assert deflated_sharpe(plain, trials=1, variance=0.002) == probabilistic_sharpe(plain)
    beliefs = [deflated_sharpe(plain, trials=n, variance=0.002) for n in (1, 2, 10, 1000, 10**12)]
    assert beliefs == sorted(beliefs, reverse=True)
    assert probabilistic_sharpe(tailed) < probabilistic_sharpe(plain)
    assert minimum_track_record(tailed) > minimum_track_record(plain)
    assert minimum_track_record(plain, benchmark=0.1) == math.inf


def test_a_track_record_of_the_minimum_length_is_believed_as_asked() -> None:
    estimate = SharpeEstimate(sharpe=0.08, periods=2, skew=-0.5, kurtosis=6.0)
    least = minimum_track_record(estimate, confidence=0.9)
    long_enough = SharpeEstimate(sharpe=0.08, periods=math.ceil(least), skew=-0.5, kurtosis=6.0)
    too_short = SharpeEstimate(sharpe=0.08, periods=math.floor(least), skew=-0.5, kurtosis=6.0)
    assert probabilistic_sharpe(too_short) < 0.9 <= probabilistic_sharpe(long_enough)


def test_the_expected_maximum_is_that_of_simulated_luck() -> None:
    random = np.random.default_rng(1)
    for trials in (5, 20, 200):
        best = random.normal(size=(20_000, trials)).max(axis=1).mean()
        assert expected_maximum(trials) == pytest.approx(best, rel=0.04)
    assert expected_maximum(1) == 0.0
    assert math.isfinite(expected_maximum(10**20))


def test_overfitting_is_as_probable_as_two_other_packages_say(crosses: np.ndarray, shared: Path) -> None:
    expected = json.loads((shared / "vectors" / "metrics" / "pbo_cscv.json").read_text())["results"]
    assert set(expected) == {"8", "16"}
    for parts, by in expected.items():
        found = pbo(crosses, int(parts))
        assert len(found.logits) == by["risklab_n"]
        assert found.probability == pytest.approx(by["risklab_pbo"], abs=1e-12)
        assert found.probability == pytest.approx(by["pypbo_pbo"], abs=1e-12)
        assert found.logits.mean() == pytest.approx(by["risklab_logit_mean"], abs=1e-12)
        assert found.loss == pytest.approx(by["pypbo_prob_oos_loss"], abs=1e-12)
        assert found.logits[:10] == pytest.approx(by["first_logits"], abs=1e-12)


def test_any_statistic_may_judge_and_the_sums_agree_with_it(crosses: np.ndarray) -> None:
    by_sums, by_calls = pbo(crosses, 8), pbo(crosses, 8, sharpe_by_variant)
    assert by_sums.chosen.tolist() == by_calls.chosen.tolist()
    assert by_sums.logits == pytest.approx(by_calls.logits, abs=1e-12)
    assert by_sums.outside == pytest.approx(by_calls.outside, abs=1e-12)
    assert by_sums.slope == pytest.approx(np.polyfit(by_sums.inside, by_sums.outside, 1)[0])
    by_mean = pbo(crosses, 4, lambda returns: returns.mean(axis=0))
    for row, parts in enumerate(itertools.combinations(range(4), 2)):  # in the order that is promised
        inside = crosses.reshape(4, 232, 20)[list(parts)].reshape(464, 20).mean(axis=0)
        assert by_mean.chosen[row] == inside.argmax()
        assert by_mean.inside[row] == pytest.approx(inside.max())


def test_overfitting_by_hand() -> None:
    up, down = [0.02, 0.01], [-0.02, -0.01]
    always = pbo(np.array([up + up, down + down]).T, 2)
    assert always.probability == 0.0
    assert always.logits == pytest.approx([math.log(2)] * 2)  # rank 2 of 2: 2/3 against 1/3
    assert math.isnan(always.slope)
    once = pbo(np.array([up + down, down + up]).T, 2)
    assert (once.probability, once.loss) == (1.0, 1.0)
    assert once.chosen.tolist() == [0, 1]
    alike = pbo(np.array([up + down, up + down]).T, 2)
    assert alike.logits.tolist() == [0.0, 0.0]  # equals share the mean rank
    assert alike.probability == 1.0  # no better than the median


def test_variants_that_never_trade_and_periods_over_disturb_nothing() -> None:
    random = np.random.default_rng(3)
    returns = random.normal(0.002, 0.01, (67, 3))
    returns[:, 1] = 0.0
    found = pbo(returns, 8)
    assert found.left_out == 3
    assert found.logits.tolist() == pbo(returns[3:], 8).logits.tolist()
    assert sharpe_by_variant(returns)[1] == 0.0
    unknown = pbo(returns, 8, lambda some: np.where(some.any(axis=0), some.mean(axis=0), np.nan))
    assert 1 not in unknown.chosen


def test_without_edge_the_best_is_overfitted_half_the_time_and_with_one_never() -> None:
    random = np.random.default_rng(5)
    luck = random.normal(0.0, 0.01, (30, 400, 10))
    assert np.mean([pbo(each, 8).probability for each in luck]) == pytest.approx(0.5, abs=0.12)
    luck[:, :, 7] += 0.004
    assert np.mean([pbo(each, 8).probability for each in luck]) < 0.02


@pytest.mark.parametrize(
    ("shape", "parts", "words"),
    [
        ((100, 1), 8, "at least two variants"),
        ((100,), 8, "at least two variants"),
        ((100, 3), 7, "an even number"),
        ((100, 3), 26, "an even number"),
        ((20, 3), 16, "too few for 16 parts"),
    ],
)
def test_tables_that_cannot_be_halved_are_refused(shape: tuple[int, ...], parts: int, words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        pbo(np.ones(shape), parts)


def test_an_unknown_return_is_named() -> None:
    returns = np.ones((100, 3))
    returns[4, 2] = math.nan
    with pytest.raises(BadSetting, match="variant 2 in period 4 is nan"):
        pbo(returns)
    with pytest.raises(BadSetting, match="variant 2 in period 4 is nan"):
        reality_check(returns, seed=1)


def test_p_values_are_about_uniform_where_no_variant_is_better() -> None:
    p = []
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(size=(250, 8))
        noise[1:] += 0.2 * noise[:-1]  # returns that depend on each other a little
        found = superior_ability(noise, seed=seed, resamples=150)
        p.append((reality_check(noise, seed=seed, resamples=150), found.consistent))
    for values in np.array(p).T:
        for level in (0.1, 0.25, 0.5, 0.75):
            assert (values <= level).mean() == pytest.approx(level, abs=0.12)


def test_a_variant_that_is_truly_better_is_found() -> None:
    excess = np.random.default_rng(2).normal(0.0, 0.01, (600, 30))
    excess[:, 11] += 0.002
    found = superior_ability(excess, seed=1)
    assert found.best == 11
    assert found.consistent < 0.01
    assert reality_check(excess, seed=1) < 0.01


def test_hopeless_variants_make_the_reality_check_timid_but_not_hansens_test() -> None:
    random = np.random.default_rng(4)
    good = random.normal(0.0012, 0.01, (600, 1))
    hopeless = random.normal(-0.02, 0.06, (600, 60))
    excess = np.hstack([good, hopeless])
    found = superior_ability(excess, seed=1)
    assert found.lower <= found.consistent < 0.05 < found.upper
    assert reality_check(excess, seed=1) > 0.2


# By arch 8.0.0 (`SPA`, 40,000 resamples, blocks of 7): lower, consistent and upper p-value on columns divided
# by their standard errors (it divides none itself), then White's: its upper one on the columns as they are.
BY_ARCH = {
    1: (0.1120, 0.1963, 0.3853, 0.1813),
    2: (0.1103, 0.2056, 0.2200, 0.4153),
    4: (0.0006, 0.0009, 0.0014, 0.0170),
}


@pytest.mark.parametrize("seed", BY_ARCH)
def test_the_p_values_are_those_of_arch(seed: int) -> None:
    random = np.random.default_rng(seed)
    excess = random.normal(0.0, 1, (300, 12)) * random.uniform(0.5, 3, 12) + random.uniform(-0.3, 0.12, 12)
    excess[1:] += 0.3 * excess[:-1]
    found = superior_ability(excess, seed=1, resamples=4000, block=7.0)
    white = reality_check(excess, seed=1, resamples=4000, block=7.0)
    assert (found.lower, found.consistent, found.upper, white) == pytest.approx(BY_ARCH[seed], abs=0.025)


@given(seed=st.integers(0, 2**32 - 1))
def test_the_p_values_of_hansen_enclose_the_consistent_one(seed: int) -> None:
    excess = np.random.default_rng(seed).normal(-0.05, 1.0, (40, 5))
    found = superior_ability(excess, seed=seed, resamples=50)
    assert 0 < found.lower <= found.consistent <= found.upper <= 1
    assert found == superior_ability(excess, seed=seed, resamples=50)


def test_where_nothing_is_better_or_nothing_moves() -> None:
    worse = np.random.default_rng(1).normal(-0.5, 1.0, (100, 3))
    found = superior_ability(worse, seed=1)
    assert (found.statistic, found.lower, found.consistent, found.upper) == (0.0, 1.0, 1.0, 1.0)
    assert math.isnan(superior_ability(np.zeros((100, 3)), seed=1).consistent)
    still = np.hstack([np.zeros((100, 1)), worse + 1.0])
    assert superior_ability(still, seed=1).best > 0


def test_standard_errors_are_those_of_the_bootstrap() -> None:
    series = np.random.default_rng(6).normal(size=(60, 2))
    series[1:] += 0.6 * series[:-1]
    plain = series.std(axis=0) / math.sqrt(60)
    assert standard_errors(series, 1.0) == pytest.approx(plain)  # blocks of one: as if independent
    apart = series - series.mean(axis=0)
    for block in (2.0, 9.5):
        kept = 1 - 1 / block
        circular = np.zeros(2)  # E[x_i x_j] where j follows i by `lag` round the circle in the same block
        for lag in range(1, 60):
            circular += 2 * kept**lag * (1 - lag / 60) * (apart * np.roll(apart, -lag, axis=0)).sum(axis=0)
        expected = np.sqrt((60 * (apart**2).mean(axis=0) + circular) / 60**2)
        assert standard_errors(series, block) == pytest.approx(expected)


@pytest.mark.parametrize(
    "wrong", [{"resamples": 0}, {"block": 0.5}, {"block": 101.0}, {"block": math.nan}], ids=str
)
def test_a_bootstrap_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadSetting):
        reality_check(np.ones((100, 3)), seed=1, **wrong)
    with pytest.raises(BadSetting, match="at least two periods"):
        reality_check(np.ones((1, 3)), seed=1)


def test_the_neighbours_of_a_grid_are_one_step_away() -> None:
    points = np.array(list(itertools.product([5, 10, 50], [0.1, 0.2], [1, 2, 3])), float)
    middle = points.tolist().index([10, 0.1, 2])
    assert len(neighbours_in_grid(points, middle)) == 3 * 2 * 3 - 1
    corner = points.tolist().index([50, 0.2, 3])
    found = points[neighbours_in_grid(points, corner)].tolist()
    assert found == [p for p in points.tolist() if p[0] >= 10 and p[2] >= 2 and p != [50, 0.2, 3]]


def test_the_nearest_by_rank_do_not_depend_on_units() -> None:
    random = np.random.default_rng(8)
    points = random.random((50, 3))
    near = neighbours_by_rank(points, 3)
    assert len(near) == 6
    assert 3 not in near
    stretched = points * [1.0, 1e6, 1e-3]
    stretched[:, 1] = np.exp(stretched[:, 1] / 1e5)
    assert neighbours_by_rank(stretched, 3).tolist() == near.tolist()
    line = np.array([[1.0], [2.0], [2.0], [4.0], [100.0], [2.0]])
    assert neighbours_by_rank(line, 3, count=2).tolist() == [4, 1]
    assert neighbours_by_rank(line, 1, count=9).tolist() == [0, 3, 4]  # not those of the same parameters


def test_a_plateau_keeps_its_result_and_a_peak_does_not() -> None:
    points = np.array(list(itertools.product(range(5), range(5))), float)
    at = 12
    hill = 2.0 - 0.1 * np.abs(points - 2).sum(axis=1)
    peak = np.where(np.arange(25) == at, 2.0, 0.1)
    near = neighbours_in_grid(points, at)
    assert plateau(hill, at, near) == 1.0
    assert plateau(peak, at, near) == 0.0
    assert plateau(hill, at, near, keeping=0.95) == 0.5  # those beside it, not those across
    hill[near[:2]] = [math.nan, -1.0]
    assert plateau(hill, at, near) == 0.75


def test_where_there_is_no_plateau_to_speak_of() -> None:
    results = np.array([-1.0, 2.0])
    assert math.isnan(plateau(results, 0, np.array([1])))
    assert math.isnan(plateau(results, 1, np.array([], int)))
    assert neighbours_in_grid(np.array([[1.0], [1.0]]), 0).tolist() == []
    with pytest.raises(BadSetting, match="above 0 and at most 1"):
        plateau(results, 1, np.array([0]), keeping=0.0)
    with pytest.raises(BadSetting, match="no row 2"):
        neighbours_in_grid(np.ones((2, 1)), 2)
    with pytest.raises(BadSetting, match="no neighbourhood"):
        neighbours_by_rank(np.ones((2, 1)), 0, count=0)


def test_entries_that_know_are_told_from_those_that_do_not() -> None:
    random = np.random.default_rng(9)
    price = 100 * np.exp(np.cumsum(random.normal(0.0, 0.01, 2_000)))
    possible = np.arange(0, 1_990, 10)
    clairvoyant = possible[price[possible + 5] > price[possible] * 1.01][:30]
    assert random_entries(price, clairvoyant, clairvoyant + 5, seed=1).share < 0.01
    assert random_entries(price, clairvoyant, clairvoyant + 5, seed=1, side=-1).share > 0.99
    shares = []
    for seed in range(100):
        random = np.random.default_rng(seed)
        blind = np.sort(random.choice(possible, 30, replace=False)) + random.integers(0, 5, 30)
        shares.append(random_entries(price, blind, blind + 5, seed=seed, draws=100).share)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)


def test_random_entries_keep_number_length_and_distance_of_the_trades() -> None:
    price = np.exp(np.arange(12) * 0.1)  # a trade's return tells how long it was held
    entries, exits = np.array([0, 3, 5]), np.array([3, 5, 11])  # no row is free: only their order is drawn
    found = random_entries(price, entries, exits, seed=1, draws=50)
    assert found.result == pytest.approx(np.mean(np.exp([0.3, 0.2, 0.6]) - 1))
    assert found.random == pytest.approx(np.full(50, found.result))
    sides = np.array([1, -1, 1])  # each goes with the length of its trade
    found = random_entries(price, entries, exits, seed=1, side=sides, draws=50)
    assert found.random == pytest.approx(np.full(50, found.result))
    overlapping = random_entries(price, np.array([0, 0]), np.array([11, 4]), seed=1, draws=50)
    assert overlapping.random == pytest.approx(np.full(50, np.mean(np.exp([1.1, 0.4]) - 1)))


def test_random_entries_overlap_only_where_the_trades_do() -> None:
    price = np.where(np.arange(6) < 3, 1.0, 2.0)  # the one move, which trades that do not overlap share once
    apart = random_entries(price, np.array([0, 1, 4]), np.array([1, 2, 5]), seed=1, draws=300)
    assert set(apart.random.round(6)) == {0.0, round(1 / 3, 6)}
    overlapping = random_entries(price, np.array([0, 0, 4]), np.array([1, 1, 5]), seed=1, draws=300)
    assert set(overlapping.random.round(6)) > {0.0, round(1 / 3, 6), round(2 / 3, 6)}


def test_no_trades_tell_nothing_and_impossible_ones_are_refused() -> None:
    price, none = np.array([1.0, 2.0, 3.0]), np.array([], int)
    assert math.isnan(random_entries(price, none, none, seed=1).share)
    for entries, exits in (([2], [1]), ([-1], [1]), ([0], [3])):
        with pytest.raises(BadSetting, match="Trade 0"):
            random_entries(price, np.array(entries), np.array(exits), seed=1)
    with pytest.raises(BadSetting, match="price in row 1"):
        random_entries(np.array([1.0, math.nan]), np.array([0]), np.array([1]), seed=1)
    with pytest.raises(BadSetting, match="0 draws"):
        random_entries(price, none, none, seed=1, draws=0)
