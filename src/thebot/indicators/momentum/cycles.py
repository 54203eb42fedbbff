"""Turning points made sharp: Fisher transform, Schaff trend cycle."""

from __future__ import annotations

import math

from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.momentum.convergence import apo
from thebot.indicators.usual import crosses_its_signal, leaves_extremes
from thebot.indicators.windows import bottom_of, top_of


@indicator(
    inputs=((high + low) / 2,), start=(0, 0.0, 0.0, 0.0, 0.0), group="momentum",
    outputs=("fisher", "trigger"), guides=(-1.5, 0.0, 1.5), unit="number",
    lookback=lambda period: period, memory=lambda period: period + 100, label="Fisher",
    aliases=("fisher_transform",), rule=crosses_its_signal,
)  # fmt: skip
def fisher(
    state: tuple[int, float, float, float, float], price: Column, i: int, period: int = 10
) -> tuple[tuple[int, float, float, float, float], tuple[float, float]]:
    """Fisher transform: where the price stands in its range, stretched so that turning points are sharp.

    `trigger` is its value one candle ago.

    Formula: fisher = ln((1 + v) / (1 - v)) / 2 + fisher before / 2, with v = 0.33 * p + 0.67 * v before, at
        most 0.999 either way, and p the place of the price in the range of `period` candles, from -1 to 1
    Convention: both begin at 0 with the first full window (others begin earlier: it is soon forgotten); p is
        0 where there is no range
    Source: J. Ehlers, "Using the Fisher Transform", Technical Analysis of Stocks & Commodities, 2002
    """
    seen, top, bottom, smooth, line = state
    seen += 1
    top = top_of(top, price, i, seen, period)
    bottom = bottom_of(bottom, price, i, seen, period)
    if seen < period:
        return (seen, top, bottom, smooth, line), (nan, nan)
    reach = top - bottom
    place = 2.0 * ((price[i] - bottom) / reach) - 1.0 if reach > 0.0 else 0.0
    smooth = 0.33 * place + 0.67 * smooth
    smooth = 0.999 if smooth > 0.99 else -0.999 if smooth < -0.99 else smooth
    before = line
    line = 0.5 * math.log((1.0 + smooth) / (1.0 - smooth)) + 0.5 * before
    return (seen, top, bottom, smooth, line), (line, before if seen > period else nan)


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0), group="momentum", guides=(25.0, 75.0), unit="index",
    lookback=lambda period, factor: period, ranges={"factor": (0.0, 1.0)}, label="Schaff",
    rule=leaves_extremes(25.0, 75.0),
)  # fmt: skip
def schaff(
    state: tuple[int, float, float, float, float], price: Column, i: int, period: int = 10,
    factor: float = 0.5,
) -> tuple[tuple[int, float, float, float, float], float]:  # fmt: skip
    """Schaff's smoothed stochastic, 0 to 100: where any line stands in its own recent range.

    One of the two turns of the Schaff trend cycle, for a line of your own: schaff(schaff(rsi(14))).

    Formula: s + factor * (raw - s), with raw = 100 * (value - lowest) / (highest - lowest) of the last
        `period` values
    Convention: begins with the first raw value; where there is no range, raw is as before (0 at first)
    Source: D. Schaff, "The Schaff Trend Cycle", 1999
    """
    seen, top, bottom, raw, smooth = state
    seen += 1
    top = top_of(top, price, i, seen, period)
    bottom = bottom_of(bottom, price, i, seen, period)
    if seen < period:
        return (seen, top, bottom, raw, smooth), nan
    reach = top - bottom
    raw = 100.0 * ((price[i] - bottom) / reach) if reach > 0.0 else raw
    smooth = smooth + factor * (raw - smooth) if seen > period else raw
    return (seen, top, bottom, raw, smooth), smooth


@combination(
    inputs=(close,), group="momentum", guides=(25.0, 75.0), unit="index", rising=("fast", "slow"),
    ranges={"factor": (0.0, 1.0)}, aliases=("schaff_trend_cycle",), rule=leaves_extremes(25.0, 75.0),
)  # fmt: skip
def stc(
    price: Expression, period: int = 10, fast: int = 23, slow: int = 50, factor: float = 0.5
) -> Expression:
    """Schaff trend cycle, 0 to 100: MACD's place in its range, twice, for earlier turns than MACD.

    Bought when it comes up through 25, sold when it falls back through 75.

    Formula: schaff(schaff(EMA(fast) - EMA(slow), period, factor), period, factor)
    Convention: smoothed by `factor` (0.5 is an EMA of 3), as TradingView's and in the `ta` library;
        Stock.Indicators takes the stochastic only once
    Source: D. Schaff, "The Schaff Trend Cycle", 1999
    """
    return schaff(schaff(apo(price, fast, slow), period, factor), period, factor)
