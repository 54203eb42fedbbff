"""A short that uses up the account ends the run there, in the simulation, in a replay and in a sweep."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.series import of_closes, random_market

from thebot.backtesting import Account, Market, simulate
from thebot.backtesting.replay import replay
from thebot.backtesting.simulate import Simulation
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market import Candles
from thebot.strategy import Decisions, Strategy, decider
from thebot.trading.costs import FREE

SHORTS = Account(cash=1000, shorts=True)
SELL = Strategy(name="sell", short_entry=close < 99, short_exit=close < 0)


def sold_short(market: Candles) -> Decisions:
    never, second = np.zeros(len(market), bool), np.arange(len(market)) == 1
    return Decisions(enter=never, leave=never, short=second, cover=never)


def test_an_account_that_a_short_used_up_does_not_come_back() -> None:
    market = of_closes([100, 100, 100, 250, 300, 90])
    done = simulate(SELL, [Market(candles=market, decisions=sold_short(market))], account=SHORTS, costs=FREE)
    assert done.equity.tolist() == [1000, 1000, 1000, -500, -500, -500]  # 10 short at 100, closed at 250
    (trade,) = done.trades
    assert (trade.side, trade.exit_price, trade.profit, trade.ending) == ("short", 250, -1500, "end of data")
    assert "used up by a short position" in done.warnings[-1]
    assert not any("still held at the end" in told for told in done.warnings)


def test_a_search_puts_a_variant_that_was_ruined_last() -> None:
    market = of_closes([100, 100, 100, 250, 300, 90])
    score = Simulation([market], account=SHORTS, costs=FREE).score(SELL, sold_short(market), blocks=3)
    assert (score.total_return, score.max_drawdown, score.trades) == (-1.5, -1.0, 1)
    assert math.isnan(score.sharpe_ratio)
    assert score.curve == pytest.approx([1000, 1000, 1e-6, 1e-6])
    assert np.isfinite(score.block_returns).all()


def test_what_is_bought_never_takes_more_than_all() -> None:
    market = of_closes([100, 100, 100, 1, 1, 90])
    never = np.zeros(len(market), bool)
    bought = Decisions(enter=np.arange(len(market)) == 1, leave=never)
    long = Strategy(name="buy", entry=close > 0, exit=close < 0)
    done = simulate(long, [Market(candles=market, decisions=bought)], account=SHORTS, costs=FREE)
    assert done.equity.tolist() == [1000, 1000, 1000, 10, 10, 900]


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.booleans())
def test_simulation_and_replay_end_at_the_same_close(seed: int, two: bool) -> None:
    market = random_market(seed=seed, length=120, timeframe="1h")
    rising = replace(market, **{
        name: getattr(market, name) * np.exp(np.arange(120) * 0.02)
        for name in ("open", "high", "low", "close")
    })  # fmt: skip
    series = [rising, replace(market, symbol="OTHERUSDT")] if two else [rising]
    both = Strategy(
        name="both", short_entry=crosses_below(close, sma(5)), short_exit=crosses_above(close, sma(40)),
        entry=crosses_above(close, sma(30)), exit=crosses_below(close, sma(30)),
    )  # fmt: skip
    asked = decider(both, "1h")
    markets = [Market(candles=each, decisions=asked.over(each)) for each in series]
    simulated = simulate(both, markets, account=SHORTS, costs=FREE)
    replayed = replay(both, series, account=SHORTS, costs=FREE)
    assert simulated.equity == pytest.approx(replayed.equity, rel=1e-9, abs=1e-6)
    assert simulated.trades.entered_at.tolist() == replayed.trades.entered_at.tolist()
    assert simulated.warnings == replayed.warnings
    gone = np.flatnonzero(simulated.equity <= 0)
    if len(gone):
        assert len(set(simulated.equity[gone[0] :].tolist())) == 1
