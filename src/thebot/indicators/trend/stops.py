"""Stops that follow the price: each is also a way to tell the trend's direction."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import (
    Expression,
    close,
    crosses_above,
    crosses_below,
    high,
    low,
    nan,
)
from thebot.indicators.indicator import Column, Indicator, combination, indicator
from thebot.indicators.memory import wilder
from thebot.indicators.trend.extremes import highest, lowest
from thebot.indicators.usual import BuySell
from thebot.indicators.windows import bottom_of, reach_of, top_of

StopState: TypeAlias = tuple[int, float, float, float, float, float]
SarState: TypeAlias = tuple[int, float, float, float, float]


def turns(stop: Indicator) -> BuySell:
    """Bought when the direction turns up, sold when it turns down."""
    return crosses_above(stop.direction, 0), crosses_below(stop.direction, 0)


def breaks_stops(stops: Indicator) -> BuySell:
    """Bought when the close breaks above the stop of a short position, sold below that of a long one."""
    return crosses_above(close, stops.short), crosses_below(close, stops.long)


def breaks_entries(lines: Indicator) -> BuySell:
    """Bought when the close breaks above the `long` line, sold when it breaks below the `short` one."""
    return crosses_above(close, lines.long), crosses_below(close, lines.short)


def smoothed(average: float, reach: float, seen: int, period: int) -> float:
    """Wilder's average of true ranges; during the first `period` candles their sum, so far.

    The first candle has no close before it and does not count.
    """
    if seen <= period:
        return average + reach if seen > 1 else 0.0
    weight = 1.0 / period
    return average * (1.0 - weight if seen > period + 1 else weight) + reach * weight


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0), group="trend",
    outputs=("line", "direction"), overlay=True, unit=("input", "number"), label="Supertrend",
    aliases=("super_trend",), rule=turns,
)  # fmt: skip
def supertrend(
    state: StopState,
    high: Column, low: Column, close: Column, i: int, period: int = 10, multiplier: float = 3.0,
) -> tuple[StopState, tuple[float, float]]:  # fmt: skip
    """Supertrend: a stop that follows the middle of the candles at `multiplier` ATRs.

    `direction` is 1 in an uptrend, when the line runs below the price, and -1 in a downtrend, when it runs
    above. A close beyond the line turns it.

    Formula: lower = (high + low) / 2 - multiplier * ATR(period), only rising until a close breaks it; upper
        likewise above, only falling; the line is the lower in an uptrend, the upper in a downtrend
    Convention: ATR in Wilder's smoothing; it begins as an uptrend (as TA-Lib)
    Source: O. Seban, "Tout le monde mérite d'être riche", 2008
    """
    seen, before, average, upper, lower, direction = state
    top, bottom, now = high[i], low[i], close[i]
    seen += 1
    average = smoothed(average, reach_of(top, bottom, before), seen, period)
    if seen <= period:
        return (seen, now, average, 0.0, 0.0, 1.0), (nan, nan)
    middle, away = (top + bottom) / 2.0, multiplier * average
    above, below = middle + away, middle - away
    # each band only comes nearer to the price, until the close before broke it
    upper = above if above < upper or before > upper or seen == period + 1 else upper
    lower = below if below > lower or before < lower or seen == period + 1 else lower
    broken = now < lower if direction > 0.0 else now > upper
    direction = -direction if broken else direction
    return (seen, now, average, upper, lower, direction), (lower if direction > 0.0 else upper, direction)


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0), group="trend",
    outputs=("line", "direction"), overlay=True, unit=("input", "number"), label="ATR stop",
    aliases=("atr_trailing_stop", "atrts"), rule=turns,
)  # fmt: skip
def atr_stop(
    state: StopState,
    high: Column, low: Column, close: Column, i: int, period: int = 21, multiplier: float = 3.0,
) -> tuple[StopState, tuple[float, float]]:  # fmt: skip
    """ATR trailing stop: a stop that follows the close at `multiplier` ATRs and never goes back.

    `direction` is 1 while it protects a long position from below, -1 while it protects a short one from
    above. A close at or beyond it turns it.

    Formula: lower = close - multiplier * ATR(period), only rising until the close before fell below it;
        upper likewise above, only falling
    Convention: ATR in Wilder's smoothing; it begins upward if the first close that has an ATR is not below
        the one before (as Stock.Indicators, measured from the close)
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978; in this form Stock.Indicators
    """
    seen, before, average, upper, lower, direction = state
    now = close[i]
    seen += 1
    average = smoothed(average, reach_of(high[i], low[i], before), seen, period)
    if seen <= period:
        return (seen, now, average, 0.0, 0.0, 1.0), (nan, nan)
    above, below = now + multiplier * average, now - multiplier * average
    if seen == period + 1:
        upper, lower = above, below
        direction = 1.0 if now >= before else -1.0
    upper = above if above < upper or before > upper else upper
    lower = below if below > lower or before < lower else lower
    direction = -1.0 if now <= (lower if direction > 0.0 else upper) else 1.0
    return (seen, now, average, upper, lower, direction), (lower if direction > 0.0 else upper, direction)


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0), group="trend", outputs=("long", "short"),
    overlay=True, unit="input", lookback=lambda period, multiplier: period,
    memory=lambda period, multiplier: period + wilder(period), label="Chandelier",
    aliases=("chandelier_exit", "ce"), rule=breaks_stops,
)  # fmt: skip
def chandelier(
    state: tuple[int, float, float, float, float],
    high: Column, low: Column, close: Column, i: int, period: int = 22, multiplier: float = 3.0,
) -> tuple[tuple[int, float, float, float, float], tuple[float, float]]:  # fmt: skip
    """Chandelier exit: stops that hang `multiplier` ATRs below the highest high and above the lowest low.

    `long` is the stop of a long position, `short` that of a short one.

    Formula: long = highest(high, period) - multiplier * ATR(period);
        short = lowest(low, period) + multiplier * ATR(period)
    Convention: ATR in Wilder's smoothing, seeded with the mean of `period` true ranges (as Stock.Indicators)
    Source: C. Le Beau; A. Elder, "Come into My Trading Room", 2002
    """
    seen, before, average, top, bottom = state
    now = close[i]
    seen += 1
    average = smoothed(average, reach_of(high[i], low[i], before), seen, period)
    top, bottom = top_of(top, high, i, seen, period), bottom_of(bottom, low, i, seen, period)
    if seen <= period:
        return (seen, now, average, top, bottom), (nan, nan)
    away = multiplier * average
    return (seen, now, average, top, bottom), (top - away, bottom + away)


@combination(
    inputs=(high, low, close), group="trend", outputs=("long", "short"), overlay=True, unit="input",
    label="Chande Kroll", aliases=("chande_kroll_stop", "cksp"), rule=breaks_entries,
)  # fmt: skip
def chande_kroll(
    high: Expression, low: Expression, close: Expression, period: int = 10, multiplier: float = 1.0,
    smooth: int = 9,
) -> tuple[Expression, Expression]:  # fmt: skip
    """Chande Kroll stop: the tightest chandelier stops of the last `smooth` candles, the other way round.

    One is long above the `long` line and short below the `short` line; the two may cross. A close above
    both is an uptrend, below both a downtrend.

    Formula: first = highest(high, period) - multiplier * ATR(period), short = highest(first, smooth);
        first = lowest(low, period) + multiplier * ATR(period), long = lowest(first, smooth)
    Convention: ATR in Wilder's smoothing; which of the lines is called long and which short as talipp and
        TradingView
    Source: T. Chande, S. Kroll, "The New Technical Trader", 1994
    """
    first = chandelier(high, low, close, period, multiplier)
    return lowest(first.short, smooth), highest(first.long, smooth)


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0, 0.0, 1.0), group="trend", outputs=("line", "direction"),
    overlay=True, unit=("input", "number"), lookback=1, label="PSAR", aliases=("sar", "parabolic_sar"),
    rule=turns,
)  # fmt: skip
def psar(
    state: SarState, high: Column, low: Column, i: int, acceleration: float = 0.02, maximum: float = 0.2
) -> tuple[SarState, tuple[float, float]]:
    """Parabolic SAR: a stop that runs after the price faster with every new extreme, then turns.

    `direction` is 1 in an uptrend, when the line runs below the price, and -1 in a downtrend, when it runs
    above. A candle that touches the line turns it at once: the line goes to the trend's extreme.

    Formula: line + factor * (extreme - line), never inside the last two candles; the factor grows by
        `acceleration` with each new extreme up to `maximum`
    Convention: the first direction is down if the second candle has downward movement in Wilder's sense, else
        up; an acceleration above the maximum is the maximum (as TA-Lib)
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, line, extreme, factor, direction = state
    seen += 1
    if seen == 1:
        return (seen, 0.0, 0.0, 0.0, 1.0), (nan, nan)
    first = acceleration if acceleration < maximum else maximum
    top, bottom, top_before, bottom_before = high[i], low[i], high[i - 1], low[i - 1]
    if seen == 2:
        fall = bottom_before - bottom
        direction = -1.0 if fall > 0.0 and fall > top - top_before else 1.0
        line, extreme = (bottom_before, top) if direction > 0.0 else (-top_before, -bottom)
        factor = first
        top_before, bottom_before = top, bottom
    # a downtrend is an uptrend with all prices negative (line and extreme are kept so): `ahead` is where it
    # goes, `behind` where it stops
    rising = direction > 0.0
    ahead, ahead_before = (top, top_before) if rising else (-bottom, -bottom_before)
    behind, behind_before = (bottom, bottom_before) if rising else (-top, -top_before)
    if behind <= line:  # it turns: what was ahead is behind now
        direction = -direction
        nearest = -(ahead if ahead > ahead_before else ahead_before)
        line = -extreme if -extreme < nearest else nearest
        extreme, factor = -behind, first
    else:
        nearest = behind if behind < behind_before else behind_before
        grown = factor + acceleration
        grown = grown if grown < maximum else maximum
        factor = grown if ahead > extreme else factor
        extreme = ahead if ahead > extreme else extreme
    shown = line * direction
    line += factor * (extreme - line)
    line = line if line < nearest else nearest
    return (seen, line, extreme, factor, direction), (shown, direction)
