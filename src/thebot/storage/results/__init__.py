"""Results that last, and the ledger of everything that was tried.

The names below load what they need when first used: reading results needs nothing of the backtesting.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from thebot.storage.results.compared import Comparison as Comparison
    from thebot.storage.results.reader import ResultsReader as ResultsReader
    from thebot.storage.results.results import Results as Results
    from thebot.storage.results.rows import Kind as Kind
    from thebot.storage.results.rows import Listed as Listed
    from thebot.storage.results.rows import Summary as Summary

_HOME_OF: Final = {
    "Comparison": "thebot.storage.results.compared",
    "Kind": "thebot.storage.results.rows",
    "Listed": "thebot.storage.results.rows",
    "Results": "thebot.storage.results.results",
    "ResultsReader": "thebot.storage.results.reader",
    "Summary": "thebot.storage.results.rows",
}

__all__ = ["Comparison", "Kind", "Listed", "Results", "ResultsReader", "Summary"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (of whatever type the name has)
    if name not in _HOME_OF:
        raise AttributeError(f"thebot.storage.results has no {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)
