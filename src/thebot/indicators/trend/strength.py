"""Whether there is a trend, and which way: Aroon, Vortex, VHF."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.usual import crosses_its_signal, crosses_zero
from thebot.indicators.windows import ANEW, bottom_of, top_of

AroonState: TypeAlias = tuple[int, float, float, float, float]
VortexState: TypeAlias = tuple[int, float, float, float, float]


def newest_high(
    top: float, age: float, column: Column, i: int, seen: int, period: int
) -> tuple[float, float]:
    """The highest of the last `period` values and how many candles ago it was; of equal ones the newest."""
    new = column[i]
    if new >= top or seen == 1:
        return new, 0.0
    if age + 1.0 < period:
        return top, age + 1.0
    top, age = new, 0.0
    for back in range(1, period):
        higher = column[i - back] > top
        top = column[i - back] if higher else top
        age = back * 1.0 if higher else age
    return top, age


def newest_low(
    bottom: float, age: float, column: Column, i: int, seen: int, period: int
) -> tuple[float, float]:
    """The lowest of the last `period` values and how many candles ago it was; of equal ones the newest."""
    new = column[i]
    if new <= bottom or seen == 1:
        return new, 0.0
    if age + 1.0 < period:
        return bottom, age + 1.0
    bottom, age = new, 0.0
    for back in range(1, period):
        lower = column[i - back] < bottom
        bottom = column[i - back] if lower else bottom
        age = back * 1.0 if lower else age
    return bottom, age


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0, 0.0, 0.0), group="trend", outputs=("up", "down", "oscillator"),
    guides=(30.0, 70.0), unit="index", lookback=lambda period: period, memory=lambda period: period,
    label="Aroon", rule=crosses_its_signal,
)  # fmt: skip
def aroon(
    state: AroonState, high: Column, low: Column, i: int, period: int = 25
) -> tuple[AroonState, tuple[float, float, float]]:
    """Aroon, 0 to 100: how recent the highest high (`up`) and the lowest low (`down`) are.

    100 is this very candle, 0 is `period` candles ago. `up` above 70 and `down` below 30 is an uptrend;
    `oscillator` is their difference, -100 to 100.

    Formula: up = 100 * (period - candles since the highest high) / period; down likewise of the lowest low
    Convention: looks at period + 1 candles; of equal highs or lows the newest counts (as TA-Lib)
    Source: T. Chande, 1995
    """
    seen, top, top_age, bottom, bottom_age = state
    seen += 1
    top, top_age = newest_high(top, top_age, high, i, seen, period + 1)
    bottom, bottom_age = newest_low(bottom, bottom_age, low, i, seen, period + 1)
    if seen <= period:
        return (seen, top, top_age, bottom, bottom_age), (nan, nan, nan)
    share = 100.0 / period
    up, down = (period - top_age) * share, (period - bottom_age) * share
    return (seen, top, top_age, bottom, bottom_age), (up, down, (bottom_age - top_age) * share)


@combination(
    inputs=(high, low), group="trend", guides=(0.0,), unit="index", label="Aroon oscillator",
    aliases=("aroon_oscillator",), rule=crosses_zero,
)  # fmt: skip
def aroonosc(high: Expression, low: Expression, period: int = 25) -> Expression:
    """Aroon oscillator, -100 to 100: Aroon up less Aroon down, positive in an uptrend.

    Formula: up - down
    Convention: of equal highs or lows the newest counts (as TA-Lib)
    Source: T. Chande, 1995
    """
    return aroon(high, low, period).oscillator


def distance(one: float, other: float) -> float:
    """How far apart two prices are."""
    return one - other if one > other else other - one


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0), group="trend", outputs=("plus", "minus"),
    guides=(1.0,), lookback=lambda period: period + 1, memory=lambda period: period, label="Vortex",
    aliases=("vi", "vtx"), rule=crosses_its_signal,
)  # fmt: skip
def vortex(
    state: VortexState, high: Column, low: Column, close: Column, i: int, period: int = 14
) -> tuple[VortexState, tuple[float, float]]:
    """Vortex indicator: upward and downward swings from candle to candle, in true ranges.

    `plus` above `minus` is an uptrend, below it a downtrend; both are near 1.

    Formula: plus = sum(|high - low before|) / sum(true range), minus = sum(|low - high before|) / sum(true
        range), each over `period` candles
    Convention: 0 where nothing moves (as TA-Lib)
    Source: E. Botes, D. Siepman, "The Vortex Indicator", Stocks & Commodities, 2010
    """
    seen, plus, minus, reach, most = state
    seen += 1
    if seen == 1:
        return (seen, 0.0, 0.0, 0.0, 0.0), (nan, nan)
    before = close[i - 1]
    plus += distance(high[i], low[i - 1])
    minus += distance(low[i], high[i - 1])
    reach += (high[i] if high[i] > before else before) - (low[i] if low[i] < before else before)
    if seen <= period:
        return (seen, plus, minus, reach, reach), (nan, nan)
    if seen > period + 1:  # what the sums had taken in `period` candles ago leaves
        j = i - period
        before = close[j - 1]
        plus -= distance(high[j], low[j - 1])
        minus -= distance(low[j], high[j - 1])
        reach -= (high[j] if high[j] > before else before) - (low[j] if low[j] < before else before)
    # summed anew before what has left the window drowns what is in it (a crash by factors), and regularly
    if reach * 64.0 < most or seen > 2 * period + ANEW:
        plus, minus, reach = 0.0, 0.0, 0.0
        for back in range(period):
            j = i - back
            before = close[j - 1]
            plus += distance(high[j], low[j - 1])
            minus += distance(low[j], high[j - 1])
            reach += (high[j] if high[j] > before else before) - (low[j] if low[j] < before else before)
        most, seen = reach, period + 1
    most = reach if reach > most else most
    share = 1.0 / reach if reach > 0.0 else 0.0
    return (seen, plus, minus, reach, most), (plus * share, minus * share)


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0), group="trend", lookback=lambda period: period + 1,
    memory=lambda period: period, aliases=("vertical_horizontal_filter",),
)  # fmt: skip
def vhf(
    state: tuple[int, float, float, float, float], price: Column, i: int, period: int = 28
) -> tuple[tuple[int, float, float, float, float], float]:
    """Vertical horizontal filter, 0 to 1: how much of the way that prices went was in one direction.

    High values are a trend, low ones a sideways market; which way it goes it does not say.

    Formula: (highest(price, period) - lowest(price, period)) / sum(|price - price before|, period)
    Convention: `period` prices above, `period` changes below; 0 where nothing moves (as TA-Lib)
    Source: A. White, "The Vertical Horizontal Filter", Futures, 1991
    """
    seen, top, bottom, way, most = state
    seen += 1
    new = price[i]
    top, bottom = top_of(top, price, i, seen, period), bottom_of(bottom, price, i, seen, period)
    if seen == 1:
        return (seen, top, bottom, 0.0, 0.0), nan
    way += distance(new, price[i - 1])
    if seen <= period:
        return (seen, top, bottom, way, way), nan
    if seen > period + 1:
        way -= distance(price[i - period], price[i - period - 1])
    if way * 64.0 < most or seen > 2 * period + ANEW:  # see `vortex`
        way = 0.0
        for back in range(period):
            way += distance(price[i - back], price[i - back - 1])
        most, seen = way, period + 1
    most = way if way > most else most
    return (seen, top, bottom, way, most), (top - bottom) / way if way > 0.0 else 0.0
