"""Instruments, timeframes, candles, ticks, resampling and data quality. Pure: no network, no clock."""

from thebot.market.candles import Candle, Candles
from thebot.market.columns import BoolArray, FloatArray, IntArray
from thebot.market.instrument import Instrument
from thebot.market.ticks import BookTop, Quote, Symbol, Trade
from thebot.market.timeframe import TIMEFRAMES, Timeframe

__all__ = [
    "TIMEFRAMES",
    "BookTop",
    "BoolArray",
    "Candle",
    "Candles",
    "FloatArray",
    "Instrument",
    "IntArray",
    "Quote",
    "Symbol",
    "Timeframe",
    "Trade",
]
