"""Backing off, and staying within limits. Pure: time and chance are arguments."""

from thebot.resilience.limits import Pace, WeightBudget, WeightLimit
from thebot.resilience.retry import Backoff

__all__ = ["Backoff", "Pace", "WeightBudget", "WeightLimit"]
