"""A strategy that can be made by name: its parameters with their defaults, and what it does."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from thebot.errors import BadSetting, IndicatorError, UnknownName
from thebot.indicators.own import load, loaded
from thebot.strategy.definition import Parameter, Strategy
from thebot.strategy.options import OPTIONS, with_options
from thebot.strategy.stateful import Stateful

Made = TypeVar("Made", bound=Strategy | Stateful)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategySource(Generic[Made]):
    """Makes a strategy of parameters: its own, and those that all have (see `options`).

    `text` is how it was asked for: in another process `strategy_source(text)` gives the same. `live` says
    whether it runs on the platform unless switched off.
    """

    name: str
    make: Callable[..., Made]
    text: str = ""
    indicator: str = ""  # the indicator that it is about, by its short name
    live: bool = False
    given: str = ""  # what it does, where `make` does not say so

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.text or self.name, loaded())

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Its own, with their defaults."""
        given = inspect.signature(self.make).parameters.values()
        return MappingProxyType({each.name: each.default for each in given})

    @property
    def description(self) -> str:
        return self.given or inspect.getdoc(self.make) or ""

    @property
    def stateful(self) -> bool:
        """Whether it keeps a state: then it can be replayed, but neither simulated nor swept."""
        return isinstance(self.make, type) and issubclass(self.make, Stateful)

    def __call__(self, **parameters: Parameter) -> Made:
        """Raises UnknownName for a parameter that it does not have, BadSetting for a value it cannot take."""
        values, options = dict(self.parameters), dict[str, Parameter]()
        for name, value in parameters.items():
            if name in values:
                values[name] = self._checked(name, value)
            elif name in OPTIONS and not self.stateful:
                options[name] = value
            else:
                known = [*values, *(() if self.stateful else OPTIONS)]
                raise UnknownName(f"parameter of {self.name}", name, known)
        try:
            made = self.make(**values)
            if isinstance(made, Stateful):
                return made
            summary = self.description.partition("\n")[0]
            return replace(  # type: ignore[return-value]  # a Strategy stays one
                with_options(made, options) if options else made,
                parameters=(*values.items(), *options.items()),
                description=summary or made.description,
            )
        except IndicatorError as error:
            told = BadSetting(f"{self.name}: {error}")
            for note in getattr(error, "__notes__", ()):
                told.add_note(note)
            raise told from error

    def _checked(self, name: str, value: object) -> Parameter:
        default = self.parameters[name]
        if isinstance(default, str):
            if not isinstance(value, str):
                raise BadSetting(f"{self.name}: {name} is {value!r}; give a word, such as {default!r}.")
            return value
        whole = isinstance(default, int)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not isinstance(value, int | float) or not number or (whole and value != int(value)):
            kind = "a whole number" if whole else "a number"
            raise BadSetting(f"{self.name}: {name} is {value!r}; give {kind}.")
        return int(value) if whole else float(value)


def _again(text: str, indicators: tuple[Path, ...]) -> StrategySource[Any]:
    """The same in another process, which has to know the user's own indicators too."""
    from thebot.strategy.loading import strategy_source  # it makes these

    for path in indicators:
        load(path)
    return strategy_source(text)
