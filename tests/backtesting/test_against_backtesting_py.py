"""Against backtesting.py, on the data that it ships: the same trades, and the same equity at each close.

Its rules are ours where these tests go: market orders fill at the next open, whole units, a fee of each fill.
Where they differ:
- At the end it sells at the last candle's open, we at its close. It gets one more candle, flat at that close.
- It sizes by the money at the fill; we by the equity at the deciding close, cut to the money at the fill. So
  all of the money is the same, but for a reversal, where what a gap brought is not in our equity yet. A share
  of it agrees where nothing is held at the decision; it takes the fee out of the share, we put it on top.
- A target that the open lies beyond it fills at the open, we at the target (the worse one). It takes a target
  that was touched, we want it traded through. So targets are compared on a market without gaps.
- It stops for good at a close where the equity is gone; we go on. Nothing here sells short what rises so far.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from backtesting.test import BTCUSD, EURUSD, GOOG
from tests.backtesting.by_hand import candles as by_hand
from tests.backtesting.by_hand import flat
from tests.market.series import MONDAY, random_market

import backtesting
from thebot.backtesting import Account, Costs, Market, Simulated, simulate
from thebot.backtesting.trades import ENDINGS
from thebot.indicators import close, crosses_above, crosses_below, rsi, sma
from thebot.market import Candles, Instrument, Timeframe
from thebot.strategy import (
    AtPrice,
    Decisions,
    EquityFraction,
    Exits,
    FixedAmount,
    Percent,
    Strategy,
    decider,
)  # fmt: skip
from thebot.trading.costs import FREE

FEES = pytest.mark.parametrize("fee", [0.0, 0.002])
HOUR = Timeframe("1h")
EVERYTHING = FixedAmount(1e12)  # more than there is: cut to what is free at the fill, fee included
WHOLE = Instrument(symbol="TESTUSDT", base="TEST", quote="USDT", tick=Decimal("1e-10"), step=Decimal(1))
CASH = {"GOOG": 10_000.0, "EURUSD": 10_000.0, "BTCUSD": 1_000_000.0}  # one of them costs up to 97,482
Fired = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # enter, leave, short, cover


@dataclass(frozen=True)
class Rule:
    """The same said to both: as a strategy of ours, and as columns of what fires, without our code."""

    ours: Strategy
    theirs: Callable[[np.ndarray], Fired]


def shipped(name: str) -> Candles:
    """Renumbered: without weekends, which we would take for halts, where positions are left."""
    data = {"GOOG": GOOG, "EURUSD": EURUSD, "BTCUSD": BTCUSD}[name][:2200]
    columns = {
        each: data[each.capitalize()].to_numpy(float) for each in ("open", "high", "low", "close", "volume")
    }
    return Candles(
        symbol="TESTUSDT", timeframe=HOUR,
        open_time=MONDAY + np.arange(len(data), dtype=np.int64) * HOUR.nominal_ms, **columns,
    )  # fmt: skip


def continuous(market: Candles) -> Candles:
    """The same with each candle opening where the one before closed."""
    opened = np.concatenate([market.open[:1], market.close[:-1]])
    return market._with(
        {"open": opened, "high": np.maximum(market.high, opened), "low": np.minimum(market.low, opened)}
    )


def above(one: np.ndarray, other: np.ndarray | float) -> np.ndarray:
    """Where it is above now and is known not to have been one before."""
    difference = one - other
    return (difference > 0) & np.concatenate([[False], difference[:-1] <= 0])


def of_averages(price: np.ndarray) -> Fired:
    fast, slow = talib.SMA(price, 10), talib.SMA(price, 30)
    never = np.zeros(len(price), bool)
    return above(fast, slow), above(slow, fast), never, never


def of_reversal(price: np.ndarray) -> Fired:
    up, down, never, _ = of_averages(price)
    return up, never, down, never


def of_strength(price: np.ndarray) -> Fired:
    strength = talib.RSI(price, 14)
    never = np.zeros(len(price), bool)
    return above(strength, 40), above(strength, 60), never, never


def of_both_sides(price: np.ndarray) -> Fired:
    strength = talib.RSI(price, 14)
    return above(strength, 40), above(strength, 55), above(-strength, -60), above(-strength, -45)


UP, DOWN = crosses_above(sma(10), sma(30)), crosses_below(sma(10), sma(30))
RULES = {
    "averages": Rule(Strategy(name="averages", entry=UP, exit=DOWN, sizing=EVERYTHING), of_averages),
    "strength": Rule(
        Strategy(
            name="strength",
            entry=crosses_above(rsi(14), 40),
            exit=crosses_above(rsi(14), 60),
            sizing=EVERYTHING,
        ),
        of_strength,
    ),
    "always in": Rule(
        Strategy(name="always in", entry=UP, short_entry=DOWN, sizing=EVERYTHING), of_reversal
    ),
    "both sides": Rule(
        Strategy(
            name="both sides", sizing=EVERYTHING,
            entry=crosses_above(rsi(14), 40), exit=crosses_above(rsi(14), 55),
            short_entry=crosses_below(rsi(14), 60), short_exit=crosses_below(rsi(14), 45),
        ),
        of_both_sides,
    ),
}  # fmt: skip


def theirs(
    market: Candles, fired: Fired, *, cash: float, fee: float,
    size: float | None = None, stop: float | None = None, target: float | None = None,
) -> tuple[list[tuple[Any, ...]], np.ndarray]:  # fmt: skip
    """Its trades and its equity at each close. Stop and target are shares of the deciding close."""
    enter, leave, short, cover = fired
    last = len(market) - 1
    amount = {} if size is None else {"size": size}

    class Said(backtesting.Strategy):
        def init(self) -> None:
            pass

        def next(self) -> None:
            row = len(self.data) - 1
            if row >= last:  # what the last close decides is not filled
                return
            held, price = self.position, float(self.data.Close[-1])
            long, down = enter[row] and not leave[row], short[row] and not cover[row]
            if (held.is_long and (leave[row] or down)) or (held.is_short and (cover[row] or long)):
                held.close()
            if long and not held.is_long:
                self.buy(**amount, sl=stop and price * (1 - stop), tp=target and price * (1 + target))
            if down and not held.is_short:
                self.sell(**amount, sl=stop and price * (1 + stop), tp=target and price * (1 - target))

    names = ("open", "high", "low", "close", "volume")
    data = pd.DataFrame(
        {each.capitalize(): np.append(getattr(market, each), market.close[-1]) for each in names},
        index=pd.to_datetime(MONDAY + np.arange(last + 2) * HOUR.nominal_ms, unit="ms"),
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*insufficient margin.*")  # an order that it did not take
        result = backtesting.Backtest(
            data, Said, cash=cash, commission=fee, trade_on_close=False, finalize_trades=True
        ).run()
    kept = result._trades[["EntryBar", "ExitBar", "Size", "EntryPrice", "ExitPrice"]]
    return list(kept.itertuples(index=False, name=None)), result._equity_curve["Equity"].to_numpy()[1:]


def ours(market: Candles, said: Strategy, *, cash: float, fee: float) -> Simulated:
    return simulate(
        said,
        [Market(candles=market, decisions=decider(said, HOUR).over(market), instrument=WHOLE)],
        account=Account(cash=cash, shorts=said.shorts),
        costs=Costs(fee=fee, maker_fee=fee, slippage=0, borrow=0),
    )


def rows_of(done: Simulated) -> list[tuple[Any, ...]]:
    """As backtesting.py says them: the numbers of the candles, and a quantity below zero for a short."""
    trades = done.trades
    entered, left = ((each - MONDAY) // HOUR.nominal_ms for each in (trades.entered_at, trades.left_at))
    columns = (entered, left, trades.side * trades.quantity, trades.entry_price, trades.exit_price)
    return list(zip(*(each.tolist() for each in columns), strict=True))


def prices(trades: list[tuple[Any, ...]]) -> np.ndarray:
    return np.array([each[3:] for each in trades])


def require_same(done: Simulated, other: tuple[list[tuple[Any, ...]], np.ndarray], *, trades: int) -> None:
    """At least so many trades, the same ones, and the same equity at each close."""
    mine, (expected, equity) = rows_of(done), other
    assert len(expected) >= trades
    assert [each[:3] for each in mine] == [each[:3] for each in expected]
    assert prices(mine) == pytest.approx(prices(expected), rel=1e-9)
    # Its rows begin at the second candle; its last is the added one, by which all is sold, as at our last.
    assert done.equity[1:-1] == pytest.approx(equity[:-2], rel=1e-9)
    assert done.equity[-1] == pytest.approx(equity[-1], rel=1e-9)


def compared(
    market: Candles, said: Rule, *, cash: float = 10_000.0, fee: float, trades: int, **theirs_: float
) -> None:
    other = theirs(market, said.theirs(market.close), cash=cash, fee=fee, **theirs_)
    require_same(ours(market, said.ours, cash=cash, fee=fee), other, trades=trades)


@FEES
@pytest.mark.parametrize(
    ("name", "rule", "trades"),
    [
        ("GOOG", "averages", 30), ("GOOG", "strength", 15), ("GOOG", "both sides", 50),
        ("EURUSD", "averages", 25), ("EURUSD", "strength", 10), ("EURUSD", "both sides", 50),
        ("BTCUSD", "averages", 3),
    ],
)  # fmt: skip
def test_the_same_trades_and_equity(name: str, rule: str, trades: int, fee: float) -> None:
    compared(shipped(name), RULES[rule], cash=CASH[name], fee=fee, trades=trades)


@FEES
@pytest.mark.parametrize("name", ["GOOG", "EURUSD"])
def test_turning_round_at_one_open_comes_to_the_same_where_the_market_has_no_gaps(
    name: str, fee: float
) -> None:
    compared(continuous(shipped(name)), RULES["always in"], cash=CASH[name], fee=fee, trades=50)


@pytest.mark.parametrize("name", ["GOOG", "EURUSD"])
def test_turning_round_is_at_the_same_opens_and_for_no_more_where_it_has_gaps(name: str) -> None:
    """A gap that was for the position left is not invested again before the next close by us."""
    market, said = shipped(name), RULES["always in"]
    mine = rows_of(ours(market, said.ours, cash=CASH[name], fee=0.0))
    expected, _ = theirs(market, said.theirs(market.close), cash=CASH[name], fee=0.0)
    assert len(mine) >= 50
    assert [(each[:2], each[2] > 0) for each in mine] == [(each[:2], each[2] > 0) for each in expected]
    assert prices(mine) == pytest.approx(prices(expected), rel=1e-9)
    first = next(
        row for row, (one, other) in enumerate(zip(mine, expected, strict=True)) if one[2] != other[2]
    )
    assert abs(mine[first][2]) < abs(expected[first][2])


@FEES
@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("name", ["GOOG", "EURUSD"])
def test_a_share_of_the_money(name: str, share: float, fee: float) -> None:
    """Its share pays the fee too: it is ours by 1 + fee. No entry falls on the open of an exit here."""
    said = RULES["averages"]
    sized = replace(said.ours, sizing=EquityFraction(share / (1 + fee)))
    compared(shipped(name), replace(said, ours=sized), cash=CASH[name], fee=fee, trades=20, size=share)


@FEES
@pytest.mark.parametrize(("name", "distance", "jumped"), [("GOOG", 0.03, True), ("EURUSD", 0.001, False)])
def test_stops_also_those_that_the_open_jumped_over(
    name: str, distance: float, jumped: bool, fee: float
) -> None:
    """The stop stands at a price of the deciding close, as there; no entry opens beyond its own."""
    market, said = shipped(name), RULES["averages"]
    stopped = replace(said.ours, exits=Exits(stop=AtPrice(close * (1 - distance))))
    compared(market, replace(said, ours=stopped), cash=CASH[name], fee=fee, trades=20, stop=distance)
    trades = ours(market, stopped, cash=CASH[name], fee=fee).trades
    by_stop = trades.where(trades.ending == ENDINGS.index("stop"))
    assert len(by_stop) >= 10
    assert (by_stop.exit_price < by_stop.stop - 1e-6).any() == jumped
    assert (by_stop.entered_at == by_stop.left_at).any()  # in the candle of entry


@FEES
@pytest.mark.parametrize("seed", range(3))
def test_stops_and_targets_of_both_sides_where_the_market_has_no_gaps(seed: int, fee: float) -> None:
    """Both in one candle is a stop, for both programs."""
    market = continuous(random_market(seed=seed, length=1500, timeframe="1h"))
    said = RULES["both sides"]
    bounded = replace(said.ours, exits=Exits(stop=Percent(0.4), target=Percent(0.6)))
    compared(market, replace(said, ours=bounded), fee=fee, trades=50, stop=0.004, target=0.006)
    trades = ours(market, bounded, cash=10_000.0, fee=fee).trades
    for side in (1, -1):
        for ending in ("stop", "target"):
            assert ((trades.side == side) & (trades.ending == ENDINGS.index(ending))).sum() >= 5
    assert trades.doubtful.any()


@pytest.mark.parametrize(
    ("candle", "mine", "expected"),
    [
        ((155, 156, 154, 155), 150, 155),  # opened beyond the target: not better than it
        ((100, 150, 100, 105), 105, 150),  # touched only: not filled, sold at the end
    ],
)
def test_where_targets_differ_ours_is_the_worse_one(
    candle: tuple[float, ...], mine: float, expected: float
) -> None:
    market = by_hand([*flat(100, 3), candle])  # it decides from the second candle on
    fired = np.array([False, True, False, False])
    never = ~fired & False
    said = Strategy(name="one", entry=close > 0, exits=Exits(target=Percent(50)), sizing=EVERYTHING)
    decisions = Decisions(enter=fired, leave=never)
    (own,) = simulate(
        said, [Market(candles=market, decisions=decisions, instrument=WHOLE)],
        account=Account(cash=1000), costs=FREE,
    ).trades  # fmt: skip
    ((*_, other),), _ = theirs(market, (fired, never, never, never), cash=1000, fee=0.0, target=0.5)
    assert own.exit_price == pytest.approx(mine)
    assert other == pytest.approx(expected)
