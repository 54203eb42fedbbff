"""Cases of the momentum."""

from __future__ import annotations

import numpy as np
import talib as ta

from thebot.indicators import Expression, sma
from thebot.indicators.momentum import (
    above_sma,
    ac,
    ao,
    apo,
    bop,
    cci,
    cmo,
    coppock,
    crsi,
    dpo,
    elder_ray,
    fisher,
    ibs,
    imi,
    kdj,
    kst,
    macd,
    mom,
    percent_k,
    percent_rank,
    pmo,
    ppo,
    qstick,
    roc,
    rocp,
    rocr,
    rocr100,
    rsi,
    schaff,
    smi,
    stoch,
    stochf,
    stochrsi,
    streak,
    trix,
    tsi,
    ultosc,
    willr,
)
from thebot.market import Candles, FloatArray

from .cases import Case, chartschool, skender, talib, talipp, tulip

HIGH_LOW_CLOSE = {"high": "High", "low": "Low", "close": "Close"}
CLOSE = {"close": "Close"}
FIRST_VALUE = "seeded with the first value there, not with a mean: the end of the series, which forgets it"
ROUNDING = (
    "its running sums keep the rounding of what has left them (LUNA fell and rose by factors): allowed more"
)
PERCENT = {"size": 100.0}  # what a value that passes through zero is measured against


def _highest_so_far(c: Candles) -> FloatArray:
    return np.maximum.accumulate(c.high)


TALIB: tuple[Case, ...] = (
    talib(rsi(14), "RSI", lambda c: ta.RSI(c.close, 14)),
    talib(rsi(2), "RSI", lambda c: ta.RSI(c.close, 2)),
    talib(macd().line, "MACD", lambda c: ta.MACD(c.close, 12, 26, 9)[0]),
    talib(macd().signal, "MACD signal", lambda c: ta.MACD(c.close, 12, 26, 9)[1]),
    talib(macd().hist, "MACD hist", lambda c: ta.MACD(c.close, 12, 26, 9)[2]),
    talib(apo(12, 26), "APO", lambda c: ta.APO(c.close, 12, 26, 1)),
    talib(ppo(12, 26).line, "PPO", lambda c: ta.PPO(c.close, 12, 26, 1), **PERCENT),
    talib(
        above_sma(20), "close - SMA", lambda c: c.close - ta.SMA(c.close, 20),
        size=_highest_so_far, note=ROUNDING,
    ),
    talib(stoch().k, "STOCH k", lambda c: ta.STOCH(c.high, c.low, c.close, 14, 3, 0, 3, 0)[0]),
    talib(stoch().d, "STOCH d", lambda c: ta.STOCH(c.high, c.low, c.close, 14, 3, 0, 3, 0)[1]),
    talib(stochf(14, 3).k, "STOCHF k", lambda c: ta.STOCHF(c.high, c.low, c.close, 14, 3, 0)[0]),
    talib(stochf(14, 3).d, "STOCHF d", lambda c: ta.STOCHF(c.high, c.low, c.close, 14, 3, 0)[1]),
    talib(stochrsi(14, 14, 1, 3).k, "STOCHRSI k", lambda c: ta.STOCHRSI(c.close, 14, 14, 3, 0)[0]),
    talib(stochrsi(14, 14, 1, 3).d, "STOCHRSI d", lambda c: ta.STOCHRSI(c.close, 14, 14, 3, 0)[1]),
    talib(kdj(9, 3, 3).k, "KDJ k", lambda c: ta.KDJ(c.high, c.low, c.close, 9, 3, 13, 3, 13)[0]),
    talib(kdj(9, 3, 3).d, "KDJ d", lambda c: ta.KDJ(c.high, c.low, c.close, 9, 3, 13, 3, 13)[1]),
    talib(kdj(9, 3, 3).j, "KDJ j", lambda c: ta.KDJ(c.high, c.low, c.close, 9, 3, 13, 3, 13)[2], **PERCENT),
    talib(willr(14), "WILLR", lambda c: ta.WILLR(c.high, c.low, c.close, 14), **PERCENT),
    talib(smi().line, "SMI", lambda c: ta.SMI(c.high, c.low, c.close, 13, 2, 25, 9)[0], **PERCENT),
    talib(smi().signal, "SMI signal", lambda c: ta.SMI(c.high, c.low, c.close, 13, 2, 25, 9)[1], **PERCENT),
    talib(mom(10), "MOM", lambda c: ta.MOM(c.close, 10)),
    talib(roc(10), "ROC", lambda c: ta.ROC(c.close, 10)),
    talib(rocp(10), "ROCP", lambda c: ta.ROCP(c.close, 10)),
    talib(rocr(10), "ROCR", lambda c: ta.ROCR(c.close, 10)),
    talib(rocr100(10), "ROCR100", lambda c: ta.ROCR100(c.close, 10)),
    talib(trix(15).line, "TRIX", lambda c: ta.TRIX(c.close, 15), **PERCENT),
    talib(coppock(10, 11, 14), "COPPOCK", lambda c: ta.COPPOCK(c.close, 10, 11, 14), size=1e6, note=ROUNDING),
    talib(cci(20), "CCI", lambda c: ta.CCI(c.high, c.low, c.close, 20), size=1e5, note=ROUNDING),
    talib(ultosc(7, 14, 28), "ULTOSC", lambda c: ta.ULTOSC(c.high, c.low, c.close, 7, 14, 28)),
    talib(tsi(25, 13).line, "TSI", lambda c: ta.TSI(c.close, 25, 13), **PERCENT),
    talib(ao(5, 34), "AO", lambda c: ta.AO(c.high, c.low, 5, 34), size=_highest_so_far, note=ROUNDING),
    talib(ac(5, 34, 5), "AC", lambda c: ta.AC(c.high, c.low, 5, 34, 5), size=_highest_so_far, note=ROUNDING),
    talib(cmo(14), "CMOU", lambda c: ta.CMOU(c.close, 14), size=1e4, note=ROUNDING),
    talib(
        2 * rsi(14) - 100, "CMO", lambda c: ta.CMO(c.close, 14), **PERCENT,
        note="TA-Lib's CMO smooths as Wilder does, which makes it the RSI on another scale; ours is its CMOU",
    ),
    talib(bop(), "BOP", lambda c: ta.BOP(c.open, c.high, c.low, c.close)),
    talib(dpo(20), "DPO", lambda c: ta.DPO(c.close, 20)),
    talib(elder_ray(13).bull, "ERI bull", lambda c: ta.ERI(c.high, c.low, c.close, 13)[0]),
    talib(elder_ray(13).bear, "ERI bear", lambda c: ta.ERI(c.high, c.low, c.close, 13)[1]),
    talib(imi(14), "IMI", lambda c: ta.IMI(c.open, c.close, 14)),
    talib(qstick(10), "QSTICK", lambda c: ta.QSTICK(c.open, c.close, 10)),
    talib(percent_rank(100), "PERCENTRANK", lambda c: ta.PERCENTRANK(c.close, 100)),
)  # fmt: skip

NOT_FULL = "it begins with windows that are not full"
EARLIER = "its fast average begins earlier"
SKENDER: tuple[Case, ...] = (
    skender(rsi(14), "rsi", "rsi"),
    skender(macd().line, "macd", "macd", last=100, note=EARLIER),
    skender(macd().signal, "macd", "signal", last=100, note=EARLIER),
    skender(macd().hist, "macd", "histogram", last=100, note=EARLIER),
    skender(apo(12, 26), "macd", "macd", note="its MACD has APO's averages, each begun by itself"),
    skender(stoch().k, "stoch", "k"),
    skender(stoch().d, "stoch", "d"),
    skender(3 * stoch().k - 2 * stoch().d, "stoch", "j"),
    skender(stochrsi(14, 14, 1, 3).k, "stoch-rsi", "stochRsi"),
    skender(stochrsi(14, 14, 1, 3).d, "stoch-rsi", "signal"),
    skender(willr(14), "willr", "williamsR"),
    skender(roc(14), "roc", "roc"),
    skender(mom(14), "roc", "momentum"),
    skender(roc(20), "roc-wb", "roc"),
    skender(cci(20), "cci", "cci"),
    skender(ultosc(7, 14, 28), "uo", "ultimate"),
    skender(trix(14).line, "trix", "trix", last=200, note=FIRST_VALUE),
    skender(tsi(25, 13, 7).line, "tsi", "tsi"),
    skender(tsi(25, 13, 7).signal, "tsi", "signal"),
    skender(ao(5, 34), "awesome", "oscillator"),
    skender(cmo(14), "cmo", "cmo"),
    skender(streak(), "crsi", "streak"),
    skender(percent_rank(roc(1), 100), "crsi", "percentRank", last=401, note="it begins one change early"),
    skender(rsi(streak(), 2), "crsi", "rsiStreak", last=400, note="it begins with the second streak"),
    skender(crsi(3, 2, 100), "crsi", "connorsRsi"),
    skender(fisher(10).fisher, "fisher", "fisher", last=400, note=NOT_FULL),
    skender(fisher(10).trigger, "fisher", "trigger", last=400, note=NOT_FULL),
    skender(sma(bop(), 14), "bop", "bop"),
    skender(elder_ray(13).bull, "elder-ray", "bullPower"),
    skender(elder_ray(13).bear, "elder-ray", "bearPower"),
    skender(pmo(35, 20, 10).line, "pmo", "pmo"),
    skender(pmo(35, 20, 10).signal, "pmo", "signal"),
    skender(smi(13, 25, 2, 3).line, "smi", "smi", last=100, note=FIRST_VALUE),
    skender(smi(13, 25, 2, 3).signal, "smi", "signal", last=100, note=FIRST_VALUE),
)  # fmt: skip


def _trigger(period: int = 10) -> Expression:
    return fisher(period).trigger


TULIP: tuple[Case, ...] = (
    tulip(rsi, "rsi"),
    tulip(lambda k=5, smooth=3, d=3: stoch(k, smooth, d).k, "stoch", "stoch_k"),
    tulip(lambda k=5, smooth=3, d=3: stoch(k, smooth, d).d, "stoch", "stoch_d"),
    tulip(lambda period=5: stochrsi(period, period, 1).k / 100, "stochrsi", note="it counts from 0 to 1"),
    tulip(lambda period=3: roc(period) / 100, "roc", note="it counts in fractions"),
    tulip(rocr, "rocr"),
    tulip(mom, "mom"),
    tulip(cci, "cci"),
    tulip(willr, "willr"),
    tulip(ultosc, "ultosc"),
    tulip(lambda: ao(5, 34), "ao"),
    tulip(cmo, "cmo"),
    tulip(bop, "bop"),
    tulip(dpo, "dpo"),
    tulip(qstick, "qstick"),
)

TALIPP: tuple[Case, ...] = (
    talipp(rsi(20), "test_RSI"),
    talipp(percent_k(14), "test_Stoch", "k"),
    talipp(sma(percent_k(14), 3), "test_Stoch", "d"),
    talipp(ao(5, 7), "test_AO"),
    talipp(bop(), "test_BOP"),
    talipp(cci(20), "test_CCI"),
    talipp(coppock(10, 11, 14), "test_CoppockCurve"),
    talipp(dpo(20), "test_DPO"),
    talipp(ibs(), "test_IBS"),
    talipp(kst(5, 10, 15, 25, 5, 5, 5, 10, 9).line, "test_KST", "kst"),
    talipp(kst(5, 10, 15, 25, 5, 5, 5, 10, 9).signal, "test_KST", "signal"),
    talipp(roc(20), "test_ROC"),
    talipp(stochrsi(14, 14, 3, 3).k, "test_StochRSI", "k"),
    talipp(stochrsi(14, 14, 3, 3).d, "test_StochRSI", "d"),
    talipp(trix(10).line * 100, "test_TRIX", note="it multiplies by 10,000"),
    talipp(tsi(23, 14).line, "test_TSI"),
    talipp(ultosc(3, 5, 7), "test_UO"),
    talipp(willr(14), "test_Williams"),
)

CHARTSCHOOL: tuple[Case, ...] = (
    chartschool(roc(12), "cs-roc.csv", "ROC", CLOSE, digits=1e-2),
    chartschool(ultosc(7, 14, 28), "cs-ultosc.csv", "Ult_Osc", HIGH_LOW_CLOSE),
    chartschool(willr(14), "cs-percentr.csv", "Williams_%R", HIGH_LOW_CLOSE),
    chartschool(percent_k(14), "cs-soo.csv", "SO", HIGH_LOW_CLOSE),
    chartschool(
        tsi(25, 13).line, "cs-tsi.csv", "TSI", CLOSE, last=200, digits=1e-2,
        note="it rounds the weight of the average of 25 to 0.0769",
    ),
    chartschool(cci(20), "cs-cci.csv", "CCI", HIGH_LOW_CLOSE),
    chartschool(
        schaff(schaff(10)), "cs-stc.csv", "stc", {"close": "macd_line"}, last=60,
        note="from its own MACD line, whose averages are seeded with the first value",
    ),
    chartschool(schaff(10), "cs-stc.csv", "_stoch_d", {"close": "macd_line"}, last=60),
)  # fmt: skip

CASES: tuple[Case, ...] = TALIB + SKENDER + TULIP + TALIPP + CHARTSCHOOL
