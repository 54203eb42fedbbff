"""One trial: a strategy on the past of one or several symbols, from candles to a track record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from thebot.backtesting.lookahead import require_no_future, require_same_trades
from thebot.backtesting.record import Origin, TrackRecord, Traded, data_hash
from thebot.backtesting.replay import replay
from thebot.backtesting.simulate import Market, Simulated, simulate
from thebot.backtesting.trades import Trades
from thebot.errors import BadSetting
from thebot.indicators import close
from thebot.market import Candles, FloatArray, Instrument, Symbol
from thebot.market.quality import check, findings, moment
from thebot.strategy import Decisions, Strategy, decider
from thebot.strategy.stateful import Stateful, require_value
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs
from thebot.version import VERSION

HOLD: Final = Strategy(name="buy-and-hold", entry=close > 0, exit=close < 0)
FEW_TRADES: Final = 30  # below it hardly anything can be told from luck

Instruments = Mapping[Symbol, Instrument]
Detail = Mapping[Symbol, Candles]


def run(
    series: Candles | Sequence[Candles],
    strategy: Strategy,
    *,
    account: Account | None = None,
    costs: Costs | None = None,
    start: int | None = None,
    end: int | None = None,
    instruments: Instruments | None = None,
    detail: Detail | None = None,
    seed: int = 0,
) -> TrackRecord:
    """The record of `strategy` on `series` (one a symbol, all of one timeframe), traded from `start` on.

    `start` and `end` are ms UTC: candles before the start warm the indicators up, those from the end on
    are left out. `instruments` are the exchange's filters and `detail` smaller candles, by symbol; where
    they are missing any price and quantity will do, and the stop comes first. Raises BadSetting for what
    cannot be, BadCandles for impossible rows.
    """
    require_value(strategy, "be simulated")
    account, costs = account or Account(), costs or Costs()
    whole, traded = ready(series, start, end)
    asked = decider(strategy, traded[0].timeframe, account.allocation.rank)
    for number, candles in enumerate(whole):
        require_no_future(asked.expressions, candles, seed=seed + number)
    markets = [
        Market(
            candles=part,
            decisions=asked.over(candles).rows(slice(len(candles) - len(part), None)),
            instrument=(instruments or {}).get(candles.symbol),
            detail=(detail or {}).get(candles.symbol),
        )
        for candles, part in zip(whole, traded, strict=True)
    ]
    done = simulate(strategy, markets, account=account, costs=costs)
    at_best = (
        simulate(strategy, markets, account=account, costs=costs, target_first=True)
        if done.trades.doubtful.any()
        else None
    )
    return recorded(
        done, strategy, traded, account=account, costs=costs, at_best=at_best, seed=seed,
        warnings=_span_warnings(traded, start, end),
    )  # fmt: skip


def rerun(
    series: Candles | Sequence[Candles],
    strategy: Strategy | Stateful,
    *,
    account: Account | None = None,
    costs: Costs | None = None,
    start: int | None = None,
    end: int | None = None,
    instruments: Instruments | None = None,
    detail: Detail | None = None,
    seed: int = 0,
) -> TrackRecord:
    """As `run`, but event by event through the trader that paper and live trading use (`replay`).

    Slower, with the same trades; and the only way for strategies that keep a state.
    """
    account, costs = account or Account(), costs or Costs()
    whole, traded = ready(series, start, end)

    def done(series: Sequence[Candles], *, target_first: bool) -> Simulated:
        return replay(
            strategy, series, account=account, costs=costs, instruments=instruments, detail=detail,
            start=start, target_first=target_first,
        )  # fmt: skip

    pessimistic = done(whole, target_first=False)
    middle = int(np.random.default_rng(seed).integers(traded[0].open_time[0], traded[0].open_time[-1]))
    early = [candles.between(end=middle) for candles in whole]
    if all(len(candles.between(start)) > 1 for candles in early):
        require_same_trades(pessimistic, done(early, target_first=False), strategy.name)
    return recorded(
        pessimistic, strategy, traded, account=account, costs=costs, seed=seed, origin="replay",
        at_best=done(whole, target_first=True) if pessimistic.trades.doubtful.any() else None,
        warnings=_span_warnings(traded, start, end),
    )  # fmt: skip


def recorded(
    done: Simulated,
    strategy: Traded,
    traded: Sequence[Candles],
    *,
    account: Account,
    costs: Costs,
    at_best: Simulated | None = None,
    seed: int = 0,
    origin: Origin = "simulation",
    warnings: Sequence[str] = (),
) -> TrackRecord:
    """What came out, as a record of the candles that were traded on."""
    return TrackRecord(
        symbols=tuple(candles.symbol for candles in traded),
        timeframe=traded[0].timeframe,
        strategy=strategy,
        costs=costs,
        account=account,
        start=min(int(candles.open_time[0]) for candles in traded),
        time=done.time,
        equity=done.equity,
        trades=done.trades,
        holding=held(traded, account=account, costs=costs),
        at_best=None if at_best is None else float(at_best.equity[-1]),
        findings=tuple(found for candles in traded for found in findings(candles)),
        warnings=(*warnings, *done.warnings, *_few(done.trades)),
        data_hash=data_hash(traded),
        seed=seed,
        origin=origin,
        version=VERSION,
    )


def held(series: Sequence[Candles], *, account: Account, costs: Costs) -> FloatArray:
    """The equity at each close if all symbols are bought in equal parts at the first chance, and held."""
    markets = []
    for candles in series:
        never, at_once = np.zeros(len(candles), bool), np.arange(len(candles)) == 0
        markets.append(Market(candles=candles, decisions=Decisions(enter=at_once, leave=never)))
    return simulate(HOLD, markets, account=Account(cash=account.cash), costs=costs).equity


def ready(
    series: Candles | Sequence[Candles], start: int | None, end: int | None
) -> tuple[list[Candles], list[Candles]]:
    """The candles until the end, checked, and those of them that are traded on: from the start.

    Raises BadSetting if a symbol has fewer than two of these, saying from when until when there are data.
    """
    given = [series] if isinstance(series, Candles) else list(series)
    whole = [check(candles).between(end=end) for candles in given]
    traded = [candles.between(start) for candles in whole]
    _require(given, whole, traded)
    return whole, traded


def _require(given: Sequence[Candles], whole: Sequence[Candles], traded: Sequence[Candles]) -> None:
    if not given:
        raise BadSetting("There are no candles to trade on: give those of one symbol at least.")
    names = [f"{candles.symbol} {candles.timeframe}" for candles in given]
    if len({candles.timeframe for candles in given}) > 1 or len(set(names)) < len(names):
        raise BadSetting(
            f"Candles of one timeframe, once a symbol, are traded together; these are {', '.join(names)}."
        )
    for name, before, candles, part in zip(names, given, whole, traded, strict=True):
        if not len(candles):
            told = f" The data go {reach(before)}." if len(before) else ""
            raise BadSetting(f"{name}: there are no candles in that time.{told}")
        if len(part) < 2:
            raise BadSetting(
                f"{name}: a decision and its fill take two candles, and there are {len(part)} to trade on. "
                f"The data go {reach(candles)}."
            )


def reach(candles: Candles) -> str:
    """From when until when, as people read it."""
    return f"from {moment(int(candles.open_time[0]))} until {moment(int(candles.close_time[-1]))}"


def _span_warnings(traded: Sequence[Candles], start: int | None, end: int | None) -> list[str]:
    told = []
    for candles in traded:
        name = f"{candles.symbol}: the" if len(traded) > 1 else "The"
        first, last, length = candles.open_time[0], candles.close_time[-1], candles.timeframe.nominal_ms
        if start is not None and first > start + length:
            told.append(f"{name} data begin at {moment(int(first))}, later than asked for.")
        if end is not None and last < end - length:
            told.append(f"{name} data end at {moment(int(last))}, earlier than asked for.")
    return told


def _few(trades: Trades) -> list[str]:
    count = len(trades)
    if count >= FEW_TRADES:
        return []
    told = {0: "There is no trade", 1: "There is one trade"}.get(count, f"There are only {count} trades")
    return [f"{told} in it: too few to tell skill from luck."]
