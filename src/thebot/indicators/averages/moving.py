"""Averages of the price."""

from __future__ import annotations

from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import price_crosses


@indicator(
    inputs=(close,), start=(0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: period - 1, memory=lambda period: period - 1, aliases=("ma",), rule=price_crosses,
)  # fmt: skip
def sma(state: tuple[int, float], price: Column, i: int, period: int = 20) -> tuple[tuple[int, float], float]:
    """Simple moving average: the mean of the last `period` values.

    Formula: sum(price, period) / period
    Convention: a running sum, as TA-Lib
    Source: common knowledge
    """
    seen, total = state
    total += price[i]
    seen += 1
    if seen < period:
        return (seen, total), nan
    return (seen, total - price[i - period + 1]), total / period


@indicator(
    inputs=(close,), start=(0, 0.0), group="averages", overlay=True, unit="input",
    memory=lambda period: period - 1 + exponential(2.0 / (period + 1.0)), rule=price_crosses,
)  # fmt: skip
def ema(state: tuple[int, float], price: Column, i: int, period: int = 20) -> tuple[tuple[int, float], float]:
    """Exponential moving average: each new value weighs 2 / (period + 1), all before it the rest.

    Formula: ema + 2 / (period + 1) * (price - ema)
    Convention: seeded with the mean of the first `period` values, as TA-Lib
    Source: common knowledge
    """
    seen, average = state
    seen += 1
    if seen < period:
        return (seen, average + price[i]), nan
    if seen == period:
        average = (average + price[i]) / period
    else:
        weight = 2.0 / (period + 1.0)
        average = price[i] * weight + average * (1.0 - weight)
    return (seen, average), average
