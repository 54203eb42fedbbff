"""The structure of the market breaking: BOS and CHoCH, and the order blocks from which it broke."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from thebot.indicators.expression import (
    Expression,
    close,
    crosses_above,
    crosses_below,
    high,
    low,
    nan,
    open_,
)
from thebot.indicators.indicator import Column, Indicator, indicator
from thebot.indicators.structure.turning import averaged, turned
from thebot.indicators.windows import reach_of

# near and far edge, each times the sign of its side; candles since it stood; status
Block: TypeAlias = tuple[float, float, float, float]
StructureState: TypeAlias = tuple[int, float, float, float, float]

_NONE: Final = (0.0, 0.0, 0.0, 0.0)  # status 0: no block


def _turns(line: Indicator) -> tuple[Expression, Expression]:
    return crosses_above(line.trend, 0), crosses_below(line.trend, 0)


@indicator(
    inputs=(high, low, close), start=(0, nan, nan, 0.0, nan), group="structure",
    outputs=("trend", "bos", "choch", "level"), overlay=True, unit=("number", "number", "number", "input"),
    lookback=lambda left, right: left + right, label="Market structure", sparse=True,
    aliases=("smc", "bos", "choch", "bos_choch"), rule=_turns,
)  # fmt: skip
def market_structure(
    state: StructureState, high: Column, low: Column, close: Column, i: int, left: int = 5, right: int = 5
) -> tuple[StructureState, tuple[float, float, float, float]]:
    """Market structure: whether swings are broken with the trend (BOS) or against it (CHoCH).

    A close above the last swing high breaks it upward, one below the last swing low downward; each swing
    is broken once at most. `trend` is the direction of the last break (1, -1; 0 before the first). At the
    candle of a break `bos` (break of structure) is 1 or -1 if it goes with the trend or is the first of all,
    else `choch` (change of character) is; both are 0 at all others. `level` is the price of the swing that
    was broken last, nan before the first.
    Formula: up = close > last swing high that is not broken yet; down = close < last swing low likewise;
    choch = a break whose direction is not that of the trend before it
    Convention: swings as in `swings`, known `right` candles after they stood; the close counts, not the
    high or low
    Source: M. Huddleston (The Inner Circle Trader); R. Wyckoff's change of character
    """
    seen, top, bottom, trend, level = state
    seen += 1
    top = high[i - right] if turned(high, 1.0, seen, i, left, right) else top
    bottom = low[i - right] if turned(low, -1.0, seen, i, left, right) else bottom
    broke = (1.0 if close[i] > top else 0.0) - (1.0 if close[i] < bottom else 0.0)
    against = broke * trend < 0.0
    level = top if broke > 0.0 else bottom if broke < 0.0 else level
    top, bottom = nan if broke > 0.0 else top, nan if broke < 0.0 else bottom
    trend = broke if broke != 0.0 else trend
    known = seen > left + right
    return (seen, top, bottom, trend, level), (
        trend if known else nan,
        (0.0 if against else broke) if known else nan,
        (broke if against else 0.0) if known else nan,
        level,
    )


@indicator(
    inputs=(open_, high, low, close), start=(0, 0.0, 0.0, nan, nan, *_NONE, *_NONE), group="structure",
    outputs=(
        "bullish_top", "bullish_bottom", "bullish_status", "bullish_ago",
        "bearish_top", "bearish_bottom", "bearish_status", "bearish_ago",
    ),
    overlay=True, unit=("input", "input", "number", "number") * 2,
    lookback=lambda left, right, search, displacement, period: max(left + right, search),
    label="Order blocks", sparse=True, aliases=("order_block", "ob"),
)  # fmt: skip
def order_blocks(
    state: Any,  # noqa: ANN401  (13 numbers)
    open: Column, high: Column, low: Column, close: Column, i: int,
    left: int = 5, right: int = 5, search: int = 10, displacement: float = 1.5, period: int = 14,
) -> tuple[Any, tuple[float, float, float, float, float, float, float, float]]:  # fmt: skip
    """Order blocks: the last candle against a move that broke the structure, to which the price may return.

    Of each side the newest is shown, from its low (bottom) to its high (top), its status and how many
    candles ago it stood. Status: 1 not touched since it is known; 2 tested, the price has been inside;
    3 broken, a candle has closed beyond it: shown at that candle, then it is gone. nan where there is none.
    Formula: bullish: the close breaks the last swing high; of the `search` candles before, the newest that
    closed below its open is the block, if close - its close >= displacement * ATR(period). It is tested by a
    low at or below its top, broken by a close below its bottom. Bearish mirrors it: swing low, close above
    the open, its close - close; high at or above its bottom, close above its top
    Convention: swings as in `swings`, each broken once at most, by a close (as `market_structure`); known at
    the close that breaks; a new block takes the place of the one before; ATR as Wilder's (the plain mean of
    what there is until there are `period`)
    Source: M. Huddleston (The Inner Circle Trader)
    """
    seen, before, average, top, bottom = state[0], state[1], state[2], state[3], state[4]
    seen += 1
    now = close[i]
    average = averaged(average, reach_of(high[i], low[i], before), seen, period)
    top = high[i - right] if turned(high, 1.0, seen, i, left, right) else top
    bottom = low[i - right] if turned(low, -1.0, seen, i, left, right) else bottom
    far_enough = displacement * average
    bullish = followed(state[5:9], low[i], now)
    bearish = followed(state[9:13], -high[i], -now)
    if now > top:
        top, back = nan, against(open, close, 1.0, seen, i, search, far_enough)
        bullish = (high[i - back], low[i - back], float(back), 1.0) if back > 0 else bullish
    if now < bottom:
        bottom, back = nan, against(open, close, -1.0, seen, i, search, far_enough)
        bearish = (-low[i - back], -high[i - back], float(back), 1.0) if back > 0 else bearish
    below, above = bullish[3] > 0.0, bearish[3] > 0.0
    return (seen, now, average, top, bottom, *bullish, *bearish), (
        bullish[0] if below else nan,
        bullish[1] if below else nan,
        bullish[3] if below else nan,
        bullish[2] if below else nan,
        -bearish[1] if above else nan,
        -bearish[0] if above else nan,
        bearish[3] if above else nan,
        bearish[2] if above else nan,
    )


def against(
    open: Column, close: Column, sign: float, seen: int, i: int, search: int, far_enough: float
) -> int:
    """How many candles ago the newest against a move of `sign` stood; 0: none, or not far enough away."""
    for back in range(1, (search if search < seen else seen - 1) + 1):
        if sign * close[i - back] < sign * open[i - back]:
            return back if sign * (close[i] - close[i - back]) >= far_enough else 0
    return 0


def followed(block: Block, reach: float, closed: float) -> Block:
    """The block a candle later, which came down to `reach` and closed at `closed`; a broken one is gone."""
    near, far, ago, status = block
    if status == 0.0 or status > 2.0:
        return _NONE
    return near, far, ago + 1.0, 3.0 if closed < far else 2.0 if reach <= near else status
