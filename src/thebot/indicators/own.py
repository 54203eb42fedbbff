"""Indicators of the user's own: a Python file of theirs, named in the settings, joins the catalogue.

    from thebot.indicators import close, indicator, nan

    @indicator(inputs=(close,), start=(0.0,), group="mine")
    def change(state, price, i):
        \"\"\"Change: how far the close is from the one before.

        Formula: close - close before it
        \"\"\"
        (before,) = state
        return (price[i],), price[i] - before if before else nan

The file is run as a program, like any other of the user's: only name files that you would run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Final

from thebot.errors import IndicatorError, MissingFile, UsageError, nearest
from thebot.indicators.indicator import Definition, forget, registered

_loaded: Final[dict[Path, tuple[Definition, ...]]] = {}
_modules: Final[dict[Path, ModuleType]] = {}


def load(path: Path) -> tuple[Definition, ...]:
    """The indicators that the file defines, now in the catalogue too; a file is run once in a process.

    Raises MissingFile, or IndicatorError with the line for a file that fails or defines none; the catalogue
    is then as it was before.
    """
    path = path.expanduser().resolve()
    if path not in _loaded:
        _loaded[path] = _run(path)
    return _loaded[path]


def loaded() -> tuple[Path, ...]:
    """The files that were, in order."""
    return tuple(_loaded)


def _run(path: Path) -> tuple[Definition, ...]:
    module = run_file(path)
    made = _defined_in(module.__name__)
    if not made:
        raise IndicatorError(
            f"{path} defines no indicator. Decorate a step function with @indicator(...), or a formula "
            "with @combination(...), from thebot.indicators."
        )
    return made


def run_file(path: Path) -> ModuleType:
    """The module that a Python file of the user's is, after running it; once in a process.

    Raises MissingFile, or IndicatorError with the line for a file that fails: then nothing of it is kept.
    """
    path = path.expanduser().resolve()
    if path in _modules:
        return _modules[path]
    require_file(path, ".py")
    name = f"thebot_own_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise IndicatorError(f"{path} is no Python file: its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        forget(_defined_in(name))
        sys.modules.pop(name, None)
        raise IndicatorError(
            f"{place_of(path, error)}: {what_of(error)} Nothing of the file was taken."
        ) from error
    _modules[path] = module
    return module


def require_file(path: Path, ending: str) -> None:
    """Raises MissingFile, with the names near it, unless there is such a file."""
    if path.is_dir():
        raise MissingFile(f"{path} is a folder. Name the file in it, as NAME{ending}.")
    if not path.is_file():
        beside = [each.name for each in path.parent.glob(f"*{ending}")] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        raise MissingFile(
            f"There is no file {path}." + (f" Beside it there is: {', '.join(near)}." if near else "")
        )


def _defined_in(module: str) -> tuple[Definition, ...]:
    return tuple(each for each in dict.fromkeys(registered().values()) if each.function.__module__ == module)


def place_of(path: Path, error: Exception) -> str:
    """Where in the file something went wrong: "my.py, line 7"."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{path}, line {error.lineno}"
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(path)]
    return f"{path}, line {lines[-1]}" if lines else str(path)


def what_of(error: Exception) -> str:
    """What went wrong, as a sentence."""
    if isinstance(error, SyntaxError):
        return f"this is no Python ({error.msg})."
    text = str(error).rstrip(".")
    return f"{text}." if isinstance(error, UsageError) else f"{type(error).__name__}: {text}."
