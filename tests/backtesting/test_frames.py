from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import polars
import pytest
from tests.backtesting.records import record, trade

FOUND = record([1100.0, 990.0], [trade(100, fees=1), trade(-110, day=1, side="short", ending="stop")])
JANUARY = datetime(2024, 1, 1, tzinfo=UTC)


def test_polars_frames_have_the_trades_and_the_equity() -> None:
    trades, equity = FOUND.to_polars()
    assert trades["symbol"].to_list() == ["TESTUSDT", "TESTUSDT"]
    assert trades["side"].to_list() == ["long", "short"]
    assert trades["ending"].to_list() == ["signal", "stop"]
    assert trades["profit"].to_list() == [100, -110]
    assert trades["entered_at"][0] == JANUARY
    assert equity.schema["time"] == polars.Datetime("ms", "UTC")
    assert equity["drawdown"].to_list() == pytest.approx([0, -0.1])
    assert equity["equity"].to_list() == [1100, 990]


def test_pandas_frames_are_the_same_with_times_as_index() -> None:
    pytest.importorskip("pandas")
    trades, equity = FOUND.to_pandas()
    assert trades["entered_at"][0] == JANUARY
    assert equity.index[0] == JANUARY.replace(day=2)
    other = FOUND.to_polars()
    assert equity["holding"].tolist() == other.equity["holding"].to_list()
    assert trades["gain"].tolist() == other.trades["gain"].to_list()


def test_a_record_without_trades_has_frames_too() -> None:
    trades, equity = record([1000.0]).to_polars()
    assert (len(trades), len(equity)) == (0, 1)
    assert trades.columns == FOUND.to_polars().trades.columns


def test_without_pandas_one_is_told_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from tests.backtesting.records import record\n"
        "from thebot.errors import PlatformError\n"
        "try: record([1000.0]).to_pandas()\n"
        "except PlatformError as error: print(error)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert "pip install 'thebot[pandas]'" in ran.stdout, ran.stderr
