"""Two candles at the end of a decline: what holds, and what is too weak to turn it."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import One, Two, alike, body, gathered, mean, rolled
from thebot.indicators.patterns.pattern import pattern


@pattern("cdlmatchinglow", lookback=6, sums=1)
def matching_low(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Matching low: two black candles that close at the same price; a floor.

    100 where they do, else 0. It counts in a decline, which is not looked for.

    Formula: both black; the closes are within a twentieth of the mean range of the 5 candles before the
        first
    Convention: as TA-Lib's CDLMATCHINGLOW
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, five1 = state
    open_, close, open1, close1 = opens[i], closes[i], opens[i - 1], closes[i - 1]
    reach1, leaving = highs[i - 1] - lows[i - 1], highs[i - 6] - lows[i - 6]
    if missing > 0:
        return (missing - 1, gathered(five1, missing, 5, reach1)), nan
    away = alike(five1)
    found = (close <= close1 + away) & (close >= close1 - away) & (close1 < open1) & (close < open_)
    return (0, rolled(five1, reach1, leaving)), 100.0 if found else 0.0


@pattern("cdlhomingpigeon", lookback=11, sums=2)
def homing_pigeon(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Homing pigeon: a small black body within a long black one; the decline loses its force.

    100 where it is one, else 0. It counts in a decline, which is not looked for.

    Formula: both black; the first body > the mean body of the 10 before it, the second <= that of the 10
        before it; open < first open, close > first close
    Convention: as TA-Lib's CDLHOMINGPIGEON
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, bodies1, bodies = state
    open_, close, open1, close1 = opens[i], closes[i], opens[i - 1], closes[i - 1]
    size, size1 = body(open_, close), body(open1, close1)
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    if missing > 0:
        return (missing - 1, gathered(bodies1, missing, 10, size1), gathered(bodies, missing, 10, size)), nan
    found = (
        close > close1
        and close < open_ < open1  # seldom, on a market that opens where it closed
        and size1 > mean(bodies1)
        and size <= mean(bodies)
    )
    return (0, rolled(bodies1, size1, leaving1), rolled(bodies, size, leaving)), 100.0 if found else 0.0


@pattern("cdlthrusting", lookback=11, sums=2)
def thrusting(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Thrusting: after a long black candle one opens below its low and rises into its body, but not to half.

    -100 where it does, else 0: the decline is expected to go on.

    Formula: long black, then white; open < first low; first close + a twentieth of the mean range of the 5
        before the first < close <= middle of the first body. Long: above the mean body of the 10 before
    Convention: as TA-Lib's CDLTHRUSTING
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, five1, bodies1 = state
    open_, close, open1, close1, low1 = opens[i], closes[i], opens[i - 1], closes[i - 1], lows[i - 1]
    size1, leaving = body(open1, close1), body(opens[i - 11], closes[i - 11])
    reach1, leaving_five = highs[i - 1] - low1, highs[i - 6] - lows[i - 6]
    if missing > 0:
        return (missing - 1, gathered(five1, missing, 5, reach1), gathered(bodies1, missing, 10, size1)), nan
    found = (
        open_ < low1  # first: seldom, on a market that opens where it closed
        and close1 < open1
        and close >= open_
        and close1 + alike(five1) < close <= close1 + size1 * 0.5
        and size1 > mean(bodies1)
    )
    return (0, rolled(five1, reach1, leaving_five), rolled(bodies1, size1, leaving)), -100.0 if found else 0.0


@pattern("cdlinneck", lookback=11, sums=2)
def in_neck(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """In neck: after a long black candle one opens below its low and closes barely inside its body.

    -100 where it does, else 0: the decline is expected to go on.

    Formula: long black, then white; open < first low; first close <= close <= first close + a twentieth of
        the mean range of the 5 before the first. Long: above the mean body of the 10 before
    Convention: as TA-Lib's CDLINNECK
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, five1, bodies1 = state
    open_, close, open1, close1, low1 = opens[i], closes[i], opens[i - 1], closes[i - 1], lows[i - 1]
    size1, leaving = body(open1, close1), body(opens[i - 11], closes[i - 11])
    reach1, leaving_five = highs[i - 1] - low1, highs[i - 6] - lows[i - 6]
    if missing > 0:
        return (missing - 1, gathered(five1, missing, 5, reach1), gathered(bodies1, missing, 10, size1)), nan
    found = (
        open_ < low1  # first: seldom, on a market that opens where it closed
        and close1 < open1
        and close >= open_
        and close1 <= close <= close1 + alike(five1)
        and size1 > mean(bodies1)
    )
    return (0, rolled(five1, reach1, leaving_five), rolled(bodies1, size1, leaving)), -100.0 if found else 0.0


@pattern("cdlonneck", lookback=11, sums=2)
def on_neck(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """On neck: after a long black candle one opens below its low and only closes back at that low.

    -100 where it does, else 0: the decline is expected to go on.

    Formula: long black, then white; open < first low; close within a twentieth of the mean range of the 5
        before the first of the first low. Long: above the mean body of the 10 before
    Convention: as TA-Lib's CDLONNECK
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, five1, bodies1 = state
    open_, close, open1, close1, low1 = opens[i], closes[i], opens[i - 1], closes[i - 1], lows[i - 1]
    size1, leaving = body(open1, close1), body(opens[i - 11], closes[i - 11])
    reach1, leaving_five = highs[i - 1] - low1, highs[i - 6] - lows[i - 6]
    if missing > 0:
        return (missing - 1, gathered(five1, missing, 5, reach1), gathered(bodies1, missing, 10, size1)), nan
    away = alike(five1)
    found = (
        open_ < low1  # first: seldom, on a market that opens where it closed
        and close1 < open1
        and close >= open_
        and low1 - away <= close <= low1 + away
        and size1 > mean(bodies1)
    )
    return (0, rolled(five1, reach1, leaving_five), rolled(bodies1, size1, leaving)), -100.0 if found else 0.0
