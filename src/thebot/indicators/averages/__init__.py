"""Averages of the price."""

from thebot.indicators.averages.adaptive import kama, mcginley, vidya
from thebot.indicators.averages.moving import ema, sma, smma
from thebot.indicators.averages.prices import avgprice, medprice, midpoint, midprice, typprice, wclprice
from thebot.indicators.averages.quicker import dema, hma, raw_hma, t3, tema, zlema
from thebot.indicators.averages.several import alligator, ma_envelope
from thebot.indicators.averages.traded import rolling_vwap, vwap, vwma
from thebot.indicators.averages.weighted import alma, trima, wma

__all__ = [
    "alligator",
    "alma",
    "avgprice",
    "dema",
    "ema",
    "hma",
    "kama",
    "ma_envelope",
    "mcginley",
    "medprice",
    "midpoint",
    "midprice",
    "raw_hma",
    "rolling_vwap",
    "sma",
    "smma",
    "t3",
    "tema",
    "trima",
    "typprice",
    "vidya",
    "vwap",
    "vwma",
    "wclprice",
    "wma",
    "zlema",
]
