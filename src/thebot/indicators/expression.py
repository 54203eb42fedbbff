"""Expressions: everything that can be computed from candles, as frozen values that read as they are said.

`rsi(14) < 30`, `(ema(50) > ema(200)).at("4h")`, `crosses_above(macd().line, macd().signal)`: each is a
value that can be compared, hashed, pickled and printed. Nothing is computed here; a `Panel` does that.

A *condition* (a comparison, a crossing, a combination of them) is 1.0 where it holds and 0.0 where it does
not or where something in it is not known yet; any other expression is nan where it is not known.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from thebot.errors import IndicatorError
from thebot.market import FloatArray, Timeframe

nan: Final = math.nan

Unit: TypeAlias = Literal["price", "volume", "amount", "index", "number", "time"]
"""What a value is counted in: quote currency for one unit of base; base currency; quote currency in all
(price times volume); 0 to 100; a bare number; ms since the epoch, UTC."""

# How tightly each form binds in Python, for the fewest brackets in `repr`.
_ATOM, _UNARY, _PRODUCT, _SUM, _AND, _OR, _COMPARED = 7, 6, 5, 4, 3, 2, 1


class Expression:
    """A causal reading of the market. Operators make new ones; see the module's text."""

    _key: tuple[Any, ...]
    _hash: int

    def __post_init__(self) -> None:
        key = tuple(getattr(self, name) for name in self.__match_args__)  # type: ignore[attr-defined]  # subclasses are dataclasses
        for operand in self.operands:
            expression_of(operand)  # refuses one with several values
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_hash", hash((type(self).__name__, key)))

    @property
    def operands(self) -> tuple[Expression, ...]:
        """The expressions that this one is directly made of."""
        return ()

    @property
    def is_condition(self) -> bool:
        """Whether its values are 1.0 (holds) and 0.0 (does not, or is not known)."""
        return False

    @property
    def binding(self) -> int:
        """How tightly its code text binds, for brackets."""
        return _ATOM

    @property
    def label(self) -> str:
        """The expression as people say it: `RSI(14)`, `EMA(200) on 4h`."""
        raise NotImplementedError

    @property
    def unit(self) -> Unit:
        return "number"

    @property
    def overlay(self) -> bool:
        """Whether it is drawn over the price (else in a pane of its own)."""
        return False

    @property
    def warmup(self) -> int:
        """How many candles pass before the first whose value is known.

        Counted in candles of the timeframe it is read on; what is read `at` a longer one counts there
        (`Panel.warmup` has both).
        """
        return max((operand.warmup for operand in self.operands), default=0)

    @property
    def memory(self) -> float:
        """After how many candles the start of the data moves the value by no more than 1e-9 of its size.

        Infinite for what never forgets (a sum since the beginning, a path that depends on itself).
        """
        return max((operand.memory for operand in self.operands), default=0)

    def at(self, timeframe: Timeframe | str) -> Expression:
        """The same, read on closed candles of a longer timeframe only."""
        timeframe = Timeframe(timeframe)
        return self if isinstance(self, Constant) else At(self, timeframe)

    def shift(self, candles: int) -> Expression:
        """The value so many candles ago (never ahead)."""
        return Shift(self, candles)

    def walk(self) -> Iterator[Expression]:
        """Every expression in this one, operands first, itself last; repeated ones repeatedly."""
        for operand in self.operands:
            yield from operand.walk()
        yield self

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Expression)
            and type(self) is type(other)
            and self._hash == other._hash
            and self._key == other._key
        )

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type[Expression], tuple[Any, ...]]:
        return type(self), self._key

    def __bool__(self) -> bool:
        raise IndicatorError(
            f"{self!r} has no truth of its own: it is a rule to be evaluated on candles. Combine conditions "
            "with & | ~ (not with `and`, `or`, `not`) and write 30 < x < 70 as (x > 30) & (x < 70)."
        )

    def __add__(self, other: Expression | float) -> Expression:
        return Arithmetic("+", self, expression_of(other))

    def __radd__(self, other: float) -> Expression:
        return Arithmetic("+", expression_of(other), self)

    def __sub__(self, other: Expression | float) -> Expression:
        return Arithmetic("-", self, expression_of(other))

    def __rsub__(self, other: float) -> Expression:
        return Arithmetic("-", expression_of(other), self)

    def __mul__(self, other: Expression | float) -> Expression:
        return Arithmetic("*", self, expression_of(other))

    def __rmul__(self, other: float) -> Expression:
        return Arithmetic("*", expression_of(other), self)

    def __truediv__(self, other: Expression | float) -> Expression:
        return Arithmetic("/", self, expression_of(other))

    def __rtruediv__(self, other: float) -> Expression:
        return Arithmetic("/", expression_of(other), self)

    def __neg__(self) -> Expression:
        return Negative(self)

    def __lt__(self, other: Expression | float) -> Expression:
        return Comparison("<", self, expression_of(other))

    def __le__(self, other: Expression | float) -> Expression:
        return Comparison("<=", self, expression_of(other))

    def __gt__(self, other: Expression | float) -> Expression:
        return Comparison(">", self, expression_of(other))

    def __ge__(self, other: Expression | float) -> Expression:
        return Comparison(">=", self, expression_of(other))

    def __and__(self, other: Expression) -> Expression:
        return Combination("&", self, other)

    def __or__(self, other: Expression) -> Expression:
        return Combination("|", self, other)

    def __invert__(self) -> Expression:
        return complement(self)

    def _inside(self, binding: int) -> str:
        """Code text of this one as part of something that binds so tightly."""
        return repr(self) if self.binding >= binding else f"({self!r})"


def expression_of(value: Expression | float) -> Expression:
    """`value` as an operand: an expression with one value, or a plain number as a constant."""
    if isinstance(value, Expression):
        names = getattr(value, "choices", ())
        if len(names) > 1:
            choices = ", ".join(f"{value!r}.{name}" for name in names)
            raise IndicatorError(f"{value!r} has several values: choose one of {choices}.")
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        return Constant(float(value))
    raise IndicatorError(f"{value!r} cannot be part of an expression: give an indicator or a number.")


def _condition(value: object) -> Expression:
    if isinstance(value, Expression) and value.is_condition:
        return value
    raise IndicatorError(
        f"{value!r} is not a condition, so & | ~ cannot combine it. Compare it with something first, "
        "in brackets: (rsi(14) < 30) & (close > ema(200))."
    )


@dataclass(frozen=True, eq=False, repr=False)
class Leaf(Expression):
    """A column of the candles themselves."""

    name: Literal["open", "high", "low", "close", "volume", "open_time"]

    @property
    def label(self) -> str:
        return self.name

    @property
    def unit(self) -> Unit:
        if self.name == "open_time":
            return "time"
        return "volume" if self.name == "volume" else "price"

    @property
    def overlay(self) -> bool:
        return self.unit == "price"

    def __repr__(self) -> str:
        return "open_" if self.name == "open" else self.name  # Python's own `open` opens files


open_: Final = Leaf("open")
high: Final = Leaf("high")
low: Final = Leaf("low")
close: Final = Leaf("close")
volume: Final = Leaf("volume")
open_time: Final = Leaf("open_time")  # ms UTC
LEAVES: Final = (open_, high, low, close, volume, open_time)


@dataclass(frozen=True, eq=False, repr=False)
class Constant(Expression):
    """A plain number."""

    value: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise IndicatorError(f"{self.value} cannot be part of an expression: give a finite number.")
        object.__setattr__(self, "value", self.value + 0.0)  # -0.0 becomes 0.0
        super().__post_init__()

    @property
    def binding(self) -> int:
        return _UNARY if self.value < 0 else _ATOM

    @property
    def label(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        whole = self.value.is_integer() and abs(self.value) < 1e15
        return repr(int(self.value)) if whole else repr(self.value)


class Elementwise(Expression):
    """A value made of its operands' values at the same candle alone."""

    def of_values(self) -> Callable[..., float]:
        """The function from the operands' values at one candle to this one's."""
        raise NotImplementedError

    def of_columns(self, *columns: FloatArray | float) -> FloatArray:
        """The same over columns, equal to the last bit."""
        raise NotImplementedError


def _quotient(left: float, right: float) -> float:
    return left / right if right != 0.0 else nan


def _quotients(left: FloatArray | float, right: FloatArray | float) -> FloatArray:
    with np.errstate(all="ignore"):
        return np.where(np.equal(right, 0.0), nan, np.divide(left, right))


_ARITHMETIC: Final[dict[str, tuple[Callable[[float, float], float], Callable[..., Any], int]]] = {
    "+": (operator.add, np.add, _SUM),
    "-": (operator.sub, np.subtract, _SUM),
    "*": (operator.mul, np.multiply, _PRODUCT),
    "/": (_quotient, _quotients, _PRODUCT),
}


@dataclass(frozen=True, eq=False, repr=False)
class Arithmetic(Elementwise):
    """Sum, difference, product or quotient. A division by zero is not known: nan."""

    sign: str
    left: Expression
    right: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
        return self.left, self.right

    @property
    def binding(self) -> int:
        return _ARITHMETIC[self.sign][2]

    @property
    def unit(self) -> Unit:
        left, right = self.left.unit, self.right.unit
        if self.sign in "+-":
            return left if right == "number" else right
        if self.sign == "*":
            return left if right == "number" else right if left == "number" else "number"
        return left if right == "number" else "number"

    @property
    def overlay(self) -> bool:
        return self.unit == "price" and (self.left.overlay or self.right.overlay) and self.sign != "-"

    @property
    def label(self) -> str:
        return f"{_bracketed(self.left)} {self.sign} {_bracketed(self.right)}"

    def of_values(self) -> Callable[..., float]:
        return _ARITHMETIC[self.sign][0]

    def of_columns(self, *columns: FloatArray | float) -> FloatArray:
        with np.errstate(all="ignore"):
            result: FloatArray = _ARITHMETIC[self.sign][1](*columns)
        return result

    def __repr__(self) -> str:
        own = self.binding
        return f"{self.left._inside(own)} {self.sign} {self.right._inside(own + 1)}"


@dataclass(frozen=True, eq=False, repr=False)
class Negative(Elementwise):
    """The operand with the other sign."""

    operand: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    @property
    def unit(self) -> Unit:
        return self.operand.unit

    @property
    def binding(self) -> int:
        return _UNARY

    @property
    def label(self) -> str:
        return f"-{_bracketed(self.operand)}"

    def of_values(self) -> Callable[..., float]:
        return operator.neg

    def of_columns(self, *columns: FloatArray | float) -> FloatArray:
        result: FloatArray = np.negative(columns[0])
        return result

    def __repr__(self) -> str:
        # a constant in brackets, or -(5) would be read back as the constant -5
        inner = f"({self.operand!r})" if isinstance(self.operand, Constant) else self.operand._inside(_UNARY)
        return f"-{inner}"


_COMPARISON: Final[dict[str, tuple[Callable[[Any, Any], bool], Callable[..., Any], str]]] = {
    "<": (operator.lt, np.less, ">="),
    "<=": (operator.le, np.less_equal, ">"),
    ">": (operator.gt, np.greater, "<="),
    ">=": (operator.ge, np.greater_equal, "<"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Elementwise):
    """Whether the left is below or above the right; does not hold while one of them is unknown."""

    sign: str
    left: Expression
    right: Expression

    @property
    def is_condition(self) -> bool:
        return True

    @property
    def operands(self) -> tuple[Expression, ...]:
        return self.left, self.right

    @property
    def binding(self) -> int:
        return _COMPARED

    @property
    def label(self) -> str:
        return f"{_bracketed(self.left)} {self.sign} {_bracketed(self.right)}"

    @property
    def complement(self) -> Comparison:
        return Comparison(_COMPARISON[self.sign][2], self.left, self.right)

    def of_values(self) -> Callable[..., float]:
        holds = _COMPARISON[self.sign][0]
        return lambda left, right: 1.0 if holds(left, right) else 0.0

    def of_columns(self, *columns: FloatArray | float) -> FloatArray:
        return np.asarray(_COMPARISON[self.sign][1](*columns), dtype=np.float64)

    def __repr__(self) -> str:
        return f"{self.left._inside(_OR)} {self.sign} {self.right._inside(_OR)}"


@dataclass(frozen=True, eq=False, repr=False)
class Combination(Elementwise):
    """Both conditions (`&`), or at least one of them (`|`)."""

    sign: str
    left: Expression
    right: Expression

    def __post_init__(self) -> None:
        _condition(self.left), _condition(self.right)
        super().__post_init__()

    @property
    def is_condition(self) -> bool:
        return True

    @property
    def operands(self) -> tuple[Expression, ...]:
        return self.left, self.right

    @property
    def binding(self) -> int:
        return _AND if self.sign == "&" else _OR

    @property
    def label(self) -> str:
        word = "and" if self.sign == "&" else "or"
        left, right = (
            f"({side.label})" if isinstance(side, Combination) and side.sign != self.sign else side.label
            for side in (self.left, self.right)
        )
        return f"{left} {word} {right}"

    def of_values(self) -> Callable[..., float]:
        if self.sign == "&":
            return lambda left, right: 1.0 if left and right else 0.0
        return lambda left, right: 1.0 if left or right else 0.0

    def of_columns(self, *columns: FloatArray | float) -> FloatArray:
        combined = np.logical_and if self.sign == "&" else np.logical_or
        return np.asarray(combined(columns[0], columns[1]), dtype=np.float64)

    def __repr__(self) -> str:
        own = self.binding
        return f"{self.left._inside(own)} {self.sign} {self.right._inside(own + 1)}"


@dataclass(frozen=True, eq=False, repr=False)
class Crossing(Expression):
    """Whether the left crossed the right at this candle; `happened=False`: known not to have.

    Above: it is above now, and one candle before it was not.
    """

    direction: Literal["above", "below"]
    left: Expression
    right: Expression
    happened: bool = True

    @property
    def is_condition(self) -> bool:
        return True

    @property
    def operands(self) -> tuple[Expression, ...]:
        return self.left, self.right

    @property
    def binding(self) -> int:
        return _ATOM if self.happened else _UNARY

    @property
    def warmup(self) -> int:
        return super().warmup + 1

    @property
    def memory(self) -> float:
        return super().memory + 1

    @property
    def label(self) -> str:
        verb = "crosses" if self.happened else "does not cross"
        return f"{_bracketed(self.left)} {verb} {self.direction} {_bracketed(self.right)}"

    @property
    def complement(self) -> Crossing:
        return Crossing(self.direction, self.left, self.right, not self.happened)

    def __repr__(self) -> str:
        return f"{'' if self.happened else '~'}crosses_{self.direction}({self.left!r}, {self.right!r})"


@dataclass(frozen=True, eq=False, repr=False)
class Shift(Expression):
    """The operand's value so many candles ago."""

    operand: Expression
    candles: int

    def __post_init__(self) -> None:
        if isinstance(self.candles, bool) or not isinstance(self.candles, int) or self.candles < 1:
            raise IndicatorError(
                f"{self.operand!r} cannot be shifted by {self.candles!r}: give the number of candles to look "
                "back, 1 or more. What comes later cannot be known."
            )
        super().__post_init__()

    @property
    def is_condition(self) -> bool:
        return self.operand.is_condition

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    @property
    def unit(self) -> Unit:
        return self.operand.unit

    @property
    def overlay(self) -> bool:
        return self.operand.overlay

    @property
    def warmup(self) -> int:
        return self.operand.warmup + self.candles

    @property
    def memory(self) -> float:
        return self.operand.memory + self.candles

    @property
    def label(self) -> str:
        return f"{_bracketed(self.operand)} {self.candles} candle{'s' if self.candles > 1 else ''} ago"

    def __repr__(self) -> str:
        return f"{self.operand._inside(_ATOM)}.shift({self.candles})"


@dataclass(frozen=True, eq=False, repr=False)
class At(Expression):
    """The operand on a longer timeframe, as of the newest of its candles that has closed."""

    operand: Expression
    timeframe: Timeframe

    @property
    def is_condition(self) -> bool:
        return self.operand.is_condition

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    @property
    def unit(self) -> Unit:
        return self.operand.unit

    @property
    def overlay(self) -> bool:
        return self.operand.overlay

    @property
    def warmup(self) -> int:
        return 0

    @property
    def memory(self) -> float:
        return 0

    @property
    def label(self) -> str:
        return f"{_bracketed(self.operand)} on {self.timeframe}"

    def __repr__(self) -> str:
        return f"{self.operand._inside(_ATOM)}.at({self.timeframe.name!r})"


def crosses_above(left: Expression | float, right: Expression | float) -> Expression:
    """The candle at which `left` comes to be above `right`, having been at or below it one before."""
    return Crossing("above", expression_of(left), expression_of(right))


def crosses_below(left: Expression | float, right: Expression | float) -> Expression:
    """The candle at which `left` comes to be below `right`, having been at or above it one before."""
    return Crossing("below", expression_of(left), expression_of(right))


def complement(condition: Expression) -> Expression:
    """The condition that holds where this one is known not to hold.

    What is unknown is False in both, so that `~(rsi(14) < 30)` does not hold before RSI is known.
    """
    if isinstance(condition, Comparison | Crossing):
        return condition.complement
    if isinstance(condition, Combination):
        other = "|" if condition.sign == "&" else "&"
        return Combination(other, complement(condition.left), complement(condition.right))
    if isinstance(condition, Shift) and condition.is_condition:
        return Shift(complement(condition.operand), condition.candles)
    if isinstance(condition, At) and condition.is_condition:
        return At(complement(condition.operand), condition.timeframe)
    own = getattr(_condition(condition), "complement", None)
    if isinstance(own, Expression):
        return own
    raise IndicatorError(f"{condition!r} has no complement: say the opposite as a comparison.")


def _bracketed(expression: Expression) -> str:
    plain = not isinstance(expression, Arithmetic | Comparison | Combination | Crossing)
    return expression.label if plain else f"({expression.label})"
