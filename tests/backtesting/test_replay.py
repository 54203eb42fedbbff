from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import markets, of_closes, random_market

from thebot.backtesting import Account, Costs, Market, Simulated, simulate
from thebot.backtesting.replay import replay
from thebot.indicators import close, crosses_above, crosses_below, ema, sma
from thebot.market import Candles
from thebot.strategy import Exits, Percent, Strategy, decider, on_higher
from thebot.trading.costs import FREE

HOUR = 3_600_000
CROSS = Strategy(name="cross", entry=crosses_above(close, sma(3)), exit=crosses_below(close, sma(3)))
HIGHER = replace(CROSS, name="higher", entry=crosses_above(close, sma(3)) & on_higher(close > ema(3)))


def replayed(
    market: Candles, strategy: Strategy = CROSS, costs: Costs = FREE, start: int | None = None
) -> Simulated:
    return replay(strategy, [market], account=Account(cash=1000), costs=costs, start=start)


def test_a_small_market_gives_the_trades_that_one_can_work_out_by_hand() -> None:
    #           sma(3):  -   -  10  9.67  10  11  11.3  10.67  9.67
    market = of_closes([10, 10, 10, 9.0, 11, 13, 10.0, 9.0, 10.0])
    done = replayed(market)
    trade = done.trades[0]
    assert trade.decided_at == trade.entered_at == market.close_time[4]  # 9 was below 9.67, 11 is above 10
    assert (trade.entry_price, trade.exit_price, trade.ending) == (11, 10, "signal")
    assert trade.quantity == pytest.approx(1000 / 11)
    assert trade.profit == pytest.approx(-1000 / 11)
    assert (trade.best, trade.worst) == (pytest.approx(2 / 11), pytest.approx(-1 / 11))
    assert done.time.tolist() == market.close_time.tolist()
    assert done.equity[5] == pytest.approx(1000 * 13 / 11)


def test_fees_and_slippage_are_taken_both_ways() -> None:
    market = of_closes([10, 10, 10, 9.0, 11, 11, 11, 9.0, 9.0, 9])
    (trade,) = replayed(market, costs=Costs(fee=0.001, slippage=0.01)).trades
    assert (trade.entry_price, trade.exit_price) == (pytest.approx(11 * 1.01), pytest.approx(9 * 0.99))
    assert trade.quantity == pytest.approx(1000 / (11.11 * 1.001))
    assert trade.fees == pytest.approx(trade.quantity * (11.11 + 8.91) * 0.001)
    assert trade.slippage == pytest.approx(trade.quantity * (0.11 + 0.09))


def test_candles_before_the_start_warm_up_and_are_not_traded() -> None:
    market = random_market(seed=3, length=400, timeframe="1h")
    start = int(market.open_time[200])
    done = replayed(market, start=start)
    assert done.time.tolist() == market.close_time[200:].tolist()
    whole = replayed(market).trades
    first_decided = start + HOUR
    expected = [trade.decided_at for trade in whole if trade.decided_at >= first_decided]
    assert [trade.decided_at for trade in done.trades][-20:] == expected[-20:]
    cold = replayed(market[200:]).trades  # without them the average is not known at first
    assert done.trades[0].decided_at <= cold[0].decided_at


@given(markets(length=200, timeframes=("15m",)), st.sampled_from([CROSS, HIGHER]), st.floats(0, 0.9))
def test_a_start_within_the_data_is_traded_as_the_simulation_does(
    market: Candles, strategy: Strategy, share: float
) -> None:
    first = int(len(market) * share)
    start = int(market.open_time[first])
    decisions = decider(strategy, market.timeframe).over(market).rows(slice(first, None))
    simulated = simulate(
        strategy, [Market(candles=market[first:], decisions=decisions)],
        account=Account(cash=1000), costs=Costs(),
    )  # fmt: skip
    done = replayed(market, strategy, Costs(), start)
    assert [trade.decided_at for trade in done.trades] == simulated.trades.decided_at.tolist()
    assert done.equity == pytest.approx(simulated.equity, rel=1e-9)
    assert done.warnings == simulated.warnings


def test_nothing_is_carried_over_a_halt() -> None:
    closes = [10, 10, 10, 9.0, 11, 12, 20, 21, 22, 23]
    market = of_closes(closes)
    later = np.where(np.arange(len(market)) >= 6, 24 * HOUR, 0)
    market = market._with({"open_time": market.open_time + later})
    done = replayed(market)
    (trade,) = done.trades
    assert (trade.ending, trade.exit_price) == ("halt", 12)  # the worse of 12 before and 12 as it opened
    assert trade.left_at == market.open_time[6]
    assert "held into the halt" in done.warnings[0]


@given(markets(length=150, timeframes=("1h",)), st.floats(0.1, 1))
def test_candles_that_come_later_never_change_earlier_trades(market: Candles, share: float) -> None:
    strategy = replace(CROSS, exits=Exits(stop=Percent(2), trailing=Percent(1)))
    part = market[: max(1, int(len(market) * share))]
    whole, early = replayed(market, strategy, Costs()), replayed(part, strategy, Costs())
    until = part.close_time[-1]
    assert [trade for trade in early.trades if trade.ending != "end of data"] == [
        trade for trade in whole.trades if trade.left_at < until and trade.ending != "end of data"
    ]
    assert early.equity[:-1].tolist() == whole.equity[: len(part) - 1].tolist()


@given(markets(length=150, timeframes=("1h",)), st.integers(0, 2**32))
def test_every_coin_of_the_equity_is_accounted_for(market: Candles, seed: int) -> None:
    other = random_market(seed=seed, length=100, timeframe="1h", symbol="OTHERUSDT")
    done = replay(CROSS, [market, other], account=Account(cash=1000), costs=Costs())
    assert done.equity[-1] == pytest.approx(1000 + done.trades.profit.sum())
    assert len(done.time) == len(set(market.close_time) | set(other.close_time))


def test_a_replay_can_be_repeated() -> None:
    market = random_market(seed=8, length=500, timeframe="1h")
    assert replayed(market, costs=Costs()).trades == replayed(market, costs=Costs()).trades
