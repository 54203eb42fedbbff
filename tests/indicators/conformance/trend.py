"""Cases of the trend."""

from __future__ import annotations

from functools import partial

import numpy as np
import talib as ta

from thebot.indicators import close, high, low
from thebot.indicators.trend import (
    adx,
    adxr,
    aroon,
    aroonosc,
    atr_stop,
    chande_kroll,
    chandelier,
    dm,
    dx,
    heikin_ashi,
    highest,
    hurst,
    ichimoku,
    linreg,
    linreg_angle,
    linreg_intercept,
    linreg_slope,
    lowest,
    psar,
    r_squared,
    supertrend,
    tsf,
    vhf,
    vortex,
)
from thebot.market import Candles, FloatArray

from .cases import Case, chartschool, skender, talib, talipp, tulip

TIES = "of two equal highs (once) or lows (once) the older counts there: compared after that"
TURNED = "the first direction is chosen otherwise there: compared from the first turn on"
SUMS = "running sums there, which keep the rounding of larger prices before: allowed 1e-13 of the highest"
HLC = {"high": "High", "low": "Low", "close": "Close"}
SEEDED = "another first sum in Wilder's smoothing: compared once it is forgotten"


def highest_so_far(c: Candles) -> FloatArray:
    return np.maximum.accumulate(c.close)


def heikin_ashi_of_talib(line: int, c: Candles) -> FloatArray:
    return ta.HA(c.open, c.high, c.low, c.close)[line]


CASES: tuple[Case, ...] = (
    # directional movement
    talib(adx().adx, "ADX", lambda c: ta.ADX(c.high, c.low, c.close, 14)),
    talib(adx().plus_di, "PLUS_DI", lambda c: ta.PLUS_DI(c.high, c.low, c.close, 14)),
    talib(adx().minus_di, "MINUS_DI", lambda c: ta.MINUS_DI(c.high, c.low, c.close, 14)),
    talib(dx(14), "DX", lambda c: ta.DX(c.high, c.low, c.close, 14)),
    talib(adxr(14), "ADXR", lambda c: ta.ADXR(c.high, c.low, c.close, 14)),
    talib(dm(14).plus_dm, "PLUS_DM", lambda c: ta.PLUS_DM(c.high, c.low, 14)),
    talib(dm(14).minus_dm, "MINUS_DM", lambda c: ta.MINUS_DM(c.high, c.low, 14)),
    talib(dm(1).plus_dm, "PLUS_DM", lambda c: ta.PLUS_DM(c.high, c.low, 1)),
    skender(adx().adx, "adx", "adx", last=100, note=SEEDED),
    skender(adx().plus_di, "adx", "pdi", last=100, note=SEEDED),
    skender(adx().minus_di, "adx", "mdi", last=100, note=SEEDED),
    skender(dx(14), "adx", "dx", last=100, note=SEEDED),
    tulip(lambda n: dm(n).plus_dm, "dm", "plus_dm", example=dm().plus_dm),
    tulip(lambda n: dm(n).minus_dm, "dm", "minus_dm", example=dm().minus_dm),
    chartschool(adx().plus_di, "cs-adx.csv", "+DI14", HLC, last=200, note=SEEDED),
    chartschool(adx().minus_di, "cs-adx.csv", "-DI14", HLC, last=200, note=SEEDED),
    chartschool(adx().adx, "cs-adx.csv", "ADX", HLC, last=200, note=SEEDED),
    # Aroon, Vortex, VHF, Hurst
    talib(aroon(25).up, "AROON", lambda c: ta.AROON(c.high, c.low, 25)[1]),
    talib(aroon(25).down, "AROON", lambda c: ta.AROON(c.high, c.low, 25)[0]),
    talib(aroonosc(14), "AROONOSC", lambda c: ta.AROONOSC(c.high, c.low, 14)),
    skender(aroon(25).up, "aroon", "aroonUp", last=300, note=TIES),
    skender(aroon(25).down, "aroon", "aroonDown", last=260, note=TIES),
    skender(aroon(25).oscillator, "aroon", "oscillator", last=260, note=TIES),
    tulip(lambda n: aroon(n).up, "aroon", "aroon_up", example=aroon().up),
    tulip(lambda n: aroon(n).down, "aroon", "aroon_down", example=aroon().down),
    tulip(aroonosc, "aroonosc"),
    talipp(aroon(10).up, "test_Aroon", "up"),
    talipp(aroon(10).down, "test_Aroon", "down"),
    talib(vortex(14).plus, "VORTEX", lambda c: ta.VORTEX(c.high, c.low, c.close, 14)[0]),
    talib(vortex(14).minus, "VORTEX", lambda c: ta.VORTEX(c.high, c.low, c.close, 14)[1]),
    skender(vortex(14).plus, "vortex", "pvi"),
    skender(vortex(14).minus, "vortex", "nvi"),
    talipp(vortex(14).plus, "test_VTX", "plus_vtx"),
    talipp(vortex(14).minus, "test_VTX", "minus_vtx"),
    chartschool(vortex(14).plus, "cs-vortex.csv", "+VI14", HLC),
    chartschool(vortex(14).minus, "cs-vortex.csv", "-VI14", HLC),
    talib(vhf(28), "VHF", lambda c: ta.VHF(c.close, 28)),
    tulip(vhf, "vhf"),
    skender(hurst(100), "hurst", "hurstExponent"),
    # stops
    talib(supertrend().line, "SUPERTREND", lambda c: ta.SUPERTREND(c.high, c.low, c.close, 10, 3.0)[0]),
    talib(supertrend().direction, "SUPERTREND", lambda c: np.where(
        (d := ta.SUPERTREND(c.high, c.low, c.close, 10, 3.0)[1]) == 0, np.nan, d)),
    skender(supertrend().line, "supertrend", "superTrend"),
    talipp(supertrend(10, 3).direction, "test_SuperTrend", "trend"),
    talib(psar().line, "SAR", lambda c: ta.SAR(c.high, c.low, 0.02, 0.2)),
    talib(psar().direction, "SAREXT", lambda c: np.sign(ta.SAREXT(c.high, c.low))),
    talib(psar(0.05, 0.3).line, "SAR", lambda c: ta.SAR(c.high, c.low, 0.05, 0.3)),
    skender(psar().line, "psar", "sar", last=250, note=TURNED),
    tulip(lambda a, b: psar(a, b).line, "psar", example=psar().line, last=70, note=TURNED),
    talipp(psar().line, "test_ParabolicSAR"),
    talipp(psar().direction, "test_ParabolicSAR", "trend"),
    chartschool(psar().line, "cs-psar.csv", "psar_up", HLC),
    chartschool(psar().line, "cs-psar.csv", "psar_down", HLC, last=15, note=TURNED),
    skender(chandelier(22, 3).long, "chexit", "chandelierExit"),
    skender(atr_stop(21, 3).line, "atr-stop", "atrStop"),
    talipp(chande_kroll(5, 2, 3).long, "test_ChandeKrollStop", "long_stop", digits=1e-5, note=SEEDED),
    talipp(chande_kroll(5, 2, 3).short, "test_ChandeKrollStop", "short_stop", digits=1e-5, note=SEEDED),
    # Ichimoku, Heikin-Ashi
    skender(ichimoku().conversion, "ichimoku", "tenkanSen"),
    skender(ichimoku().base, "ichimoku", "kijunSen"),
    skender(ichimoku().span_a, "ichimoku", "senkouSpanA"),
    skender(ichimoku().span_b, "ichimoku", "senkouSpanB"),
    *(
        talib(line, "HA", partial(heikin_ashi_of_talib, k))
        for k, line in enumerate(heikin_ashi().outputs)
    ),
    *(skender(getattr(heikin_ashi(), name), "heikinashi", name) for name in heikin_ashi().choices),
    # regression
    talib(linreg(14), "LINEARREG", lambda c: ta.LINEARREG(c.close, 14), size=highest_so_far, note=SUMS),
    talib(linreg(200), "LINEARREG", lambda c: ta.LINEARREG(c.close, 200), size=highest_so_far, note=SUMS),
    talib(
        linreg_slope(14), "LINEARREG_SLOPE", lambda c: ta.LINEARREG_SLOPE(c.close, 14), size=highest_so_far,
        note=SUMS,
    ),
    talib(
        linreg_intercept(14), "LINEARREG_INTERCEPT", lambda c: ta.LINEARREG_INTERCEPT(c.close, 14),
        size=highest_so_far, note=SUMS,
    ),
    talib(tsf(14), "TSF", lambda c: ta.TSF(c.close, 14), size=highest_so_far, note=SUMS),
    talib(
        linreg_angle(14), "LINEARREG_SLOPE, SMA",
        lambda c: np.degrees(np.arctan(100 * ta.LINEARREG_SLOPE(c.close, 14) / ta.SMA(c.close, 14))),
        size=lambda c: 5730 * highest_so_far(c) / c.close,
        note=f"TA-Lib's own angle is that of the slope in quote currency; {SUMS}",
    ),
    skender(linreg(10), "epma", "epma"),
    skender(linreg_slope(14), "slope", "slope"),
    skender(r_squared(14), "slope", "rSquared"),
    tulip(linreg, "linreg"),
    tulip(linreg_slope, "linregslope"),
    tulip(tsf, "tsf"),
    # highest and lowest
    tulip(highest, "max"),
    tulip(lowest, "min"),
    tulip(lambda period=1: close.shift(period), "lag"),
    talib(highest(high, 20), "MAX", lambda c: ta.MAX(c.high, 20), relative=0, size=0),
    talib(lowest(low, 20), "MIN", lambda c: ta.MIN(c.low, 20), relative=0, size=0),
    talib(highest(close, 100), "MAX", lambda c: ta.MAX(c.close, 100), relative=0, size=0),
)  # fmt: skip
