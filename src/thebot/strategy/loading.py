"""Strategies by name, from a Python file, or from a TOML file of the user's.

    sma-cross                     one that comes with THEBOT
    grid, averaging               examples of strategies that keep a state: for `thebot replay`
    stoch-rule                    the usual rule of an indicator
    my.py, my.py:dip              a Strategy, a function that gives one, or a Stateful class in a Python file
    my.toml, my.toml:dip          a section [strategies.dip]: expressions as text, read and never run

A Python file is run as a program, like any other of the user's: only name files that you would run.
"""

from __future__ import annotations

import functools
import inspect
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final

from thebot.errors import BadSetting, IndicatorError, MissingFile, UnknownName, nearest
from thebot.indicators.indicator import registered
from thebot.indicators.own import run_file
from thebot.strategy.averaging import Averaging
from thebot.strategy.catalogue import strategies, usual_rule
from thebot.strategy.definition import Parameter, Strategy
from thebot.strategy.grid import Grid
from thebot.strategy.source import StrategySource
from thebot.strategy.stateful import Stateful
from thebot.strategy.texts import strategy_of_texts

Source = StrategySource[Any]

_STATEFUL: Final = (Grid, Averaging)
_USUAL: Final = "-rule"


def strategy_source(text: str | Path) -> Source:
    """What makes the strategy that `text` names (see above).

    Raises UnknownName for a name that does not exist (with those near it), MissingFile for a file that is
    not there, IndicatorError or BadSetting for one that cannot be read.
    """
    text = str(text)
    path, name = _parted(text)
    if path is None:
        return _by_name(text)
    found = _sources(path)
    if name is None and len(found) > 1:
        raise BadSetting(
            f"{path} has several strategies: {', '.join(found)}. Name one, as {path}:{next(iter(found))}."
        )
    if name is not None and name not in found:
        raise UnknownName(f"strategy in {path}", name, found)
    return found[name or next(iter(found))]


def stateful_strategies() -> Mapping[str, Source]:
    """Those that come with THEBOT and keep a state, by name."""
    return MappingProxyType(
        {each.name: StrategySource(name=each.name, make=each, text=each.name) for each in _STATEFUL}
    )


def _by_name(name: str) -> Source:
    known = {**strategies(), **stateful_strategies()}
    if name in known:
        return known[name]
    if name.endswith(_USUAL) and name.removesuffix(_USUAL) in registered():
        return usual_rule(registered()[name.removesuffix(_USUAL)].name)
    raise UnknownName(
        "strategy", name, known, "A file of yours is named with its ending, as my.py or my.toml."
    )


def _parted(text: str) -> tuple[Path | None, str | None]:
    """File and name of "my.py:dip"; no file if it is a name alone."""
    for ending in (".py", ".toml"):
        head, found, name = text.rpartition(f"{ending}:")
        if found:
            return Path(head + ending).expanduser().resolve(), name
        if text.endswith(ending):
            return Path(text).expanduser().resolve(), None
    return None, None


@functools.cache
def _sources(path: Path) -> dict[str, Source]:
    """The strategies of a file, by name, in its order. A file is read once in a process."""
    found = _of_toml(path) if path.suffix == ".toml" else _of_module(path, run_file(path))
    if not found:
        raise BadSetting(
            f"{path} has no strategy. Write a section [strategies.NAME] in TOML; in Python a Strategy(...), "
            "a function with defaults that gives one (-> Strategy), or a subclass of Stateful."
        )
    return found


def _of_module(path: Path, module: ModuleType) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or (
            getattr(value, "__module__", module.__name__) != module.__name__
            and not isinstance(value, Strategy)
        ):
            continue
        source = _of_value(path, name, value)
        if source is not None:
            found[source.name] = source
    return found


def _of_value(path: Path, name: str, value: object) -> Source | None:
    """What a name in a Python file makes, if that is a strategy."""
    if isinstance(value, Strategy):
        made = value

        def given() -> Strategy:
            return made

        return StrategySource(
            name=value.name, make=given, text=f"{path}:{value.name}", given=value.description
        )
    if isinstance(value, type) and issubclass(value, Stateful) and value is not Stateful:
        return StrategySource(name=value.name, make=value, text=f"{path}:{value.name}")
    if not inspect.isfunction(value) or value.__annotations__.get("return") not in (Strategy, "Strategy"):
        return None
    own = name.replace("_", "-")
    lacking = [
        each.name for each in inspect.signature(value).parameters.values() if each.default is each.empty
    ]
    if lacking:
        raise BadSetting(
            f"{path}: {name} gives a strategy, but {', '.join(lacking)} has no default. Give each parameter "
            "one, as period: int = 14: that is what it is tried with, and how its kind is known."
        )
    return StrategySource(name=own, make=value, text=f"{path}:{own}")


def _of_toml(path: Path) -> dict[str, Source]:
    if not path.is_file():
        near = (
            nearest(path.name, [each.name for each in path.parent.glob("*.toml")])
            if path.parent.is_dir()
            else []
        )
        raise MissingFile(
            f"There is no file {path}." + (f" Beside it there is: {', '.join(near)}." if near else "")
        )
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8")).get("strategies", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} cannot be read as TOML: {error}.") from error
    return {name: _of_section(path, name, section) for name, section in sections.items()}


def _of_section(path: Path, name: str, section: Mapping[str, Any]) -> Source:
    defaults: dict[str, Parameter] = dict(section.get("parameters", {}))

    def make(**parameters: Parameter) -> Strategy:
        try:
            return strategy_of_texts(name, section, parameters)
        except (BadSetting, IndicatorError, UnknownName) as error:
            error.add_note(f"File: {path}")
            raise

    kind = inspect.Parameter.KEYWORD_ONLY
    make.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect looks for
        [inspect.Parameter(each, kind, default=value) for each, value in defaults.items()]
    )
    make()  # what is wrong with it comes out now
    return StrategySource(
        name=name, make=make, text=f"{path}:{name}", given=str(section.get("description", ""))
    )
