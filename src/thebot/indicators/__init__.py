"""Indicators and rules as values, computed over history or candle by candle by the same functions."""

from thebot.indicators.averages import ema, sma
from thebot.indicators.catalogue import catalogue, indicator_named
from thebot.indicators.expression import (
    Expression,
    close,
    crosses_above,
    crosses_below,
    high,
    low,
    nan,
    open_,
    open_time,
    volume,
)
from thebot.indicators.indicator import Definition, Indicator, combination, indicator
from thebot.indicators.live import LivePanel, Readings
from thebot.indicators.momentum import macd, percent_k, rsi, stoch
from thebot.indicators.panel import Columns, Panel
from thebot.indicators.parse import parse, parse_whole
from thebot.indicators.reasons import reasons
from thebot.indicators.trend import adx, supertrend
from thebot.indicators.volatility import atr, bbands
from thebot.indicators.volumes import obv

__all__ = [
    "Columns",
    "Definition",
    "Expression",
    "Indicator",
    "LivePanel",
    "Panel",
    "Readings",
    "adx",
    "atr",
    "bbands",
    "catalogue",
    "close",
    "combination",
    "crosses_above",
    "crosses_below",
    "ema",
    "high",
    "indicator",
    "indicator_named",
    "low",
    "macd",
    "nan",
    "obv",
    "open_",
    "open_time",
    "parse",
    "parse_whole",
    "percent_k",
    "reasons",
    "rsi",
    "sma",
    "stoch",
    "supertrend",
    "volume",
]
