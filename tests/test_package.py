"""The package as a whole: what importing it costs, and that its public names are where it says."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import thebot

HEAVY = ("numba", "pandas", "polars", "sklearn", "torch", "scipy", "alembic", "apprise", "dash", "sqlalchemy")


def in_fresh_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def submodules() -> list[str]:
    return [m.name for m in pkgutil.walk_packages(thebot.__path__, "thebot.") if m.name != "thebot.__main__"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = json.loads(in_fresh_process("import json, sys, thebot; print(json.dumps(sorted(sys.modules)))"))
    assert not {name.partition(".")[0] for name in loaded} & {*HEAVY, "numpy"}


@pytest.mark.parametrize("before", [True, False], ids=["names first", "submodules first"])
def test_every_public_name_is_there_in_a_fresh_process(before: bool) -> None:
    names = f"[getattr(thebot, name) for name in {list(thebot.__all__)!r}]"
    modules = f"[importlib.import_module(name) for name in {submodules()!r}]"
    first, second = (names, modules) if before else (modules, names)
    out = in_fresh_process(
        f"import importlib, thebot\n{first}\n{second}\n"
        "print(callable(thebot.rsi), callable(thebot.backtest), thebot.Timeframe('1h'))"
    )
    assert out.split() == ["True", "True", "1h"]


def test_no_module_of_the_package_loads_a_compiler_or_a_frame_library_when_imported() -> None:
    code = f"import importlib, json, sys\n[importlib.import_module(n) for n in {submodules()!r}]\n"
    loaded = json.loads(in_fresh_process(code + "print(json.dumps(sorted(sys.modules)))"))
    roots = {name.partition(".")[0] for name in loaded}
    assert not roots & {"numba", "pandas", "polars", "sklearn", "torch", "alembic", "apprise"}


def test_a_misspelt_name_is_answered_with_what_there_is() -> None:
    with pytest.raises(AttributeError, match="rsi"):
        _ = thebot.rsy
