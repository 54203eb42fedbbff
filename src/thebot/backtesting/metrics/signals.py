"""Whether a signal knows anything: what came after it, against what comes after any candle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from thebot.backtesting.bootstrap import Interval, Statistics, added_up, block_length, intervals_of_rows
from thebot.errors import BadSetting
from thebot.market import BoolArray, FloatArray

_LEAST_SIGNALS: Final = 2
_MOST: Final = 2_000  # rows that are resampled; of more candles, neighbours are added up


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAccuracy:
    """What came `horizon` candles after the signals, against the base rate of all candles. Fractions.

    `base_hits` and `base_mean` are those of every candle of which the outcome is known. `lift_hits` and
    `lift_mean` are the differences, with intervals: one that holds zero means that the signal may know
    nothing.
    """

    horizon: int  # candles
    signals: int  # of which the outcome is known
    candles: int  # the same of all candles
    hits: Interval  # the share of signals after which the return was above the hurdle
    base_hits: float
    lift_hits: Interval
    mean: Interval  # the mean return after a signal
    base_mean: float
    lift_mean: Interval


def forward_returns(prices: FloatArray, horizon: int) -> FloatArray:
    """The return from each candle's price to that of `horizon` candles later: shape (candles,).

    prices[i + horizon] / prices[i] - 1, as a fraction and before costs; nan for the last `horizon` candles.
    It looks ahead by its nature: to judge signals with, never to make them. Raises BadSetting for a horizon
    below 1.

    >>> forward_returns(np.array([100.0, 110.0, 99.0]), 1).round(6).tolist()
    [0.1, -0.1, nan]
    """
    if horizon < 1:
        raise BadSetting(f"A horizon of {horizon} candles looks at nothing: give at least 1.")
    forward = np.full(len(prices), math.nan)
    if horizon < len(prices):
        forward[:-horizon] = prices[horizon:] / prices[:-horizon] - 1.0
    return forward


def signal_accuracy(
    signals: BoolArray,
    prices: FloatArray,
    *,
    horizon: int,
    side: Literal["long", "short"] = "long",
    hurdle: float = 0.0,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> SignalAccuracy:
    """How often and how far the market went a signal's way in `horizon` candles, beyond the base rate.

    `signals` and `prices` (closes) have shape (candles,): true where the signal fired at that candle's close.
    For "short" the return is turned round. A hit is a return above `hurdle`, a fraction: give the costs of
    the way in and out to count only what would have paid.

    The intervals are by `bootstrap`: all candles, each with whether it had a signal, are drawn in runs of at
    least `horizon` candles, because neighbouring outcomes share most of their way. Counting each signal as an
    independent trial would promise far too much. nan for fewer than two signals, or where fewer than half of
    the resamples have one. Raises BadSetting for columns of different lengths or a horizon below 1.
    """
    if len(signals) != len(prices):
        raise BadSetting(f"{len(signals)} signals do not fit {len(prices)} prices: give one for each candle.")
    return accuracy_of_returns(
        signals, forward_returns(prices, horizon), horizon=horizon, side=side, hurdle=hurdle,
        confidence=confidence, resamples=resamples, seed=seed,
    )  # fmt: skip


def accuracy_of_returns(
    signals: BoolArray,
    forward: FloatArray,
    *,
    horizon: int,
    side: Literal["long", "short"] = "long",
    hurdle: float = 0.0,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> SignalAccuracy:
    """`signal_accuracy` of `forward` returns as they are known: nan where what came after is not.

    For several markets in a row, or one with holes, over which nothing is carried.
    """
    turned = forward * (1.0 if side == "long" else -1.0)
    there = ~np.isnan(turned)
    forward, fired = turned[there], signals[there].astype(np.float64)
    hit = (forward > hurdle).astype(np.float64)
    count = int(fired.sum())
    if count < _LEAST_SIGNALS:
        fired = np.zeros_like(fired)  # nothing to say of none or one
    rows = added_up(
        np.column_stack([hit, forward, hit * fired, forward * fired, fired, np.ones(len(hit))]), _MOST
    )
    together = max(1.0, len(forward) / max(1, len(rows)))  # candles in a row
    runs = max(horizon / together, block_length(rows[:, 1]), 1.0)
    found = intervals_of_rows(
        {"hits": _at_signals(0), "lift_hits": _lift(0), "mean": _at_signals(1), "lift_mean": _lift(1)},
        rows,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        block=runs,
        sums=lambda samples: samples.sum(axis=1),
    )
    return SignalAccuracy(
        horizon=horizon,
        signals=count,
        candles=len(forward),
        base_hits=float(hit.mean()) if len(hit) else math.nan,
        base_mean=float(forward.mean()) if len(forward) else math.nan,
        **found,
    )


def _at_signals(column: int) -> Statistics:
    """The mean of hits (0) or returns (1) over the candles with a signal; nan where there are none."""

    def mean(sums: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            at: FloatArray = sums[:, column + 2] / sums[:, 4]
        return at

    return mean


def _lift(column: int) -> Statistics:
    """By how much that mean lies above the mean of all candles."""
    at_signals = _at_signals(column)
    return lambda sums: at_signals(sums) - sums[:, column] / sums[:, 5]
