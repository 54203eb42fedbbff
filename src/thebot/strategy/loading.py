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
import keyword
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final

from thebot.errors import BadSetting, UnknownName, UsageError
from thebot.indicators.indicator import registered
from thebot.indicators.own import load as load_indicators
from thebot.indicators.own import place_of, require_file, run_file, what_of
from thebot.strategy.averaging import Averaging
from thebot.strategy.catalogue import strategies, usual_rule
from thebot.strategy.definition import Parameter, Strategy
from thebot.strategy.grid import Grid
from thebot.strategy.places import lines_of_keys
from thebot.strategy.source import StrategySource
from thebot.strategy.stateful import Stateful
from thebot.strategy.texts import Place, strategy_of_texts

Source = StrategySource[Any]

_STATEFUL: Final = (Grid, Averaging)
_USUAL: Final = "-rule"
_IN_TOML: Final = ("strategies", "indicator_files")


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
    name = next(iter(found)) if name is None else name
    name = name if name in found else name.replace("_", "-")  # as a function is called in the file
    if name not in found:
        raise UnknownName(f"strategy in {path}", name, found)
    return found[name]


def strategies_in(path: str | Path) -> Mapping[str, Source]:
    """The strategies of a Python or TOML file, by name. Raises as `strategy_source`."""
    file, _ = _parted(str(path))
    if file is None:
        raise BadSetting(f"{path} is no file of strategies: its name must end in .py or .toml.")
    return MappingProxyType(_sources(file))


def stateful_strategies() -> Mapping[str, Source]:
    """Those that come with THEBOT and keep a state, by name."""
    return MappingProxyType({each.name: StrategySource(name=each.name, make=each) for each in _STATEFUL})


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


def _sources(path: Path) -> dict[str, Source]:
    """The strategies of a file, by name, in its order. Python is run once in a process."""
    if path.suffix == ".toml":
        require_file(path, ".toml")
        found = _of_toml(path, path.stat().st_mtime_ns)
    else:
        found = _of_module(path, run_file(path))
    if not found:
        raise BadSetting(
            f"{path} has no strategy. Write a section [strategies.NAME] in TOML; in Python a Strategy(...), "
            "a function with defaults that gives one (-> Strategy), or a subclass of Stateful."
        )
    return found


def _of_module(path: Path, module: ModuleType) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for name, value in vars(module).items():
        made_here = isinstance(value, Strategy) or getattr(value, "__module__", "") == module.__name__
        source = None if name.startswith("_") or not made_here else _of_value(path, name, value)
        if source is None:
            continue
        if source.name in found:
            raise BadSetting(
                f"{path} has two strategies called {source.name}: {name} is the second. Call one of them "
                "otherwise, or begin its name in the file with _ to keep it out."
            )
        found[source.name] = source
    return found


def _of_value(path: Path, name: str, value: object) -> Source | None:
    """What a name in a Python file makes, if that is a strategy."""
    if isinstance(value, Strategy):
        made = value
        return StrategySource(
            name=made.name, make=lambda: made, text=f"{path}:{made.name}", given=made.description
        )
    if isinstance(value, type) and issubclass(value, Stateful) and not inspect.isabstract(value):
        _require_defaults(path, name, value)
        return StrategySource(name=value.name, make=value, text=f"{path}:{value.name}")
    if inspect.isfunction(value) and _gives_strategy(value):
        _require_defaults(path, name, value)
        own = name.replace("_", "-")
        return StrategySource(name=own, make=_told(path, value), text=f"{path}:{own}")
    return None


def _require_defaults(path: Path, name: str, made_by: Callable[..., Any]) -> None:
    given = inspect.signature(made_by).parameters.values()
    lacking = [each.name for each in given if not isinstance(each.default, int | float | str)]
    if lacking:
        raise BadSetting(
            f"{path}, line {inspect.getsourcelines(made_by)[1]}: {name} gives a strategy, but "
            f"{', '.join(lacking)} has no number or text as its default. Give each parameter one, as "
            "period: int = 14: that is what it is tried with, and how its kind is known."
        )


def _gives_strategy(function: Callable[..., Any]) -> bool:
    """Whether it says `-> Strategy`, or `-> "Strategy"`."""
    said = function.__annotations__.get("return")
    return said is Strategy or (isinstance(said, str) and said.rpartition(".")[2] == Strategy.__name__)


def _told(path: Path, function: Callable[..., Strategy]) -> Callable[..., Strategy]:
    """The same; what goes wrong in it says where in the file."""

    @functools.wraps(function)
    def make(**parameters: Parameter) -> Strategy:
        try:
            made = function(**parameters)
        except UsageError as error:
            error.add_note(f"It stands in {place_of(path, error)}.")
            raise
        except Exception as error:
            raise BadSetting(f"{place_of(path, error)}: {what_of(error)}") from error
        if not isinstance(made, Strategy):
            raise BadSetting(f"{path}: {function.__name__} gave {made!r}, which is no Strategy.")
        return made

    return make


@functools.lru_cache(maxsize=32)
def _of_toml(path: Path, changed: int) -> dict[str, Source]:
    """Read again once it was `changed` at another time."""
    try:
        text = path.read_text(encoding="utf-8")
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} cannot be read as TOML: {error}.") from error
    lines = dict(lines_of_keys(text))
    for key in whole:
        if key not in _IN_TOML:
            unknown = UnknownName("setting of a file of strategies", key, _IN_TOML)
            unknown.add_note(f"It stands in {path}, line {lines.get(key, 1)}.")
            raise unknown
    _load_indicators(path, whole.get("indicator_files", []))
    sections = whole.get("strategies", {})
    if not isinstance(sections, dict) or not all(isinstance(each, dict) for each in sections.values()):
        raise BadSetting(f"{path}: each strategy is a section of its own, as [strategies.dip].")
    return {name: _of_section(path, lines, name, section) for name, section in sections.items()}


def _load_indicators(path: Path, files: object) -> None:
    """Run the files with indicators that the expressions use; they are beside `path` unless absolute."""
    if not isinstance(files, list) or not all(isinstance(each, str) for each in files):
        raise BadSetting(f'{path}: indicator_files is a list of files, as ["my_indicators.py"].')
    for each in files:
        try:
            load_indicators(path.parent / Path(each).expanduser())
        except UsageError as error:
            error.add_note(f"It is named in indicator_files of {path}.")
            raise


def _of_section(path: Path, lines: Mapping[str, int], name: str, section: Mapping[str, Any]) -> Source:
    def place(key: str) -> str:
        parts = ["strategies", name, *filter(None, key.split("."))]
        known = (".".join(parts[:count]) for count in range(len(parts), 1, -1))
        line = next((lines[each] for each in known if each in lines), None)
        return str(path) if line is None else f"{path}, line {line}"

    def make(**parameters: Parameter) -> Strategy:
        return strategy_of_texts(name, section, parameters, place)

    kind = inspect.Parameter.KEYWORD_ONLY
    make.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect looks for
        [
            inspect.Parameter(each, kind, default=value)
            for each, value in _defaults(name, section, place).items()
        ]
    )
    source: Source = StrategySource(
        name=name, make=make, text=f"{path}:{name}", given=str(section.get("description", ""))
    )
    source()  # what is wrong with it comes out now
    return source


def _defaults(name: str, section: Mapping[str, Any], place: Place) -> dict[str, Parameter]:
    """The parameters of a section. Raises BadSetting for what is no number or word."""
    found = section.get("parameters", {})
    if not isinstance(found, dict):
        raise BadSetting(
            f"{place('parameters')}: parameters are a section, as [strategies.{name}.parameters]."
        )
    for each, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise BadSetting(
                f"{place(f'parameters.{each}')}: {each} is {value!r}; a parameter is a number or a text."
            )
        if not each.isidentifier() or keyword.iskeyword(each):
            raise BadSetting(
                f"{place(f'parameters.{each}')}: a parameter cannot be called {each!r}, for it stands in "
                "expressions by its name. Use letters, digits and _."
            )
    return found
