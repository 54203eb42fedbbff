"""The config.toml that `thebot config init` writes."""

from __future__ import annotations

import re
from pathlib import Path

from thebot.config import Settings, configuration, template
from thebot.strategy.catalogue import strategies, strategy

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"


def test_as_written_it_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(template())
    found = configuration(tmp_path)
    assert list(found.rows()) == list(configuration(tmp_path / "nothing").rows())
    assert {place for _, _, place in found.rows()} == {"default"}


def test_every_line_taken_in_says_the_default(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(re.sub(r"(?m)^#(?=\S+ = )", "", template()))
    found = configuration(tmp_path)
    assert "USER" in found.database_url  # the one example that is not a default
    assert found.settings.model_copy(update={"database_url": None, "strategies": {}}) == Settings()
    assert all(place.startswith("config.toml, line") for _, _, place in found.rows())
    assert found.settings.strategies.keys() == strategies().keys()
    for name, parameters in found.settings.enabled_strategies(strategies()).items():
        assert strategy(name, **parameters) == strategy(name)


def test_the_example_in_the_repository_is_this_text() -> None:
    assert EXAMPLE.read_text() == template(), "renew it: thebot config init --force --data examples"
