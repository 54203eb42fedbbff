"""Pivot points: levels for a day, week or month out of the one before it."""

from __future__ import annotations

from typing import Final, TypeAlias

from thebot.indicators.expression import Expression, close, high, low, nan, open_
from thebot.indicators.indicator import Column, Indicator, combination, indicator
from thebot.indicators.usual import price_crosses
from thebot.indicators.windows import bottom_of, top_of

Levels: TypeAlias = tuple[float, float, float, float, float, float, float, float, float]

KINDS: Final = ("standard", "fibonacci", "camarilla", "demark", "woodie")
LEVELS: Final = ("pivot", "r1", "r2", "r3", "r4", "s1", "s2", "s3", "s4")
STANDARD, FIBONACCI, CAMARILLA, DEMARK, WOODIE = range(len(KINDS))
ANCHORS: Final = {"day": "1d", "week": "1w", "month": "1M"}


@indicator(
    inputs=(open_, high, low, close), start=(0,), group="structure", outputs=LEVELS, overlay=True,
    unit="input", memory=0, words={"kind": KINDS}, label="Pivot levels", sparse=True,
)  # fmt: skip
def pivot_levels(
    state: tuple[int], open: Column, high: Column, low: Column, close: Column, i: int, kind: int = 0
) -> tuple[tuple[int], Levels]:
    """Pivot levels: what a candle says of where the next may turn.

    `pivot` in the middle, `r1` to `r4` (resistance) above and `s1` to `s4` (support) below; nan where the
    kind has none. `pivots` reads it on days, weeks and months.
    Formula: with range = high - low.
    standard: pivot = (high + low + close) / 3, r1 = 2 pivot - low, r2 = pivot + range, r3 = r1 + range.
    fibonacci: the same pivot; r1, r2, r3 = pivot + 0.382, 0.618, 1 range.
    camarilla: the same pivot; r1 to r4 = close + 1.1 range / 12, / 6, / 4, / 2.
    demark: x = high + 2 low + close after a fall from open to close, 2 high + low + close after a rise,
    high + low + 2 close if equal; pivot = x / 4, r1 = x / 2 - low, s1 = x / 2 - high, no others.
    woodie: pivot = (high + low + 2 close) / 4, the rest as standard.
    Each s mirrors its r
    Convention: standard as Stock.Indicators and, up to the third level, TradingView's Traditional. For the
    Camarilla's pivot, Stock.Indicators gives the close. Woodie weighs the close here, elsewhere also the
    next candle's open: the close is known at once, and a market that never closes opens where it closed
    Source: common knowledge; T. DeMark, "The New Science of Technical Analysis", 1994; N. Stott's Camarilla
    equation, 1989; K. Wood
    """
    return state, levels_of(open[i], high[i], low[i], close[i], kind)


def levels_of(opened: float, top: float, bottom: float, closed: float, kind: int) -> Levels:
    """Pivot and levels of a kind, see `pivot_levels`. Choices of numbers: branches would be much slower."""
    width = top - bottom
    plain = top + bottom + closed
    weighed = bottom if closed < opened else top if closed > opened else closed  # by DeMark
    pivot = (plain + weighed) / 4.0 if kind == DEMARK else plain / 3.0
    pivot = (top + bottom + 2.0 * closed) / 4.0 if kind == WOODIE else pivot
    # in equal steps up and down: Fibonacci's from the pivot, the Camarilla's from the close
    stepped = (kind == FIBONACCI) | (kind == CAMARILLA)
    camarilla = kind == CAMARILLA
    base, part = closed if camarilla else pivot, 1.1 * width
    one = part / 12.0 if camarilla else 0.382 * width
    two = part / 6.0 if camarilla else 0.618 * width
    three = part / 4.0 if camarilla else width
    four = part / 2.0 if camarilla else nan
    # mirrored at the pivot, then by the range: all others, DeMark's the first only
    above, below = 2.0 * pivot - bottom, 2.0 * pivot - top
    more = nan if kind == DEMARK else width
    return (
        pivot,
        base + one if stepped else above,
        base + two if stepped else pivot + more,
        base + three if stepped else above + more,
        base + four,
        base - one if stepped else below,
        base - two if stepped else pivot - more,
        base - three if stepped else below - more,
        base - four,
    )


@combination(
    inputs=(open_, high, low, close), group="structure", outputs=LEVELS, overlay=True, unit="input",
    words={"kind": KINDS, "anchor": tuple(ANCHORS)}, label="Pivots", sparse=True,
    aliases=("pivot_points", "pivot"), rule=price_crosses,
)  # fmt: skip
def pivots(
    open: Expression, high: Expression, low: Expression, close: Expression, kind: int = 0, anchor: int = 0
) -> tuple[Expression, ...]:
    """Pivot points: the levels that floor traders drew for the day out of the day before.

    Of the newest day (or week, or month: `anchor`) that has closed: they change at the close of its last
    candle and hold until the next has closed. Days begin at 00:00 UTC, weeks on Monday. nan where the kind
    has no such level, and before the first whole day is known.
    Formula: pivot_levels(open, high, low, close) of the last closed day, week or month
    Convention: as `pivot_levels`, which has each kind's formulas
    Source: common knowledge; see `pivot_levels`
    """
    frame = tuple(ANCHORS.values())[anchor]
    made: Indicator = pivot_levels(open.at(frame), high.at(frame), low.at(frame), close.at(frame), kind)
    return made.outputs


@indicator(
    inputs=(open_, high, low, close), start=(0, 0.0, 0.0), group="structure", outputs=LEVELS, overlay=True,
    unit="input", lookback=lambda period, kind: period, memory=lambda period, kind: period - 1,
    words={"kind": KINDS}, label="Rolling pivots", sparse=True, rule=price_crosses,
)  # fmt: skip
def rolling_pivots(
    state: tuple[int, float, float],
    open: Column, high: Column, low: Column, close: Column, i: int, period: int = 20, kind: int = 0,
) -> tuple[tuple[int, float, float], Levels]:  # fmt: skip
    """Rolling pivot points: the levels of the last `period` candles taken as one.

    They move with each candle instead of once a day. nan where the kind has no such level.
    Formula: pivot_levels of the first open, highest high, lowest low and last close of `period` candles
    Convention: the newest candle belongs to them; Stock.Indicators leaves it out, which is .shift(1) here
    Source: D. Skender, Stock.Indicators, "Rolling Pivot Points"
    """
    seen, top, bottom = state
    seen += 1
    top = top_of(top, high, i, seen, period)
    bottom = bottom_of(bottom, low, i, seen, period)
    last = close[i] if seen >= period else nan
    return (seen, top, bottom), levels_of(open[i - period + 1], top, bottom, last, kind)
