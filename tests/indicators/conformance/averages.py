"""Cases of the averages."""

from __future__ import annotations

import numpy as np
import talib as ta

from thebot.indicators.averages import (
    alligator,
    alma,
    avgprice,
    dema,
    ema,
    hma,
    kama,
    ma_envelope,
    mcginley,
    medprice,
    midpoint,
    midprice,
    raw_hma,
    rolling_vwap,
    sma,
    smma,
    t3,
    tema,
    trima,
    typprice,
    vidya,
    vwap,
    vwma,
    wclprice,
    wma,
    zlema,
)
from thebot.market import Candles, FloatArray

from .cases import Case, chartschool, skender, talib, talipp, tulip


def _where_traded(c: Candles, values: FloatArray, period: int) -> FloatArray:
    """TA-Lib's values where something was traded in the window."""
    traded = np.convolve(c.volume > 0, np.ones(period))[: len(c)]
    return np.where(traded > 0, values, np.nan)


WINDOWLESS = "where nothing was traded in the whole window TA-Lib divides rounding by rounding: left out"

SEED_SHOWN = "the candle that the line begins at is left out: its value there is the price"

# Left out: Tulip's ema, dema, tema, zlema (seeded with the first value, on series too short to forget it) and
# alma (another bell); talipp's ZLEMA (half a period is rounded up there) and McGinley Dynamic (another factor
# and seed).
CASES: tuple[Case, ...] = (
    talib(sma(20), "SMA", lambda c: ta.SMA(c.close, 20)),
    talib(sma(200), "SMA", lambda c: ta.SMA(c.close, 200)),
    talib(ema(20), "EMA", lambda c: ta.EMA(c.close, 20)),
    talib(ema(200), "EMA", lambda c: ta.EMA(c.close, 200)),
    talib(smma(14), "RMA", lambda c: ta.RMA(c.close, 14)),
    talib(wma(20), "WMA", lambda c: ta.WMA(c.close, 20)),
    talib(wma(2), "WMA", lambda c: ta.WMA(c.close, 2)),
    talib(trima(20), "TRIMA", lambda c: ta.TRIMA(c.close, 20)),
    talib(trima(21), "TRIMA", lambda c: ta.TRIMA(c.close, 21)),
    talib(dema(20), "DEMA", lambda c: ta.DEMA(c.close, 20)),
    talib(tema(20), "TEMA", lambda c: ta.TEMA(c.close, 20)),
    talib(t3(), "T3", lambda c: ta.T3(c.close, 5, 0.7)),
    talib(t3(9, 0.5), "T3", lambda c: ta.T3(c.close, 9, 0.5)),
    talib(zlema(20), "ZLEMA", lambda c: ta.ZLEMA(c.close, 20)),
    talib(zlema(9), "ZLEMA", lambda c: ta.ZLEMA(c.close, 9)),
    talib(hma(20), "HMA", lambda c: ta.HMA(c.close, 20)),
    talib(hma(9), "HMA", lambda c: ta.HMA(c.close, 9)),
    talib(raw_hma(20), "WMA twice", lambda c: 2 * ta.WMA(c.close, 10) - ta.WMA(c.close, 20)),
    talib(raw_hma(5), "WMA twice", lambda c: 2 * ta.WMA(c.close, 2) - ta.WMA(c.close, 5)),
    talib(kama(10), "KAMA", lambda c: ta.KAMA(c.close, 10)),
    talib(kama(30), "KAMA", lambda c: ta.KAMA(c.close, 30)),
    talib(
        vwma(20), "VWMA", lambda c: _where_traded(c, ta.VWMA(c.close, c.volume, 20), 20), note=WINDOWLESS
    ),
    talib(
        vwap("start").line, "VWAP", lambda c: ta.VWAP(c.high, c.low, c.close, c.volume),
        note="TA-Lib counts from the first candle on",
    ),
    talib(
        rolling_vwap(20), "VWMA of TYPPRICE",
        lambda c: _where_traded(c, ta.VWMA(ta.TYPPRICE(c.high, c.low, c.close), c.volume, 20), 20),
        note=WINDOWLESS,
    ),
    talib(avgprice(), "AVGPRICE", lambda c: ta.AVGPRICE(c.open, c.high, c.low, c.close)),
    talib(medprice(), "MEDPRICE", lambda c: ta.MEDPRICE(c.high, c.low)),
    talib(typprice(), "TYPPRICE", lambda c: ta.TYPPRICE(c.high, c.low, c.close)),
    talib(wclprice(), "WCLPRICE", lambda c: ta.WCLPRICE(c.high, c.low, c.close)),
    talib(midpoint(14), "MIDPOINT", lambda c: ta.MIDPOINT(c.close, 14)),
    talib(midprice(14), "MIDPRICE", lambda c: ta.MIDPRICE(c.high, c.low, 14)),
    skender(sma(20), "sma", "sma"),
    skender(ema(20), "ema", "ema"),
    skender(smma(20), "smma", "smma"),
    skender(wma(14), "wma", "wma"),
    skender(dema(14), "dema", "dema", last=100, note="seeded otherwise there"),
    skender(tema(20), "tema", "tema", last=100, note="seeded otherwise there"),
    skender(t3(), "t3", "t3", last=300, note="seeded otherwise there"),
    skender(hma(14), "hma", "hma"),
    skender(kama(10), "kama", "kama", last=492, note=SEED_SHOWN),
    skender(alma(), "alma", "alma"),
    skender(mcginley(14), "dynamic", "dynamic"),
    skender(vwma(14), "vwma", "vwma"),
    skender(vwap("start").line, "vwap", "vwap"),
    skender(ma_envelope(20, 2.5).middle, "ma-env", "centerline"),
    skender(ma_envelope(20, 2.5).upper, "ma-env", "upperEnvelope"),
    skender(ma_envelope(20, 2.5).lower, "ma-env", "lowerEnvelope"),
    skender(alligator().jaw, "alligator", "jaw"),
    skender(alligator().teeth, "alligator", "teeth"),
    skender(alligator().lips, "alligator", "lips"),
    tulip(sma, "sma"),
    tulip(smma, "wilders"),
    tulip(wma, "wma"),
    tulip(trima, "trima"),
    tulip(hma, "hma"),
    tulip(vwma, "vwma"),
    tulip(kama, "kama", last=10, note=SEED_SHOWN),
    tulip(vidya, "vidya", last=11, note=SEED_SHOWN),
    tulip(avgprice, "avgprice"),
    tulip(medprice, "medprice"),
    tulip(typprice, "typprice"),
    tulip(wclprice, "wcprice"),
    talipp(sma(20), "test_SMA"),
    talipp(ema(20), "test_EMA"),
    talipp(smma(20), "test_SMMA"),
    talipp(wma(20), "test_WMA"),
    talipp(dema(20), "test_DEMA"),
    talipp(tema(10), "test_TEMA"),
    talipp(t3(), "test_T3"),
    talipp(hma(20), "test_HMA"),
    talipp(kama(14), "test_KAMA"),
    talipp(alma(), "test_ALMA"),
    talipp(vwma(20), "test_VWMA"),
    talipp(vwap("start").line, "test_VWAP"),
    chartschool(
        wma(9), "cs-wma.csv", "WMA", {"close": "Close"}, last=32,
        note="the spreadsheet's first values come from candles before the file",
    ),
    chartschool(kama(10), "cs-kama.csv", "KAMA", {"close": "Close"}, last=39, note=SEED_SHOWN),
    chartschool(
        rolling_vwap(14), "cs-vwap.csv", "vwap",
        {"high": "High", "low": "Low", "close": "Close", "volume": "Volume"}, last=17,
        note="the first rows there are over fewer candles",
    ),
)  # fmt: skip
