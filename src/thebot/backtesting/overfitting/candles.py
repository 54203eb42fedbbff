"""Other pasts that might have been: the same candles in another order, or a little off.

A strategy that earns as much on candles whose order is drawn by lot has found no pattern, and one that fails
when prices were a little different stands on a few lucky ticks.
"""

from __future__ import annotations

import functools
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from thebot.errors import BadSetting
from thebot.indicators import Panel, atr
from thebot.market import Candles, FloatArray, IntArray
from thebot.market.quality import check, unbroken

_Columns: TypeAlias = dict[str, FloatArray | IntArray]


def permuted_candles(candles: Candles, *, seed: int, keep: int = 1) -> Candles:
    """The candles in an order drawn by lot, as a new course of prices from the same start to the same end.

    In logarithms, a candle is its shape (high, low and close less its open, with its volumes and its count of
    trades) and its gap (open less the close before). Shapes are drawn jointly, so that no candle gets another
    one's high, and gaps separately from them. So the distribution of both stays, the first open and the last
    close stay but for rounding, and the returns from close to close have the same mean; only patterns over
    several candles are gone, volatility that comes in clusters among them. The first `keep` candles stay
    as they are (say, those of the training). Over a halt of a day or longer nothing is carried: each unbroken
    run is permuted in itself.

    Times stay; prices are not rounded to ticks; quote volume is scaled as the prices are. The result passes
    `market.quality.check`, as the candles given must. Raises BadSetting if `keep` is below 1. Source: T.
    Masters, "Permutation and Randomization Tests for Trading System Development", 2020 (bar permutation).
    """
    if keep < 1:
        raise BadSetting(f"keep={keep} cannot be: the first candle stays, for prices need a beginning.")
    if not len(candles):
        return candles
    random = np.random.default_rng(seed)
    runs = []
    for run in unbroken(candles):
        runs.append(_permuted(run, random, keep=max(1, keep)))
        keep -= len(run)
    return check(functools.reduce(Candles.followed_by, runs))


def noisy_candles(candles: Candles, *, size: float, seed: int, period: int = 14) -> Candles:
    """The candles with normal noise on every price, of deviation `size` times the ATR.

    Each close is multiplied by exp(size * ATR / close * normal), which is `size` ATR more or less and never
    leads below 0; the open after it by the same, so that no gaps arise which the market did not have; high
    and low by noise of their own, and are then moved apart as far as open and close require. So ranges grow a
    little. Noise of a price is cut at a factor of e. The ATR is that of `period` candles (of each run without
    a halt of a day), the first known value before it is known, the mean range where it never is. Times and
    volumes stay; prices are not rounded to ticks. size 0 changes nothing but for rounding.

    The result passes `market.quality.check`, as the candles given must. Raises BadSetting for a size that is
    negative or above 1, where little of the candles would be left.
    """
    if not 0 <= size <= 1:
        raise BadSetting(f"Noise of {size} ATR cannot be: give from 0 to 1, say 0.1.")
    if not len(candles):
        return candles
    random = np.random.default_rng(seed)
    runs = [_noisy(run, random, size=size, period=period) for run in unbroken(candles)]
    return check(functools.reduce(Candles.followed_by, runs))


def _noisy(run: Candles, random: np.random.Generator, *, size: float, period: int) -> Candles:
    noise = random.normal(0.0, size, (3, len(run))) * _relative_range(run, period)
    on_close, on_high, on_low = np.exp(np.clip(noise, -1.0, 1.0))
    opened = run.open * np.concatenate([[1.0], on_close[:-1]])
    return _of_prices(run, {}, opened, run.high * on_high, run.low * on_low, run.close * on_close)


def _permuted(run: Candles, random: np.random.Generator, *, keep: int) -> Candles:
    count = len(run)
    if keep >= count - 1:  # one candle has no other order
        return run
    moved = np.arange(keep, count)
    shapes = np.concatenate([np.arange(keep), random.permutation(moved)])
    gap = np.zeros(count)
    gap[1:] = np.log(run.open[1:] / run.close[:-1])
    gaps = np.concatenate([gap[:keep], random.permutation(gap[keep:])])
    body = np.log(run.close / run.open)[shapes]
    # the open of each: all gaps up to it, all bodies before it
    opened = run.open[0] * np.exp(np.cumsum(gaps) + np.concatenate([[0.0], np.cumsum(body)[:-1]]))
    opened[:keep] = run.open[:keep]
    scale = opened / run.open[shapes]
    columns = {name: column[shapes] for name, column in run.columns().items() if name != "open_time"}
    if "quote_volume" in columns:
        columns["quote_volume"] = columns["quote_volume"] * scale
    closed = run.close[shapes] * scale
    return _of_prices(run, columns, opened, run.high[shapes] * scale, run.low[shapes] * scale, closed)


def _of_prices(
    like: Candles, columns: _Columns, opened: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray
) -> Candles:
    """Candles `like` those, with other `columns` and prices; high and low reach as far as they must."""
    given = {**like.columns(), **columns, "open": opened, "close": close}
    given["high"] = np.maximum(high, np.maximum(opened, close))
    given["low"] = np.minimum(low, np.minimum(opened, close))
    return Candles(symbol=like.symbol, timeframe=like.timeframe, **given)  # type: ignore[arg-type]  # by name


def _relative_range(candles: Candles, period: int) -> NDArray[np.float64]:
    """The ATR over the close, known everywhere."""
    average = atr(period)
    relative = Panel([average], candles.timeframe).over(candles)[average] / candles.close
    known = np.flatnonzero(~np.isnan(relative))
    first = relative[known[0]] if len(known) else ((candles.high - candles.low) / candles.close).mean()
    return np.where(np.isnan(relative), first, relative)
