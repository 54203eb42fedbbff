from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.market.series import MONDAY, random_market
from tests.sandbox_process import SandboxProcess, sandbox

from thebot.errors import BadSetting, MissingFile
from thebot.market import Timeframe
from thebot.research import backtest
from thebot.research.series import Wanted, ms_of, series
from thebot.storage import DataFolder
from thebot.storage.archive import Archive
from thebot.storage.spans import Span

__all__ = ["sandbox"]

HOUR = 3_600_000
NOBODY = "http://127.0.0.1:9"  # a port at which nothing listens


def test_the_data_folder_is_asked_and_if_it_has_none_it_says_how_to_fetch_them(data_folder: Path) -> None:
    folder = DataFolder.at(data_folder).prepare()
    market = random_market(seed=4, length=500, timeframe="1h")
    Archive(folder.archive()).keep(market, Span(MONDAY, MONDAY + 500 * HOUR))
    wanted = Wanted(symbols=("TESTUSDT",), timeframe=Timeframe("1h"))
    (found,) = series(wanted, folder=folder)
    assert np.array_equal(found.close, market.close)
    with pytest.raises(MissingFile, match=r"thebot fetch TESTUSD 1h .* There is: TESTUSDT 1h"):
        series(Wanted(symbols=("TESTUSD",), timeframe=Timeframe("1h")), folder=folder)


def test_a_span_that_is_there_needs_no_exchange(data_folder: Path) -> None:
    folder = DataFolder.at(data_folder).prepare()
    market = random_market(seed=4, length=500, timeframe="1h")
    Archive(folder.archive("sandbox")).keep(market, Span(MONDAY, MONDAY + 500 * HOUR))
    wanted = Wanted(
        symbols=("TESTUSDT",), timeframe=Timeframe("1h"), start=MONDAY + 100 * HOUR,
        end=MONDAY + 200 * HOUR, warmup=20,
    )  # fmt: skip
    (found,) = series(wanted, folder=folder, exchange=NOBODY)
    assert (found.open_time[0], len(found)) == (MONDAY + 80 * HOUR, 120)
    later = Wanted(
        symbols=("TESTUSDT",), timeframe=Timeframe("1h"), start=MONDAY, end=MONDAY + 600 * HOUR
    )  # fmt: skip
    with pytest.raises(
        MissingFile, match=r"fetching them failed: .*thebot fetch TESTUSDT 1h --start 2024-01-01"
    ):
        series(later, folder=folder, exchange=NOBODY)


def test_missing_candles_are_fetched_from_the_exchange(sandbox: SandboxProcess, data_folder: Path) -> None:
    symbol, now = sandbox.symbols[0], int(datetime.now(UTC).timestamp() * 1000)
    start = Timeframe("1h").floor(now) - 300 * HOUR
    day = datetime.fromtimestamp(start / 1000, UTC)
    asked = {"symbol": symbol, "timeframe": "1h", "start_date": day, "indicator": "RSI"}
    record = backtest(**asked, exchange=sandbox.url)
    assert record.start == start
    assert 298 <= record.candles <= 302
    sandbox.kill()
    assert backtest(**asked, exchange=sandbox.url).data_hash == record.data_hash  # kept in the data folder


def test_it_works_where_an_event_loop_runs_already(sandbox: SandboxProcess, data_folder: Path) -> None:
    start = int(datetime.now(UTC).timestamp() * 1000) - 100 * HOUR

    async def notebook() -> int:
        wanted = Wanted(symbols=(sandbox.symbols[0],), timeframe=Timeframe("1h"), start=start)
        (found,) = series(wanted, folder=DataFolder.at(data_folder), exchange=sandbox.url)
        return len(found)

    assert asyncio.run(notebook()) >= 99


def test_dates_without_an_offset_are_in_utc() -> None:
    assert ms_of("2024-01-01", "start_date") == MONDAY
    assert ms_of("2024-01-01T01:00+01:00", "start_date") == MONDAY
    assert ms_of(None, "start_date") is None
    with pytest.raises(BadSetting, match="nothing lies between"):
        Wanted(symbols=("A",), timeframe=Timeframe("1h"), start=5, end=5)
