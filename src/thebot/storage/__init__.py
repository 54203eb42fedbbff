"""What is kept: the data folder, the database of signals and recent candles, the archive of candles.

The names below load what they need when first used: the data folder alone needs no database.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from thebot.storage.folder import DataFolder, default_folder

if TYPE_CHECKING:
    from thebot.storage.database import Database as Database
    from thebot.storage.writer import Writer as Writer
    from thebot.storage.writer import WriterOptions as WriterOptions

_HOME_OF: Final = {
    "Database": "thebot.storage.database",
    "Writer": "thebot.storage.writer",
    "WriterOptions": "thebot.storage.writer",
}

__all__ = ["DataFolder", "Database", "Writer", "WriterOptions", "default_folder"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (of whatever type the name has)
    if name not in _HOME_OF:
        raise AttributeError(f"thebot.storage has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)
