"""The plain averages of the price: simple, exponential, Wilder's."""

from __future__ import annotations

from thebot.indicators.expression import close, nan
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential, wilder
from thebot.indicators.usual import price_crosses


@indicator(
    inputs=(close,), start=(0, 0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    lookback=lambda period: period - 1, memory=lambda period: period - 1, aliases=("ma",), rule=price_crosses,
)  # fmt: skip
def sma(
    state: tuple[int, int, float, float, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, int, float, float, float], float]:
    """Simple moving average: the mean of the last `period` values.

    Formula: sum(price, period) / period
    Convention: a running sum, as TA-Lib; begun anew each `period`, so that rounding cannot pile up
    Source: common knowledge
    """
    known, seen, total, fresh, oldest = state
    now = price[i]
    seen += 1
    total += now - oldest
    fresh += now
    if seen == period:  # `fresh` has seen the whole window and nothing but it
        known, seen, total, fresh = 1, 0, fresh, 0.0
    if known == 0:
        return (known, seen, 0.0, fresh, 0.0), nan
    return (known, seen, total, fresh, price[i - period + 1]), total * (1.0 / period)


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


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0), group="averages", overlay=True, unit="input",
    memory=lambda period: period - 1 + wilder(period), aliases=("rma", "wilders"), rule=price_crosses,
)  # fmt: skip
def smma(
    state: tuple[int, float, float, float], price: Column, i: int, period: int = 14
) -> tuple[tuple[int, float, float, float], float]:
    """Smoothed moving average: Wilder's, in which each new value weighs 1 / period.

    It is as slow as an EMA of 2 * period - 1, and what RSI, ATR and ADX are smoothed with.

    Formula: smma + (price - smma) / period
    Convention: seeded with the mean of the first `period` values, as TA-Lib's RMA
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, last, older, average = state
    seen += 1
    weight = 1.0 / period
    share = price[i] * weight
    if seen > period + 1:  # average * keep + share, with the average before written out: two side by side
        keep = 1.0 - weight
        value = older * (keep * keep) + (last * keep + share)
        return (seen, share, average, value), value
    value = average * (1.0 - weight) + share if seen > period else average + share
    return (seen, share, average, value), value if seen >= period else nan
