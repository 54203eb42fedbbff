from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.market.series import random_market

from thebot.backtesting import TrackRecord, run
from thebot.backtesting.assessment import assess
from thebot.backtesting.overfitting import SharpeEstimate, deflated_sharpe, probabilistic_sharpe
from thebot.backtesting.tried import Trials
from thebot.indicators import close
from thebot.market import Candles
from thebot.strategy import Strategy
from thebot.trading.costs import FREE

FOLLOW = Strategy(name="follow", entry=close > close.shift(1), exit=close < close.shift(1))


@pytest.fixture(scope="module")
def walk() -> Candles:
    return random_market(seed=11, length=1500, timeframe="1h")


@pytest.fixture(scope="module")
def trending() -> Candles:
    """A market in which a rise is mostly followed by another: what FOLLOW lives on."""
    random = np.random.default_rng(5)
    moves, last = [], 0.001
    for _ in range(1500):
        last = (last if random.random() < 0.8 else -last) * np.exp(random.normal(0, 0.05))
        last = float(np.clip(last, -0.004, 0.004))
        moves.append(last)
    closes = 100 * np.exp(np.cumsum(moves))
    opens = np.concatenate([[100.0], closes[:-1]])
    market = random_market(seed=1, length=1500, timeframe="1h")
    return replace(
        market, open=opens, close=closes, high=np.maximum(opens, closes), low=np.minimum(opens, closes)
    )


def of(market: Candles) -> tuple[TrackRecord, dict[str, float]]:
    record = run(market, FOLLOW, costs=FREE)
    return record, assess(record, FOLLOW, [market], seed=1, draws=19)


def test_a_random_walk_gives_no_reason_to_believe(walk: Candles) -> None:
    _, found = of(walk)
    assert found["random_entries_p"] > 0.05
    assert found["permuted_p"] > 0.05


def test_an_edge_that_is_there_is_seen(trending: Candles) -> None:
    record, found = of(trending)
    assert record.total_return > 0
    assert found["random_entries_p"] < 0.01
    assert found["permuted_p"] == 1 / 20  # not one of nineteen shuffled markets did as well
    assert found["noise_share"] > 0.9
    assert found["probabilistic_sharpe"] > 0.99


def test_the_same_seed_gives_the_same_numbers(walk: Candles) -> None:
    record = run(walk, FOLLOW)
    first, again = (assess(record, FOLLOW, [walk], seed=3, draws=19) for _ in range(2))
    assert str(first) == str(again)  # nan is like nan


def test_the_sharpe_ratio_is_deflated_by_all_that_was_tried(walk: Candles) -> None:
    record = run(walk, FOLLOW, costs=FREE)
    trials = Trials(500, 0.0004)
    found = assess(record, FOLLOW, [walk], trials=trials, draws=0)
    estimate = SharpeEstimate.of(record.returns)
    assert found["probabilistic_sharpe"] == probabilistic_sharpe(estimate)
    assert found["deflated_sharpe"] == deflated_sharpe(estimate, trials=500, variance=0.0004)
    assert found["deflated_sharpe"] < found["probabilistic_sharpe"]
    assert found["trials"] == 500
    assert math.isnan(found["permuted_p"])


def test_of_several_symbols_the_entries_that_know_least_count(walk: Candles, trending: Candles) -> None:
    other = replace(trending, symbol="OTHERUSDT")
    record = run([walk, other], FOLLOW, costs=FREE)
    together = assess(record, FOLLOW, [walk, other], seed=1, draws=0)["random_entries_p"]
    assert together > 0.05


def test_candles_after_the_end_of_the_record_say_nothing_of_it(walk: Candles) -> None:
    start, end = int(walk.open_time[200]), int(walk.open_time[900])
    record = run(walk, FOLLOW, start=start, end=end)
    wanted = assess(record, FOLLOW, [walk.between(end=end)], seed=3, draws=19)
    assert wanted["random_entries_p"] > 0
    assert str(assess(record, FOLLOW, [walk], seed=3, draws=19)) == str(wanted)  # nan is like nan


def test_what_warms_up_in_front_is_not_shuffled_in(walk: Candles) -> None:
    """A great rise before the record would else make every shuffled market rise, and hide what it earned."""
    start, rows = int(walk.open_time[700]), np.arange(len(walk))
    rise = 1e-6 ** (np.clip(699 - rows, 0, None) / 700)  # a millionfold, until the record begins
    prices = ("open", "high", "low", "close")
    risen = replace(walk, **{name: getattr(walk, name) * rise for name in prices})
    plain, after = (
        assess(run(candles, FOLLOW, costs=FREE, start=start), FOLLOW, [candles], draws=99)["permuted_p"]
        for candles in (walk, risen)
    )
    assert plain < 0.5
    assert after == pytest.approx(plain)


def test_shuffled_markets_are_as_many_as_asked_for_and_told_as_they_are_done(walk: Candles) -> None:
    told: list[tuple[int, int]] = []
    record = run(walk, FOLLOW)
    found = assess(record, FOLLOW, [walk], draws=25, progress=lambda *so_far: told.append(so_far))
    assert told == [(done, 25) for done in range(1, 26)]
    assert found["permuted_p"] * 26 == pytest.approx(round(found["permuted_p"] * 26))  # (1 + better) / 26
    assert 1 / 26 <= found["permuted_p"] <= 1


def test_one_that_keeps_a_state_is_not_run_on_other_markets(walk: Candles) -> None:
    found = assess(run(walk, FOLLOW), None, [walk], draws=19)
    assert math.isnan(found["permuted_p"])
    assert math.isnan(found["noise_share"])
    assert 0 < found["random_entries_p"] <= 1


def test_a_record_without_trades_tells_nothing(walk: Candles) -> None:
    never = Strategy(name="never", entry=close > 1e9, exit=close < 0)
    found = assess(run(walk, never), never, [walk], draws=19)
    assert all(math.isnan(value) for name, value in found.items() if name != "trials")
