"""Generated modules of compiled code in the user's cache folder: numba keeps its machine code beside them.

A module's name hashes all that its code is made of with the versions of numba, Python and THEBOT, so that
nothing stale is ever loaded. numba is not needed here.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
import tempfile
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any, Final

# In the source of each generated module: numba's intrinsics have to be made where they are used.
POINTER: Final = '''\
@intrinsic
def pointer(typing_context, array):
    """Where the column lies: read without a test for rows counted from the end, or counting who holds it."""

    def made(context, builder, signature, arguments):
        (kind,) = signature.args
        return context.make_array(kind)(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), made
'''

_said: set[str] = set()


class CompilerWarning(UserWarning):
    """Something runs slower than it could: a step that cannot be compiled, or a cache that cannot be used."""


def say(text: str) -> None:
    if text not in _said:
        _said.add(text)
        warnings.warn(text, CompilerWarning, stacklevel=2)


def imported(name: str, path: Path, given: dict[str, Any]) -> ModuleType:
    """The module in `path`, run with the names in `given` in place."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    vars(module).update(given)
    sys.modules[name] = module  # numba looks it up by name
    spec.loader.exec_module(module)
    return module


def own_version() -> str:
    try:
        return version("thebot")
    except PackageNotFoundError:  # run from the source folder without being installed
        return "source"


def write_once(path: Path, source: str) -> None:
    """Write the module whole or not at all; a concurrent process may do the same at the same time."""
    if path.exists() and path.read_text() == source:
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".py")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(source)
        os.utime(temporary, (0, 0))  # numba ties its code to this time: the same whoever wrote the file
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def cache_folder() -> Path | None:
    """Where the drivers live: `THEBOT_CACHE`, else the user's cache folder; None if it cannot be trusted."""
    import platformdirs

    chosen = os.environ.get("THEBOT_CACHE")
    folder = (Path(chosen) if chosen else Path(platformdirs.user_cache_dir("thebot"))) / "kernels"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise PermissionError("it is not a folder")
        if hasattr(os, "getuid"):
            if found.st_uid != os.getuid():
                raise PermissionError("it belongs to another user, who could put code there")
            if found.st_mode & 0o022:
                raise PermissionError("others may write there; make it anew, or chmod it to 0700")
            folder.chmod(0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        say(
            f"Compiled indicators cannot be kept in {folder} ({error.strerror or error}): each program start "
            "compiles them anew. Set THEBOT_CACHE to a folder of yours."
        )
        return None
    return folder
