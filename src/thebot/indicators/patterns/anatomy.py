"""The parts of candles and what counts as long, short or near. Plain functions, compiled with the steps.

A candle is measured by those before it. Steps keep the sums of the ten (or five) bodies, ranges or shadows
before the candle in question, each added and subtracted in TA-Lib's order, so that also a tie is decided as
there. `missing` is how many candles a step still needs before its first answer; a sum begins so that it is
full by then. (A sum's last bit depends on where the data began, and so may a pattern where there is a tie.)

In the steps `open_`, `high`, `low` and `close` are those of the newest candle, `open1` and so on those of
one candle ago. Steps read all they need before they choose anything, and these functions take numbers and
not columns, which keeps the compiled loops quick. What is seldom is asked first.
"""

from __future__ import annotations

from typing import TypeAlias

# States: how many candles are missing, then the sums.
Zero: TypeAlias = tuple[int]
One: TypeAlias = tuple[int, float]
Two: TypeAlias = tuple[int, float, float]
Three: TypeAlias = tuple[int, float, float, float]
Four: TypeAlias = tuple[int, float, float, float, float]
Five: TypeAlias = tuple[int, float, float, float, float, float]
Six: TypeAlias = tuple[int, float, float, float, float, float, float]


def body(open_: float, close: float) -> float:
    """Its height."""
    return abs(close - open_)


def top(open_: float, close: float) -> float:
    """Of the body."""
    return close if close > open_ else open_


def bottom(open_: float, close: float) -> float:
    """Of the body."""
    return close if close < open_ else open_


def upper(open_: float, high: float, close: float) -> float:
    """The shadow above the body."""
    return high - (close if close > open_ else open_)


def lower(open_: float, low: float, close: float) -> float:
    """The shadow below the body."""
    return (close if close < open_ else open_) - low


def shadows(open_: float, high: float, low: float, close: float) -> float:
    """Both of them together."""
    return upper(open_, high, close) + lower(open_, low, close)


def sign(open_: float, close: float) -> float:
    """100 for a white candle (closed at or above its open), -100 for a black one."""
    return 100.0 if close >= open_ else -100.0


def gaps_up(open_: float, close: float, open1: float, close1: float) -> bool:
    """Whether the whole body stands above that of the candle before."""
    return bottom(open_, close) > top(open1, close1)


def gaps_down(open_: float, close: float, open1: float, close1: float) -> bool:
    """Whether the whole body stands below that of the candle before."""
    return top(open_, close) < bottom(open1, close1)


# Sums of what stands before a candle.


def gathered(total: float, missing: int, period: int, newest: float) -> float:
    """A sum that will be of `period` values when nothing is missing any more."""
    return total + newest if missing <= period else total


def rolled(total: float, newest: float, oldest: float) -> float:
    """A full sum with its newest in and its oldest out. (The difference first, as TA-Lib does.)"""
    return total + (newest - oldest)


# What is made of the sums. (Rounded as TA-Lib does: first the mean, then the share of it.)


def mean(ten: float) -> float:
    """A body above it is long, one below it short."""
    return ten / 10.0


def tenth(ten_ranges: float) -> float:
    """A body up to it makes a doji; a shadow below it counts as none."""
    return 0.1 * (ten_ranges / 10.0)


def half(ten_shadows: float) -> float:
    """A shadow below it is short: half the mean of both shadows."""
    return ten_shadows / 10.0 / 2.0


def near(five_ranges: float) -> float:
    """Prices so far apart are near each other: a fifth of the mean range."""
    return 0.2 * (five_ranges / 5.0)


def far(five_ranges: float) -> float:
    """Prices so far apart are far from each other: three fifths of the mean range."""
    return 0.6 * (five_ranges / 5.0)


def alike(five_ranges: float) -> float:
    """Prices so far apart count as equal: a twentieth of the mean range."""
    return 0.05 * (five_ranges / 5.0)
