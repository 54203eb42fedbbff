"""What every command says of a command line that it cannot read, and of what nobody foresaw."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from thebot import cli


def said(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error; nothing may stand on standard output."""
    command = [sys.executable, "-m", "thebot", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["upp"], "No such command 'upp'. Did you mean 'up'? See thebot --help."),
        (["config", "shwo"], "No such command 'shwo'. Did you mean 'show'? See thebot config --help."),
        (["up", "--prot", "9"], "No such option: --prot (Possible options: --host, --port). See thebot up"),
        (
            ["up", "--port", "70000"],
            "'--port': it should be less than or equal to 65535. See thebot up --help.",
        ),
        (["up", "--seed", "-1"], "'--seed': it should be greater than or equal to 0. See thebot up --help."),
        (["fetch", "BTCUSDT", "1h"], "Missing option '--start'. See thebot fetch --help."),
        (["fetch", "BTCUSDT", "1h", "--start", "2999"], "--start 2999 lies in the future"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_command_line_that_cannot_be_read_is_answered_in_one_line(arguments: list[str], told: str) -> None:
    code, text = said(*arguments)
    assert code == 2
    assert text.startswith("thebot: ")
    assert text.count("\n") == 1
    assert told in text


def test_thebot_alone_tells_what_there_is() -> None:
    done = subprocess.run([sys.executable, "-m", "thebot"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("up", "fetch", "backtest", "sandbox", "config"):
        assert f" {command} " in done.stdout


def test_a_mistake_of_ours_is_a_sentence_with_its_details_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("password=hush")

    monkeypatch.setattr(cli, "_register", lambda: None)
    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    text = capsys.readouterr().err
    (file,) = tmp_path.iterdir()
    assert ended.value.code == 1
    assert "Traceback" not in text
    assert f"{file} holds the details" in text
    assert "in broken" in file.read_text()
    assert "hush" not in text + file.read_text()
    assert os.stat(file).st_mode & 0o077 == 0
