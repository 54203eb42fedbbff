"""How much the price moves: Bollinger Bands, average true range."""

from __future__ import annotations

import math

from thebot.indicators.expression import close, high, low, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import wilder
from thebot.indicators.windows import squared_deviations

ANEW = 1_000  # candles after which running squares are summed anew, so that rounding cannot pile up


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0), group="volatility",
    outputs=("upper", "middle", "lower"), overlay=True, unit="input",
    lookback=lambda period, width: period, memory=lambda period, width: period - 1,
)  # fmt: skip
def bbands(
    state: tuple[int, float, float, float, float], price: Column, i: int, period: int = 20, width: float = 2.0
) -> tuple[tuple[int, float, float, float, float], tuple[float, float, float]]:
    """Bollinger Bands, the simple average and `width` standard deviations above and below it.

    The deviation is that of the population (divided by `period`), as TA-Lib and TradingView.
    Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001.
    """
    seen, total, mean, squares, most = state
    total += price[i]
    seen += 1
    if seen < period:
        return (seen, total, mean, squares, most), (nan, nan, nan)
    before, mean = mean, total / period
    if seen > period:  # the newest comes in, the oldest leaves
        new, old = price[i], price[i - period]
        squares += (new - old) * ((new - mean) + (old - before))
    # summed anew before what has left the window drowns what is in it (a crash by factors), and regularly
    if squares * 64.0 < most or seen == period or seen > period + ANEW:
        squares = squared_deviations(price, i, period, mean)
        most, seen = squares, period
    squares = squares if squares > 0.0 else 0.0
    most = squares if squares > most else most
    away = width * math.sqrt(squares * (1.0 / period))
    return (seen, total - price[i - period + 1], mean, squares, most), (mean + away, mean, mean - away)


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0), group="volatility", unit="input",
    memory=lambda period: period + wilder(period),
)  # fmt: skip
def atr(
    state: tuple[int, float, float, float, float],
    high: Column, low: Column, close: Column, i: int, period: int = 14,
) -> tuple[tuple[int, float, float, float, float], float]:  # fmt: skip
    """Average true range, in quote currency, in Wilder's smoothing.

    The true range reaches from the candle's high and low to the close before it. Seeded with the mean of
    the first `period` of them (as TA-Lib).
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978.
    """
    seen, before, last, older, average = state
    top, bottom, now = high[i], low[i], close[i]
    weight = 1.0 / period
    share = ((top if top > before else before) - (bottom if bottom < before else before)) * weight
    seen += 1
    if (
        seen > period + 2
    ):  # average * keep + share, with the average before written out: two sums side by side
        keep = 1.0 - weight
        value = older * (keep * keep) + (last * keep + share)
        return (seen, now, share, average, value), value
    if seen == 1:
        return (seen, now, 0.0, 0.0, 0.0), nan
    value = average + share if seen <= period + 1 else average * (1.0 - weight) + share
    return (seen, now, share, average, value), value if seen > period else nan
