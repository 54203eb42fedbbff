"""The archive of monthly Parquet files: nothing twice, nothing half, nothing in silence."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from tests.storage.little_exchange import at

from thebot.errors import BadCandles, BadSetting, DataError, StorageError
from thebot.market import Candles, Timeframe
from thebot.market.timeframe import TIMEFRAMES
from thebot.storage.archive import Archive, month_name
from thebot.storage.spans import Span, by_month, missing, united
from thebot.storage.workers import ArchiveWorker

H1 = Timeframe("1h")


def candles(start: str, end: str, timeframe: Timeframe = H1, price: float = 100.0) -> Candles:
    opens = [at(start)]
    while timeframe.close_time(opens[-1]) < at(end):
        opens.append(timeframe.close_time(opens[-1]))
    times = np.array(opens)
    flat = np.full(len(times), price)
    return Candles(
        symbol="BTCUSDT", timeframe=timeframe, open_time=times, open=flat, high=flat + 1, low=flat - 1,
        close=flat, volume=flat, quote_volume=flat, trades=np.full(len(times), 5), taker_buy_volume=flat,
    )  # fmt: skip


def span(start: str, end: str) -> Span:
    return Span(at(start), at(end))


def files(archive: Archive) -> list[str]:
    return sorted(str(path.relative_to(archive.folder)) for path in archive.folder.rglob("*.parquet"))


def test_candles_lie_by_symbol_timeframe_and_month_and_come_back_as_they_were(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    kept = candles("2024-01-20", "2024-03-10")
    assert archive.keep(kept, span("2024-01-20", "2024-03-10")) == len(kept)
    assert files(archive) == [f"BTCUSDT/1h/2024-0{month}.parquet" for month in (1, 2, 3)]
    found = archive.read("BTCUSDT", H1)
    assert found.columns().keys() == kept.columns().keys()
    for name, column in kept.columns().items():
        np.testing.assert_array_equal(found.columns()[name], column)
    assert archive.known("BTCUSDT", H1) == [span("2024-01-20", "2024-03-10")]
    assert archive.series() == [("BTCUSDT", H1)]


def test_a_span_kept_twice_is_there_once_as_it_was_told_last(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.keep(candles("2024-01-01", "2024-01-11"), span("2024-01-01", "2024-01-11"))
    archive.keep(candles("2024-01-05", "2024-01-07", price=200.0), span("2024-01-05", "2024-01-07"))
    found = archive.read("BTCUSDT", H1)
    assert len(found) == 240
    assert np.all(np.diff(found.open_time) == H1.nominal_ms)
    assert found.close[4 * 24 - 1 : 4 * 24 + 1].tolist() == [100.0, 200.0]
    assert found.close[6 * 24 - 1 : 6 * 24 + 1].tolist() == [200.0, 100.0]


def test_reading_takes_only_what_is_asked_for(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.keep(candles("2024-01-01", "2024-04-01"), span("2024-01-01", "2024-04-01"))
    found = archive.read("BTCUSDT", H1, at("2024-01-31"), at("2024-02-02"))
    assert (found.open_time[0], found.open_time[-1], len(found)) == (
        at("2024-01-31"),
        at("2024-02-01T23:00"),
        48,
    )
    (tmp_path / "BTCUSDT/1h/2024-03.parquet").write_bytes(b"damaged, but not asked for")
    assert len(archive.read("BTCUSDT", H1, None, at("2024-02-02"))) == 32 * 24
    assert len(archive.read("ETHUSDT", H1)) == 0


def test_a_time_without_candles_is_known_too_and_told_as_a_gap(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.keep(candles("2024-01-01", "2024-01-03"), span("2024-01-01", "2024-01-03"))
    archive.keep(Candles.empty("BTCUSDT", H1), span("2024-01-03", "2024-01-04"))
    archive.keep(candles("2024-01-04", "2024-01-05"), span("2024-01-04", "2024-01-05"))
    archive.keep(Candles.empty("BTCUSDT", H1), span("2024-02-01", "2024-03-01"))
    assert archive.known("BTCUSDT", H1) == [
        span("2024-01-01", "2024-01-05"),
        span("2024-02-01", "2024-03-01"),
    ]
    survey = archive.survey("BTCUSDT", H1, span("2024-01-01", "2024-01-05"))
    assert (survey.rows, survey.first, survey.last) == (72, at("2024-01-01"), at("2024-01-04T23:00"))
    assert [(each.kind, each.start, each.count) for each in survey.findings] == [
        ("halt", at("2024-01-03"), 24)
    ]
    assert files(archive) == ["BTCUSDT/1h/2024-01.parquet"]


def test_a_minute_and_a_month_do_not_share_a_folder_where_case_does_not_count(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for timeframe in TIMEFRAMES:
        archive.keep(Candles.empty("BTCUSDT", timeframe), span("2024-01", "2024-02"))
    folders = [path.name.casefold() for path in (tmp_path / "BTCUSDT").iterdir()]
    assert len(set(folders)) == len(TIMEFRAMES)
    assert {timeframe for _, timeframe in archive.series()} == set(TIMEFRAMES)


def test_impossible_rows_are_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    wrong = candles("2024-01-01", "2024-01-03")
    wrong.high[7] = 1.0
    with pytest.raises(BadCandles, match="row 7"):
        archive.keep(wrong, span("2024-01-01", "2024-01-03"))
    with pytest.raises(BadSetting, match="outside"):
        archive.keep(candles("2024-01-01", "2024-01-03"), span("2024-01-02", "2024-01-03"))
    assert archive.known("BTCUSDT", H1) == []


@pytest.mark.parametrize("symbol", ["../BTCUSDT", "", "A/B", "..", "BTC.USDT"])
def test_a_symbol_cannot_lead_out_of_the_archive(tmp_path: Path, symbol: str) -> None:
    with pytest.raises(BadSetting, match="cannot be a symbol"):
        Archive(tmp_path).keep(Candles.empty(symbol, H1), span("2024-01", "2024-02"))


def test_a_symbol_may_be_written_in_any_letters(tmp_path: Path) -> None:
    Archive(tmp_path).keep(Candles.empty("币安人生USDT", H1), span("2024-01", "2024-02"))
    assert Archive(tmp_path).series() == [("币安人生USDT", H1)]


def test_a_damaged_file_is_told_with_how_to_get_it_back(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.keep(candles("2024-01-01", "2024-03-01"), span("2024-01-01", "2024-03-01"))
    file = tmp_path / "BTCUSDT/1h/2024-02.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(
        StorageError, match=r"2024-02\.parquet is not what .* fetch BTCUSDT 1h --start 2024-02"
    ):
        archive.read("BTCUSDT", H1)
    file.unlink()
    with pytest.raises(StorageError, match="is gone"):
        archive.read("BTCUSDT", H1)
    assert archive.known("BTCUSDT", H1) == [span("2024-01", "2024-02")]  # so it will be fetched again
    archive.keep(candles("2024-02-01", "2024-03-01"), span("2024-02-01", "2024-03-01"))
    assert len(archive.read("BTCUSDT", H1)) == 60 * 24


def test_notes_of_a_newer_thebot_and_unreadable_ones_are_refused(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.keep(candles("2024-01-01", "2024-01-02"), span("2024-01-01", "2024-01-02"))
    notes = tmp_path / "BTCUSDT/1h/parts.json"
    good = json.loads(notes.read_text())
    notes.write_text(json.dumps(good | {"version": 2}))
    with pytest.raises(StorageError, match="newer thebot"):
        archive.known("BTCUSDT", H1)
    notes.write_text("{")
    with pytest.raises(StorageError, match="Delete the folder"):
        archive.known("BTCUSDT", H1)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.storage import test_archive as t
from thebot.storage import archive as a
steps = 0
def step(real):
    def cut(*arguments, **named):
        global steps
        if steps == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return real(*arguments, **named)
    return cut
os.fsync = step(os.fsync)
Path.replace = step(Path.replace)
t.Archive(Path(sys.argv[1])).keep(
    t.candles("2024-01-05", "2024-02-05", price=200.0), t.span("2024-01-05", "2024-02-05")
)
print("whole")
"""


def test_whenever_writing_is_cut_the_archive_stays_readable_and_can_be_completed(tmp_path: Path) -> None:
    cuts = 0
    while True:
        archive = Archive(tmp_path / str(cuts))
        archive.keep(candles("2024-01-01", "2024-01-11"), span("2024-01-01", "2024-01-11"))
        command = [sys.executable, "-c", KILLED, str(archive.folder), str(cuts)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        found = archive.read("BTCUSDT", H1)
        assert np.all(np.diff(found.open_time) == H1.nominal_ms)
        assert set(found.close.tolist()) <= {100.0, 200.0}
        known = archive.known("BTCUSDT", H1)
        for each in known:
            inside = archive.read("BTCUSDT", H1, each.start, each.end)
            assert len(inside) * H1.nominal_ms == each.end - each.start
        archive.keep(candles("2024-01-05", "2024-02-05", price=200.0), span("2024-01-05", "2024-02-05"))
        assert archive.read("BTCUSDT", H1).close.tolist() == [100.0] * 96 + [200.0] * 744
        if done.returncode == 0:
            assert done.stdout == "whole\n"
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        cuts += 1
    assert cuts >= 8


def test_the_worker_reads_and_writes_without_polars_in_this_process(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from thebot.storage.workers import ArchiveWorker\n"
        "from thebot.storage.spans import Span\n"
        "from thebot.market import Timeframe, Candles, Candle\n"
        "async def main():\n"
        "    async with ArchiveWorker(Path(sys.argv[1])) as worker:\n"
        "        one = Candle(symbol='A', timeframe=Timeframe('1h'), open_time=0, open=1, high=1, low=1,\n"
        "                     close=1, volume=1)\n"
        "        await worker.keep(Candles.of([one], 'A', Timeframe('1h')), Span(0, 3_600_000))\n"
        "        print(len(await worker.read('A', Timeframe('1h'))))\n"
        "    print(sorted({'polars', 'numba', 'pandas', 'sqlalchemy', 'aiohttp'} & set(sys.modules)))\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, str(script), str(tmp_path / "a")], capture_output=True, text=True)
    assert done.stdout == "1\n[]\n", done.stderr


async def test_errors_of_the_worker_come_home_whole(tmp_path: Path) -> None:
    wrong = candles("2024-01-01", "2024-01-03")
    wrong.low[3] = 500.0
    async with ArchiveWorker(tmp_path) as worker:
        with pytest.raises(BadCandles, match="row 3") as refused:
            await worker.keep(wrong, span("2024-01-01", "2024-01-03"))
        assert refused.value.row == 3
        with pytest.raises(DataError):
            await worker.keep(wrong, span("2024-01-01", "2024-01-03"))


async def test_a_worker_that_dies_is_told_and_none_outlives_the_block(tmp_path: Path) -> None:
    async with ArchiveWorker(tmp_path) as worker:
        await worker.read("BTCUSDT", H1)
        children = multiprocessing.active_children()
        assert children
        for child in children:
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(StorageError, match="has died"):
            await worker.read("BTCUSDT", H1)
    assert not [child for child in children if child.is_alive()]


PARENT = """
import asyncio, sys
from pathlib import Path
from thebot.market import Timeframe
from thebot.storage.workers import ArchiveWorker
async def main():
    async with ArchiveWorker(Path(sys.argv[1])) as worker:
        await worker.read("A", Timeframe("1h"))
        print("ready", flush=True)
        await asyncio.sleep(60)
if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_worker_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    assert children
    parent.kill()
    parent.communicate()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_spans_are_united_missed_and_cut_at_months() -> None:
    assert united([Span(5, 5), Span(3, 4), Span(0, 2), Span(2, 3)]) == [Span(0, 4)]
    assert missing(Span(0, 10), []) == [Span(0, 10)]
    assert missing(Span(0, 10), [Span(0, 10)]) == []
    assert missing(Span(0, 10), [Span(3, 5), Span(4, 7), Span(12, 20)]) == [Span(0, 3), Span(7, 10)]
    assert missing(Span(10, 10), []) == []
    assert list(by_month(span("2024-01-31T12:00", "2024-03-01"))) == [
        span("2024-01-31T12:00", "2024-02-01"),
        span("2024-02-01", "2024-03-01"),
    ]
    assert month_name(at("2024-02-29T23:59")) == "2024-02"
