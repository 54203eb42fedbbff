"""Whether moves go on or turn back: the Hurst exponent."""

from __future__ import annotations

import math

from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator


def rescaled_range(returns: list[float], first: int, size: int) -> float:
    """By how much the sum of returns strays from a steady pace, in their standard deviations."""
    mean = 0.0
    for k in range(first, first + size):
        mean += returns[k]
    mean /= size
    away, squares, top, bottom = 0.0, 0.0, 0.0, 0.0
    for k in range(first, first + size):
        step = returns[k] - mean
        away += step
        squares += step * step
        if k == first:
            top, bottom = away, away
        top = away if away > top else top
        bottom = away if away < bottom else bottom
    return (top - bottom) / math.sqrt(squares / size) if squares > 0.0 else 0.0


@indicator(
    inputs=(close,), start=(0,), group="trend", guides=(0.5,), lookback=lambda period: period,
    memory=lambda period: period, ranges={"period": (16, 5_000)}, label="Hurst", aliases=("hurst_exponent",),
)  # fmt: skip
def hurst(state: tuple[int], price: Column, i: int, period: int = 100) -> tuple[tuple[int], float]:
    """Hurst exponent: whether moves go on (above 0.5), turn back (below), or are mere chance (0.5).

    Short windows read high: 100 steps of pure chance give about 0.58 rather than 0.5.

    Formula: the slope of log(R/S) over log(size), where the returns are cut into 1, 2, 4... parts of equal
        size (8 or more) and R/S is the parts' mean range of cumulative deviations over their deviation
    Convention: `period` log returns, population deviation, what the parts leave over is the oldest (as
        Stock.Indicators); parts without any movement are 0, and 0.5 where fewer than two sizes move
    Source: H. E. Hurst, 1951; B. Mandelbrot, J. Wallis, 1969
    """
    seen = state[0] + 1
    if seen <= period:
        return (seen,), nan
    returns = [0.0] * period
    for k in range(period):
        now, before = price[i - period + k + 1], price[i - period + k]
        growth = now / before if before != 0.0 else 1.0
        returns[k] = math.log(growth) if growth > 0.0 else 0.0
    sizes, x, y, xx, xy = 0.0, 0.0, 0.0, 0.0, 0.0
    parts = 1
    while period // parts >= 8:
        size = period // parts
        total = 0.0
        for part in range(parts):
            total += rescaled_range(returns, period - (part + 1) * size, size)
        if total > 0.0:
            across, up = math.log(size), math.log(total / parts)
            sizes, x, y, xx, xy = sizes + 1.0, x + across, y + up, xx + across * across, xy + across * up
        parts *= 2
    if sizes < 2.0:
        return (period,), 0.5
    return (period,), (sizes * xy - x * y) / (sizes * xx - x * x)
