from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.backtesting.records import nan, record, trade

from thebot.backtesting import RoundTrip, TrackRecord
from thebot.backtesting.tried import Trials
from thebot.backtesting.verdict import Verdict, verdict
from thebot.market.timeframe import DAY

GOOD = {
    "deflated_sharpe": 0.99, "pbo": 0.02, "plateau": 0.9, "random_entries_p": 0.01, "permuted_p": 0.02,
    "noise_share": 0.95, "reality_check_p": 0.01, "minimum_track_record": 100.0,
}  # fmt: skip


def steady(days: int = 800, gain: float = 0.002, noise: float = 0.004, seed: int = 1) -> list[float]:
    """An equity that grows evenly: returns around `gain` a day."""
    returns = np.random.default_rng(seed).normal(gain, noise, days)
    return list(1000 * np.cumprod(1 + returns))


def trades(profits: Sequence[float], **changed: Any) -> list[RoundTrip]:
    return [
        trade(profit, day=3 * k, days=2, fees=1.0, slippage=0.5, **changed)
        for k, profit in enumerate(profits)
    ]


def sound(**changed: Any) -> TrackRecord:
    """Two years, 200 trades of which none stands out, steady growth, a market that stood still."""
    return record(steady(), trades([30.0, -8.0] * 100), **changed)


def told(found: Verdict, words: str) -> str:
    """In which list the one sentence with these words stands."""
    lists = {"good": found.good, "doubtful": found.doubtful, "killers": found.killers}
    [place] = [name for name, sentences in lists.items() if any(words in each for each in sentences)]
    return place


def test_what_nothing_speaks_against_is_good_and_nothing_is_promised() -> None:
    found = verdict(sound(), assessment=GOOD, walkforward={"efficiency": 0.8, "won": 0.9})
    assert (found.level, found.doubtful, found.killers) == ("good", (), ())
    assert found.sentence.startswith("These data speak for it, as far as they reach")
    assert len(found.good) >= 12
    assert "profitable" not in " ".join([found.sentence, *found.good])


def test_one_killer_makes_it_bad_and_one_doubt_doubtful() -> None:
    doubtful = verdict(sound(), assessment=GOOD | {"plateau": 0.5})
    assert (doubtful.level, doubtful.sentence) == (
        "doubtful",
        "These data leave it open: one thing is doubtful.",
    )
    bad = verdict(sound(), assessment=GOOD | {"plateau": 0.5, "pbo": 0.6})
    assert bad.level == "bad"
    assert bad.sentence == "These data speak against it: one thing would kill it, and one thing is doubtful."


def test_without_a_trade_there_is_nothing_to_judge() -> None:
    found = verdict(record([1000.0] * 10), assessment=GOOD)
    assert (found.level, found.killers, found.good) == ("bad", ("There is no trade to judge.",), ())


@pytest.mark.parametrize(
    ("count", "place"), [(1, "killers"), (29, "killers"), (30, "doubtful"), (100, "good")]
)
def test_few_trades_tell_little(count: int, place: str) -> None:
    found = verdict(record(steady(), trades(([30.0, -8.0] * 50)[:count])))
    assert told(found, "One trade is" if count == 1 else f"{count} trades are") == place


def test_a_loss_kills_it() -> None:
    found = verdict(record(steady(gain=-0.001), trades([8.0, -30.0] * 100)))
    assert told(found, "It lost") == "killers"
    assert told(found, "even if trading cost nothing") == "killers"


def test_a_gain_that_chance_could_have_made_is_doubtful() -> None:
    found = verdict(record(steady(gain=0.0004, noise=0.02, seed=4), trades([30.0, -8.0] * 100)))
    assert told(found, "with zero in it") == "doubtful"
    assert told(verdict(sound()), "chance alone hardly gives") == "good"


@pytest.mark.parametrize(
    ("fee", "words", "place"),
    [
        (0.0, "Nobody trades for nothing", "doubtful"),
        (2.0, "It stands higher costs", "good"),
        (8.0, "they would take all", "doubtful"),
        (25.0, "a little more kills it", "killers"),
    ],
)
def test_costs_are_held_against_what_it_earns(fee: float, words: str, place: str) -> None:
    """It earns 11 of 2,011 traded a trade after costs; before them 11 + fee."""
    closed = [trade(profit, day=3 * k, days=2, fees=fee) for k, profit in enumerate([30.0, -8.0] * 100)]
    found = verdict(record(steady(), closed))
    assert told(found, words) == place


def test_costs_that_eat_all_are_told_with_their_size() -> None:
    closed = [trade(profit, day=3 * k, days=2, fees=10.0) for k, profit in enumerate([10.0, -20.0] * 100)]
    found = verdict(record(steady(gain=-0.001), closed))  # loses 5 a trade, costs are 10 of it
    assert (
        told(found, "Costs eat it: before them it earns 25.1 bp of what it trades, and they are 50.1 bp.")
        == "killers"
    )


def test_a_lucky_month_kills_and_a_large_one_is_doubtful() -> None:
    flat, jump = [1000.0] * 70, 1500.0
    lucky = verdict(record([*flat, *[jump] * 130, *[jump * 0.95] * 200], trades([30.0, -8.0] * 60)))
    assert (
        told(lucky, "One lucky month carries it: without 2024-03 (+50.00%) it would lose 5.00%.") == "killers"
    )
    large = verdict(record([*flat, *[jump] * 130, *[jump * 1.1] * 200], trades([30.0, -8.0] * 60)))
    assert told(large, "One month, 2024-03 (+50.00%), made 81% of its growth.") == "doubtful"
    assert told(verdict(sound()), "No month carries it") == "good"


def test_a_lucky_trade_kills_and_five_are_doubtful() -> None:
    one = verdict(record(steady(), trades([2000.0, *[5.0, -10.0] * 100])))
    assert told(one, "One lucky trade carries it: without the best it would have lost 500.00.") == "killers"
    five = verdict(record(steady(), trades([*[400.0] * 5, *[5.0, -10.0] * 100])))
    assert told(
        five, "Its 5 best trades of 205 made all the profit: without them it would have lost 500.00."
    ) == ("doubtful")
    assert told(verdict(sound()), "Without its 5 best trades it would still have earned 93%") == "good"


def test_buying_and_holding_is_the_measure() -> None:
    better = [1000 * 1.01**day for day in range(800)]
    assert told(verdict(sound(holding=better)), "Buying and holding did better") == "doubtful"
    assert told(verdict(sound()), "It did better than buying and holding") == "good"


def test_long_and_deep_drawdowns_are_doubtful() -> None:
    curve = [*steady(200), *[400.0] * 400, *steady(200)]
    found = verdict(record(curve, trades([30.0, -8.0] * 100)))
    assert told(found, "below an earlier high") == "doubtful"
    assert told(found, "It fell by") == "doubtful"
    ruined = verdict(record([*steady(200), *[50.0] * 200], trades([30.0, -8.0] * 60)))
    assert told(ruined, "from its high: next to nothing was left.") == "doubtful"
    assert not any("earlier high" in each for each in verdict(sound()).doubtful)


def test_fills_in_doubt_are_told_both_ways() -> None:
    doubted = record(steady(), trades([30.0, -8.0] * 100, doubtful=True), at_best=9000.0)
    assert told(verdict(doubted), "In 200 of 200 trades stop and target lay within one candle") == "doubtful"
    few = [*trades([30.0, -8.0] * 100), trade(5, day=600, doubtful=True)]
    settled = verdict(record(steady(), few, at_best=1010.0))
    assert not any("within one candle" in each for each in settled.doubtful)


def test_a_short_span_and_little_time_in_the_market_are_doubtful() -> None:
    short = verdict(record(steady(100), [trade(20 - k % 3 * 10, day=k % 90) for k in range(120)]))
    assert told(short, "100 d of data show one kind of market") == "doubtful"
    minutes = [
        trade(30 if k % 2 else -8, day=7 * k, left_at=trade(0, day=7 * k).entered_at + DAY // 24)
        for k in range(110)
    ]
    assert told(verdict(record(steady(), minutes)), "0.6% of the time: all rests on 4 d 14 h.") == "doubtful"


def test_the_number_of_variants_tried_deflates_the_sharpe_ratio() -> None:
    one = verdict(sound(), trials=Trials(1, nan))
    assert not any("variants" in each for each in (*one.doubtful, *one.killers))
    many = verdict(sound(), trials=Trials(1000, 0.04))  # ratios that lie 0.2 a day apart: luck gives 0.65
    assert told(many, "the best of 1,000 variants") == "killers"
    close = verdict(sound(), trials=Trials(1000, 1e-6))
    assert told(close, "the best of 1,000 variants") == "good"
    counted = verdict(sound(trials=50))
    assert told(counted, "50 variants were tried") == "doubtful"


@pytest.mark.parametrize(
    ("name", "value", "words", "place"),
    [
        ("pbo", 0.6, "PBO", "killers"),
        ("pbo", 0.3, "PBO", "doubtful"),
        ("pbo", 0.05, "PBO", "good"),
        ("plateau", 0.1, "cliff", "killers"),
        ("plateau", 0.4, "matter much", "doubtful"),
        ("plateau", 0.8, "plateau", "good"),
        ("deflated_sharpe", 0.97, "true Sharpe ratio", "good"),
        ("deflated_sharpe", 0.7, "true Sharpe ratio", "doubtful"),
        ("probabilistic_sharpe", 0.2, "true Sharpe ratio", "killers"),
        ("minimum_track_record", 5000.0, "it takes 5,000 candles", "doubtful"),
        ("random_entries_p", 0.3, "random moments", "doubtful"),
        ("permuted_p", 0.01, "shuffled candles", "good"),
        ("reality_check_p", 0.2, "variants without any edge", "doubtful"),
        ("noise_share", 0.5, "noise", "doubtful"),
        ("efficiency", -0.1, "nothing was left", "killers"),
        ("efficiency", 0.3, "kept only 30%", "doubtful"),
        ("efficiency", 0.7, "kept 70%", "good"),
    ],
)
def test_each_test_against_luck_has_its_thresholds(name: str, value: float, words: str, place: str) -> None:
    key = "walkforward" if name == "efficiency" else "assessment"
    found = verdict(sound(), **{key: {name: value}})
    assert told(found, words) == place


def test_what_a_test_did_not_find_out_is_not_told() -> None:
    silent = verdict(
        sound(), assessment=dict.fromkeys(GOOD, nan), sweep={"pbo": "unknown"}, walkforward={"pbo": 0.9}
    )
    assert silent == verdict(sound())


def test_a_verdict_is_plain_for_json() -> None:
    plain = verdict(sound()).plain()
    assert set(plain) == {"level", "sentence", "good", "doubtful", "killers"}
    assert isinstance(plain["good"], list)
