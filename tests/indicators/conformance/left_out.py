"""Reference values that no case compares with, each with the reason: what is in neither is an oversight."""

from __future__ import annotations

_SEED = "begins its exponential averages with the first value; on so short a series that never fades"
_WILDER = "begins Wilder's smoothing elsewhere; on so short a series that never fades"
_TWO = "compares two markets; an indicator here reads one"
_ARITHMETIC = "plain arithmetic: expressions have operators for it"
_HILBERT = "Hilbert transform: not one of ours"
_NOT = "not one of ours"
_OBV = "begins at 0 instead of the first volume: its moves are compared in tests/indicators/volumes"

SKENDER = {
    "barpart": "a column of the candles as it is",
    "beta": _TWO,
    "corr": _TWO,
    "prs": _TWO,
    "doji": "a body below 0.1 % of the open; ours is TA-Lib's, a tenth of the usual range",
    "kvo": "reads the formula as 2 * (dm / cm - 1); ours is Achelis' and Tulip's, which are compared",
    "marubozu": "a body of 95 % of the candle; ours is TA-Lib's, by the usual shadows",
    "dpo": "centred, so that it knows the future; ours looks back, as TA-Lib's",
    "gator": "the distances between the alligator's lines, which are compared",
    "htl": _HILBERT,
    "mama": _HILBERT,
    "renko": "bricks instead of candles",
    "renko-atr": "bricks instead of candles",
    "sma-analysis": "how far an average is from the prices: " + _NOT,
    "stc": "another factor and other stochastics than Schaff's; ours is compared with ChartSchool",
    "stdev-channels": "one line through all candles: it repaints",
    "vol-stop": _NOT,
    "zigzag": "by highs and lows, and confirmed otherwise; zigzag-close is compared",
}

TULIP = {
    **dict.fromkeys(("ema", "dema", "tema", "zlema", "trix", "apo", "ppo", "macd", "vosc", "mass"), _SEED),
    **dict.fromkeys(("atr", "natr", "adx", "adxr", "di", "dx", "ce"), _WILDER),
    **dict.fromkeys(
        ("abs", "acos", "add", "asin", "atan", "ceil", "cos", "cosh", "div", "exp", "floor", "ln", "log10",
         "mul", "round", "sin", "sinh", "sqrt", "sub", "sum", "tan", "tanh", "todeg", "torad", "trunc"),
        _ARITHMETIC,
    ),
    **dict.fromkeys(("decay", "edecay", "md", "msw", "fosc", "stderr", "wad", "rmta"), _NOT),
    "abands": "another formula; ours is TA-Lib's ACCBANDS",
    "alma": "another bell; ours is Arnaud Legoux's, as Stock.Indicators and talipp",
    "cmf": "kept as raw arrays without the options; Stock.Indicators and TA-Lib are compared",
    "crossany": "crossing either way: `crosses_above(a, b) | crosses_below(a, b)`",
    "crossover": "of two plain series: see test_conformance.py",
    "cvi": _SEED,
    "fisher": "begins with 0 where ours begins with the first value; Stock.Indicators is compared",
    "ikhts": "raw arrays without options; Stock.Indicators is compared",
    "linregintercept": "counts a window's candles from 1 instead of 0; TA-Lib is compared",
    "obv": _OBV,
    "volatility": "of plain returns, a population; ours is of logarithms, a sample",
}  # fmt: skip

TALIPP = {
    "test_ADX": _WILDER,
    "test_ChaikinOsc": _SEED,
    "test_KVO": _SEED,
    "test_MACD": _SEED,
    "test_McGinleyDynamic": "factor 1 and another seed; Stock.Indicators is compared",
    "test_MeanDev": _NOT,
    "test_RogersSatchel": "per candle, without a window; ours is the mean over one",
    "test_SFX": _NOT,
    "test_STC": _SEED,
    "test_ZLEMA": "a lag of half the period; ours is (period - 1) / 2, as TA-Lib",
    "test_ZigZag": "wants three candles between pivots, and takes that which confirms for the extreme",
}

CHARTSCHOOL = {
    "cs-atr.csv": _WILDER,
    "cs-atr2.csv": _WILDER,
    "cs-dc2.csv": "the channel moved by one candle: `.shift(1)` of cs-dc.csv, which is compared",
    "cs-kc.csv": "typed with the range of each candle instead of the true range",
    "cs-macd.csv": _SEED,
    "cs-obv.csv": _OBV,
    "cs-ppo.csv": _SEED,
    "cs-pvo.csv": _SEED,
    "cs-rsi.csv": _WILDER,
    "cs-stochrsi.csv": _WILDER,
    "cs-ui.csv": "measures from another high than Martin's definition; Stock.Indicators is compared",
}
