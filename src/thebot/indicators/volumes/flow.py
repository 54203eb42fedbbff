"""Sums since the beginning: on-balance volume, volume price trend, negative and positive volume index.

Where they began is arbitrary, so only how they change means something.
"""

from __future__ import annotations

from collections.abc import Callable

from thebot.indicators.averages import ema
from thebot.indicators.expression import close, crosses_above, crosses_below, volume
from thebot.indicators.indicator import Column, Indicator, indicator
from thebot.indicators.usual import BuySell


def crosses_own_average(period: int) -> Callable[[Indicator], BuySell]:
    """Bought when the line crosses above its EMA of `period` candles, sold when it crosses below."""

    def rule(line: Indicator) -> BuySell:
        value = line.outputs[0]
        return crosses_above(value, ema(value, period)), crosses_below(value, ema(value, period))

    return rule


@indicator(
    inputs=(close, volume), start=(0, 0.0, 0.0), group="volume", unit="volume", rule=crosses_own_average(20)
)
def obv(
    state: tuple[int, float, float], price: Column, volume: Column, i: int
) -> tuple[tuple[int, float, float], float]:
    """On-balance volume: what was traded on rising closes less what was traded on falling ones.

    If it rises while the price does not, buyers are gathering. The usual rule is its crossing of its own
    EMA(20).
    Formula: obv + volume if the close rose, obv - volume if it fell, else obv
    Convention: begins with the first candle's volume, as TA-Lib (others begin with 0)
    Source: J. Granville, "New Key to Stock Market Profits", 1963
    """
    seen, before, total = state
    # two choices of numbers, not a branch to either sum: where the price goes cannot be predicted, and
    # compiled code that tried would take six times as long
    sign = (1.0 if price[i] > before else 0.0) - (1.0 if price[i] < before else 0.0) if seen else 1.0
    total += sign * volume[i]
    return (1, price[i], total), total


@indicator(
    inputs=(close, volume), start=(0.0, 0.0), group="volume", unit="volume", aliases=("pvt",),
    rule=crosses_own_average(20),
)  # fmt: skip
def vpt(
    state: tuple[float, float], price: Column, volume: Column, i: int
) -> tuple[tuple[float, float], float]:
    """Volume price trend: the sum of volumes, each weighed by how far the close moved, as a fraction.

    Like OBV, but a small move counts little; the usual rule is its crossing of its own EMA(20).
    Formula: vpt + volume * (close - close before) / close before
    Convention: begins with 0, as TA-Lib (PVT)
    Source: common knowledge; described in S. B. Achelis, "Technical Analysis from A to Z", 1995
    """
    before, total = state
    now = price[i]
    total += volume[i] * ((now - before) / before) if before != 0.0 else 0.0
    return (now, total), total


@indicator(inputs=(close, volume), start=(0.0, 0.0, 1000.0), group="volume", rule=crosses_own_average(255))
def nvi(
    state: tuple[float, float, float], price: Column, volume: Column, i: int
) -> tuple[tuple[float, float, float], float]:
    """Negative volume index: how the price went on candles with less volume than the one before.

    Said to show what the informed do, who trade when it is quiet. Above its average of 255 candles (a year
    of days) it is taken for a bull market; the usual rule is the crossing.
    Formula: nvi * close / close before if the volume fell, else nvi
    Convention: begins with 1000, as TA-Lib
    Source: P. Dysart, 1936; N. Fosback, "Stock Market Logic", 1976
    """
    before, last, level = state
    now, traded = price[i], volume[i]
    moved = now / before if before != 0.0 else 1.0
    level *= moved if traded < last else 1.0
    return (now, traded, level), level


@indicator(inputs=(close, volume), start=(0.0, 0.0, 1000.0), group="volume", rule=crosses_own_average(255))
def pvi(
    state: tuple[float, float, float], price: Column, volume: Column, i: int
) -> tuple[tuple[float, float, float], float]:
    """Positive volume index: how the price went on candles with more volume than the one before.

    Said to show what the crowd does, who trade when it is busy. Above its average of 255 candles (a year of
    days) it is taken for a bull market; the usual rule is the crossing.
    Formula: pvi * close / close before if the volume rose, else pvi
    Convention: begins with 1000, as TA-Lib
    Source: P. Dysart, 1936; N. Fosback, "Stock Market Logic", 1976
    """
    before, last, level = state
    now, traded = price[i], volume[i]
    moved = now / before if before != 0.0 else 1.0
    level *= moved if traded > last else 1.0
    return (now, traded, level), level
