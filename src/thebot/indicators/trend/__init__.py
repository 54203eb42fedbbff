"""Whether there is a trend and where it turns."""

from thebot.indicators.trend.following import adx, supertrend

__all__ = ["adx", "supertrend"]
