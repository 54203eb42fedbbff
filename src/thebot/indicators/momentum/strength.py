"""How much of the movement goes up: RSI and its relatives."""

from __future__ import annotations

from thebot.indicators.averages import sma
from thebot.indicators.expression import Expression, close, nan, open_
from thebot.indicators.indicator import Column, combination, indicator
from thebot.indicators.memory import wilder
from thebot.indicators.momentum.change import roc
from thebot.indicators.momentum.smoothing import Shares, slid
from thebot.indicators.momentum.stochastics import percent_k
from thebot.indicators.usual import crosses_its_signal, crosses_zero, leaves_extremes


@indicator(
    inputs=(close,), start=(0, 0.0, 0.0, 0.0, 0.0), group="momentum", guides=(30.0, 70.0), unit="index",
    memory=lambda period: period + wilder(period), aliases=("relative_strength_index",),
    rule=leaves_extremes(30.0, 70.0),
)  # fmt: skip
def rsi(
    state: tuple[int, float, float, float, float], price: Column, i: int, period: int = 14
) -> tuple[tuple[int, float, float, float, float], float]:
    """Relative strength index, 0 to 100: the share of gains in all movement.

    Below 30 it is called oversold, above 70 overbought.

    Formula: 100 * gains / (gains + losses), each in Wilder's smoothing over `period` candles
    Convention: seeded with the mean of the first `period` changes; 0 where nothing has moved at all, as
        TA-Lib
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
    """
    seen, before, gain, loss, index = state
    change = price[i] - before
    up = change if change > 0.0 else 0.0
    down = -change if change < 0.0 else 0.0
    seen += 1
    if seen <= period:
        if seen == 1:
            return (seen, price[i], 0.0, 0.0, 0.0), nan
        return (seen, price[i], gain + up, loss + down, 0.0), nan
    weight = 1.0 / period
    keep = 1.0 - weight if seen > period + 1 else weight  # the first is the plain mean
    gain = gain * keep + up * weight
    loss = loss * keep + down * weight
    both = gain + loss
    now = 100.0 * (gain / both) if both > 0.0 else 0.0
    # a price that stands still leaves it where it is to the last bit: StochRSI would see the rounding
    index = index if change == 0.0 and seen > period + 1 else now
    return (seen, price[i], gain, loss, index), index


@indicator(
    inputs=(close,), start=(0, 0, 0, 0.0, 0.0, 0.0, 0.0), group="momentum", guides=(-50.0, 0.0, 50.0),
    lookback=lambda period: period + 1, memory=lambda period: 2 * period + 1,
    aliases=("chande_momentum_oscillator", "cmou"), rule=leaves_extremes(-50.0, 50.0),
)  # fmt: skip
def cmo(
    state: tuple[int, int, int, float, float, float, float], price: Column, i: int, period: int = 14
) -> tuple[tuple[int, int, int, float, float, float, float], float]:
    """Chande momentum oscillator, -100 to 100: gains less losses as a share of all movement.

    Below -50 it is called oversold, above 50 overbought.

    Formula: 100 * (gains - losses) / (gains + losses), summed over the last `period` changes
    Convention: plain sums, as its author, TradingView and TA-Lib's CMOU (TA-Lib's CMO smooths as Wilder does
        and is 2 * RSI - 100); 0 where nothing has moved
    Source: T. Chande and S. Kroll, "The New Technical Trader", 1994
    """
    begun, known, moves, gain, loss, gains, losses = state
    if begun == 0:
        return (1, known, moves, gain, loss, gains, losses), nan
    old = price[i - period] - price[i - period - 1] if known >= period else 0.0
    known, moves, gain, loss, gains, losses = slid(
        (known, moves, gain, loss, gains, losses), price[i] - price[i - 1], old, period
    )
    both = gain + loss
    value = 100.0 * ((gain - loss) / both) if both > 0.0 else 0.0
    return (1, known, moves, gain, loss, gains, losses), value if known >= period else nan


@indicator(
    inputs=(open_, close), start=(0, 0, 0.0, 0.0, 0.0, 0.0), group="momentum", guides=(30.0, 70.0),
    unit="index", lookback=lambda period: period, memory=lambda period: 2 * period,
    aliases=("intraday_momentum_index",), rule=leaves_extremes(30.0, 70.0),
)  # fmt: skip
def imi(state: Shares, open_: Column, close: Column, i: int, period: int = 14) -> tuple[Shares, float]:
    """Intraday momentum index, 0 to 100: the share of rising bodies in all candles' bodies.

    Formula: 100 * gains / (gains + losses), of close - open over the last `period` candles
    Convention: 50 where no candle has a body, as TA-Lib
    Source: T. Chande and S. Kroll, "The New Technical Trader", 1994
    """
    old = close[i - period] - open_[i - period] if state[0] >= period else 0.0
    state = slid(state, close[i] - open_[i], old, period)
    known, _, gain, loss, _, _ = state
    both = gain + loss
    value = 100.0 * (gain / both) if both > 0.0 else 50.0
    return state, value if known >= period else nan


@combination(
    inputs=(close,), group="momentum", outputs=("k", "d"), guides=(20.0, 80.0), unit="index",
    label="StochRSI", aliases=("stoch_rsi", "stochastic_rsi"), rule=crosses_its_signal,
)  # fmt: skip
def stochrsi(
    price: Expression, period: int = 14, window: int = 14, smooth: int = 3, signal: int = 3
) -> tuple[Expression, Expression]:
    """Stochastic RSI, 0 to 100: where the RSI stands in its own recent range.

    It swings faster than the RSI. Below 20 it is called oversold, above 80 overbought.

    Formula: k = SMA(raw, smooth), d = SMA(k, signal), with raw = 100 * (RSI - lowest) / (highest - lowest),
        of RSI(period) over the last `window` candles
    Convention: as TradingView; with smooth=1 as TA-Lib's, whose K is not smoothed; raw is 0 where the RSI
        stands still
    Source: T. Chande and S. Kroll, "The New Technical Trader", 1994
    """
    index = rsi(price, period)
    k = sma(percent_k(index, index, index, window), smooth)
    return k, sma(k, signal)


@indicator(inputs=(close,), start=(0, 0.0, 0.0), group="momentum", guides=(0.0,), rule=crosses_zero)
def streak(state: tuple[int, float, float], price: Column, i: int) -> tuple[tuple[int, float, float], float]:
    """Streak: for how many candles in a row the price has risen, or (below zero) fallen.

    Formula: streak + 1 after a rise, streak - 1 after a fall, each beginning anew at 1 or -1
    Convention: 0 where the price has not changed, and at the first candle
    Source: L. Connors and C. Alvarez, "An Introduction to ConnorsRSI", 2012
    """
    seen, before, run = state
    now = price[i]
    # sums of choices, not branches: where the price goes cannot be predicted
    longer = ((run if run > 0.0 else 0.0) + 1.0) * (1.0 if now > before else 0.0)
    lower = ((run if run < 0.0 else 0.0) - 1.0) * (1.0 if now < before else 0.0)
    run = longer + lower if seen else 0.0
    return (1, now, run), run


@indicator(
    inputs=(close,), start=(0,), group="momentum", guides=(50.0,), unit="index",
    lookback=lambda period: period, memory=lambda period: period, label="Percent rank",
    aliases=("percentrank",),
)  # fmt: skip
def percent_rank(state: tuple[int], price: Column, i: int, period: int = 100) -> tuple[tuple[int], float]:
    """Percent rank, 0 to 100: the share of the last `period` values before this one that were lower.

    Formula: 100 * count(value < price) / period, of the `period` values before the present one
    Convention: equal values do not count, as TA-Lib (TradingView counts them)
    Source: common knowledge
    """
    seen = state[0] + 1
    if seen <= period:
        return (seen,), nan
    now, count = price[i], 0
    for row in range(i - period, i):
        count += 1 if price[row] < now else 0
    return (seen,), 100.0 * count / period


@combination(
    inputs=(close,), group="momentum", guides=(10.0, 90.0), unit="index", label="Connors RSI",
    aliases=("connors_rsi",), rule=leaves_extremes(10.0, 90.0),
)  # fmt: skip
def crsi(price: Expression, period: int = 3, run: int = 2, rank: int = 100) -> Expression:
    """Connors RSI, 0 to 100: the mean of a short RSI, the RSI of the streak and the rank of the last change.

    Made for short trades: below 10 it is called oversold, above 90 overbought.

    Formula: (RSI(price, period) + RSI(streak, run) + percent rank of ROC(1) over `rank` candles) / 3
    Convention: as its authors and Stock.Indicators: equal changes do not count in the rank
    Source: L. Connors and C. Alvarez, "An Introduction to ConnorsRSI", 2012
    """
    return (rsi(price, period) + rsi(streak(price), run) + percent_rank(roc(price, 1), rank)) / 3
