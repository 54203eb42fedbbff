"""The market that benchmarks run on."""

from __future__ import annotations

import numpy as np

from thebot.market import Candles, Timeframe


def market(count: int) -> Candles:
    """A seeded random walk of one-minute candles."""
    random = np.random.default_rng(7)
    close = 30_000 * np.exp(np.cumsum(random.normal(0, 0.0005, count)))
    opened = np.concatenate([[30_000.0], close[:-1]])
    reach = 1 + np.abs(random.normal(0, 0.0003, (2, count)))
    return Candles(
        symbol="XYZUSDT", timeframe=Timeframe("1m"), open_time=1_609_459_200_000 + np.arange(count) * 60_000,
        open=opened, high=np.maximum(opened, close) * reach[0], low=np.minimum(opened, close) / reach[1],
        close=close, volume=random.lognormal(2, 1, count),
    )  # fmt: skip
