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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from thebot.errors import IndicatorError, UnknownName
from thebot.indicators.expression import Expression, Unit, expression_of
from thebot.indicators.parameters import Number, Parameter, Ranges, Words, parameters_of, require_rising
from thebot.indicators.sections import sections
from thebot.indicators.warmup import measured_warmup

State: TypeAlias = tuple[Number, ...]
Step: TypeAlias = Callable[..., tuple[Any, Any]]
Formula: TypeAlias = Callable[..., tuple[Expression, ...]]
UnitOrInput: TypeAlias = Unit | Literal["input"]  # "input": that of the first input
Rule: TypeAlias = "Callable[[Indicator], tuple[Expression, Expression]]"  # to when to buy, when to sell
Column: TypeAlias = Sequence[float]  # what a step reads: `column[i]` is now, `column[i - 1]` one candle ago

_named: dict[str, Definition] = {}  # by name and alias
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


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
    units: tuple[UnitOrInput, ...]  # of each output; none: those of the expressions it stands for
    label: str  # "RSI"
    aliases: tuple[str, ...] = ()  # other names for it, as ("sar",) for psar
    ranges: Ranges = field(default_factory=dict)  # least and most of parameters; else of any size
    words: Words = field(default_factory=dict)  # of parameters that are given as a word: all there are
    rising: tuple[str, ...] = ()  # parameters of which each must be below the next
    rule: Rule | None = None
    sparse: bool = False  # whether it may be nan after its warm-up too, where there is nothing to tell
    powers: tuple[int, ...] | None = None  # of the price in each output; None: what its unit says
    name: str = ""  # "rsi"
    title: str = ""  # "Relative strength index"
    description: str = ""  # the whole docstring
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        functools.update_wrapper(self, self.function)
        self.name = self.function.__name__
        self.label = self.label or self.name.upper()
        self.description = inspect.getdoc(self.function) or ""
        summary = sections(self.description)["summary"]
        self.title = summary.partition(",")[0].partition(":")[0].rstrip(".") or self.label
        before, after = (("state",), ("i",)) if self.step else ((), ())
        self.parameters = parameters_of(
            self.function, before, len(self.inputs), after, self.ranges, self.words
        )

    def __call__(self, *arguments: Expression | Number | str, **named: Number | str) -> Indicator:
        leading = [argument for argument in arguments if isinstance(argument, Expression)]
        given = arguments[len(leading) :]
        if any(isinstance(argument, Expression) for argument in given):
            raise IndicatorError(f"{self.name}: inputs come before parameters, as in sma(volume, 20).")
        if leading and len(leading) != len(self.inputs):
            wanted = ", ".join(map(repr, self.inputs))
            count = f"{len(self.inputs)} input{'' if len(self.inputs) == 1 else 's'}"
            raise IndicatorError(
                f"{self.name} reads {count} ({wanted}), not {len(leading)}. Give all of them or none."
            )
        inputs = tuple(expression_of(each) for each in leading) or self.inputs
        return Indicator(self, inputs, self._bound(given, named))

    @property
    def defaults(self) -> dict[str, Number]:
        return {name: parameter.default for name, parameter in self.parameters.items()}

    @property
    def sections(self) -> Mapping[str, str]:
        """The docstring's parts: "summary", "text", "formula", "convention", "source"."""
        return sections(self.description)

    def signals(self, indicator: Indicator | None = None) -> tuple[Expression, Expression] | None:
        """When it is usually bought and sold by it alone, as conditions; None if it has no such rule."""
        return self.rule(self() if indicator is None else indicator) if self.rule else None

    def _bound(self, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Number, ...]:
        names = tuple(self.parameters)
        if len(given) > len(names):
            raise IndicatorError(
                f"{self.name} takes {len(names)} parameters ({', '.join(names) or 'none'}), not {len(given)}."
            )
        values = self.defaults | dict(zip(names, given, strict=False))
        for name, value in named.items():
            if name not in values:
                raise UnknownName(f"parameter of {self.name}", name, names)
            if name in names[: len(given)]:
                raise IndicatorError(f"{self.name}: {name} is given twice.")
            values[name] = value
        checked = {name: self.parameters[name].checked(values[name], self.name) for name in names}
        require_rising(checked, self.rising, self.name)
        return tuple(checked.values())

    def __reduce__(self) -> str:
        return self.name  # pickled by reference: as the name in its module

    def __repr__(self) -> str:
        return self.name


def indicator(
    *, inputs: tuple[Expression, ...], group: str, start: State = (), outputs: tuple[str, ...] = (),
    lookback: Callable[..., int] | int = 0, memory: Callable[..., float] | float = math.inf,
    overlay: bool = False, guides: tuple[float, ...] = (),
    unit: UnitOrInput | tuple[UnitOrInput, ...] = "number", label: str = "",
    aliases: tuple[str, ...] = (), ranges: Ranges = _NONE, words: Words = _NONE, rising: tuple[str, ...] = (),
    rule: Rule | None = None, sparse: bool = False, powers: tuple[int, ...] | None = None,
) -> Callable[[Step], Definition]:  # fmt: skip
    """Make an indicator of a step function (see the module's text) and list it in the catalogue.

    `outputs` names the values if there are several. `lookback` is how many earlier rows the step may read
    and `memory` after how many candles the start no longer matters (1e-9 of the value; infinite unless
    said): a number, or a function of the parameters. `overlay`: drawn over the price; `guides`: levels
    worth a line. `unit` says what it counts in, "input" for the unit of its first input; one for each
    output if they differ. `aliases` are other names for it.

    Of the parameters, `ranges` gives the least and most, `words` the choices of one that is given as a
    word (its default is a place in them, and so is what the step gets), `rising` those of which each must
    be below the next. `rule` gives for the indicator when it is usually bought and sold by. A `sparse` one
    is nan after its warm-up too where there is nothing to tell. `powers` says by which power of the price
    each output grows, where the unit does not (1 for price and amount, else 0).

    Raises IndicatorError for a function that is no step or a name that another indicator has.
    """

    def made(step: Step) -> Definition:
        definition = Definition(
            function=step, step=step, formula=None, inputs=inputs, start=start, group=group,
            outputs=outputs or ("value",),
            lookback_of=lookback if callable(lookback) else _always(lookback),
            memory_of=memory if callable(memory) else _always(memory),
            overlay=overlay, guides=guides, units=_units(unit, outputs), label=label, aliases=aliases,
            ranges=ranges, words=words, rising=rising, rule=rule, sparse=sparse, powers=powers,
        )  # fmt: skip
        return _register(definition)

    return made


def combination(
    *, group: str, inputs: tuple[Expression, ...] = (), outputs: tuple[str, ...] = (), overlay: bool = False,
    guides: tuple[float, ...] = (), unit: UnitOrInput | tuple[UnitOrInput, ...] | None = None,
    label: str = "", aliases: tuple[str, ...] = (), ranges: Ranges = _NONE, words: Words = _NONE,
    rising: tuple[str, ...] = (), rule: Rule | None = None, sparse: bool = False,
    powers: tuple[int, ...] | None = None,
) -> Callable[[Callable[..., Any]], Definition]:  # fmt: skip
    """Make an indicator of others: of a function from inputs and parameters to one expression or several.

    It must give expressions for any parameters that its indicators take. Its units are theirs unless said.
    The rest is as in `indicator`.
    """

    def made(function: Callable[..., Any]) -> Definition:
        def formula(*arguments: Any) -> tuple[Expression, ...]:  # noqa: ANN401  (inputs, then numbers)
            found = function(*arguments)
            return found if isinstance(found, tuple) else (found,)

        definition = Definition(
            function=function, step=None, formula=formula, inputs=inputs, start=(), group=group,
            outputs=outputs or ("value",), lookback_of=_always(0), memory_of=_always(0), overlay=overlay,
            guides=guides, units=_units(unit, outputs), label=label, aliases=aliases, ranges=ranges,
            words=words, rising=rising, rule=rule, sparse=sparse, powers=powers,
        )  # fmt: skip
        return _register(definition)

    return made


def _always(value: Any) -> Callable[..., Any]:  # noqa: ANN401  (a number of either type)
    return lambda *_parameters: value


def _register(definition: Definition) -> Definition:
    for name in (definition.name, *definition.aliases):
        before = _named.get(name)
        if before is not None and _place(before) != _place(definition):
            raise IndicatorError(
                f"There is already an indicator {name}, in {before.__module__}. Choose another name."
            )
    if definition.name in _named:  # its module was run again
        forget([_named[definition.name]])
    _named.update(dict.fromkeys((definition.name, *definition.aliases), definition))
    return definition


def forget(definitions: Iterable[Definition]) -> None:
    """Take indicators out of the catalogue: those of a file that turned out to be wrong."""
    for definition in tuple(definitions):
        for name in (definition.name, *definition.aliases):
            if _named.get(name) is definition:
                del _named[name]


def registered() -> Mapping[str, Definition]:
    """All indicators that were defined so far, by name and by each alias, in that order."""
    return MappingProxyType(_named)


def _units(
    unit: UnitOrInput | tuple[UnitOrInput, ...] | None, outputs: tuple[str, ...]
) -> tuple[UnitOrInput, ...]:
    if unit is None:
        return ()
    return unit if isinstance(unit, tuple) else (unit,) * max(1, len(outputs))


def _place(definition: Definition) -> tuple[str, str]:
    return definition.function.__module__, definition.function.__qualname__


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
        formula = None if self.definition.units else self.formula
        if formula is not None:
            return formula[output].unit
        unit = self.definition.units[output]
        return self.inputs[0].unit if unit == "input" else unit

    def power_of(self, output: int) -> int:
        """By which power of the price an output grows; all its inputs that are prices growing by it."""
        powers = self.definition.powers
        return powers[output] if powers else int(self.unit_of(output) in ("price", "amount"))

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
        return [*map(repr, inputs), *map(repr, self._shown())]

    def _shown(self) -> list[Number | str]:
        """The parameters as a user writes them."""
        parameters = self.definition.parameters.values()
        return [each.shown(value) for each, value in zip(parameters, self.parameters, strict=True)]

    @property
    def label(self) -> str:
        inputs = () if self.inputs == self.definition.inputs else self.inputs
        inside = ", ".join([*(each.label for each in inputs), *map(str, self._shown())])
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


@functools.lru_cache(maxsize=4096)
def _measured(definition: Definition, parameters: tuple[Number, ...]) -> tuple[int, ...]:
    outputs = len(definition.outputs)
    if definition.step is None:
        return (0,) * outputs
    lookback = definition.lookback_of(*parameters)
    return measured_warmup(
        definition.step, definition.start, definition.inputs, outputs, lookback, parameters, definition.sparse
    )
