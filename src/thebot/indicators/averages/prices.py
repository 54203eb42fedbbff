"""One price for each candle, or for the range of several."""

from __future__ import annotations

from thebot.indicators.expression import close, high, low, nan, open_
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.usual import price_crosses
from thebot.indicators.windows import bottom_of, top_of


@indicator(
    inputs=(open_, high, low, close), start=(0,), group="averages", overlay=True, unit="input", memory=0,
    aliases=("ohlc4", "average_price"),
)  # fmt: skip
def avgprice(
    state: tuple[int], open_: Column, high: Column, low: Column, close: Column, i: int
) -> tuple[tuple[int], float]:
    """Average price: the mean of a candle's open, high, low and close.

    Formula: (open + high + low + close) / 4
    Convention: as TA-Lib
    Source: common knowledge
    """
    return state, (high[i] + low[i] + close[i] + open_[i]) / 4.0


@indicator(
    inputs=(high, low), start=(0,), group="averages", overlay=True, unit="input", memory=0,
    aliases=("hl2", "median_price"),
)  # fmt: skip
def medprice(state: tuple[int], high: Column, low: Column, i: int) -> tuple[tuple[int], float]:
    """Median price: the middle of a candle's range.

    Formula: (high + low) / 2
    Convention: as TA-Lib
    Source: common knowledge
    """
    return state, (high[i] + low[i]) / 2.0


@indicator(
    inputs=(high, low, close), start=(0,), group="averages", overlay=True, unit="input", memory=0,
    aliases=("hlc3", "typical_price"),
)  # fmt: skip
def typprice(state: tuple[int], high: Column, low: Column, close: Column, i: int) -> tuple[tuple[int], float]:
    """Typical price: the mean of a candle's high, low and close.

    Formula: (high + low + close) / 3
    Convention: as TA-Lib
    Source: common knowledge
    """
    return state, (high[i] + low[i] + close[i]) / 3.0


@indicator(
    inputs=(high, low, close), start=(0,), group="averages", overlay=True, unit="input", memory=0,
    aliases=("hlcc4", "weighted_close", "wcprice"),
)  # fmt: skip
def wclprice(state: tuple[int], high: Column, low: Column, close: Column, i: int) -> tuple[tuple[int], float]:
    """Weighted close price: the mean of a candle's high, low and close, where the close counts twice.

    Formula: (high + low + 2 * close) / 4
    Convention: as TA-Lib
    Source: common knowledge
    """
    return state, (high[i] + low[i] + close[i] * 2.0) / 4.0


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: period, memory=lambda period: period - 1, rule=price_crosses,
)  # fmt: skip
def midpoint(
    state: tuple[int, float, float], price: Column, i: int, period: int = 14
) -> tuple[tuple[int, float, float], float]:
    """Midpoint: half way between the highest and the lowest of the last `period` values.

    Formula: (highest(price, period) + lowest(price, period)) / 2
    Convention: as TA-Lib
    Source: common knowledge
    """
    seen, top, bottom = state
    seen += 1
    top = top_of(top, price, i, seen, period)
    bottom = bottom_of(bottom, price, i, seen, period)
    return (seen, top, bottom), (top + bottom) / 2.0 if seen >= period else nan


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: period, memory=lambda period: period - 1, rule=price_crosses,
)  # fmt: skip
def midprice(
    state: tuple[int, float, float], high: Column, low: Column, i: int, period: int = 14
) -> tuple[tuple[int, float, float], float]:
    """Midpoint price: half way between the highest high and the lowest low of the last `period` candles.

    Ichimoku's lines are this; a Donchian channel's middle too.

    Formula: (highest(high, period) + lowest(low, period)) / 2
    Convention: as TA-Lib
    Source: common knowledge
    """
    seen, top, bottom = state
    seen += 1
    top = top_of(top, high, i, seen, period)
    bottom = bottom_of(bottom, low, i, seen, period)
    return (seen, top, bottom), (top + bottom) / 2.0 if seen >= period else nan
