from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from tests.market.series import random_market

from thebot.backtesting import Account, Costs, run
from thebot.backtesting.splits import WalkForward
from thebot.backtesting.sweep import Choices, Job, Range, Search, Space
from thebot.backtesting.walkforward import WalkedForward, walk_forward
from thebot.errors import BadSetting
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market import Candles
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
    assert len(done.record.trades) == sum(len(each.outside.trades) for each in done.windows)


def test_nothing_of_a_test_is_known_in_its_training(market: Candles) -> None:
    cut = 500  # the second test ends here
    later = np.arange(len(market)) >= cut
    other = market._with({
        name: np.where(later, getattr(market, name) * 3, getattr(market, name))
        for name in ("open", "high", "low", "close")
    })  # fmt: skip
    for before, after in zip(walked(market).windows[:2], walked(other).windows[:2], strict=True):
        assert before.parameters == after.parameters
        assert before.outside.equity.tolist() == after.outside.equity.tolist()


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


def test_without_anything_to_choose_each_window_is_just_traded(market: Candles) -> None:
    job = Job(source=cross, series=(market,), account=Account(cash=1000), costs=Costs())
    done = walk_forward(job, None, SPLIT)
    assert [dict(each.parameters) for each in done.windows] == [{}] * 5
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
