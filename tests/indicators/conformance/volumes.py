"""Cases of the volumes."""

from __future__ import annotations

from typing import Any

import numpy as np
import talib as ta
from numpy.lib.stride_tricks import sliding_window_view

from thebot.indicators import sma
from thebot.indicators.volumes import (
    ad,
    adosc,
    cmf,
    emv,
    force,
    kvo,
    marketfi,
    mfi,
    nvi,
    obv,
    pvi,
    pvo,
    rvol,
    vpt,
)
from thebot.market import Candles, FloatArray

from .cases import Case, chartschool, skender, talib, talipp, tulip


def how_far_the_line_went(c: Candles) -> Any:
    """The A/D line's size so far: what TA-Lib loses in rounding when it averages it."""
    return np.maximum.accumulate(np.abs(ta.AD(c.high, c.low, c.close, c.volume)))


def drop(traded: FloatArray, period: int) -> FloatArray:
    """The most that was traded so far over what was in the last `period` candles.

    So much larger is what TA-Lib's running sums lose in rounding. Infinite where nothing was traded: what it
    says there is rounding alone.
    """
    padded = np.concatenate([np.zeros(period - 1), traded])
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.maximum.accumulate(traded) / sliding_window_view(padded, period).sum(axis=1)
    return np.where(np.isnan(found), np.inf, found)


def drop_of_money(c: Candles) -> Any:
    """That of money in 14 candles, for an index."""
    return 100.0 * drop(c.close * c.volume, 14)


def drop_of_relative_volume(c: Candles) -> Any:
    """That of volume in the 20 candles before, times the relative volume, which it is multiplied with."""
    before = np.concatenate([[1.0], drop(c.volume, 20)[:-1]])
    return before * np.maximum(1.0, np.nan_to_num(np.abs(ta.RVOL(c.volume, 20)), posinf=1.0))


def finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def changes(values: FloatArray) -> FloatArray:
    return np.diff(values, prepend=np.nan)


PRICES = {"high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
CLOSES = {"close": "Close", "volume": "Volume"}
RANGES = {"high": "High", "low": "Low", "volume": "Volume"}
ROUNDED = "its running sums keep the rounding of the most that was traded so far; that much is allowed"

CASES: tuple[Case, ...] = (
    talib(obv(), "OBV", lambda c: ta.OBV(c.close, c.volume)),
    skender(
        obv() - obv().shift(1), "obv", "obv", convert=changes,
        note="theirs begins with 0, ours with the first candle's volume: the changes are compared",
    ),
    talipp(obv(), "test_OBV"),
    talipp(sma(obv(), 20), "test_SOBV"),
    talib(vpt(), "PVT", lambda c: ta.PVT(c.close, c.volume)),
    chartschool(vpt(), "cs-vpt.csv", "unsmoothed vpt", CLOSES),
    chartschool(sma(vpt(), 14), "cs-vpt.csv", "14-smoothed vpt", CLOSES),
    talib(nvi(), "NVI", lambda c: ta.NVI(c.close, c.volume)),
    tulip(nvi, "nvi"),
    talib(pvi(), "PVI", lambda c: ta.PVI(c.close, c.volume)),
    tulip(pvi, "pvi"),
    talib(ad(), "AD", lambda c: ta.AD(c.high, c.low, c.close, c.volume)),
    skender(ad(), "adl", "adl"),
    tulip(ad, "ad"),
    talipp(ad(), "test_AccuDist"),
    chartschool(ad(), "cs-accum.csv", "ADLine", PRICES),
    talib(
        adosc(), "ADOSC", lambda c: ta.ADOSC(c.high, c.low, c.close, c.volume, 3, 10),
        size=how_far_the_line_went,
        note="it averages the line itself, so what the line's size costs in rounding is allowed",
    ),
    skender(
        adosc(), "chaikin-osc", "oscillator", last=100,
        note="its averages are seeded with means: the last 100 rows, where that is forgotten",
    ),
    tulip(adosc, "adosc"),
    talib(
        cmf(), "CMF", lambda c: ta.CMF(c.high, c.low, c.close, c.volume, 20),
        size=lambda c: drop(c.volume, 20), note=ROUNDED
    ),
    skender(cmf(), "cmf", "cmf"),
    talib(
        mfi(), "MFI", lambda c: ta.MFI(c.high, c.low, c.close, c.volume * 2.0**60, 14),
        size=drop_of_money,
        note=f"volumes are 2^60 times as large, as it takes sums below 1 for none; {ROUNDED}",
    ),
    skender(mfi(), "mfi", "mfi"),
    tulip(mfi, "mfi"),
    chartschool(mfi(), "cs-mfi.csv", "MFI", PRICES),
    talib(force(), "EFI", lambda c: ta.EFI(c.close, c.volume, 13)),
    skender(force(2), "force", "forceIndex"),
    talipp(force(20), "test_ForceIndex"),
    chartschool(force(1), "cs-fi.csv", "FI_1", CLOSES),
    tulip(lambda: emv(1), "emv"),
    talipp(emv(14, 10_000), "test_EMV"),
    chartschool(emv(1, 1e8), "cs-easeofmovement.csv", "EMV", RANGES),
    chartschool(emv(14, 1e8), "cs-easeofmovement.csv", "SMA_EMV", RANGES),
    tulip(
        lambda fast=34, slow=55: kvo(fast, slow).line, "kvo", last=10, sources="untest",
        note="it is told from the first force on, ours when the slow average has had as many as its period",
    ),
    talib(marketfi(), "MARKETFI", lambda c: ta.MARKETFI(c.high, c.low, c.volume)),
    tulip(marketfi, "marketfi", sources="extra", digits=5.1e-5),
    talib(
        rvol(), "RVOL", lambda c: finite(ta.RVOL(c.volume, 20)), size=drop_of_relative_volume,
        note=f"infinite without volume before, ours is 1: left out; {ROUNDED}",
    ),
    talib(pvo().line, "PVO", lambda c: ta.PVO(c.volume, 12, 26, 1)),
    skender(pvo().line, "pvo", "pvo"),
    skender(pvo().signal, "pvo", "signal"),
    skender(pvo().hist, "pvo", "histogram"),
)  # fmt: skip
