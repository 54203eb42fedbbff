"""Where the price and an oscillator disagree between two turning points."""

from __future__ import annotations

from typing import Final, TypeAlias

from thebot.indicators.expression import Expression, close, high, low, nan
from thebot.indicators.indicator import Column, Indicator, combination, indicator
from thebot.indicators.momentum.strength import rsi
from thebot.indicators.usual import BuySell

OUTPUTS: Final = ("bullish", "bearish", "hidden_bullish", "hidden_bearish", "ago", "earlier")
PIVOTS: Final = ("both", "price", "oscillator")
Pivots: TypeAlias = tuple[int, int, float, float, int, float, float]


def _agrees(found: Indicator) -> BuySell:
    """Bought at a regular bullish divergence, sold at a regular bearish one."""
    bullish, bearish, *_ = found.outputs
    return bullish > 0, bearish > 0


@indicator(
    inputs=(high, low, rsi()), start=(0, 0, 0.0, 0.0, 0, 0.0, 0.0), group="momentum", outputs=OUTPUTS,
    sparse=True, lookback=lambda left, right, least, most, pivots: left + right,
    memory=lambda left, right, least, most, pivots: left + right + most + 1,
    words={"pivots": PIVOTS}, aliases=("divergences",), label="Divergence", rule=_agrees,
)  # fmt: skip
def divergence(
    state: Pivots,
    high: Column, low: Column, oscillator: Column, i: int,
    left: int = 5, right: int = 5, least: int = 5, most: int = 60, pivots: int = 0,
) -> tuple[Pivots, tuple[float, float, float, float, float, float]]:  # fmt: skip
    """Divergence: two turning points at which the price and an oscillator move apart.

    Each of the four is 1 at the candle at which the later turning point is known, `right` candles after it,
    else 0; nothing is changed afterwards. There `ago` tells how many candles ago the later turning point
    stands and `earlier` how many the earlier one; elsewhere these two are nan.
    For any oscillator: divergence(high, low, macd().hist).

    Formula: bullish: a lower low in the price with a higher low in the oscillator; bearish: a higher high
        with a lower high; hidden bullish: a higher low with a lower low; hidden bearish: a lower high with a
        higher high; each between neighbouring turning points `least` to `most` candles apart
    Convention: a turning point is beyond the `left` candles before it and not beneath any of the `right`
        after it; `pivots` says in what: in the price and the oscillator ("both"), or in one of them. The
        other is then read at the same candle, as TradingView does with "oscillator"
    Source: common knowledge; A. Cardwell on hidden divergences
    """
    seen, low_age, low_price, low_value, high_age, high_price, high_value = state
    seen += 1
    if seen <= left + right:
        return (seen, 0, 0.0, 0.0, 0, 0.0, 0.0), (nan, nan, nan, nan, nan, nan)
    bullish, hidden_bullish, bearish, hidden_bearish, ago, earlier = 0.0, 0.0, 0.0, 0.0, nan, nan
    value = oscillator[i - right]
    # how many candles the last turning point stands before the one in question and 1; 0 where it is too far
    high_age = high_age + 1 if 0 < high_age <= most else 0
    if (pivots == 2 or _is_top(high, i, left, right)) and (
        pivots == 1 or _is_top(oscillator, i, left, right)
    ):
        price = high[i - right]
        near = high_age > least
        bearish = 1.0 if near and price > high_price and value < high_value else 0.0
        hidden_bearish = 1.0 if near and price < high_price and value > high_value else 0.0
        earlier = float(right + high_age - 1) if bearish + hidden_bearish > 0.0 else nan
        high_age, high_price, high_value = 1, price, value
    low_age = low_age + 1 if 0 < low_age <= most else 0
    if (pivots == 2 or _is_bottom(low, i, left, right)) and (
        pivots == 1 or _is_bottom(oscillator, i, left, right)
    ):
        price = low[i - right]
        near = low_age > least
        bullish = 1.0 if near and price < low_price and value > low_value else 0.0
        hidden_bullish = 1.0 if near and price > low_price and value < low_value else 0.0
        earlier = float(right + low_age - 1) if bullish + hidden_bullish > 0.0 else earlier
        low_age, low_price, low_value = 1, price, value
    ago = float(right) if earlier == earlier else nan
    return (
        (seen, low_age, low_price, low_value, high_age, high_price, high_value),
        (bullish, bearish, hidden_bullish, hidden_bearish, ago, earlier),
    )


def _is_top(column: Column, i: int, left: int, right: int) -> bool:
    """Whether the value `right` rows ago is above the `left` before it and no lower than those after it."""
    value = column[i - right]
    for back in range(left + right + 1):
        if column[i - back] > value or (back > right and column[i - back] == value):
            return False
    return True


def _is_bottom(column: Column, i: int, left: int, right: int) -> bool:
    """Whether the value `right` rows ago is below the `left` before it and no higher than those after it."""
    value = column[i - right]
    for back in range(left + right + 1):
        if column[i - back] < value or (back > right and column[i - back] == value):
            return False
    return True


@combination(
    inputs=(high, low, close), group="momentum", outputs=OUTPUTS, sparse=True, words={"pivots": PIVOTS},
    label="RSI divergence", aliases=("rsi_div",), rule=_agrees,
)  # fmt: skip
def rsi_divergence(
    high: Expression, low: Expression, close: Expression,
    period: int = 14, left: int = 5, right: int = 5, least: int = 5, most: int = 60, pivots: int = 0,
) -> tuple[Expression, ...]:  # fmt: skip
    """RSI divergence: two turning points at which the price and its RSI move apart.

    A regular one (`bullish`, `bearish`) warns that a move is tiring, a hidden one that the trend goes on.
    Each is 1 at the candle at which the later turning point is known, `right` candles after it, else 0;
    nothing is changed afterwards. There `ago` tells how many candles ago the later turning point stands and
    `earlier` how many the earlier one; elsewhere these two are nan.

    Formula: divergence(high, low, RSI(close, period)): bullish is a lower low in the price with a higher low
        in the RSI, bearish a higher high with a lower high; hidden bullish is a higher low with a lower low,
        hidden bearish a lower high with a higher high
    Convention: turning points are in price and RSI alike unless `pivots` says otherwise; see `divergence`
    Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978; A. Cardwell on hidden ones
    """
    index = rsi(close, period)
    return divergence(high, low, index, left, right, least, most, pivots).outputs
