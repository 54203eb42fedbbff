"""The trial ledger: every variant that anybody tried on some candles counts once."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.servers import PostgresServer
from tests.storage.kept_records import real_record

from thebot.backtesting.tried import TrialLedger, Tried, tried
from thebot.market import Timeframe
from thebot.storage.results import Results

DAY = 86_400_000
H1 = Timeframe("1h")
HERE = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def ledger(tmp_path: Path, url: str | None) -> Iterator[Results]:
    with Results(tmp_path, url) as results:
        yield results


def variant(number: int = 0, **changed: Any) -> Tried:
    values: dict[str, Any] = {
        "symbols": ("BTCUSDT",), "timeframe": H1, "start": 0, "end": 100 * DAY, "data_hash": "c0ffee",
        "strategy": "cross", "variant": f"v{number}", "sharpe": number / 100, "periods": 2400,
    }  # fmt: skip
    return Tried(**(values | changed))


def count(ledger: TrialLedger, *symbols: str, start: int = 0, end: int = 100 * DAY, frame: str = "1h") -> int:
    return ledger.trials(symbols or ("BTCUSDT",), Timeframe(frame), start, end).count


def test_nothing_was_tried_at_first(ledger: Results) -> None:
    found = ledger.trials(("BTCUSDT",), H1, 0, DAY)
    assert found.count == 0
    assert math.isnan(found.variance)
    ledger.add([])


def test_a_variant_counts_once_on_the_same_candles_however_often_it_is_tried(ledger: Results) -> None:
    ledger.add([variant(1), variant(1), variant(2)])
    ledger.add(iter([variant(2), variant(3)]))
    assert count(ledger) == 3


def test_the_spread_of_the_sharpe_ratios_is_that_of_a_sample(ledger: Results) -> None:
    ledger.add([variant(1, sharpe=0.01), variant(2, sharpe=0.03), variant(3, sharpe=math.nan)])
    found = ledger.trials(("BTCUSDT",), H1, 0, DAY)
    assert found.count == 3  # one that never traded was tried too
    assert found.variance == pytest.approx(0.0002)  # 0.01^2 + 0.01^2 over one


def test_of_a_variant_tried_again_on_the_same_candles_the_latest_ratio_counts(ledger: Results) -> None:
    ledger.add([variant(1, sharpe=0.5), variant(2, sharpe=0.03)])
    ledger.add([variant(1, sharpe=0.01)])
    assert ledger.trials(("BTCUSDT",), H1, 0, DAY).variance == pytest.approx(0.0002)


def test_what_was_tried_on_other_candles_counts_where_the_spans_overlap(ledger: Results) -> None:
    ledger.add([
        variant(1),
        variant(1, start=50 * DAY, end=150 * DAY, data_hash="longer"),  # the same variant: once
        variant(2, start=100 * DAY, end=200 * DAY, data_hash="later"),
    ])  # fmt: skip
    assert count(ledger) == 1
    assert count(ledger, end=100 * DAY + 1) == 2
    assert count(ledger, start=150 * DAY, end=160 * DAY) == 1
    assert count(ledger, start=200 * DAY, end=300 * DAY) == 0


def test_of_a_variant_tried_on_two_stretches_the_mean_ratio_counts(ledger: Results) -> None:
    ledger.add([variant(1, sharpe=0.0), variant(1, sharpe=0.02, data_hash="other"), variant(2, sharpe=0.03)])
    assert ledger.trials(("BTCUSDT",), H1, 0, DAY).variance == pytest.approx(0.0002)  # of 0.01 and 0.03


def test_other_symbols_and_timeframes_are_counted_apart(ledger: Results) -> None:
    ledger.add([
        variant(1),
        variant(1, symbols=("ETHUSDT",)),
        variant(2, timeframe=Timeframe("4h")),
        variant(3, symbols=("ETHUSDT", "BTCUSDT")),
        variant(3, symbols=("BTCUSDT", "ETHUSDT")),
    ])  # fmt: skip
    assert (count(ledger), count(ledger, "ETHUSDT"), count(ledger, frame="4h")) == (1, 1, 1)
    assert count(ledger, "BTCUSDT", "ETHUSDT") == count(ledger, "ETHUSDT", "BTCUSDT") == 1


def test_more_than_one_transaction_takes_are_all_written(ledger: Results) -> None:
    ledger.add(variant(number) for number in range(10_001))
    assert count(ledger) == 10_001


def test_what_was_tried_stays_counted_when_its_result_is_deleted(tmp_path: Path) -> None:
    record = real_record()
    with Results(tmp_path) as results:
        id = results.save(record)
        results.add([tried(record)])
        results.delete(id)
        assert results.trials(record.symbols, record.timeframe, record.start, record.end).count == 1


WRITE = """
import sys
from pathlib import Path
from tests.storage.test_results_ledger import variant
from thebot.storage.results import Results
folder, url, begin = sys.argv[1:]
ledger = Results(Path(folder), url or None)
print("ready", flush=True)
sys.stdin.readline()
for batch in range(20):
    ledger.add(variant(number) for number in range(int(begin) + batch * 50, int(begin) + batch * 50 + 100))
"""


def test_several_processes_write_at_once_and_nothing_is_lost(tmp_path: Path, url: str | None) -> None:
    """From an empty folder on: they make the tables at once, too."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path), url or "", str(begin)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HERE,
        )
        for begin in (0, 0, 500)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        said = process.communicate()
        assert (process.returncode, said[1]) == (0, "")
    with Results(tmp_path, url) as ledger:
        assert count(ledger) == 500 + 50 * 19 + 100  # 0 to 1049, and 500 to 1549
