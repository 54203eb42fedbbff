"""Random markets for property tests: real shapes (gaps, quiet candles, jumps), seeded."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from thebot.market import Candles, Timeframe

MONDAY = 1_704_067_200_000  # 2024-01-01 00:00 UTC, a Monday and the first of a month and a year


def random_market(
    *,
    seed: int,
    length: int,
    timeframe: str = "1m",
    missing: float = 0.0,
    begin: int = 0,
    symbol: str = "TESTUSDT",
) -> Candles:
    """`length` candles of a jumpy walk, the first `begin` candles after a Monday.

    `missing` is the chance that a candle is followed by a hole, of 1 to 50 candles.
    """
    random = np.random.default_rng(seed)
    frame = Timeframe(timeframe)
    holes = np.where(random.random(length) < missing, random.integers(1, 50, length), 0)
    begin = begin % 100 if frame >= Timeframe("1w") else begin  # stay within the century
    numbers = begin + np.arange(length) + np.concatenate([[0], np.cumsum(holes)[:-1]])
    if frame.name == "1M":
        time = np.array([frame.back(MONDAY, -int(number)) for number in numbers], np.int64)
    else:
        time = frame.floor(MONDAY) + numbers * frame.nominal_ms
    steps = random.normal(0, 0.004, length) * np.exp(random.normal(0, 0.5, length))
    jumps = (random.random(length) < 0.01) * random.normal(0, 0.08, length)
    close = 100 * np.exp(np.cumsum(steps + jumps))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(random.normal(0, 0.0005, length))
    spread = np.abs(random.normal(0, 0.003, length))
    volume = np.where(random.random(length) < 0.05, 0.0, random.lognormal(2, 1, length))
    return Candles(
        symbol=symbol,
        timeframe=frame,
        open_time=time,
        open=opened,
        high=np.maximum(opened, close) * (1 + spread),
        low=np.minimum(opened, close) * (1 - spread),
        close=close,
        volume=volume,
        quote_volume=volume * close,
        trades=random.integers(0, 1000, length),
        taker_buy_volume=volume * random.random(length),
    )


def markets(*, length: int = 300, timeframes: tuple[str, ...] = ("1m",)) -> st.SearchStrategy[Candles]:
    """Markets of up to `length` candles, with and without holes, beginning anywhere."""
    return st.builds(
        random_market,
        seed=st.integers(0, 2**32),
        length=st.integers(1, length),
        timeframe=st.sampled_from(timeframes),
        missing=st.sampled_from([0.0, 0.02, 0.3]),
        begin=st.integers(0, 3000),
    )


def of_closes(closes: list[float], *, timeframe: str = "1h", symbol: str = "TESTUSDT") -> Candles:
    """A market that anybody can follow by hand: each candle opens where the one before closed."""
    close = np.array(closes, float)
    opened = np.concatenate([close[:1], close[:-1]])
    frame = Timeframe(timeframe)
    return Candles(
        symbol=symbol,
        timeframe=frame,
        open_time=MONDAY + np.arange(len(close), dtype=np.int64) * frame.nominal_ms,
        open=opened,
        high=np.maximum(opened, close),
        low=np.minimum(opened, close),
        close=close,
        volume=np.ones(len(close)),
    )


def same(one: Candles, other: Candles) -> bool:
    """Equal to the last bit, in every column."""
    mine, theirs = one.columns(), other.columns()
    return (
        (one.symbol, one.timeframe, list(mine)) == (other.symbol, other.timeframe, list(theirs))
        and all(len(mine[name]) == len(theirs[name]) for name in mine)
        and all(np.array_equal(mine[name], theirs[name], equal_nan=True) for name in mine)
    )
