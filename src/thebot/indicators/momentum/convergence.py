"""How far averages stand apart from each other and from the price: MACD and its relatives."""

from __future__ import annotations

from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.momentum.smoothing import eased, smoothed
from thebot.indicators.usual import crosses_its_signal, crosses_zero


def _remembers(fast: int, slow: int, signal: int = 1) -> int:
    return slow + signal + exponential(2.0 / (slow + 1.0)) + exponential(2.0 / (signal + 1.0))


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0), group="momentum", outputs=("line", "signal", "hist"),
    guides=(0.0,), unit="input", memory=_remembers, rising=("fast", "slow"), rule=crosses_its_signal,
)  # fmt: skip
def macd(
    state: tuple[int, float, float, float],
    price: Column, i: int, fast: int = 12, slow: int = 26, signal: int = 9,
) -> tuple[tuple[int, float, float, float], tuple[float, float, float]]:  # fmt: skip
    """Moving average convergence divergence: how far a fast average stands above a slow one.

    `signal` is its own EMA and `hist` what is between the two. The line is known before the signal is.

    Formula: line = EMA(fast) - EMA(slow); signal = EMA(line, signal); hist = line - signal
    Convention: both averages begin at the same candle, each seeded with the mean of its period up to there,
        as TA-Lib, whose line however stays unknown until the signal is
    Source: G. Appel, "Technical Analysis: Power Tools for Active Investors", 2005
    """
    seen, quick, steady, smooth = state
    seen += 1
    if seen > slow + signal and fast > 1 < signal:  # the usual case without calls, which cost as much as it
        now = price[i]
        quick += (now - quick) * (2.0 / (fast + 1.0))
        steady += (now - steady) * (2.0 / (slow + 1.0))
        line = quick - steady
        smooth += (line - smooth) * (2.0 / (signal + 1.0))
        return (seen, quick, steady, smooth), (line, smooth, line - smooth)
    quick = smoothed(quick, price[i], seen - slow + fast, fast)  # rounds as TA-Lib's: see decision 0012
    steady = smoothed(steady, price[i], seen, slow)
    known = seen - slow + 1  # values of the line so far
    if known < 1:
        return (seen, quick, steady, smooth), (nan, nan, nan)
    line = quick - steady
    smooth = smoothed(smooth, line, known, signal)
    if known < signal:
        return (seen, quick, steady, smooth), (line, nan, nan)
    return (seen, quick, steady, smooth), (line, smooth, line - smooth)


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0), group="momentum", guides=(0.0,), unit="input", memory=_remembers,
    rising=("fast", "slow"), aliases=("absolute_price_oscillator",), rule=crosses_zero,
)  # fmt: skip
def apo(
    state: tuple[int, float, float], price: Column, i: int, fast: int = 12, slow: int = 26
) -> tuple[tuple[int, float, float], float]:
    """Absolute price oscillator: how far a fast average stands above a slow one.

    Formula: EMA(fast) - EMA(slow)
    Convention: each average is seeded with the mean of its first values, as TA-Lib with EMA; MACD, where
        both begin together, differs at first
    Source: common knowledge
    """
    seen, quick, steady = state
    seen += 1
    quick = smoothed(quick, price[i], seen, fast)
    steady = smoothed(steady, price[i], seen, slow)
    return (seen, quick, steady), quick - steady if seen >= slow else nan


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0), group="momentum", outputs=("line", "signal", "hist"),
    guides=(0.0,), memory=_remembers, rising=("fast", "slow"), aliases=("percentage_price_oscillator",),
    rule=crosses_its_signal,
)  # fmt: skip
def ppo(
    state: tuple[int, float, float, float],
    price: Column, i: int, fast: int = 12, slow: int = 26, signal: int = 9,
) -> tuple[tuple[int, float, float, float], tuple[float, float, float]]:  # fmt: skip
    """Percentage price oscillator: MACD in percent of the slow average, so that markets can be compared.

    Formula: line = 100 * (EMA(fast) - EMA(slow)) / EMA(slow); signal = EMA(line, signal);
        hist = line - signal
    Convention: each average is seeded with the mean of its first values, as TA-Lib with EMA (which has the
        line only); 0 where the slow average is 0
    Source: G. Appel, "Technical Analysis: Power Tools for Active Investors", 2005
    """
    seen, quick, steady, smooth = state
    seen += 1
    quick = smoothed(quick, price[i], seen, fast)
    steady = smoothed(steady, price[i], seen, slow)
    known = seen - slow + 1
    if known < 1:
        return (seen, quick, steady, smooth), (nan, nan, nan)
    line = (quick - steady) / steady * 100.0 if steady != 0.0 else 0.0
    smooth = smoothed(smooth, line, known, signal)
    if known < signal:
        return (seen, quick, steady, smooth), (line, nan, nan)
    return (seen, quick, steady, smooth), (line, smooth, line - smooth)


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0, 0.0, 0.0), group="momentum", guides=(0.0,), unit="input",
    lookback=lambda fast, slow: slow, memory=lambda fast, slow: 2 * slow, rising=("fast", "slow"),
    aliases=("awesome", "awesome_oscillator"), rule=crosses_zero,
)  # fmt: skip
def ao(
    state: tuple[int, float, float, float, float],
    high: Column, low: Column, i: int, fast: int = 5, slow: int = 34,
) -> tuple[tuple[int, float, float, float, float], float]:  # fmt: skip
    """Awesome oscillator: how far the middle of recent candles stands above that of many.

    Formula: SMA(middle, fast) - SMA(middle, slow), middle = (high + low) / 2
    Convention: simple averages, as TA-Lib; running sums, exchanged for fresh ones every `slow` candles
    Source: B. Williams, "New Trading Dimensions", 1998
    """
    seen, quick, steady, near, far = state
    seen += 1
    now = high[i] + low[i]
    far += now
    if seen <= slow:  # the sums themselves
        near = near + now - (high[i - fast] + low[i - fast] if seen > fast else 0.0)
        if seen < slow:
            return (seen, 0.0, 0.0, near, far), nan
        return (seen, near, far, 0.0, 0.0), near * (0.5 / fast) - far * (0.5 / slow)
    near = near + now if seen > 2 * slow - fast else 0.0  # the last `fast` of each `slow`
    quick += now - (high[i - fast] + low[i - fast])
    steady += now - (high[i - slow] + low[i - slow])
    anew = seen == 2 * slow
    quick, steady, far = near if anew else quick, far if anew else steady, 0.0 if anew else far
    return (slow if anew else seen, quick, steady, near, far), quick * (0.5 / fast) - steady * (0.5 / slow)


@combination(
    inputs=(high, low), group="momentum", guides=(0.0,), rising=("fast", "slow"),
    aliases=("accelerator", "accelerator_oscillator"), rule=crosses_zero,
)  # fmt: skip
def ac(high: Expression, low: Expression, fast: int = 5, slow: int = 34, signal: int = 5) -> Expression:
    """Accelerator oscillator: whether the awesome oscillator gains or loses speed.

    Formula: AO(fast, slow) - SMA(AO(fast, slow), signal)
    Convention: as TA-Lib
    Source: B. Williams, "New Trading Dimensions", 1998
    """
    return above_sma(ao(high, low, fast, slow), signal)


@indicator(
    inputs=(close,), start=(0, 0, 0.0, 0.0, 0.0), group="momentum", guides=(0.0,), unit="input",
    lookback=lambda period: period - 1, memory=lambda period: period - 1, label="Above SMA",
    rule=crosses_zero,
)  # fmt: skip
def above_sma(
    state: tuple[int, int, float, float, float], price: Column, i: int, period: int = 20
) -> tuple[tuple[int, int, float, float, float], float]:
    """Above its average: how far the price, or any line, stands above its simple moving average.

    Formula: price - SMA(price, period)
    Convention: a running sum, begun anew each `period`, so that rounding cannot pile up
    Source: common knowledge
    """
    known, seen, total, fresh, oldest = state  # as in `sma`, whose column would have to be read again
    now = price[i]
    seen += 1
    total += now - oldest
    fresh += now
    if seen == period:
        known, seen, total, fresh = 1, 0, fresh, 0.0
    if known == 0:
        return (known, seen, 0.0, fresh, 0.0), nan
    return (known, seen, total, fresh, price[i - period + 1]), now - total * (1.0 / period)


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="momentum", outputs=("line", "signal"),
    guides=(-25.0, 0.0, 25.0), aliases=("true_strength_index",), rule=crosses_its_signal,
    memory=lambda slow, fast, signal: (
        slow + fast + signal + sum(2 * exponential(2.0 / (n + 1.0)) for n in (slow, fast, signal))
    ),
)  # fmt: skip
def tsi(
    state: tuple[int, float, float, float, float, float, float],
    price: Column, i: int, slow: int = 25, fast: int = 13, signal: int = 7,
) -> tuple[tuple[int, float, float, float, float, float, float], tuple[float, float]]:  # fmt: skip
    """True strength index, -100 to 100: smoothed changes as a share of smoothed movement.

    `slow` is the first and `fast` the second smoothing; `signal` is its own EMA.

    Formula: 100 * EMA(EMA(change, slow), fast) / EMA(EMA(abs(change), slow), fast)
    Convention: averages are seeded with means and it is 0 where nothing has moved, as TA-Lib (which has no
        signal); the signal's period as Stock.Indicators and StockCharts
    Source: W. Blau, "True Strength Index", Technical Analysis of Stocks & Commodities, 1991
    """
    seen, before, once, twice, size, sizes, smooth = state
    seen += 1
    if seen == 1:
        return (seen, price[i], once, twice, size, sizes, smooth), (nan, nan)
    change = price[i] - before
    moved = change if change > 0.0 else -change
    known = seen - slow - fast + 1  # values of the second average
    if known > 1:
        weight = 2.0 / (slow + 1.0)
        once, size = eased(once, change, weight), eased(size, moved, weight)
        weight = 2.0 / (fast + 1.0)
        twice, sizes = eased(twice, once, weight), eased(sizes, size, weight)
    else:
        once, size = smoothed(once, change, seen - 1, slow), smoothed(size, moved, seen - 1, slow)
        twice, sizes = smoothed(twice, once, seen - slow, fast), smoothed(sizes, size, seen - slow, fast)
        if known < 1:
            return (seen, price[i], once, twice, size, sizes, smooth), (nan, nan)
    line = 100.0 * (twice / sizes) if sizes > 0.0 else 0.0
    if known > signal:
        smooth = eased(smooth, line, 2.0 / (signal + 1.0))
        return (seen, price[i], once, twice, size, sizes, smooth), (line, smooth)
    smooth = smoothed(smooth, line, known, signal)
    return (seen, price[i], once, twice, size, sizes, smooth), (line, smooth if known >= signal else nan)


@indicator(
    inputs=(close,), start=(0, 0.0), group="momentum", guides=(0.0,), unit="input",
    lookback=lambda period: max(period, period // 2 + 1), memory=lambda period: period + 1,
    aliases=("detrended_price_oscillator",), rule=crosses_zero,
)  # fmt: skip
def dpo(state: tuple[int, float], price: Column, i: int, period: int = 20) -> tuple[tuple[int, float], float]:
    """Detrended price oscillator: the price half a period ago against the average around it.

    It shows cycles shorter than `period`, not where the price stands now: it lags by half a period.

    Formula: price `period` // 2 + 1 candles ago - SMA(price, period)
    Convention: a running sum, as TA-Lib
    Source: S. Achelis, "Technical Analysis from A to Z", 1995
    """
    seen, total = state
    total += price[i]
    seen += 1
    if seen < period or seen < period // 2 + 2:
        return (seen, total - price[i - period + 1] if seen >= period else total), nan
    before = price[i - (period // 2 + 1)]
    return (seen, total - price[i - period + 1]), before - total / period


@indicator(
    inputs=(high, low, close), start=(0, 0.0), group="momentum", outputs=("bull", "bear"), guides=(0.0,),
    unit="input", memory=lambda period: period + exponential(2.0 / (period + 1.0)), label="Elder ray",
    aliases=("eri", "bull_bear_power"),
)  # fmt: skip
def elder_ray(
    state: tuple[int, float], high: Column, low: Column, close: Column, i: int, period: int = 13
) -> tuple[tuple[int, float], tuple[float, float]]:
    """Elder ray: how far buyers and sellers could take the price from its average.

    Read with the average's direction: in an uptrend `bear` below zero and rising is a place to buy.

    Formula: bull = high - EMA(close, period); bear = low - EMA(close, period)
    Convention: the average is seeded with a mean, as TA-Lib
    Source: A. Elder, "Trading for a Living", 1993
    """
    seen, average = state
    seen += 1
    average = smoothed(average, close[i], seen, period)
    if seen < period:
        return (seen, average), (nan, nan)
    return (seen, average), (high[i] - average, low[i] - average)
