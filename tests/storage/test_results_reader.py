"""Results for the dashboard: the same answers, awaited, without what a serving process must not load."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.market.series import MONDAY
from tests.servers import PostgresServer
from tests.storage.kept_records import HOUR, NOON, record, trade

from thebot.backtesting import Trades
from thebot.errors import StorageError, UnknownName
from thebot.storage.results import Results, ResultsReader
from thebot.storage.workers import Worker


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


async def test_it_reads_what_results_have_saved(tmp_path: Path, url: str | None) -> None:
    async with ResultsReader(tmp_path, url) as reader:
        assert await reader.list() == ()  # before anything was saved
        with Results(tmp_path, url) as kept:
            first = kept.save(record(), kind="sweep", at=NOON)
            second = kept.save(record((100.0, 101.0)), at=NOON + timedelta(hours=1))
            assert await reader.list() == kept.list()
            assert await reader.list(kind="sweep") == kept.list(kind="sweep")
            assert await reader.summary(first[:11]) == kept.summary(first)
            assert (await reader.compare([first, second])).plain() == kept.compare([first, second]).plain()
        with pytest.raises(UnknownName):
            await reader.summary("nothing")
        assert await reader.delete(first) == first
        assert [each.id for each in await reader.list()] == [second]
        assert not reader.folder_of(first).exists()


async def test_trades_come_page_by_page_from_a_worker(tmp_path: Path) -> None:
    trades = Trades.of([trade(hour, profit=float(hour)) for hour in range(1, 6)])
    with Results(tmp_path) as kept:
        id = kept.save(record(trades=trades))
    async with ResultsReader(tmp_path) as reader, Worker() as worker:
        page = await reader.trades("last", worker, offset=1, limit=2)
        assert page["count"] == 5
        assert [each["profit"] for each in page["trades"]] == [2.0, 3.0]
        times = {
            "decided_at": MONDAY + 2 * HOUR,
            "entered_at": MONDAY + 2 * HOUR,
            "left_at": MONDAY + 3 * HOUR,
        }
        assert page["trades"][0] == times | {
            "symbol": "BTCUSDT", "side": "long", "entry_price": 100.0, "exit_price": 110.0, "quantity": 0.1,
            "stop": None, "fees": 0.021, "slippage": 0.01, "profit": 2.0, "gain": 0.0978, "ending": "signal",
            "best": 0.1, "worst": -0.05, "doubtful": False,
        }  # fmt: skip
        newest = await reader.trades(id, worker, limit=1, newest_first=True)
        assert newest["trades"][0]["profit"] == 5.0
        assert (await reader.trades(id, worker, offset=5))["trades"] == []
        (tmp_path / "results" / id / "trades.parquet").unlink()
        with pytest.raises(StorageError, match=r"trades\.parquet cannot be read"):
            await reader.trades(id, worker)


SERVING = """
import asyncio, sys
from pathlib import Path
from thebot.storage.results import ResultsReader
from thebot.storage.workers import Worker
async def main():
    async with ResultsReader(Path(sys.argv[1])) as reader, Worker() as worker:
        summary = await reader.summary("last")
        await reader.list()
        page = await reader.trades(summary.id, worker)
        print(len(summary.curve["time"]), page["count"])
    heavy = {"polars", "numba", "pandas", "sklearn", "optuna", "joblib", "thebot.backtesting"}
    print(sorted(heavy & set(sys.modules)))
if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_process_that_reads_results_loads_nothing_heavy(tmp_path: Path) -> None:
    with Results(tmp_path) as kept:
        kept.save(record())
    script = tmp_path / "script.py"
    script.write_text(SERVING)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "4 1\n[]\n", done.stderr
