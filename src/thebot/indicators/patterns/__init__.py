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
from thebot.indicators.patterns.gaps import (
    abandoned_baby,
    gap_three_methods,
    side_by_side_white_lines,
    tasuki_gap,
    two_crows,
    upside_gap_two_crows,
)
from thebot.indicators.patterns.hammers import hammer, hanging_man, inverted_hammer, shooting_star
from thebot.indicators.patterns.kicks import kicking, kicking_by_length
from thebot.indicators.patterns.lows import homing_pigeon, in_neck, matching_low, on_neck, thrusting
from thebot.indicators.patterns.methods import (
    hikkake,
    hikkake_modified,
    ladder_bottom,
    mat_hold,
    rise_fall_three_methods,
)
from thebot.indicators.patterns.pairs import (
    counterattack,
    dark_cloud_cover,
    engulfing,
    harami,
    harami_cross,
    piercing,
    separating_lines,
)
from thebot.indicators.patterns.rare import breakaway, concealing_baby_swallow, three_stars_in_the_south
from thebot.indicators.patterns.soldiers import (
    advance_block,
    identical_three_crows,
    stalled_pattern,
    three_black_crows,
    three_line_strike,
    three_white_soldiers,
)
from thebot.indicators.patterns.stars import (
    evening_doji_star,
    evening_star,
    morning_doji_star,
    morning_star,
    stick_sandwich,
    three_inside,
    three_outside,
    unique_three_river,
)

__all__ = [
    "abandoned_baby", "advance_block", "belt_hold", "breakaway", "closing_marubozu",
    "concealing_baby_swallow", "counterattack", "dark_cloud_cover", "doji", "doji_star", "dragonfly_doji",
    "engulfing", "evening_doji_star", "evening_star", "gap_three_methods", "gravestone_doji", "hammer",
    "hanging_man", "harami", "harami_cross", "high_wave", "hikkake", "hikkake_modified", "homing_pigeon",
    "identical_three_crows", "in_neck", "inverted_hammer", "kicking", "kicking_by_length", "ladder_bottom",
    "long_legged_doji", "long_line", "marubozu", "mat_hold", "matching_low", "morning_doji_star",
    "morning_star", "on_neck", "piercing", "rickshaw_man", "rise_fall_three_methods", "separating_lines",
    "shooting_star", "short_line", "side_by_side_white_lines", "spinning_top", "stalled_pattern",
    "stick_sandwich", "takuri", "tasuki_gap", "three_black_crows", "three_inside", "three_line_strike",
    "three_outside", "three_stars_in_the_south", "three_white_soldiers", "thrusting", "tristar",
    "two_crows", "unique_three_river", "upside_gap_two_crows",
]  # fmt: skip
