"""Levels and zones that the market made: pivots, swings, support and resistance, gaps, order blocks."""

from thebot.indicators.structure.breaks import market_structure, order_blocks
from thebot.indicators.structure.gaps import fair_value_gaps
from thebot.indicators.structure.levels import breakout, support_resistance
from thebot.indicators.structure.pivots import pivot_levels, pivots, rolling_pivots
from thebot.indicators.structure.swings import fibonacci, fractal, swings, zigzag

__all__ = [
    "breakout",
    "fair_value_gaps",
    "fibonacci",
    "fractal",
    "market_structure",
    "order_blocks",
    "pivot_levels",
    "pivots",
    "rolling_pivots",
    "support_resistance",
    "swings",
    "zigzag",
]
