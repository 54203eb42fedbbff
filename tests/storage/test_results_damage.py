"""Whatever happens while a result is saved or deleted: it is there whole, or it is not there."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars
import pytest
from tests.storage.kept_records import record

from thebot.errors import StorageError
from thebot.storage.results import Results

HERE = Path(__file__).parents[2]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Results]:
    with Results(tmp_path) as results:
        yield results


# Dies by SIGKILL at the step whose number it is given, of all that touch the disk or the database.
CUT = """
import os, signal, sys
from pathlib import Path
from tests.storage.kept_records import record
from thebot.storage.results import Results, results
steps = 0
def step(real):
    def cut(*arguments, **named):
        global steps
        if steps == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return real(*arguments, **named)
    return cut
kept = Results(Path(sys.argv[1]))
kept.list()
os.fsync, Path.rename = step(os.fsync), step(Path.rename)
results.add_result, results.drop_result = step(results.add_result), step(results.drop_result)
import shutil
shutil.rmtree = step(shutil.rmtree)
"""
SAVE = CUT + 'kept.save(record())\nprint("whole")\n'
DELETE = CUT + 'kept.delete("last")\nprint("whole")\n'


def cut_at(step: int, code: str, folder: Path) -> bool:
    """Whether it ran to its end before that step came."""
    command = [sys.executable, "-c", code, str(folder), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE, check=False)
    assert (done.returncode, done.stdout) in ((0, "whole\n"), (-signal.SIGKILL, "")), done.stderr
    return done.returncode == 0


def assert_all_whole(kept: Results) -> int:
    """Every result of the list can be loaded whole; gives how many there are."""
    found = kept.list(limit=None)
    for each in found:
        assert each.damage == ""
        assert kept.load(each.id).trades == record().trades
        assert kept.load(each.id).equity.tolist() == record().equity.tolist()
    return len(found)


def test_at_whichever_step_saving_is_killed_there_is_a_whole_result_or_none(
    kept: Results, tmp_path: Path
) -> None:
    kept.save(record())
    step, there = 0, 1
    while not cut_at(step, SAVE, tmp_path):
        assert assert_all_whole(kept) == there
        for id, why in kept.damaged().items():
            assert why.startswith("its files are there")
            kept.delete(id)
        kept.save(record())  # sweeps away what was left unfinished
        there += 1
        assert {each.name for each in (tmp_path / "results").iterdir()} == {
            ".lock", *(each.id for each in kept.list())
        }  # fmt: skip
        step += 1
    assert assert_all_whole(kept) == there + 1
    assert step >= 5


def test_at_whichever_step_deleting_is_killed_nothing_is_left_but_what_can_be_deleted(
    kept: Results, tmp_path: Path
) -> None:
    step = 0
    kept.save(record())
    while not cut_at(step, DELETE, tmp_path):
        assert assert_all_whole(kept) <= 1
        for id in kept.damaged():
            kept.delete(id)
        if not kept.list():
            kept.save(record())
        assert kept.damaged() == {}
        step += 1
    assert kept.list() == ()
    assert step >= 3


FOREVER = """
import sys
from pathlib import Path
from tests.storage.kept_records import record
from thebot.storage.results import Results
kept = Results(Path(sys.argv[1]))
while True:
    print(kept.save(record()), flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_process_killed_at_any_moment_leaves_whole_results_only(
    kept: Results, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with subprocess.Popen(
        [sys.executable, "-c", FOREVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=HERE
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(1 + chance.randrange(3))]
        for _ in range(chance.randrange(20_000)):  # somewhere within the next one
            pass
        process.kill()
        said += process.stdout.read().split()
    assert assert_all_whole(kept) >= len(said)
    assert {each for each in said if len(each) == 19} <= {each.id for each in kept.list(limit=None)}
    for id in kept.damaged():
        kept.delete(id)
    kept.save(record())
    assert kept.damaged() == {}


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.storage.kept_records import record
from thebot.errors import StorageError
from thebot.storage.results import Results
kept = Results(Path(sys.argv[1]))
kept.list()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    kept.save(record())
except StorageError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of this kind")
@pytest.mark.parametrize(
    ("room", "where"), [(500, "could not be written in"), (8_000, "could not be written (")]
)
def test_a_disk_without_room_is_told_and_leaves_nothing(
    kept: Results, tmp_path: Path, room: int, where: str
) -> None:
    """A file may grow to `room` bytes: too few for Parquet, or enough for that and not for the row."""
    first = kept.save(record())
    kept.close()
    command = [sys.executable, "-c", FULL, str(tmp_path), str(room)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE, check=True)
    assert where in done.stdout, done.stderr
    assert [each.id for each in kept.list()] == [first]
    assert {each.name for each in (tmp_path / "results").iterdir()} == {".lock", first}
    assert assert_all_whole(kept) == 1


def test_a_result_without_its_files_is_told_shown_and_deleted(kept: Results, tmp_path: Path) -> None:
    id = kept.save(record())
    shutil.rmtree(tmp_path / "results" / id)
    why = "its trades and equity are not in this data folder"
    assert kept.damaged() == {id: why}
    assert kept.list()[0].damage == why
    assert kept.summary(id).figures["trades"] == 1
    with pytest.raises(StorageError, match=rf"{id} cannot be loaded: {why}.*thebot results delete {id}"):
        kept.load(id)
    assert kept.delete(id[:10]) == id
    assert (kept.list(), kept.damaged()) == ((), {})


def test_files_without_a_result_are_told_and_deleted(kept: Results, tmp_path: Path) -> None:
    id = kept.save(record())
    lost = "20200101-000000-abc"
    shutil.copytree(tmp_path / "results" / id, tmp_path / "results" / lost)
    (tmp_path / "results" / "notes").mkdir()  # somebody's own: no id
    assert kept.damaged() == {lost: "its files are there, but what they are of was never written down"}
    assert kept.delete("2020") == lost
    assert kept.damaged() == {}
    assert assert_all_whole(kept) == 1
    assert (tmp_path / "results" / "notes").is_dir()


@pytest.mark.parametrize("name", ["trades.parquet", "equity.parquet"])
def test_damaged_files_are_told_with_their_path(kept: Results, tmp_path: Path, name: str) -> None:
    id = kept.save(record())
    path = tmp_path / "results" / id / name
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StorageError, match=rf"{name} cannot be read \(.*thebot results delete {id}"):
        kept.load(id)


def test_files_that_are_cut_short_cleanly_are_told(kept: Results, tmp_path: Path) -> None:
    id = kept.save(record())
    path = tmp_path / "results" / id / "equity.parquet"
    polars.read_parquet(path.read_bytes()).head(2).write_parquet(path)
    with pytest.raises(StorageError, match="saved with 3 candles and 1 trades, its files hold 2 and 1"):
        kept.load(id)


def test_a_file_with_an_ending_nobody_knows_is_told(kept: Results, tmp_path: Path) -> None:
    id = kept.save(record())
    path = tmp_path / "results" / id / "trades.parquet"
    frame = polars.read_parquet(path.read_bytes())
    frame.with_columns(ending=polars.lit("whim")).write_parquet(path)
    with pytest.raises(StorageError, match=r"trades.parquet cannot be read \(an unknown ending"):
        kept.load(id)


def test_a_damaged_database_file_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "results.db").write_bytes(b"this is not a database, but it is long enough" * 200)
    with Results(tmp_path) as kept, pytest.raises(StorageError, match=r"results\.db could not be read"):
        kept.list()
