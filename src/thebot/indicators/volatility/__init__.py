"""How much the price moves, whichever way."""

from thebot.indicators.volatility.bands import (
    accbands,
    atr_bands,
    bandwidth,
    bbands,
    donchian,
    keltner,
    percent_b,
    starc,
)
from thebot.indicators.volatility.deviations import relative_volatility_index, stddev, variance, zscore
from thebot.indicators.volatility.estimators import (
    garman_klass,
    historical_volatility,
    parkinson,
    rogers_satchell,
    yang_zhang,
)
from thebot.indicators.volatility.ranges import (
    adr,
    atr,
    atr_regime,
    chaikin_volatility,
    mass_index,
    natr,
    true_range,
    volatility_regime,
)
from thebot.indicators.volatility.squeeze import choppiness, squeeze, ttm_squeeze, ulcer_index

__all__ = [
    "accbands",
    "adr",
    "atr",
    "atr_bands",
    "atr_regime",
    "bandwidth",
    "bbands",
    "chaikin_volatility",
    "choppiness",
    "donchian",
    "garman_klass",
    "historical_volatility",
    "keltner",
    "mass_index",
    "natr",
    "parkinson",
    "percent_b",
    "relative_volatility_index",
    "rogers_satchell",
    "squeeze",
    "starc",
    "stddev",
    "true_range",
    "ttm_squeeze",
    "ulcer_index",
    "variance",
    "volatility_regime",
    "yang_zhang",
    "zscore",
]
