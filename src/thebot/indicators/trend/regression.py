"""The straight line through the last prices: its end, slope, angle, fit and channel."""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.usual import crosses_zero, leaves_bands, price_crosses
from thebot.indicators.windows import ANEW

DEGREES: Final = 180.0 / math.pi

# seen, a recent price, then of the prices' distances from it: sum, sum of distance times age, sum of squares
# about their mean; and the largest that the squares have been
FitState: TypeAlias = tuple[int, float, float, float, float, float]
START: Final = (0, 0.0, 0.0, 0.0, 0.0, 0.0)


def fitted(state: FitState, price: Column, i: int, period: int) -> tuple[FitState, float, float]:
    """The next state, and the line by least squares through the last `period` prices: its middle and slope.

    Running sums of what prices differ from a recent one, so that no digits are lost to their size. They are
    made anew regularly, and before what has left the window drowns what is in it (a crash by factors).
    """
    seen, centre, total, aged, squares, most = state
    seen += 1
    if seen < period:
        return (seen, 0.0, 0.0, 0.0, 0.0, 0.0), nan, nan
    count = 1.0 * period
    share = 1.0 / count
    if seen > period:  # the newest comes in, all others age, the oldest leaves
        new, old = price[i] - centre, price[i - period] - centre
        aged += total - count * old
        before = total * share
        total += new - old
        squares += (new - old) * ((new - total * share) + (old - before))
    if squares * 64.0 < most or seen == period or seen > 2 * period + ANEW:
        centre = price[i]
        total, aged, squares = 0.0, 0.0, 0.0
        for back in range(1, period):
            away = price[i - back] - centre
            total += away
            aged += back * away
            squares += away * away
        squares -= total * total * share
        if squares * 64.0 < total * total * share:  # far from the newest price: about their mean, exactly
            squares, mean = 0.0, total * share
            for back in range(period):
                away = price[i - back] - centre - mean
                squares += away * away
        most, seen = squares, period
    most = squares if squares > most else most
    slope = (total * ((count - 1.0) * 0.5) - aged) * (12.0 / (count * (count * count - 1.0)))
    return (seen, centre, total, aged, squares, most), centre + total * share, slope


@indicator(
    inputs=(close,), start=START, group="trend", overlay=True, unit="input", lookback=lambda period: period,
    memory=lambda period: period - 1, ranges={"period": (2, 100_000)}, label="LinReg",
    aliases=("linearreg", "lsma", "epma"), rule=price_crosses,
)  # fmt: skip
def linreg(state: FitState, price: Column, i: int, period: int = 14) -> tuple[FitState, float]:
    """Linear regression: where the straight line through the last prices ends, at this candle.

    It follows the price closer than an average. Also known as least squares moving average.

    Formula: the end of the line by least squares through the last `period` prices
    Convention: as TA-Lib's LINEARREG
    Source: common knowledge
    """
    state, middle, slope = fitted(state, price, i, period)
    return state, middle + slope * ((period - 1) * 0.5)


@indicator(
    inputs=(close,), start=START, group="trend", unit="input", lookback=lambda period: period,
    memory=lambda period: period - 1, ranges={"period": (2, 100_000)}, label="LinReg slope", guides=(0.0,),
    aliases=("linearreg_slope", "slope"), rule=crosses_zero,
)  # fmt: skip
def linreg_slope(state: FitState, price: Column, i: int, period: int = 14) -> tuple[FitState, float]:
    """Linear regression slope: by how much a candle the straight line through the last prices rises.

    Formula: the slope of the line by least squares through the last `period` prices
    Convention: price a candle, as TA-Lib's LINEARREG_SLOPE
    Source: common knowledge
    """
    state, _, slope = fitted(state, price, i, period)
    return state, slope


@indicator(
    inputs=(close,), start=START, group="trend", overlay=True, unit="input", lookback=lambda period: period,
    memory=lambda period: period - 1, ranges={"period": (2, 100_000)}, label="LinReg intercept",
    aliases=("linearreg_intercept",),
)  # fmt: skip
def linreg_intercept(state: FitState, price: Column, i: int, period: int = 14) -> tuple[FitState, float]:
    """Linear regression intercept: where the straight line through the last prices begins.

    Formula: the line by least squares through the last `period` prices, at the oldest of them
    Convention: as TA-Lib's LINEARREG_INTERCEPT
    Source: common knowledge
    """
    state, middle, slope = fitted(state, price, i, period)
    return state, middle - slope * ((period - 1) * 0.5)


@indicator(
    inputs=(close,), start=START, group="trend", overlay=True, unit="input", lookback=lambda period: period,
    memory=lambda period: period - 1, ranges={"period": (2, 100_000)}, aliases=("time_series_forecast",),
    rule=price_crosses,
)  # fmt: skip
def tsf(state: FitState, price: Column, i: int, period: int = 14) -> tuple[FitState, float]:
    """Time series forecast: where the straight line through the last prices will be one candle on.

    Formula: the end of the line by least squares through the last `period` prices, plus its slope
    Convention: as TA-Lib
    Source: common knowledge
    """
    state, middle, slope = fitted(state, price, i, period)
    return state, middle + slope * ((period + 1) * 0.5)


@indicator(
    inputs=(close,), start=START, group="trend", unit="number", lookback=lambda period: period,
    memory=lambda period: period - 1, ranges={"period": (2, 100_000)}, label="LinReg angle", guides=(0.0,),
    rule=crosses_zero,
)  # fmt: skip
def linreg_angle(state: FitState, price: Column, i: int, period: int = 14) -> tuple[FitState, float]:
    """Linear regression angle, -90 to 90: how steeply prices rise, where 1 % a candle is 45 degrees.

    Formula: arctan(100 * slope / mean price), in degrees, of the line by least squares through the last
        `period` prices
    Convention: the slope in percent of the mean price, so that all markets compare; 0 where the mean is 0.
        TA-Lib's LINEARREG_ANGLE takes the slope in quote currency: near 90 for bitcoin, near 0 for most
    Source: common knowledge
    """
    state, middle, slope = fitted(state, price, i, period)
    size = middle if middle > 0.0 else -middle
    return state, math.atan(100.0 * slope / size) * DEGREES if size > 0.0 else 0.0 * slope


@indicator(
    inputs=(close,), start=START, group="trend", lookback=lambda period: period,
    memory=lambda period: period - 1, ranges={"period": (3, 100_000)}, label="R²", aliases=("rsquared", "r2"),
)  # fmt: skip
def r_squared(state: FitState, price: Column, i: int, period: int = 14) -> tuple[FitState, float]:
    """R-squared, 0 to 1: how well a straight line fits the last prices; near 1 in a steady trend.

    Formula: the share of the prices' variance that the line by least squares explains
    Convention: 0 where the price does not move
    Source: common knowledge
    """
    state, _, slope = fitted(state, price, i, period)
    squares = state[4]
    explained = slope * slope * (period * (1.0 * period * period - 1.0) / 12.0)
    share = explained / squares if squares > 0.0 else 0.0 * slope
    return state, 1.0 if share > 1.0 else share


@indicator(
    inputs=(close,), start=START, group="trend", outputs=("line", "upper", "lower"), overlay=True,
    unit="input", lookback=lambda period, width: period, memory=lambda period, width: period - 1,
    ranges={"period": (3, 100_000)}, label="LinReg channel", aliases=("regression_channel",),
    rule=leaves_bands,
)  # fmt: skip
def linreg_channel(
    state: FitState, price: Column, i: int, period: int = 100, width: float = 2.0
) -> tuple[FitState, tuple[float, float, float]]:
    """Linear regression channel: the end of the line through the last prices, and its usual distance.

    Values are those of the channel's end at each candle, so they never change later; the line that is drawn
    through them is therefore not straight.

    Formula: line = the end of the line by least squares through the last `period` prices; upper and lower =
        line +- width * sqrt(mean((price - line)^2))
    Convention: the deviation of the prices from the line, divided by `period` (as TradingView; the standard
        error of regression divides by period - 2)
    Source: common knowledge
    """
    state, middle, slope = fitted(state, price, i, period)
    rest = state[4] - slope * slope * (period * (1.0 * period * period - 1.0) / 12.0)
    away = width * math.sqrt(rest / period) if rest > 0.0 else 0.0
    line = middle + slope * ((period - 1) * 0.5)
    return state, (line, line + away, line - away)
