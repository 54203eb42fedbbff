from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import markets, of_closes

from thebot.backtesting import Account, Costs, Market, Simulated, simulate
from thebot.backtesting.trades import ENDINGS, Trades
from thebot.errors import BadSetting
from thebot.indicators import close
from thebot.market import Candles, Instrument
from thebot.market.quality import halted_before
from thebot.strategy import Decisions, Strategy
from thebot.trading.costs import FREE

HOUR = 3_600_000


SIGNALS = Strategy(name="signals", entry=close > 0, exit=close < 0)  # what it says is given by hand


def traded(
    market: Candles,
    enter: np.ndarray,
    leave: np.ndarray,
    *,
    costs: Costs = FREE,
    cash: float = 1000,
    instrument: Instrument | None = None,
) -> Simulated:
    decisions = Decisions(enter=enter & ~leave, leave=leave)
    given = Market(candles=market, decisions=decisions, instrument=instrument)
    return simulate(SIGNALS, [given], account=Account(cash=cash), costs=costs)


def at(market: Candles, *rows: int) -> np.ndarray:
    column = np.zeros(len(market), bool)
    column[list(rows)] = True
    return column


def test_what_is_decided_at_a_close_is_filled_at_the_next_open() -> None:
    market = of_closes([100, 100, 110, 120, 130, 130])
    (trade,) = traded(market, at(market, 1), at(market, 3), costs=FREE, cash=1000).trades
    assert trade.decided_at == trade.entered_at == market.open_time[2]
    assert (trade.entry_price, trade.exit_price) == (market.open[2], market.open[4]) == (100, 120)
    assert (trade.quantity, trade.profit, trade.ending) == (10, 200, "signal")
    assert trade.gain == pytest.approx(0.2)


def test_fees_and_slippage_are_taken_both_ways() -> None:
    market = of_closes([100] * 6)
    done = traded(market, at(market, 0), at(market, 2), costs=Costs(fee=0.001, slippage=0.01), cash=1000)
    (trade,) = done.trades
    assert (trade.entry_price, trade.exit_price) == (101, 99)
    assert trade.quantity == pytest.approx(1000 / (101 * 1.001))
    assert done.equity[-1] == pytest.approx(1000 * (99 * 0.999) / (101 * 1.001))
    assert trade.fees == pytest.approx(trade.quantity * (101 + 99) * 0.001)
    assert done.equity[-1] == pytest.approx(1000 + trade.profit)


def test_the_equity_follows_the_position_and_rests_between_trades() -> None:
    market = of_closes([100, 100, 110, 120, 60, 60, 60, 90])
    done = traded(market, at(market, 0, 5), at(market, 2), costs=FREE, cash=1000)
    assert done.equity.tolist() == [1000, 1000, 1100, 1100, 1100, 1100, 1100, 1650]


def test_a_decision_at_the_last_close_is_not_filled() -> None:
    market = of_closes([100, 110, 120])
    assert traded(market, at(market, 2), at(market), costs=FREE).trades.endings == ()


def test_what_is_held_at_the_end_counts_as_sold_at_the_last_close_with_costs() -> None:
    market = of_closes([100, 100, 100, 200])
    done = traded(market, at(market, 0), at(market), costs=Costs(fee=0.01, slippage=0), cash=101)
    (trade,) = done.trades
    assert (trade.ending, trade.left_at) == ("end of data", market[-1].close_time)
    assert done.equity[-1] == pytest.approx(101 + trade.profit) == pytest.approx(198)
    assert "still held at the end" in done.warnings[0]


def test_an_entry_with_an_exit_at_the_same_close_is_no_entry() -> None:
    market = of_closes([100] * 6)
    assert traded(market, at(market, 1), at(market, 1), costs=FREE).trades.endings == ()
    (trade,) = traded(market, at(market, 0, 2), at(market, 2), costs=FREE).trades
    assert trade.left_at == market.open_time[3]


def halted(market: Candles, row: int, hours: int = 24) -> Candles:
    """The same with a hole of so many hours in front of a row."""
    later = np.where(np.arange(len(market)) >= row, hours * HOUR, 0)
    return market._with({"open_time": market.open_time + later})


@pytest.mark.parametrize(("after", "sold"), [(300, 100), (40, 40)])
def test_a_position_held_into_a_halt_is_sold_at_the_lower_price_around_it(after: float, sold: float) -> None:
    market = halted(of_closes([100, 100, 100, 100, 300, 300]), 4)
    market = market._with({"open": np.array([100, 100, 100, 100, after, after], float)})
    done = traded(market, at(market, 0), at(market), costs=FREE, cash=1000)
    (trade,) = done.trades
    assert (trade.ending, trade.exit_price, trade.left_at) == ("halt", sold, market.open_time[4])
    assert done.equity[-1] == 1000 * sold / 100
    assert "held into the halt from 2024-01-01 04:00 UTC until 2024-01-02 04:00 UTC" in done.warnings[0]


def test_a_shorter_hole_is_held_through() -> None:
    market = halted(of_closes([100, 100, 100, 100, 300, 300]), 4, hours=23)
    (trade,) = traded(market, at(market, 0), at(market), costs=FREE).trades
    assert trade.ending == "end of data"


def test_an_order_that_would_fill_behind_a_halt_is_withdrawn() -> None:
    market = halted(of_closes([100, 100, 100, 100, 300, 300]), 4)
    done = traded(market, at(market, 3), at(market), costs=FREE)
    assert done.trades.endings == ()
    assert done.warnings == ("1 order decided right before a halt had to be withdrawn.",)


BTC = Instrument(
    symbol="BTCUSDT", base="BTC", quote="USDT",
    tick=Decimal("0.5"), step=Decimal("0.01"), min_value=Decimal(50),
)  # fmt: skip


def test_with_an_instrument_prices_are_in_ticks_and_quantities_in_steps() -> None:
    market = of_closes([100] * 6)
    costs = Costs(fee=0.001, slippage=0.001)
    done = traded(market, at(market, 0), at(market, 2), costs=costs, cash=1000, instrument=BTC)
    (trade,) = done.trades
    assert (trade.entry_price, trade.exit_price) == (100.5, 99.5)  # 100.1 and 99.9, rounded against us
    assert trade.quantity == 9.94  # 1000 / 100.6005 = 9.9403
    assert done.equity[1] == pytest.approx(1000 - 9.94 * 100.5 * 1.001 + 9.94 * 100)


def test_an_order_that_the_exchange_would_refuse_is_not_filled_and_told() -> None:
    market = of_closes([100] * 6)
    costs = Costs(fee=0.01, slippage=0)  # 50 / 1.01 buys 0.49 at 100
    done = traded(market, at(market, 0, 2), at(market), costs=costs, cash=50, instrument=BTC)
    assert done.trades.endings == ()
    assert "was refused: order is worth 49 USDT, below the minimum of 50" in done.warnings[0]
    assert done.warnings[1] == "2 orders in all were refused."
    assert done.equity.tolist() == [50] * 6


def test_cash_below_the_least_value_of_an_order_is_refused_at_once() -> None:
    market = of_closes([100] * 3)
    with pytest.raises(BadSetting, match="must be worth 50 USDT at least, and the account starts with 49"):
        traded(market, at(market, 0), at(market), cash=49, instrument=BTC)


def test_columns_that_do_not_fit_and_an_empty_purse_are_refused() -> None:
    market = of_closes([100] * 3)
    with pytest.raises(BadSetting, match="do not fit 3 candles"):
        Market(candles=market, decisions=Decisions(enter=at(market)[:2], leave=at(market)))
    with pytest.raises(BadSetting, match="positive amount"):
        traded(market, at(market), at(market), costs=FREE, cash=0)
    with pytest.raises(BadSetting, match=r"0\.10 % as 0\.001"):
        Costs(fee=0.5)


def by_hand(market: Candles, enter: np.ndarray, leave: np.ndarray, costs: Costs) -> tuple[list[float], int]:
    """The same rules, candle by candle, as plainly as they can be written."""
    halts = set(halted_before(market).tolist())
    cash, held, waiting, trades, equity = 1000.0, 0.0, "", 0, []
    for row, candle in enumerate(market):
        if row in halts:
            if held:
                low = min(market[row - 1].close, candle.open)
                cash, held, trades = held * low * (1 - costs.slippage) * (1 - costs.fee), 0.0, trades + 1
            waiting = ""
        if waiting == "buy":
            cash, held = 0.0, cash / (candle.open * (1 + costs.slippage) * (1 + costs.fee))
        elif waiting == "sell":
            cash, held, trades = held * candle.open * (1 - costs.slippage) * (1 - costs.fee), 0.0, trades + 1
        waiting = ""
        if held and leave[row]:
            waiting = "sell"
        elif not held and enter[row] and not leave[row]:
            waiting = "buy"
        equity.append(cash + held * candle.close)
    if held:
        equity[-1] = held * market[-1].close * (1 - costs.slippage) * (1 - costs.fee)
        trades += 1
    return equity, trades


def random_edges(market: Candles, seed: int, often: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.random(len(market)) < often, random.random(len(market)) < often


cases = {
    "market": markets(length=150, timeframes=("1h",)),
    "seed": st.integers(0, 2**32),
    "often": st.sampled_from([0.02, 0.2, 0.7]),
}


@given(**cases)
def test_whole_columns_give_what_going_candle_by_candle_gives(
    market: Candles, seed: int, often: float
) -> None:
    enter, leave = random_edges(market, seed, often)
    costs = Costs()
    done = traded(market, enter, leave, costs=costs, cash=1000)
    equity, trades = by_hand(market, enter, leave, costs)
    assert done.equity == pytest.approx(equity)
    assert len(done.trades) == trades


@given(**cases)
def test_every_coin_of_the_equity_is_accounted_for(market: Candles, seed: int, often: float) -> None:
    done = traded(market, *random_edges(market, seed, often), costs=Costs(), cash=1000)
    assert done.equity[-1] == pytest.approx(1000 + sum(trade.profit for trade in done.trades))
    for before, after in zip(done.trades, done.trades[1:], strict=False):
        assert before.left_at <= after.entered_at
    for trade in done.trades:
        assert trade.decided_at <= trade.entered_at <= trade.left_at
        assert trade.fees > 0


@given(**cases, cut=st.floats(0.1, 1))
def test_the_future_never_changes_the_past(market: Candles, seed: int, often: float, cut: float) -> None:
    enter, leave = random_edges(market, seed, often)
    rows = max(1, int(len(market) * cut))
    whole = traded(market, enter, leave, costs=Costs(), cash=1000)
    part = traded(market[:rows], enter[:rows], leave[:rows], costs=Costs(), cash=1000)
    before = finished(whole)
    assert finished(part) == before.where(before.left_at < market[:rows].close_time[-1])
    assert part.equity[:-1] == pytest.approx(whole.equity[: rows - 1], rel=1e-12)


def finished(done: Simulated) -> Trades:
    return done.trades.where(done.trades.ending != ENDINGS.index("end of data"))
