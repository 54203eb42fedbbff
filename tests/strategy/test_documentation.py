"""The page on strategies says what there is, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

from thebot.strategy import strategies
from thebot.strategy.loading import strategies_in
from thebot.strategy.options import OPTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text()


def rows(heading: str) -> dict[str, str]:
    """The rows of a section's first table, by what stands first in them."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return {line.split("`")[1]: line for line in section.splitlines() if line.startswith("| `")}


def test_the_table_has_every_strategy_with_its_parameters() -> None:
    table = rows("The eight that come with it")
    assert list(table) == list(strategies())
    for name, each in strategies().items():
        said = ", ".join(
            f"`{parameter}` {value if isinstance(value, str) else f'{value:g}'}"
            for parameter, value in each.parameters.items()
        )
        assert table[name].endswith(f"| {said} |")


def test_the_table_has_every_option() -> None:
    assert list(rows("What every strategy can be told")) == list(OPTIONS)


def test_the_strategy_in_toml_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "my.toml").write_text(example)
    made = strategies_in(tmp_path / "my.toml")["dip"]()
    assert made.exits.expires == "3d"
    assert made.parameters == (("period", 14), ("oversold", 30), ("overbought", 65))
