"""Single candles with a long body or a small one."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    One,
    Two,
    body,
    gathered,
    half,
    lower,
    mean,
    rolled,
    shadows,
    sign,
    tenth,
    upper,
)
from thebot.indicators.patterns.pattern import pattern


@pattern("cdlspinningtop", lookback=10, sums=1, rule=None)
def spinning_top(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Spinning top: a small body with longer shadows on both sides; nobody prevails.

    100 for a white one, -100 for a black one, else 0; it says nothing about the direction by itself.

    Formula: body < the mean body of the 10 candles before; both shadows > body
    Convention: as TA-Lib's CDLSPINNINGTOP
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size)), nan
    found = (size < mean(bodies)) & (upper(open_, high, close) > size) & (lower(open_, low, close) > size)
    return (0, rolled(bodies, size, leaving)), sign(open_, close) if found else 0.0


@pattern("cdlhighwave", lookback=10, sums=1, rule=None)
def high_wave(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """High wave: a small body with very long shadows on both sides; the market is confused.

    100 for a white one, -100 for a black one, else 0; it says nothing about the direction by itself.

    Formula: body < the mean body of the 10 candles before; both shadows > 2 * body
    Convention: as TA-Lib's CDLHIGHWAVE
    Source: S. Nison, "Beyond Candlesticks", 1994
    """
    missing, bodies = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size)), nan
    twice = 2.0 * size
    found = (size < mean(bodies)) & (upper(open_, high, close) > twice) & (lower(open_, low, close) > twice)
    return (0, rolled(bodies, size, leaving)), sign(open_, close) if found else 0.0


@pattern("cdlmarubozu", lookback=10, sums=2)
def marubozu(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Marubozu: a long body without shadows; one side ruled from open to close.

    100 for a white one, -100 for a black one, else 0.

    Formula: body > the mean body of the 10 candles before; both shadows < a tenth of their mean range
    Convention: as TA-Lib's CDLMARUBOZU
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size), gathered(ranges, missing, 10, reach)), nan
    none = tenth(ranges)
    found = (size > mean(bodies)) & (upper(open_, high, close) < none) & (lower(open_, low, close) < none)
    after = (0, rolled(bodies, size, leaving), rolled(ranges, reach, leaving_reach))
    return after, sign(open_, close) if found else 0.0


@pattern("cdlclosingmarubozu", lookback=10, sums=2)
def closing_marubozu(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Closing marubozu: a long body that closed at its end of the range; whoever ruled did so to the last.

    100 for a white one that closed at its high, -100 for a black one that closed at its low, else 0.

    Formula: body > the mean body of the 10 candles before; the shadow beyond the close < a tenth of their
        mean range
    Convention: as TA-Lib's CDLCLOSINGMARUBOZU
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size), gathered(ranges, missing, 10, reach)), nan
    beyond = high - close if close >= open_ else close - low
    found = (size > mean(bodies)) & (beyond < tenth(ranges))
    after = (0, rolled(bodies, size, leaving), rolled(ranges, reach, leaving_reach))
    return after, sign(open_, close) if found else 0.0


@pattern("cdlbelthold", lookback=10, sums=2)
def belt_hold(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Belt hold: a long body that opened at its end of the range and went one way from there.

    100 for a white one that opened at its low, -100 for a black one that opened at its high, else 0.

    Formula: body > the mean body of the 10 candles before; the shadow beyond the open < a tenth of their
        mean range
    Convention: as TA-Lib's CDLBELTHOLD
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    reach, leaving_reach = high - low, highs[i - 10] - lows[i - 10]
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size), gathered(ranges, missing, 10, reach)), nan
    beyond = open_ - low if close >= open_ else high - open_
    found = (size > mean(bodies)) & (beyond < tenth(ranges))
    after = (0, rolled(bodies, size, leaving), rolled(ranges, reach, leaving_reach))
    return after, sign(open_, close) if found else 0.0


@pattern("cdllongline", lookback=10, sums=2)
def long_line(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Long line: a long body with short shadows; a decided move.

    100 for a white one, -100 for a black one, else 0.

    Formula: body > the mean body of the 10 candles before; both shadows < half the mean of what their upper
        and lower shadow are together
    Convention: as TA-Lib's CDLLONGLINE
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, bodies, both = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    above, below = upper(open_, high, close), lower(open_, low, close)
    leaving_both = shadows(opens[i - 10], highs[i - 10], lows[i - 10], closes[i - 10])
    if missing > 0:
        bodies, both = gathered(bodies, missing, 10, size), gathered(both, missing, 10, above + below)
        return (missing - 1, bodies, both), nan
    short = half(both)
    found = (size > mean(bodies)) & (above < short) & (below < short)
    after = (0, rolled(bodies, size, leaving), rolled(both, above + below, leaving_both))
    return after, sign(open_, close) if found else 0.0


@pattern("cdlshortline", lookback=10, sums=2, rule=None)
def short_line(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Short line: a small body with short shadows; the market rests.

    100 for a white one, -100 for a black one, else 0; it says nothing about the direction by itself.

    Formula: body < the mean body of the 10 candles before; both shadows < half the mean of what their upper
        and lower shadow are together
    Convention: as TA-Lib's CDLSHORTLINE
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, bodies, both = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    size, leaving = body(open_, close), body(opens[i - 10], closes[i - 10])
    above, below = upper(open_, high, close), lower(open_, low, close)
    leaving_both = shadows(opens[i - 10], highs[i - 10], lows[i - 10], closes[i - 10])
    if missing > 0:
        bodies, both = gathered(bodies, missing, 10, size), gathered(both, missing, 10, above + below)
        return (missing - 1, bodies, both), nan
    short = half(both)
    found = (size < mean(bodies)) & (above < short) & (below < short)
    after = (0, rolled(bodies, size, leaving), rolled(both, above + below, leaving_both))
    return after, sign(open_, close) if found else 0.0
