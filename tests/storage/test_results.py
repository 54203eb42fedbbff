"""Results: kept and given back as they were, in SQLite and in a real PostgreSQL."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.market.series import MONDAY
from tests.servers import PostgresServer, free_port
from tests.storage.kept_records import CROSS, HOUR, NOON, real_record, record, trade

from thebot.backtesting import Account, Allocation, TrackRecord, Trades
from thebot.backtesting.trades import ENDINGS
from thebot.backtesting.tried import variant_of
from thebot.errors import BadSetting, StorageError, UnknownName
from thebot.indicators import rsi
from thebot.storage.results import Results
from thebot.storage.results.files import read_trades, write
from thebot.storage.results.rows import KeptStrategy, fit_for_json, new_id, thinned
from thebot.storage.results.tables import SCHEMA_VERSION
from thebot.strategy.grid import Grid


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Results]:
    """Results in an empty folder, with a database of either kind."""
    server: PostgresServer | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
    with Results(tmp_path, server.new_database() if server else None) as results:
        yield results


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Results]:
    with Results(tmp_path) as results:
        yield results


def assert_same(found: TrackRecord, saved: TrackRecord) -> None:
    for name in ("time", "equity", "holding"):
        mine, theirs = getattr(found, name), getattr(saved, name)
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes(), name
    assert found.trades == saved.trades
    told, said = found.plain(), saved.plain()
    assert told == said
    assert variant_of(found.strategy) == variant_of(saved.strategy)
    assert found.costs == saved.costs
    assert repr(found.account) == repr(saved.account)
    assert found.findings == saved.findings


def test_a_record_comes_back_as_it_was_to_the_last_bit(kept: Results) -> None:
    for saved in (record(), real_record()):
        assert_same(kept.load(kept.save(saved)), saved)


def test_the_strategy_is_built_again(embedded: Results) -> None:
    assert embedded.load(embedded.save(record())).strategy == CROSS


def test_several_symbols_an_account_with_a_rank_and_no_trades_come_back(embedded: Results) -> None:
    account = Account(cash=1e6, shorts=True, allocation=Allocation(max_open=2, rank=rsi(14) / 100))
    symbols = ("ETHUSDT", "BTCUSDT")
    trades = Trades.of([trade(side="short", ending="stop", stop=103.0)], symbols)
    saved = record(symbols=symbols, account=account, trades=trades, at_best=None)
    assert_same(embedded.load(embedded.save(saved)), saved)
    empty = record(trades=Trades.none(("BTCUSDT",)))
    assert_same(embedded.load(embedded.save(empty)), empty)


numbers = st.floats(width=64)
trades = st.builds(
    trade,
    entered=st.integers(0, 100_000),
    symbol=st.sampled_from(["BTCUSDT", "ETHUSDT"]),
    side=st.sampled_from(["long", "short"]),
    ending=st.sampled_from(ENDINGS),
    doubtful=st.booleans(),
    **dict.fromkeys(("entry_price", "quantity", "stop", "fees", "profit", "gain", "best", "worst"), numbers),
)


@given(st.lists(trades, max_size=20))
def test_any_trades_come_back_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, given: Any) -> None:
    symbols = ("ETHUSDT", "BTCUSDT")
    saved = Trades.of(given, symbols)
    folder = tmp_path_factory.mktemp("result") / "files"
    write(record(symbols=symbols, trades=saved), folder)
    found = read_trades(folder, symbols)
    for name, column in saved.columns().items():
        assert found.columns()[name].dtype == column.dtype
        assert np.array_equal(found.columns()[name], column, equal_nan=column.dtype == np.float64), name
        if column.dtype == np.float64:
            assert (
                np.array_equal(np.signbit(found.columns()[name]), np.signbit(column))
                or np.isnan(column).any()
            )


def test_the_files_can_be_read_by_anybody(embedded: Results, tmp_path: Path) -> None:
    id = embedded.save(record())
    (row,) = polars.read_parquet(tmp_path / "results" / id / "trades.parquet").rows(named=True)
    assert (row["symbol"], row["side"], row["ending"], row["exit_price"]) == (
        "BTCUSDT",
        "long",
        "signal",
        110.0,
    )
    assert row["entered_at"] == datetime(2024, 1, 1, 1, tzinfo=UTC)
    equity = polars.read_parquet(tmp_path / "results" / id / "equity.parquet")
    assert equity.columns == ["time", "equity", "holding"]
    assert equity["equity"].to_list() == [100.0, 99.5, 100.979]


def test_an_id_is_short_sorts_by_time_and_is_never_given_twice(embedded: Results) -> None:
    ids = [embedded.save(record(), at=NOON) for _ in range(3)]
    assert all(id.startswith("20261125-120000-") and len(id) == 19 for id in ids)
    assert len(set(ids)) == 3
    later = embedded.save(record(), at=NOON + timedelta(seconds=1))
    assert later > max(ids)


def test_an_id_is_in_utc() -> None:
    east = datetime.fromisoformat("2026-11-25T02:00:00+05:00")
    assert new_id(east).startswith("20261124-210000-")


def test_results_are_listed_newest_first_and_by_what_they_are(kept: Results) -> None:
    ids = [
        kept.save(saved, kind=kind, at=NOON + timedelta(minutes=minute))
        for minute, (saved, kind) in enumerate([
            (record(), "backtest"),
            (record(symbols=("BTCUSDT", "ETH_USDT"), trades=Trades.none()), "backtest"),
            (real_record(), "sweep"),
        ])
    ]  # fmt: skip
    assert [each.id for each in kept.list()] == ids[::-1]
    assert [each.id for each in kept.list(limit=1)] == ids[:1:-1]
    assert [each.id for each in kept.list("btcusdt")] == [ids[1], ids[0]]
    assert [each.id for each in kept.list("ETH_USDT")] == [ids[1]]
    assert [each.id for each in kept.list("ETHXUSDT")] == []  # _ stands for itself
    assert [each.id for each in kept.list("USDT")] == []
    assert [each.id for each in kept.list(strategy="cross", kind="backtest")] == [ids[1], ids[0]]
    assert [each.id for each in kept.list(kind="sweep")] == [ids[2]]
    with pytest.raises(UnknownName, match="Did you mean 'sweep'"):
        kept.list(kind="sweeps")


def test_a_summary_tells_everything_without_the_files(kept: Results) -> None:
    id = kept.save(
        record(), kind="walkforward", name="my “first”", extra={"table": np.array([[1.0, np.nan]])}, at=NOON
    )
    found = kept.summary("last")
    assert (found.id, found.at, found.kind, found.name) == (
        id,
        1_795_608_000_000,
        "walkforward",
        "my “first”",
    )
    assert (found.strategy, found.label, found.parameters) == ("cross", "cross (n 3)", {"n": 3})
    assert (found.symbols, found.timeframe, found.trades, found.trials) == (("BTCUSDT",), "1h", 1, 7)
    assert (found.start, found.end, found.candles) == (MONDAY, MONDAY + 3 * HOUR, 3)
    assert (found.costs["fee"], found.costs["participation"]) == (0.001, 0.25)
    assert found.account == {"cash": 100.0, "shorts": False, "max_open": None, "rank": None}
    assert (found.at_best, found.origin, found.seed, found.data_hash) == (0.1 + 0.2, "replay", 3, "c0ffee")
    assert found.figures["total_return"] == pytest.approx(0.00979)
    assert found.figures["profit_factor"] is None  # nothing was lost
    assert found.told["total_return"]["title"] == "Return after costs"
    assert found.told["total_return"]["better"] == "higher"
    assert found.curve == {
        "time": [MONDAY, MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + 3 * HOUR],
        "equity": [100.0, 100.0, 99.5, 100.979],
        "holding": [100.0, 101.0, 99.5 * 1.01, 100.979 * 1.01],
    }
    assert found.findings[0]["text"].startswith("1 candle is missing")
    assert found.warnings == record().warnings
    assert found.extra == {"table": [[1.0, None]]}
    json.dumps(found.plain(), allow_nan=False)


def test_the_curve_is_thinned_without_losing_a_drawdown() -> None:
    equity = np.full(100_000, 100.0)
    equity[77_777] = 3.0
    equity[55_555] = 200.0
    time = np.arange(100_000) * HOUR
    found = thinned(0, 100.0, time, equity, equity)
    assert len(found["time"]) <= 1000
    assert found["time"] == sorted(found["time"])
    assert (min(found["equity"]), max(found["equity"])) == (3.0, 200.0)
    assert found["time"][found["equity"].index(3.0)] == 77_777 * HOUR
    assert (found["time"][1], found["time"][-1]) == (0, 99_999 * HOUR)


@pytest.mark.parametrize("candles", [1, 2, 998, 999, 1000, 1001, 1500, 2000])
def test_a_curve_of_any_length_has_its_ends_and_1000_points_at_most(candles: int) -> None:
    equity = np.random.default_rng(candles).normal(100, 1, candles)
    found = thinned(0, 100.0, np.arange(1, candles + 1), equity, equity)
    assert len(found["time"]) == min(candles + 1, len(found["time"])) <= 1000
    assert len(found["time"]) > min(candles, 800)
    assert found["equity"][-1] == equity[-1]
    assert len(set(found["time"])) == len(found["time"])


def test_an_id_may_be_shortened_while_only_one_begins_so(kept: Results) -> None:
    first = kept.save(record(), at=NOON)
    second = kept.save(record(), at=NOON + timedelta(hours=1))
    assert kept.summary("20261125-12").id == first
    assert kept.summary(f" {second.upper()} ").id == second
    assert kept.load("last").strategy.name == "cross"
    with pytest.raises(BadSetting, match=rf"2 results begin with 2026: {second}, {first}. Write more"):
        kept.summary("2026")
    with pytest.raises(UnknownName, match=f"Did you mean '{first}'"):
        kept.load(first[:-1] + "_")
    with pytest.raises(UnknownName, match="There is no result '%'"):
        kept.summary("%")
    with pytest.raises(UnknownName):
        kept.summary("")


def test_last_of_nothing_is_told(embedded: Results) -> None:
    with pytest.raises(UnknownName, match="Nothing was saved in this data folder"):
        embedded.summary("last")
    assert embedded.list() == ()


def test_what_is_deleted_is_gone_with_its_files(kept: Results, tmp_path: Path) -> None:
    first, second = (kept.save(record(), at=NOON + timedelta(hours=hour)) for hour in range(2))
    assert kept.delete("20261125-12") == first
    assert [each.id for each in kept.list()] == [second]
    assert [each.name for each in (tmp_path / "results").glob("2*")] == [second]
    with pytest.raises(UnknownName):
        kept.delete(first)


def test_a_strategy_that_cannot_be_built_again_leaves_its_name_and_a_warning(
    embedded: Results, tmp_path: Path
) -> None:
    gone = KeptStrategy("mine", "mine (n 3)", (("n", 3),), {"name": "mine", "entry": "my_secret(3) > 0"})
    found = embedded.load(embedded.save(record(strategy=gone)))
    assert found.strategy == gone
    assert found.strategy.plain() == gone.plain()
    assert found.warnings[0] == record().warnings[0]
    assert found.warnings[1].startswith("The strategy mine could not be built again (")
    assert found.trades == record().trades


def test_a_strategy_that_keeps_a_state_leaves_its_name_and_parameters(embedded: Results) -> None:
    grid = Grid(levels=3, spacing=2.0)
    found = embedded.load(embedded.save(record(strategy=grid)))
    assert (found.strategy.label, found.strategy.parameters) == (grid.label, grid.parameters)
    assert variant_of(found.strategy) == variant_of(grid)
    assert found.warnings[-1].startswith(f"The strategy {grid.name} keeps a state")


def test_a_rank_that_cannot_be_read_again_is_a_warning(embedded: Results, tmp_path: Path) -> None:
    id = embedded.save(record(account=Account(allocation=Allocation(max_open=1, rank=rsi(14)))))
    embedded._database.run(
        lambda connection: connection.execute(
            text("UPDATE results SET account = replace(account, 'rsi', 'my_secret')")
        ),
        "written",
    )
    found = embedded.load(id)
    assert found.account.allocation == Allocation(max_open=1)
    assert "my_secret" in found.warnings[-1]


def test_a_kind_that_does_not_exist_is_refused_before_anything_is_written(
    embedded: Results, tmp_path: Path
) -> None:
    with pytest.raises(UnknownName, match="backtest"):
        embedded.save(record(), kind="guess")  # type: ignore[arg-type]  # that is the point
    assert not (tmp_path / "results").exists()


def test_results_travel_to_another_process(tmp_path: Path) -> None:
    with Results(tmp_path) as first:
        id = first.save(record())
        with pickle.loads(pickle.dumps(first)) as second:  # noqa: S301  (our own, of a moment ago)
            assert [each.id for each in second.list()] == [id]


def test_tables_of_a_newer_thebot_are_refused(kept: Results, tmp_path: Path) -> None:
    kept.save(record())
    kept._database.run(
        lambda connection: connection.execute(text("UPDATE results_version SET version = 99")), "written"
    )
    again = pickle.loads(pickle.dumps(kept))  # noqa: S301  (our own, of a moment ago)
    with pytest.raises(
        StorageError, match=rf"newer thebot .*version 99, .* up to {SCHEMA_VERSION}\). Update"
    ):
        again.list()
    again.close()


def test_a_database_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    away = Results(tmp_path, f"postgresql://thebot:hush@127.0.0.1:{free_port()}/thebot")
    with pytest.raises(StorageError, match=r"thebot:\*\*\*@127.0.0.1.*could not be read") as refused:
        away.list()
    assert "hush" not in str(refused.value)
    with pytest.raises(StorageError):
        away.save(record())
    assert [each.name for each in (tmp_path / "results").iterdir()] == [".lock"]  # no files without a row


async def test_it_works_within_a_running_loop_as_in_a_notebook(kept: Results) -> None:
    assert_same(kept.load(kept.save(record())), record())


@pytest.mark.parametrize(
    ("value", "fit"),
    [
        (float("inf"), None),
        (np.float64("nan"), None),
        (np.int64(3), 3),
        (np.array([True, False]), [True, False]),
        ({1: (2, {"a"})}, {"1": [2, ["a"]]}),
        (NOON, "2026-11-25 12:00:00+00:00"),
        (Path("a"), "a"),
        (True, True),
    ],
    ids=repr,
)
def test_what_json_has_no_word_for_is_told_in_its_own(value: object, fit: object) -> None:
    assert fit_for_json(value) == fit
    assert type(fit_for_json(value)) is type(fit)
