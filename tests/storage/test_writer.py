"""The writer behind the engine's back: batches, bounds, and a database that fails for a while."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import PostgresServer
from tests.storage.test_database import H1, HOUR, candle, signal

from thebot.resilience import Backoff
from thebot.storage.database import Database
from thebot.storage.folder import DataFolder
from thebot.storage.writer import Writer, WriterOptions

PROMPT = Backoff(first=0.01, longest=0.05)


def recording(database: Database, options: WriterOptions | None = None) -> Writer:
    return Writer(database, options or WriterOptions(gather=0), backoff=PROMPT, chance=lambda: 0.5)


@contextlib.contextmanager
def full_disk(*files: Path) -> Iterator[None]:
    """No file of this process may grow beyond what the largest of these has now."""
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(file.stat().st_size for file in files), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


async def error_of(writer: Writer) -> str:
    async with asyncio.timeout(10):
        while not writer.health()["error"]:  # noqa: ASYNC110  (what anybody sees of it is its health)
            await asyncio.sleep(0.005)
    return str(writer.health()["error"])


async def test_what_is_recorded_is_written_soon_and_once(database: Database) -> None:
    async with recording(database) as writer:
        for _ in range(3):
            writer.signal(signal(HOUR))
            writer.candle(candle(0, close=100.25))
        await writer.written()
        assert await database.signals() == [signal(HOUR)]
        assert (await database.candles("BTCUSDT", H1)).close.tolist() == [100.25]
        assert writer.health() == {
            "unsaved_signals": 0, "unsaved_candles": 0, "lost_signals": 0, "lost_candles": 0,
            "failing": False, "error": "",
        }  # fmt: skip


async def test_more_than_a_batch_is_written_in_batches(database: Database) -> None:
    async with recording(database, WriterOptions(batch=7, gather=0)) as writer:
        for hour in range(1, 101):
            writer.signal(signal(hour * HOUR))
            writer.candle(candle(hour * HOUR))
        await writer.written()
    assert len(await database.signals(limit=1000)) == 100
    assert len(await database.candles("BTCUSDT", H1)) == 100


async def test_signals_not_written_yet_are_among_those_asked_for(database: Database) -> None:
    await database.save([signal(hour * HOUR) for hour in (1, 2, 3)])
    writer = Writer(database)  # not running: nothing is written
    writer.signal(signal(3 * HOUR))
    writer.signal(signal(4 * HOUR))
    writer.signal(signal(5 * HOUR, symbol="ETHUSDT"))
    assert [found.at // HOUR for found in await writer.signals("BTCUSDT", limit=3)] == [4, 3, 2]
    assert [found.at // HOUR for found in await writer.signals(since=4 * HOUR)] == [5, 4]
    assert [found.at for found in await writer.signals(strategy="macd-trend", timeframe=H1)] == []


async def test_closing_writes_what_still_waits(database: Database) -> None:
    writer = Writer(database)
    writer.signal(signal(HOUR))
    await writer.close()
    assert await database.signals() == [signal(HOUR)]


async def test_of_each_series_only_the_newest_candles_are_kept(database: Database) -> None:
    async with recording(database, WriterOptions(keep_candles=10, gather=0)) as writer:
        for hour in range(30):
            writer.candle(candle(hour * HOUR))
        writer.candle(candle(0, symbol="ETHUSDT"))
        await writer.written()
    assert (await database.candles("BTCUSDT", H1)).open_time.tolist() == [h * HOUR for h in range(20, 30)]
    assert len(await database.candles("ETHUSDT", H1)) == 1


async def test_a_full_disk_costs_no_signal_and_mends_itself(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    database = await Database(folder.database_url).open()
    async with recording(database) as writer:
        writer.signal(signal(HOUR))
        await writer.written()
        with full_disk(folder.database, tmp_path / "thebot.db-wal"):
            for hour in range(2, 300):
                writer.signal(signal(hour * HOUR))
            assert "thebot.db could not be written" in await error_of(writer)
            assert writer.health()["unsaved_signals"] == 298
            assert len(await writer.signals(limit=1000)) == 299
        async with asyncio.timeout(10):
            await writer.written()
        assert writer.health()["error"] == ""
        assert writer.health()["lost_signals"] == 0
    assert len(await database.signals(limit=1000)) == 299
    await database.close()


async def test_a_locked_database_never_holds_up_the_engine(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    database = await Database(folder.database_url).open()
    other = sqlite3.connect(folder.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    loop = asyncio.get_running_loop()
    options = WriterOptions(max_signals=50, max_candles=20, gather=0)
    async with recording(database, options) as writer:
        writer.signal(signal(HOUR))
        await asyncio.sleep(0)
        began = loop.time()
        for hour in range(2, 101):
            writer.signal(signal(hour * HOUR))
            writer.candle(candle(hour * HOUR))
        assert loop.time() - began < 0.5  # the lock is waited for twice as long, elsewhere
        assert writer.health()["unsaved_signals"] == 50
        assert writer.health()["lost_signals"] == 50
        assert writer.health()["lost_candles"] == 79
        other.execute("ROLLBACK")
        async with asyncio.timeout(10):
            await writer.written()
    other.close()
    found = await database.signals(limit=1000)
    assert found[0].at == 100 * HOUR
    assert len(found) in (50, 51)  # the very first may have been on its way already
    await database.close()


@pytest.mark.server
async def test_signals_wait_in_memory_while_postgresql_is_away(postgres: PostgresServer) -> None:
    database = await Database(postgres.new_database()).open()
    async with recording(database) as writer:
        writer.signal(signal(HOUR))
        await writer.written()
        with postgres.away():
            writer.signal(signal(2 * HOUR))
            error = await error_of(writer)
            assert "could not be written" in error
            assert "secret" not in error
            assert writer.health()["unsaved_signals"] == 1
        async with asyncio.timeout(20):
            await writer.written()
    assert [found.at for found in await database.signals()] == [2 * HOUR, HOUR]
    await database.close()
