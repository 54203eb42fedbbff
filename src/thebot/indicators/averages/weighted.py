"""Averages that weigh each value by its place in the window: linear, triangular, Gaussian."""

from __future__ import annotations

import math
from typing import TypeAlias

from thebot.indicators.averages.sums import rising, size, strayed, summed
from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.usual import price_crosses
from thebot.indicators.windows import ANEW

WmaState: TypeAlias = tuple[int, float, float, float, float, float, float]


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: period - 1, memory=lambda period: period - 1, aliases=("lwma",),
    rule=price_crosses,
)  # fmt: skip
def wma(state: WmaState, price: Column, i: int, period: int = 20) -> tuple[WmaState, float]:
    """Weighted moving average: the newest value weighs `period`, each older one 1 less, the oldest 1.

    Formula: sum(price * (1, 2, ..., period)) / (1 + 2 + ... + period)
    Convention: running sums, as TA-Lib; begun anew each `period`, so that rounding cannot pile up
    Source: common knowledge
    """
    known, seen, total, weighted, fresh, mounting, oldest = state
    now = price[i]
    seen += 1.0
    weighted += period * now - total  # each value weighs 1 less than before, the oldest nothing any more
    total += now - oldest
    fresh += now
    mounting += seen * now
    if seen == period:  # `fresh` and `mounting` have seen the whole window and nothing but it
        known, seen, total, weighted, fresh, mounting = 1, 0.0, fresh, mounting, 0.0, 0.0
    if known == 0:
        return (known, seen, 0.0, 0.0, fresh, mounting, 0.0), nan
    value = weighted * (2.0 / (period * (period + 1.0)))
    return (known, seen, total, weighted, fresh, mounting, price[i - period + 1]), value


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: period, memory=lambda period: period - 1, aliases=("tma",), rule=price_crosses,
)  # fmt: skip
def trima(
    state: tuple[int, float, float, float, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, float, float, float, float], float]:
    """Triangular moving average: the middle of the window weighs most, both ends least.

    Smoother than others and half a period late.

    Formula: the SMA over half a period of the SMA over the other half; weights 1, 2, ..., 2, 1
    Convention: an even period has two middle values of the same weight, as TA-Lib; running sums
    Source: common knowledge
    """
    seen, newer, older, weighted, before = state
    half = (period + 1) // 2
    seen += 1
    if seen < period:
        return (seen, 0.0, 0.0, 0.0, 0.0), nan
    # with each candle the newer half comes one step nearer to the peak, the older half one away from it
    newer += price[i] - price[i - half]
    weighted += newer - older
    moved = 1.0
    if seen == period or seen > 2 * period + ANEW or strayed(newer, before):
        newer, older = summed(price, i, half), summed(price, i - period + half, half)
        weighted = rising(price, i - period + half, half)  # 1 for the oldest up to the middle
        for back in range(period - half):
            weighted += (back + 1) * price[i - back]
        seen, before, moved = period, size(newer), 0.0
    scale = 1.0 / (half * (period - half + 1.0))
    older = older + (price[i - period + half] - price[i - period]) if moved > 0.0 else older
    return (seen, newer, older, weighted, before), weighted * scale


@indicator(
    inputs=(close,), start=(0,), group="averages", overlay=True, unit="input",
    lookback=lambda period, offset, sigma: period - 1, memory=lambda period, offset, sigma: period - 1,
    ranges={"offset": (0.0, 1.0), "sigma": (0.1, 100.0)}, rule=price_crosses,
)  # fmt: skip
def alma(
    state: tuple[int], price: Column, i: int, period: int = 9, offset: float = 0.85, sigma: float = 6.0
) -> tuple[tuple[int], float]:
    """Arnaud Legoux moving average: a bell of weights that leans towards the newest values.

    `offset` says where in the window the bell stands (1: at the newest, smoothest at 0.5), `sigma` how
    narrow it is.

    Formula: sum(w * price) / sum(w), w = exp(-(k - m)^2 / (2 * s^2)), k = 0 for the oldest value,
    m = offset * (period - 1), s = period / sigma
    Convention: m is not rounded, as TradingView by default
    Source: A. Legoux and D. Kouzis-Loukas, 2009
    """
    seen = state[0] + 1
    if seen < period:
        return (seen,), nan
    oldest = i - period + 1
    centre = offset * (period - 1.0)
    middle = int(centre + 0.5)
    spread = period / sigma
    half = 0.5 / (spread * spread)
    # outwards from the middle: each weight is the one before times a factor that itself shrinks evenly
    away = middle - centre
    peak, shrinks = math.exp(-half * away * away), math.exp(-2.0 * half)
    total, weights = peak * price[oldest + middle], peak
    weight, factor = peak, math.exp(-half * (2.0 * away + 1.0))
    for k in range(middle + 1, period):
        weight *= factor
        factor *= shrinks
        total += weight * price[oldest + k]
        weights += weight
    weight, factor = peak, math.exp(-half * (1.0 - 2.0 * away))
    for k in range(middle - 1, -1, -1):
        weight *= factor
        factor *= shrinks
        total += weight * price[oldest + k]
        weights += weight
    return (period,), total / weights
