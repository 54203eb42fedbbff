"""Averages that follow fast in a trend and hardly at all in noise: Kaufman's, McGinley's, Chande's."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.averages.sums import ANEW, FALLEN
from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import price_crosses

KamaState: TypeAlias = tuple[int, int, float, float, float]
Spread: TypeAlias = tuple[float, float, float, float]
VidyaState: TypeAlias = tuple[int, float, float, float, float, float, float, float, float, float]


def _moves(price: Column, i: int, count: int) -> float:
    """The sum of the last `count` changes without their signs."""
    total = 0.0
    for back in range(count - 1, -1, -1):
        total += abs(price[i - back] - price[i - back - 1])
    return total


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
    seen, still, moved, most, average = state
    seen += 1
    now = price[i]
    if seen == 1:
        return (seen, still, moved, most, now), nan
    last = price[i - 1]
    still = still + 1 if now == last else 0
    moved += abs(now - last)
    if seen <= period:
        return (seen, still, moved, most, now), nan
    if still >= period or moved * FALLEN < most or seen > 2 * period + ANEW:
        moved = 0.0 if still >= period else _moves(price, i, period)
        seen, still, most = period + 1, still if still < period else period, 0.0
    most = moved if moved > most else most
    change = abs(now - price[i - period])
    ratio = change / moved if moved > change else 1.0
    slowest = 2.0 / (slow + 1.0)
    weight = ratio * (2.0 / (fast + 1.0) - slowest) + slowest
    average += weight * weight * (now - average)
    moved -= abs(price[i - period + 1] - price[i - period])
    return (seen, still, moved, most, average), average


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
