"""Indicators: one pure step function each, made into frozen values by a decorator.

    step(state, *inputs, i, *parameters) -> (state, output or tuple of outputs)

The inputs are columns and `i` is the newest candle, so `price[i]` is now and `price[i - n]` is n candles
ago, for n up to `lookback`. The state is a short tuple of numbers of fixed types, `start` at first. The
very same function runs as Python on a stream and compiled over columns, with equal results to the last
bit; for this, a step

- multiplies out powers (`x * x`, not `x ** 2`) and guards each division against zero;
- does not depend on the absolute value of `i`, nor on rows before the first it was given: what stands
  there is nan at the start of the data;
- returns nan for what is not known yet.

A step never sees nan as a newest input: where an input is unknown the outputs are nan and the state goes
back to `start`. So `sma(ema(10), 5)` begins when its input does.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from thebot.errors import IndicatorError, UnknownName
from thebot.indicators.expression import Expression, Unit, expression_of, nan
from thebot.indicators.warmup import measured_warmup

Number: TypeAlias = int | float
State: TypeAlias = tuple[Number, ...]
Step: TypeAlias = Callable[..., tuple[Any, Any]]
Formula: TypeAlias = Callable[..., tuple[Expression, ...]]
UnitOrInput: TypeAlias = Unit | Literal["input"]  # "input": that of the first input
Column: TypeAlias = Sequence[float]  # what a step reads: `column[i]` is now, `column[i - 1]` one candle ago

LONGEST: Final = 100_000  # candles: no period or lookback may be longer

_registered: dict[str, Definition] = {}


@dataclass(kw_only=True, eq=False, repr=False)
class Definition:
    """An indicator as such: `rsi`. Called with its parameters it gives a value: `rsi(14)`.

    Expressions in front of the parameters replace the inputs: `sma(volume, 20)`. It has either a `step`
    or, if it combines others, a `formula` from inputs and parameters to one expression an output.
    """

    function: Callable[..., Any]  # as it was written
    step: Step | None
    formula: Formula | None
    inputs: tuple[Expression, ...]
    start: State
    group: str
    outputs: tuple[str, ...]  # ("value",) if there is one
    lookback_of: Callable[..., int]  # of the parameters
    memory_of: Callable[..., float]
    overlay: bool  # drawn over the price, or in a pane of its own
    guides: tuple[float, ...]  # levels worth a line
    units: tuple[UnitOrInput, ...]  # of each output
    label: str  # "RSI"
    name: str = ""  # "rsi"
    title: str = ""  # "Relative strength index"
    description: str = ""  # the whole docstring
    parameters: Mapping[str, Number] = field(default_factory=dict)  # with their defaults

    def __post_init__(self) -> None:
        functools.update_wrapper(self, self.function)
        self.name = self.function.__name__
        self.label = self.label or self.name.upper()
        self.description = inspect.getdoc(self.function) or ""
        self.title = self.description.partition("\n")[0].partition(",")[0].rstrip(".") or self.label
        before, after = (("state",), ("i",)) if self.step else ((), ())
        self.parameters = MappingProxyType(_parameters(self.function, before, len(self.inputs), after))

    def __call__(self, *arguments: Expression | Number, **named: Number) -> Indicator:
        leading = [argument for argument in arguments if isinstance(argument, Expression)]
        given = arguments[len(leading) :]
        if any(isinstance(argument, Expression) for argument in given):
            raise IndicatorError(f"{self.name}: inputs come before parameters, as in sma(volume, 20).")
        if leading and len(leading) != len(self.inputs):
            wanted = ", ".join(map(repr, self.inputs))
            raise IndicatorError(
                f"{self.name} reads {len(self.inputs)} inputs ({wanted}), not {len(leading)}. "
                "Give all of them or none."
            )
        inputs = tuple(expression_of(each) for each in leading) or self.inputs
        return Indicator(self, inputs, self._bound(given, named))

    def _bound(self, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Number, ...]:
        names = tuple(self.parameters)
        if len(given) > len(names):
            raise IndicatorError(
                f"{self.name} takes {len(names)} parameters ({', '.join(names) or 'none'}), not {len(given)}."
            )
        values = dict(self.parameters) | dict(zip(names, given, strict=False))
        for name, value in named.items():
            if name not in values:
                raise UnknownName(f"parameter of {self.name}", name, names)
            if name in names[: len(given)]:
                raise IndicatorError(f"{self.name}: {name} is given twice.")
            values[name] = value
        return tuple(self._checked(name, values[name]) for name in names)

    def _checked(self, name: str, value: Any) -> Number:  # noqa: ANN401  (whatever the caller gave)
        if isinstance(self.parameters[name], int):
            if isinstance(value, bool) or not hasattr(value, "__index__") or not 1 <= value <= LONGEST:
                raise IndicatorError(
                    f"{self.name}: {name} is {value!r}; give a whole number from 1 to {LONGEST:,}."
                )
            return int(value)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = nan
        if not 0 <= number < math.inf:
            raise IndicatorError(f"{self.name}: {name} is {value!r}; give a number that is not negative.")
        return number

    def __reduce__(self) -> str:
        return self.name  # pickled by reference: as the name in its module

    def __repr__(self) -> str:
        return self.name


def indicator(
    *, inputs: tuple[Expression, ...], start: State, group: str, outputs: tuple[str, ...] = (),
    lookback: Callable[..., int] | int = 0, memory: Callable[..., float] | float = math.inf,
    overlay: bool = False, guides: tuple[float, ...] = (),
    unit: UnitOrInput | tuple[UnitOrInput, ...] = "number", label: str = "",
) -> Callable[[Step], Definition]:  # fmt: skip
    """Make an indicator of a step function (see the module's text) and list it in the catalogue.

    `outputs` names the values if there are several. `lookback` is how many earlier rows the step may read
    and `memory` after how many candles the start no longer matters (1e-9 of the value; infinite unless
    said): a number, or a function of the parameters. `overlay`: drawn over the price; `guides`: levels
    worth a line. `unit` says what it counts in, "input" for the unit of its first input; one for each
    output if they differ.

    Raises IndicatorError for a function that is no step or a name that another indicator has.
    """

    def made(step: Step) -> Definition:
        definition = Definition(
            function=step, step=step, formula=None, inputs=inputs, start=start, group=group,
            outputs=outputs or ("value",),
            lookback_of=lookback if callable(lookback) else _always(lookback),
            memory_of=memory if callable(memory) else _always(memory),
            overlay=overlay, guides=guides, units=_units(unit, outputs), label=label,
        )  # fmt: skip
        return _register(definition)

    return made


def combination(
    *, inputs: tuple[Expression, ...], group: str, outputs: tuple[str, ...] = (), overlay: bool = False,
    guides: tuple[float, ...] = (), unit: UnitOrInput | tuple[UnitOrInput, ...] = "number", label: str = "",
) -> Callable[[Callable[..., Any]], Definition]:  # fmt: skip
    """Make an indicator of others: of a function from inputs and parameters to one expression or several.

    It must give expressions for any parameters that its indicators take. The rest is as in `indicator`.
    """

    def made(function: Callable[..., Any]) -> Definition:
        def formula(*arguments: Any) -> tuple[Expression, ...]:  # noqa: ANN401  (inputs, then numbers)
            found = function(*arguments)
            return found if isinstance(found, tuple) else (found,)

        definition = Definition(
            function=function, step=None, formula=formula, inputs=inputs, start=(), group=group,
            outputs=outputs or ("value",), lookback_of=_always(0), memory_of=_always(0), overlay=overlay,
            guides=guides, units=_units(unit, outputs), label=label,
        )  # fmt: skip
        return _register(definition)

    return made


def _always(value: Any) -> Callable[..., Any]:  # noqa: ANN401  (a number of either type)
    return lambda *_parameters: value


def _register(definition: Definition) -> Definition:
    before = _registered.get(definition.name)
    if before is not None and _place(before) != _place(definition):
        raise IndicatorError(
            f"There is already an indicator {definition.name}, in {before.__module__}. Choose another name."
        )
    _registered[definition.name] = definition
    return definition


def registered() -> tuple[Definition, ...]:
    """All indicators that were defined so far, in that order."""
    return tuple(_registered.values())


def _units(unit: UnitOrInput | tuple[UnitOrInput, ...], outputs: tuple[str, ...]) -> tuple[UnitOrInput, ...]:
    return unit if isinstance(unit, tuple) else (unit,) * max(1, len(outputs))


def _place(definition: Definition) -> tuple[str, str]:
    return definition.function.__module__, definition.function.__qualname__


def _parameters(
    function: Callable[..., Any], before: tuple[str, ...], inputs: int, after: tuple[str, ...]
) -> dict[str, Number]:
    """What comes after the inputs, with defaults; `before` and `after` the inputs stand fixed names."""
    arguments = list(inspect.signature(function).parameters.values())
    names = tuple(argument.name for argument in arguments)
    reading = len(before) + inputs
    if names[: len(before)] != before or names[reading : reading + len(after)] != after:
        raise IndicatorError(
            f"{function.__name__} is no step of an indicator with {inputs} inputs: its arguments must be "
            "state, one column for each input, i, then the parameters."
        )
    parameters = arguments[reading + len(after) :]
    for parameter in parameters:
        if not isinstance(parameter.default, int | float) or isinstance(parameter.default, bool):
            raise IndicatorError(
                f"{function.__name__}: give the parameter {parameter.name} a default, whole or a float."
            )
    return {parameter.name: parameter.default for parameter in parameters}


@dataclass(frozen=True, eq=False, repr=False)
class Indicator(Expression):
    """An indicator with its inputs and parameters: `rsi(14)`. One with several outputs gives them by name."""

    definition: Definition
    inputs: tuple[Expression, ...]
    parameters: tuple[Number, ...]

    @property
    def operands(self) -> tuple[Expression, ...]:
        return self.inputs

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of its outputs."""
        return self.definition.outputs

    @property
    def outputs(self) -> tuple[Expression, ...]:
        """Its values as expressions: itself, or one for each of its outputs."""
        if len(self.choices) == 1:
            return (self,)
        return tuple(Output(self, name) for name in self.choices)

    def __getattr__(self, name: str) -> Expression:
        choices = self.__dict__["definition"].outputs if "definition" in self.__dict__ else ()
        if name in choices and len(choices) > 1:
            return Output(self, name)
        if name.startswith("_") or len(choices) < 2:
            raise AttributeError(name)
        raise AttributeError(str(UnknownName(f"output of {self.definition.name}", name, choices)))

    @property
    def lookback(self) -> int:
        """How many rows before the newest its step may read."""
        return self.definition.lookback_of(*self.parameters)

    @property
    def formula(self) -> tuple[Expression, ...] | None:
        """What a combination of others stands for, one expression an output; None for one with a step."""
        made = self.definition.formula
        return made(*self.inputs, *self.parameters) if made else None

    @property
    def unit(self) -> Unit:
        return self.unit_of(0)

    def unit_of(self, output: int) -> Unit:
        unit = self.definition.units[output]
        return self.inputs[0].unit if unit == "input" else unit

    @property
    def overlay(self) -> bool:
        return self.definition.overlay and self.inputs[0].overlay

    @property
    def warmup(self) -> int:
        return max(self.warmups)

    @property
    def warmups(self) -> tuple[int, ...]:
        """The warm-up of each output."""
        formula = self.formula
        if formula is not None:
            return tuple(each.warmup for each in formula)
        before = super().warmup
        return tuple(before + own for own in _measured(self.definition, self.parameters))

    @property
    def memory(self) -> float:
        formula = self.formula
        if formula is not None:
            return max(each.memory for each in formula)
        return super().memory + self.definition.memory_of(*self.parameters)

    def _arguments(self) -> list[str]:
        inputs = () if self.inputs == self.definition.inputs else self.inputs
        return [*map(repr, inputs), *(repr(_short(value)) for value in self.parameters)]

    @property
    def label(self) -> str:
        inputs = () if self.inputs == self.definition.inputs else self.inputs
        inside = ", ".join([*(each.label for each in inputs), *(repr(_short(v)) for v in self.parameters)])
        return f"{self.definition.label}({inside})" if inside else self.definition.label

    def __repr__(self) -> str:
        return f"{self.definition.name}({', '.join(self._arguments())})"


@dataclass(frozen=True, eq=False, repr=False)
class Output(Expression):
    """One of several values of an indicator: `macd().signal`."""

    indicator: Indicator
    name: str

    @property
    def number(self) -> int:
        """Which of the outputs, counted from 0."""
        return self.indicator.choices.index(self.name)

    @property
    def operands(self) -> tuple[Expression, ...]:
        return self.indicator.inputs

    def walk(self) -> Iterator[Expression]:
        yield from self.indicator.walk()
        yield self

    @property
    def unit(self) -> Unit:
        return self.indicator.unit_of(self.number)

    @property
    def overlay(self) -> bool:
        return self.indicator.overlay and self.unit == "price"

    @property
    def warmup(self) -> int:
        return self.indicator.warmups[self.number]

    @property
    def memory(self) -> float:
        return self.indicator.memory

    @property
    def label(self) -> str:
        main = self.name == self.indicator.definition.name
        return self.indicator.label if main else f"{self.indicator.label} {self.name.replace('_', ' ')}"

    def __repr__(self) -> str:
        return f"{self.indicator!r}.{self.name}"


def _short(value: Number) -> Number:
    return int(value) if isinstance(value, float) and value.is_integer() and value < 1e15 else value


@functools.lru_cache(maxsize=4096)
def _measured(definition: Definition, parameters: tuple[Number, ...]) -> tuple[int, ...]:
    outputs = len(definition.outputs)
    if definition.step is None:
        return (0,) * outputs
    lookback = definition.lookback_of(*parameters)
    return measured_warmup(
        definition.step, definition.start, definition.inputs, outputs, lookback, parameters
    )
