"""Patterns that need a gap between two bodies; seldom on a market that never closes, and by a few ticks."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    One,
    Three,
    Two,
    Zero,
    alike,
    body,
    bottom,
    gaps_down,
    gaps_up,
    gathered,
    mean,
    near,
    rolled,
    sign,
    tenth,
    top,
)
from thebot.indicators.patterns.pattern import pattern


@pattern("cdlxsidegap3methods", lookback=2)
def gap_three_methods(
    state: Zero, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Zero, float]:
    """Gap three methods: a gap between two candles of one colour that a third of the other colour closes.

    100 after a gap up, -100 after one down, else 0: the trend goes on.

    Formula: two bodies of one colour with a gap that way; a candle of the other colour opens within the
        second body and closes within the first
    Convention: as TA-Lib's CDLXSIDEGAP3METHODS
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    if state[0] > 0:
        return (state[0] - 1,), nan
    found = (
        open1 != close2  # first: seldom, on a market that opens where it closed
        and (
            gaps_up(open1, close1, open2, close2)
            if close2 >= open2
            else gaps_down(open1, close1, open2, close2)
        )
        and (close1 >= open1) == (close2 >= open2)
        and (close >= open_) != (close1 >= open1)
        and bottom(open1, close1) < open_ < top(open1, close1)
        and bottom(open2, close2) < close < top(open2, close2)
    )
    return (0,), sign(open2, close2) if found else 0.0


@pattern("cdlgapsidesidewhite", lookback=7, sums=1)
def side_by_side_white_lines(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Side by side white lines: two like white candles beyond a gap; the trend goes on.

    100 after a gap up, -100 after one down, else 0.

    Formula: two white bodies both above or both below the first; alike in size within a fifth, in their
        opens within a twentieth of the mean range of the 5 candles before the second
    Convention: as TA-Lib's CDLGAPSIDESIDEWHITE
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, five1 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    reach1, leaving = highs[i - 1] - lows[i - 1], highs[i - 6] - lows[i - 6]
    if missing > 0:
        return (missing - 1, gathered(five1, missing, 5, reach1)), nan
    up = gaps_up(open1, close1, open2, close2) & gaps_up(open_, close, open2, close2)
    down = gaps_down(open1, close1, open2, close2) & gaps_down(open_, close, open2, close2)
    size, size1 = body(open_, close), body(open1, close1)
    found = (
        open1 != close2  # first: seldom, on a market that opens where it closed
        and (up | down)
        and close1 >= open1
        and close >= open_
        and size1 - near(five1) <= size <= size1 + near(five1)
        and open1 - alike(five1) <= open_ <= open1 + alike(five1)
    )
    return (0, rolled(five1, reach1, leaving)), (100.0 if up else -100.0) if found else 0.0


@pattern("cdltasukigap", lookback=7, sums=1)
def tasuki_gap(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Tasuki gap: a candle against the trend closes into a gap but does not fill it; the trend goes on.

    100 after a gap up, -100 after one down, else 0.

    Formula: a gap with a second body of its colour; a like body of the other colour, within a fifth of the
        mean range of the 5 before the second, opens within the second body and closes within the gap
    Convention: as TA-Lib's CDLTASUKIGAP
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, five1 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    reach1, leaving = highs[i - 1] - lows[i - 1], highs[i - 6] - lows[i - 6]
    if missing > 0:
        return (missing - 1, gathered(five1, missing, 5, reach1)), nan
    found = 0.0
    if open1 > close2:  # seldom, on a market that opens where it closed
        if open1 < open_ < close1 and top(open2, close2) < close < open1:
            found = 100.0
    elif open1 < close2 and close1 < open_ < open1 < close < bottom(open2, close2):
        found = -100.0
    if found != 0.0 and abs(body(open1, close1) - body(open_, close)) >= near(five1):
        found = 0.0
    return (0, rolled(five1, reach1, leaving)), found


@pattern("cdl2crows", lookback=12, sums=1)
def two_crows(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Two crows: a black candle above a gap, and a second that closes into the long white one below.

    -100 where they are, else 0. It counts after a rise, which is not looked for.

    Formula: white, its body > the mean body of the 10 before; black, wholly above it; black, opening within
        the second body and closing within the first
    Convention: as TA-Lib's CDL2CROWS
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, bodies2 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    size2, leaving = body(open2, close2), body(opens[i - 12], closes[i - 12])
    if missing > 0:
        return (missing - 1, gathered(bodies2, missing, 10, size2)), nan
    found = (
        open1 > close2  # first: seldom, on a market that opens where it closed
        and open1 > close1 > close2 >= open2
        and close1 < open_ < open1
        and open2 < close < close2
        and size2 > mean(bodies2)
    )
    return (0, rolled(bodies2, size2, leaving)), -100.0 if found else 0.0


@pattern("cdlupsidegap2crows", lookback=12, sums=2)
def upside_gap_two_crows(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Upside gap two crows: two black candles above a gap, the second around the first.

    -100 where they are, else 0. It counts after a rise, which is not looked for.

    Formula: long white; short black, wholly above it; black, around the second body, closing above the
        first close. Long, short: above, up to the mean body of the 10 before
    Convention: as TA-Lib's CDLUPSIDEGAP2CROWS
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies2, bodies1 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    size1, size2 = body(open1, close1), body(open2, close2)
    leaving1, leaving2 = body(opens[i - 11], closes[i - 11]), body(opens[i - 12], closes[i - 12])
    if missing > 0:
        return (
            missing - 1,
            gathered(bodies2, missing, 10, size2),
            gathered(bodies1, missing, 10, size1),
        ), nan
    found = (
        open1 > close2  # first: seldom, on a market that opens where it closed
        and open1 > close1 > close2 >= open2
        and open_ > open1
        and close1 > close > close2
        and size2 > mean(bodies2)
        and size1 <= mean(bodies1)
    )
    return (0, rolled(bodies2, size2, leaving2), rolled(bodies1, size1, leaving1)), -100.0 if found else 0.0


@pattern("cdlabandonedbaby", lookback=12, sums=3)
def abandoned_baby(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int, penetration: float = 0.3
) -> tuple[Three, float]:
    """Abandoned baby: a doji star with gaps on both sides that not even the shadows close.

    100 at a bottom, -100 at a top, else 0.

    Formula: long; a body up to a tenth of the mean range of the 10 before, its low above the first high (or
        its high below the first low) and likewise beyond the third; not short, of the other colour than the
        first, closes into its body by more than `penetration` of it. Long, short: above, up to the mean
        body of the 10 before
    Convention: as TA-Lib's CDLABANDONEDBABY
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies2, ranges1, bodies = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    high, high1, high2, low, low1, low2 = (
        highs[i],
        highs[i - 1],
        highs[i - 2],
        lows[i],
        lows[i - 1],
        lows[i - 2],
    )
    size, size1, size2 = body(open_, close), body(open1, close1), body(open2, close2)
    leaving, leaving2 = body(opens[i - 10], closes[i - 10]), body(opens[i - 12], closes[i - 12])
    reach1, leaving1 = high1 - low1, highs[i - 11] - lows[i - 11]
    if missing > 0:
        bodies2, ranges1 = gathered(bodies2, missing, 10, size2), gathered(ranges1, missing, 10, reach1)
        return (missing - 1, bodies2, ranges1, gathered(bodies, missing, 10, size)), nan
    above = (low1 > high2) & (high < low1)
    below = (high1 < low2) & (low > high1)
    found = (
        (above | below)
        and (
            close2 >= open2 and close < open_ and close < close2 - size2 * penetration
            if above
            else close2 < open2 and close >= open_ and close > close2 + size2 * penetration
        )
        and size2 > mean(bodies2)
        and size1 <= tenth(ranges1)
        and size > mean(bodies)
    )
    bodies2, ranges1 = rolled(bodies2, size2, leaving2), rolled(ranges1, reach1, leaving1)
    return (0, bodies2, ranges1, rolled(bodies, size, leaving)), sign(open_, close) if found else 0.0
