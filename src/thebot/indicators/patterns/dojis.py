"""Candles without a body, which closed where they had opened."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    One,
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
    top,
    upper,
)
from thebot.indicators.patterns.pattern import pattern


@pattern("cdldoji", lookback=10, sums=1, rule=None)
def doji(state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int) -> tuple[One, float]:
    """Doji: a candle that closed about where it had opened; buyers and sellers are level.

    100 where it is one, else 0; it says nothing about the direction by itself.

    Formula: body <= a tenth of the mean range of the 10 candles before
    Convention: as TA-Lib's CDLDOJI; a candle that never moved is one too
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges = state
    reach = highs[i] - lows[i]
    if missing > 0:
        return (missing - 1, gathered(ranges, missing, 10, reach)), nan
    found = body(opens[i], closes[i]) <= tenth(ranges)
    return (0, rolled(ranges, reach, highs[i - 10] - lows[i - 10])), 100.0 if found else 0.0


@pattern("cdldragonflydoji", lookback=10, sums=1, rule=None)
def dragonfly_doji(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Dragonfly doji: opened and closed at its high, after trading well below; a T.

    100 where it is one, else 0. At the end of a decline it is read as a turn upward.

    Formula: body <= small, upper shadow < small, lower shadow > small, where small is a tenth of the mean
        range of the 10 candles before
    Convention: as TA-Lib's CDLDRAGONFLYDOJI
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    if missing > 0:
        return (missing - 1, gathered(ranges, missing, 10, high - low)), nan
    small = tenth(ranges)
    found = (
        (body(open_, close) <= small)
        & (upper(open_, high, close) < small)
        & (lower(open_, low, close) > small)
    )
    return (0, rolled(ranges, high - low, highs[i - 10] - lows[i - 10])), 100.0 if found else 0.0


@pattern("cdlgravestonedoji", lookback=10, sums=1, rule=None)
def gravestone_doji(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Gravestone doji: opened and closed at its low, after trading well above; a T upside down.

    100 where it is one, else 0. At the end of a rise it is read as a turn downward.

    Formula: body <= small, lower shadow < small, upper shadow > small, where small is a tenth of the mean
        range of the 10 candles before
    Convention: as TA-Lib's CDLGRAVESTONEDOJI (whose 100 does not mean a rise)
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    if missing > 0:
        return (missing - 1, gathered(ranges, missing, 10, high - low)), nan
    small = tenth(ranges)
    found = (
        (body(open_, close) <= small)
        & (lower(open_, low, close) < small)
        & (upper(open_, high, close) > small)
    )
    return (0, rolled(ranges, high - low, highs[i - 10] - lows[i - 10])), 100.0 if found else 0.0


@pattern("cdllongleggeddoji", lookback=10, sums=1, rule=None)
def long_legged_doji(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Long-legged doji: closed about where it had opened, with a shadow longer than its body.

    100 where it is one, else 0; it says nothing about the direction by itself.

    Formula: body <= a tenth of the mean range of the 10 candles before, and either shadow > body
    Convention: as TA-Lib's CDLLONGLEGGEDDOJI
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    if missing > 0:
        return (missing - 1, gathered(ranges, missing, 10, high - low)), nan
    size = body(open_, close)
    longer = (lower(open_, low, close) > size) | (upper(open_, high, close) > size)
    found = (size <= tenth(ranges)) & longer
    return (0, rolled(ranges, high - low, highs[i - 10] - lows[i - 10])), 100.0 if found else 0.0


@pattern("cdlrickshawman", lookback=10, sums=2, rule=None)
def rickshaw_man(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Rickshaw man: a doji in the middle of its range, with shadows on both sides.

    100 where it is one, else 0; it says nothing about the direction by itself.

    Formula: body <= a tenth of the mean range of the 10 candles before, both shadows > body, and the body
        comes within a fifth of the mean range of the 5 candles before of the middle of high and low
    Convention: as TA-Lib's CDLRICKSHAWMAN
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges, five = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    reach = high - low
    if missing > 0:
        return (missing - 1, gathered(ranges, missing, 10, reach), gathered(five, missing, 5, reach)), nan
    size, middle, away = body(open_, close), low + reach / 2.0, near(five)
    found = (
        (size <= tenth(ranges))
        & (lower(open_, low, close) > size)
        & (upper(open_, high, close) > size)
        & (bottom(open_, close) <= middle + away)
        & (top(open_, close) >= middle - away)
    )
    ranges = rolled(ranges, reach, highs[i - 10] - lows[i - 10])
    five = rolled(five, reach, highs[i - 5] - lows[i - 5])
    return (0, ranges, five), 100.0 if found else 0.0


@pattern("cdltakuri", lookback=10, sums=1, rule=None)
def takuri(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Takuri: a dragonfly doji whose lower shadow is very long beside its body.

    100 where it is one, else 0. At the end of a decline it is read as a turn upward.

    Formula: body <= small, upper shadow < small, lower shadow > 2 * body, where small is a tenth of the
        mean range of the 10 candles before
    Convention: as TA-Lib's CDLTAKURI
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    if missing > 0:
        return (missing - 1, gathered(ranges, missing, 10, high - low)), nan
    small, size = tenth(ranges), body(open_, close)
    found = (size <= small) & (upper(open_, high, close) < small) & (lower(open_, low, close) > 2.0 * size)
    return (0, rolled(ranges, high - low, highs[i - 10] - lows[i - 10])), 100.0 if found else 0.0


@pattern("cdldojistar", lookback=11, sums=2)
def doji_star(
    state: Two, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Two, float]:
    """Doji star: a doji that gaps away from a long body; the move may be running out.

    100 after a black candle, -100 after a white one, else 0.

    Formula: the first body > the mean body of the 10 before it; the second <= a tenth of the mean range of
        the 10 before it, and above the body of a white first candle or below that of a black one
    Convention: as TA-Lib's CDLDOJISTAR
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, bodies, ranges = state
    open_, close, open1, close1 = opens[i], closes[i], opens[i - 1], closes[i - 1]
    size1, reach = body(open1, close1), highs[i] - lows[i]
    if missing > 0:
        return (missing - 1, gathered(bodies, missing, 10, size1), gathered(ranges, missing, 10, reach)), nan
    found = 0.0
    if size1 > mean(bodies) and body(open_, close) <= tenth(ranges):
        rising = close1 >= open1
        if rising and gaps_up(open_, close, open1, close1):
            found = -100.0
        elif not rising and gaps_down(open_, close, open1, close1):
            found = 100.0
    bodies = rolled(bodies, size1, body(opens[i - 11], closes[i - 11]))
    ranges = rolled(ranges, reach, highs[i - 10] - lows[i - 10])
    return (0, bodies, ranges), found


@pattern("cdltristar", lookback=12, sums=1)
def tristar(
    state: One, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[One, float]:
    """Tristar: three dojis, the middle one beyond the others; a rare turn.

    100 where the middle one is the lowest, -100 where it is the highest, else 0.

    Formula: three bodies <= a tenth of the mean range of the 10 candles before the first; the second body
        gaps away from the first, and the third does not go as far
    Convention: as TA-Lib's CDLTRISTAR
    Source: S. Nison, "Japanese Candlestick Charting Techniques", 1991
    """
    missing, ranges = state
    reach2, leaving = highs[i - 2] - lows[i - 2], highs[i - 12] - lows[i - 12]
    open_, open1, open2 = opens[i], opens[i - 1], opens[i - 2]
    close, close1, close2 = closes[i], closes[i - 1], closes[i - 2]
    if missing > 0:
        return (missing - 1, gathered(ranges, missing, 10, reach2)), nan
    small, found = tenth(ranges), 0.0
    if (body(open_, close) <= small) & (body(open1, close1) <= small) & (body(open2, close2) <= small):
        if gaps_up(open1, close1, open2, close2) and top(open_, close) < top(open1, close1):
            found = -100.0
        elif gaps_down(open1, close1, open2, close2) and bottom(open_, close) > bottom(open1, close1):
            found = 100.0
    return (0, rolled(ranges, reach2, leaving)), found
