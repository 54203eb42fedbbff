"""Two marubozus with a gap between them."""

from __future__ import annotations

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column
from thebot.indicators.patterns.anatomy import (
    Four,
    body,
    gathered,
    lower,
    mean,
    rolled,
    sign,
    tenth,
    upper,
)
from thebot.indicators.patterns.pattern import pattern


def _kicked(
    open1: float, high1: float, low1: float, close1: float,
    open_: float, high: float, low: float, close: float,
    long1: float, long: float, none1: float, none: float,
) -> bool:  # fmt: skip
    """Whether two marubozus have a gap between them, away from the first: longer than `long`, no shadows."""
    up = (low > high1) & (close1 < open1) & (close >= open_)
    down = (high < low1) & (close1 >= open1) & (close < open_)
    return (
        (up | down)
        and body(open1, close1) > long1
        and body(open_, close) > long
        and upper(open1, high1, close1) < none1
        and lower(open1, low1, close1) < none1
        and upper(open_, high, close) < none
        and lower(open_, low, close) < none
    )


@pattern("cdlkicking", lookback=11, sums=4)
def kicking(
    state: Four, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Four, float]:
    """Kicking: a marubozu of the other colour beyond a gap; the market was turned at once.

    100 where the second is white, -100 where it is black, else 0.

    Formula: two bodies > the mean body of the 10 before, their shadows < a tenth of the mean range of the
        10 before; black, then white with its low above the first high, or white, then black with its high
        below the first low
    Convention: as TA-Lib's CDLKICKING
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, ranges1, ranges, bodies1, bodies = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    open1, high1, low1, close1 = opens[i - 1], highs[i - 1], lows[i - 1], closes[i - 1]
    size, size1, reach, reach1 = body(open_, close), body(open1, close1), high - low, high1 - low1
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    leaving_reach, leaving_reach1 = highs[i - 10] - lows[i - 10], highs[i - 11] - lows[i - 11]
    if missing > 0:
        ranges1, ranges = gathered(ranges1, missing, 10, reach1), gathered(ranges, missing, 10, reach)
        bodies1, bodies = gathered(bodies1, missing, 10, size1), gathered(bodies, missing, 10, size)
        return (missing - 1, ranges1, ranges, bodies1, bodies), nan
    found = _kicked(
        open1, high1, low1, close1, open_, high, low, close,
        mean(bodies1), mean(bodies), tenth(ranges1), tenth(ranges),
    )  # fmt: skip
    ranges1, ranges = rolled(ranges1, reach1, leaving_reach1), rolled(ranges, reach, leaving_reach)
    bodies1, bodies = rolled(bodies1, size1, leaving1), rolled(bodies, size, leaving)
    return (0, ranges1, ranges, bodies1, bodies), sign(open_, close) if found else 0.0


@pattern("cdlkickingbylength", lookback=11, sums=4)
def kicking_by_length(
    state: Four, opens: Column, highs: Column, lows: Column, closes: Column, i: int
) -> tuple[Four, float]:
    """Kicking by length: a kicking, read by the longer of its two candles.

    100 where the longer one is white, -100 where it is black, else 0.

    Formula: two bodies > the mean body of the 10 before, their shadows < a tenth of the mean range of the
        10 before; black, then white with its low above the first high, or white, then black with its high
        below the first low
    Convention: as TA-Lib's CDLKICKINGBYLENGTH
    Source: G. Morris, "Candlestick Charting Explained", 1992
    """
    missing, ranges1, ranges, bodies1, bodies = state
    open_, high, low, close = opens[i], highs[i], lows[i], closes[i]
    open1, high1, low1, close1 = opens[i - 1], highs[i - 1], lows[i - 1], closes[i - 1]
    size, size1, reach, reach1 = body(open_, close), body(open1, close1), high - low, high1 - low1
    leaving, leaving1 = body(opens[i - 10], closes[i - 10]), body(opens[i - 11], closes[i - 11])
    leaving_reach, leaving_reach1 = highs[i - 10] - lows[i - 10], highs[i - 11] - lows[i - 11]
    if missing > 0:
        ranges1, ranges = gathered(ranges1, missing, 10, reach1), gathered(ranges, missing, 10, reach)
        bodies1, bodies = gathered(bodies1, missing, 10, size1), gathered(bodies, missing, 10, size)
        return (missing - 1, ranges1, ranges, bodies1, bodies), nan
    found = _kicked(
        open1, high1, low1, close1, open_, high, low, close,
        mean(bodies1), mean(bodies), tenth(ranges1), tenth(ranges),
    )  # fmt: skip
    longer = sign(open_, close) if size > size1 else sign(open1, close1)
    ranges1, ranges = rolled(ranges1, reach1, leaving_reach1), rolled(ranges, reach, leaving_reach)
    bodies1, bodies = rolled(bodies1, size1, leaving1), rolled(bodies, size, leaving)
    return (0, ranges1, ranges, bodies1, bodies), longer if found else 0.0
