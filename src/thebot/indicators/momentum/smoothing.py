"""Parts that several steps of this package are made of. Plain functions: compiled together with the step."""

from __future__ import annotations

from thebot.indicators.indicator import Column
from thebot.indicators.windows import highest, lowest

ANEW = 1_000  # candles after which running sums are summed anew, so that rounding cannot pile up


def smoothed(average: float, value: float, known: int, period: int) -> float:
    """An EMA after its `known`-th value, seeded with a mean: the sum of the values until there are `period`.

    With `known` below 1 there is no value yet. It rounds as TA-Lib's does.
    """
    if known > period:
        return average + (value - average) * (2.0 / (period + 1.0)) if period > 1 else value
    if known < 1:
        return average
    total = average + value
    return total / period if known == period else total


def wilder_smoothed(average: float, value: float, known: int, period: int) -> float:
    """The same where a new value weighs 1 / period, as Wilder smooths."""
    if known > period:
        weight = 1.0 / period
        return average * (1.0 - weight) + value * weight
    if known < 1:
        return average
    total = average + value
    return total / period if known == period else total


def highest_now(column: Column, i: int, period: int, seen: int, before: float) -> float:
    """The highest of the last `period` values, from that of one candle earlier; at first of all so far.

    The window is read again only when its highest leaves and nothing beats it. Lookback: `period`.
    """
    now = column[i]
    if seen > period and column[i - period] >= before and now < before:
        return highest(column, i, period)
    return now if now > before or seen == 1 else before


def lowest_now(column: Column, i: int, period: int, seen: int, before: float) -> float:
    """The lowest, in the same way."""
    now = column[i]
    if seen > period and column[i - period] <= before and now > before:
        return lowest(column, i, period)
    return now if now < before or seen == 1 else before


def rises(column: Column, i: int, period: int) -> float:
    """The sum of the rises among the last `period` changes. Lookback: `period`."""
    total = 0.0
    for back in range(period):
        change = column[i - back] - column[i - back - 1]
        total += change if change > 0.0 else 0.0
    return total


def falls(column: Column, i: int, period: int) -> float:
    """The sum of the falls among the last `period` changes, as a positive number. Lookback: `period`."""
    total = 0.0
    for back in range(period):
        change = column[i - back] - column[i - back - 1]
        total -= change if change < 0.0 else 0.0
    return total
