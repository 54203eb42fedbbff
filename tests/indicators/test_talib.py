"""When the ten become known beside TA-Lib, and at prices near zero. (Their values: see `conformance`.)"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import talib

from thebot.indicators import (
    Expression,
    Panel,
    adx,
    atr,
    bbands,
    ema,
    macd,
    obv,
    rsi,
    sma,
    stoch,
    supertrend,
)
from thebot.market import Candles, FloatArray
from thebot.market.parquet import read_candles

SERIES = [
    *(f"spot/{name}USDT-1h" for name in ("BTC", "DOGE", "LUNA", "UST", "XLM")),
    "spot/XRPETH-1m", "um/BTCUSDT-1m", "um/ETHUSDT-1m", "um/SOLUSDT-1h", "dirty/UNITTESTBTC-1m",
]  # fmt: skip
TINY = 2.0**-33  # a power of two scales exactly: what is homogeneous in the price stays equal to the last bit


def references(c: Candles) -> dict[Expression, FloatArray]:
    macds = talib.MACD(c.close, 12, 26, 9)
    bands = talib.BBANDS(c.close, 20, 2.0, 2.0)
    stochastics = talib.STOCH(c.high, c.low, c.close, 14, 3, 0, 3, 0)
    line, direction = talib.SUPERTREND(c.high, c.low, c.close, 10, 3.0)
    return {
        sma(20): talib.SMA(c.close, 20), sma(200): talib.SMA(c.close, 200),
        ema(20): talib.EMA(c.close, 20), ema(200): talib.EMA(c.close, 200), rsi(14): talib.RSI(c.close, 14),
        rsi(2): talib.RSI(c.close, 2), macd().line: macds[0], macd().signal: macds[1], macd().hist: macds[2],
        bbands().upper: bands[0], bbands().middle: bands[1], bbands().lower: bands[2],
        atr(14): talib.ATR(c.high, c.low, c.close, 14), supertrend().line: line,
        supertrend().direction: np.where(direction == 0, np.nan, direction),
        stoch().k: stochastics[0], stoch().d: stochastics[1],
        adx().adx: talib.ADX(c.high, c.low, c.close, 14),
        adx().plus_di: talib.PLUS_DI(c.high, c.low, c.close, 14),
        adx().minus_di: talib.MINUS_DI(c.high, c.low, c.close, 14), obv(): talib.OBV(c.close, c.volume),
    }  # fmt: skip


def scale_of(expression: Expression, c: Candles) -> float | FloatArray:
    """What a difference that passes through zero is measured against: its own unit's size."""
    return {"index": 100.0, "price": c.close}.get(expression.unit, 0.0)


@pytest.fixture(scope="module", params=SERIES)
def series(request: pytest.FixtureRequest, shared: Path) -> Candles:
    return read_candles(shared / "data" / f"{request.param}.parquet")


def test_known_from_the_same_candle_as_in_talib(series: Candles) -> None:
    expected = references(series)
    for expression, theirs in expected.items():
        if expression in (macd().line, stoch().k):  # known before the signal is; TA-Lib waits for it
            assert expression.warmup < int(np.isnan(theirs).sum())
        else:
            assert expression.warmup == int(np.isnan(theirs).sum()), expression


def test_prices_near_zero_lose_no_digit(shared: Path) -> None:
    normal = read_candles(shared / "data/spot/DOGEUSDT-1h.parquet").rows(slice(0, 5000))
    tiny = replace(
        normal,
        open=normal.open * TINY,
        high=normal.high * TINY,
        low=normal.low * TINY,
        close=normal.close * TINY,
    )
    assert tiny.close.max() < 1e-10
    expected = references(normal)
    ours = Panel(expected, normal.timeframe).over(tiny)
    for expression, theirs in expected.items():
        factor = TINY if expression.unit == "price" else 1.0
        known = ~np.isnan(theirs)
        allowed = 1e-9 * np.abs(theirs) + 1e-13 * scale_of(expression, normal)
        assert (np.abs(ours[expression] / factor - theirs)[known] <= allowed[known]).all(), expression
