"""How much the price moves, whichever way."""

from thebot.indicators.volatility.ranges import atr, bbands

__all__ = ["atr", "bbands"]
