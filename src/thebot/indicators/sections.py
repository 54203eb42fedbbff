"""What an indicator's docstring says, in parts: the title, how it is meant, its formula and where it is from.

\"\"\"Relative strength index, 0 to 100: the share of gains in all movement.

More about how it is read, in a sentence or two.

Formula: 100 * gains / (gains + losses), each in Wilder's smoothing over `period` candles
Convention: seeded with the mean of the first `period` changes (as TA-Lib)
Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978
\"\"\"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NAMES: Final = ("Formula", "Convention", "Source")
_HEADING: Final = re.compile(rf"^({'|'.join(NAMES)}): ?", re.MULTILINE)


def sections(docstring: str) -> Mapping[str, str]:
    """Its parts by lower-case name ("summary", "text", "formula", "convention", "source"), none missing.

    >>> sections("Mean of two, simply.\\n\\nFormula: (a + b) / 2\\nSource: folklore")["formula"]
    '(a + b) / 2'
    """
    free, *named = _HEADING.split(docstring)
    summary, _, text = free.strip().partition("\n\n")
    found = {"summary": _line(summary), "text": "\n\n".join(map(_line, text.split("\n\n"))).strip()}
    found |= {name.lower(): "" for name in NAMES}
    found |= {name.lower(): _line(part) for name, part in zip(named[::2], named[1::2], strict=True)}
    return MappingProxyType(found)


def _line(text: str) -> str:
    return " ".join(text.split())
