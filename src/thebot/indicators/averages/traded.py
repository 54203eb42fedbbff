"""Averages in which each price counts by what was traded at it: VWMA, rolling and anchored VWAP."""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from thebot.indicators.averages.prices import typprice
from thebot.indicators.averages.sums import size, strayed, summed, weighed
from thebot.indicators.expression import Expression, close, high, low, nan, open_time, volume
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.sessions import ANCHORS, begins_session, end_of_session
from thebot.indicators.usual import price_crosses
from thebot.indicators.windows import ANEW

THIRD: Final = 1.0 / 3.0

VwmaState: TypeAlias = tuple[int, float, float, float, float]
VwapState: TypeAlias = tuple[float, int, float, float, float]


@indicator(
    inputs=(close, volume), start=(0, 0.0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: period - 1, memory=lambda period: period - 1, rule=price_crosses,
)  # fmt: skip
def vwma(
    state: VwmaState, price: Column, volume: Column, i: int, period: int = 20
) -> tuple[VwmaState, float]:
    """Volume-weighted moving average: the mean of the last `period` prices, each by its volume.

    Below an SMA of the same period, more was traded at the lower prices; above it, at the higher ones.

    Formula: sum(price * volume, period) / sum(volume, period)
    Convention: as TA-Lib; the price itself if nothing was traded in the whole window
    Source: common knowledge
    """
    seen, turnover, traded, turnover_before, before = state
    seen += 1
    if seen < period:
        return (seen, 0.0, 0.0, 0.0, 0.0), nan
    turnover += price[i] * volume[i]
    traded += volume[i]
    full = seen == period or seen > 2 * period + ANEW
    if full or strayed(traded, before) or strayed(turnover, turnover_before):
        turnover, traded = weighed(price, volume, i, period), summed(volume, i, period)
        seen, turnover_before, before = period, size(turnover), traded
    value = turnover / traded if traded > 0.0 else price[i]
    oldest = i - period + 1
    left = turnover - price[oldest] * volume[oldest]
    return (seen, left, traded - volume[oldest], turnover_before, before), value


@combination(
    inputs=(high, low, close, volume), group="averages", overlay=True, aliases=("rvwap",), rule=price_crosses
)
def rolling_vwap(
    high: Expression, low: Expression, close: Expression, volume: Expression, period: int = 20
) -> Expression:
    """Rolling volume-weighted average price: what was paid on average over the last `period` candles.

    It needs no session to begin with, so it never jumps at midnight.

    Formula: sum(typical * volume, period) / sum(volume, period), typical = (high + low + close) / 3
    Convention: as ChartSchool; the typical price itself if nothing was traded in the whole window
    Source: common knowledge
    """
    return vwma(typprice(high, low, close), volume, period)


@indicator(
    inputs=(high, low, close, volume, open_time), start=(0.0, 0, 0.0, 0.0, 0.0), group="averages",
    outputs=("line", "upper", "lower"), overlay=True, unit="input", words={"anchor": ANCHORS},
    aliases=("anchored_vwap",), rule=price_crosses, sparse=True,
)  # fmt: skip
def vwap(
    state: VwapState,
    high: Column, low: Column, close: Column, volume: Column, open_time: Column, i: int,
    anchor: int = 0, width: float = 1.0,
) -> tuple[VwapState, tuple[float, float, float]]:  # fmt: skip
    """Volume-weighted average price: what was paid on average since the day, week or month began.

    With bands `width` deviations above and below. A session that had begun before the data is not known,
    nor is one in which nothing was traded yet. "start" counts from the first candle on.

    Formula: sum(typical * volume) / sum(volume) since the anchor, typical = (high + low + close) / 3;
    deviation = sqrt(sum(volume * (typical - line)^2) / sum(volume))
    Convention: sessions begin at 00:00 UTC, weeks on Monday, as TradingView on crypto; from the start as
    TA-Lib. A session whose first candles are missing begins with its first that is there
    Source: S. A. Berkowitz, D. E. Logue and E. A. Noser, "The Total Cost of Transactions", 1988
    """
    ends, known, traded, line, squares = state
    now, typical, amount = open_time[i], (high[i] + low[i] + close[i]) * THIRD, volume[i]
    if now >= ends:
        known = 1 if ends > 0.0 or begins_session(now, anchor) else 0
        ends = end_of_session(now, anchor)
        traded, line, squares = 0.0, typical, 0.0
    if known == 0:
        return (ends, known, traded, line, squares), (nan, nan, nan)
    traded += amount
    if traded <= 0.0:
        return (ends, known, traded, line, squares), (nan, nan, nan)
    # the mean and the squares around it go along together (West, 1979): no difference of two large sums
    away = typical - line
    part = 1.0 / traded  # one division for all: they were half of the time
    line += away * (amount * part)
    squares += amount * away * (typical - line)
    band = width * math.sqrt(squares * part if squares > 0.0 else 0.0)
    return (ends, known, traded, line, squares), (line, line + band, line - band)
