"""Cases of the volatility."""

from __future__ import annotations

import talib as ta

from thebot.indicators.averages import typprice
from thebot.indicators.expression import close, high, low
from thebot.indicators.volatility import (
    accbands,
    adr,
    atr,
    bandwidth,
    bbands,
    chaikin_volatility,
    choppiness,
    donchian,
    keltner,
    mass_index,
    natr,
    percent_b,
    relative_volatility_index,
    starc,
    stddev,
    true_range,
    ttm_squeeze,
    ulcer_index,
    variance,
    zscore,
)

from .cases import Case, chartschool, skender, talib, talipp, tulip

HIGH_LOW = {"high": "high", "low": "low"}
FIRST = "talipp counts the first candle's own range as a true range"
SEED = "another seed of the ATR, which is forgotten by then"
SUMS = "TA-Lib's running sums keep what rounding left of higher prices; ours are made anew"
LOST = 1e-7
typical = keltner(typprice(), high, low, close)  # TA-Lib's centre
BANDS = ("upper", "middle", "lower")

TALIB = (
    talib(atr(14), "ATR", lambda c: ta.ATR(c.high, c.low, c.close, 14)),
    talib(atr(1), "ATR(1)", lambda c: ta.ATR(c.high, c.low, c.close, 1)),
    talib(natr(14), "NATR", lambda c: ta.NATR(c.high, c.low, c.close, 14)),
    talib(true_range(), "TRANGE", lambda c: ta.TRANGE(c.high, c.low, c.close)),
    talib(adr(14), "ADR", lambda c: ta.ADR(c.high, c.low, 14)),
    *(
        talib(
            getattr(bbands(20, 2.0), name),
            f"BBANDS {name}",
            lambda c, k=k: ta.BBANDS(c.close, 20, 2.0, 2.0)[k],
        )
        for k, name in enumerate(BANDS)
    ),
    *(
        talib(
            getattr(donchian(20), name), f"DONCHIAN {name}", lambda c, k=k: ta.DONCHIAN(c.high, c.low, 20)[k]
        )
        for k, name in enumerate(BANDS)
    ),
    *(
        talib(
            getattr(accbands(20), name),
            f"ACCBANDS {name}",
            lambda c, k=k: ta.ACCBANDS(c.high, c.low, c.close, 20)[k],
        )
        for k, name in enumerate(BANDS)
    ),
    *(
        talib(
            getattr(typical, name),
            f"KC {name}",
            lambda c, k=k: ta.KC(c.high, c.low, c.close, 20, 10, 2.0)[k],
            skip=250,
            note=SEED,
        )
        for k, name in enumerate(BANDS)
    ),
    talib(stddev(20), "STDDEV", lambda c: ta.STDDEV(c.close, 20), relative=LOST, note=SUMS),
    talib(variance(20), "VAR", lambda c: ta.VAR(c.close, 20), relative=LOST, note=SUMS),
    talib(
        relative_volatility_index(14, 10), "RVI", lambda c: ta.RVI(c.close, 14, 10), relative=LOST, note=SUMS
    ),
    talib(chaikin_volatility(10, 10), "CVI", lambda c: ta.CVI(c.high, c.low, 10, 10), size=100.0),
    talib(mass_index(9, 25), "MASSI", lambda c: ta.MASSI(c.high, c.low, 9, 25)),
)

SKENDER = (
    skender(atr(14), "atr", "atr"),
    skender(natr(14), "atr", "atrp"),
    skender(true_range(), "tr", "tr"),
    skender(bbands(20, 2.0).upper, "bb", "upperBand"),
    skender(bbands(20, 2.0).middle, "bb", "sma"),
    skender(bbands(20, 2.0).lower, "bb", "lowerBand"),
    skender(percent_b(20, 2.0), "bb", "percentB"),
    skender(zscore(20), "bb", "zScore"),
    skender(bandwidth(20, 2.0), "bb", "width", convert=lambda width: 100.0 * width),
    skender(stddev(14), "stdev", "stdDev"),
    skender(zscore(14), "stdev", "zScore"),
    skender(keltner(20, 10, 2.0).upper, "keltner", "upperBand"),
    skender(keltner(20, 10, 2.0).middle, "keltner", "centerline"),
    skender(keltner(20, 10, 2.0).lower, "keltner", "lowerBand"),
    skender(starc(5, 10, 2.0).upper, "starc", "upperBand"),
    skender(starc(5, 10, 2.0).middle, "starc", "centerline"),
    skender(starc(5, 10, 2.0).lower, "starc", "lowerBand"),
    skender(
        donchian(20).upper.shift(1), "donchian", "upperBand", note="the candle before: without the newest"
    ),
    skender(donchian(20).middle.shift(1), "donchian", "centerline", note="the candle before, as above"),
    skender(donchian(20).lower.shift(1), "donchian", "lowerBand", note="the candle before, as above"),
    skender(choppiness(14), "chop", "chop"),
    skender(ulcer_index(14), "ulcer", "ulcerIndex"),
)

TULIP = (
    tulip(true_range, "tr", last=14, note="Tulip gives the first candle's own range"),
    tulip(stddev, "stddev"),
    tulip(variance, "var"),
    *(tulip(lambda *o, name=name: getattr(bbands(*o), name), "bbands", f"bbands_{name}") for name in BANDS),
)

TALIPP = (
    talipp(bbands(5, 2.0).lower, "test_BB", "lb"),
    talipp(bbands(5, 2.0).middle, "test_BB", "cb"),
    talipp(bbands(5, 2.0).upper, "test_BB", "ub"),
    talipp(donchian(5).lower, "test_DonchianChannels", "lb"),
    talipp(donchian(5).middle, "test_DonchianChannels", "cb"),
    talipp(donchian(5).upper, "test_DonchianChannels", "ub"),
    talipp(stddev(20), "test_StdDev"),
    talipp(mass_index(9, 10), "test_MassIndex"),
    talipp(choppiness(14), "test_CHOP"),
    talipp(ttm_squeeze(20, 2.0, 2.0, 20).momentum, "test_TTM", "histogram"),
    talipp(ttm_squeeze(20, 2.0, 2.0, 20).active, "test_TTM", "squeeze"),
    talipp(keltner(10, 10, 3.0).middle, "test_KeltnerChannels", "cb"),
    talipp(keltner(10, 10, 2.0).upper, "test_KeltnerChannels", "ub", digits=2e-3, note=FIRST),
    talipp(keltner(10, 10, 3.0).lower, "test_KeltnerChannels", "lb", digits=2e-3, note=FIRST),
    talipp(atr(5), "test_ATR"),
    talipp(natr(5), "test_NATR", digits=1e-4, note=FIRST),
)

CLOSE = {"close": "Close"}
CHARTSCHOOL = (
    chartschool(bbands(20, 2.0).upper, "cs-bbands.csv", "HighBand", CLOSE),
    chartschool(bbands(20, 2.0).middle, "cs-bbands.csv", "MiddleBand", CLOSE),
    chartschool(bbands(20, 2.0).lower, "cs-bbands.csv", "LowBand", CLOSE),
    chartschool(bandwidth(20, 2.0), "cs-bbands.csv", "WidthBand", CLOSE),
    chartschool(percent_b(20, 2.0), "cs-bbands.csv", "PercentageBand", CLOSE),
    chartschool(stddev(20), "cs-bbands.csv", "20-day Standard Deviation", CLOSE),
    chartschool(donchian(20).upper, "cs-dc.csv", "upper_band", HIGH_LOW),
    chartschool(
        donchian(20).middle,
        "cs-dc.csv",
        "middle_band",
        HIGH_LOW,
        digits=0.00501,
        note="rounded to cents there",
    ),
    chartschool(donchian(20).lower, "cs-dc.csv", "lower_band", HIGH_LOW),
)

CASES: tuple[Case, ...] = (*TALIB, *SKENDER, *TULIP, *TALIPP, *CHARTSCHOOL)
