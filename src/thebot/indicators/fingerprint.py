"""What a function does, as a short text that changes when anything it reaches changes."""

from __future__ import annotations

import functools
import hashlib
import platform
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any


def globals_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The global and enclosing names that `function` uses, with what they stand for now."""
    code = function.__code__
    for name in sorted(_names(code)):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell.cell_contents


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


@functools.lru_cache(maxsize=4096)
def fingerprint(function: FunctionType) -> str:
    """A hash of the function's code, of the functions it calls, and of the constants they use.

    It depends on the Python version, whose byte code it hashes.
    """
    digest = hashlib.sha256(platform.python_version().encode())
    for part in _parts(function, set()):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]


def _parts(function: FunctionType, seen: set[int]) -> Iterator[str]:
    if id(function) in seen:
        return
    seen.add(id(function))
    yield from _code_parts(function.__code__)
    yield repr(function.__defaults__)
    yield repr(function.__kwdefaults__)
    for name, value in globals_of(function):
        yield name
        yield from _value_parts(value, function.__code__, seen)


def _value_parts(value: object, code: CodeType, seen: set[int]) -> Iterator[str]:
    if isinstance(value, FunctionType):
        yield from _parts(value, seen)
    elif isinstance(value, ModuleType):
        yield value.__name__
        if getattr(value, "__version__", None):  # a library: its version stands for its contents
            yield str(value.__version__)
            return
        for name in sorted(_names(code)):
            within = getattr(value, name, None)
            if isinstance(within, FunctionType | int | float | str | tuple):
                yield name
                yield from _value_parts(within, code, seen)
    elif isinstance(value, BuiltinFunctionType | type):
        yield f"{value.__module__}.{value.__qualname__}"
    else:
        yield repr(value)


def _code_parts(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr(code.co_varnames)
    yield repr(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_parts(constant)
        else:
            yield repr(constant)
