"""Signals and recent candles, in SQLite and in a real PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from tests.servers import PASSWORD, PostgresServer, free_port

from thebot.errors import BadSetting, StorageError
from thebot.market import Candle, Timeframe
from thebot.storage.database import Database
from thebot.storage.folder import DataFolder
from thebot.strategy.signal import Signal

HOUR = 3_600_000
H1, M1 = Timeframe("1h"), Timeframe("1m")


def signal(at: int, symbol: str = "BTCUSDT", **changed: object) -> Signal:
    values: dict[str, object] = {
        "symbol": symbol, "timeframe": H1, "at": at, "side": "BUY", "strength": 0.25, "confidence": 0.75,
        "price": 64_210.5, "strategy": "rsi-reversal", "reasons": ("RSI(14) 31.2 crossed above 30", "größer"),
    }  # fmt: skip
    return Signal(**(values | changed))  # type: ignore[arg-type]  # a test changes one of them at a time


def candle(open_time: int, close: float = 100.0, **changed: object) -> Candle:
    values: dict[str, object] = {
        "symbol": "BTCUSDT", "timeframe": H1, "open_time": open_time, "open": 99.0, "high": 101.5,
        "low": 98.25, "close": close, "volume": 12.5, "quote_volume": 1250.0, "trades": 42,
        "taker_buy_volume": 6.25,
    }  # fmt: skip
    return Candle(**(values | changed))  # type: ignore[arg-type]  # as above


async def test_a_signal_comes_back_as_it_was(database: Database) -> None:
    await database.save([signal(HOUR)])
    assert await database.signals() == [signal(HOUR)]


async def test_a_signal_saved_twice_is_stored_once_and_stays_as_it_first_was(database: Database) -> None:
    await database.save([signal(HOUR), signal(HOUR)])
    await database.save([signal(HOUR, price=1.0), signal(2 * HOUR)])
    assert [(found.at, found.price) for found in await database.signals()] == [
        (2 * HOUR, 64_210.5),
        (HOUR, 64_210.5),
    ]


async def test_another_side_strategy_timeframe_or_symbol_is_another_signal(database: Database) -> None:
    others = [
        signal(HOUR, side="SELL"),
        signal(HOUR, strategy="macd-trend"),
        signal(HOUR, timeframe=M1),
        signal(HOUR, symbol="ETHUSDT"),
    ]
    await database.save([signal(HOUR), *others])
    assert len(await database.signals()) == 5


async def test_signals_are_asked_for_by_what_they_are_newest_first(database: Database) -> None:
    await database.save(
        signal(hour * HOUR, symbol, timeframe=timeframe, strategy=strategy)
        for hour in range(1, 11)
        for symbol in ("BTCUSDT", "ETHUSDT")
        for timeframe in (M1, H1)
        for strategy in ("rsi-reversal", "macd-trend")
    )
    found = await database.signals("ETHUSDT", timeframe=M1, strategy="macd-trend", since=4 * HOUR, limit=3)
    assert [each.at for each in found] == [10 * HOUR, 9 * HOUR, 8 * HOUR]
    assert {(each.symbol, each.timeframe, each.strategy) for each in found} == {("ETHUSDT", M1, "macd-trend")}
    assert len(await database.signals("ETHUSDT", since=10 * HOUR)) == 4
    assert len(await database.signals(timeframe=M1, limit=1000)) == 40
    assert await database.signals("XRPUSDT") == []


async def test_more_signals_than_one_statement_takes_are_saved_together(database: Database) -> None:
    await database.save(signal(minute * 60_000) for minute in range(1, 2502))
    assert len(await database.signals(limit=10_000)) == 2501


async def test_recent_candles_come_back_oldest_first_up_to_an_end(database: Database) -> None:
    await database.save(candles=[candle(hour * HOUR, close=99 + hour / 10) for hour in range(20)])
    found = await database.candles("BTCUSDT", H1, limit=3, end=10 * HOUR)
    assert found.open_time.tolist() == [7 * HOUR, 8 * HOUR, 9 * HOUR]
    assert found.candle(-1) == candle(9 * HOUR, close=99.9)
    assert found.open_time.dtype == np.int64
    assert len(await database.candles("BTCUSDT", M1)) == 0


async def test_what_the_source_did_not_say_is_nan_again(database: Database) -> None:
    nan = float("nan")
    await database.save(candles=[candle(0, quote_volume=nan, taker_buy_volume=nan)])
    found = (await database.candles("BTCUSDT", H1)).candle(0)
    assert (str(found.quote_volume), str(found.taker_buy_volume)) == ("nan", "nan")


async def test_a_candle_saved_again_takes_the_place_of_the_first(database: Database) -> None:
    await database.save(candles=[candle(0, close=100.0), candle(0, close=100.5)])
    await database.save(candles=[candle(0, close=101.0)])
    assert (await database.candles("BTCUSDT", H1)).close.tolist() == [101.0]


async def test_old_candles_are_forgotten_by_series(database: Database) -> None:
    await database.save(candles=[candle(hour * HOUR) for hour in range(5)])
    await database.save(candles=[candle(0, symbol="ETHUSDT")])
    await database.forget_candles("BTCUSDT", H1, before=3 * HOUR)
    assert (await database.candles("BTCUSDT", H1)).open_time.tolist() == [3 * HOUR, 4 * HOUR]
    assert len(await database.candles("ETHUSDT", H1)) == 1


async def test_what_was_saved_is_there_after_opening_anew(url: str) -> None:
    first = await Database(url).open()
    await first.save([signal(HOUR)])
    await first.close()
    second = await Database(url).open()
    assert await second.signals() == [signal(HOUR)]
    await second.close()


async def test_tables_of_a_newer_thebot_are_refused(url: str) -> None:
    database = await Database(url).open()
    async with database._engine.begin() as connection:  # the table is what a newer program would leave
        await connection.execute(text("UPDATE schema_version SET version = 99"))
    await database.close()
    again = Database(url)
    with pytest.raises(StorageError, match=r"newer thebot .*version 99, .* up to 1\). Update thebot"):
        await again.open()
    await again.close()


async def test_sqlite_writes_ahead_so_that_readers_never_wait(tmp_path: Path) -> None:
    database = await Database(DataFolder.at(tmp_path).database_url).open()
    async with database._engine.connect() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
    await database.close()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"symbol": "S7USDT"},
        {"timeframe": M1},
        {"strategy": "macd-trend"},
        {"symbol": "S7USDT", "since": HOUR},
        {"symbol": "S7USDT", "timeframe": M1},
    ],
    ids=lambda asked: "+".join(asked) or "all",
)
async def test_every_question_about_signals_is_answered_from_an_index(
    tmp_path: Path, asked: dict[str, object]
) -> None:
    folder = DataFolder.at(tmp_path)
    database = await Database(folder.database_url).open()
    plans: list[str] = []
    statement = database.signals_query(limit=100, **asked).compile(dialect=database._engine.dialect)  # type: ignore[arg-type]  # of several types by name
    with sqlite3.connect(folder.database) as plain:
        rows = plain.execute(f"EXPLAIN QUERY PLAN {statement}", list(statement.params.values()))
        plans = [row[3] for row in rows]
    plain.close()
    await database.close()
    assert all(not plan.startswith("SCAN signals") or "INDEX" in plan for plan in plans), plans
    assert not any(plan == "USE TEMP B-TREE FOR ORDER BY" for plan in plans), plans


async def test_a_damaged_database_file_is_told_with_its_path(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    folder.database.write_bytes(b"this is not a database, but it is long enough to be looked at" * 100)
    database = Database(folder.database_url)
    with pytest.raises(StorageError, match=r"thebot\.db could not be opened \(file is not a database\)"):
        await database.open()
    await database.close()


async def test_a_database_server_that_is_not_there_is_told_without_the_password() -> None:
    database = Database(f"postgresql://thebot:hush@127.0.0.1:{free_port()}/thebot")
    with pytest.raises(StorageError, match=r"thebot:\*\*\*@127.0.0.1.*could not be opened") as refused:
        await database.open()
    assert "hush" not in str(refused.value)
    await database.close()


@pytest.mark.server
async def test_a_wrong_password_is_told_without_it(postgres: PostgresServer) -> None:
    database = Database(postgres.url().replace(PASSWORD.replace(" ", "%20"), "hush"))
    with pytest.raises(StorageError, match="password authentication failed") as refused:
        await database.open()
    assert "hush" not in str(refused.value)
    await database.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://localhost/thebot", "not in 'mysql'"),
        ("no address, secret", "cannot be read"),
    ],
)
def test_an_address_of_another_kind_is_refused(url: str, why: str) -> None:
    with pytest.raises(BadSetting, match=why) as refused:
        Database(url)
    assert "secret" not in str(refused.value)
