"""Three candles of one colour in a row: soldiers, crows, and advances that tire."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    Five,
    Six,
    Three,
    Two,
    alike,
    body,
    bottom,
    far,
    gathered,
    half,
    mean,
    near,
    rolled,
    shadows,
    sign,
    tenth,
    top,
)
from thebot.indicators.patterns.pattern import pattern


@pattern("cdl3whitesoldiers", lookback=12, sums=6)
def three_white_soldiers(
    state: Six, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Six, float]:
    """Three white soldiers: three solid white candles that close higher and higher at their highs.

    100 where they are, else 0. It counts in a decline or a quiet market, which is not looked for.

    Formula: three white candles, each close above the last, each open within or near the body before; upper
        shadows < a tenth of the mean range of the 10 before; no body far shorter than the one before; the
        third body > the mean body of the 10 before. Near, far: a fifth, three fifths of the mean range of
        the 5 before the earlier candle
    Convention: as TA-Lib's CDL3WHITESOLDIERS
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges2, ranges1, ranges, five2, five1, bodies = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    high, high1, high2 = highs[i], highs[i - 1], highs[i - 2]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - lows[i], highs[i - 10] - lows[i - 10]
    reach1, leaving_reach1 = high1 - lows[i - 1], highs[i - 11] - lows[i - 11]
    reach2, leaving_reach2 = high2 - lows[i - 2], highs[i - 12] - lows[i - 12]
    leaving_five1, leaving_five2 = highs[i - 6] - lows[i - 6], highs[i - 7] - lows[i - 7]
    if missing > 0:
        ranges2, ranges1 = gathered(ranges2, missing, 10, reach2), gathered(ranges1, missing, 10, reach1)
        ranges, bodies = gathered(ranges, missing, 10, reach), gathered(bodies, missing, 10, size)
        five2, five1 = gathered(five2, missing, 5, reach2), gathered(five1, missing, 5, reach1)
        return (missing - 1, ranges2, ranges1, ranges, five2, five1, bodies), nan
    white = (close >= open_) & (close1 >= open1) & (close2 >= open2) & (close > close1) & (close1 > close2)
    found = (
        white
        and open2 < open1 <= close2 + near(five2)
        and open1 < open_ <= close1 + near(five1)
        and high2 - close2 < tenth(ranges2)
        and high1 - close1 < tenth(ranges1)
        and high - close < tenth(ranges)
        and close1 - open1 > close2 - open2 - far(five2)
        and size > close1 - open1 - far(five1)
        and size > mean(bodies)
    )
    ranges2, ranges1 = rolled(ranges2, reach2, leaving_reach2), rolled(ranges1, reach1, leaving_reach1)
    ranges, bodies = rolled(ranges, reach, leaving_reach), rolled(bodies, size, leaving)
    five2, five1 = rolled(five2, reach2, leaving_five2), rolled(five1, reach1, leaving_five1)
    return (0, ranges2, ranges1, ranges, five2, five1, bodies), 100.0 if found else 0.0


@pattern("cdl3blackcrows", lookback=13, sums=3)
def three_black_crows(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Three, float]:
    """Three black crows: after a white candle three black ones that close lower and lower at their lows.

    -100 where they are, else 0. It counts after a rise, which is not looked for.

    Formula: white, then three black candles, each close below the last, each open within the body before;
        the first of them closes below the white one's high; lower shadows < a tenth of the mean range of
        the 10 before
    Convention: as TA-Lib's CDL3BLACKCROWS
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges2, ranges1, ranges = state
    open_, open1, open2, open3 = opens[i], opens[i - 1], opens[i - 2], opens[i - 3]
    close, close1, close2, close3 = closes[i], closes[i - 1], closes[i - 2], closes[i - 3]
    low, low1, low2, high3 = lows[i], lows[i - 1], lows[i - 2], highs[i - 3]
    reach, leaving = highs[i] - low, highs[i - 10] - lows[i - 10]
    reach1, leaving1 = highs[i - 1] - low1, highs[i - 11] - lows[i - 11]
    reach2, leaving2 = highs[i - 2] - low2, highs[i - 12] - lows[i - 12]
    if missing > 0:
        ranges2, ranges1 = gathered(ranges2, missing, 10, reach2), gathered(ranges1, missing, 10, reach1)
        return (missing - 1, ranges2, ranges1, gathered(ranges, missing, 10, reach)), nan
    found = (
        open1 > close2  # first: seldom, on a market that opens where it closed
        and open_ > close1
        and close2 > close1 > close
        and close2 < open2
        and close1 < open1
        and close < open_
        and open2 > open1
        and open1 > open_
        and close3 >= open3
        and high3 > close2
        and close2 - low2 < tenth(ranges2)
        and close1 - low1 < tenth(ranges1)
        and close - low < tenth(ranges)
    )
    ranges2, ranges1 = rolled(ranges2, reach2, leaving2), rolled(ranges1, reach1, leaving1)
    return (0, ranges2, ranges1, rolled(ranges, reach, leaving)), -100.0 if found else 0.0


@pattern("cdlidentical3crows", lookback=12, sums=5)
def identical_three_crows(
    state: Five, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Five, float]:
    """Identical three crows: three black candles, each opening where the one before closed, at its low.

    -100 where they are, else 0. It counts after a rise, which is not looked for.

    Formula: three black candles, each close below the last; lower shadows < a tenth of the mean range of
        the 10 before; each open within a twentieth of the mean range of the 5 before the earlier candle of
        its close
    Convention: as TA-Lib's CDLIDENTICAL3CROWS (on a market that never closes most crows are identical)
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, ranges2, ranges1, ranges, five2, five1 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    low, low1, low2 = lows[i], lows[i - 1], lows[i - 2]
    reach, leaving = highs[i] - low, highs[i - 10] - lows[i - 10]
    reach1, leaving1 = highs[i - 1] - low1, highs[i - 11] - lows[i - 11]
    reach2, leaving2 = highs[i - 2] - low2, highs[i - 12] - lows[i - 12]
    leaving_five1, leaving_five2 = highs[i - 6] - lows[i - 6], highs[i - 7] - lows[i - 7]
    if missing > 0:
        ranges2, ranges1 = gathered(ranges2, missing, 10, reach2), gathered(ranges1, missing, 10, reach1)
        ranges, five2 = gathered(ranges, missing, 10, reach), gathered(five2, missing, 5, reach2)
        return (missing - 1, ranges2, ranges1, ranges, five2, gathered(five1, missing, 5, reach1)), nan
    black = (close < open_) & (close1 < open1) & (close2 < open2) & (close < close1) & (close1 < close2)
    away2, away1 = alike(five2), alike(five1)
    found = (
        black
        and close2 - low2 < tenth(ranges2)
        and close1 - low1 < tenth(ranges1)
        and close - low < tenth(ranges)
        and close2 - away2 <= open1 <= close2 + away2
        and close1 - away1 <= open_ <= close1 + away1
    )
    ranges2, ranges1 = rolled(ranges2, reach2, leaving2), rolled(ranges1, reach1, leaving1)
    ranges, five2 = rolled(ranges, reach, leaving), rolled(five2, reach2, leaving_five2)
    return (
        0,
        ranges2,
        ranges1,
        ranges,
        five2,
        rolled(five1, reach1, leaving_five1),
    ), -100.0 if found else 0.0


@pattern("cdl3linestrike", lookback=8, sums=2)
def three_line_strike(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Three line strike: three candles one way and a fourth that takes them all back; a rest in the trend.

    100 after three white ones, -100 after three black ones, else 0: the trend is expected to go on.

    Formula: three of one colour, each close further, each open within or near the body before; the fourth
        of the other colour opens beyond the last close and closes beyond the first open. Near: a fifth of
        the mean range of the 5 before the earlier candle
    Convention: as TA-Lib's CDL3LINESTRIKE
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, five3, five2 = state
    open_, open1, open2, open3 = opens[i], opens[i - 1], opens[i - 2], opens[i - 3]
    close, close1, close2, close3 = closes[i], closes[i - 1], closes[i - 2], closes[i - 3]
    reach3, leaving3 = highs[i - 3] - lows[i - 3], highs[i - 8] - lows[i - 8]
    reach2, leaving2 = highs[i - 2] - lows[i - 2], highs[i - 7] - lows[i - 7]
    if missing > 0:
        return (missing - 1, gathered(five3, missing, 5, reach3), gathered(five2, missing, 5, reach2)), nan
    found = (
        open_ != close1  # first: seldom, on a market that opens where it closed
        and (close1 >= open1) == (close2 >= open2) == (close3 >= open3) == (open_ > close1) == (close < open_)
        and (
            close1 > close2 > close3 and close < open3
            if open_ > close1
            else close1 < close2 < close3 and close > open3
        )
        and bottom(open3, close3) - near(five3) <= open2 <= top(open3, close3) + near(five3)
        and bottom(open2, close2) - near(five2) <= open1 <= top(open2, close2) + near(five2)
    )
    after = (0, rolled(five3, reach3, leaving3), rolled(five2, reach2, leaving2))
    return after, sign(open1, close1) if found else 0.0


@pattern("cdladvanceblock", lookback=12, sums=6)
def advance_block(
    state: Six, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Six, float]:
    """Advance block: three white candles that close higher, but with less and less behind it.

    -100 where they are, else 0: the rise may end.

    Formula: three white candles, each close above the last, each open within or near the body before; the
        first body > the mean body of the 10 before, with a short upper shadow; and the second far shorter
        than the first with the third hardly longer than the second, or the third far shorter than the
        second, or shorter and shorter bodies with a shadow that is not short on the second or third, or a
        third one that is shorter than the second and than its own upper shadow. Short: below half the mean
        of both shadows of the 10 before; near, far: a fifth, three fifths of the mean range of the 5 before
        the earlier candle
    Convention: as TA-Lib's CDLADVANCEBLOCK
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, both2, both1, both, five2, five1, bodies2 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    high, high1, high2 = highs[i], highs[i - 1], highs[i - 2]
    shadow, leaving = (
        shadows(open_, high, lows[i], close),
        shadows(opens[i - 10], highs[i - 10], lows[i - 10], closes[i - 10]),
    )
    shadow1, leaving1 = (
        shadows(open1, high1, lows[i - 1], close1),
        shadows(opens[i - 11], highs[i - 11], lows[i - 11], closes[i - 11]),
    )
    shadow2, leaving2 = (
        shadows(open2, high2, lows[i - 2], close2),
        shadows(opens[i - 12], highs[i - 12], lows[i - 12], closes[i - 12]),
    )
    reach1, leaving_five1 = high1 - lows[i - 1], highs[i - 6] - lows[i - 6]
    reach2, leaving_five2 = high2 - lows[i - 2], highs[i - 7] - lows[i - 7]
    size, size1, size2 = body(open_, close), body(open1, close1), body(open2, close2)
    leaving_body = body(opens[i - 12], closes[i - 12])
    if missing > 0:
        both2, both1 = gathered(both2, missing, 10, shadow2), gathered(both1, missing, 10, shadow1)
        both, bodies2 = gathered(both, missing, 10, shadow), gathered(bodies2, missing, 10, size2)
        five2, five1 = gathered(five2, missing, 5, reach2), gathered(five1, missing, 5, reach1)
        return (missing - 1, both2, both1, both, five2, five1, bodies2), nan
    white = (close >= open_) & (close1 >= open1) & (close2 >= open2) & (close > close1) & (close1 > close2)
    found = (
        white
        and open2 < open1 <= close2 + near(five2)
        and open1 < open_ <= close1 + near(five1)
        and size2 > mean(bodies2)
        and high2 - close2 < half(both2)
        and (
            (size1 < size2 - far(five2) and size < size1 + near(five1))
            or size < size1 - far(five1)
            or (size < size1 < size2 and (high - close > half(both) or high1 - close1 > half(both1)))
            or (size < size1 and high - close > size)
        )
    )
    both2, both1 = rolled(both2, shadow2, leaving2), rolled(both1, shadow1, leaving1)
    both, bodies2 = rolled(both, shadow, leaving), rolled(bodies2, size2, leaving_body)
    five2, five1 = rolled(five2, reach2, leaving_five2), rolled(five1, reach1, leaving_five1)
    return (0, both2, both1, both, five2, five1, bodies2), -100.0 if found else 0.0


@pattern("cdlstalledpattern", lookback=12, sums=6)
def stalled_pattern(
    state: Six, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Six, float]:
    """Stalled pattern: two long white candles and a small one on their shoulder; the rise has stalled.

    -100 where it is one, else 0: time to secure gains. (Also called deliberation.)

    Formula: three white candles, each close above the last; long, long without upper shadow, short; the
        second opens within or near the first body, the third near the second close. Long, short: above,
        below the mean body of the 10 before; no shadow: less than a tenth of their mean range; near: a
        fifth of the mean range of the 5 before the earlier candle
    Convention: as TA-Lib's CDLSTALLEDPATTERN
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies2, bodies1, bodies, ranges1, five2, five1 = state
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2, high1 = closes[i], closes[i - 1], closes[i - 2], highs[i - 1]
    size, size1, size2 = body(open_, close), body(open1, close1), body(open2, close2)
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    leaving2, leaving_reach1 = body(opens[i - 12], closes[i - 12]), highs[i - 11] - lows[i - 11]
    reach1, leaving_five1 = high1 - lows[i - 1], highs[i - 6] - lows[i - 6]
    reach2, leaving_five2 = highs[i - 2] - lows[i - 2], highs[i - 7] - lows[i - 7]
    if missing > 0:
        bodies2, bodies1 = gathered(bodies2, missing, 10, size2), gathered(bodies1, missing, 10, size1)
        bodies, ranges1 = gathered(bodies, missing, 10, size), gathered(ranges1, missing, 10, reach1)
        five2, five1 = gathered(five2, missing, 5, reach2), gathered(five1, missing, 5, reach1)
        return (missing - 1, bodies2, bodies1, bodies, ranges1, five2, five1), nan
    white = (close >= open_) & (close1 >= open1) & (close2 >= open2) & (close > close1) & (close1 > close2)
    found = (
        white
        and open2 < open1 <= close2 + near(five2)
        and size2 > mean(bodies2)
        and size1 > mean(bodies1)
        and high1 - close1 < tenth(ranges1)
        and size < mean(bodies)
        and open_ >= close1 - size - near(five1)
    )
    bodies2, bodies1 = rolled(bodies2, size2, leaving2), rolled(bodies1, size1, leaving1)
    bodies, ranges1 = rolled(bodies, size, leaving), rolled(ranges1, reach1, leaving_reach1)
    five2, five1 = rolled(five2, reach2, leaving_five2), rolled(five1, reach1, leaving_five1)
    return (0, bodies2, bodies1, bodies, ranges1, five2, five1), -100.0 if found else 0.0
