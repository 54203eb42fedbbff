"""Patterns that the books know and markets hardly: one or two in a hundred thousand candles, or none."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    Four,
    One,
    Three,
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


@pattern("cdl3starsinsouth", lookback=12, sums=4)
def three_stars_in_the_south(
    state: Four, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Four, float]:
    """Three stars in the south: three black candles, each smaller and within the one before; a floor.

    100 where they are, else 0. It counts in a decline, which is not looked for.

    Formula: long black, lower shadow > body; black, shorter, opens above the first close up to the first
        high, trades below the first close but not below its low, with a lower shadow; short black without
        shadows, within the second's high and low. Long, short: above, below the mean body of the 10 before;
        no shadow: less than a tenth of their mean range
    Convention: as TA-Lib's CDL3STARSINSOUTH
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, bodies2, ranges1, ranges, bodies = state
    open_, open1, open2, close, close1, close2 = (
        opens[i], opens[i - 1], opens[i - 2], closes[i], closes[i - 1], closes[i - 2]
    )  # fmt: skip
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
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    reach1, leaving_reach1 = high1 - low1, highs[i - 11] - lows[i - 11]
    if missing > 0:
        bodies2, ranges1 = gathered(bodies2, missing, 10, size2), gathered(ranges1, missing, 10, reach1)
        ranges, bodies = gathered(ranges, missing, 10, reach), gathered(bodies, missing, 10, size)
        return (missing - 1, bodies2, ranges1, ranges, bodies), nan
    found = (
        close2 < open1 <= high2  # first: seldom, on a market that opens where it closed
        and close2 < open2
        and close1 < open1
        and close < open_
        and low2 <= low1 < close2
        and low > low1
        and high < high1
        and close2 - low2 > size2
        and size1 < size2
        and size2 > mean(bodies2)
        and close1 - low1 > tenth(ranges1)
        and size < mean(bodies)
        and close - low < tenth(ranges)
        and high - open_ < tenth(ranges)
    )
    bodies2, ranges1 = rolled(bodies2, size2, leaving2), rolled(ranges1, reach1, leaving_reach1)
    ranges, bodies = rolled(ranges, reach, leaving_reach), rolled(bodies, size, leaving)
    return (0, bodies2, ranges1, ranges, bodies), 100.0 if found else 0.0


@pattern("cdlbreakaway", lookback=14, sums=1)
def breakaway(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Breakaway: a gap with the trend, three weaker candles that go on, and one back into the gap.

    100 upward, -100 downward, else 0.

    Formula: body > the mean body of the 10 before; its colour again, with a gap; two candles with further
        highs and lows, the fourth candle of the first's colour; the fifth of the other colour, closing
        within the gap
    Convention: as TA-Lib's CDLBREAKAWAY
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, bodies4 = state
    open_, open1, open3, open4 = opens[i], opens[i - 1], opens[i - 3], opens[i - 4]
    close, close1, close3, close4 = closes[i], closes[i - 1], closes[i - 3], closes[i - 4]
    high1, high2, high3, low1, low2, low3 = (
        highs[i - 1], highs[i - 2], highs[i - 3], lows[i - 1], lows[i - 2], lows[i - 3]
    )  # fmt: skip
    size4, leaving = body(open4, close4), body(opens[i - 14], closes[i - 14])
    if missing > 0:
        return (missing - 1, gathered(bodies4, missing, 10, size4)), nan
    white = close4 >= open4
    found = (
        open3 != close4  # first: seldom, on a market that opens where it closed
        and white == (close3 >= open3) == (close1 >= open1) == (close < open_)
        and (
            bottom(open3, close3) > close4
            and high2 > high3
            and low2 > low3
            and high1 > high2
            and low1 > low2
            and close4 < close < open3
            if white
            else top(open3, close3) < close4
            and high2 < high3
            and low2 < low3
            and high1 < high2
            and low1 < low2
            and open3 < close < close4
        )
        and size4 > mean(bodies4)
    )
    return (0, rolled(bodies4, size4, leaving)), sign(open_, close) if found else 0.0


@pattern("cdlconcealbabyswall", lookback=13, sums=3)
def concealing_baby_swallow(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Three, float]:
    """Concealing baby swallow: four black candles; the last takes in the third whole, shadows and all.

    100 where they are, else 0. It counts in a decline, which is not looked for.

    Formula: two black ones without shadows; black, its body wholly below the second's, its upper shadow
        reaching into it; black, high and low beyond the third's. No shadow: less than a tenth of the mean
        range of the 10 before
    Convention: as TA-Lib's CDLCONCEALBABYSWALL
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, ranges3, ranges2, ranges1 = state
    open_, open1, open2, open3 = opens[i], opens[i - 1], opens[i - 2], opens[i - 3]
    close, close1, close2, close3 = closes[i], closes[i - 1], closes[i - 2], closes[i - 3]
    high, high1, high2, high3 = highs[i], highs[i - 1], highs[i - 2], highs[i - 3]
    low, low1, low2, low3 = lows[i], lows[i - 1], lows[i - 2], lows[i - 3]
    leaving1, leaving2 = highs[i - 11] - lows[i - 11], highs[i - 12] - lows[i - 12]
    leaving3 = highs[i - 13] - lows[i - 13]
    if missing > 0:
        ranges3, ranges2 = (
            gathered(ranges3, missing, 10, high3 - low3),
            gathered(ranges2, missing, 10, high2 - low2),
        )
        return (missing - 1, ranges3, ranges2, gathered(ranges1, missing, 10, high1 - low1)), nan
    found = (
        open1 < close2 < high1  # first: seldom, on a market that opens where it closed
        and close < open_
        and close1 < open1
        and close2 < open2
        and close3 < open3
        and high > high1
        and low < low1
        and close3 - low3 < tenth(ranges3)
        and high3 - open3 < tenth(ranges3)
        and close2 - low2 < tenth(ranges2)
        and high2 - open2 < tenth(ranges2)
        and high1 - open1 > tenth(ranges1)
    )
    ranges3, ranges2 = rolled(ranges3, high3 - low3, leaving3), rolled(ranges2, high2 - low2, leaving2)
    return (0, ranges3, ranges2, rolled(ranges1, high1 - low1, leaving1)), 100.0 if found else 0.0
