"""Where each key of a TOML text stands, for messages that name the line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_HEADER: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY: Final = re.compile(r"\s*([\w\-.\"' ]+?)\s*=")


def lines_of_keys(text: str) -> Iterator[tuple[str, int]]:
    """Each table and key by its full name ("strategies.dip.entry") and its line, counted from 1.

    A text over several lines that looks like keys may fool it.
    """
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = re.sub(r"[\"'\s]", "", header[1])
            yield table, number
        elif key := _KEY.match(line):
            yield f"{table}.{key[1]}".strip(".").replace('"', "").replace("'", ""), number
