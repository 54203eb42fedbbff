"""How much the price changed: momentum, rates of change, and curves made of them."""

from __future__ import annotations

from thebot.indicators.averages import sma, wma
from thebot.indicators.expression import Expression, close, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.momentum.smoothing import eased, smoothed
from thebot.indicators.usual import crosses_its_signal, crosses_zero


@indicator(
    inputs=(close,), start=(0,), group="momentum", guides=(0.0,), unit="input", label="Momentum",
    lookback=lambda period: period, memory=lambda period: period, aliases=("momentum", "mtm"),
    rule=crosses_zero,
)  # fmt: skip
def mom(state: tuple[int], price: Column, i: int, period: int = 10) -> tuple[tuple[int], float]:
    """Momentum: how much the price has changed in `period` candles.

    Formula: price - price `period` candles ago
    Convention: in the unit of the price, as TA-Lib
    Source: common knowledge
    """
    seen = state[0] + 1
    return (seen,), price[i] - price[i - period] if seen > period else nan


@indicator(
    inputs=(close,), start=(0,), group="momentum", guides=(0.0,), lookback=lambda period: period,
    memory=lambda period: period, aliases=("rate_of_change",), rule=crosses_zero,
)  # fmt: skip
def roc(state: tuple[int], price: Column, i: int, period: int = 10) -> tuple[tuple[int], float]:
    """Rate of change: by how many percent the price has changed in `period` candles.

    Formula: 100 * (price / price `period` candles ago - 1)
    Convention: 0 where that price was 0, as TA-Lib
    Source: common knowledge
    """
    seen = state[0] + 1
    if seen <= period:
        return (seen,), nan
    before = price[i - period]
    return (seen,), (price[i] / before - 1.0) * 100.0 if before != 0.0 else 0.0


@indicator(
    inputs=(close,), start=(0,), group="momentum", guides=(0.0,), lookback=lambda period: period,
    memory=lambda period: period, rule=crosses_zero,
)  # fmt: skip
def rocp(state: tuple[int], price: Column, i: int, period: int = 10) -> tuple[tuple[int], float]:
    """Rate of change as a fraction: 0.05 where the price has risen by five percent in `period` candles.

    Formula: (price - price `period` candles ago) / price `period` candles ago
    Convention: 0 where that price was 0, as TA-Lib
    Source: common knowledge
    """
    seen = state[0] + 1
    if seen <= period:
        return (seen,), nan
    before = price[i - period]
    return (seen,), (price[i] - before) / before if before != 0.0 else 0.0


@indicator(
    inputs=(close,), start=(0,), group="momentum", guides=(1.0,), lookback=lambda period: period,
    memory=lambda period: period,
)  # fmt: skip
def rocr(state: tuple[int], price: Column, i: int, period: int = 10) -> tuple[tuple[int], float]:
    """Rate of change as a ratio: 1.05 where the price has risen by five percent in `period` candles.

    Formula: price / price `period` candles ago
    Convention: 0 where that price was 0, as TA-Lib
    Source: common knowledge
    """
    seen = state[0] + 1
    if seen <= period:
        return (seen,), nan
    before = price[i - period]
    return (seen,), price[i] / before if before != 0.0 else 0.0


@indicator(
    inputs=(close,), start=(0,), group="momentum", guides=(100.0,), lookback=lambda period: period,
    memory=lambda period: period,
)  # fmt: skip
def rocr100(state: tuple[int], price: Column, i: int, period: int = 10) -> tuple[tuple[int], float]:
    """Rate of change as a ratio times 100: 105 where the price has risen by five percent.

    Formula: 100 * price / price `period` candles ago
    Convention: 0 where that price was 0, as TA-Lib
    Source: common knowledge
    """
    seen = state[0] + 1
    if seen <= period:
        return (seen,), nan
    before = price[i - period]
    return (seen,), price[i] / before * 100.0 if before != 0.0 else 0.0


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0), group="momentum", outputs=("line", "signal"),
    guides=(0.0,),
    memory=lambda period, signal: 3 * period + signal + 4 * exponential(2.0 / (max(period, signal) + 1.0)),
    rule=crosses_zero,
)  # fmt: skip
def trix(
    state: tuple[int, float, float, float, float], price: Column, i: int, period: int = 15, signal: int = 9
) -> tuple[tuple[int, float, float, float, float], tuple[float, float]]:
    """TRIX: by how many percent a triple-smoothed average changes from candle to candle.

    Smoothing three times leaves out the moves that are shorter than `period`. `signal` is its own EMA.

    Formula: 100 * (e / e one candle ago - 1), e = EMA(EMA(EMA(price, period), period), period)
    Convention: each average is seeded with the mean of its first values, as TA-Lib (which has no signal)
    Source: J. Hutson, "Good TRIX", Technical Analysis of Stocks & Commodities, 1983
    """
    seen, first, second, third, smooth = state
    seen += 1
    known = seen - 3 * (period - 1)  # values of the triple average
    before = third
    if known > 1:
        weight = 2.0 / (period + 1.0)
        first = eased(first, price[i], weight)
        second = eased(second, first, weight)
        third = eased(third, second, weight)
    else:
        first = smoothed(first, price[i], seen, period)
        second = smoothed(second, first, seen - period + 1, period)
        third = smoothed(third, second, seen - 2 * (period - 1), period)
        return (seen, first, second, third, smooth), (nan, nan)
    line = (third / before - 1.0) * 100.0 if before != 0.0 else 0.0
    if known > signal + 1:
        smooth = eased(smooth, line, 2.0 / (signal + 1.0))
        return (seen, first, second, third, smooth), (line, smooth)
    smooth = smoothed(smooth, line, known - 1, signal)
    return (seen, first, second, third, smooth), (line, smooth if known > signal else nan)


@combination(
    inputs=(close,), group="momentum", guides=(0.0,), label="Coppock", rising=("fast", "slow"),
    aliases=("coppock_curve",), rule=crosses_zero,
)  # fmt: skip
def coppock(price: Expression, period: int = 10, fast: int = 11, slow: int = 14) -> Expression:
    """Coppock curve: two rates of change together, smoothed, that turn up after a fall.

    Made for monthly candles: bought when it turns up below zero, or more carefully when it crosses zero.

    Formula: WMA(ROC(slow) + ROC(fast), period)
    Convention: a rate of change is 0 where the price before was 0, as TA-Lib
    Source: E. S. C. Coppock, "Practical Relative Strength Charting", Barron's, 1962
    """
    return wma(roc(price, slow) + roc(price, fast), period)


@combination(
    inputs=(close,), group="momentum", outputs=("line", "signal"), guides=(0.0,),
    aliases=("know_sure_thing",), rule=crosses_its_signal,
)  # fmt: skip
def kst(
    price: Expression,
    roc1: int = 10, roc2: int = 15, roc3: int = 20, roc4: int = 30,
    smooth1: int = 10, smooth2: int = 10, smooth3: int = 10, smooth4: int = 15, signal: int = 9,
) -> tuple[Expression, Expression]:  # fmt: skip
    """Know sure thing: four rates of change, smoothed, of which the longer weigh more.

    Formula: SMA(ROC(roc1), smooth1) + 2 * SMA(ROC(roc2), smooth2) + 3 * SMA(ROC(roc3), smooth3)
        + 4 * SMA(ROC(roc4), smooth4); signal: its SMA
    Convention: rates of change in percent
    Source: M. Pring, "Summed Rate of Change (KST)", Technical Analysis of Stocks & Commodities, 1992
    """
    line = (
        sma(roc(price, roc1), smooth1)
        + 2 * sma(roc(price, roc2), smooth2)
        + 3 * sma(roc(price, roc3), smooth3)
        + 4 * sma(roc(price, roc4), smooth4)
    )
    return line, sma(line, signal)


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0), group="momentum", outputs=("line", "signal"),
    guides=(0.0,), ranges={"period": (2, 100_000), "smooth": (2, 100_000)},
    memory=lambda period, smooth, signal: (
        period + smooth + signal + exponential(2.0 / period) + exponential(2.0 / smooth)
        + exponential(2.0 / (signal + 1.0))
    ),
    aliases=("price_momentum_oscillator",), rule=crosses_its_signal,
)  # fmt: skip
def pmo(
    state: tuple[int, float, float, float, float],
    price: Column, i: int, period: int = 35, smooth: int = 20, signal: int = 10,
) -> tuple[tuple[int, float, float, float, float], tuple[float, float]]:  # fmt: skip
    """Price momentum oscillator: the candle's change in percent, smoothed twice, with a signal line.

    Formula: S(10 * S(ROC(1), period), smooth), where in S a new value weighs 2 / period; signal: its EMA
    Convention: seeded with means, as Stock.Indicators; 2 / period (not 2 / (period + 1)) is the author's
    Source: C. Swenlin, "DecisionPoint Price Momentum Oscillator"
    """
    seen, before, first, line, smooth_line = state
    seen += 1
    if seen == 1:
        return (seen, price[i], first, line, smooth_line), (nan, nan)
    change = (price[i] / before - 1.0) * 100.0 if before != 0.0 else 0.0
    # an EMA of period n - 1 weighs a new value with 2 / n; its seed is a mean of n values
    known = seen - 1
    first = (
        smoothed(first, change, known, period)
        if known <= period
        else first + (change - first) * (2.0 / period)
    )
    known -= period - 1
    tens = 10.0 * first
    line = smoothed(line, tens, known, smooth) if known <= smooth else line + (tens - line) * (2.0 / smooth)
    known -= smooth - 1
    smooth_line = smoothed(smooth_line, line, known, signal)
    return (seen, price[i], first, line, smooth_line), (
        line if known > 0 else nan,
        smooth_line if known >= signal else nan,
    )
