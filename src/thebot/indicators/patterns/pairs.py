"""Two candles of which the second answers the first."""

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


@pattern("cdlengulfing", lookback=2)
def engulfing(
    state: Zero, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Zero, float]:
    """Engulfing: a body that takes in the whole body before it, of the other colour.

    100 for a white one around a black one, -100 for a black one around a white one, 80 and -80 where they
    end at the same price on one side, else 0. It counts at the end of a move, which is not looked for.

    Formula: the colours differ; the second body reaches beyond the first on one side at least, and as far
        on the other
    Convention: as TA-Lib's CDLENGULFING, that begins with the third candle
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    open_, close, open1, close1 = opens[i], closes[i], opens[i - 1], closes[i - 1]
    if state[0] > 0:
        return (state[0] - 1,), nan
    high, low, high1, low1 = (
        top(open_, close),
        bottom(open_, close),
        top(open1, close1),
        bottom(open1, close1),
    )
    around = ((close >= open_) != (close1 >= open1)) & (high >= high1) & (low <= low1)
    beyond = (high > high1) | (low < low1)
    size = 1.0 if (open_ != close1) & (close != open1) else 0.8
    return (0,), size * sign(open_, close) if around & beyond else 0.0


@pattern("cdlharami", lookback=11, sums=2)
def harami(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Harami: a small body within the long one before it; the move has lost its force.

    100 after a black candle, -100 after a white one, 80 and -80 where they end at the same price on one
    side, else 0.

    Formula: the first body > the mean body of the 10 before it, the second <= that of the 10 before it; the
        second within the first
    Convention: as TA-Lib's CDLHARAMI, that does not ask for the second one's colour
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies1, bodies = state
    open_, close, open1, close1 = opens[i], closes[i], opens[i - 1], closes[i - 1]
    size, size1 = body(open_, close), body(open1, close1)
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    if missing > 0:
        return (missing - 1, gathered(bodies1, missing, 10, size1), gathered(bodies, missing, 10, size)), nan
    high, low, high1, low1 = (
        top(open_, close),
        bottom(open_, close),
        top(open1, close1),
        bottom(open1, close1),
    )
    within = (high <= high1) & (low >= low1)
    found = within & (size1 > mean(bodies1)) & (size <= mean(bodies))
    share = -1.0 if (high < high1) & (low > low1) else -0.8
    after = (0, rolled(bodies1, size1, leaving1), rolled(bodies, size, leaving))
    return after, share * sign(open1, close1) if found else 0.0


@pattern("cdlharamicross", lookback=11, sums=2)
def harami_cross(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Harami cross: a doji within the long body before it; a harami that counts for more.

    100 after a black candle, -100 after a white one, 80 and -80 where they end at the same price on one
    side, else 0.

    Formula: the first body > the mean body of the 10 before it; the second <= a tenth of the mean range of
        the 10 before it, and within the first
    Convention: as TA-Lib's CDLHARAMICROSS
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies1, ranges = state
    open_, close, open1, close1 = opens[i], closes[i], opens[i - 1], closes[i - 1]
    size, size1, leaving1 = body(open_, close), body(open1, close1), body(opens[i - 11], closes[i - 11])
    reach, leaving = highs[i] - lows[i], highs[i - 10] - lows[i - 10]
    if missing > 0:
        return (missing - 1, gathered(bodies1, missing, 10, size1), gathered(ranges, missing, 10, reach)), nan
    high, low, high1, low1 = (
        top(open_, close),
        bottom(open_, close),
        top(open1, close1),
        bottom(open1, close1),
    )
    within = (high <= high1) & (low >= low1)
    found = within & (size1 > mean(bodies1)) & (size <= tenth(ranges))
    share = -1.0 if (high < high1) & (low > low1) else -0.8
    after = (0, rolled(bodies1, size1, leaving1), rolled(ranges, reach, leaving))
    return after, share * sign(open1, close1) if found else 0.0


@pattern("cdlpiercing", lookback=11, sums=2)
def piercing(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Piercing line: after a long black candle one opens below its low and closes above its middle.

    100 where it does, else 0. It counts at the end of a decline, which is not looked for.

    Formula: long black, then long white; open < first low; middle of the first body < close < first open.
        Long: above the mean body of the 10 before
    Convention: as TA-Lib's CDLPIERCING
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies1, bodies = state
    open_, close, open1, close1, low1 = opens[i], closes[i], opens[i - 1], closes[i - 1], lows[i - 1]
    size, size1 = body(open_, close), body(open1, close1)
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    if missing > 0:
        return (missing - 1, gathered(bodies1, missing, 10, size1), gathered(bodies, missing, 10, size)), nan
    found = (
        open_ < low1  # first: seldom, on a market that opens where it closed
        and close1 < open1
        and close >= open_
        and close1 + size1 * 0.5 < close < open1
        and size1 > mean(bodies1)
        and size > mean(bodies)
    )
    return (0, rolled(bodies1, size1, leaving1), rolled(bodies, size, leaving)), 100.0 if found else 0.0


@pattern("cdldarkcloudcover", lookback=11, sums=1)
def dark_cloud_cover(
    state: tuple[int, float],
    opens: Column, highs: Column, lows: Column, closes: Column, i: int, penetration: float = 0.5,
) -> tuple[tuple[int, float], float]:  # fmt: skip
    """Dark cloud cover: after a long white candle one opens above its high and closes deep in its body.

    -100 where it does, else 0. It counts at the end of a rise, which is not looked for.

    Formula: long white, then black; open > first high; first open < close < first close - `penetration` *
        first body. Long: above the mean body of the 10 before
    Convention: as TA-Lib's CDLDARKCLOUDCOVER
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies1 = state
    open_, close, open1, close1, high1 = opens[i], closes[i], opens[i - 1], closes[i - 1], highs[i - 1]
    size1, leaving1 = body(open1, close1), body(opens[i - 11], closes[i - 11])
    if missing > 0:
        return (missing - 1, gathered(bodies1, missing, 10, size1)), nan
    found = (
        open_ > high1  # first: seldom, on a market that opens where it closed
        and close1 >= open1
        and close < open_
        and open1 < close < close1 - size1 * penetration
        and size1 > mean(bodies1)
    )
    return (0, rolled(bodies1, size1, leaving1)), -100.0 if found else 0.0


@pattern("cdlcounterattack", lookback=11, sums=3)
def counterattack(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Three, float]:
    """Counterattack: a long candle takes back the gap it opened with and closes where the one before did.

    100 for a white one after a black one, -100 for a black one after a white one, else 0.

    Formula: the colours differ; both bodies > the mean body of the 10 before; the closes are within a
        twentieth of the mean range of the 5 candles before the first
    Convention: as TA-Lib's CDLCOUNTERATTACK
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, five1, bodies1, bodies = state
    open_, close, open1, close1 = opens[i], closes[i], opens[i - 1], closes[i - 1]
    size, size1 = body(open_, close), body(open1, close1)
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    reach1, leaving_five = highs[i - 1] - lows[i - 1], highs[i - 6] - lows[i - 6]
    if missing > 0:
        bodies1, bodies = gathered(bodies1, missing, 10, size1), gathered(bodies, missing, 10, size)
        return (missing - 1, gathered(five1, missing, 5, reach1), bodies1, bodies), nan
    away = alike(five1)
    found = (
        close1 - away <= close <= close1 + away
        and (close >= open_) != (close1 >= open1)
        and size1 > mean(bodies1)
        and size > mean(bodies)
    )
    bodies1, bodies = rolled(bodies1, size1, leaving1), rolled(bodies, size, leaving)
    return (0, rolled(five1, reach1, leaving_five), bodies1, bodies), sign(open_, close) if found else 0.0


@pattern("cdlseparatinglines", lookback=11, sums=3)
def separating_lines(
    state: Three, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Three, float]:
    """Separating lines: a belt hold that opens where the candle of the other colour before it did.

    100 for a white one after a black one, -100 for a black one after a white one, else 0. Read as going on
    with the trend.

    Formula: the colours differ; the opens are within a twentieth of the mean range of the 5 candles before
        the first; the second body > the mean body of the 10 before, and its shadow beyond the open < a
        tenth of their mean range
    Convention: as TA-Lib's CDLSEPARATINGLINES
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges, bodies, five1 = state
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
    reach1, leaving_five = highs[i - 1] - lows[i - 1], highs[i - 6] - lows[i - 6]
    if missing > 0:
        ranges, bodies = gathered(ranges, missing, 10, reach), gathered(bodies, missing, 10, size)
        return (missing - 1, ranges, bodies, gathered(five1, missing, 5, reach1)), nan
    away, beyond = alike(five1), open_ - low if close >= open_ else high - open_
    found = (
        (open1 - away <= open_) & (open_ <= open1 + away) & ((close >= open_) != (close1 >= open1))
        and size > mean(bodies)
        and beyond < tenth(ranges)
    )
    ranges, bodies = rolled(ranges, reach, leaving_reach), rolled(bodies, size, leaving)
    return (0, ranges, bodies, rolled(five1, reach1, leaving_five)), sign(open_, close) if found else 0.0
