"""How far candles reach: true range and its averages, and what is read off them."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.memory import exponential, wilder

Smoothed: TypeAlias = tuple[int, float, float, float, float]  # seen, close before, shares, averages


@indicator(
    inputs=(high, low, close), start=(0, 0.0), group="volatility", unit="input", label="TR", memory=1,
    aliases=("trange", "tr"),
)  # fmt: skip
def true_range(
    state: tuple[int, float], high: Column, low: Column, close: Column, i: int
) -> tuple[tuple[int, float], float]:
    """True range: how far the candle reaches, counted from the close before it.

    Unknown for the first candle, which has no close before it.
    Formula: max(high, close before) - min(low, close before)
    Convention: as TA-Lib
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, before = state
    top, bottom = high[i], low[i]
    reach = (top if top > before else before) - (bottom if bottom < before else before)
    return (1, close[i]), reach if seen else nan


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0), group="volatility", unit="input",
    memory=lambda period: period + wilder(period), aliases=("average_true_range",),
)  # fmt: skip
def atr(
    state: Smoothed, high: Column, low: Column, close: Column, i: int, period: int = 14
) -> tuple[Smoothed, float]:
    """Average true range: how far the price moves in a candle, in quote currency.

    The usual measure for stops and position sizes. The true range reaches from the candle's high and low to
    the close before it.
    Formula: atr + (true_range - atr) / period
    Convention: Wilder's smoothing, seeded with the mean of the first `period` true ranges, as TA-Lib
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, before, last, older, average = state
    top, bottom, now = high[i], low[i], close[i]
    if seen < period + 2:
        state, value = smoothed_range(state, top, bottom, now, period)
        return state, value if seen >= period else nan
    # the usual case of `smoothed_range`, without a call, which live would cost a quarter of it
    weight = 1.0 / period
    keep = 1.0 - weight
    share = ((top if top > before else before) - (bottom if bottom < before else before)) * weight
    value = older * (keep * keep) + (last * keep + share)
    return (seen + 1, now, share, average, value), value


def smoothed_range(
    state: Smoothed, top: float, bottom: float, now: float, period: int
) -> tuple[Smoothed, float]:
    """Wilder's average of the true range with one more candle; it holds from `period` + 1 candles on."""
    seen, before, last, older, average = state
    weight = 1.0 / period
    share = ((top if top > before else before) - (bottom if bottom < before else before)) * weight
    seen += 1
    if seen > period + 2:
        # average * keep + share, with the average before written out: two sums side by side
        keep = 1.0 - weight
        value = older * (keep * keep) + (last * keep + share)
    elif seen == 1:
        share, average, value = 0.0, 0.0, 0.0
    else:
        value = average + share if seen <= period + 1 else average * (1.0 - weight) + share
    return (seen, now, share, average, value), value


@indicator(
    inputs=(high, low, close), start=(0, 0.0, 0.0, 0.0, 0.0), group="volatility",
    memory=lambda period: period + wilder(period), aliases=("atrp", "normalized_atr"),
)  # fmt: skip
def natr(
    state: Smoothed, high: Column, low: Column, close: Column, i: int, period: int = 14
) -> tuple[Smoothed, float]:
    """Normalised average true range: the ATR in percent of the close, so that markets can be compared.

    Formula: 100 * atr(period) / close
    Convention: Wilder's smoothing, as TA-Lib; 0 if the close is 0
    Source: J. Forman, "Cross-Market Evaluations with Normalized Average True Range", 2006
    """
    now = close[i]
    state, value = smoothed_range(state, high[i], low[i], now, period)
    if state[0] <= period:
        return state, nan
    return state, value / now * 100.0 if now != 0.0 else 0.0


@indicator(
    inputs=(high, low), start=(0, 0.0), group="volatility", unit="input",
    lookback=lambda period: period - 1, memory=lambda period: period - 1,
    aliases=("average_day_range", "average_range"),
)  # fmt: skip
def adr(
    state: tuple[int, float], high: Column, low: Column, i: int, period: int = 14
) -> tuple[tuple[int, float], float]:
    """Average day range: the mean of high less low, on any timeframe.

    How much room a day (read on 1d) usually gives; unlike ATR it does not count jumps between candles.
    Formula: sma(high - low, period)
    Convention: a running sum, as TA-Lib
    Source: common knowledge
    """
    seen, total = state
    total += high[i] - low[i]
    seen += 1
    if seen < period:
        return (seen, total), nan
    return (seen, total - (high[i - period + 1] - low[i - period + 1])), total / period


def averaged(average: float, value: float, known: int, period: int) -> float:
    """An EMA with its value number `known` in it, seeded with the mean of the first `period`."""
    if known < period:
        return average + value
    if known == period:
        return (average + value) / period
    weight = 2.0 / (period + 1.0)
    return average * (1.0 - weight) + value * weight


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0), group="volatility", guides=(0.0,), label="Chaikin volatility",
    lookback=lambda period, change: change,
    memory=lambda period, change: period + change + exponential(2.0 / (period + 1.0)),
    aliases=("cvi", "chaikins_volatility"),
)  # fmt: skip
def chaikin_volatility(
    state: tuple[int, float, float], high: Column, low: Column, i: int, period: int = 10, change: int = 10
) -> tuple[tuple[int, float, float], float]:
    """Chaikin volatility: by how many percent the average range has grown over `change` candles.

    Tops often come with a quick rise of it, bottoms with a slow fall.
    Formula: e = ema(high - low, period); 100 * (e - e before) / e before
    Convention: EMA seeded with the mean of its first values, as TA-Lib; 0 where there was no range before
    Source: M. Chaikin; S. B. Achelis, "Technical Analysis from A to Z", 1995
    """
    seen, now, before = state
    seen += 1
    if seen > period + change:  # the usual case, without questions
        weight = 2.0 / (period + 1.0)
        keep = 1.0 - weight
        now = now * keep + (high[i] - low[i]) * weight
        before = before * keep + (high[i - change] - low[i - change]) * weight
        return (seen, now, before), (now - before) / before * 100.0 if before > 0.0 else 0.0
    now = averaged(now, high[i] - low[i], seen, period)
    if seen > change:  # the same average `change` candles ago, taken along instead of stored
        before = averaged(before, high[i - change] - low[i - change], seen - change, period)
    if seen < period + change:
        return (seen, now, before), nan
    return (seen, now, before), (now - before) / before * 100.0 if before > 0.0 else 0.0


@indicator(
    inputs=(high, low), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0), group="volatility", guides=(26.5, 27.0),
    lookback=lambda period, window: window,
    memory=lambda period, window: 2 * period + window + 2 * exponential(2.0 / (period + 1.0)),
    aliases=("massi", "mass"), label="Mass",
)  # fmt: skip
def mass_index(
    state: tuple[int, float, float, float, float, float], high: Column, low: Column, i: int,
    period: int = 9, window: int = 25,
) -> tuple[tuple[int, float, float, float, float, float], float]:  # fmt: skip
    """Mass index: whether ranges have been growing, as a sum that is `window` when they have not.

    Above 27 and then back below 26.5 ("reversal bulge") it foretells that the trend turns, whichever it is.
    Formula: sum(ema(high - low, period) / ema(ema(high - low, period), period), window)
    Convention: EMAs seeded with the mean of their first values, as TA-Lib; the quotient is 1 without ranges
    Source: D. Dorsey, "The Mass Index", Technical Analysis of Stocks & Commodities, 1992
    """
    seen, once, twice, old, older, total = state
    seen += 1
    first = period + period - 1  # candles until the quotient is known
    if seen > window + first:  # the usual case, without questions
        weight = 2.0 / (period + 1.0)
        keep = 1.0 - weight
        once = once * keep + (high[i] - low[i]) * weight
        twice = twice * keep + once * weight
        old = old * keep + (high[i - window] - low[i - window]) * weight
        older = older * keep + old * weight
        total += once / twice if twice > 0.0 else 1.0
        total -= old / older if older > 0.0 else 1.0
        return (seen, once, twice, old, older, total), total
    once = averaged(once, high[i] - low[i], seen, period)
    if seen >= period:
        twice = averaged(twice, once, seen - period + 1, period)
    if seen >= first:
        total += once / twice if twice > 0.0 else 1.0
    if seen > window:  # the same averages `window` candles ago, to know which quotient leaves
        old = averaged(old, high[i - window] - low[i - window], seen - window, period)
        if seen >= window + period:
            older = averaged(older, old, seen - window - period + 1, period)
        if seen >= window + first:
            total -= old / older if older > 0.0 else 1.0
    value = total if seen >= window + first - 1 else nan
    return (seen, once, twice, old, older, total), value


_RANKS = {"calm": (0.0, 100.0), "lively": (0.0, 100.0), "extreme": (0.0, 100.0)}


@indicator(
    inputs=(natr(14),), start=(0,), group="volatility", outputs=("regime", "rank"), label="Regime",
    unit=("number", "index"), guides=(0.0, 1.0, 2.0, 3.0),
    lookback=lambda period, calm, lively, extreme: period,
    memory=lambda period, calm, lively, extreme: period, rising=("calm", "lively", "extreme"), ranges=_RANKS,
)  # fmt: skip
def volatility_regime(
    state: tuple[int], measure: Column, i: int,
    period: int = 200, calm: float = 25.0, lively: float = 75.0, extreme: float = 95.0,
) -> tuple[tuple[int], tuple[float, float]]:  # fmt: skip
    """Volatility regime: whether volatility is low (0), normal (1), high (2) or extreme (3) for this market.

    It ranks the newest value of any measure of volatility among its last `period` values before.
    Formula: rank = percent of the `period` values before that are below the newest; regime = 0 below
        `calm`, 1 below `lively`, 2 below `extreme`, else 3
    Convention: of equal values half counts as below, so a flat market has rank 50; the thresholds of 25, 75
        and 95 are our choice
    Source: own; percentile ranks as in TradingView's percentrank
    """
    seen = state[0] + 1
    if seen <= period:
        return (seen,), (nan, nan)
    now, below = measure[i], 0
    for back in range(1, period + 1):
        value = measure[i - back]
        below += (1 if value < now else 0) + (1 if value <= now else 0)
    rank = 50.0 * below / period
    regime = (1.0 if rank >= calm else 0.0) + (1.0 if rank >= lively else 0.0)
    return (seen,), (regime + (1.0 if rank >= extreme else 0.0), rank)


@combination(
    inputs=(high, low, close), group="volatility", outputs=("regime", "rank"),
    guides=(0.0, 1.0, 2.0, 3.0), label="ATR regime", rising=("calm", "lively", "extreme"), ranges=_RANKS,
)  # fmt: skip
def atr_regime(
    high: Expression, low: Expression, close: Expression, period: int = 14,
    window: int = 200, calm: float = 25.0, lively: float = 75.0, extreme: float = 95.0,
) -> tuple[Expression, Expression]:  # fmt: skip
    """ATR regime: whether volatility is low (0), normal (1), high (2) or extreme (3) for this market.

    It ranks the normalised ATR among its last `window` values: use it to switch strategies or sizes.
    Formula: volatility_regime(natr(period), window): rank is the percent of earlier values that are below
    Convention: 0 below rank `calm`, 1 below `lively`, 2 below `extreme`, else 3; equal values count half
    Source: own, on J. Welles Wilder's ATR
    """
    found = volatility_regime(natr(high, low, close, period), window, calm, lively, extreme)
    return found.regime, found.rank
