"""Patterns of five candles, and traps that are confirmed later."""

from __future__ import annotations

from typing import TypeAlias

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    Five,
    Four,
    One,
    body,
    bottom,
    gathered,
    mean,
    near,
    rolled,
    sign,
    tenth,
    top,
)
from thebot.indicators.patterns.pattern import pattern

Trap: TypeAlias = tuple[int, int, float, float]  # missing; candles left to confirm; what was found; the level


@pattern("cdlladderbottom", lookback=14, sums=1)
def ladder_bottom(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Ladder bottom: four black steps down, the last with an upper shadow, and a white candle above it.

    100 where it is one, else 0.

    Formula: three black candles with lower and lower opens and closes; black with an upper shadow > a tenth
        of the mean range of the 10 before; white, open > the fourth open, close > the fourth high
    Convention: as TA-Lib's CDLLADDERBOTTOM
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, ranges1 = state
    open_, open1, open2, open3, open4 = opens[i], opens[i - 1], opens[i - 2], opens[i - 3], opens[i - 4]
    close, close1, close2, close3, close4 = (
        closes[i], closes[i - 1], closes[i - 2], closes[i - 3], closes[i - 4]
    )  # fmt: skip
    high1, reach1, leaving = highs[i - 1], highs[i - 1] - lows[i - 1], highs[i - 11] - lows[i - 11]
    if missing > 0:
        return (missing - 1, gathered(ranges1, missing, 10, reach1)), nan
    found = (
        close > high1
        and open_ > open1
        and close >= open_
        and close4 > close3 > close2
        and open4 > open3 > open2
        and close4 < open4
        and close3 < open3
        and close2 < open2
        and close1 < open1
        and high1 - open1 > tenth(ranges1)
    )
    return (0, rolled(ranges1, reach1, leaving)), 100.0 if found else 0.0


@pattern("cdlrisefall3methods", lookback=14, sums=5)
def rise_fall_three_methods(
    state: Five, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Five, float]:
    """Rising and falling three methods: a long candle, three small ones against it within its range, and on.

    100 rising, -100 falling, else 0: the trend goes on.

    Formula: long; three short ones of the other colour, within the first's high and low, each close further
        against it; long, of the first colour, opens back and closes beyond the first close. Long, short:
        above, below the mean body of the 10 before
    Convention: as TA-Lib's CDLRISEFALL3METHODS
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies4, bodies3, bodies2, bodies1, bodies = state
    open_, open1, open2, open3, open4 = opens[i], opens[i - 1], opens[i - 2], opens[i - 3], opens[i - 4]
    close, close1, close2, close3, close4 = (
        closes[i], closes[i - 1], closes[i - 2], closes[i - 3], closes[i - 4]
    )  # fmt: skip
    high4, low4 = highs[i - 4], lows[i - 4]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    size1, leaving1 = body(open1, close1), body(opens[i - 11], closes[i - 11])
    size2, leaving2 = body(open2, close2), body(opens[i - 12], closes[i - 12])
    size3, leaving3 = body(open3, close3), body(opens[i - 13], closes[i - 13])
    size4, leaving4 = body(open4, close4), body(opens[i - 14], closes[i - 14])
    if missing > 0:
        bodies4, bodies3 = gathered(bodies4, missing, 10, size4), gathered(bodies3, missing, 10, size3)
        bodies2, bodies1 = gathered(bodies2, missing, 10, size2), gathered(bodies1, missing, 10, size1)
        return (missing - 1, bodies4, bodies3, bodies2, bodies1, gathered(bodies, missing, 10, size)), nan
    rising = open_ > close1
    found = (
        open_ != close1  # first: seldom, on a market that opens where it closed
        and rising == (close >= open_) == (close4 >= open4)
        and rising == (close1 < open1) == (close2 < open2) == (close3 < open3)
        and (
            close1 < close2 < close3 and close > close4
            if rising
            else close1 > close2 > close3 and close < close4
        )
        and bottom(open3, close3) < high4
        and top(open3, close3) > low4
        and bottom(open2, close2) < high4
        and top(open2, close2) > low4
        and bottom(open1, close1) < high4
        and top(open1, close1) > low4
        and size4 > mean(bodies4)
        and size3 < mean(bodies3)
        and size2 < mean(bodies2)
        and size1 < mean(bodies1)
        and size > mean(bodies)
    )
    bodies4, bodies3 = rolled(bodies4, size4, leaving4), rolled(bodies3, size3, leaving3)
    bodies2, bodies1 = rolled(bodies2, size2, leaving2), rolled(bodies1, size1, leaving1)
    after = (0, bodies4, bodies3, bodies2, bodies1, rolled(bodies, size, leaving))
    return after, sign(open4, close4) if found else 0.0


@pattern("cdlhikkake", lookback=5, state=(0, 0.0, 0.0))
def hikkake(
    state: Trap, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Trap, float]:
    """Hikkake: an inside candle whose false breakout traps those who followed it.

    100 where a break downward may be a trap, -100 for one upward; 200 and -200 where a close back out of the
    inside candle confirms it within three candles; else 0.

    Formula: the second candle within the first's high and low; the third with lower high and low (100), or
        with higher ones (-100); then a close above the second's high (200), below its low (-200)
    Convention: as TA-Lib's CDLHIKKAKE: a new one replaces an earlier one that was not confirmed
    Source: D. Chesler, "Trading false moves with the hikkake pattern", Active Trader, 2004
    """
    missing, left, side, level = state
    high, high1, high2, low, low1, low2 = (
        highs[i],
        highs[i - 1],
        highs[i - 2],
        lows[i],
        lows[i - 1],
        lows[i - 2],
    )
    close = closes[i]
    found = 0.0
    inside = (high1 < high2) & (low1 > low2)
    if missing <= 3 and inside and ((high < high1) & (low < low1) | (high > high1) & (low > low1)):
        side = 100.0 if high < high1 else -100.0
        found, left, level = side, 3, high1 if high < high1 else low1
    elif left > 0:
        left -= 1
        if close > level if side > 0.0 else close < level:
            found, left = side + side, 0
    if missing > 0:
        return (missing - 1, left, side, level), nan
    return (0, left, side, level), found


@pattern("cdlhikkakemod", lookback=10, sums=1, state=(0, 0.0, 0.0))
def hikkake_modified(
    state: tuple[int, float, int, float, float],
    opens: Column, highs: Column, lows: Column, closes: Column, i: int,
) -> tuple[tuple[int, float, int, float, float], float]:  # fmt: skip
    """Modified hikkake: a hikkake after two inside candles, the first of which closed near its high or low.

    100 where a break downward may be a trap, -100 for one upward; 200 and -200 where a close back out of the
    last inside candle confirms it within three candles; else 0. It counts as a turn, which is not looked for.

    Formula: the second and third candle each within the high and low of the one before; the fourth with
        lower high and low where the second closed near its low (100), or with higher ones where near its
        high (-100); then a close above the third's high (200), below its low (-200). Near: a fifth of the
        mean range of the 5 before the second
    Convention: as TA-Lib's CDLHIKKAKEMOD: a new one replaces an earlier one that was not confirmed
    Source: D. Chesler, "Trading false moves with the hikkake pattern", Active Trader, 2004
    """
    missing, five2, left, side, level = state
    high, high1, high2, high3 = highs[i], highs[i - 1], highs[i - 2], highs[i - 3]
    low, low1, low2, low3 = lows[i], lows[i - 1], lows[i - 2], lows[i - 3]
    close, close2, reach2, leaving = closes[i], closes[i - 2], high2 - low2, highs[i - 7] - lows[i - 7]
    found, away = 0.0, near(five2)
    down = (high < high1) & (low < low1) & (close2 <= low2 + away)
    up = (high > high1) & (low > low1) & (close2 >= high2 - away)
    if missing <= 3 and (high2 < high3) & (low2 > low3) & (high1 < high2) & (low1 > low2) and (down or up):
        side = 100.0 if high < high1 else -100.0
        found, left, level = side, 3, high1 if high < high1 else low1
    elif left > 0:
        left -= 1
        if close > level if side > 0.0 else close < level:
            found, left = side + side, 0
    if missing > 3:
        return (missing - 1, gathered(five2, missing - 3, 5, reach2), left, side, level), nan
    five2 = rolled(five2, reach2, leaving)
    if missing > 0:
        return (missing - 1, five2, left, side, level), nan
    return (0, five2, left, side, level), found


@pattern("cdlmathold", lookback=14, sums=4)
def mat_hold(
    state: Four, opens: Column, highs: Column, lows: Column, closes: Column, i: int, penetration: float = 0.5
) -> tuple[Four, float]:
    """Mat hold: rising three methods that begin with a gap up and give back less.

    100 where it is one, else 0: the rise goes on.

    Formula: long white; short black above a gap; two short ones, each lower in its body's top, into the
        first body by less than `penetration` of it; white, opens above the fourth close and closes above
        the highs of the three. Long, short: above, below the mean body of the 10 before
    Convention: as TA-Lib's CDLMATHOLD
    Source: S. Nison, "Beyond Candlesticks", 1994
    """
    missing, bodies4, bodies3, bodies2, bodies1 = state
    open_, open1, open2, open3, open4 = opens[i], opens[i - 1], opens[i - 2], opens[i - 3], opens[i - 4]
    close, close1, close2, close3, close4 = (
        closes[i], closes[i - 1], closes[i - 2], closes[i - 3], closes[i - 4]
    )  # fmt: skip
    high1, high2, high3 = highs[i - 1], highs[i - 2], highs[i - 3]
    size1, leaving1 = body(open1, close1), body(opens[i - 11], closes[i - 11])
    size2, leaving2 = body(open2, close2), body(opens[i - 12], closes[i - 12])
    size3, leaving3 = body(open3, close3), body(opens[i - 13], closes[i - 13])
    size4, leaving4 = body(open4, close4), body(opens[i - 14], closes[i - 14])
    if missing > 0:
        bodies4, bodies3 = gathered(bodies4, missing, 10, size4), gathered(bodies3, missing, 10, size3)
        bodies2, bodies1 = gathered(bodies2, missing, 10, size2), gathered(bodies1, missing, 10, size1)
        return (missing - 1, bodies4, bodies3, bodies2, bodies1), nan
    least = close4 - size4 * penetration
    found = (
        open3 > close4  # first: seldom, on a market that opens where it closed
        and open3 > close3 > close4 >= open4
        and close >= open_ > close1
        and close > high1
        and close > high2
        and close > high3
        and close4 > bottom(open2, close2) > least
        and close4 > bottom(open1, close1) > least
        and top(open1, close1) < top(open2, close2) < open3
        and size4 > mean(bodies4)
        and size3 < mean(bodies3)
        and size2 < mean(bodies2)
        and size1 < mean(bodies1)
    )
    bodies4, bodies3 = rolled(bodies4, size4, leaving4), rolled(bodies3, size3, leaving3)
    bodies2, bodies1 = rolled(bodies2, size2, leaving2), rolled(bodies1, size1, leaving1)
    return (0, bodies4, bodies3, bodies2, bodies1), 100.0 if found else 0.0
