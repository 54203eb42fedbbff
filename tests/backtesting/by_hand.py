"""Candles and decisions that can be followed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.market.series import MONDAY

from thebot.backtesting import Account, Costs, Market, Simulated, simulate
from thebot.indicators import close
from thebot.market import Candles, Instrument, Timeframe
from thebot.strategy import Decisions, Strategy
from thebot.trading.costs import FREE

HOUR = 3_600_000
Row = tuple[float, ...]  # open, high, low, close, and the volume if it matters


def candles(
    rows: Sequence[Row], *, timeframe: str = "1h", symbol: str = "TESTUSDT", missing: Sequence[int] = ()
) -> Candles:
    """One candle a row from a Monday on; `missing` are numbers of candles that are not there."""
    filled = np.array([row if len(row) == 5 else (*row, 1e9) for row in rows], float)
    numbers = np.array([k for k in range(len(rows) + len(missing)) if k not in missing], np.int64)
    frame = Timeframe(timeframe)
    opened, high, low, closed, volume = filled.T.copy()
    return Candles(
        symbol=symbol, timeframe=frame, open_time=MONDAY + numbers * frame.nominal_ms,
        open=opened, high=high, low=low, close=closed, volume=volume,
    )  # fmt: skip


def flat(price: float = 100, count: int = 1) -> list[Row]:
    return [(price, price, price, price)] * count


def fired(count: int, rows: Sequence[int]) -> np.ndarray:
    column = np.zeros(count, bool)
    column[list(rows)] = True
    return column


def decisions(
    count: int,
    *,
    enter: Sequence[int] = (),
    leave: Sequence[int] = (),
    short: Sequence[int] | None = None,
    cover: Sequence[int] | None = None,
    **readings: Any,
) -> Decisions:
    """What is decided at the closes of these rows; a reading is the same at each close, or a column."""
    columns = {
        name: np.full(count, each, float) if np.isscalar(each) else np.asarray(each, float)
        for name, each in readings.items()
    }
    sides = None if short is None and cover is None else (short or (), cover or ())
    return Decisions(
        enter=fired(count, enter),
        leave=fired(count, leave),
        short=None if sides is None else fired(count, sides[0]),
        cover=None if sides is None else fired(count, sides[1]),
        **columns,
    )


def strategy(*, shorts: bool = False, **said: Any) -> Strategy:
    """One whose signals are given by hand."""
    sides = {"short_entry": close < 0, "short_exit": close < 0} if shorts else {}
    return Strategy(name="by-hand", entry=close > 0, exit=close < 0, **sides, **said)


def traded(
    rows: Sequence[Row] | Candles,
    decided: Decisions,
    said: Strategy | None = None,
    *,
    costs: Costs = FREE,
    cash: float = 1000,
    instrument: Instrument | None = None,
    detail: Candles | None = None,
    target_first: bool = False,
) -> Simulated:
    market = rows if isinstance(rows, Candles) else candles(rows)
    said = strategy() if said is None else said
    return simulate(
        said,
        [Market(candles=market, decisions=decided, instrument=instrument, detail=detail)],
        account=Account(cash=cash, shorts=said.shorts),
        costs=costs,
        target_first=target_first,
    )
