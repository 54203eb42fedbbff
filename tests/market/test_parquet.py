from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars
import pytest
from hypothesis import HealthCheck, given, settings
from tests.market.series import MONDAY, markets, of_closes, random_market, same

from thebot.errors import BadCandles, BadSetting, MissingFile, UnknownName
from thebot.market import Candles, Timeframe
from thebot.market.parquet import read_candles, symbol_and_timeframe, write_candles


def written(path: Path, market: Candles, **changed: object) -> Path:
    columns: dict[str, object] = {**market.columns(), **changed}
    polars.DataFrame(columns).write_parquet(path)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(markets(length=60, timeframes=("1m", "4h", "1w", "1M")))
def test_what_was_written_is_read_to_the_last_bit(tmp_path: Path, market: Candles) -> None:
    path = tmp_path / f"{market.symbol}-{market.timeframe}.parquet"
    write_candles(market, path)
    assert same(read_candles(path), market)
    assert not [file for file in tmp_path.iterdir() if file.suffix != ".parquet"]  # nothing half-written


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "TESTUSDT-1h.parquet"
    market = of_closes([1, 2, 3])
    write_candles(market, path)
    broken = market._with({"close": np.array([object()] * 3)})
    with pytest.raises(Exception):  # noqa: B017, PT011  (whatever polars raises for it)
        write_candles(broken, path)
    assert same(read_candles(path), market)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("row", "change", "why"),
    [
        (3, {"open_time": 2}, "has the same time as the row before it"),
        (4, {"open_time": 1}, "is older than the row before it"),
        (5, {"close": -1.0}, "not a positive number"),
        (5, {"open": 0.0}, "not a positive number"),
        (5, {"low": float("nan")}, "not a positive number"),
        (6, {"high": float("inf")}, "not a positive number"),
        (7, {"high": 1.0}, "has a high below its open, close or low"),
        (7, {"low": 1e6}, "below its open, close or low"),
        (8, {"volume": -1.0}, "volume that is negative"),
        (8, {"volume": float("nan")}, "volume that is negative or not a number"),
    ],
)
def test_impossible_rows_are_refused_with_the_first_of_them(
    tmp_path: Path, row: int, change: dict[str, float], why: str
) -> None:
    market = random_market(seed=5, length=30, timeframe="1h")
    columns = {name: column.copy() for name, column in market.columns().items()}
    for name, value in change.items():
        columns[name][row] = columns[name][int(value)] if name == "open_time" else value
        columns[name][row + 9] = columns[name][row]  # a second one, later, which is not the one to name
    path = written(tmp_path / "TESTUSDT-1h.parquet", market._with(columns))
    with pytest.raises(BadCandles, match=f"row {row} .*{why}") as caught:
        read_candles(path)
    assert caught.value.row == row
    assert caught.value.exit_code == 2


def test_microseconds_are_not_taken_for_milliseconds(tmp_path: Path) -> None:
    market = of_closes([1, 2, 3])
    path = written(tmp_path / "X-1h.parquet", market, open_time=market.open_time * 1000)
    with pytest.raises(BadCandles, match="times are milliseconds"):
        read_candles(path)


def test_an_empty_cell_is_refused_with_its_row(tmp_path: Path) -> None:
    path = written(tmp_path / "X-1h.parquet", of_closes([1, 2, 3]), close=[1.0, None, 3.0])
    with pytest.raises(BadCandles, match="row 1 has no close"):
        read_candles(path)


def test_times_may_be_written_as_timestamps_of_any_unit(tmp_path: Path) -> None:
    market = of_closes([1, 2])
    times = [datetime.fromtimestamp(at / 1000, UTC) for at in market.open_time.tolist()]
    path = written(tmp_path / "X-1h.parquet", market, open_time=times)
    assert read_candles(path).open_time.tolist() == market.open_time.tolist()


def test_a_missing_file_is_answered_with_those_beside_it(tmp_path: Path) -> None:
    write_candles(of_closes([1, 2]), tmp_path / "BTCUSDT-1h.parquet")
    with pytest.raises(MissingFile, match=r"Beside it there is: BTCUSDT-1h\.parquet"):
        read_candles(tmp_path / "BTCUSD-1h.parquet")
    with pytest.raises(MissingFile):
        read_candles(tmp_path / "no" / "BTCUSDT-1h.parquet")


def test_a_file_that_holds_something_else_is_refused_in_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "BTCUSDT-1h.parquet"
    text.write_text("open_time,open\n")
    with pytest.raises(BadSetting, match="cannot be read as Parquet"):
        read_candles(text)
    polars.DataFrame({"time": [1], "price": [2.0]}).write_parquet(text)
    with pytest.raises(BadSetting, match=r"lacks open_time, open, .* it has time, price"):
        read_candles(text)
    written(text, of_closes([1, 2]), close=["1", "2"])
    with pytest.raises(BadSetting, match="column close holds String"):
        read_candles(text)


def test_rows_of_another_timeframe_than_the_files_name_are_refused(tmp_path: Path) -> None:
    minutes = random_market(seed=1, length=50, timeframe="1m")
    with pytest.raises(BadSetting, match=r"1 minutes apart.*They look like 1m"):
        read_candles(written(tmp_path / "X-1h.parquet", minutes))
    hours = random_market(seed=1, length=50, timeframe="1h")
    with pytest.raises(BadSetting, match="They look like 1h"):
        read_candles(written(tmp_path / "X-1m.parquet", hours))


def test_the_name_of_a_file_says_what_it_holds() -> None:
    assert symbol_and_timeframe(Path("a/BTCUSDT-1M.parquet")) == ("BTCUSDT", Timeframe("1M"))
    with pytest.raises(BadSetting, match="SYMBOL-TIMEFRAME"):
        symbol_and_timeframe(Path("BTCUSDT.parquet"))
    with pytest.raises(UnknownName, match="'1h'"):
        symbol_and_timeframe(Path("BTCUSDT-1hr.parquet"))


def test_a_series_written_bare_is_read_without_invented_columns(tmp_path: Path) -> None:
    path = tmp_path / "X-1h.parquet"
    write_candles(of_closes([1, 2, 3], symbol="X"), path)
    again = read_candles(path)
    assert again.trades is None
    assert again.open_time[0] == MONDAY
