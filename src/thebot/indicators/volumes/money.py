"""Money that flows in or out, read from where a candle closed: A/D line, its oscillator, CMF, MFI."""

from __future__ import annotations

import math
from typing import Final

from thebot.indicators.expression import close, high, low, nan, volume
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import crosses_zero, leaves_extremes
from thebot.indicators.volumes.flow import crosses_own_average
from thebot.indicators.windows import ANEW

FEW, MANY = 1e-280, 1e280  # a product of two ranges between these can be divided by
SAME: Final = 1e-14  # of their size: what sums of a few prices may differ by in rounding
DROP: Final = 64.0  # or if they have shrunk so much: what has left would drown what is in the window


# These take numbers, not columns: compiled into a branch, a column handed on is counted as used and let go
# of again, at fifty times the price of the sum.


def accumulated(top: float, bottom: float, now: float, traded: float) -> float:
    """A candle's volume, counted fully if it closed at its high, negative if at its low; else between.

    0 for a candle without range.
    """
    reach = top - bottom if top > bottom else math.inf
    return ((now - bottom) - (top - now)) / reach * traded


def typical(top: float, bottom: float, now: float) -> float:
    """The mean of high, low and close."""
    return (top + bottom + now) / 3.0


def direction(now: float, before: float) -> float:
    """1 if a sum of prices rose, -1 if it fell, 0 if it is the same but for rounding.

    Sums of the same ticks in another order differ in the last digit, which is no move.
    """
    moved, least = now - before, SAME * (now if now > 0.0 else -now)
    return (1.0 if moved > least else 0.0) - (1.0 if moved < -least else 0.0)


@indicator(
    inputs=(high, low, close, volume), start=(0.0,), group="volume", unit="volume", label="A/D",
    aliases=("adl",), rule=crosses_own_average(20),
)  # fmt: skip
def ad(
    state: tuple[float], high: Column, low: Column, close: Column, volume: Column, i: int
) -> tuple[tuple[float], float]:
    """Accumulation/distribution line: the sum of volumes, each weighed by where the candle closed.

    A close at the high counts the whole volume, one at the low the whole of it negative, in the middle
    nothing. Only its changes mean something; the usual rule is its crossing of its own EMA(20).
    Formula: ad + volume * ((close - low) - (high - close)) / (high - low)
    Convention: a candle without range adds nothing, as TA-Lib
    Source: M. Chaikin; described in S. B. Achelis, "Technical Analysis from A to Z", 1995
    """
    total = state[0] + accumulated(high[i], low[i], close[i], volume[i])
    return (total,), total


@indicator(
    inputs=(high, low, close, volume), start=(0, 0.0, 0.0), group="volume", unit="volume", guides=(0.0,),
    label="Chaikin oscillator", aliases=("chaikin",), rising=("fast", "slow"), rule=crosses_zero,
    memory=lambda fast, slow: slow + exponential(2.0 / (slow + 1.0)),
)  # fmt: skip
def adosc(
    state: tuple[int, float, float],
    high: Column, low: Column, close: Column, volume: Column, i: int, fast: int = 3, slow: int = 10,
) -> tuple[tuple[int, float, float], float]:  # fmt: skip
    """Chaikin oscillator: the momentum of the A/D line, a fast EMA of it less a slow one.

    Positive while buying gathers pace; bought and sold where it crosses zero.
    Formula: EMA(ad, fast) - EMA(ad, slow)
    Convention: both averages begin with the first value of the line and are told after `slow`, as TA-Lib
    Source: M. Chaikin; described in S. B. Achelis, "Technical Analysis from A to Z", 1995
    """
    # The averages are kept as what they differ from the line by: where it began then plays no part, and
    # however far it has gone, nothing is lost in rounding.
    seen, quick, steady = state
    added = accumulated(high[i], low[i], close[i], volume[i])
    keep, keep_slow = 1.0 - 2.0 / (fast + 1.0), 1.0 - 2.0 / (slow + 1.0)
    if seen >= slow:
        quick, steady = (quick - added) * keep, (steady - added) * keep_slow
        return (seen, quick, steady), quick - steady
    if seen == 0:
        return (1, 0.0, 0.0), nan
    quick, steady = (quick - added) * keep, (steady - added) * keep_slow
    seen += 1
    return (seen, quick, steady), quick - steady if seen >= slow else nan


@indicator(
    inputs=(high, low, close, volume), start=(0, 0.0, 0.0, 0.0), group="volume", guides=(0.0,),
    lookback=lambda period: period - 1, memory=lambda period: period - 1, rule=crosses_zero,
)  # fmt: skip
def cmf(
    state: tuple[int, float, float, float],
    high: Column, low: Column, close: Column, volume: Column, i: int, period: int = 20,
) -> tuple[tuple[int, float, float, float], float]:  # fmt: skip
    """Chaikin money flow, -1 to 1: whether volume came on closes near the high (1) or near the low (-1).

    Above 0 buyers have the upper hand; bought and sold where it crosses zero.
    Formula: sum(volume * ((close - low) - (high - close)) / (high - low), period) / sum(volume, period)
    Convention: a candle without range flows neither way; 0 if nothing was traded, as TA-Lib
    Source: M. Chaikin; StockCharts ChartSchool, "Chaikin Money Flow"
    """
    seen, flow, traded, most = state
    traded += volume[i]
    seen += 1
    if seen < period:
        flow += accumulated(high[i], low[i], close[i], volume[i])
        return (seen, flow, traded, most), nan
    oldest = i - period + 1
    new, old = high[i] - low[i], high[oldest] - low[oldest]
    if FEW < new * old < MANY:  # one division for both candles: they decide how long this takes
        both = 1.0 / (new * old)
        come = ((close[i] - low[i]) - (high[i] - close[i])) * old * both * volume[i]
        gone = ((close[oldest] - low[oldest]) - (high[oldest] - close[oldest])) * new * both * volume[oldest]
    else:
        come = accumulated(high[i], low[i], close[i], volume[i])
        gone = accumulated(high[oldest], low[oldest], close[oldest], volume[oldest])
    flow += come
    most = traded if traded > most else most
    if traded * DROP < most or seen > 2 * period + ANEW:
        flow, traded, seen = 0.0, 0.0, period
        for back in range(period - 1, -1, -1):
            flow += accumulated(high[i - back], low[i - back], close[i - back], volume[i - back])
            traded += volume[i - back]
        most = traded
    share = flow / traded if traded > 0.0 else 0.0
    return (seen, flow - gone, traded - volume[oldest], most), share


@indicator(
    inputs=(high, low, close, volume), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0), group="volume", unit="index",
    guides=(20.0, 80.0), lookback=lambda period: period, memory=lambda period: period,
    rule=leaves_extremes(20.0, 80.0),
)  # fmt: skip
def mfi(
    state: tuple[int, float, float, float, float, float],
    high: Column, low: Column, close: Column, volume: Column, i: int, period: int = 14,
) -> tuple[tuple[int, float, float, float, float, float], float]:  # fmt: skip
    """Money flow index, 0 to 100: an RSI by volume, the share of money that flowed while the price rose.

    Below 20 is called oversold, above 80 overbought; bought and sold where it comes back from there.
    Formula: 100 * sum(flow up, period) / sum(flow up or down, period), where a candle's flow is typical price
    (high + low + close) / 3 * volume, up or down as the typical price went
    Convention: plain sums, as TA-Lib; typical prices that differ in rounding only are the same. 0 if no money
    flowed (TA-Lib says so for sums below 1 already)
    Source: G. Quong and A. Soudack, "Volume-Weighted RSI: Money Flow", Stocks & Commodities, 1989
    """
    seen, before, leaving, up, down, most = state
    now = typical(high[i], low[i], close[i])
    flow = now * volume[i]
    seen += 1
    if seen == 1:
        return (1, now, now, 0.0, 0.0, 0.0), nan
    way = direction(now, before)  # 1, 0 or -1: what it is multiplied with becomes 1 or 0, without a branch
    up += flow * (0.5 * (way * way + way))
    down += flow * (0.5 * (way * way - way))
    if seen <= period:
        return (seen, now, leaving, up, down, most), nan
    oldest = typical(high[i - period], low[i - period], close[i - period])
    if seen > period + 1:  # the flow of the candle that leaves, from `leaving` to `oldest`
        flow = oldest * volume[i - period]
        way = direction(oldest, leaving)
        up -= flow * (0.5 * (way * way + way))
        down -= flow * (0.5 * (way * way - way))
    most = up + down if up + down > most else most
    if (up + down) * DROP < most or seen > 2 * period + ANEW:
        up, down, seen = 0.0, 0.0, period + 1
        last = oldest
        for back in range(period - 1, -1, -1):
            price = typical(high[i - back], low[i - back], close[i - back])
            way = direction(price, last)
            up += price * volume[i - back] if way > 0.0 else 0.0
            down += price * volume[i - back] if way < 0.0 else 0.0
            last = price
        most = up + down
    up = up if up > 0.0 else 0.0
    down = down if down > 0.0 else 0.0
    both = up + down
    return (seen, now, oldest, up, down, most), 100.0 * (up / both) if both > 0.0 else 0.0
