"""Averages that are corrected for their own delay: DEMA, TEMA, T3, Hull, zero lag."""

from __future__ import annotations

import math
from typing import TypeAlias

from thebot.indicators.averages.sums import rising, summed
from thebot.indicators.averages.weighted import wma
from thebot.indicators.expression import Expression, close, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import price_crosses

Six: TypeAlias = tuple[int, float, float, float, float, float, float]
Ten: TypeAlias = tuple[int, float, float, float, float, float, float, float, float, float]


def _smoothed(known: int, average: float, value: float, period: int) -> float:
    """An EMA with its `known`th value (counted from 1); the sum of the values before there are `period`."""
    if known < 1:
        return 0.0
    if known < period:
        return average + value
    if known == period:
        return (average + value) / period
    weight = 2.0 / (period + 1.0)
    return value * weight + average * (1.0 - weight)


def _memory_of(times: int, period: int) -> int:
    """How long smoothing `times` over remembers its start."""
    return times * (period - 1 + exponential(2.0 / (period + 1.0)))


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    memory=lambda period: _memory_of(2, period), rule=price_crosses,
)  # fmt: skip
def dema(
    state: tuple[int, float, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, float, float], float]:
    """Double exponential moving average: an EMA plus what smoothing it once more would take away.

    It follows the price with about half the delay of an EMA.

    Formula: 2 * ema - ema(ema)
    Convention: each EMA is seeded with the mean of its first `period` values, as TA-Lib
    Source: P. G. Mulloy, "Smoothing Data with Faster Moving Averages", Stocks & Commodities, 1994
    """
    seen, one, two = state
    seen += 1
    if seen > 2 * period - 1:
        weight = 2.0 / (period + 1.0)
        keep = 1.0 - weight
        one = price[i] * weight + one * keep
        two = one * weight + two * keep
        return (seen, one, two), 2.0 * one - two
    one = _smoothed(seen, one, price[i], period)
    two = _smoothed(seen - period + 1, two, one, period)
    return (seen, one, two), 2.0 * one - two if seen == 2 * period - 1 else nan


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    memory=lambda period: _memory_of(3, period), rule=price_crosses,
)  # fmt: skip
def tema(
    state: tuple[int, float, float, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, float, float, float], float]:
    """Triple exponential moving average: an EMA corrected twice for its delay.

    Quicker than DEMA and more easily carried past a turn.

    Formula: 3 * ema - 3 * ema(ema) + ema(ema(ema))
    Convention: each EMA is seeded with the mean of its first `period` values, as TA-Lib
    Source: P. G. Mulloy, "Smoothing Data with Faster Moving Averages", Stocks & Commodities, 1994
    """
    seen, one, two, three = state
    seen += 1
    last = 3 * period - 2
    if seen > last:
        weight = 2.0 / (period + 1.0)
        keep = 1.0 - weight
        one = price[i] * weight + one * keep
        two = one * weight + two * keep
        three = two * weight + three * keep
        return (seen, one, two, three), 3.0 * (one - two) + three
    one = _smoothed(seen, one, price[i], period)
    two = _smoothed(seen - period + 1, two, one, period)
    three = _smoothed(seen - 2 * period + 2, three, two, period)
    return (seen, one, two, three), 3.0 * (one - two) + three if seen == last else nan


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    memory=lambda period, factor: _memory_of(6, period), aliases=("tillson",), ranges={"factor": (0.0, 1.0)},
    rule=price_crosses,
)  # fmt: skip
def t3(state: Six, price: Column, i: int, period: int = 5, factor: float = 0.7) -> tuple[Six, float]:
    """T3 moving average: six EMAs in a row, put together so that the line is smooth and yet early.

    `factor` 0 gives an EMA of an EMA of an EMA, 1 the same of DEMAs; 0.7 is Tillson's.

    Formula: gd(gd(gd(price))), gd = (1 + factor) * ema - factor * ema(ema)
    Convention: each EMA is seeded with the mean of its first `period` values, as TA-Lib
    Source: T. Tillson, "Smoothing Techniques for More Accurate Signals", Stocks & Commodities, 1998
    """
    seen, one, two, three, four, five, six = state
    seen += 1
    last = 6 * period - 5
    if seen > last:
        weight = 2.0 / (period + 1.0)
        keep = 1.0 - weight
        one = price[i] * weight + one * keep
        two = one * weight + two * keep
        three = two * weight + three * keep
        four = three * weight + four * keep
        five = four * weight + five * keep
        six = five * weight + six * keep
    else:
        step = period - 1
        one = _smoothed(seen, one, price[i], period)
        two = _smoothed(seen - step, two, one, period)
        three = _smoothed(seen - 2 * step, three, two, period)
        four = _smoothed(seen - 3 * step, four, three, period)
        five = _smoothed(seen - 4 * step, five, four, period)
        six = _smoothed(seen - 5 * step, six, five, period)
    state = (seen, one, two, three, four, five, six)
    if seen < last:
        return state, nan
    square = factor * factor
    cube = square * factor
    value = (1.0 + 3.0 * (factor + square) + cube) * three - 3.0 * (factor + 2.0 * square + cube) * four
    return state, value + 3.0 * (square + cube) * five - cube * six


@indicator(
    inputs=(close,), start=(0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: (period - 1) // 2,
    memory=lambda period: period - 1 + (period - 1) // 2 + exponential(2.0 / (period + 1.0)),
    rule=price_crosses,
)  # fmt: skip
def zlema(
    state: tuple[int, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, float], float]:
    """Zero lag exponential moving average: an EMA of the price carried on by its latest change.

    Formula: ema(price + (price - price half a period ago)), half a period: (period - 1) / 2 rounded down
    Convention: seeded with the mean of the first `period` values so made, as TA-Lib
    Source: J. Ehlers and R. Way, "Zero Lag (Well, Almost)", Stocks & Commodities, 2010
    """
    seen, average = state
    seen += 1
    back = (period - 1) // 2
    if seen <= back:
        return (seen, average), nan
    ahead = 2.0 * price[i] - price[i - back]
    if seen > back + period:
        weight = 2.0 / (period + 1.0)
        average = ahead * weight + average * (1.0 - weight)
        return (seen, average), average
    average = _smoothed(seen - back, average, ahead, period)
    return (seen, average), average if seen == back + period else nan


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="averages",
    overlay=True, unit="input", lookback=lambda period: period - 1, memory=lambda period: period - 1,
    ranges={"period": (2, 100_000)}, label="Raw HMA", rule=price_crosses,
)  # fmt: skip
def raw_hma(state: Ten, price: Column, i: int, period: int = 20) -> tuple[Ten, float]:
    """Raw Hull average: a short weighted average carried on by what a long one lags behind it.

    The Hull moving average before its last smoothing: as early as can be, and rough.

    Formula: 2 * wma(price, period / 2) - wma(price, period)
    Convention: half is rounded down; running sums, begun anew each `period`, so that rounding cannot pile up
    Source: A. Hull, 2005
    """
    known, seen, total, weighted, fresh, mounting, oldest, near, leaning, left = state
    now = price[i]
    half = period // 2
    seen += 1.0
    weighted += period * now - total  # as in `wma`: each value weighs 1 less, the oldest nothing any more
    total += now - oldest
    fresh += now
    mounting += seen * now
    leaning += half * now - near
    near += now - left
    if seen == period:
        known, seen, total, weighted, fresh, mounting = 1, 0.0, fresh, mounting, 0.0, 0.0
        near, leaning = summed(price, i, half), rising(price, i, half)
    if known == 0:
        return (0, seen, 0.0, 0.0, fresh, mounting, 0.0, 0.0, 0.0, 0.0), nan
    value = leaning * (4.0 / (half * (half + 1.0))) - weighted * (2.0 / (period * (period + 1.0)))
    oldest, left = price[i - period + 1], price[i - half + 1]
    return (known, seen, total, weighted, fresh, mounting, oldest, near, leaning, left), value


@combination(
    inputs=(close,), group="averages", overlay=True, ranges={"period": (2, 100_000)}, aliases=("hull",),
    rule=price_crosses,
)  # fmt: skip
def hma(price: Expression, period: int = 20) -> Expression:
    """Hull moving average: the difference of two weighted averages carried on, and smoothed shortly.

    Formula: wma(2 * wma(price, period / 2) - wma(price, period), sqrt(period))
    Convention: half and root are rounded down, as TA-Lib
    Source: A. Hull, 2005
    """
    return wma(raw_hma(price, period), math.isqrt(period))
