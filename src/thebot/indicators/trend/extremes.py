"""The highest and the lowest of a window."""

from __future__ import annotations

from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.windows import bottom_of, top_of


@indicator(
    inputs=(close,), start=(0, 0.0), group="trend", overlay=True, unit="input",
    lookback=lambda period: period, memory=lambda period: period - 1, label="Highest", aliases=("max",),
)  # fmt: skip
def highest(
    state: tuple[int, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, float], float]:
    """Highest: the highest value of the last `period` candles, this one included.

    A close above what it was one candle ago is a breakout: `close > highest(high, 20).shift(1)`.

    Formula: max(price, period)
    Convention: the current candle counts, as in TA-Lib's MAX
    Source: common knowledge
    """
    seen, top = state
    seen += 1
    top = top_of(top, price, i, seen, period)
    return (seen, top), top if seen >= period else nan


@indicator(
    inputs=(close,), start=(0, 0.0), group="trend", overlay=True, unit="input",
    lookback=lambda period: period, memory=lambda period: period - 1, label="Lowest", aliases=("min",),
)  # fmt: skip
def lowest(
    state: tuple[int, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, float], float]:
    """Lowest: the lowest value of the last `period` candles, this one included.

    A close below what it was one candle ago is a breakdown: `close < lowest(low, 20).shift(1)`.

    Formula: min(price, period)
    Convention: the current candle counts, as in TA-Lib's MIN
    Source: common knowledge
    """
    seen, bottom = state
    seen += 1
    bottom = bottom_of(bottom, price, i, seen, period)
    return (seen, bottom), bottom if seen >= period else nan
