"""Three candles that turn around a small one: morning and evening stars, and those without a gap.

Where a star closes exactly at its `penetration`, TA-Lib may decide otherwise: it rounds once what is here
rounded twice (fused multiply-add, which Python lacks). That was seen on no real series, and in candles of
whole ticks once or twice in a hundred thousand.
"""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    Three,
    Two,
    Zero,
    alike,
    body,
    bottom,
    gathered,
    mean,
    rolled,
    sign,
    tenth,
    top,
)
from thebot.indicators.patterns.pattern import pattern


@pattern("cdlmorningstar", lookback=12, sums=3)
def morning_star(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int, penetration: float = 0.3
) -> tuple[Three, float]:
    """Morning star: a long black candle, a small body below it, and a white one back into the first.

    100 where it is one, else 0. It counts at the end of a decline, which is not looked for.

    Formula: long black; a short body wholly below it; white, not short, with close > first close +
        `penetration` * first body. Long, short: above, up to the mean body of the 10 before
    Convention: as TA-Lib's CDLMORNINGSTAR, that asks for the first gap only
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies2, bodies1, bodies = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    size, size1, size2 = body(open_, close), body(open1, close1), body(open2, close2)
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    leaving2 = body(opens[i - 12], closes[i - 12])
    if missing > 0:
        bodies2, bodies1 = gathered(bodies2, missing, 10, size2), gathered(bodies1, missing, 10, size1)
        return (missing - 1, bodies2, bodies1, gathered(bodies, missing, 10, size)), nan
    found = (
        open1 < close2  # first: seldom, on a market that opens where it closed
        and close1 < close2 < open2
        and close >= open_
        and close > close2 + size2 * penetration
        and size2 > mean(bodies2)
        and size1 <= mean(bodies1)
        and size > mean(bodies)
    )
    bodies2, bodies1 = rolled(bodies2, size2, leaving2), rolled(bodies1, size1, leaving1)
    return (0, bodies2, bodies1, rolled(bodies, size, leaving)), 100.0 if found else 0.0


@pattern("cdleveningstar", lookback=12, sums=3)
def evening_star(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int, penetration: float = 0.3
) -> tuple[Three, float]:
    """Evening star: a long white candle, a small body above it, and a black one back into the first.

    -100 where it is one, else 0. It counts at the end of a rise, which is not looked for.

    Formula: long white; a short body wholly above it; black, not short, with close < first close -
        `penetration` * first body. Long, short: above, up to the mean body of the 10 before
    Convention: as TA-Lib's CDLEVENINGSTAR, that asks for the first gap only
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies2, bodies1, bodies = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    size, size1, size2 = body(open_, close), body(open1, close1), body(open2, close2)
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    leaving2 = body(opens[i - 12], closes[i - 12])
    if missing > 0:
        bodies2, bodies1 = gathered(bodies2, missing, 10, size2), gathered(bodies1, missing, 10, size1)
        return (missing - 1, bodies2, bodies1, gathered(bodies, missing, 10, size)), nan
    found = (
        open1 > close2  # first: seldom, on a market that opens where it closed
        and close1 > close2 >= open2
        and close < open_
        and close < close2 - size2 * penetration
        and size2 > mean(bodies2)
        and size1 <= mean(bodies1)
        and size > mean(bodies)
    )
    bodies2, bodies1 = rolled(bodies2, size2, leaving2), rolled(bodies1, size1, leaving1)
    return (0, bodies2, bodies1, rolled(bodies, size, leaving)), -100.0 if found else 0.0


@pattern("cdlmorningdojistar", lookback=12, sums=3)
def morning_doji_star(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int, penetration: float = 0.3
) -> tuple[Three, float]:
    """Morning doji star: a morning star whose small body is a doji.

    100 where it is one, else 0. It counts at the end of a decline, which is not looked for.

    Formula: long black; a body up to a tenth of the mean range of the 10 before, wholly below it; white,
        not short, with close > first close + `penetration` * first body. Long: above the mean body of the
        10 before
    Convention: as TA-Lib's CDLMORNINGDOJISTAR, that asks for the first gap only
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies2, ranges1, bodies = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    size, size1, size2 = body(open_, close), body(open1, close1), body(open2, close2)
    leaving, leaving2 = body(opens[i - 10], closes[i - 10]), body(opens[i - 12], closes[i - 12])
    reach1, leaving1 = highs[i - 1] - lows[i - 1], highs[i - 11] - lows[i - 11]
    if missing > 0:
        bodies2, ranges1 = gathered(bodies2, missing, 10, size2), gathered(ranges1, missing, 10, reach1)
        return (missing - 1, bodies2, ranges1, gathered(bodies, missing, 10, size)), nan
    found = (
        open1 < close2  # first: seldom, on a market that opens where it closed
        and close1 < close2 < open2
        and close >= open_
        and close > close2 + size2 * penetration
        and size2 > mean(bodies2)
        and size1 <= tenth(ranges1)
        and size > mean(bodies)
    )
    bodies2, ranges1 = rolled(bodies2, size2, leaving2), rolled(ranges1, reach1, leaving1)
    return (0, bodies2, ranges1, rolled(bodies, size, leaving)), 100.0 if found else 0.0


@pattern("cdleveningdojistar", lookback=12, sums=3)
def evening_doji_star(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int, penetration: float = 0.3
) -> tuple[Three, float]:
    """Evening doji star: an evening star whose small body is a doji.

    -100 where it is one, else 0. It counts at the end of a rise, which is not looked for.

    Formula: long white; a body up to a tenth of the mean range of the 10 before, wholly above it; black,
        not short, with close < first close - `penetration` * first body. Long: above the mean body of the
        10 before
    Convention: as TA-Lib's CDLEVENINGDOJISTAR, that asks for the first gap only
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies2, ranges1, bodies = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    size, size1, size2 = body(open_, close), body(open1, close1), body(open2, close2)
    leaving, leaving2 = body(opens[i - 10], closes[i - 10]), body(opens[i - 12], closes[i - 12])
    reach1, leaving1 = highs[i - 1] - lows[i - 1], highs[i - 11] - lows[i - 11]
    if missing > 0:
        bodies2, ranges1 = gathered(bodies2, missing, 10, size2), gathered(ranges1, missing, 10, reach1)
        return (missing - 1, bodies2, ranges1, gathered(bodies, missing, 10, size)), nan
    found = (
        open1 > close2  # first: seldom, on a market that opens where it closed
        and close1 > close2 >= open2
        and close < open_
        and close < close2 - size2 * penetration
        and size2 > mean(bodies2)
        and size1 <= tenth(ranges1)
        and size > mean(bodies)
    )
    bodies2, ranges1 = rolled(bodies2, size2, leaving2), rolled(ranges1, reach1, leaving1)
    return (0, bodies2, ranges1, rolled(bodies, size, leaving)), -100.0 if found else 0.0


@pattern("cdl3inside", lookback=12, sums=2)
def three_inside(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Three inside: a harami, and a third candle that goes on out of the first body.

    100 upward, -100 downward, else 0.

    Formula: a long body; a short one within it; a candle of the other colour than the first that closes
        beyond the first open. Long, short: above, up to the mean body of the 10 before
    Convention: as TA-Lib's CDL3INSIDE
    Source: G. Morris, "Candlestick Charting Explained", 1992
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
    up = (close2 < open2) & (close >= open_) & (close > open2)
    down = (close2 >= open2) & (close < open_) & (close < open2)
    within = (top(open1, close1) < top(open2, close2)) & (bottom(open1, close1) > bottom(open2, close2))
    found = (up | down) & within & (size2 > mean(bodies2)) & (size1 <= mean(bodies1))
    after = (0, rolled(bodies2, size2, leaving2), rolled(bodies1, size1, leaving1))
    return after, sign(open_, close) if found else 0.0


@pattern("cdl3outside", lookback=3)
def three_outside(
    state: Zero, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Zero, float]:
    """Three outside: an engulfing candle, and a third that closes further on.

    100 upward, -100 downward, else 0.

    Formula: the second body goes beyond both ends of the first, of the other colour; close beyond the
        second close
    Convention: as TA-Lib's CDL3OUTSIDE, that begins with the fourth candle
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    open1, open2 = opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    if state[0] > 0:
        return (state[0] - 1,), nan
    up = (close1 >= open1) & (close2 < open2) & (close1 > open2) & (open1 < close2) & (close > close1)
    down = (close1 < open1) & (close2 >= open2) & (open1 > close2) & (close1 < open2) & (close < close1)
    return (0,), 100.0 if up else (-100.0 if down else 0.0)


@pattern("cdlunique3river", lookback=12, sums=2)
def unique_three_river(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Unique three river: a black harami makes a new low, and a small white body stays under it; a floor.

    100 where it is one, else 0. It counts in a decline, which is not looked for.

    Formula: long black; black, within the first body, low < first low; short white, open > second low.
        Long, short: above, below the mean body of the 10 before
    Convention: as TA-Lib's CDLUNIQUE3RIVER, that lets the third close stand above the second
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, bodies2, bodies = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    size, size2, low1, low2 = body(open_, close), body(open2, close2), lows[i - 1], lows[i - 2]
    leaving, leaving2 = body(opens[i - 10], closes[i - 10]), body(opens[i - 12], closes[i - 12])
    if missing > 0:
        return (missing - 1, gathered(bodies2, missing, 10, size2), gathered(bodies, missing, 10, size)), nan
    found = (
        close2 < open1  # first: seldom, on a market that opens where it closed
        and close2 < close1 < open1
        and low1 < low2
        and open1 <= open2
        and close >= open_ > low1
        and size2 > mean(bodies2)
        and size < mean(bodies)
    )
    return (0, rolled(bodies2, size2, leaving2), rolled(bodies, size, leaving)), 100.0 if found else 0.0


@pattern("cdlsticksandwich", lookback=7, sums=1)
def stick_sandwich(
    state: tuple[int, float], opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[tuple[int, float], float]:
    """Stick sandwich: a white candle between two black ones that close at the same price; a floor.

    100 where it is one, else 0. It counts in a decline, which is not looked for.

    Formula: black, white, black; second low > first close; the black closes are within a twentieth of the
        mean range of the 5 candles before the first
    Convention: as TA-Lib's CDLSTICKSANDWICH
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, five2 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2, low1 = closes[i], closes[i - 1], closes[i - 2], lows[i - 1]
    reach2, leaving = highs[i - 2] - lows[i - 2], highs[i - 7] - lows[i - 7]
    if missing > 0:
        return (missing - 1, gathered(five2, missing, 5, reach2)), nan
    away = alike(five2)
    found = (
        low1 > close2
        and close2 - away <= close <= close2 + away
        and close2 < open2
        and close1 >= open1
        and close < open_
    )
    return (0, rolled(five2, reach2, leaving)), 100.0 if found else 0.0
