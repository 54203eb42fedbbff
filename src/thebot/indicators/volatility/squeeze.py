"""Calm before movement: squeeze, choppiness, and how deep prices have fallen."""

from __future__ import annotations

import math
from typing import TypeAlias

from thebot.indicators.averages import sma
from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, Indicator, combination, indicator
from thebot.indicators.trend import linreg
from thebot.indicators.usual import BuySell
from thebot.indicators.volatility.bands import donchian
from thebot.indicators.volatility.deviations import DROP, taken_in
from thebot.indicators.windows import ANEW


def reach_at(high: Column, low: Column, close: Column, i: int) -> float:
    """The true range of a candle that is not the first."""
    top, bottom, before = high[i], low[i], close[i - 1]
    return (top if top > before else before) - (bottom if bottom < before else before)


def reach_taken_in(
    total: float, most: float, high: Column, low: Column, close: Column, i: int, period: int, seen: int
) -> tuple[float, float]:
    """The sum of the last `period` true ranges and the most it was; `seen` of them are known.

    Summed anew when `seen` exceeds `period` by ANEW, or what has left would drown what is there.
    """
    total += reach_at(high, low, close, i)
    if seen > period:
        total -= reach_at(high, low, close, i - period)
        if total * DROP < most or seen > period + ANEW:
            total, most = 0.0, 0.0
            for back in range(period):
                total += reach_at(high, low, close, i - back)
    most = total if total > most else most
    return total, most


Squeezed: TypeAlias = tuple[int, float, float, float, float, int, float, float, float]


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0, 0.0), group="volatility",
    outputs=("active", "released", "count"), lookback=lambda period, width, multiplier: period + 1,
    ranges={"period": (2, 99_999)},
)  # fmt: skip
def squeeze(
    state: Squeezed, high: Column, low: Column, close: Column, i: int,
    period: int = 20, width: float = 2.0, multiplier: float = 1.5,
) -> tuple[Squeezed, tuple[float, float, float]]:  # fmt: skip
    """Squeeze: 1 while the Bollinger Bands lie inside of the Keltner Channels, for how long, and its release.

    A market in a squeeze is unusually calm; when it is released (1 on that candle) a move often begins.
    Formula: active = width * stddev(close, period) < multiplier * sma(true_range, period); count = candles of
        the squeeze so far
    Convention: both around the same simple average, ranges averaged plainly, as in J. Carter's TTM Squeeze
        and LazyBear's (whose first script took one multiplier for both by mistake)
    Source: J. Carter, "Mastering the Trade", 2005
    """
    seen, total, mean, squares, most = taken_in(state[:5], close, i, period)
    known, reach, largest, count = state[5] + 1, state[6], state[7], state[8]
    if known > 1:
        reach, largest = reach_taken_in(reach, largest, high, low, close, i, period, known - 1)
        known = period + 1 if known > period + 1 + ANEW else known
    if known <= period:
        return (seen, total, mean, squares, most, known, reach, largest, 0.0), (nan, nan, nan)
    part = 1.0 / period
    active = width * math.sqrt(squares * part) < multiplier * (reach * part)
    released = 1.0 if count > 0.0 and not active else 0.0
    count = count + 1.0 if active else 0.0
    state = (seen, total, mean, squares, most, known, reach, largest, count)
    return state, (1.0 if active else 0.0, released, count)


def released_upwards(lines: Indicator) -> BuySell:
    """Bought when the squeeze is released with positive momentum, sold when it is with negative."""
    freed = lines.released > 0
    return freed & (lines.momentum > 0), freed & (lines.momentum < 0)


@combination(
    inputs=(high, low, close), group="volatility", outputs=("momentum", "active", "released", "count"),
    guides=(0.0,), label="TTM squeeze", aliases=("squeeze_momentum", "ttm"), rule=released_upwards,
    ranges={"period": (2, 99_999), "momentum": (2, 100_000)},
)  # fmt: skip
def ttm_squeeze(
    high: Expression, low: Expression, close: Expression,
    period: int = 20, width: float = 2.0, multiplier: float = 1.5, momentum: int = 12,
) -> tuple[Expression, Expression, Expression, Expression]:  # fmt: skip
    """TTM squeeze: calm that ends, and which way the price then leans.

    `active` is 1 while the Bollinger Bands lie inside of the Keltner Channels and `count` says for how many
    candles; `released` is 1 on the candle that ends it. The usual rule enters there, the way of `momentum`.
    Formula: momentum = linear regression over `momentum` candles, at its end, of close - (donchian middle +
        sma) / 2; the rest is as in squeeze(period, width, multiplier)
    Convention: Carter's channels on simple averages; momentum as LazyBear's, who regresses over `period`
        candles: say momentum=20 for his
    Source: J. Carter, "Mastering the Trade", 2005; LazyBear, "Squeeze Momentum Indicator", TradingView, 2014
    """
    distance = close - (donchian(high, low, period).middle + sma(close, period)) / 2
    state = squeeze(high, low, close, period, width, multiplier)
    return linreg(distance, momentum), state.active, state.released, state.count


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0), group="volatility", unit="index",
    guides=(38.2, 61.8), label="CHOP", lookback=lambda period: period + 1, memory=lambda period: period,
    aliases=("chop", "choppiness_index"), ranges={"period": (2, 99_999)},
)  # fmt: skip
def choppiness(
    state: tuple[int, float, float, float, float], high: Column, low: Column, close: Column, i: int,
    period: int = 14,
) -> tuple[tuple[int, float, float, float, float], float]:  # fmt: skip
    """Choppiness index, 0 to 100: how much the price has moved for getting nowhere.

    Above 61.8 it goes sideways, below 38.2 it trends; it does not say which way.
    Formula: 100 * log10(sum(true_range, period) / (highest - lowest)) / log10(period)
    Convention: highest and lowest count the close before each candle, as its true range does (Dreiss,
        Stock.Indicators; TradingView takes plain highs and lows); 100 where nothing has moved
    Source: E. W. Dreiss, early 1990s
    """
    seen, top, bottom, total, most = state
    seen += 1
    if seen == 1:
        return (seen, 0.0, 0.0, 0.0, 0.0), nan
    known = seen - 1  # true ranges
    total, most = reach_taken_in(total, most, high, low, close, i, period, known)
    before, up, down = close[i - 1], high[i], low[i]
    up, down = (up if up > before else before), (down if down < before else before)
    if known == 1:
        top, bottom = up, down
    if known > period and reached(high, close, i - period) >= top and up < top:
        top = up
        for back in range(1, period):
            one = reached(high, close, i - back)
            top = one if one > top else top
    else:
        top = up if up > top else top
    if known > period and fallen(low, close, i - period) <= bottom and down > bottom:
        bottom = down
        for back in range(1, period):
            one = fallen(low, close, i - back)
            bottom = one if one < bottom else bottom
    else:
        bottom = down if down < bottom else bottom
    seen = period + 1 if known > period + ANEW else seen
    if known < period:
        return (seen, top, bottom, total, most), nan
    value = 100.0
    if top > bottom and total > 0.0:
        value = 100.0 * (math.log10(total / (top - bottom)) / math.log10(period))
    return (seen, top, bottom, total, most), value


def reached(high: Column, close: Column, i: int) -> float:
    """The true high: that of the candle or the close before it."""
    return high[i] if high[i] > close[i - 1] else close[i - 1]


def fallen(low: Column, close: Column, i: int) -> float:
    """The true low."""
    return low[i] if low[i] < close[i - 1] else close[i - 1]


@indicator(
    inputs=(close,), start=(0,), group="volatility", label="Ulcer",
    lookback=lambda period: period - 1, memory=lambda period: period - 1, aliases=("ulcer", "ui"),
)  # fmt: skip
def ulcer_index(state: tuple[int], price: Column, i: int, period: int = 14) -> tuple[tuple[int], float]:
    """Ulcer index: how deep and how long prices have been below their high, in percent.

    Only falls count, as only they hurt: the higher, the more there was to bear for a holder.
    Formula: sqrt(mean((100 * (price - highest so far) / highest so far)^2, period))
    Convention: the highest so far within the window, as P. Martin and Stock.Indicators; StockCharts and
        TradingView take that of the `period` candles before each
    Source: P. Martin, B. McCann, "The Investor's Guide to Fidelity Funds", 1989
    """
    seen = state[0] + 1 if state[0] < period else period
    if seen < period:
        return (seen,), nan
    most, squares = price[i - period + 1], 0.0
    for back in range(period - 1, -1, -1):
        now = price[i - back]
        most = now if now > most else most
        fall = (now - most) / most if most != 0.0 else 0.0
        squares += fall * fall
    return (seen,), 100.0 * math.sqrt(squares / period)
