"""The data folder: made, proved, and held by one instance at a time."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from thebot.errors import DataFolderError
from thebot.storage.folder import DataFolder, default_folder

HOLD = """
import sys
from thebot.storage.folder import DataFolder
with DataFolder.at(sys.argv[1]).hold("http://127.0.0.1:8000"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holding(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_default_folder_is_the_platforms_own_for_a_users_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    if sys.platform == "linux":
        assert default_folder() == Path("/somewhere/thebot")
    assert DataFolder.at(None).path == default_folder()
    assert DataFolder.at("~/bot").path == Path.home() / "bot"


def test_a_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "deep" / "thebot").prepare()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert list(folder.path.iterdir()) == []


def test_a_folder_that_cannot_be_made_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataFolderError, match=r"cannot be written \(.*\).*--data"):
        DataFolder.at(tmp_path / "file").prepare()


def test_a_second_instance_is_told_who_has_the_folder_and_where(tmp_path: Path) -> None:
    first = holding(tmp_path)
    try:
        holder = {"pid": first.pid, "address": "http://127.0.0.1:8000"}
        assert DataFolder.at(tmp_path).holder() == holder
        with (
            pytest.raises(DataFolderError, match=rf"process {first.pid} at http://127.0.0.1:8000.*--data"),
            DataFolder.at(tmp_path).hold(),
        ):
            pytest.fail("two instances held one folder")
    finally:
        first.communicate()
    with DataFolder.at(tmp_path).hold():
        pass


def test_a_killed_instance_leaves_no_lock_behind(tmp_path: Path) -> None:
    first = holding(tmp_path)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert DataFolder.at(tmp_path).holder() is None
    with DataFolder.at(tmp_path).hold("http://127.0.0.1:8001"):
        assert DataFolder.at(tmp_path).holder() == {"pid": os.getpid(), "address": "http://127.0.0.1:8001"}


def test_programs_started_by_the_holder_do_not_keep_the_lock(tmp_path: Path) -> None:
    with DataFolder.at(tmp_path).hold():
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
    try:
        with DataFolder.at(tmp_path).hold():
            pass
    finally:
        child.communicate()


def test_the_address_may_be_known_later_than_the_lock(tmp_path: Path) -> None:
    with DataFolder.at(tmp_path).hold() as lock:
        lock.announce("http://127.0.0.1:9999")
        holder = DataFolder.at(tmp_path).holder()
        assert holder is not None
        assert holder["address"] == "http://127.0.0.1:9999"
    assert DataFolder.at(tmp_path).holder() is None


def test_a_folder_that_does_not_exist_is_held_by_nobody(tmp_path: Path) -> None:
    assert DataFolder.at(tmp_path / "nothing").holder() is None
