"""Averages of the price."""

from thebot.indicators.averages.moving import ema, sma

__all__ = ["ema", "sma"]
