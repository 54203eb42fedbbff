"""Volatility as a deviation of returns, in percent a year: from closes alone, and from whole candles.

A year has `periods_per_year` candles: 365 for 1d, 8760 for 1h, 525600 for 1m; crypto never closes.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from thebot.indicators.expression import close, high, low, nan, open_
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.volatility.deviations import DROP
from thebot.indicators.windows import ANEW

LN2 = 0.6931471805599453

Running: TypeAlias = tuple[int, float, float]  # seen, sum over the window, the most it was


def log_ratio(now: float, before: float) -> float:
    """The log return; 0 where a price is not positive, of which there is none."""
    return math.log(now / before) if now > 0.0 and before > 0.0 else 0.0


def yearly(variance: float, periods_per_year: float) -> float:
    """A variance a candle as a deviation a year, in percent."""
    return 100.0 * math.sqrt(variance * periods_per_year) if variance > 0.0 else 0.0


def return_squares(now: Column, before: Column, lag: int, i: int, period: int, centre: float) -> float:
    """The sum of squares of what log returns, from `before` `lag` rows back, differ from their mean."""
    total, squares = 0.0, 0.0
    for back in range(period):
        away = log_ratio(now[i - back], before[i - back - lag]) - centre
        total += away
        squares += away * away
    squares -= total * total / period
    return squares if squares > 0.0 else 0.0


Spread: TypeAlias = tuple[float, float, float]  # mean, squares, most


def returns_taken_in(
    spread: Spread, now: Column, before: Column, lag: int, i: int, period: int, seen: int
) -> Spread:
    """Mean and squares of the last `period` log returns from `before` to `now`, of which `seen` are known.

    `seen` counts on from where the squares were last summed anew, when it was `period`.
    """
    mean, squares, most = spread
    new = log_ratio(now[i], before[i - lag])
    if seen <= period:
        mean += new / period  # a sum at first, of which each has its part
    else:
        old = log_ratio(now[i - period], before[i - lag - period])
        moved = mean + (new - old) / period
        squares += (new - old) * ((new - moved) + (old - mean))
        mean = moved
    if seen >= period and (squares * DROP < most or seen == period or seen > period + ANEW):
        squares = return_squares(now, before, lag, i, period, mean)
        most = squares
    squares = squares if squares > 0.0 else 0.0
    most = squares if squares > most else most
    return mean, squares, most


def counted(seen: int, period: int) -> int:
    """`seen`, which begins again at `period` when everything was summed anew."""
    return period if seen > period + ANEW else seen


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0), group="volatility", label="HV",
    lookback=lambda period, periods_per_year: period + 1, memory=lambda period, periods_per_year: period,
    aliases=("hv", "realized_volatility"), ranges={"period": (2, 99_999)},
)  # fmt: skip
def historical_volatility(
    state: tuple[int, float, float, float], price: Column, i: int,
    period: int = 20, periods_per_year: float = 365.0,
) -> tuple[tuple[int, float, float, float], float]:  # fmt: skip
    """Historical volatility: the standard deviation of log returns, in percent a year.

    60 says that moves of 60 percent in a year would be usual. `periods_per_year` is 365 for daily candles,
    8760 for hourly ones.
    Formula: 100 * sqrt(periods_per_year) * sample deviation of ln(price / price before) over `period`
    Convention: deviation of the sample (divided by `period` - 1)
    Source: common knowledge; J. C. Hull, "Options, Futures, and Other Derivatives"
    """
    seen, mean, squares, most = state
    seen += 1
    if seen == 1:
        return (seen, 0.0, 0.0, 0.0), nan
    mean, squares, most = returns_taken_in((mean, squares, most), price, price, 1, i, period, seen - 1)
    seen = counted(seen - 1, period) + 1
    value = yearly(squares / (period - 1), periods_per_year) if seen > period else nan
    return (seen, mean, squares, most), value


def parkinson_term(high: Column, low: Column, i: int) -> float:
    reach = log_ratio(high[i], low[i])
    return reach * reach


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0), group="volatility", label="Parkinson",
    lookback=lambda period, periods_per_year: period, memory=lambda period, periods_per_year: period - 1,
    aliases=("parkinson_volatility",),
)  # fmt: skip
def parkinson(
    state: Running, high: Column, low: Column, i: int, period: int = 20, periods_per_year: float = 365.0
) -> tuple[Running, float]:
    """Parkinson volatility: estimated from highs and lows, in percent a year.

    Five times as efficient as closes alone if the price moves without drift or jumps.
    Formula: 100 * sqrt(periods_per_year * mean(ln(high / low)^2, period) / (4 ln 2))
    Convention: plain mean over `period`; `periods_per_year` is 365 for daily candles
    Source: M. Parkinson, "The Extreme Value Method for Estimating the Variance of the Rate of Return", 1980
    """
    seen, total, most = state
    seen += 1
    total += parkinson_term(high, low, i)
    if seen > period:
        total -= parkinson_term(high, low, i - period)
        if total * DROP < most or seen > period + ANEW:
            total, most, seen = 0.0, 0.0, period
            for back in range(period):
                total += parkinson_term(high, low, i - back)
    most = total if total > most else most
    value = yearly(total / (period * 4.0 * LN2), periods_per_year) if seen >= period else nan
    return (seen, total, most), value


def garman_klass_term(opened: Column, high: Column, low: Column, close: Column, i: int) -> float:
    reach, body = log_ratio(high[i], low[i]), log_ratio(close[i], opened[i])
    return 0.5 * (reach * reach) - (2.0 * LN2 - 1.0) * (body * body)


@indicator(
    inputs=(open_, high, low, close), start=(0, 0.0, 0.0), group="volatility", label="Garman-Klass",
    lookback=lambda period, periods_per_year: period, memory=lambda period, periods_per_year: period - 1,
    aliases=("gk", "garman_klass_volatility"),
)  # fmt: skip
def garman_klass(
    state: Running, opened: Column, high: Column, low: Column, close: Column, i: int,
    period: int = 20, periods_per_year: float = 365.0,
) -> tuple[Running, float]:  # fmt: skip
    """Garman-Klass volatility: estimated from the whole candle, in percent a year.

    More efficient than Parkinson's, under the same assumptions: no drift, no jumps between candles.
    Formula: 100 * sqrt(periods_per_year * mean(ln(high / low)^2 / 2
        - (2 ln 2 - 1) ln(close / open)^2, period))
    Convention: the practical form of the paper; `periods_per_year` is 365 for daily candles
    Source: M. Garman, M. Klass, "On the Estimation of Security Price Volatilities from Historical Data", 1980
    """
    seen, total, most = state
    seen += 1
    total += garman_klass_term(opened, high, low, close, i)
    if seen > period:
        total -= garman_klass_term(opened, high, low, close, i - period)
        if total * DROP < most or seen > period + ANEW:
            total, most, seen = 0.0, 0.0, period
            for back in range(period):
                total += garman_klass_term(opened, high, low, close, i - back)
    most = total if total > most else most
    value = yearly(total / period, periods_per_year) if seen >= period else nan
    return (seen, total, most), value


def rogers_satchell_term(opened: Column, high: Column, low: Column, close: Column, i: int) -> float:
    first, top, bottom = opened[i], high[i], low[i]
    body = log_ratio(close[i], first)
    up, down = log_ratio(top, first), log_ratio(bottom, first)
    return up * (up - body) + down * (down - body)


def rogers_satchell_taken_in(
    total: float, most: float, opened: Column, high: Column, low: Column, close: Column, i: int,
    period: int, seen: int,
) -> tuple[float, float]:  # fmt: skip
    """The running sum of terms and the most it was, of which `seen` are known; see `returns_taken_in`."""
    total += rogers_satchell_term(opened, high, low, close, i)
    if seen > period:
        total -= rogers_satchell_term(opened, high, low, close, i - period)
        if total * DROP < most or seen > period + ANEW:
            total, most = 0.0, 0.0
            for back in range(period):
                total += rogers_satchell_term(opened, high, low, close, i - back)
    most = total if total > most else most
    return total, most


@indicator(
    inputs=(open_, high, low, close), start=(0, 0.0, 0.0), group="volatility", label="Rogers-Satchell",
    lookback=lambda period, periods_per_year: period, memory=lambda period, periods_per_year: period - 1,
    aliases=("rs_volatility", "rogers_satchell_volatility"),
)  # fmt: skip
def rogers_satchell(
    state: Running, opened: Column, high: Column, low: Column, close: Column, i: int,
    period: int = 20, periods_per_year: float = 365.0,
) -> tuple[Running, float]:  # fmt: skip
    """Rogers-Satchell volatility: estimated from the whole candle, in percent a year, whatever the drift.

    In a steady trend it stays low where Parkinson's and Garman-Klass's count the trend as volatility.
    Formula: 100 * sqrt(periods_per_year * mean(ln(high / open) ln(high / close) + ln(low / open)
        ln(low / close), period))
    Convention: plain mean over `period`; `periods_per_year` is 365 for daily candles
    Source: L. Rogers, S. Satchell, "Estimating Variance from High, Low and Closing Prices", 1991
    """
    seen, total, most = state
    seen += 1
    total, most = rogers_satchell_taken_in(total, most, opened, high, low, close, i, period, seen)
    seen = counted(seen, period)
    value = yearly(total / period, periods_per_year) if seen >= period else nan
    return (seen, total, most), value


@indicator(
    inputs=(open_, high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="volatility",
    label="Yang-Zhang", lookback=lambda period, periods_per_year: period + 1,
    memory=lambda period, periods_per_year: period,
    aliases=("yz", "yang_zhang_volatility"), ranges={"period": (2, 99_999)},
)  # fmt: skip
def yang_zhang(
    state: tuple[int, float, float, float, float, float, float, float, float],
    opened: Column, high: Column, low: Column, close: Column, i: int,
    period: int = 20, periods_per_year: float = 365.0,
) -> tuple[tuple[int, float, float, float, float, float, float, float, float], float]:  # fmt: skip
    """Yang-Zhang volatility: estimated from whole candles and the jumps between them, in percent a year.

    The most efficient of these estimators; neither drift nor jumps disturb it.
    Formula: variance = variance of ln(open / close before) + k * variance of ln(close / open)
        + (1 - k) * Rogers-Satchell, with k = 0.34 / (1.34 + (period + 1) / (period - 1))
    Convention: variances of the sample (divided by `period` - 1); `periods_per_year` is 365 for daily candles
    Source: D. Yang, Q. Zhang, "Drift-Independent Volatility Estimation Based on High, Low, Open and Close
        Prices", Journal of Business, 2000
    """
    seen = state[0] + 1
    if seen == 1:
        return (seen, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), nan
    known = seen - 1
    jumps = returns_taken_in((state[1], state[2], state[3]), opened, close, 1, i, period, known)
    bodies = returns_taken_in((state[4], state[5], state[6]), close, opened, 0, i, period, known)
    total, most = rogers_satchell_taken_in(state[7], state[8], opened, high, low, close, i, period, known)
    seen = counted(known, period) + 1
    k = 0.34 / (1.34 + (period + 1.0) / (period - 1.0))
    variance = (jumps[1] + k * bodies[1]) / (period - 1.0) + (1.0 - k) * (total / period)
    value = yearly(variance, periods_per_year) if seen > period else nan
    return (seen, jumps[0], jumps[1], jumps[2], bodies[0], bodies[1], bodies[2], total, most), value
