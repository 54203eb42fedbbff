"""Against the same rules written as plainly as they can be, and what must hold for any strategy."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backtesting.by_hand import strategy, traded
from tests.market.series import markets

from thebot.backtesting import Account, Costs, Market, Simulated, simulate
from thebot.backtesting.trades import ENDINGS, Trades
from thebot.market import Candles
from thebot.market.quality import halted_before
from thebot.strategy import Decisions, EquityFraction, Exits, FixedAmount, Percent, Strategy


@dataclass
class Position:
    side: int
    quantity: float
    entry: float
    opened_at: int
    stop: float | None
    by: str
    target: float | None
    best: float
    flow: float


def plainly(  # noqa: C901  (to be read from top to bottom, beside the rules)
    market: Candles, decided: Decisions, said: Strategy, costs: Costs, cash: float
) -> list[Any]:
    """Market orders, shares of the price, one symbol: candle by candle. Trades and then the last equity."""
    exits, halts = said.exits, set(halted_before(market).tolist())
    share = {name: each.share for name in ("stop", "target", "trailing", "break_even")
             if (each := getattr(exits, name)) is not None}  # fmt: skip
    expires, cooldown = exits.expires_ms(market.timeframe), said.cooldown_ms(market.timeframe)
    held: Position | None = None
    leaving, wanted, amount, left_open = "", 0, 0.0, None
    trades: list[Any] = []

    def close(price: float, fee: float, ending: str, at: int, row: int) -> None:
        nonlocal held, cash, left_open, leaving
        assert held is not None
        value = price * held.quantity
        borrowed = 0.0
        if held.side < 0:
            borrowed = held.entry * held.quantity * costs.borrow * (at - held.opened_at) / (365 * 86_400_000)
        change = held.side * value - value * fee - borrowed
        cash += change
        trades.append((held.side, held.opened_at, at, held.entry, price, ending, held.flow + change))
        held, leaving, left_open = None, "", int(market.open_time[row])

    for row, candle in enumerate(market):
        last = row == len(market) - 1
        # the open
        if row in halts:
            wanted = 0
            if held:
                before = market[row - 1].close
                worse = min(before, candle.open) if held.side > 0 else max(before, candle.open)
                close(worse * (1 - held.side * costs.share), costs.fee, "halt", candle.open_time, row)
        if held and leaving:
            close(candle.open * (1 - held.side * costs.share), costs.fee, leaving, candle.open_time, row)
        fresh = False
        if wanted:
            price = candle.open * (1 + wanted * costs.share)
            quantity = min(amount, cash / (1 + costs.fee)) / price
            flow = -wanted * price * quantity - price * quantity * costs.fee
            stop = price * (1 - wanted * share["stop"]) if "stop" in share else None
            trailing = price * (1 - wanted * share["trailing"]) if "trailing" in share else None
            by = "stop"
            if trailing is not None and (stop is None or wanted * (trailing - stop) > 0):
                stop, by = trailing, "trailing"
            target = price * (1 + wanted * share["target"]) if "target" in share else None
            held = Position(wanted, quantity, price, candle.open_time, stop, by, target, price, flow)
            cash += flow
            fresh, wanted = True, 0
        # within
        if held:
            side = held.side
            hit = None
            if held.stop is not None:
                furthest = candle.low if side > 0 else candle.high
                if not fresh and side * (candle.open - held.stop) <= 0:
                    hit = candle.open
                elif side * (furthest - held.stop) <= 0:
                    hit = held.stop
            through = held.target is not None and (
                candle.high > held.target if side > 0 else candle.low < held.target
            )
            gap_target = through and not fresh and side * (candle.open - (held.target or 0)) > 0
            if hit is not None and not (gap_target and hit != candle.open):
                close(hit * (1 - side * costs.share), costs.fee, held.by, candle.open_time, row)
            elif through:
                assert held.target is not None
                assert costs.maker_fee is not None
                close(held.target, costs.maker_fee, "target", candle.open_time, row)
        # the close
        if held:
            side = held.side
            held.best = max(held.best, candle.high) if side > 0 else min(held.best, candle.low)
            if "trailing" in share:
                moved = held.best * (1 - side * share["trailing"])
                if held.stop is None or side * (moved - held.stop) > 0:
                    held.stop, held.by = moved, "trailing"
            ahead = "break_even" in share and side * (held.best / held.entry - 1) >= share["break_even"]
            if ahead and (held.stop is None or side * (held.entry - held.stop) > 0):
                held.stop, held.by = held.entry, "break-even"
            if last:
                price = candle.close * (1 - side * costs.share)
                close(price, costs.fee, "end of data", candle.close_time, row)
        if last:
            break
        # decisions
        sign = 1 if decided.enter[row] else -1 if decided.short is not None and decided.short[row] else 0
        turned = False
        if held and not leaving:
            exit_ = decided.leave[row] if held.side > 0 else decided.cover is not None and decided.cover[row]
            turned = sign == -held.side
            if turned:
                leaving = "reversal"
            elif exit_:
                leaving = "signal"
            elif expires is not None and candle.close_time - held.opened_at >= expires:
                leaving = "time"
        if sign and (not held or turned) and (left_open is None or candle.close_time - left_open >= cooldown):
            equity = cash + (held.side * held.quantity * candle.close if held else 0.0)
            sizing = said.sizing
            assert isinstance(sizing, EquityFraction | FixedAmount)
            size = sizing.fraction * equity if isinstance(sizing, EquityFraction) else sizing.amount
            wanted, amount = (sign, min(size, equity)) if equity > 0 else (0, 0.0)
    return [*trades, cash]


percents = st.none() | st.sampled_from([0.3, 1.0, 4.0]).map(Percent)
said_by_chance = st.builds(
    strategy,
    shorts=st.booleans(),
    exits=st.builds(
        Exits, stop=percents, target=percents, trailing=percents, break_even=percents,
        expires=st.none() | st.sampled_from([1, 5, "1d"]),
    ),
    sizing=st.sampled_from([EquityFraction(1.0), EquityFraction(0.3), FixedAmount(250.0)]),
    cooldown=st.sampled_from([0, 1, 4]),
)  # fmt: skip
any_costs = st.builds(
    Costs, fee=st.sampled_from([0.0, 0.001]), maker_fee=st.sampled_from([0.0, 0.0004]),
    slippage=st.sampled_from([0.0, 0.0005]), spread=st.sampled_from([0.0, 0.001]),
)  # fmt: skip
a_market = markets(length=200, timeframes=("1h",))
seeds = st.integers(0, 2**32)


def by_chance(count: int, seed: int, *, shorts: bool) -> Decisions:
    random = np.random.default_rng(seed)
    fired = random.random((4, count)) < random.choice([0.02, 0.1, 0.4])
    enter, leave, short, cover = fired
    enter, short = enter & ~leave, short & ~cover
    if not shorts:
        return Decisions(enter=enter, leave=leave)
    return Decisions(enter=enter & ~short, leave=leave, short=short & ~enter, cover=cover)


@given(market=a_market, said=said_by_chance, costs=any_costs, seed=seeds)
def test_the_compiled_loop_does_what_the_rules_say_candle_by_candle(
    market: Candles, said: Strategy, costs: Costs, seed: int
) -> None:
    decided = by_chance(len(market), seed, shorts=said.shorts)
    done = traded(market, decided, said, costs=costs)
    *expected, cash = plainly(market, decided, said, costs, 1000)
    columns = ("side", "entered_at", "left_at")
    for name, column in zip(columns, zip(*expected, strict=True), strict=False):
        assert getattr(done.trades, name).tolist() == list(column)
    assert list(done.trades.endings) == [trade[5] for trade in expected]
    assert done.trades.entry_price.tolist() == pytest.approx([trade[3] for trade in expected])
    assert done.trades.exit_price.tolist() == pytest.approx([trade[4] for trade in expected])
    assert done.trades.profit.tolist() == pytest.approx([trade[6] for trade in expected], abs=1e-9)
    assert done.equity[-1] == pytest.approx(cash)


@given(market=a_market, said=said_by_chance, costs=any_costs, seed=seeds)
def test_cash_and_positions_balance(market: Candles, said: Strategy, costs: Costs, seed: int) -> None:
    done = traded(market, by_chance(len(market), seed, shorts=said.shorts), said, costs=costs)
    trades = done.trades
    assert done.equity[-1] == pytest.approx(1000 + trades.profit.sum())
    moved = trades.side * trades.quantity * (trades.exit_price - trades.entry_price)
    assert trades.profit == pytest.approx(moved - trades.fees, abs=1e-9)
    assert (trades.decided_at <= trades.entered_at).all()
    assert (trades.entered_at <= trades.left_at).all()
    assert (trades.entered_at[1:] >= trades.left_at[:-1]).all()  # one position at a time
    assert (trades.best >= 0).all()
    assert (trades.worst <= 0).all()


@given(market=a_market, said=said_by_chance, seed=seeds, more=st.sampled_from(["fee", "slippage", "spread"]))
def test_costs_never_improve_a_result(market: Candles, said: Strategy, seed: int, more: str) -> None:
    # Signals and time alone, so that the fills are at the same candles: with stops a worse entry price moves
    # the levels, and then another trade comes of it. A fixed amount, so that what was lost changes no size.
    said = replace(said, exits=Exits(expires=9), sizing=FixedAmount(1.0))
    decided = by_chance(len(market), seed, shorts=said.shorts)
    dear = replace(Costs(fee=0.001, slippage=0.0005, borrow=0.0), **{more: 0.01})
    free = replace(dear, **{more: 0.0})
    cheap, worse = (traded(market, decided, said, costs=each) for each in (free, dear))
    assert worse.trades.left_at.tolist() == cheap.trades.left_at.tolist()
    assert (worse.trades.gain <= cheap.trades.gain + 1e-12).all()
    assert (worse.equity <= cheap.equity + 1e-9).all()


@given(market=a_market, said=said_by_chance, seed=seeds, cut=st.floats(0.1, 1))
def test_shuffling_the_future_never_changes_a_past_trade(
    market: Candles, said: Strategy, seed: int, cut: float
) -> None:
    rows = max(1, int(len(market) * cut))
    order = np.random.default_rng(seed).permutation(np.arange(rows, len(market)))
    kept = np.concatenate([np.arange(rows), order])
    names = ("open", "high", "low", "close", "volume")
    other = market._with({name: getattr(market, name)[kept] for name in names})
    decided = by_chance(len(market), seed, shorts=said.shorts)
    shuffled = Decisions(
        **{name: None if each is None else each[kept] for name, each in decided.columns().items()}
    )
    one, two = traded(market, decided, said), traded(other, shuffled, said)
    now = market.close_time[rows - 1]
    assert past(one, now) == past(two, now)
    assert one.equity[: rows - 1].tolist() == two.equity[: rows - 1].tolist()


def past(done: Simulated, now: int) -> Trades:
    """What was over by then. (What is left at an open is left when that candle opens.)"""
    over = (done.trades.left_at < now) & (done.trades.ending != ENDINGS.index("end of data"))
    return done.trades.where(over)


@given(market=a_market, seed=seeds)
def test_a_target_that_comes_first_is_never_worse_for_a_doubtful_trade(market: Candles, seed: int) -> None:
    said = strategy(exits=Exits(stop=Percent(0.3), target=Percent(0.4)), sizing=FixedAmount(10.0))
    decided = by_chance(len(market), seed, shorts=False)
    worst = traded(market, decided, said)
    best = traded(market, decided, said, target_first=True)
    assert best.trades.doubtful.tolist() == worst.trades.doubtful.tolist()
    doubtful = worst.trades.doubtful
    assert (best.trades.gain[doubtful] > worst.trades.gain[doubtful]).all()
    assert best.trades.where(~doubtful) == worst.trades.where(~doubtful)


@given(market=a_market, said=said_by_chance, seed=seeds)
def test_skipping_quiet_candles_changes_nothing(market: Candles, said: Strategy, seed: int) -> None:
    """A second symbol that never trades takes the way without skipping."""
    decided = by_chance(len(market), seed, shorts=said.shorts)
    quiet = replace(market, symbol="QUIET")
    none = np.zeros(len(market), bool)
    silent = Decisions(**{name: None if each is None else none for name, each in decided.columns().items()})
    alone = traded(market, decided, said, costs=Costs())
    account = Account(cash=1000, shorts=said.shorts)
    account = replace(account, allocation=replace(account.allocation, max_open=1))
    both = simulate(
        said, [Market(candles=market, decisions=decided), Market(candles=quiet, decisions=silent)],
        account=account, costs=Costs(),
    )  # fmt: skip
    for name, column in alone.trades.columns().items():
        assert np.array_equal(both.trades.columns()[name], column, equal_nan=True), name
    assert both.equity.tolist() == alone.equity.tolist()


def test_nothing_heavy_is_imported_with_the_package() -> None:
    code = (
        "import sys, thebot.backtesting\n"
        "print([name for name in ('numba', 'polars', 'pandas') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_machine_code_is_kept_and_used_again(tmp_path: Path) -> None:
    code = (
        "import thebot.backtesting.compiled as c, thebot.backtesting.scoring as s, numpy as np\n"
        "print(s.score(np.array([128.0, 64.0]), 100.0).max_drawdown)\n"
        "run = c.compiled(s.moments_of, equity=None)\n"
        "print(sum(run.stats.cache_hits.values()), sum(run.stats.cache_misses.values()))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "THEBOT_CACHE": str(tmp_path)},
        ).stdout.split()
        for _ in range(2)
    ]  # fmt: skip
    assert said == [["-0.5", "0", "1"], ["-0.5", "1", "0"]]
