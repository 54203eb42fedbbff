"""The simulation and the replay are two programs for one set of rules: they come to the same trades."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.market.series import of_closes, random_market

from thebot.backtesting import Account, Allocation, Costs, Market, Simulated, simulate
from thebot.backtesting.replay import replay
from thebot.indicators import (
    Expression,
    atr,
    close,
    crosses_above,
    crosses_below,
    high,
    low,
    sma,
    volume,
)
from thebot.market import Candles, Instrument, Timeframe
from thebot.market.filters import filters_of
from thebot.market.parquet import read_candles
from thebot.market.resample import resample
from thebot.strategy import (
    AtPrice,
    CappedKelly,
    EquityFraction,
    Exits,
    FixedAmount,
    LimitOrder,
    MarketOrder,
    Percent,
    RiskFraction,
    Strategy,
    VolatilityTarget,
    decider,
    strategy,
)

NAMES = ("AAAUSDT", "BBBUSDT", "CCCUSDT")

_signals = st.sampled_from(
    [
        crosses_above(close, sma(4)),
        crosses_below(close, sma(4)),
        crosses_above(sma(3), sma(8)),
        crosses_below(sma(3), sma(8)),
        (close > close.shift(1)) & (close.shift(1) > close.shift(2)),
        (close < close.shift(1)) & (close.shift(1) < close.shift(2)),
        volume > volume.shift(1) * 3,
        (close > sma(8)).at("4h"),
    ]
)
_far = st.sampled_from([0.3, 1.0, 2.5])
_levels = st.sampled_from([sma(8), low.shift(1), high.shift(1), close * 0.985, close * 1.015])


def _distances(*, zero: bool = False) -> st.SearchStrategy[Any]:
    """Said in each of the three ways."""
    said = [
        st.sampled_from([0.2, 0.7, 2.0, 6.0]).map(Percent),
        _far.map(lambda times: times * atr(5)),
        _levels.map(AtPrice),
        st.sampled_from([0.25, 1.0]),
    ]
    return st.one_of(*said, st.just(0)) if zero else st.one_of(*said)


_exits = st.builds(
    Exits,
    stop=st.none() | _distances(),
    target=st.none() | _distances(),
    trailing=st.none() | _distances(),
    break_even=st.none() | _distances(),
    expires=st.none() | st.sampled_from([1, 7, "1d"]),
)
_sizings = st.sampled_from(
    [
        EquityFraction(1.0),
        EquityFraction(0.4),
        FixedAmount(700.0),
        RiskFraction(0.02),
        RiskFraction(0.1, at_most=0.8),
        VolatilityTarget(0.3, period=5),
        CappedKelly(cap=0.5, after=4, least=0.1),
    ]
)
_orders = st.just(MarketOrder()) | st.builds(
    LimitOrder, offset=_distances(zero=True), candles=st.sampled_from([1, 2, 5])
)


@st.composite
def _strategies(draw: st.DrawFn) -> Strategy:
    sides = draw(st.sampled_from(["long", "short", "both"]))
    exits, sizing = draw(_exits), draw(_sizings)
    if isinstance(sizing, RiskFraction) and exits.stop is None and exits.trailing is None:
        exits = replace(exits, stop=draw(_distances()))
    needed = not exits.any and sides != "both"
    out: st.SearchStrategy[Expression | None] = _signals if needed else st.none() | _signals
    sells: dict[str, Expression | None] = {}
    if sides != "short":
        sells |= {"entry": draw(_signals), "exit": draw(out)}
    if sides != "long":
        sells |= {"short_entry": draw(_signals), "short_exit": draw(out)}
    return Strategy(
        name="random", sizing=sizing, exits=exits, order=draw(_orders),
        cooldown=draw(st.sampled_from([0, 1, 5, "1d"])), **sells,
    )  # fmt: skip


_costs = st.builds(
    Costs,
    fee=st.sampled_from([0.0, 0.001, 0.02]),
    maker_fee=st.sampled_from([None, 0.0, 0.0005]),
    slippage=st.sampled_from([0.0, 0.0005]),
    spread=st.sampled_from([0.0, 0.002]),
    fixed=st.sampled_from([0.0, 0.013]),
    range_share=st.sampled_from([0.0, 0.05]),
    impact=st.sampled_from([0.0, 0.1]),
    participation=st.sampled_from([None, None, 0.02, 0.3, 1.0]),
    borrow=st.sampled_from([0.0, 0.1]),
)


@dataclass(frozen=True)
class Case:
    series: list[Candles]
    instruments: dict[str, Instrument]
    detail: dict[str, Candles]
    account: Account


@st.composite
def _cases(draw: st.DrawFn, *, counted: bool, symbols: st.SearchStrategy[int]) -> Case:
    series, instruments, detail = [], {}, {}
    smaller = draw(st.sampled_from(["", "whole", "parts"]))
    for name in NAMES[: draw(symbols)]:
        seed, missing = draw(st.integers(0, 2**32)), draw(st.sampled_from([0.0, 0.02, 0.1]))
        candles, small = _market(seed, draw(st.integers(2, 160)), missing, name, draw(st.integers(0, 30)))
        if counted:
            instruments[name] = draw(_instruments(name))
            if draw(st.booleans()):  # else prices lie between two ticks, as after a change of the tick
                tick = float(instruments[name].tick)
                candles, small = _on_ticks(candles, tick), _on_ticks(small, tick)
        if smaller:
            kept = np.random.default_rng(seed).random(len(small)) < (1.0 if smaller == "whole" else 0.6)
            detail[name] = small.rows(np.flatnonzero(kept))
        series.append(candles)
    allocation = Allocation(
        max_open=draw(st.none() | st.integers(1, 3)), rank=draw(st.none() | st.just(close / close.shift(3)))
    )
    cash = draw(st.sampled_from([500.0, 10_000.0]))
    return Case(series, instruments, detail, Account(cash=cash, shorts=True, allocation=allocation))


@st.composite
def _instruments(draw: st.DrawFn, name: str) -> Instrument:
    return Instrument(
        symbol=name, base=name[:3], quote="USDT",
        tick=Decimal(draw(st.sampled_from(["0.01", "0.05", "0.25"]))),
        step=Decimal(draw(st.sampled_from(["0.00001", "0.02", "1"]))),
        min_value=Decimal(draw(st.sampled_from([0, 10, 400]))),
        max_quantity=draw(st.sampled_from([None, Decimal(60)])),
    )  # fmt: skip


def _market(seed: int, length: int, missing: float, name: str, begin: int) -> tuple[Candles, Candles]:
    """Candles of an hour with the quarters of an hour that they are made of, with holes and halts."""
    small = random_market(
        seed=seed, length=length * 4, timeframe="15m", missing=missing / 4, begin=begin * 4, symbol=name
    )
    if missing:  # some of the holes are halts of a day
        random = np.random.default_rng(seed)
        longer = np.cumsum((random.random(len(small)) < 0.005) * 30 * 3_600_000)
        small = small._with({"open_time": small.open_time + longer.astype(np.int64)})
    candles = resample(small, Timeframe("1h")).candles
    return candles, small


def _on_ticks(candles: Candles, tick: float) -> Candles:
    names = ("open", "high", "low", "close")
    return candles._with(
        {name: np.maximum(np.round(getattr(candles, name) / tick), 1) * tick for name in names}
    )


def both(
    chosen: Strategy, case: Case, costs: Costs, *, target_first: bool = False
) -> tuple[Simulated, Simulated]:
    asked = decider(chosen, case.series[0].timeframe, case.account.allocation.rank)
    markets = [
        Market(
            candles=candles,
            decisions=asked.over(candles),
            instrument=case.instruments.get(candles.symbol),
            detail=case.detail.get(candles.symbol),
        )
        for candles in case.series
    ]
    simulated = simulate(chosen, markets, account=case.account, costs=costs, target_first=target_first)
    replayed = replay(
        chosen, case.series, account=case.account, costs=costs, instruments=case.instruments,
        detail=case.detail, target_first=target_first,
    )  # fmt: skip
    return simulated, replayed


def require_same(simulated: Simulated, replayed: Simulated, case: Case) -> None:
    """The same trades: to the tick and step where there are any, within rounding elsewhere."""
    one, other = simulated.trades, replayed.trades
    same = ("symbol", "side", "decided_at", "entered_at", "left_at", "ending", "doubtful")
    for name in same:
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
    for name in ("entry_price", "exit_price", "quantity", "stop"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9, nan_ok=True), name
    for name in ("best", "worst", "gain"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-9), name
    for name in ("fees", "slippage", "profit"):
        assert getattr(other, name) == pytest.approx(
            getattr(one, name), rel=1e-9, abs=1e-9 * case.account.cash
        ), name
    for row, trade in enumerate(one):
        instrument = case.instruments.get(trade.symbol)
        if instrument is not None:
            steps = [round(each.quantity[row] / float(instrument.step), 3) for each in (one, other)]
            assert steps[0] == steps[1]
    assert simulated.time.tolist() == replayed.time.tolist()
    assert replayed.equity == pytest.approx(simulated.equity, rel=1e-9, abs=1e-9)
    assert replayed.warnings == simulated.warnings


more = settings(
    max_examples=3 * settings.default.max_examples,  # they are quick
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_one = st.just(1)


@more
@given(_strategies(), _cases(counted=False, symbols=_one), _costs, st.booleans())
def test_any_strategy_at_any_costs_makes_the_same_trades(
    chosen: Strategy, case: Case, costs: Costs, target_first: bool
) -> None:
    require_same(*both(chosen, case, costs, target_first=target_first), case)


@more
@given(_strategies(), _cases(counted=True, symbols=_one), _costs, st.booleans())
def test_with_an_instrument_they_agree_to_the_last_tick_and_step(
    chosen: Strategy, case: Case, costs: Costs, target_first: bool
) -> None:
    require_same(*both(chosen, case, costs, target_first=target_first), case)


@more
@given(_strategies(), _cases(counted=False, symbols=st.integers(2, 3)), _costs)
def test_several_symbols_share_one_account_in_the_same_way(
    chosen: Strategy, case: Case, costs: Costs
) -> None:
    require_same(*both(chosen, case, costs), case)


@more
@given(_strategies(), _cases(counted=True, symbols=st.integers(2, 3)), _costs)
def test_several_symbols_with_their_instruments_agree_too(chosen: Strategy, case: Case, costs: Costs) -> None:
    require_same(*both(chosen, case, costs), case)


@pytest.mark.parametrize("name", ["rsi-reversal", "macd-trend", "supertrend-flip"])
def test_built_in_strategies_make_the_same_trades_on_years_of_bitcoin(shared: Path, name: str) -> None:
    candles = read_candles(shared / "data" / "spot" / "BTCUSDT-1h.parquet")
    instrument = filters_of(candles)
    assert instrument is not None
    case = Case([candles], {candles.symbol: instrument}, {}, Account())
    simulated, replayed = both(strategy(name), case, Costs())
    assert len(simulated.trades) > 50
    require_same(simulated, replayed, case)


def test_luna_is_left_in_the_same_way(shared: Path) -> None:
    candles = read_candles(shared / "data" / "spot" / "LUNAUSDT-1h.parquet")
    case = Case([candles], {}, {}, Account())
    simulated, replayed = both(strategy("rsi-reversal"), case, Costs())
    assert "halt" in simulated.trades.endings
    require_same(simulated, replayed, case)


def test_real_symbols_sharing_an_account_with_stops_make_the_same_trades(shared: Path) -> None:
    series = [
        read_candles(shared / "data" / "spot" / f"{name}-1h.parquet")[:6000]
        for name in ("BTCUSDT", "BNBUSDT", "SOLUSDT")
    ]
    instruments = {each.symbol: found for each in series if (found := filters_of(each)) is not None}
    allocation = Allocation(max_open=2, rank=close / close.shift(24))
    case = Case(series, instruments, {}, Account(allocation=allocation))
    chosen = replace(
        strategy("macd-trend"),
        sizing=RiskFraction(0.01),
        exits=Exits(stop=2 * atr(14), target=Percent(6), trailing=3 * atr(14), break_even=Percent(2)),
        order=LimitOrder(Percent(0.2), candles=3),
    )
    simulated, replayed = both(chosen, case, Costs(participation=0.001, impact=0.1))
    assert {"stop", "target"} < set(simulated.trades.endings)
    require_same(simulated, replayed, case)


def test_a_position_that_is_being_left_in_parts_sets_no_stop_any_more() -> None:
    """Its time is over after one candle, the volume lets out one of six a candle, then it is 2 % ahead."""
    market = of_closes([99, 100, 100, 101, 105, 106, 106, 106, 106, 106])
    market = market._with({"volume": np.array([90, 90, 90] + [10.0] * 7)})
    rule = Strategy(
        name="late", entry=crosses_above(close, 99.5), exits=Exits(break_even=Percent(2), expires=1)
    )
    costs, account = Costs(fee=0, slippage=0, borrow=0, participation=0.1), Account(cash=600)
    markets = [Market(candles=market, decisions=decider(rule, "1h").over(market))]
    for done in (
        simulate(rule, markets, account=account, costs=costs),
        replay(rule, [market], account=account, costs=costs),
    ):
        (trade,) = done.trades
        assert (trade.ending, trade.entry_price) == ("time", 100)
        assert trade.left_at == market.open_time[8]  # the sixth of them
        assert np.isnan(trade.stop)


def test_a_stop_that_was_reached_counts_as_how_far_it_went_against_though_nothing_was_traded() -> None:
    market = of_closes([99, 100, 100, 100, 100, 100])
    columns = {"volume": [90, 90, 90, 0, 90, 90], "low": [99, 99, 100, 97, 100, 100]}  # none to sell to at 98
    market = market._with({name: np.array(values, float) for name, values in columns.items()})
    rule = Strategy(name="stopped", entry=crosses_above(close, 99.5), exits=Exits(stop=Percent(2)))
    costs, account = Costs(fee=0, slippage=0, borrow=0, participation=0.1), Account(cash=600)
    markets = [Market(candles=market, decisions=decider(rule, "1h").over(market))]
    for done in (
        simulate(rule, markets, account=account, costs=costs),
        replay(rule, [market], account=account, costs=costs),
    ):
        (trade,) = done.trades
        assert (trade.ending, trade.exit_price) == ("stop", 100)
        assert trade.worst == pytest.approx(-0.02)
