"""Cases of the patterns.

Every one beside TA-Lib on every real series, equal without any tolerance, and beside Tulip's candles where
both mean the same. Left out of Tulip: morning_star, morning_doji_star and abandoned_baby_bull (their third
body may be short; ours and TA-Lib's not), big_white_candle (may have long shadows; long_line not), star and
four_price_doji (nothing of the kind here). Not compared with Stock.Indicators: its doji is any close within
0.1 % of the open and its marubozu any body of 95 % of the range, neither measured by earlier candles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import talib as ta

from thebot.indicators import Expression, patterns
from thebot.indicators.indicator import Definition
from thebot.market import Candles, FloatArray

from .cases import Case, Comparison, talib, values

EVERY: tuple[Definition, ...] = tuple(getattr(patterns, name) for name in patterns.__all__)


def by_talib(definition: Definition, c: Candles) -> FloatArray:
    """What TA-Lib says of the pattern, by the name that is our alias."""
    call = getattr(ta, definition.aliases[0].upper())
    return np.array(call(c.open, c.high, c.low, c.close), dtype=float)


def beside_talib(definition: Definition) -> Case:
    return talib(
        definition(), definition.aliases[0].upper(), partial(by_talib, definition), relative=0.0, size=0.0,
        skip=definition().lookback, note="TA-Lib says 0 where it does not know yet; ours is nan",
    )  # fmt: skip


def tulip_candles(expression: Expression, pattern: str, value: float, note: str = "") -> Case:
    """Beside the candles at which Tulip expects `pattern`, or that there is none. Ours says so by `value`."""

    def compare(shared: Path) -> Iterator[Comparison]:
        series = json.loads((shared / "vectors/tulip/tulip_candles.json").read_text())
        for number, each in enumerate(series):
            columns = {name: np.array(each[name]) for name in ("open", "high", "low", "close")}
            for expected in each["expect"]:
                if expected["pattern"] == pattern:
                    found = values(expression, columns)[expected["bars"]] == value
                    theirs = np.full(len(found), not expected["absent"])
                    yield Comparison(f"series {number}", found.astype(float), theirs.astype(float), 0.0)

    return Case(expression, f"Tulip candles {pattern}", compare, note)


CASES: tuple[Case, ...] = (
    *map(beside_talib, EVERY),
    tulip_candles(patterns.doji(), "doji", 100),
    tulip_candles(patterns.dragonfly_doji(), "dragonfly_doji", 100),
    tulip_candles(patterns.gravestone_doji(), "gravestone_doji", 100),
    tulip_candles(patterns.long_legged_doji(), "long_legged_doji", 100),
    tulip_candles(patterns.marubozu(), "white_marubozu", 100),
    tulip_candles(patterns.marubozu(), "black_marubozu", -100),
    tulip_candles(patterns.spinning_top(), "spinning_top", 100),
    tulip_candles(patterns.hammer(), "hammer", 100),
    tulip_candles(patterns.hanging_man(), "hanging_man", -100),
    tulip_candles(patterns.inverted_hammer(), "inverted_hammer", 100),
    tulip_candles(patterns.engulfing(), "engulfing_bull", 100),
    tulip_candles(patterns.engulfing(), "engulfing_bear", -100),
    tulip_candles(patterns.abandoned_baby(), "abandoned_baby_bear", -100),
    tulip_candles(patterns.evening_star(), "evening_star", -100),
    tulip_candles(patterns.evening_doji_star(), "evening_doji_star", -100),
    tulip_candles(patterns.three_white_soldiers(), "three_white_soldiers", 100),
    tulip_candles(patterns.three_black_crows(), "three_black_crows", -100),
)
