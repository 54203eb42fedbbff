"""Volume profiles: at which prices most was traded, over the last candles or since a session began."""

from __future__ import annotations

from typing import Final, TypeAlias

from thebot.indicators.expression import (
    close,
    crosses_above,
    crosses_below,
    high,
    low,
    nan,
    open_time,
    volume,
)
from thebot.indicators.indicator import Column, Indicator, indicator
from thebot.indicators.sessions import ANCHORS, begins_session, session_of
from thebot.indicators.usual import BuySell
from thebot.indicators.volumes.histogram import profile
from thebot.indicators.windows import bottom_of, top_of

LEVELS: Final = ("poc", "vah", "val", "hvn", "lvn")
Levels: TypeAlias = tuple[float, float, float, float, float]


def leaves_value_area(levels: Indicator) -> BuySell:
    """Bought when the close crosses above the value area, sold when it crosses below it."""
    return crosses_above(close, levels.vah), crosses_below(close, levels.val)


@indicator(
    inputs=(high, low, close, volume), start=(0, 0.0, 0.0), group="volume", outputs=LEVELS, overlay=True,
    unit="input", label="Volume profile", ranges={"period": (1, 10_000), "bins": (2, 1_000)},
    lookback=lambda period, bins: period, memory=lambda period, bins: period - 1, sparse=True,
    aliases=("vp", "vpvr"), rule=leaves_value_area,
)  # fmt: skip
def volume_profile(
    state: tuple[int, float, float],
    high: Column, low: Column, close: Column, volume: Column, i: int, period: int = 100, bins: int = 24,
) -> tuple[tuple[int, float, float], Levels]:  # fmt: skip
    """Volume profile: at which prices most was traded over the last `period` candles.

    `poc`, the point of control, is the price with the most volume; between `val` and `vah`, the value area,
    70 % of it was traded. `hvn` is the high volume node nearest to the close, a price that tends to hold it,
    and `lvn` the low volume node, a price that it tends to pass quickly. There may be no low volume node:
    then it is nan.
    Formula: from the lowest low to the highest high in `bins` equal bins, each candle's volume spread evenly
    over its range. poc: middle of the fullest bin. Value area: from there, bin by bin, the fuller of the two
    beside it, until it holds 70 %. hvn, lvn: middle of the nearest bin (or run of equal bins) with less, or
    with more, on both sides; the point of control may be the hvn, the ends of the range are no lvn
    Convention: of equally full bins, that nearest to the middle of the range is the poc; of equal neighbours
    or equally near nodes the upper is taken. At a constant price all are that price; without volume the poc
    is in the middle
    Source: J. P. Steidlmayer, "Markets and Market Logic", 1986; J. F. Dalton, "Mind over Markets", 1990
    """
    seen, top, bottom = state
    seen += 1
    top = top_of(top, high, i, seen, period)
    bottom = bottom_of(bottom, low, i, seen, period)
    if seen < period:
        return (seen, top, bottom), (nan, nan, nan, nan, nan)
    return (seen, top, bottom), profile(high, low, volume, i, period, bottom, top, close[i], bins)


@indicator(
    inputs=(high, low, close, volume, open_time), start=(-1, 0, 0.0, 0.0), group="volume", outputs=LEVELS,
    overlay=True, unit="input", label="Session profile", words={"anchor": ANCHORS[:3]},
    ranges={"bins": (2, 1_000), "longest": (1, 50_000)},
    lookback=lambda bins, anchor, longest: longest - 1, memory=lambda bins, anchor, longest: longest,
    sparse=True, rule=leaves_value_area,
)  # fmt: skip
def session_profile(
    state: tuple[int, int, float, float],
    high: Column, low: Column, close: Column, volume: Column, open_time: Column, i: int,
    bins: int = 24, anchor: int = 0, longest: int = 1_500,
) -> tuple[tuple[int, int, float, float], Levels]:  # fmt: skip
    """Session profile: at which prices most was traded since the day (or week, or month) began.

    `poc`, the point of control, is the price with the most volume so far; between `val` and `vah`, the value
    area, 70 % of it was traded. `hvn` and `lvn` are the high and the low volume node nearest to the close.
    All are nan until the first session that the candles have whole, and from when a session has more than
    `longest` candles: 1,500 are enough for a day of minutes; a week of 5 minutes needs 2,016.
    Formula: as volume_profile, over the session's candles up to now
    Convention: sessions begin at 00:00 UTC, weeks on Monday; the rest as volume_profile
    Source: J. P. Steidlmayer, "Markets and Market Logic", 1986; J. F. Dalton, "Mind over Markets", 1990
    """
    session, candles, top, bottom = state
    up, down = high[i], low[i]
    number = session_of(open_time[i], anchor)
    if number != session:
        whole = session >= 0 or begins_session(open_time[i], anchor)
        candles, top, bottom = 1 if whole else 0, up, down
    else:
        candles += 1 if candles > 0 else 0
        top, bottom = up if up > top else top, down if down < bottom else bottom
    if candles == 0 or candles > longest:
        return (number, candles, top, bottom), (nan, nan, nan, nan, nan)
    return (
        (number, candles, top, bottom),
        profile(high, low, volume, i, candles, bottom, top, close[i], bins),
    )
