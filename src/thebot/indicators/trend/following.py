"""Whether there is a trend and where it turns: ADX, Supertrend."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import close, high, low, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import wilder

AdxState: TypeAlias = tuple[int, float, float, float, float, float, float, float]


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="trend",
    outputs=("adx", "plus_di", "minus_di"), guides=(25.0,), unit="index",
    memory=lambda period: 2 * period + 2 * wilder(period),
)  # fmt: skip
def adx(
    state: AdxState,
    high: Column, low: Column, close: Column, i: int, period: int = 14,
) -> tuple[AdxState, tuple[float, float, float]]:  # fmt: skip
    """Average directional index, 0 to 100: how much of the movement goes one way, whichever it is.

    `plus_di` and `minus_di` are the shares of upward and downward movement. All in Wilder's smoothing with
    his sums; both begin after period - 1 movements and are first told after `period`, ADX with the mean of
    `period` values after that (as TA-Lib).
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978.
    """
    seen, top, bottom, before, plus, minus, moved, average = state
    highest, lowest, now = high[i], low[i], close[i]
    rise, fall = highest - top, bottom - lowest
    up = rise if rise > fall and rise > 0.0 else 0.0
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
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0), group="trend",
    outputs=("line", "direction"), overlay=True, unit=("input", "number"), label="Supertrend",
)  # fmt: skip
def supertrend(
    state: tuple[int, float, float, float, float, float],
    high: Column, low: Column, close: Column, i: int, period: int = 10, multiplier: float = 3.0,
) -> tuple[tuple[int, float, float, float, float, float], tuple[float, float]]:  # fmt: skip
    """Supertrend, a stop that follows the price at `multiplier` ATRs; `direction` is 1 up, -1 down.

    The line is below the price in an uptrend and turns above it when a close breaks it. ATR in Wilder's
    smoothing; it begins as an uptrend (as TA-Lib).
    Source: O. Seban.
    """
    seen, before, average, upper, lower, direction = state
    top, bottom, now = high[i], low[i], close[i]
    reach = (top if top > before else before) - (bottom if bottom < before else before)
    seen += 1
    if seen <= period:
        return (seen, now, average + reach if seen > 1 else 0.0, 0.0, 0.0, 1.0), (nan, nan)
    weight = 1.0 / period
    average = average * (1.0 - weight if seen > period + 1 else weight) + reach * weight
    middle, away = (top + bottom) / 2.0, multiplier * average
    above, below = middle + away, middle - away
    # each band only comes nearer to the price, until the close before broke it
    upper = above if above < upper or before > upper or seen == period + 1 else upper
    lower = below if below > lower or before < lower or seen == period + 1 else lower
    broken = now < lower if direction > 0.0 else now > upper
    direction = -direction if broken else direction
    return (seen, now, average, upper, lower, direction), (lower if direction > 0.0 else upper, direction)
