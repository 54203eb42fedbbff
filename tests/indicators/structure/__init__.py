"""What the structure of the market means, where no reference says it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thebot.indicators import Expression, Panel
from thebot.market import Candles, FloatArray

from ..markets import START, candles, walk


def market(
    *, high: Sequence[float], low: Sequence[float], close: Sequence[float] | None = None,
    open: Sequence[float] | None = None, volume: Sequence[float] | None = None, timeframe: str = "1h",
    step: int = 3_600_000,
) -> Candles:  # fmt: skip
    """Candles that close and open in the middle unless said."""
    middle = (np.array(high, float) + np.array(low, float)) / 2
    count = len(middle)
    return candles(
        START + np.arange(count) * step, middle if open is None else open, high, low,
        middle if close is None else close, np.ones(count) if volume is None else volume, timeframe,
    )  # fmt: skip


def coarse(count: int, seed: int) -> Candles:
    """A walk whose prices are whole numbers near 100, so that equal highs and lows are common."""
    c = walk(count, seed=seed)
    return market(
        open=np.round(c.open), high=np.round(c.high), low=np.round(c.low), close=np.round(c.close),
        volume=c.volume,
    )  # fmt: skip


def over(expression: Expression, c: Candles) -> FloatArray:
    return Panel([expression], c.timeframe).over(c)[expression]
