from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.market.series import of_closes, random_market

from thebot.backtesting import Account, Costs, run
from thebot.backtesting.report.added import walk_words
from thebot.backtesting.splits import WalkForward
from thebot.backtesting.sweep import Choices, Job, Range, Search, Space
from thebot.backtesting.walkforward import WalkedForward, walk_forward
from thebot.errors import BadSetting
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market import Candles, Instrument
from thebot.strategy import Strategy


def cross(period: int = 5) -> Strategy:
    line = sma(period)
    return Strategy(name="cross", entry=crosses_above(close, line), exit=crosses_below(close, line))


SPACE = Space({"period": Range(3, 15, 4)})
SPLIT = WalkForward(train=300, test=100)


@pytest.fixture(scope="module")
def market() -> Candles:
    return random_market(seed=21, length=800, timeframe="1h")


def walked(market: Candles, split: WalkForward = SPLIT, search: Search | None = None) -> WalkedForward:
    job = Job(source=cross, series=(market,), account=Account(cash=1000), costs=Costs(fee=0.0005))
    return walk_forward(job, search or Search(space=SPACE, workers=1), split)


def test_each_training_chooses_what_a_brute_search_of_it_would(market: Candles) -> None:
    done = walked(market)
    assert len(done.windows) == 5
    for number, window in enumerate(done.windows):
        part = market[: 300 + 100 * number]
        start = int(market.open_time[100 * number])
        assert (window.train_start, window.train_end) == (start, int(part.close_time[-1]))
        found = {
            period: run(
                part, cross(period), account=Account(cash=1000), costs=Costs(fee=0.0005), start=start
            ).sharpe_ratio
            for period in (3, 7, 11, 15)
        }
        best = max(found, key=lambda period: found[period])
        assert window.parameters == {"period": best}
        assert window.inside_sharpe == pytest.approx(found[best])


def test_each_test_trades_what_was_chosen_with_the_money_that_was_left(market: Candles) -> None:
    done = walked(market)
    cash = 1000.0
    for number, window in enumerate(done.windows):
        first = 300 + 100 * number
        own = run(
            market[: first + 100], cross(int(window.parameters["period"])), account=Account(cash=cash),
            costs=Costs(fee=0.0005), start=int(market.open_time[first]),
        )  # fmt: skip
        assert window.outside.equity.tolist() == own.equity.tolist()
        cash = own.final_equity
    assert done.record.final_equity == cash
    assert done.record.candles == 500
    joined = [each.equity.tolist() for each in (window.outside for window in done.windows)]
    assert done.record.equity.tolist() == list(itertools.chain(*joined))
    assert done.record.time.tolist() == market.close_time[300:800].tolist()
    trades = [str(trade) for each in done.windows for trade in each.outside.trades]
    assert [str(trade) for trade in done.record.trades] == trades  # as texts: no stop is nan
    assert len(done.record.trades) > 20


def test_nothing_of_a_test_is_known_in_its_training(market: Candles) -> None:
    cut = 500  # the second test ends here
    order = np.concatenate([np.arange(cut), cut + np.random.default_rng(1).permutation(len(market) - cut)])
    other = market._with({name: getattr(market, name)[order] for name in ("open", "high", "low", "close")})
    done, shuffled = walked(market).windows, walked(other).windows
    for before, after in zip(done[:2], shuffled[:2], strict=True):
        assert before.parameters == after.parameters
        assert before.inside == after.inside
        assert before.outside.equity.tolist() == after.outside.equity.tolist()
    assert done[2].outside.equity.tolist() != shuffled[2].outside.equity.tolist()


def test_anchored_trainings_begin_at_the_start_and_purged_ones_end_earlier(market: Candles) -> None:
    anchored = walked(market, WalkForward(train=300, test=100, anchored=True))
    assert {each.train_start for each in anchored.windows} == {int(market.open_time[0])}
    purged = walked(market, WalkForward(train=300, test=100, purge=10))
    first = purged.windows[0]
    assert first.train_end == int(market.close_time[299])
    assert first.outside.start == int(market.open_time[310])


def test_efficiency_won_and_drift_by_hand(market: Candles) -> None:
    done = walked(market)
    inside = np.mean([each.inside for each in done.windows])
    wanted = done.record.annual_return / inside if inside > 0 else math.nan
    assert done.efficiency == pytest.approx(wanted, nan_ok=True)
    assert done.won == np.mean([each.outside.total_return > 0 for each in done.windows])
    steps = np.abs(np.diff([int(each.parameters["period"]) for each in done.windows]))
    assert done.drift == {"period": pytest.approx(steps.mean() / 12)}
    plain = json.loads(json.dumps(done.plain(), allow_nan=False))
    assert [each["parameters"] for each in plain["windows"]] == [
        dict(each.parameters) for each in done.windows
    ]


def test_a_rest_is_traded_if_it_is_long_enough_for_a_decision_and_its_fill(market: Candles) -> None:
    split = WalkForward(train=300, test=100, rest=True)
    assert [each.outside.candles for each in walked(market[:450], split).windows] == [100, 50]
    assert [each.outside.candles for each in walked(market[:402], split).windows] == [100, 2]
    assert [each.outside.candles for each in walked(market[:401], split).windows] == [100]
    with pytest.raises(BadSetting, match="one left, and a decision and its fill take two"):
        walked(market[:301], split)


@pytest.mark.parametrize("split", [WalkForward(train=1, test=5), WalkForward(train=5, test=1)])
def test_a_window_of_one_candle_is_refused(market: Candles, split: WalkForward) -> None:
    with pytest.raises(BadSetting, match="two at least"):
        walked(market, split)


def test_where_it_begins_and_ends_may_be_said(market: Candles) -> None:
    job = Job(
        source=cross, series=(market,), account=Account(cash=1000), costs=Costs(fee=0.0005),
        start=int(market.open_time[50]),
    )  # fmt: skip
    search = Search(space=SPACE, workers=1)
    done = walk_forward(job, search, SPLIT, end=int(market.open_time[560]))
    assert [each.train_start for each in done.windows] == [int(market.open_time[row]) for row in (50, 150)]
    assert done.record.end == int(market.close_time[549])
    # candles in front of the first training warm it up: a run of it that has them is the same
    own = run(
        market[:350], cross(int(done.windows[0].parameters["period"])), account=Account(cash=1000),
        costs=Costs(fee=0.0005), start=int(market.open_time[50]),
    )  # fmt: skip
    assert done.windows[0].inside == pytest.approx(own.annual_return)


def test_who_lost_everything_trades_no_further_test() -> None:
    """Sold short at every fall; then the price is hundredfold, in the second of four tests."""
    closes = np.where(np.arange(90) % 2, 99.0, 100.0) * np.where(np.arange(90) < 55, 1, 100)
    fall = close < close.shift(1)
    short = Strategy(name="short", entry=None, short_entry=fall, short_exit=close > close.shift(1) * 1e9)
    job = Job(
        source=lambda: short, series=(of_closes(closes.tolist()),), account=Account(cash=1000, shorts=True),
        costs=Costs(),
    )  # fmt: skip
    done = walk_forward(job, None, WalkForward(train=30, test=15))
    assert [each.outside.final_equity > 0 for each in done.windows] == [True, False]
    assert done.complete
    assert done.record.candles == 30
    json.dumps(done.plain(), allow_nan=False)


def test_without_anything_to_choose_each_window_is_just_traded(market: Candles) -> None:
    job = Job(source=cross, series=(market,), account=Account(cash=1000), costs=Costs())
    done = walk_forward(job, None, SPLIT)
    assert [dict(each.parameters) for each in done.windows] == [{}] * 5
    assert [each.variants for each in done.windows] == [1] * 5
    assert done.drift == {}


def test_texts_drift_by_how_often_they_change(market: Candles) -> None:
    def how(word: str = "slow") -> Strategy:
        return cross(3 if word == "quick" else 30)

    job = Job(source=how, series=(market,), account=Account(cash=1000), costs=Costs())
    done = walk_forward(job, Search(space=Space({"word": Choices(("quick", "slow"))}), workers=1), SPLIT)
    words = [each.parameters["word"] for each in done.windows]
    changed = [a != b for a, b in itertools.pairwise(words)]
    assert done.drift == {"word": np.mean(changed)}


def test_an_interruption_keeps_the_windows_that_are_done(market: Candles) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    job = Job(source=cross, series=(market,), account=Account(cash=1000), costs=Costs())
    done = walk_forward(job, Search(space=SPACE, workers=1), SPLIT, progress=stop)
    assert (len(done.windows), done.complete) == (2, False)
    assert done.record.candles == 200


def test_too_few_candles_are_told(market: Candles) -> None:
    with pytest.raises(BadSetting, match="too few to walk forward"):
        walked(market[:350])


def test_an_account_too_small_for_an_order_ends_it_and_keeps_what_was_done() -> None:
    """Every second candle falls by 1 %, which the rule buys: after three trades less than 970 is left."""
    closes = np.where(np.arange(90) % 2, 99.0, 100.0).tolist()
    loses = Strategy(name="loses", entry=close > close.shift(1), exit=close < close.shift(1))
    job = Job(
        source=lambda: loses, series=(of_closes(closes),), account=Account(cash=1000), costs=Costs(),
        instruments={"TESTUSDT": Instrument(
            symbol="TESTUSDT", base="TEST", quote="USDT", tick=Decimal("0.01"), step=Decimal("0.001"),
            min_value=Decimal(970),
        )},
    )  # fmt: skip
    done = walk_forward(job, None, WalkForward(train=30, test=10))
    assert (len(done.windows), done.planned, done.complete) == (1, 6, True)
    assert done.record.final_equity < 970
    left = f"{done.record.final_equity:.2f} were left."
    assert done.record.warnings[0] == (f"After 1 of 6 windows the account was too small for an order: {left}")


def test_what_the_borders_closed_is_counted_and_said(market: Candles) -> None:
    job = Job(source=cross, series=(market,), account=Account(cash=1000), costs=Costs())
    done = walk_forward(job, None, SPLIT)
    held = sum(trade.left_at == each.outside.end and trade.ending == "end of data"
               for each in done.windows for trade in each.outside.trades)  # fmt: skip
    assert 0 < held == done.cut == done.plain()["closed_at_borders"]
    assert any(told.startswith(f"{held} position") for told in walk_words(done))


@pytest.mark.parametrize(
    ("inside", "outside", "told"),
    [
        (
            0.3,
            0.12,
            "Efficiency: 40%. The tests earned 12.00% a year, while what was chosen earned 30.00% a year",
        ),
        (
            0.3,
            -0.06,
            "Efficiency: none. The tests lost 6.00% a year, while what was chosen earned 30.00% a year",
        ),
        (-0.1, 0.12, "Efficiency is unknown: not even the trainings made money."),
    ],
)
def test_efficiency_is_said_in_words(market: Candles, inside: float, outside: float, told: str) -> None:
    one = walked(market[:400]).windows[0]
    years = one.outside.candles / 8760
    equity = np.linspace(1000, 1000 * (1 + outside) ** years, one.outside.candles)
    done = WalkedForward(
        windows=(replace(one, inside=inside, inside_sharpe=1.5),), planned=1, search=None,
        record=replace(one.outside, equity=equity),
    )  # fmt: skip
    words = walk_words(done)
    assert words[1].startswith(told)
    assert words[2].startswith("Sharpe ratio: 1.50 in the trainings on average, ")


def test_the_mean_sharpe_ratio_of_the_trainings_is_of_those_known(market: Candles) -> None:
    first, second, third, *_ = walked(market).windows
    windows = (replace(first, inside_sharpe=1.0), replace(second, inside_sharpe=math.nan),
               replace(third, inside_sharpe=2.0))  # fmt: skip
    done = WalkedForward(windows=windows, planned=3, search=None, record=first.outside)
    assert done.inside_sharpe == 1.5
    assert done.plain()["inside_sharpe"] == 1.5
