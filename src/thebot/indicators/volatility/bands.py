"""Bands around the price that widen and narrow with its movement, and where the price stands in them."""

from __future__ import annotations

import math
from typing import TypeAlias

from thebot.indicators.averages import sma
from thebot.indicators.expression import Expression, close, crosses_above, crosses_below, high, low, nan
from thebot.indicators.indicator import Column, Indicator, combination, indicator
from thebot.indicators.memory import exponential, wilder
from thebot.indicators.usual import BuySell, breaks_bands, leaves_bands, leaves_extremes
from thebot.indicators.volatility.deviations import DROP, EMPTY, Window, taken_in
from thebot.indicators.volatility.ranges import atr
from thebot.indicators.windows import ANEW, bottom_of, squared_deviations, top_of

Bands: TypeAlias = tuple[float, float, float]


@indicator(
    inputs=(close,), start=EMPTY, group="volatility", outputs=("upper", "middle", "lower"), overlay=True,
    unit="input", lookback=lambda period, width: period, memory=lambda period, width: period - 1,
    aliases=("bb", "bollinger"), ranges={"period": (2, 100_000)}, rule=leaves_bands,
)  # fmt: skip
def bbands(
    state: Window, price: Column, i: int, period: int = 20, width: float = 2.0
) -> tuple[Window, Bands]:
    """Bollinger Bands: the simple average and `width` standard deviations above and below it.

    Narrow bands foretell movement; a price beyond them is far from where it was. The usual rule waits until
    it comes back inside.
    Formula: middle = sma(price, period); upper, lower = middle + and - width * stddev(price, period)
    Convention: deviation of the population (divided by `period`), as TA-Lib and TradingView
    Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001
    """
    seen, total, before, squares, most = state
    if seen < period:
        state = taken_in(state, price, i, period)
        if state[0] < period:
            return state, (nan, nan, nan)
        away = width * math.sqrt(state[3] * (1.0 / period))
        return state, (state[2] + away, state[2], state[2] - away)
    # the usual case of `taken_in`, without a call
    new, old = price[i], price[i - period]
    total += new
    mean = total / period
    squares += (new - old) * ((new - mean) + (old - before))
    seen += 1
    if squares * DROP < most or seen > period + ANEW:
        squares = squared_deviations(price, i, period, mean)
        most, seen = squares, period
    squares = squares if squares > 0.0 else 0.0
    most = squares if squares > most else most
    away = width * math.sqrt(squares * (1.0 / period))
    return (seen, total - price[i - period + 1], mean, squares, most), (mean + away, mean, mean - away)


@indicator(
    inputs=(close,), start=EMPTY, group="volatility", guides=(0.0, 0.5, 1.0), label="%B",
    lookback=lambda period, width: period, memory=lambda period, width: period - 1,
    aliases=("percentb", "bbp"), ranges={"period": (2, 100_000)}, rule=leaves_extremes(0.0, 1.0),
)  # fmt: skip
def percent_b(
    state: Window, price: Column, i: int, period: int = 20, width: float = 2.0
) -> tuple[Window, float]:
    """Bollinger %B: where the price stands in its Bollinger Bands, 0 at the lower and 1 at the upper.

    Below 0 and above 1 it is outside of them.
    Formula: (price - lower) / (upper - lower)
    Convention: as a fraction (Bollinger, TradingView); 0.5 where the bands meet
    Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001
    """
    state = taken_in(state, price, i, period)
    if state[0] < period:
        return state, nan
    away = width * math.sqrt(state[3] * (1.0 / period))
    return state, 0.5 + (price[i] - state[2]) / (2.0 * away) if away > 0.0 else 0.5


@indicator(
    inputs=(close,), start=EMPTY, group="volatility", label="Bandwidth",
    lookback=lambda period, width: period, memory=lambda period, width: period - 1,
    aliases=("bbw", "bollinger_bandwidth"), ranges={"period": (2, 100_000)},
)  # fmt: skip
def bandwidth(
    state: Window, price: Column, i: int, period: int = 20, width: float = 2.0
) -> tuple[Window, float]:
    """Bollinger BandWidth: how wide the Bollinger Bands are, in percent of their middle.

    At its lowest in months the market is coiled: a large move often follows, whichever way.
    Formula: 100 * (upper - lower) / middle
    Convention: in percent, as TradingView and StockCharts (others give the fraction); 0 if the middle is 0
    Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001
    """
    state = taken_in(state, price, i, period)
    if state[0] < period:
        return state, nan
    away = width * math.sqrt(state[3] * (1.0 / period))
    return state, 200.0 * away / state[2] if state[2] != 0.0 else 0.0


@indicator(
    inputs=(close, high, low, close), start=(0, 0.0, 0.0, 0.0), group="volatility",
    outputs=("upper", "middle", "lower"), overlay=True, unit="input",
    memory=lambda period, atr_period, multiplier: (
        max(period + exponential(2.0 / (period + 1.0)), 1 + atr_period + wilder(atr_period))
    ),
    aliases=("kc", "keltner_channels"), rule=breaks_bands,
)  # fmt: skip
def keltner(
    state: tuple[int, float, float, float], price: Column, high: Column, low: Column, close: Column, i: int,
    period: int = 20, atr_period: int = 10, multiplier: float = 2.0,
) -> tuple[tuple[int, float, float, float], Bands]:  # fmt: skip
    """Keltner Channels: an exponential average, and `multiplier` average true ranges above and below it.

    A close beyond them shows a strong move. The first input is what is averaged.
    Formula: middle = ema(close, period); upper, lower = middle + and - multiplier * atr(atr_period)
    Convention: the form of L. Raschke, as TradingView and Stock.Indicators: EMA of the close, Wilder's ATR.
        TA-Lib's KC averages the typical price: keltner((high + low + close) / 3, high, low, close)
    Source: C. W. Keltner, "How to Make Money in Commodities", 1960; L. B. Raschke, 1980s
    """
    seen, before, middle, reach = state
    top, bottom, now = high[i], low[i], close[i]
    seen += 1
    weight = 2.0 / (period + 1.0) if seen > period else 1.0 / period
    middle = middle * (1.0 - weight if seen > period else 1.0) + price[i] * weight
    if seen == 1:
        return (seen, now, middle, 0.0), (nan, nan, nan)
    share = (top if top > before else before) - (bottom if bottom < before else before)
    part = 1.0 / atr_period
    reach = reach * (1.0 - part if seen > atr_period + 1 else 1.0) + share * part
    if seen < period or seen <= atr_period:
        return (seen, now, middle, reach), (nan, nan, nan)
    away = multiplier * reach
    return (seen, now, middle, reach), (middle + away, middle, middle - away)


def breaks_earlier_bands(bands: Indicator) -> BuySell:
    """Bought when the close crosses above the upper band of the candle before, sold below the lower."""
    return crosses_above(close, bands.upper.shift(1)), crosses_below(close, bands.lower.shift(1))


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0), group="volatility", outputs=("upper", "middle", "lower"),
    overlay=True, unit="input", lookback=lambda period: period, memory=lambda period: period - 1,
    aliases=("dc", "donchian_channels"), rule=breaks_earlier_bands,
)  # fmt: skip
def donchian(
    state: tuple[int, float, float], high: Column, low: Column, i: int, period: int = 20
) -> tuple[tuple[int, float, float], Bands]:
    """Donchian Channels: the highest high and the lowest low of the last `period` candles, and their middle.

    A close beyond the channel of the candle before is a breakout, as the Turtles traded it.
    Formula: upper = max(high, period); lower = min(low, period); middle = (upper + lower) / 2
    Convention: the newest candle counts too, as TA-Lib and TradingView (Stock.Indicators leaves it out)
    Source: R. Donchian, 1960s; C. Faith, "Way of the Turtle", 2007
    """
    seen, top, bottom = state
    seen += 1
    top = top_of(top, high, i, seen, period)
    bottom = bottom_of(bottom, low, i, seen, period)
    if seen < period:
        return (seen, top, bottom), (nan, nan, nan)
    return (seen, top, bottom), (top, (top + bottom) * 0.5, bottom)


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0), group="volatility",
    outputs=("upper", "middle", "lower"), overlay=True, unit="input",
    lookback=lambda period, width: period - 1, memory=lambda period, width: period - 1,
    aliases=("acceleration_bands", "abands"), rule=breaks_bands,
)  # fmt: skip
def accbands(
    state: tuple[int, float, float, float], high: Column, low: Column, close: Column, i: int,
    period: int = 20, width: float = 4.0,
) -> tuple[tuple[int, float, float, float], Bands]:  # fmt: skip
    """Acceleration bands: averages of highs and lows that each candle's own range has moved outwards.

    Two closes in a row beyond them show that a move has gained speed.
    Formula: upper = sma(high * (1 + width * r)); middle = sma(close); lower = sma(low * (1 - width * r)),
        with r = (high - low) / (high + low)
    Convention: running sums, as TA-Lib; r is 0 where high + low is 0
    Source: P. Headley, "Big Trends in Trading", 2002
    """
    seen, above, centre, below = state
    top, bottom = high[i], low[i]
    both = top + bottom
    reach = width * ((top - bottom) / both) if both != 0.0 else 0.0
    above += top * (1.0 + reach)
    below += bottom * (1.0 - reach)
    centre += close[i]
    seen += 1
    if seen < period:
        return (seen, above, centre, below), (nan, nan, nan)
    part = 1.0 / period
    bands = (above * part, centre * part, below * part)
    top, bottom = high[i - period + 1], low[i - period + 1]
    both = top + bottom
    reach = width * ((top - bottom) / both) if both != 0.0 else 0.0
    above -= top * (1.0 + reach)
    below -= bottom * (1.0 - reach)
    return (seen, above, centre - close[i - period + 1], below), bands


@combination(
    inputs=(high, low, close), group="volatility", outputs=("upper", "middle", "lower"), overlay=True,
    aliases=("starc_bands",), rule=leaves_bands,
)  # fmt: skip
def starc(
    high: Expression, low: Expression, close: Expression,
    period: int = 5, atr_period: int = 10, multiplier: float = 2.0,
) -> tuple[Expression, Expression, Expression]:  # fmt: skip
    """STARC bands: a short simple average, and `multiplier` average true ranges above and below it.

    Near the upper band a purchase has more to lose than to gain, near the lower a sale.
    Formula: middle = sma(close, period); upper, lower = middle + and - multiplier * atr(atr_period)
    Convention: Wilder's ATR, as Stock.Indicators
    Source: M. Stoller, "Stoller Average Range Channels", 1980s
    """
    middle, away = sma(close, period), atr(high, low, close, atr_period) * multiplier
    return middle + away, middle, middle - away


@combination(
    inputs=(high, low, close), group="volatility", outputs=("upper", "lower"), overlay=True,
    aliases=("atrbands",),
)  # fmt: skip
def atr_bands(
    high: Expression, low: Expression, close: Expression, period: int = 14, multiplier: float = 2.0
) -> tuple[Expression, Expression]:
    """ATR bands: the close plus and minus `multiplier` average true ranges.

    Where a stop (or a target) at that distance from the newest close would lie.
    Formula: close + and - multiplier * atr(period)
    Convention: Wilder's ATR, as TA-Lib
    Source: common knowledge; ATR by J. Welles Wilder, 1978
    """
    away = atr(high, low, close, period) * multiplier
    return close + away, close - away
