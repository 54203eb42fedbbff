"""How fast and how far the price moves: RSI, MACD, Stochastic."""

from __future__ import annotations

from thebot.indicators.averages import sma
from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.memory import exponential, wilder
from thebot.indicators.windows import highest, lowest


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0), group="momentum", guides=(30.0, 70.0), unit="index",
    memory=lambda period: period + wilder(period),
)  # fmt: skip
def rsi(
    state: tuple[int, float, float, float], price: Column, i: int, period: int = 14
) -> tuple[tuple[int, float, float, float], float]:
    """Relative strength index, 0 to 100: the share of gains in all movement, in Wilder's smoothing.

    Seeded with the mean of the first `period` changes; 0 where nothing has moved at all (as TA-Lib).
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978.
    """
    seen, before, gain, loss = state
    change = price[i] - before
    up = change if change > 0.0 else 0.0
    down = -change if change < 0.0 else 0.0
    seen += 1
    if seen <= period:
        if seen == 1:
            return (seen, price[i], 0.0, 0.0), nan
        return (seen, price[i], gain + up, loss + down), nan
    weight = 1.0 / period
    keep = 1.0 - weight if seen > period + 1 else weight  # the first is the plain mean
    gain = gain * keep + up * weight
    loss = loss * keep + down * weight
    both = gain + loss
    return (seen, price[i], gain, loss), 100.0 * (gain / both) if both > 0.0 else 0.0


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0), group="momentum", outputs=("line", "signal", "hist"),
    guides=(0.0,), unit="input",
    memory=lambda fast, slow, signal: (
        max(fast, slow) + signal + sum(exponential(2.0 / (n + 1.0)) for n in (max(fast, slow), signal))
    ),
    lookback=lambda fast, slow, signal: max(fast, slow) - 1,
)  # fmt: skip
def macd(
    state: tuple[int, float, float, float],
    price: Column,
    i: int,
    fast: int = 12,
    slow: int = 26,
    signal: int = 9,
) -> tuple[tuple[int, float, float, float], tuple[float, float, float]]:
    """Moving average convergence divergence, EMA(fast) less EMA(slow), its own EMA, and what is between.

    Both averages begin at the same candle, each seeded with the mean of its period up to there (as
    TA-Lib, whose line however stays unknown until the signal is).
    Source: G. Appel; M. Pring.
    """
    seen, quick, steady, smooth = state
    seen += 1
    longest = slow if slow > fast else fast
    if seen < longest:
        return (seen, quick, steady, smooth), (nan, nan, nan)
    if seen == longest:
        quick, steady = 0.0, 0.0
        for back in range(fast - 1, -1, -1):
            quick += price[i - back]
        for back in range(slow - 1, -1, -1):
            steady += price[i - back]
        quick, steady = quick / fast, steady / slow
    else:
        # this form rounds as TA-Lib's does, almost to the last bit; that shows where the two nearly meet
        quick += (price[i] - quick) * (2.0 / (fast + 1.0))
        steady += (price[i] - steady) * (2.0 / (slow + 1.0))
    line = quick - steady
    known = seen - longest + 1  # values of the line so far
    if known < signal:
        return (seen, quick, steady, smooth + line), (line, nan, nan)
    if known == signal:
        smooth = (smooth + line) / signal
    else:
        smooth += (line - smooth) * (2.0 / (signal + 1.0))
    return (seen, quick, steady, smooth), (line, smooth, line - smooth)


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0), group="momentum", guides=(20.0, 80.0), unit="index",
    lookback=lambda period: period, memory=lambda period: period - 1, label="%K",
)  # fmt: skip
def percent_k(
    state: tuple[int, float, float], high: Column, low: Column, close: Column, i: int, period: int = 14
) -> tuple[tuple[int, float, float], float]:
    """Raw stochastic, 0 to 100: where the close stands between the lowest low and the highest high.

    0 where they are equal (as TA-Lib's fast %K).
    """
    seen, top, bottom = state
    seen += 1
    up, down = high[i], low[i]
    if seen == 1:
        top, bottom = up, down
    # the whole window is read again only when its highest or lowest leaves and nothing beats it
    if seen > period and high[i - period] >= top and up < top:
        top = highest(high, i, period)
    else:
        top = up if up > top else top
    if seen > period and low[i - period] <= bottom and down > bottom:
        bottom = lowest(low, i, period)
    else:
        bottom = down if down < bottom else bottom
    if seen < period:
        return (seen, top, bottom), nan
    unit = (top - bottom) / 100.0
    return (seen, top, bottom), (close[i] - bottom) / unit if unit > 0.0 else 0.0


@combination(
    inputs=(high, low, close), group="momentum", outputs=("k", "d"), guides=(20.0, 80.0), unit="index"
)
def stoch(
    high: Expression, low: Expression, close: Expression, period: int = 14, smooth: int = 3, signal: int = 3
) -> tuple[Expression, Expression]:
    """Stochastic oscillator, 0 to 100: %K smoothed by an SMA, and its own SMA %D (slow form, as TA-Lib).

    Source: G. Lane.
    """
    k = sma(percent_k(high, low, close, period), smooth)
    return k, sma(k, signal)
