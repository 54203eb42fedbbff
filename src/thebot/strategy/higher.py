"""The higher timeframe that a strategy looks up to, without naming it.

`on_higher(close > ema(50))` is read on candles of 4h if the strategy runs on 1h, of 1h if on 15m. Which
one follows from a table: about five times as long, the factor of Alexander Elder's triple screen
(Trading for a Living, 1993), and always a timeframe that the shorter candles add up to.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from thebot.errors import BadSetting
from thebot.indicators.expression import At, Expression, Unit, complement, expression_of
from thebot.market import Timeframe

HIGHER: Final = {
    Timeframe(name): Timeframe(higher)
    for name, higher in {
        "1m": "5m", "3m": "15m", "5m": "30m", "15m": "1h", "30m": "2h", "1h": "4h", "2h": "8h",
        "4h": "1d", "6h": "1d", "8h": "1d", "12h": "3d", "1d": "1w",
    }.items()
}  # fmt: skip


T = TypeVar("T")


def higher_of(timeframe: Timeframe | str) -> Timeframe:
    """The timeframe that a strategy on `timeframe` looks up to. Raises BadSetting where there is none."""
    timeframe = Timeframe(timeframe)
    if timeframe not in HIGHER:
        raise BadSetting(
            f"There is no higher timeframe to look up to from {timeframe}. "
            f"Choose one of {', '.join(map(str, HIGHER))}."
        )
    return HIGHER[timeframe]


def on_higher(expression: Expression) -> Expression:
    """The same, read on closed candles of the higher timeframe of wherever the strategy runs."""
    return OnHigher(expression_of(expression))


@dataclass(frozen=True, eq=False, repr=False)
class OnHigher(Expression):
    """The operand on the higher timeframe; `resolved` puts that in before anything is computed."""

    operand: Expression

    @property
    def is_condition(self) -> bool:
        return self.operand.is_condition

    @property
    def complement(self) -> Expression:
        """Where the operand is known not to hold."""
        return OnHigher(complement(self.operand))

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    @property
    def unit(self) -> Unit:
        return self.operand.unit

    @property
    def label(self) -> str:
        return f"({self.operand.label}) on the higher timeframe"

    def __repr__(self) -> str:
        return f"on_higher({self.operand!r})"


@functools.cache
def _fields_of(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def resolved(expression: Expression, timeframe: Timeframe) -> Expression:
    """`expression` with the higher timeframe of `timeframe` put in wherever it is looked up to.

    Raises BadSetting where there is none.
    """
    if isinstance(expression, OnHigher):
        return At(resolved(expression.operand, timeframe), higher_of(timeframe))

    def inside(value: Any) -> Any:  # noqa: ANN401  (a field of any expression)
        if isinstance(value, Expression):
            return resolved(value, timeframe)
        return tuple(map(inside, value)) if isinstance(value, tuple) else value

    before = tuple(getattr(expression, name) for name in _fields_of(type(expression)))  # type: ignore[arg-type]  # a class is hashable, whatever its values are
    after = tuple(map(inside, before))
    return expression if after == before else type(expression)(*after)


def resolved_in(value: T, timeframe: Timeframe) -> T:
    """A frozen value (sizing, exits, an order) with the higher timeframe put into the expressions in it."""
    if isinstance(value, Expression):
        return resolved(value, timeframe)  # type: ignore[return-value]  # of the same kind
    if not is_dataclass(value) or isinstance(value, type):
        return value
    after = {name: resolved_in(getattr(value, name), timeframe) for name in _fields_of(type(value))}
    changed = {name: new for name, new in after.items() if new is not getattr(value, name)}
    return replace(value, **changed) if changed else value
