"""Sweeps: many variants of a strategy on the same candles, and what all of them together say of the best."""

from thebot.backtesting.sweep.journal import Journal
from thebot.backtesting.sweep.result import SweepResult
from thebot.backtesting.sweep.search import FIGURES, METHODS, Found, Progress, Search, about, searched
from thebot.backtesting.sweep.space import Choices, Range, Space, Variant
from thebot.backtesting.sweep.variants import Job, Outcome, outcomes

__all__ = [
    "FIGURES",
    "METHODS",
    "Choices",
    "Found",
    "Job",
    "Journal",
    "Outcome",
    "Progress",
    "Range",
    "Search",
    "Space",
    "SweepResult",
    "Variant",
    "about",
    "outcomes",
    "searched",
]
