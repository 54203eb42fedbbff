"""Where the close stands between the lowest low and the highest high: the Stochastic and its relatives."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.averages import sma
from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.memory import exponential, wilder
from thebot.indicators.momentum.smoothing import smoothed, wilder_smoothed
from thebot.indicators.usual import crosses_its_signal, leaves_extremes
from thebot.indicators.windows import bottom_of, highest, lowest, top_of

Extremes: TypeAlias = tuple[int, float, float]


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0), group="momentum", guides=(20.0, 80.0), unit="index",
    lookback=lambda period: period, memory=lambda period: period - 1, label="%K", aliases=("raw_stochastic",),
    rule=leaves_extremes(20.0, 80.0),
)  # fmt: skip
def percent_k(
    state: Extremes, high: Column, low: Column, close: Column, i: int, period: int = 14
) -> tuple[Extremes, float]:
    """Raw stochastic, 0 to 100: where the close stands between the lowest low and the highest high.

    Formula: 100 * (close - lowest low) / (highest high - lowest low), of the last `period` candles
    Convention: 0 where the two are equal, as TA-Lib's fast %K
    Source: G. Lane, "Lane's Stochastics", Technical Analysis of Stocks & Commodities, 1984
    """
    seen, top, bottom = state
    up, down = high[i], low[i]
    seen += 1
    # as `top_of` and `bottom_of`, written out: candle by candle two calls are a quarter of the time
    if seen > period and high[i - period] >= top and up < top:
        top = highest(high, i, period)
    elif up > top or seen == 1:
        top = up
    if seen > period and low[i - period] <= bottom and down > bottom:
        bottom = lowest(low, i, period)
    elif down < bottom or seen == 1:
        bottom = down
    if seen < period:
        return (seen, top, bottom), nan
    reach = top - bottom
    return (seen, top, bottom), 100.0 * ((close[i] - bottom) / reach) if reach > 0.0 else 0.0


@combination(
    inputs=(high, low, close), group="momentum", outputs=("k", "d"), guides=(20.0, 80.0), unit="index",
    label="Stoch", aliases=("stochastic", "slow_stochastic"), rule=crosses_its_signal,
)  # fmt: skip
def stoch(
    high: Expression, low: Expression, close: Expression, period: int = 14, smooth: int = 3, signal: int = 3
) -> tuple[Expression, Expression]:
    """Stochastic oscillator, 0 to 100: where the close stands in the recent range, smoothed.

    Below 20 it is called oversold, above 80 overbought.

    Formula: k = SMA(raw, smooth), d = SMA(k, signal), with raw = 100 * (close - lowest low) / (highest high
        - lowest low) of the last `period` candles
    Convention: the slow form with simple averages, as TA-Lib and TradingView; raw is 0 where the range is 0
    Source: G. Lane, "Lane's Stochastics", Technical Analysis of Stocks & Commodities, 1984
    """
    k = sma(percent_k(high, low, close, period), smooth)
    return k, sma(k, signal)


@combination(
    inputs=(high, low, close), group="momentum", outputs=("k", "d"), guides=(20.0, 80.0), unit="index",
    label="StochF", aliases=("fast_stochastic",), rule=crosses_its_signal,
)  # fmt: skip
def stochf(
    high: Expression, low: Expression, close: Expression, period: int = 14, signal: int = 3
) -> tuple[Expression, Expression]:
    """Fast stochastic, 0 to 100: where the close stands in the recent range, not smoothed.

    Formula: k = 100 * (close - lowest low) / (highest high - lowest low) of the last `period` candles;
        d = SMA(k, signal)
    Convention: 0 where the range is, as TA-Lib
    Source: G. Lane, "Lane's Stochastics", Technical Analysis of Stocks & Commodities, 1984
    """
    k = percent_k(high, low, close, period)
    return k, sma(k, signal)


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0), group="momentum", outputs=("k", "d", "j"),
    guides=(20.0, 80.0), unit=("index", "index", "number"), lookback=lambda period, smooth, signal: period,
    memory=lambda period, smooth, signal: period + smooth + signal + 2 * (wilder(smooth) + wilder(signal)),
    rule=crosses_its_signal,
)  # fmt: skip
def kdj(
    state: tuple[int, float, float, float, float],
    high: Column, low: Column, close: Column, i: int, period: int = 9, smooth: int = 3, signal: int = 3,
) -> tuple[tuple[int, float, float, float, float], tuple[float, float, float]]:  # fmt: skip
    """KDJ: a stochastic with Wilder's smoothing, and J, which overshoots where K runs away from D.

    K and D are 0 to 100; J goes beyond, and there (below 0, above 100) the move is called overdone.

    Formula: k = RMA(raw, smooth), d = RMA(k, signal), j = 3 * k - 2 * d, with raw = 100 * (close - lowest
        low) / (highest high - lowest low) of the last `period` candles
    Convention: seeded with means, as TA-Lib (others seed with 50: it is soon forgotten); raw is 0 where the
        range is
    Source: common knowledge, after G. Lane's stochastic
    """
    seen, top, bottom, k, d = state
    seen += 1
    top = top_of(top, high, i, seen, period)
    bottom = bottom_of(bottom, low, i, seen, period)
    known = seen - period + 1
    if known < 1:
        return (seen, top, bottom, k, d), (nan, nan, nan)
    reach = top - bottom
    k = wilder_smoothed(k, 100.0 * ((close[i] - bottom) / reach) if reach > 0.0 else 0.0, known, smooth)
    d = wilder_smoothed(d, k, known - smooth + 1, signal)
    if known < smooth + signal - 1:
        return (seen, top, bottom, k, d), (k if known >= smooth else nan, nan, nan)
    return (seen, top, bottom, k, d), (k, d, 3.0 * k - 2.0 * d)


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0), group="momentum", guides=(-80.0, -20.0),
    lookback=lambda period: period, memory=lambda period: period - 1, label="Williams %R",
    aliases=("williams_r", "percent_r"), rule=leaves_extremes(-80.0, -20.0),
)  # fmt: skip
def willr(
    state: Extremes, high: Column, low: Column, close: Column, i: int, period: int = 14
) -> tuple[Extremes, float]:
    """Williams %R, -100 to 0: how far the close stands below the highest high of the recent range.

    Formula: -100 * (highest high - close) / (highest high - lowest low), of the last `period` candles
    Convention: 0 where the two are equal, as TA-Lib
    Source: L. Williams, "How I Made One Million Dollars Last Year Trading Commodities", 1973
    """
    seen, top, bottom = state
    seen += 1
    top = top_of(top, high, i, seen, period)
    bottom = bottom_of(bottom, low, i, seen, period)
    if seen < period:
        return (seen, top, bottom), nan
    reach = top - bottom
    return (seen, top, bottom), 100.0 * ((close[i] - top) / reach) if reach > 0.0 else 0.0


SmiState: TypeAlias = tuple[int, float, float, float, float, float, float, float]


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="momentum",
    outputs=("line", "signal"), guides=(-40.0, 0.0, 40.0),
    lookback=lambda period, slow, fast, signal: period,
    memory=lambda period, slow, fast, signal: (
        period + slow + fast + signal + sum(2 * exponential(2.0 / (n + 1.0)) for n in (slow, fast, signal))
    ),
    aliases=("stochastic_momentum_index",), rule=crosses_its_signal,
)  # fmt: skip
def smi(
    state: SmiState,
    high: Column, low: Column, close: Column, i: int,
    period: int = 13, slow: int = 25, fast: int = 2, signal: int = 9,
) -> tuple[SmiState, tuple[float, float]]:  # fmt: skip
    """Stochastic momentum index, -100 to 100: how far the close stands from the middle of the range.

    `slow` is the first and `fast` the second smoothing; `signal` is its own EMA.

    Formula: 100 * EMA(EMA(close - middle, slow), fast) / (EMA(EMA(range, slow), fast) / 2), with the range
        and its middle from the highest high and lowest low of the last `period` candles
    Convention: averages are seeded with means and it is 0 where there was no range, as TA-Lib
    Source: W. Blau, "Stochastic Momentum", Technical Analysis of Stocks & Commodities, 1993
    """
    seen, top, bottom, once, twice, size, sizes, smooth = state
    seen += 1
    top = top_of(top, high, i, seen, period)
    bottom = bottom_of(bottom, low, i, seen, period)
    known = seen - period + 1
    once = smoothed(once, close[i] - (top + bottom) / 2.0, known, slow)
    size = smoothed(size, top - bottom, known, slow)
    known -= slow - 1
    twice = smoothed(twice, once, known, fast)
    sizes = smoothed(sizes, size, known, fast)
    known -= fast - 1
    if known < 1:
        return (seen, top, bottom, once, twice, size, sizes, smooth), (nan, nan)
    line = 200.0 * (twice / sizes) if sizes > 0.0 else 0.0
    smooth = smoothed(smooth, line, known, signal)
    lines = (line, smooth if known >= signal else nan)
    return (seen, top, bottom, once, twice, size, sizes, smooth), lines
