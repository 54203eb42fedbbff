"""What steps ask of a window of earlier rows. Plain functions: compiled together with the step."""

from __future__ import annotations

from typing import Final

from thebot.indicators.indicator import Column

ANEW: Final = 1_000  # candles after which a running sum is summed anew, so that rounding cannot pile up


def highest(column: Column, i: int, period: int) -> float:
    """The highest of the last `period` values.

    Eight are compared side by side, the last eight where fewer are left: one after the other, each comparison
    would wait for the one before. (In one function: candle by candle calls would take longer than they do.)
    """
    best = column[i]
    if period <= 8:
        for back in range(1, period):
            best = column[i - back] if column[i - back] > best else best
        return best
    oldest = i - period + 1
    for k in range(0, period - 1, 8):
        at = oldest + k if k + 8 < period else i - 8
        a, b, c, d = column[at], column[at + 1], column[at + 2], column[at + 3]
        e, f, g, h = column[at + 4], column[at + 5], column[at + 6], column[at + 7]
        a = b if b > a else a
        c = d if d > c else c
        e = f if f > e else e
        g = h if h > g else g
        a = c if c > a else a
        e = g if g > e else e
        a = e if e > a else a
        best = a if a > best else best
    return best


def lowest(column: Column, i: int, period: int) -> float:
    """The lowest of the last `period` values; see `highest`."""
    best = column[i]
    if period <= 8:
        for back in range(1, period):
            best = column[i - back] if column[i - back] < best else best
        return best
    oldest = i - period + 1
    for k in range(0, period - 1, 8):
        at = oldest + k if k + 8 < period else i - 8
        a, b, c, d = column[at], column[at + 1], column[at + 2], column[at + 3]
        e, f, g, h = column[at + 4], column[at + 5], column[at + 6], column[at + 7]
        a = b if b < a else a
        c = d if d < c else c
        e = f if f < e else e
        g = h if h < g else g
        a = c if c < a else a
        e = g if g < e else e
        a = e if e < a else a
        best = a if a < best else best
    return best


def top_of(before: float, column: Column, i: int, seen: int, period: int) -> float:
    """The highest of the last `period` values, of which `seen` are there; `before`: what it was one ago.

    The whole window is read again only when its highest leaves and nothing beats it. Lookback: `period`.
    """
    new = column[i]
    if seen > period and column[i - period] >= before and new < before:
        return highest(column, i, period)
    return new if new > before or seen == 1 else before


def bottom_of(before: float, column: Column, i: int, seen: int, period: int) -> float:
    """The lowest of the last `period` values; see `top_of`."""
    new = column[i]
    if seen > period and column[i - period] <= before and new > before:
        return lowest(column, i, period)
    return new if new < before or seen == 1 else before


def squared_deviations(column: Column, i: int, period: int, centre: float) -> float:
    """The sum of squares of what the last `period` values differ from their mean.

    `centre` is about their mean; the rest is corrected for (a two-pass algorithm).
    """
    total, squares = 0.0, 0.0
    for back in range(period):
        away = column[i - back] - centre
        total += away
        squares += away * away
    return squares - total * total / period


def reach_of(top: float, bottom: float, before: float) -> float:
    """The true range: from a candle's high to its low, the close `before` it included."""
    return (top if top > before else before) - (bottom if bottom < before else before)
