"""A record against luck: what the tests of `overfitting` say of it, as plain numbers for a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from thebot.backtesting.overfitting import (
    SharpeEstimate,
    deflated_sharpe,
    minimum_track_record,
    noisy_candles,
    permuted_candles,
    probabilistic_sharpe,
    random_entries,
)
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.scoring import Score
from thebot.backtesting.simulate import Simulation
from thebot.backtesting.tried import Trials
from thebot.market import Candles
from thebot.strategy import Strategy, decider

DRAWS: Final = 100
_FEWEST: Final = 19  # so that a share of 5 % can be reached
_ROWS: Final = 6_000_000  # candles that are drawn in all: of long records fewer markets are drawn
_NOISE: Final = 0.1  # of a candle's usual range


def assess(
    record: TrackRecord,
    strategy: Strategy | None,
    series: Sequence[Candles],
    *,
    trials: Trials | None = None,
    seed: int = 0,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, float]:
    """How likely the record came about by luck; nan where that cannot be told. Drawn by `seed`.

    probabilistic_sharpe, deflated_sharpe    that the true Sharpe ratio is above zero; given all the `trials`
    trials, minimum_track_record             how many variants; candles that it takes to be 95 % sure
    random_entries_p                         share of random entries, held as long, that do as well
    permuted_p                               share of shuffled markets on which the strategy does as well
    noise_share                              share of markets with a little noise that keep half of the result

    `series` are the candles of the record, with those that warm up in front, which are not shuffled; any
    after its end are left out. Without a `strategy` (one that keeps a state) it is not run on other markets.
    """
    series = [candles.between(end=record.end) for candles in series]
    found = {**_sharpes(record, trials), "random_entries_p": _by_entries(record, series, seed)}
    rows = sum(map(len, series))
    markets = int(np.clip(_ROWS // max(1, rows), _FEWEST, draws)) if draws else 0
    found |= {"permuted_p": math.nan, "noise_share": math.nan}
    if strategy is None or not markets or not len(record.trades):
        return found

    def scored(changed: Sequence[Candles]) -> Score:
        return _score(record, strategy, changed)

    better, kept = 0, 0
    wanted = record.sharpe_ratio
    kept_rows = [max(1, len(candles) - len(candles.between(record.start))) for candles in series]
    # of one seed no draw is that of another one
    for done, drawn in enumerate(np.random.SeedSequence(seed).generate_state(markets).tolist()):
        shuffled = [
            permuted_candles(candles, seed=drawn, keep=rows)
            for candles, rows in zip(series, kept_rows, strict=True)
        ]
        value = scored(shuffled).sharpe_ratio
        better += not value < wanted  # unknown counts against us
        noisy = [noisy_candles(candles, size=_NOISE, seed=drawn) for candles in series]
        kept += scored(noisy).total_return >= record.total_return / 2
        progress(done + 1, markets)
    found["permuted_p"] = (1 + better) / (1 + markets)
    if record.total_return > 0:
        found["noise_share"] = kept / markets
    return found


def _sharpes(record: TrackRecord, trials: Trials | None) -> dict[str, float]:
    count = max(record.trials, 1 if trials is None else trials.count)
    found = {
        "trials": float(count), "probabilistic_sharpe": math.nan, "deflated_sharpe": math.nan,
        "minimum_track_record": math.nan,
    }  # fmt: skip
    if not math.isfinite(record.sharpe_ratio):
        return found
    estimate = SharpeEstimate.of(record.returns)
    found["probabilistic_sharpe"] = probabilistic_sharpe(estimate)
    found["minimum_track_record"] = minimum_track_record(estimate)
    if trials is not None and trials.count > 1 and math.isfinite(trials.variance):
        found["deflated_sharpe"] = deflated_sharpe(estimate, trials=count, variance=trials.variance)
    return found


def _by_entries(record: TrackRecord, series: Sequence[Candles], seed: int) -> float:
    """Of several symbols the one that speaks least for the entries."""
    shares = []
    for candles in series:
        if candles.symbol not in record.trades.symbols:
            continue
        own = record.trades.where(record.trades.symbol == record.trades.symbols.index(candles.symbol))
        if not len(own):
            continue
        traded = candles.between(record.start)
        entries = np.searchsorted(traded.open_time, own.entered_at).astype(np.int64)
        exits = np.minimum(np.searchsorted(traded.open_time, own.left_at), len(traded) - 1).astype(np.int64)
        exits = np.maximum(exits, entries)
        shares.append(random_entries(traded.open, entries, exits, seed=seed, side=own.side).share)
    return max(shares, default=math.nan)


def _score(record: TrackRecord, strategy: Strategy, series: Sequence[Candles]) -> Score:
    """The same strategy on other candles. Their prices keep no tick, so filters are left out."""
    asked = decider(strategy, record.timeframe, record.account.allocation.rank)
    traded = [candles.between(record.start) for candles in series]
    decisions = [
        asked.over(candles).rows(slice(len(candles) - len(part), None))
        for candles, part in zip(series, traded, strict=True)
    ]
    return Simulation(traded, account=record.account, costs=record.costs).score(strategy, decisions)
