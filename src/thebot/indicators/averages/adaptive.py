"""Averages that follow fast in a trend and hardly at all in noise: Kaufman's, McGinley's, Chande's."""

from __future__ import annotations

import math
from typing import TypeAlias

from thebot.indicators.averages.sums import summed
from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import price_crosses
from thebot.indicators.windows import ANEW, squared_deviations

KamaState: TypeAlias = tuple[int, int, float, float, float]
VidyaState: TypeAlias = tuple[int, float, float, float, float, float, float, float]


@indicator(
    inputs=(close,), start=(0, 0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period, fast, slow: period,
    memory=lambda period, fast, slow: period + exponential((2.0 / (slow + 1.0)) * (2.0 / (slow + 1.0))),
    rising=("fast", "slow"), rule=price_crosses,
)  # fmt: skip
def kama(
    state: KamaState, price: Column, i: int, period: int = 10, fast: int = 2, slow: int = 30
) -> tuple[KamaState, float]:
    """Kaufman's adaptive moving average: as fast as an EMA(fast) in a trend, as slow as EMA(slow) in noise.

    How straight the way was decides: the efficiency ratio, from 0 for no progress to 1 for a straight line.

    Formula: kama + c^2 * (price - kama), c = ratio * (2/(fast+1) - 2/(slow+1)) + 2/(slow+1),
    ratio = abs(change over period) / sum(abs(change of each candle), period)
    Convention: begins at the close before the first value, as TA-Lib; the ratio is 1 if nothing moved
    Source: P. Kaufman, "Trading Systems and Methods", 1995
    """
    seen, still, moved, fresh, average = state
    now, last, oldest = price[i], price[i - 1], price[i - period]
    if seen == 0:
        return (1, 0, 0.0, 0.0, now), nan
    step = abs(now - last)
    moved += step
    fresh += step
    still = still + 1 if step == 0.0 else 0
    seen += 1
    if seen == period + 1 or seen == 2 * period + 1:  # `fresh` has seen the whole window and nothing but it
        moved, fresh, seen = fresh, 0.0, period + 1
    if seen <= period:
        return (seen, still, 0.0, fresh, now), nan
    change = abs(now - oldest)
    ratio = change / moved if moved > change and still < period else 1.0
    slowest = 2.0 / (slow + 1.0)
    weight = ratio * (2.0 / (fast + 1.0) - slowest) + slowest
    share = weight * weight
    average = average * (1.0 - share) + share * now
    still = still if still < period else period
    return (seen, still, moved - abs(price[i - period + 1] - oldest), fresh, average), average


@indicator(
    inputs=(close,), start=(0, 0.0), group="averages", overlay=True, unit="input",
    aliases=("mcginley_dynamic",), ranges={"factor": (0.01, 100.0)}, rule=price_crosses,
)  # fmt: skip
def mcginley(
    state: tuple[int, float], price: Column, i: int, period: int = 14, factor: float = 0.6
) -> tuple[tuple[int, float], float]:
    """McGinley Dynamic: an average that hurries after a falling price and takes its time with a rising one.

    Formula: md + (price - md) / (factor * period * (price / md)^4)
    Convention: begins at the first value, as Stock.Indicators; never goes beyond the price, which the
    formula does where that has fallen far below the line
    Source: J. R. McGinley, "The McGinley Dynamic", Market Technicians Association Journal, 1991
    """
    seen, line = state
    now = price[i]
    if seen == 0 or line == 0.0:
        return (1, now), now
    ratio = now / line
    square = ratio * ratio
    slowness = factor * period * (square * square)
    line = line + (now - line) / slowness if slowness > 1.0 else now
    return (1, line), line


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="averages", overlay=True,
    unit="input", lookback=lambda fast, slow, alpha: slow,
    ranges={"fast": (2, 100_000), "slow": (3, 100_000), "alpha": (0.0, 1.0)}, rising=("fast", "slow"),
    rule=price_crosses,
)  # fmt: skip
def vidya(
    state: VidyaState, price: Column, i: int, fast: int = 9, slow: int = 30, alpha: float = 0.2
) -> tuple[VidyaState, float]:
    """Variable index dynamic average: the wilder the price of late, the faster it follows.

    Formula: vidya + w * (price - vidya), w = alpha * deviation(price, fast) / deviation(price, slow)
    Convention: begins at the price before the first value, as Tulip; w is 0 where nothing moves and at most 1
    Source: T. S. Chande, "Adapting Moving Averages to Market Volatility", Stocks & Commodities, 1992
    """
    seen, fast_mean, fast_squares, fast_most, slow_mean, slow_squares, slow_most, line = state
    now = price[i]
    seen += 1
    if seen < slow:
        return (seen, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, now), nan
    if seen > slow:  # the newest comes in, the oldest leaves
        left, before = price[i - fast], fast_mean
        fast_mean += (now - left) / fast
        fast_squares += (now - left) * ((now - fast_mean) + (left - before))
        left, before = price[i - slow], slow_mean
        slow_mean += (now - left) / slow
        slow_squares += (now - left) * ((now - slow_mean) + (left - before))
    drowned = fast_squares * 64.0 < fast_most or slow_squares * 64.0 < slow_most  # in what has left
    if seen == slow or drowned or seen > 2 * slow + ANEW:
        fast_mean, slow_mean = summed(price, i, fast) / fast, summed(price, i, slow) / slow
        fast_squares = squared_deviations(price, i, fast, now)
        slow_squares = squared_deviations(price, i, slow, now)
        seen, fast_most, slow_most = slow, 0.0, 0.0
    fast_squares = fast_squares if fast_squares > 0.0 else 0.0
    slow_squares = slow_squares if slow_squares > 0.0 else 0.0
    fast_most = fast_squares if fast_squares > fast_most else fast_most
    slow_most = slow_squares if slow_squares > slow_most else slow_most
    weight = alpha * math.sqrt((fast_squares * slow) / (slow_squares * fast)) if slow_squares > 0.0 else 0.0
    weight = weight if weight < 1.0 else 1.0
    line = line * (1.0 - weight) + now * weight
    return (seen, fast_mean, fast_squares, fast_most, slow_mean, slow_squares, slow_most, line), line
