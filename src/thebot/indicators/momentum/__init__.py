"""How fast and how far the price moves."""

from thebot.indicators.momentum.oscillators import macd, percent_k, rsi, stoch

__all__ = ["macd", "percent_k", "rsi", "stoch"]
