"""Levels that held before, and the price leaving its range."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from thebot.indicators.expression import Expression, close, high, low, nan, volume
from thebot.indicators.indicator import Column, Indicator, indicator
from thebot.indicators.structure.turning import averaged, turned
from thebot.indicators.windows import ANEW, reach_of

Eight: TypeAlias = tuple[float, float, float, float, float, float, float, float]
KEPT: Final = 8  # levels

_UNKNOWN: Final = (nan,) * KEPT
_NONE: Final = (0.0,) * KEPT


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, *_UNKNOWN, *_NONE, *_NONE), group="structure",
    outputs=(
        "support", "resistance", "support_strength", "resistance_strength", "support_touches",
        "resistance_touches",
    ),
    overlay=True, unit=("input", "input", "index", "index", "number", "number"),
    lookback=lambda left, right, period, tolerance, fade: left + right, label="Support/Resistance",
    sparse=True, aliases=("sr", "support_and_resistance"),
)  # fmt: skip
def support_resistance(
    state: Any,  # noqa: ANN401  (27 numbers)
    high: Column, low: Column, close: Column, i: int,
    left: int = 5, right: int = 5, period: int = 14, tolerance: float = 0.5, fade: int = 200,
) -> tuple[Any, tuple[float, float, float, float, float, float]]:  # fmt: skip
    """Support and resistance: the nearest levels below and above the close at which the price turned before.

    Eight levels are kept. A new swing high or low (of either kind: a broken resistance becomes support)
    within `tolerance` ATRs of a level touches the nearest such one and moves it to the mean of all its
    touches; any other makes a new level in the place of the one that was not touched for longest. Strength
    is 0 to 100. nan where there is no level on that side.
    Formula: support = the highest level at or below the close, resistance = the lowest level above it;
    strength = 100 * touches / (touches + 1) * fade / (fade + age), age in candles since its last swing stood
    Convention: swings as in `swings`, known `right` candles after they stood; ATR as Wilder's over `period`,
    as it is when the swing becomes known (the plain mean of what there is until there are `period`)
    Source: common knowledge; clustering and strength are THEBOT's own
    """
    seen, before, average = state[0], state[1], state[2]
    levels, touches, stamps = state[3:11], state[11:19], state[19:27]
    seen += 1
    now = close[i]
    average = averaged(average, reach_of(high[i], low[i], before), seen, period)
    if turned(high, 1.0, seen, i, left, right):
        levels, touches, stamps = touched(
            levels, touches, stamps, high[i - right], float(seen - right), tolerance * average
        )
    if turned(low, -1.0, seen, i, left, right):
        levels, touches, stamps = touched(
            levels, touches, stamps, low[i - right], float(seen - right), tolerance * average
        )
    below, below_touches, below_stamp = nan, nan, nan
    above, above_touches, above_stamp = nan, nan, nan
    for k in range(KEPT):
        level = levels[k]
        if level <= now and not below >= level:
            below, below_touches, below_stamp = level, touches[k], stamps[k]
        if level > now and not above <= level:
            above, above_touches, above_stamp = level, touches[k], stamps[k]
    return (seen, now, average, *levels, *touches, *stamps), (
        below,
        above,
        strength(below_touches, seen - below_stamp, fade),
        strength(above_touches, seen - above_stamp, fade),
        below_touches,
        above_touches,
    )


def touched(
    levels: Eight, touches: Eight, stamps: Eight, price: float, stamp: float, reach: float
) -> tuple[Eight, Eight, Eight]:
    """The levels after a swing at `price`: it moves the nearest within `reach`, else replaces the oldest."""
    nearest, away, oldest = -1, reach, 0
    for k in range(KEPT):
        apart = price - levels[k] if price > levels[k] else levels[k] - price
        if apart <= away:  # never of a place that is empty: nan
            nearest, away = k, apart
        if stamps[k] < stamps[oldest]:
            oldest = k
    if nearest < 0:
        return put(levels, oldest, price), put(touches, oldest, 1.0), put(stamps, oldest, stamp)
    count = touches[nearest]
    level = levels[nearest] + (price - levels[nearest]) / (count + 1.0)
    return put(levels, nearest, level), put(touches, nearest, count + 1.0), put(stamps, nearest, stamp)


def put(values: Eight, place: int, value: float) -> Eight:
    """The values with another in `place`."""
    a, b, c, d, e, f, g, h = values
    return (
        value if place == 0 else a,
        value if place == 1 else b,
        value if place == 2 else c,
        value if place == 3 else d,
        value if place == 4 else e,
        value if place == 5 else f,
        value if place == 6 else g,
        value if place == 7 else h,
    )


def strength(touches: float, age: float, fade: int) -> float:
    """0 to 100: more with each touch, half of it after `fade` candles. nan without a level."""
    return 100.0 * touches / (touches + 1.0) * fade / (fade + age)


def _confirmed(line: Indicator) -> tuple[Expression, Expression]:
    return (line.direction > 0) & (line.confirmed > 0), (line.direction < 0) & (line.confirmed > 0)


@indicator(
    inputs=(high, low, close, volume), start=(0, 0.0, 0.0, 0.0, 0.0), group="structure",
    outputs=("direction", "level_high", "level_low", "confirmed"), overlay=True,
    unit=("number", "input", "input", "number"), lookback=lambda period, volume_ratio: period,
    memory=lambda period, volume_ratio: period, label="Breakout", aliases=("range_breakout",),
    rule=_confirmed,
)  # fmt: skip
def breakout(
    state: tuple[int, float, float, float, float],
    high: Column, low: Column, close: Column, volume: Column, i: int,
    period: int = 20, volume_ratio: float = 1.5,
) -> tuple[tuple[int, float, float, float, float], tuple[float, float, float, float]]:  # fmt: skip
    """Breakout: whether the close leaves the range of the candles before it, and with how much volume.

    `direction` is 1 above the range, -1 below, 0 inside (a close at its edge is inside); `confirmed` is 1
    if the volume backs it, else 0. The range and the mean volume are those of the `period` candles before,
    without the newest.
    Formula: level_high = highest high, level_low = lowest low of the `period` candles before;
    confirmed = direction is not 0 and volume > volume_ratio * mean(volume of the `period` candles before)
    Convention: Donchian's channel without the newest candle (as Stock.Indicators' Donchian); without any
    volume nothing is confirmed
    Source: R. Donchian; R. Dennis and the Turtle traders, 1983
    """
    seen, top, bottom, total, most = state
    seen += 1
    up, down, traded = high[i], low[i], volume[i]
    known = seen > period
    above, below = 1.0 if close[i] > top else 0.0, 1.0 if close[i] < bottom else 0.0
    backed = (above + below) * (1.0 if traded * period > volume_ratio * total else 0.0)
    told = (above - below, top, bottom, backed) if known else (nan, nan, nan, nan)
    total += traded - (volume[i - period] if known else 0.0)
    # the whole window is read again when its highest or lowest leaves and nothing beats it, when a volume
    # has left that drowns those which stay, and now and then so that rounding cannot pile up
    if known and (
        (high[i - period] >= top and up < top)
        or (low[i - period] <= bottom and down > bottom)
        or total * 64.0 < most
        or seen > period + ANEW
    ):
        top, bottom, total = of_window(high, low, volume, i, period)
        most, seen = total, period
    else:
        top = up if up > top or seen == 1 else top
        bottom = down if down < bottom or seen == 1 else bottom
        most = total if total > most else most
    return (seen, top, bottom, total, most), told


def of_window(
    high: Column, low: Column, volume: Column, i: int, period: int
) -> tuple[float, float, float]:  # fmt: skip
    """The highest high, lowest low and sum of volumes of the last `period` candles."""
    top, bottom, total = high[i], low[i], volume[i]
    for back in range(1, period):
        top = high[i - back] if high[i - back] > top else top
        bottom = low[i - back] if low[i - back] < bottom else bottom
        total += volume[i - back]
    return top, bottom, total
