"""Ichimoku, and candles that are smoothed: Heikin-Ashi."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import close, crosses_above, crosses_below, high, low, nan, open_
from thebot.indicators.indicator import Column, Indicator, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import BuySell, crosses_its_signal
from thebot.indicators.windows import bottom_of, top_of

# tops and bottoms of the three windows now, then of those that ended `displacement` candles ago
IchimokuState: TypeAlias = tuple[
    int, float, float, float, float, float, float, float, float, float, float, float, float
]


@indicator(
    inputs=(high, low, close), start=(0, *(0.0,) * 12), group="trend",
    outputs=("conversion", "base", "span_a", "span_b", "future_a", "future_b", "lagging"), overlay=True,
    unit=("input", "input", "input", "input", "input", "input", "number"),
    lookback=lambda fast, slow, span, displacement: span + displacement,
    memory=lambda fast, slow, span, displacement: span + displacement - 1,
    label="Ichimoku", aliases=("ichimoku_cloud", "kumo"), rising=("fast", "slow", "span"),
    rule=crosses_its_signal,
)  # fmt: skip
def ichimoku(
    state: IchimokuState, high: Column, low: Column, close: Column, i: int,
    fast: int = 9, slow: int = 26, span: int = 52, displacement: int = 26,
) -> tuple[IchimokuState, tuple[float, float, float, float, float, float, float]]:  # fmt: skip
    """Ichimoku cloud: trend, support and resistance from the middles of three windows.

    Each value is what can be known at its candle. `conversion` is the Tenkan-sen and `base` the Kijun-sen.
    The cloud lies between `span_a` and `span_b` (Senkou), as drawn at this candle: computed `displacement`
    candles ago. `future_a` and `future_b` are computed now and drawn as many candles later. The lagging span
    (Chikou: the close, drawn `displacement` candles back) is seen by where it stands: `lagging` is 1 with the
    close above that of then, -1 below, 0 if equal.

    Formula: middle(n) = (highest(high, n) + lowest(low, n)) / 2; conversion = middle(fast), base =
        middle(slow), a = (conversion + base) / 2, b = middle(span)
    Convention: the cloud is `displacement` candles ahead (as Stock.Indicators; TradingView draws it one less,
        counting the current candle)
    Source: G. Hosoda, 1969
    """
    seen, a, b, c, d, e, f, k, m, n, o, p, q = state
    seen += 1
    a, b = top_of(a, high, i, seen, fast), bottom_of(b, low, i, seen, fast)
    c, d = top_of(c, high, i, seen, slow), bottom_of(d, low, i, seen, slow)
    e, f = top_of(e, high, i, seen, span), bottom_of(f, low, i, seen, span)
    conversion = (a + b) * 0.5 if seen >= fast else nan
    base = (c + d) * 0.5 if seen >= slow else nan
    future_b = (e + f) * 0.5 if seen >= span else nan
    span_a, span_b, lagging = nan, nan, nan
    then = seen - displacement
    if then > 0:
        j = i - displacement
        k, m = top_of(k, high, j, then, fast), bottom_of(m, low, j, then, fast)
        n, o = top_of(n, high, j, then, slow), bottom_of(o, low, j, then, slow)
        p, q = top_of(p, high, j, then, span), bottom_of(q, low, j, then, span)
        span_a = ((k + m) * 0.5 + (n + o) * 0.5) * 0.5 if then >= slow else nan
        span_b = (p + q) * 0.5 if then >= span else nan
        lagging = (1.0 if close[i] > close[j] else 0.0) - (1.0 if close[i] < close[j] else 0.0)
    lines = (conversion, base, span_a, span_b, (conversion + base) * 0.5, future_b, lagging)
    return (seen, a, b, c, d, e, f, k, m, n, o, p, q), lines


def changes_colour(candles: Indicator) -> BuySell:
    """Bought when the candles turn from falling to rising, sold when they turn back."""
    return crosses_above(candles.close, candles.open), crosses_below(candles.close, candles.open)


@indicator(
    inputs=(open_, high, low, close), start=(0, 0.0, 0.0), group="trend",
    outputs=("open", "high", "low", "close"), overlay=True, unit="input", memory=exponential(0.5),
    label="Heikin-Ashi", aliases=("ha", "heikinashi"), rule=changes_colour,
)  # fmt: skip
def heikin_ashi(
    state: tuple[int, float, float], opened: Column, high: Column, low: Column, close: Column, i: int
) -> tuple[tuple[int, float, float], tuple[float, float, float, float]]:
    """Heikin-Ashi: candles averaged so that a trend shows as a row of one colour.

    Rising candles without a lower shadow are a strong uptrend. They are no prices at which one can trade.

    Formula: close = (open + high + low + close) / 4; open = middle of the body before; high and low reach
        over both
    Convention: the first opens in the middle of the candle's own body (as TA-Lib)
    Source: M. Homma; D. Valcu, "Using the Heikin-Ashi Technique", Stocks & Commodities, 2004
    """
    seen, before, start = state
    top, bottom = high[i], low[i]
    end = (opened[i] + top + bottom + close[i]) * 0.25
    start = (before + start) * 0.5 if seen else (opened[i] + close[i]) * 0.5
    upper, lower = (end, start) if end > start else (start, end)
    top, bottom = top if top > upper else upper, bottom if bottom < lower else lower
    return (1, end, start), (start, top, bottom, end)
