"""Records made by hand, with figures that one can work out on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from thebot.backtesting import Account, Costs, RoundTrip, TrackRecord, Trades
from thebot.market import Timeframe
from thebot.market.timeframe import DAY
from thebot.strategy import strategy

START = 1_704_067_200_000  # 2024-01-01, a Monday
nan = float("nan")


def trade(profit: float, *, day: int = 0, days: int = 1, value: float = 1000.0, **changed: Any) -> RoundTrip:
    """Bought for `value` at 100 on day `day`, sold `days` later, without costs unless they are given."""
    quantity = value / 100
    values: dict[str, Any] = {
        "symbol": "TESTUSDT", "side": "long",
        "decided_at": START + day * DAY, "entered_at": START + day * DAY,
        "entry_price": 100.0, "left_at": START + (day + days) * DAY, "exit_price": 100 + profit / quantity,
        "quantity": quantity, "stop": nan, "fees": 0.0, "slippage": 0.0, "profit": profit,
        "gain": profit / value, "ending": "signal", "best": max(profit / value, 0.0),
        "worst": min(profit / value, 0.0), "doubtful": False,
    }  # fmt: skip
    return RoundTrip(**values | changed)


def record(
    equity: Sequence[float],
    trades: Sequence[RoundTrip] | Trades = (),
    *,
    cash: float = 1000.0,
    holding: Sequence[float] | None = None,
    timeframe: str = "1d",
    **changed: Any,
) -> TrackRecord:
    """One of days from 2024-01-01 on. Without `holding` the market stood still."""
    step = Timeframe(timeframe).nominal_ms
    values: dict[str, Any] = {
        "symbols": ("TESTUSDT",), "timeframe": Timeframe(timeframe), "strategy": strategy("rsi-reversal"),
        "costs": Costs(), "account": Account(cash=cash), "start": START,
        "time": START + step * np.arange(1, len(equity) + 1), "equity": np.array(equity, np.float64),
        "trades": trades if isinstance(trades, Trades) else Trades.of(trades, ("TESTUSDT",)),
        "holding": np.full(len(equity), cash) if holding is None else np.array(holding, np.float64),
    }  # fmt: skip
    return TrackRecord(**values | changed)
