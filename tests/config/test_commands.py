"""thebot config init|show|path"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from thebot.cli.config import config
from thebot.config import template
from thebot.errors import BadSetting


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(config, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_init_writes_a_commented_file_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    assert json.loads(printed("init", "--data", str(file.parent), "--json")) == {"path": str(file)}
    assert file.read_text() == template()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_init_never_overwrites_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("max_symbols = 7\n")
    with pytest.raises(BadSetting, match=r"is there already .*--force"):
        printed("init", "--data", str(tmp_path))
    assert file.read_text() == "max_symbols = 7\n"
    assert "Wrote" in printed("init", "--data", str(tmp_path), "--force")
    assert file.read_text() == template()


def test_path_tells_where_the_file_would_be(tmp_path: Path) -> None:
    assert printed("path", "--data", str(tmp_path)) == f"{tmp_path / 'config.toml'}\n"
    answer = json.loads(printed("path", "--data", str(tmp_path), "--json"))
    assert answer == {"path": str(tmp_path / "config.toml"), "exists": False}


def test_show_prints_what_is_in_force_and_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("[dashboard]\nport = 9000\n")
    monkeypatch.setenv("THEBOT_DATABASE_URL", "postgresql://bot:hush@db/thebot")
    answer = json.loads(printed("show", "--data", str(tmp_path), "--json"))
    assert answer["path"] == str(tmp_path / "config.toml")
    assert answer["settings"]["dashboard.port"] == {"value": 9000, "from": "config.toml, line 2"}
    assert answer["settings"]["exchange"] == {"value": "sandbox", "from": "default"}
    table = printed("show", "--data", str(tmp_path))
    assert "9000" in table
    assert "hush" not in table + json.dumps(answer)
