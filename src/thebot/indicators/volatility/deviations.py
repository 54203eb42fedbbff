"""How far prices lie from their own mean: standard deviation, variance, z-score, and an index of them."""

from __future__ import annotations

import math
from typing import TypeAlias

from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import wilder
from thebot.indicators.usual import leaves_extremes
from thebot.indicators.windows import ANEW, squared_deviations

DROP = 64.0  # or as soon as a sum is so many times below the most it was: what has left would drown the rest

Window: TypeAlias = tuple[
    int, float, float, float, float
]  # seen, sum without the oldest, mean, squares, most
EMPTY: Window = (0, 0.0, 0.0, 0.0, 0.0)


def taken_in(window: Window, price: Column, i: int, period: int) -> Window:
    """The window with the newest price in it; its mean and sum of squares hold from `period` prices on.

    Both are updated by what comes and what leaves. The squares are summed anew regularly, and whenever
    what has left the window would drown what is in it (a crash by orders of magnitude).
    """
    seen, total, mean, squares, most = window
    total += price[i]
    seen += 1
    if seen >= period:
        before, mean = mean, total / period
        if seen > period:
            new, old = price[i], price[i - period]
            squares += (new - old) * ((new - mean) + (old - before))
        if squares * DROP < most or seen == period or seen > period + ANEW:
            squares = squared_deviations(price, i, period, mean)
            most, seen = squares, period
        squares = squares if squares > 0.0 else 0.0
        most = squares if squares > most else most
        total -= price[i - period + 1]
    return seen, total, mean, squares, most


@indicator(
    inputs=(close,), start=EMPTY, group="volatility", unit="input", label="StdDev",
    lookback=lambda period: period, memory=lambda period: period - 1,
    aliases=("standard_deviation", "stdev"), ranges={"period": (2, 100_000)},
)  # fmt: skip
def stddev(state: Window, price: Column, i: int, period: int = 20) -> tuple[Window, float]:
    """Standard deviation: how far the last `period` prices typically lie from their mean.

    Formula: sqrt(sum((price - mean)^2, period) / period)
    Convention: of the population (divided by `period`), as TA-Lib and TradingView
    Source: K. Pearson, 1894; common knowledge
    """
    state = taken_in(state, price, i, period)
    return state, math.sqrt(state[3] * (1.0 / period)) if state[0] >= period else nan


@indicator(
    inputs=(close,), start=EMPTY, group="volatility", label="Variance", powers=(2,),
    lookback=lambda period: period, memory=lambda period: period - 1,
    aliases=("var",), ranges={"period": (2, 100_000)},
)  # fmt: skip
def variance(state: Window, price: Column, i: int, period: int = 20) -> tuple[Window, float]:
    """Variance: the mean square of what the last `period` prices differ from their mean.

    In squared quote currency; its root is the standard deviation.
    Formula: sum((price - mean)^2, period) / period
    Convention: of the population (divided by `period`), as TA-Lib
    Source: R. A. Fisher, 1918; common knowledge
    """
    state = taken_in(state, price, i, period)
    return state, state[3] * (1.0 / period) if state[0] >= period else nan


@indicator(
    inputs=(close,), start=EMPTY, group="volatility", guides=(-2.0, 0.0, 2.0), label="Z-score",
    lookback=lambda period: period, memory=lambda period: period - 1,
    aliases=("z_score", "bollinger_zscore"), ranges={"period": (2, 100_000)}, rule=leaves_extremes(-2.0, 2.0),
)  # fmt: skip
def zscore(state: Window, price: Column, i: int, period: int = 20) -> tuple[Window, float]:
    """Z-score: by how many standard deviations the price lies above or below its mean.

    2 is a price at the upper Bollinger Band of the same period, -2 one at the lower.
    Formula: (price - sma(price, period)) / stddev(price, period)
    Convention: deviation of the population; 0 where nothing has moved
    Source: common knowledge; J. Bollinger, "Bollinger on Bollinger Bands", 2001, for the bands
    """
    state = taken_in(state, price, i, period)
    if state[0] < period:
        return state, nan
    away = math.sqrt(state[3] * (1.0 / period))
    return state, (price[i] - state[2]) / away if away > 0.0 else 0.0


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0), group="volatility", unit="index",
    guides=(40.0, 50.0, 60.0), label="RVI",
    lookback=lambda period, width: width,
    memory=lambda period, width: width + period + wilder(period),
    aliases=("rvi", "relative_volatility"), ranges={"width": (2, 100_000)},
    rule=leaves_extremes(50.0, 50.0),
)  # fmt: skip
def relative_volatility_index(
    state: tuple[int, float, float, float, float, int, float, float],
    price: Column, i: int, period: int = 14, width: int = 10,
) -> tuple[tuple[int, float, float, float, float, int, float, float], float]:  # fmt: skip
    """Relative volatility index, 0 to 100: the share of volatility that came while the price rose.

    An RSI of standard deviations instead of changes, meant to confirm others: above 50 the volatility is
    on the way up. The usual rule is the crossing of 50.
    Formula: 100 * up / (up + down): Wilder's average over `period` candles of the standard deviation of the
        last `width` prices, counted as up where the price rose and as down where it fell
    Convention: deviation of the population, averages seeded with the mean of their first `period`, as
        TA-Lib; 50 where nothing has moved
    Source: D. Dorsey, "The Relative Volatility Index", Technical Analysis of Stocks & Commodities, 1993
    """
    seen, total, mean, squares, most = taken_in(state[:5], price, i, width)
    known, up, down = state[5], state[6], state[7]
    if seen < width:
        return (seen, total, mean, squares, most, 0, 0.0, 0.0), nan
    known = known + 1 if known < period + 1 else known
    away = math.sqrt(squares * (1.0 / width))
    change = price[i] - price[i - 1]
    weight = 1.0 / period
    keep = 1.0 - weight if known > period else 1.0  # sums at first, of which each has its part already
    up = up * keep + (away if change > 0.0 else 0.0) * weight
    down = down * keep + (away if change < 0.0 else 0.0) * weight
    both = up + down
    value = (100.0 * (up / both) if both > 0.0 else 50.0) if known >= period else nan
    return (seen, total, mean, squares, most, known, up, down), value
