"""Averages that follow fast in a trend and hardly at all in noise: Kaufman's, McGinley's, Chande's."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import price_crosses

KamaState: TypeAlias = tuple[int, int, float, float, float]


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
