"""The page about settings names every one of them, with its default."""

from __future__ import annotations

from pathlib import Path

from thebot.config import configuration

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_every_setting_is_in_the_table_with_its_default(tmp_path: Path) -> None:
    lines = PAGE.read_text().splitlines()
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    for name, value, _ in configuration(tmp_path).rows():
        if name.startswith("strategies."):
            continue
        for part in value if isinstance(value, list) else [value]:
            shown = "unset" if part is None else str(part)
            assert shown.casefold() in rows[name].casefold(), name
