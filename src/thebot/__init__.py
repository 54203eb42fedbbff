"""THEBOT: a trading workstation for Binance spot.

The names below load what they need when first used; importing the package loads nothing heavy.

>>> from thebot import rsi
>>> rsi(14) < 30
rsi(14) < 30
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from thebot.version import VERSION

if TYPE_CHECKING:
    from thebot.indicators import adx as adx
    from thebot.indicators import atr as atr
    from thebot.indicators import bbands as bbands
    from thebot.indicators import close as close
    from thebot.indicators import crosses_above as crosses_above
    from thebot.indicators import crosses_below as crosses_below
    from thebot.indicators import ema as ema
    from thebot.indicators import high as high
    from thebot.indicators import indicator as indicator
    from thebot.indicators import low as low
    from thebot.indicators import macd as macd
    from thebot.indicators import obv as obv
    from thebot.indicators import rsi as rsi
    from thebot.indicators import sma as sma
    from thebot.indicators import stoch as stoch
    from thebot.indicators import supertrend as supertrend
    from thebot.indicators import volume as volume
    from thebot.market import Candle as Candle
    from thebot.market import Candles as Candles
    from thebot.market import Timeframe as Timeframe
    from thebot.research import backtest as backtest
    from thebot.strategy import AtPrice as AtPrice
    from thebot.strategy import Exits as Exits
    from thebot.strategy import Percent as Percent
    from thebot.strategy import RiskFraction as RiskFraction
    from thebot.strategy import Signal as Signal
    from thebot.strategy import Strategy as Strategy
    from thebot.trading.costs import Costs as Costs

__version__: Final = VERSION

_HOMES: Final = {
    "thebot.indicators": (
        "adx", "atr", "bbands", "close", "crosses_above", "crosses_below", "ema", "high", "indicator",
        "low", "macd", "obv", "rsi", "sma", "stoch", "supertrend", "volume",
    ),
    "thebot.market": ("Candle", "Candles", "Timeframe"),
    "thebot.research": ("backtest",),
    "thebot.strategy": ("AtPrice", "Exits", "Percent", "RiskFraction", "Signal", "Strategy"),
    "thebot.trading.costs": ("Costs",),
}  # fmt: skip
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (of whatever type the name has)
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"thebot has no {name!r}; it has: {', '.join(__all__)}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
