"""Records to keep: small ones made by hand, and one of a real run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from tests.market.series import MONDAY, random_market

from thebot.backtesting import Account, Costs, TrackRecord, Trades, run
from thebot.backtesting.trades import RoundTrip
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market import Timeframe
from thebot.market.quality import Finding
from thebot.strategy import Strategy, strategy

HOUR = 3_600_000
NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
CROSS = Strategy(
    name="cross",
    entry=crosses_above(close, sma(3)),
    exit=crosses_below(close, sma(3)),
    parameters=(("n", 3),),
)


def trade(entered: int = 1, **changed: Any) -> RoundTrip:
    values: dict[str, Any] = {
        "symbol": "BTCUSDT", "side": "long", "decided_at": MONDAY + entered * HOUR,
        "entered_at": MONDAY + entered * HOUR, "entry_price": 100.0, "left_at": MONDAY + (entered + 1) * HOUR,
        "exit_price": 110.0, "quantity": 0.1, "stop": float("nan"), "fees": 0.021, "slippage": 0.01,
        "profit": 0.979, "gain": 0.0978, "ending": "signal", "best": 0.1, "worst": -0.05, "doubtful": False,
    }  # fmt: skip
    return RoundTrip(**(values | changed))


def record(equity: tuple[float, ...] = (100.0, 99.5, 100.979), **changed: Any) -> TrackRecord:
    """One hour a value of `equity`, and one trade, unless told otherwise."""
    values: dict[str, Any] = {
        "symbols": ("BTCUSDT",),
        "timeframe": Timeframe("1h"),
        "strategy": CROSS,
        "costs": Costs(fee=0.001, participation=0.25),
        "account": Account(cash=100.0),
        "start": MONDAY,
        "time": MONDAY + (np.arange(len(equity)) + 1) * HOUR,
        "equity": np.array(equity),
        "trades": Trades.of([trade()]),
        "holding": np.array(equity) * 1.01,
        "at_best": 0.1 + 0.2,
        "findings": (Finding(kind="gap", start=MONDAY, end=MONDAY + HOUR, count=1),),
        "warnings": ("There is one trade in it: too few to tell skill from luck.",),
        "trials": 7,
        "origin": "replay",
        "data_hash": "c0ffee",
        "seed": 3,
        "version": "0.1.0",
    }
    return TrackRecord(**(values | changed))


def real_record(seed: int = 1, **parameters: Any) -> TrackRecord:
    """Of a random market of 3,000 hours."""
    market = random_market(seed=seed, length=3000, timeframe="1h")
    return run(market, strategy("rsi-reversal", **parameters), seed=seed)
