"""Fair value gaps: where the price ran so fast that two candles on either side of a third do not meet."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from thebot.indicators.expression import close, high, low, nan
from thebot.indicators.indicator import Column, indicator

# edges nearer to and further from the price that left it, each times the sign of its side; candles since
# it appeared; status
Gap: TypeAlias = tuple[float, float, float, float]

_NONE: Final = (0.0, 0.0, 0.0, 0.0)  # status 0: no gap


@indicator(
    inputs=(high, low, close), start=(0, *_NONE, *_NONE, *_NONE, *_NONE, *_NONE, *_NONE), group="structure",
    outputs=(
        "bullish_top", "bullish_bottom", "bullish_status", "bullish_ago",
        "bearish_top", "bearish_bottom", "bearish_status", "bearish_ago",
    ),
    overlay=True, unit=("input", "input", "number", "number") * 2, lookback=2,
    memory=lambda expiry, size: expiry + 3, label="Fair value gaps", sparse=True,
    aliases=("fvg", "fair_value_gap"),
)  # fmt: skip
def fair_value_gaps(
    state: Any,  # noqa: ANN401  (25 numbers)
    high: Column, low: Column, close: Column, i: int, expiry: int = 100, size: float = 0.0,
) -> tuple[Any, tuple[float, float, float, float, float, float, float, float]]:  # fmt: skip
    """Fair value gaps: prices that one candle ran through alone, to which the market often comes back.

    Of each side the three newest are kept and the newest of them shown: its edges, its status and how many
    candles ago it appeared. Status: 1 nothing has touched it; 2 partly filled, the price has been inside;
    3 filled, the price has gone through all of it; 4 expired, `expiry` candles after it appeared. Filled and
    expired ones are shown at the candle at which that happens, then they are gone and the one before is
    shown. nan where there is none.
    Formula: bullish: low > high[2 ago]: from high[2 ago] (bottom) to low (top); partly filled by a low below
    the top, filled by a low at or below the bottom. Bearish: high < low[2 ago]: from high (bottom) to
    low[2 ago] (top); partly filled by a high above the bottom, filled by a high at or above the top
    Convention: known at the close of the third candle, which does not touch its own gap; gaps of less than
    `size` percent of that close are passed over; the edges stay when it is partly filled; a fourth gap on
    one side pushes the oldest out
    Source: M. Huddleston (The Inner Circle Trader)
    """
    seen, now = state[0] + 1, close[i]
    seen = seen if seen < 3 else 3
    least = size * now if size > 0.0 else 0.0
    up, down = high[i], low[i]
    rose = seen > 2 and down > high[i - 2] and (down - high[i - 2]) * 100.0 >= least
    fell = seen > 2 and up < low[i - 2] and (low[i - 2] - up) * 100.0 >= least
    a, b, c = kept(state[1:5], state[5:9], state[9:13], down, expiry)
    if rose:
        a, b, c = (down, high[i - 2], 0.0, 1.0), a, b
    x, y, z = kept(state[13:17], state[17:21], state[21:25], -up, expiry)
    if fell:
        x, y, z = (-up, -low[i - 2], 0.0, 1.0), x, y
    bullish, bearish = a[3] > 0.0, x[3] > 0.0
    return (seen, *a, *b, *c, *x, *y, *z), (
        a[0] if bullish else nan,
        a[1] if bullish else nan,
        a[3] if bullish else nan,
        a[2] if bullish else nan,
        -x[1] if bearish else nan,
        -x[0] if bearish else nan,
        x[3] if bearish else nan,
        x[2] if bearish else nan,
    )


def kept(newest: Gap, middle: Gap, oldest: Gap, reach: float, expiry: int) -> tuple[Gap, Gap, Gap]:
    """The gaps a candle later, those left out that were filled or expired before it."""
    if oldest[3] > 2.0:
        oldest = _NONE
    if middle[3] > 2.0:
        middle, oldest = oldest, _NONE
    if newest[3] > 2.0:
        newest, middle, oldest = middle, oldest, _NONE
    return aged(newest, reach, expiry), aged(middle, reach, expiry), aged(oldest, reach, expiry)


def aged(gap: Gap, reach: float, expiry: int) -> Gap:
    """The gap a candle later, into which the price came down to `reach`."""
    near, far, ago, status = gap
    if status == 0.0:
        return gap
    ago += 1.0
    status = 3.0 if reach <= far else 4.0 if ago >= expiry else 2.0 if reach < near else status
    return near, far, ago, status
