"""Momentum from the candles' ranges and bodies: CCI, ultimate oscillator, balance of power."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.averages import typprice
from thebot.indicators.expression import close, high, low, nan, open_
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.usual import crosses_zero, leaves_extremes
from thebot.indicators.windows import ANEW


@indicator(
    inputs=(typprice(),), start=(0,), group="momentum", guides=(-100.0, 0.0, 100.0), unit="number",
    lookback=lambda period: period - 1, memory=lambda period: period, ranges={"period": (2, 100_000)},
    aliases=("commodity_channel_index",), rule=leaves_extremes(-100.0, 100.0),
)  # fmt: skip
def cci(state: tuple[int], price: Column, i: int, period: int = 20) -> tuple[tuple[int], float]:
    """Commodity channel index: how far the price stands from its average, in usual distances from it.

    Most of the time it is between -100 and 100; beyond begins a trend, or an extreme.

    Formula: (typical - SMA(typical)) / (0.015 * mean absolute deviation from that SMA), with
        typical = (high + low + close) / 3
    Convention: 0 where the price stands still, as TA-Lib
    Source: D. Lambert, "Commodity Channel Index", Commodities, 1980
    """
    seen = state[0] + 1
    if seen < period:
        return (seen,), nan
    now = price[i]  # everything is measured from here: exact zeros where the price stands still
    total = 0.0
    for back in range(1, period):
        total += price[i - back] - now
    mean = total / period
    centre = now + mean
    away = abs(mean)
    for back in range(1, period):
        away += abs(price[i - back] - centre)
    return (seen,), -mean * period / (0.015 * away) if away > 0.0 else 0.0


UltimateState: TypeAlias = tuple[int, float, float, float, float, float, float, float]


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="momentum",
    guides=(30.0, 70.0), unit="index", lookback=lambda fast, middle, slow: slow + 1,
    memory=lambda fast, middle, slow: slow + 1, rising=("fast", "middle", "slow"), label="Ultimate",
    aliases=("ultimate", "ultimate_oscillator", "uo"), rule=leaves_extremes(30.0, 70.0),
)  # fmt: skip
def ultosc(
    state: UltimateState,
    high: Column, low: Column, close: Column, i: int, fast: int = 7, middle: int = 14, slow: int = 28,
) -> tuple[UltimateState, float]:  # fmt: skip
    """Ultimate oscillator, 0 to 100: the share of buying pressure in all movement, over three periods.

    Below 30 it is called oversold, above 70 overbought.

    Formula: 100 * (4 * B(fast) / R(fast) + 2 * B(middle) / R(middle) + B(slow) / R(slow)) / 7, with B the sum
        of closes less true lows and R the sum of true ranges
    Convention: a period in which nothing has moved counts as 0, as TA-Lib
    Source: L. Williams, "The Ultimate Oscillator", Technical Analysis of Stocks & Commodities, 1985
    """
    seen, b1, r1, b2, r2, b3, r3, most = state
    seen += 1
    if seen <= slow:
        return (seen, b1, r1, b2, r2, b3, r3, most), nan
    bought, reach = _bought(low, close, i), _true_range(high, low, close, i)
    b1 += bought - _bought(low, close, i - fast)
    r1 += reach - _true_range(high, low, close, i - fast)
    b2 += bought - _bought(low, close, i - middle)
    r2 += reach - _true_range(high, low, close, i - middle)
    b3 += bought - _bought(low, close, i - slow)
    r3 += reach - _true_range(high, low, close, i - slow)
    # summed anew at first, regularly, and before what has left a window drowns what is in it (a crash)
    if r1 * 1024.0 < most or seen == slow + 1 or seen > slow + 1 + ANEW:
        seen, b1, r1, b2, r2, b3, r3, most = slow + 1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for back in range(slow):
            bought, reach = _bought(low, close, i - back), _true_range(high, low, close, i - back)
            b3, r3 = b3 + bought, r3 + reach
            b2, r2 = (b3, r3) if back < middle else (b2, r2)
            b1, r1 = (b3, r3) if back < fast else (b1, r1)
    most = r3 if r3 > most else most
    value = (4.0 * (b1 / r1) if r1 > 0.0 else 0.0) + (2.0 * (b2 / r2) if r2 > 0.0 else 0.0)
    value += b3 / r3 if r3 > 0.0 else 0.0
    return (seen, b1, r1, b2, r2, b3, r3, most), value * (100.0 / 7.0)


def _bought(low: Column, close: Column, i: int) -> float:
    bottom, before = low[i], close[i - 1]
    return close[i] - (bottom if bottom < before else before)


def _true_range(high: Column, low: Column, close: Column, i: int) -> float:
    top, bottom, before = high[i], low[i], close[i - 1]
    return (top if top > before else before) - (bottom if bottom < before else before)


@indicator(
    inputs=(open_, high, low, close), start=(0,), group="momentum", guides=(0.0,), memory=0,
    aliases=("balance_of_power",), rule=crosses_zero,
)  # fmt: skip
def bop(
    state: tuple[int], open_: Column, high: Column, low: Column, close: Column, i: int
) -> tuple[tuple[int], float]:
    """Balance of power, -1 to 1: which part of the candle's range its body takes up, and which way.

    It jumps from candle to candle; sma(bop(), 14) is the usual smoothing.

    Formula: (close - open) / (high - low)
    Convention: 0 where the range is, as TA-Lib
    Source: I. Livshin, "Balance of Power", Technical Analysis of Stocks & Commodities, 2001
    """
    reach = high[i] - low[i]
    return state, (close[i] - open_[i]) / reach if reach > 0.0 else 0.0


@indicator(
    inputs=(high, low, close), start=(0,), group="momentum", guides=(0.2, 0.8), memory=0,
    aliases=("internal_bar_strength",), rule=leaves_extremes(0.2, 0.8),
)  # fmt: skip
def ibs(state: tuple[int], high: Column, low: Column, close: Column, i: int) -> tuple[tuple[int], float]:
    """Internal bar strength, 0 to 1: where in its own range the candle closes.

    Formula: (close - low) / (high - low)
    Convention: 0.5 where the range is 0
    Source: common knowledge
    """
    reach = high[i] - low[i]
    return state, (close[i] - low[i]) / reach if reach > 0.0 else 0.5


@indicator(
    inputs=(open_, close), start=(0, 0.0, 0.0), group="momentum", guides=(0.0,), unit="input",
    lookback=lambda period: period, memory=lambda period: 2 * period, rule=crosses_zero, label="QStick",
)  # fmt: skip
def qstick(
    state: tuple[int, float, float], open_: Column, close: Column, i: int, period: int = 10
) -> tuple[tuple[int, float, float], float]:
    """QStick: the mean body of the last candles, above zero where they mostly closed above their open.

    Formula: SMA(close - open, period)
    Convention: a running sum, as TA-Lib, exchanged for a fresh one every `period` candles
    Source: T. Chande and S. Kroll, "The New Technical Trader", 1994
    """
    seen, total, fresh = state
    seen += 1
    body = close[i] - open_[i]
    if seen <= period:
        total += body
        return (seen, total, 0.0), total / period if seen == period else nan
    total += body - (close[i - period] - open_[i - period])
    fresh += body
    anew = seen == 2 * period  # what was summed since the last exchange is the whole window
    total = fresh if anew else total
    fresh = 0.0 if anew else fresh
    return (period if anew else seen, total, fresh), total / period
