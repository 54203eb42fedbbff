"""Markets for the tests: any shape, any scale, with quiet candles and gaps."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from thebot.market import Candles, Timeframe

START = 1_609_459_200_000  # 2021-01-01 00:00 UTC, a Friday


def walk(
    count: int, *, seed: int = 1, timeframe: str = "1h", price: float = 100.0, start: int = START
) -> Candles:
    """A plain random walk without gaps; its prices go by one percent or so."""
    random = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(random.normal(0, 0.01, count)))
    opened = np.concatenate([[price], close[:-1]])[:count]
    reach = 1 + np.abs(random.normal(0, 0.005, (2, count)))
    return candles(
        start + np.arange(count) * Timeframe(timeframe).nominal_ms, opened,
        np.maximum(opened, close) * reach[0], np.minimum(opened, close) / reach[1], close,
        random.lognormal(2, 1, count), timeframe,
    )  # fmt: skip


def candles(
    time: ArrayLike, opened: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike,
    timeframe: str,
) -> Candles:  # fmt: skip
    given = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    columns = {name: np.ascontiguousarray(values, float) for name, values in given.items()}
    return Candles(
        symbol="XYZUSDT",
        timeframe=Timeframe(timeframe),
        open_time=np.ascontiguousarray(time, np.int64),
        **columns,
    )


@st.composite
def markets(
    draw: st.DrawFn, *, least: int = 0, most: int = 120, timeframe: str = "1h", clean: bool = False
) -> Candles:
    """Candles that pass the door's checks, of any scale and character.

    Walks, flat markets, crashes by orders of magnitude; candles without volume; with `clean` none of
    those, and none missing. The first may open inside a longer candle.
    """
    count = draw(st.integers(least, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([1.0, 60_000.0, 1e-5, 1e-12, 1e12]))
    character = draw(st.sampled_from(["walk", "flat", "ticks", "crash", "trend"]))
    moves = {
        "walk": random.normal(0, 0.01, count),
        "flat": np.zeros(count),
        "ticks": random.choice([-0.01, 0.0, 0.0, 0.01], count),
        "crash": random.normal(0, 0.3, count) - 0.1,
        "trend": np.full(count, draw(st.sampled_from([0.001, -0.001]))),
    }[character]
    close = scale * np.exp(np.cumsum(moves))
    opened = np.concatenate([[scale], close[:-1]])[:count]
    reach = 1 + np.abs(random.normal(0, 0.0 if character == "flat" else 0.005, (2, count)))
    volume = random.lognormal(2, 1, count) * draw(st.sampled_from([1.0, 1e9, 1e-6]))
    kept = np.ones(count, bool)
    if not clean:
        volume[random.random(count) < draw(st.sampled_from([0.0, 0.1, 1.0]))] = 0.0
        kept = random.random(count) >= draw(st.sampled_from([0.0, 0.2]))
    step = Timeframe(timeframe).nominal_ms
    time = START + (draw(st.integers(0, 30)) + np.arange(count)) * step
    whole = candles(
        time, opened, np.maximum(opened, close) * reach[0], np.minimum(opened, close) / reach[1], close,
        volume, timeframe,
    )  # fmt: skip
    return whole.rows(np.flatnonzero(kept))
