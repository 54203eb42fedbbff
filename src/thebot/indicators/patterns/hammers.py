"""Small bodies at one end of a long shadow: hammers and what they are called elsewhere in a trend."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    Three,
    Two,
    body,
    bottom,
    gaps_down,
    gaps_up,
    gathered,
    lower,
    mean,
    near,
    rolled,
    tenth,
    upper,
)
from thebot.indicators.patterns.pattern import pattern


@pattern("cdlhammer", lookback=11, sums=3)
def hammer(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Three, float]:
    """Hammer: a small body above a long shadow, near the low of the candle before; sellers were thrown back.

    100 where it is one, else 0. It counts at the end of a decline, which is not looked for.

    Formula: body < the mean body of the 10 candles before, lower shadow > body, upper shadow < a tenth of
        their mean range, and the body begins at the low of the candle before plus a fifth of the mean range
        of the 5 before that one, or below
    Convention: as TA-Lib's CDLHAMMER
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges, five = state
    open_, high, low, close, low1 = opens[i], highs[i], lows[i], closes[i], lows[i - 1]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    reach1, leaving_five = highs[i - 1] - low1, highs[i - 6] - lows[i - 6]
    if missing > 0:
        bodies, ranges = gathered(bodies, missing, 10, size), gathered(ranges, missing, 10, reach)
        return (missing - 1, bodies, ranges, gathered(five, missing, 5, reach1)), nan
    found = (
        (size < mean(bodies))
        & (lower(open_, low, close) > size)
        & (upper(open_, high, close) < tenth(ranges))
        & (bottom(open_, close) <= low1 + near(five))
    )
    bodies, ranges = rolled(bodies, size, leaving), rolled(ranges, reach, leaving_reach)
    return (0, bodies, ranges, rolled(five, reach1, leaving_five)), 100.0 if found else 0.0


@pattern("cdlhangingman", lookback=11, sums=3)
def hanging_man(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Three, float]:
    """Hanging man: a small body above a long shadow, near the high of the candle before; a first warning.

    -100 where it is one, else 0. It counts at the end of a rise, which is not looked for.

    Formula: body < the mean body of the 10 candles before, lower shadow > body, upper shadow < a tenth of
        their mean range, and the body begins at the high of the candle before less a fifth of the mean
        range of the 5 before that one, or above
    Convention: as TA-Lib's CDLHANGINGMAN
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges, five = state
    open_, high, low, close, high1 = opens[i], highs[i], lows[i], closes[i], highs[i - 1]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    reach1, leaving_five = high1 - lows[i - 1], highs[i - 6] - lows[i - 6]
    if missing > 0:
        bodies, ranges = gathered(bodies, missing, 10, size), gathered(ranges, missing, 10, reach)
        return (missing - 1, bodies, ranges, gathered(five, missing, 5, reach1)), nan
    found = (
        (size < mean(bodies))
        & (lower(open_, low, close) > size)
        & (upper(open_, high, close) < tenth(ranges))
        & (bottom(open_, close) >= high1 - near(five))
    )
    bodies, ranges = rolled(bodies, size, leaving), rolled(ranges, reach, leaving_reach)
    return (0, bodies, ranges, rolled(five, reach1, leaving_five)), -100.0 if found else 0.0


@pattern("cdlinvertedhammer", lookback=11, sums=2)
def inverted_hammer(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Inverted hammer: a small body that gaps down, under a long shadow; buyers tried for the first time.

    100 where it is one, else 0. It counts at the end of a decline, which is not looked for.

    Formula: body < the mean body of the 10 candles before, upper shadow > body, lower shadow < a tenth of
        their mean range, and the whole body is below that of the candle before
    Convention: as TA-Lib's CDLINVERTEDHAMMER
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges = state
    open_, high, low, close, open1, close1 = (
        opens[i],
        highs[i],
        lows[i],
        closes[i],
        opens[i - 1],
        closes[i - 1],
    )
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size), gathered(ranges, missing, 10, reach)), nan
    found = (
        open_ < close1  # first: seldom, on a market that opens where it closed
        and gaps_down(open_, close, open1, close1)
        and size < mean(bodies)
        and upper(open_, high, close) > size
        and lower(open_, low, close) < tenth(ranges)
    )
    after = (0, rolled(bodies, size, leaving), rolled(ranges, reach, leaving_reach))
    return after, 100.0 if found else 0.0


@pattern("cdlshootingstar", lookback=11, sums=2)
def shooting_star(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Shooting star: a small body that gaps up, under a long shadow; the rise was turned away.

    -100 where it is one, else 0. It counts at the end of a rise, which is not looked for.

    Formula: body < the mean body of the 10 candles before, upper shadow > body, lower shadow < a tenth of
        their mean range, and the whole body is above that of the candle before
    Convention: as TA-Lib's CDLSHOOTINGSTAR
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges = state
    open_, high, low, close, open1, close1 = (
        opens[i],
        highs[i],
        lows[i],
        closes[i],
        opens[i - 1],
        closes[i - 1],
    )
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size), gathered(ranges, missing, 10, reach)), nan
    found = (
        open_ > close1  # first: seldom, on a market that opens where it closed
        and gaps_up(open_, close, open1, close1)
        and size < mean(bodies)
        and upper(open_, high, close) > size
        and lower(open_, low, close) < tenth(ranges)
    )
    after = (0, rolled(bodies, size, leaving), rolled(ranges, reach, leaving_reach))
    return after, -100.0 if found else 0.0
