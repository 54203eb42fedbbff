"""The strategies that come with THEBOT: what each does, by name, on either side, on real candles."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from tests.market.series import of_closes

from thebot.backtesting import Account, run
from thebot.config import Settings
from thebot.errors import BadSetting, UnknownName
from thebot.indicators import atr, close, crosses_above, crosses_below, donchian, sma
from thebot.indicators.indicator import registered
from thebot.market import Candles
from thebot.market.parquet import read_candles
from thebot.strategy import Exits, Strategy, decider, strategies, strategy, strategy_about

BUILT_IN = tuple(strategies())
TWO_SIDED = tuple(name for name, each in strategies().items() if "side" in each.parameters)


@pytest.fixture(scope="module")
def hours(shared: Path) -> Candles:
    return read_candles(shared / "data/spot/BTCUSDT-1h.parquet")


def test_these_come_with_it() -> None:
    assert set(BUILT_IN) == {
        "sma-cross", "rsi-reversal", "macd-trend", "bollinger-reversion", "donchian-breakout",
        "supertrend-flip", "squeeze-release", "level-breakout",
    }  # fmt: skip


def test_only_the_three_that_always_ran_run_on_the_live_market() -> None:
    assert list(Settings().enabled_strategies(strategies())) == [
        "rsi-reversal", "macd-trend", "supertrend-flip",
    ]  # fmt: skip
    settings = Settings(strategies={"sma-cross": {"enabled": True, "fast": 5}, "macd-trend": {"fast": 9}})
    assert settings.enabled_strategies(strategies()) == {
        "rsi-reversal": {}, "macd-trend": {"fast": 9}, "supertrend-flip": {}, "sma-cross": {"fast": 5},
    }  # fmt: skip


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_says_in_a_sentence_what_it_does_and_has_something_to_confirm_its_signals(name: str) -> None:
    made = strategy(name)
    assert made.name == name
    assert dict(made.parameters) == dict(strategies()[name].parameters)
    assert made.description.startswith("Buys ")
    assert "sells" in made.description
    assert made.description.endswith(".")
    assert made.confirms_entry
    assert made.confirms_exit
    assert not made.shorts


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_trades_on_real_candles(name: str, hours: Candles) -> None:
    record = run(hours, strategy(name))
    assert len(record.trades) >= 20
    assert (record.trades.side == 1).all()
    assert -1 < record.total_return < 1


@pytest.mark.parametrize("name", TWO_SIDED)
def test_each_that_has_sides_trades_both_or_one(name: str, hours: Candles) -> None:
    account, part = Account(shorts=True), hours.rows(slice(0, 6000))
    sides = {
        side: run(part, strategy(name, side=side), account=account).trades.side
        for side in ("long", "short", "both")
    }
    assert set(np.unique(sides["long"])) == {1}
    assert set(np.unique(sides["short"])) == {-1}
    assert set(np.unique(sides["both"])) == {-1, 1}
    assert strategy(name, side="both").entry == strategy(name).entry
    with pytest.raises(UnknownName, match=r"no side of .* 'sideways'. There are: long, short, both"):
        strategy(name, side="sideways")


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_comes_out_of_its_plain_form_and_out_of_another_process_the_same(name: str) -> None:
    for made in (strategy(name), strategy(name, stop="5%", target="3atr", risk=0.02, expires="2d")):
        assert Strategy.of_plain(made.plain()) == made
    again = pickle.loads(pickle.dumps(strategies()[name]))  # noqa: S301  (our own bytes)
    assert again() == strategy(name)


def test_the_usual_rule_of_every_indicator_makes_a_strategy() -> None:
    rules = {each.name for each in registered().values() if each.rule is not None}
    assert len(rules) > 50
    for name in rules:
        made = strategy_about(name)
        assert Strategy.of_plain(made.plain()) == made


def entries(made: Strategy, closes: list[float]) -> list[int]:
    return np.flatnonzero(decider(made, "1h").over(of_closes(closes)).enter).tolist()


def test_sma_cross_buys_where_the_fast_average_comes_above_the_slow_one() -> None:
    made = strategy("sma-cross", fast=1, slow=2)
    assert (made.entry, made.exit) == (crosses_above(sma(1), sma(2)), crosses_below(sma(1), sma(2)))
    assert entries(made, [3, 2, 1, 2, 3, 2, 3]) == [3, 6]
    with pytest.raises(BadSetting, match="fast 9 must be below slow 9"):
        strategy("sma-cross", fast=9, slow=9)


def test_bollinger_reversion_buys_where_the_price_comes_back_into_the_bands() -> None:
    # of 10, 10, 10, 6 the mean is 9 and the deviation 1.73, so 6 is below the band;
    # of 10, 10, 6, 8 it is 8.5 and 1.66, so 8 is back in it
    made = strategy("bollinger-reversion", period=4, width=1)
    assert entries(made, [10, 10, 10, 10, 10, 6, 8, 10, 10]) == [6]


def test_donchian_breakout_buys_above_the_highest_of_the_candles_before() -> None:
    made = strategy("donchian-breakout", entry=3, exit=2)
    assert made.entry == (close > donchian(3).upper.shift(1))
    assert made.exit == (close < donchian(2).lower.shift(1))
    assert made.exits == Exits(stop=2 * atr(20))
    assert entries(made, [1, 2, 1, 2, 1, 3, 2, 2, 2.5, 4]) == [5, 9]
    with pytest.raises(BadSetting, match="exit 30 must not be longer than entry 20"):
        strategy("donchian-breakout", exit=30)


def test_the_stop_of_a_strategy_is_its_own_until_another_is_said() -> None:
    assert strategy("squeeze-release", stop_atr=3).exits == Exits(stop=3 * atr(14))
    assert strategy("squeeze-release", stop="1atr(5)").exits == Exits(stop=1 * atr(5))
    assert strategy("squeeze-release", stop="none").exits == Exits()
