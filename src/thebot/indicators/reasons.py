"""Why a condition holds, in words and figures: "RSI(14) 28.3 crossed above 30"."""

from __future__ import annotations

import math
from collections.abc import Mapping

from thebot.indicators.expression import (
    At,
    Combination,
    Comparison,
    Constant,
    Crossing,
    Expression,
    Shift,
)
from thebot.market import Timeframe


def reasons(condition: Expression, readings: Mapping[Expression, float], digits: int) -> tuple[str, ...]:
    """What makes `condition` hold at a candle, each part with the figures; nothing if it does not hold.

    `readings` are a panel's values at that candle, with `condition` in it. Of alternatives only those
    that hold are told, and "did not cross" only if there is nothing else to say. `digits` are the
    decimals of a price of that symbol.
    """
    if not condition.is_condition or not readings[condition]:
        return ()
    held = dict.fromkeys(holding(condition, readings))
    telling = [each for each in held if not _silent(each)] or list(held)
    return tuple(_text(each, readings, digits) for each in telling)


def holding(condition: Expression, readings: Mapping[Expression, float]) -> tuple[Expression, ...]:
    """The comparisons and crossings in `condition` that hold and matter, in the order they are said.

    What is read on a longer timeframe comes with `.at(...)` around it.
    """
    return tuple(part for part in _parts(condition, readings, ()) if readings[part] and readings[condition])


def _parts(
    condition: Expression, readings: Mapping[Expression, float], timeframes: tuple[Timeframe, ...]
) -> tuple[Expression, ...]:
    """`timeframes` are those that it is read on, the innermost first."""
    if isinstance(condition, At):
        return _parts(condition.operand, readings, (condition.timeframe, *timeframes))
    if not isinstance(condition, Combination):
        return (_at(condition, timeframes),)
    sides = [side for side in condition.operands if readings[_at(side, timeframes)]]
    return tuple(part for side in sides for part in _parts(side, readings, timeframes))


def _at(expression: Expression, timeframes: tuple[Timeframe, ...]) -> Expression:
    for timeframe in timeframes:
        expression = expression.at(timeframe)
    return expression


def _silent(condition: Expression) -> bool:
    while isinstance(condition, At):
        condition = condition.operand
    return isinstance(condition, Crossing) and not condition.happened


def _text(condition: Expression, readings: Mapping[Expression, float], digits: int) -> str:
    timeframes: tuple[Timeframe, ...] = ()
    while isinstance(condition, At):
        timeframes = (condition.timeframe, *timeframes)
        condition = condition.operand
    if isinstance(condition, Comparison):
        left, right = (_at(side, timeframes) for side in condition.operands)
        return _compared(left, right, condition.sign, readings, digits)
    if isinstance(condition, Crossing):
        left, right = (_at(side, timeframes) for side in condition.operands)
        verb = f"{'crossed' if condition.happened else 'did not cross'} {condition.direction}"
        return f"{_value(left, readings, digits)} {verb} {_value(right, readings, digits)}"
    if isinstance(condition, Shift):
        return _at(condition, timeframes).label
    return _value(_at(condition, timeframes), readings, digits)


def _compared(
    left: Expression, right: Expression, sign: str, readings: Mapping[Expression, float], digits: int
) -> str:
    """Both sides with as many decimals as it takes for the figures to show what is said of them."""
    a, b = readings[left], readings[right]
    text = ""
    for more in range(9):
        shown = [figure(value, side.unit, digits, more) for value, side in ((a, left), (b, right))]
        shown = [
            side.label if isinstance(side, Constant) else value
            for side, value in zip((left, right), shown, strict=True)
        ]
        text = f"{_named(left, shown[0])} {sign} {_named(right, shown[1])}"
        if a == b or float(shown[0].replace(",", "")) != float(shown[1].replace(",", "")):
            break
    return text


def _value(side: Expression, readings: Mapping[Expression, float], digits: int) -> str:
    return (
        side.label if isinstance(side, Constant) else _named(side, figure(readings[side], side.unit, digits))
    )


def _named(side: Expression, shown: str) -> str:
    return shown if isinstance(side, Constant) else f"{side.label} {shown}"


def figure(value: float, unit: str, digits: int, more: int = 0) -> str:
    """`value` as people read it: prices with `digits` decimals, indexes with one, others with 4 figures.

    `more` adds decimals. A small difference of prices is shown with three figures at least.

    >>> figure(64210.4, "price", 0), figure(28.31, "index", 0), figure(0.00123, "price", 2)
    ('64,210', '28.3', '0.00123')
    """
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if unit == "index":
        return f"{value:,.{1 + more}f}"
    if unit == "price" and (abs(value) >= 10.0 ** (2 - digits) or math.isclose(round(value, digits), value)):
        return f"{value:,.{digits + more}f}"
    if unit != "price" and abs(value) >= 1000:
        return f"{value:,.{more}f}"
    figures = (3 if unit == "price" else 4) + more
    text = f"{value:,.{figures}g}"
    return text if "e" not in text or abs(value) >= 1 else f"{value:.{figures + 12}f}".rstrip("0")
