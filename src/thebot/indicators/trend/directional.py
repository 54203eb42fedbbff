"""Wilder's directional movement: how much of all movement goes one way."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import Expression, close, crosses_above, high, low, nan
from thebot.indicators.indicator import Column, Indicator, combination, indicator
from thebot.indicators.memory import wilder
from thebot.indicators.usual import BuySell, crosses_its_signal

AdxState: TypeAlias = tuple[int, float, float, float, float, float, float, float]
DmState: TypeAlias = tuple[int, float, float, float, float]


def moves(rise: float, fall: float) -> tuple[float, float]:
    """Wilder's movements of a candle: only the larger of its rise and its fall counts, if it is one."""
    up = rise if rise > fall and rise > 0.0 else 0.0
    down = fall if fall > rise and fall > 0.0 else 0.0
    return up, down


def strong_enough(lines: Indicator) -> BuySell:
    """In a trend worth the name (ADX above 25): bought when +DI crosses above -DI, sold when below."""
    buy = crosses_above(lines.plus_di, lines.minus_di) & (lines.adx > 25)
    sell = crosses_above(lines.minus_di, lines.plus_di) & (lines.adx > 25)
    return buy, sell


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="trend",
    outputs=("adx", "plus_di", "minus_di"), guides=(25.0,), unit="index",
    memory=lambda period: 2 * period + 2 * wilder(period), aliases=("dmi",), rule=strong_enough,
)  # fmt: skip
def adx(
    state: AdxState,
    high: Column, low: Column, close: Column, i: int, period: int = 14,
) -> tuple[AdxState, tuple[float, float, float]]:  # fmt: skip
    """Average directional index, 0 to 100: how much of the movement goes one way, whichever it is.

    Above 25 there is a trend, below 20 there is none. `plus_di` and `minus_di` are the shares of upward
    and downward movement: whichever is above says where the trend goes.

    Formula: +DI = 100 * sum(+DM) / sum(true range); ADX = average of 100 * |+DI - -DI| / (+DI + -DI); all in
        Wilder's smoothing over `period` candles
    Convention: the sums begin with period - 1 movements and are first told after `period`, ADX with the mean
        of `period` values after that; where nothing moves the DIs are 0 and ADX stays (as TA-Lib)
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, top, bottom, before, plus, minus, moved, average = state
    highest, lowest, now = high[i], low[i], close[i]
    rise, fall = highest - top, bottom - lowest
    up = rise if rise > fall and rise > 0.0 else 0.0  # as `moves`, without the call
    down = fall if fall > rise and fall > 0.0 else 0.0
    reach = (highest if highest > before else before) - (lowest if lowest < before else before)
    seen += 1
    if seen <= period:
        if seen == 1:
            return (seen, highest, lowest, now, 0.0, 0.0, 0.0, 0.0), (nan, nan, nan)
        return (seen, highest, lowest, now, plus + up, minus + down, moved + reach, 0.0), (nan, nan, nan)
    weight = 1.0 / period
    keep = 1.0 - weight
    plus, minus, moved = plus * keep + up, minus * keep + down, moved * keep + reach
    share = 100.0 / moved if moved > 0.0 else 0.0
    both = plus + minus
    index = 100.0 * (plus - minus if plus > minus else minus - plus) / both if both > 0.0 else 0.0
    plus_di, minus_di = plus * share, minus * share
    if seen > 2 * period:
        average = average * keep + index * weight if both > 0.0 else average
    else:
        average += index * weight
        if seen < 2 * period:
            return (seen, highest, lowest, now, plus, minus, moved, average), (nan, plus_di, minus_di)
    return (seen, highest, lowest, now, plus, minus, moved, average), (average, plus_di, minus_di)


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0), group="trend", guides=(25.0,), unit="index",
    memory=lambda period: period + wilder(period),
)  # fmt: skip
def dx(
    state: tuple[int, float, float, float, float, float], high: Column, low: Column, i: int, period: int = 14
) -> tuple[tuple[int, float, float, float, float, float], float]:
    """Directional index, 0 to 100: how one-sided the movement of the last candles is, before averaging.

    ADX is its average.

    Formula: 100 * |+DM - -DM| / (+DM + -DM), each in Wilder's smoothing over `period` candles
    Convention: the sums begin with period - 1 movements and are first told after `period`; where nothing
        moves it stays what it was, 0 at first (as TA-Lib; the true range by which Wilder divides both
        cancels out)
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, top, bottom, plus, minus, index = state
    highest, lowest = high[i], low[i]
    up, down = moves(highest - top, bottom - lowest)
    seen += 1
    if seen <= period:
        if seen == 1:
            return (seen, highest, lowest, 0.0, 0.0, 0.0), nan
        return (seen, highest, lowest, plus + up, minus + down, 0.0), nan
    keep = 1.0 - 1.0 / period
    plus, minus = plus * keep + up, minus * keep + down
    both = plus + minus
    index = 100.0 * (plus - minus if plus > minus else minus - plus) / both if both > 0.0 else index
    return (seen, highest, lowest, plus, minus, index), index


@combination(
    inputs=(high, low, close), group="trend", guides=(25.0,), unit="index",
    ranges={"period": (2, 100_000)},
)  # fmt: skip
def adxr(high: Expression, low: Expression, close: Expression, period: int = 14) -> Expression:
    """Average directional index rating, 0 to 100: ADX evened out by what it was some candles ago.

    Formula: (ADX + ADX period - 1 candles ago) / 2
    Convention: period - 1 candles apart, as TA-Lib and most programs; Wilder's text counts them as `period`
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    line = adx(high, low, close, period).adx
    return (line + line.shift(period - 1)) * 0.5


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0, 0.0, 0.0), group="trend", outputs=("plus_dm", "minus_dm"),
    unit="input", memory=lambda period: period + wilder(period), rule=crosses_its_signal,
)  # fmt: skip
def dm(
    state: DmState, high: Column, low: Column, i: int, period: int = 14
) -> tuple[DmState, tuple[float, float]]:
    """Directional movement: how far prices reached beyond the candle before, upward and downward.

    Formula: +DM = high - high before, if above 0 and above low before - low, else 0; -DM the other way round;
        each sum - sum / period + DM
    Convention: Wilder's sums (not averages), beginning with period - 1 movements (as TA-Lib)
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, top, bottom, plus, minus = state
    highest, lowest = high[i], low[i]
    seen += 1
    if seen == 1:
        return (seen, highest, lowest, 0.0, 0.0), (nan, nan)
    up, down = moves(highest - top, bottom - lowest)
    keep = 1.0 - 1.0 / period if seen > period else 1.0
    plus, minus = plus * keep + up, minus * keep + down
    if seen < period:
        return (seen, highest, lowest, plus, minus), (nan, nan)
    return (seen, highest, lowest, plus, minus), (plus, minus)
