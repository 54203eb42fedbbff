"""The numbers an indicator is set by: their names, defaults and ranges, and what is wrong with a value."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from thebot.errors import IndicatorError, UnknownName
from thebot.indicators.expression import nan

Number: TypeAlias = int | float
Ranges: TypeAlias = Mapping[str, tuple[Number, Number]]
Words: TypeAlias = Mapping[str, tuple[str, ...]]

LONGEST: Final = 100_000  # candles: no period or lookback may be longer


_SAME: Final = {"session": "day", "daily": "day", "weekly": "week", "monthly": "month", "classic": "standard"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of them. A step gets a whole number, a float or, for one of `words`, its place among them."""

    name: str
    default: Number
    least: Number
    most: Number  # inclusive, both
    words: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return isinstance(self.default, int)

    @property
    def range(self) -> str:
        """What it may be, in words: "a whole number from 1 to 100,000"."""
        if self.words:
            return f"one of {', '.join(self.words)}"
        kind = "a whole number" if self.is_whole else "a number"
        if self.most == math.inf:
            return (
                f"{kind} that is not negative"
                if self.least == 0
                else f"{kind} of at least {_figure(self.least)}"
            )
        return f"{kind} from {_figure(self.least)} to {_figure(self.most)}"

    def checked(self, value: Any, owner: str) -> Number:  # noqa: ANN401  (whatever the caller gave)
        """`value` as the step gets it. Raises IndicatorError, or UnknownName for a word it does not know."""
        if self.words:
            return self._word(value, owner)
        if self.is_whole:
            whole = not isinstance(value, bool) and hasattr(value, "__index__")
            if not whole or not self.least <= value <= self.most:
                raise self._refused(value, owner)
            return int(value)
        try:
            number = nan if isinstance(value, str | bytes) else float(value)
        except (TypeError, ValueError):
            number = nan
        if not self.least <= number <= self.most or math.isinf(number):
            raise self._refused(value, owner)
        return number

    def _word(self, value: object, owner: str) -> Number:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(self.words):
            return value
        if isinstance(value, str):
            word = value.casefold() if value.casefold() in self.words else _SAME.get(value.casefold(), "")
            if word in self.words:
                return self.words.index(word)
            raise UnknownName(f"{self.name} of {owner}", value, self.words)
        raise self._refused(value, owner)

    def _refused(self, value: object, owner: str) -> IndicatorError:
        return IndicatorError(f"{owner}: {self.name} is {value!r}; give {self.range}.")

    def shown(self, value: Number) -> Number | str:
        """As a user writes it: a word for its place, a whole float without its point."""
        if self.words:
            return self.words[int(value)]
        return int(value) if isinstance(value, float) and value.is_integer() and value < 1e15 else value


def parameters_of(
    function: Callable[..., Any], before: tuple[str, ...], inputs: int, after: tuple[str, ...],
    ranges: Ranges, words: Words,
) -> Mapping[str, Parameter]:  # fmt: skip
    """What comes after the inputs, with defaults; `before` and `after` the inputs stand fixed names."""
    arguments = list(inspect.signature(function).parameters.values())
    names = tuple(argument.name for argument in arguments)
    reading = len(before) + inputs
    if names[: len(before)] != before or names[reading : reading + len(after)] != after:
        raise IndicatorError(
            f"{function.__name__} is no step of an indicator with {inputs} inputs: its arguments must be "
            "state, one column for each input, i, then the parameters."
        )
    found: dict[str, Parameter] = {}
    for each in arguments[reading + len(after) :]:
        default = each.default
        if not isinstance(default, int | float) or isinstance(default, bool):
            raise IndicatorError(
                f"{function.__name__}: give the parameter {each.name} a default, whole or a float."
            )
        least, most = ranges.get(each.name, (1, LONGEST) if isinstance(default, int) else (0.0, math.inf))
        if each.name in words:
            least, most = 0, len(words[each.name]) - 1
        found[each.name] = Parameter(each.name, default, least, most, tuple(words.get(each.name, ())))
        if not least <= default <= most:
            raise IndicatorError(f"{function.__name__}: the default of {each.name} is outside of its range.")
    for name in (*ranges, *words):
        if name not in found:
            raise UnknownName(f"parameter of {function.__name__}", name, tuple(found))
    return MappingProxyType(found)


def require_rising(values: Mapping[str, Number], names: Sequence[str], owner: str) -> None:
    """Raise IndicatorError unless each of the named values is below the next."""
    for one, other in itertools.pairwise(names):
        if not values[one] < values[other]:
            raise IndicatorError(
                f"{owner}: {one} is {values[one]} and {other} is {values[other]}; {one} must be the smaller "
                f"of the two. Were they swapped?"
            )


def _figure(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
