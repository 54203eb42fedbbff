"""Candlestick patterns: what a few candles say together.

They tell of them in TA-Lib's numbers (100, -100, 0) and are equal to it, ties and all.
"""

from thebot.indicators.patterns.bodies import (
    belt_hold,
    closing_marubozu,
    high_wave,
    long_line,
    marubozu,
    short_line,
    spinning_top,
)
from thebot.indicators.patterns.dojis import (
    doji,
    doji_star,
    dragonfly_doji,
    gravestone_doji,
    long_legged_doji,
    rickshaw_man,
    takuri,
    tristar,
)
from thebot.indicators.patterns.hammers import hammer, hanging_man, inverted_hammer, shooting_star
from thebot.indicators.patterns.lows import homing_pigeon, in_neck, matching_low, on_neck, thrusting
from thebot.indicators.patterns.pairs import (
    counterattack,
    dark_cloud_cover,
    engulfing,
    harami,
    harami_cross,
    piercing,
    separating_lines,
)

__all__ = [
    "belt_hold", "closing_marubozu", "counterattack", "dark_cloud_cover", "doji", "doji_star",
    "dragonfly_doji", "engulfing", "gravestone_doji", "hammer", "hanging_man", "harami", "harami_cross",
    "high_wave", "homing_pigeon", "in_neck", "inverted_hammer", "long_legged_doji", "long_line", "marubozu",
    "matching_low", "on_neck", "piercing", "rickshaw_man", "separating_lines", "shooting_star",
    "short_line", "spinning_top", "takuri", "thrusting", "tristar",
]  # fmt: skip
