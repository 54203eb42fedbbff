"""Where the price turned: fractals, swings, the zigzag, and Fibonacci's levels of the last leg."""

from __future__ import annotations

from typing import Final, TypeAlias

from thebot.indicators.expression import Expression, close, crosses_above, crosses_below, high, low, nan
from thebot.indicators.indicator import Column, Indicator, indicator
from thebot.indicators.structure.turning import stands_alone, turned

SwingState: TypeAlias = tuple[int, float, float, float, float]
FibonacciState: TypeAlias = tuple[int, float, float, float, float, float]
ZigzagState: TypeAlias = tuple[float, float, float, float, float, float, float]

SHORT: Final = 16  # candles


@indicator(
    inputs=(high, low), start=(0,), group="structure", outputs=("high", "low"), overlay=True, unit="input",
    lookback=lambda period: 2 * period, memory=lambda period: 2 * period, label="Fractal", sparse=True,
    aliases=("fractals", "williams_fractal"),
)  # fmt: skip
def fractal(
    state: tuple[int], high: Column, low: Column, i: int, period: int = 2
) -> tuple[tuple[int], tuple[float, float]]:
    """Williams fractal: a high above, or a low below, all of `period` candles on either side.

    `high` and `low` give its price at the one candle at which it is known, `period` candles after it
    stood; nan at all others.
    Formula: high = high[period ago] if it is above the highs of the `period` candles before it and of the
    `period` candles after it; low the same with lows, below
    Convention: equal highs side by side are no fractal; told when it is known (as TA-Lib, which only says
    that there is one; Stock.Indicators writes it back to the candle where it stood)
    Source: B. Williams, "Trading Chaos", 1995
    """
    seen = state[0] + 1
    top, bottom = high[i - period], low[i - period]
    # where it turns cannot be predicted: looking at all of a short window is quicker than stopping early
    if period <= SHORT:
        highest, lowest = high[i], low[i]
        for back in range(period):
            before = back + period + 1
            highest = high[i - back] if high[i - back] > highest else highest
            highest = high[i - before] if high[i - before] > highest else highest
            lowest = low[i - back] if low[i - back] < lowest else lowest
            lowest = low[i - before] if low[i - before] < lowest else lowest
        is_top, is_bottom = top > highest, bottom < lowest
    else:
        is_top, is_bottom = stands_alone(high, 1.0, i, period), stands_alone(low, -1.0, i, period)
    known = seen > 2 * period
    return (seen,), (top if is_top & known else nan, bottom if is_bottom & known else nan)


def _breaks_a_swing(swings: Indicator) -> tuple[Expression, Expression]:
    return crosses_above(close, swings.high), crosses_below(close, swings.low)


@indicator(
    inputs=(high, low), start=(0, nan, nan, nan, nan), group="structure",
    outputs=("high", "low", "high_ago", "low_ago"), overlay=True,
    unit=("input", "input", "number", "number"), lookback=lambda left, right: left + right, label="Swings",
    sparse=True, aliases=("swing_points", "pivot_high_low"), rule=_breaks_a_swing,
)  # fmt: skip
def swings(
    state: SwingState, high: Column, low: Column, i: int, left: int = 5, right: int = 5
) -> tuple[SwingState, tuple[float, float, float, float]]:
    """Swing highs and lows: the last high and the last low at which the price turned.

    Each is known `right` candles after it stood, and holds until the next is known; `high_ago` and
    `low_ago` say how many candles ago it stood. nan before the first.
    Formula: high[n] is a swing high if no high of the `left` candles before it is higher, and each of the
    `right` candles after it is lower; a swing low mirrors it
    Convention: of equal highs side by side the last is the swing (TA-Lib and Stock.Indicators see none)
    Source: common knowledge; W. D. Gann's swing charts
    """
    seen, top, top_ago, bottom, bottom_ago = state
    seen += 1
    up = turned(high, 1.0, seen, i, left, right)
    down = turned(low, -1.0, seen, i, left, right)
    top, top_ago = high[i - right] if up else top, float(right) if up else top_ago + 1.0
    bottom, bottom_ago = low[i - right] if down else bottom, float(right) if down else bottom_ago + 1.0
    return (seen, top, top_ago, bottom, bottom_ago), (top, bottom, top_ago, bottom_ago)


def _turns(line: Indicator) -> tuple[Expression, Expression]:
    return crosses_above(line.direction, 0), crosses_below(line.direction, 0)


@indicator(
    inputs=(high, low), start=(nan, nan, nan, 0.0, nan, nan, nan), group="structure",
    outputs=("pivot", "direction", "pivot_ago", "extreme", "extreme_ago"), overlay=True,
    unit=("input", "number", "number", "input", "number"), label="Zigzag", sparse=True,
    aliases=("zig_zag", "zz"), ranges={"percent": (0.01, 99.0)}, rule=_turns,
)  # fmt: skip
def zigzag(
    state: ZigzagState, high: Column, low: Column, i: int, percent: float = 5.0
) -> tuple[ZigzagState, tuple[float, float, float, float, float]]:
    """Zigzag, turning points only: the last one after which the price went `percent` percent the other way.

    `pivot` is its price and `pivot_ago` how many candles ago it stood. `direction` is that of the leg since:
    1 up from a low, -1 down from a high. `extreme` is the furthest that this leg has come (the pivot to be,
    if the price turns), `extreme_ago` candles ago. Nothing is ever drawn back. nan before the first pivot.
    `zigzag(close, close, 5)` looks at closes only.
    Formula: in a leg up, a candle whose high is not below `extreme` moves it there; any other whose low is
    at or below extreme * (1 - percent / 100) makes `extreme` the pivot, and its low the new `extreme`. A leg
    down mirrors it, from extreme * (1 + percent / 100) on
    Convention: a candle that moves `extreme` cannot turn the leg, for the order of its high and low is not
    known (as Stock.Indicators). Before the first pivot both the highest high and the lowest low so far
    wait for their turn, the high asked first
    Source: A. Merrill, "Filtered Waves", 1977
    """
    pivot, ago, direction, extreme, extreme_ago, other, other_ago = _leg(
        state, high[i], low[i], percent / 100.0
    )
    told = direction != 0.0
    return (pivot, ago, extreme, direction, extreme_ago, other, other_ago), (
        pivot,
        direction if told else nan,
        ago,
        extreme if told else nan,
        extreme_ago if told else nan,
    )


def _leg(state: ZigzagState, top: float, bottom: float, share: float) -> ZigzagState:
    """Pivot, its age, direction, extreme, its age, and before the first pivot the lowest low and its age."""
    pivot, ago, extreme, direction, extreme_ago, other, other_ago = state
    ago, extreme_ago, other_ago = ago + 1.0, extreme_ago + 1.0, other_ago + 1.0
    if direction == 0.0:  # no pivot yet: `extreme` is the highest high so far, `other` the lowest low
        higher, lower = not top < extreme, not bottom > other
        if not higher and bottom <= extreme * (1.0 - share):
            return extreme, extreme_ago, -1.0, bottom, 0.0, nan, nan
        if not lower and top >= other * (1.0 + share):
            return other, other_ago, 1.0, top, 0.0, nan, nan
        extreme, extreme_ago = (top, 0.0) if higher else (extreme, extreme_ago)
        other, other_ago = (bottom, 0.0) if lower else (other, other_ago)
        return nan, nan, 0.0, extreme, extreme_ago, other, other_ago
    if direction > 0.0:
        if top >= extreme:
            return pivot, ago, 1.0, top, 0.0, nan, nan
        if bottom <= extreme * (1.0 - share):
            return extreme, extreme_ago, -1.0, bottom, 0.0, nan, nan
        return pivot, ago, 1.0, extreme, extreme_ago, nan, nan
    if bottom <= extreme:
        return pivot, ago, -1.0, bottom, 0.0, nan, nan
    if top >= extreme * (1.0 + share):
        return extreme, extreme_ago, 1.0, top, 0.0, nan, nan
    return pivot, ago, -1.0, extreme, extreme_ago, nan, nan


@indicator(
    inputs=(high, low), start=(0, nan, nan, nan, nan, nan), group="structure",
    outputs=(
        "level_236", "level_382", "level_500", "level_618", "level_786",
        "extension_1272", "extension_1618", "direction", "start", "end",
    ),
    overlay=True, unit=(
        "input", "input", "input", "input", "input", "input", "input", "number", "input", "input"
    ),
    lookback=lambda left, right: left + right, label="Fibonacci", sparse=True,
    aliases=("fib", "fibonacci_retracement"),
)  # fmt: skip
def fibonacci(
    state: FibonacciState, high: Column, low: Column, i: int, left: int = 10, right: int = 10
) -> tuple[
    FibonacciState, tuple[float, float, float, float, float, float, float, float, float, float]
]:  # fmt: skip
    """Fibonacci levels: how far the last leg may be given back, and how far the next may reach.

    The leg runs between the last swing low and the last swing high, from the earlier (`start`) to the later
    (`end`); `direction` is 1 if it went up, -1 if down. nan before both are known, and while the last swing
    high is not above the last swing low.
    Formula: level_236 = end - 0.236 * (end - start), the others likewise; extension_1272 = start + 1.272 *
    (end - start), extension_1618 likewise
    Convention: swings as in `swings`, known `right` candles after they stood. If one candle is both, the
    direction stays as it was (unknown if there was none)
    Source: common knowledge; R. Fischer, "Fibonacci Applications and Strategies for Traders", 1993
    """
    seen, top, top_ago, bottom, bottom_ago, direction = state
    seen += 1
    up = turned(high, 1.0, seen, i, left, right)
    down = turned(low, -1.0, seen, i, left, right)
    top, top_ago = high[i - right] if up else top, float(right) if up else top_ago + 1.0
    bottom, bottom_ago = low[i - right] if down else bottom, float(right) if down else bottom_ago + 1.0
    direction = 1.0 if top_ago < bottom_ago else -1.0 if bottom_ago < top_ago else direction
    known = top > bottom
    start = (bottom if direction > 0.0 else top if direction < 0.0 else nan) if known else nan
    end = (top if direction > 0.0 else bottom if direction < 0.0 else nan) if known else nan
    leg = end - start
    return (seen, top, top_ago, bottom, bottom_ago, direction), (
        end - 0.236 * leg,
        end - 0.382 * leg,
        end - 0.5 * leg,
        end - 0.618 * leg,
        end - 0.786 * leg,
        start + 1.272 * leg,
        start + 1.618 * leg,
        direction if known else nan,
        start,
        end,
    )
