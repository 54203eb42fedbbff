"""The replay of real files gives back exactly what is in them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars
import pytest
from tests.exchange.sandbox.market_of import Hall, HandClock, candles_file

from thebot.errors import BadCandles, BadSetting, MissingFile
from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.replay import Replay, opened
from thebot.market.parquet import read_candles, write_candles
from thebot.market.timeframe import HOUR, MINUTE


def hall_at_the_end(source: Replay) -> Hall:
    end = max(source.end(symbol) or 0 for symbol in source.listings)
    clock = HandClock(end + 1, 360.0)
    return Hall(Exchange(source, clock), clock)


def all_rows(hall: Hall, symbol: str, interval: str, start: int) -> np.ndarray:
    """The numbers of all klines, shape (candles, 6): open time, open, high, low, close, volume."""
    rows: list[list[object]] = []
    at = start
    while True:
        more = hall.ask("klines", symbol=symbol, interval=interval, startTime=at, limit=1000)
        rows += more
        if len(more) < 1000:
            return np.array([row[:6] for row in rows], float)
        at = more[-1][6] + 1


def test_every_real_candle_comes_back_exactly_by_rest(shared: Path) -> None:
    replay = opened(shared / "data" / "spot", None, 10.0)
    assert replay.timeframe.name == "1h"
    assert len(replay.left_out) == 2
    assert all("2019" in reason for reason in replay.left_out)
    assert {"BTCUSDT", "LUNAUSDT", "USTUSDT"} <= set(replay.source.listings)
    hall = hall_at_the_end(replay.source)
    for symbol in replay.source.listings:
        candles = read_candles(shared / "data" / "spot" / f"{symbol}-1h.parquet")
        rows = all_rows(hall, symbol, "1h", int(candles.open_time[0]))
        expected = [candles.open_time, candles.open, candles.high, candles.low, candles.close, candles.volume]
        for i, column in enumerate(expected):
            np.testing.assert_array_equal(rows[:, i], column, err_msg=f"{symbol} column {i}")


def test_a_month_of_bitcoin_is_summed_beyond_64_bits_without_an_error(shared: Path) -> None:
    hall = hall_at_the_end(opened(shared / "data" / "spot" / "BTCUSDT-1h.parquet", None, 10.0).source)
    hours = hall.ask(
        "klines", symbol="BTCUSDT", interval="1h", startTime=1_619_827_200_000, limit=744
    )  # 2021-05
    month = hall.ask("klines", symbol="BTCUSDT", interval="1M", startTime=1_619_827_200_000, limit=1)[0]
    assert Decimal(month[5]) == sum(Decimal(row[5]) for row in hours if row[0] <= month[6])
    assert Decimal(month[7]) == sum(Decimal(row[7]) for row in hours if row[0] <= month[6])
    assert Decimal(month[7]) > 92_233_720_368, "hundred-millionths of it would not fit 64 bits"


def test_the_inner_path_of_real_candles_touches_and_sums_exactly(shared: Path) -> None:
    source = opened(shared / "data" / "spot", None, 10.0).source
    for symbol in source.listings:
        bars = source.bars(symbol, 0, 1 << 60)
        for row in range(0, len(bars.open_time), 400):
            path = source.path(symbol, int(bars.open_time[row]))
            assert path is not None
            assert path.exact, f"{symbol} row {row}: {bars.row(row)}"


def test_real_trades_are_streamed_as_they_were(shared: Path) -> None:
    file = shared / "data" / "spot" / "XRPETH-trades.parquet"
    replay = opened(file, None, 10.0)
    clock = HandClock(replay.clock.start, replay.clock.speed)
    assert replay.clock.speed == 6, "a minute lasts ten seconds"
    hall = Hall(Exchange(replay.source, clock), clock)
    ear = hall.listen(["xrpeth@trade"])
    hall.run(2 * HOUR)
    trades = polars.read_parquet(file).filter(
        (polars.col("time") > replay.clock.start) & (polars.col("time") <= hall.exchange.now)
    )
    heard = ear.of("xrpeth@trade")
    assert len(heard) == len(trades) > 100
    assert [t["t"] for t in heard] == trades["id"].to_list()
    assert [t["T"] for t in heard] == trades["time"].to_list()
    assert [float(t["p"]) for t in heard] == trades["price"].to_list()
    assert [float(t["q"]) for t in heard] == trades["amount"].to_list()
    assert [t["m"] for t in heard] == [side == "sell" for side in trades["side"].to_list()]


def test_the_minutes_of_real_trades_are_the_real_minutes_and_quiet_ones_are_flat(shared: Path) -> None:
    hall = hall_at_the_end(opened(shared / "data" / "spot" / "XRPETH-trades.parquet", None, 10.0).source)
    candles = read_candles(shared / "data" / "spot" / "XRPETH-1m.parquet")
    rows = all_rows(hall, "XRPETH", "1m", 0)
    busy = rows[rows[:, 5] > 0]
    for i, column in enumerate([candles.open_time, candles.open, candles.high, candles.low, candles.close]):
        np.testing.assert_array_equal(busy[:, i], column)
    np.testing.assert_allclose(busy[:, 5], candles.volume, rtol=1e-12)
    assert set(np.diff(rows[:, 0])) == {MINUTE}
    quiet = np.flatnonzero(rows[:, 5] == 0)
    np.testing.assert_array_equal(rows[quiet, 1:5], np.repeat(rows[quiet - 1, 4:5], 4, axis=1))


def test_a_single_file_and_all_its_columns_are_given_back(tmp_path: Path) -> None:
    candles = candles_file(tmp_path)
    value = np.round(candles.volume * (candles.high + candles.low) / 2, 5)
    full = replace(
        candles,
        quote_volume=value,
        trades=np.arange(5, 565),
        taker_buy_volume=np.round(candles.volume * 0.4, 3),
    )
    write_candles(full, tmp_path / "AAAUSDT-1h.parquet")
    hall = hall_at_the_end(opened(tmp_path / "AAAUSDT-1h.parquet", 10.0, 10.0).source)
    rows = hall.ask("klines", symbol="AAAUSDT", interval="1h", limit=560)
    assert [float(row[7]) for row in rows] == value.tolist()
    assert [row[8] for row in rows] == list(range(5, 565))
    assert [float(row[9]) for row in rows] == full.taker_buy_volume.tolist()  # type: ignore[union-attr]  # just given


def test_what_cannot_be_replayed_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no file or folder"):
        opened(tmp_path / "nothing.parquet", None, 10.0)
    with pytest.raises(MissingFile, match="holds no Parquet file"):
        opened(tmp_path, None, 10.0)
    candles = candles_file(tmp_path)
    upside_down = candles.rows(np.arange(len(candles))[::-1])
    write_candles(upside_down, tmp_path / "AAAUSDT-1h.parquet")
    with pytest.raises(BadCandles, match="row 1 ") as caught:
        opened(tmp_path / "AAAUSDT-1h.parquet", None, 10.0)
    assert caught.value.row == 1
    (tmp_path / "AAAUSDT-1h.parquet").write_bytes(b"not parquet")
    with pytest.raises(BadSetting, match="cannot be read"):
        opened(tmp_path / "AAAUSDT-1h.parquet", None, 10.0)
    write_candles(replace(candles, open_time=candles.open_time + 60_000), tmp_path / "AAAUSDT-1h.parquet")
    with pytest.raises(BadCandles, match="border of 1h"):
        opened(tmp_path / "AAAUSDT-1h.parquet", None, 10.0)


def test_a_bad_file_in_a_folder_is_left_out_with_the_reason(tmp_path: Path) -> None:
    candles_file(tmp_path)
    (tmp_path / "BBBUSDT-1h.parquet").write_bytes(b"not parquet")
    replay = opened(tmp_path, None, 10.0)
    assert list(replay.source.listings) == ["AAAUSDT"]
    assert replay.left_out[0].startswith("BBBUSDT-1h.parquet: ")


def test_a_day_of_a_time_zone_that_cuts_hours_is_the_sum_of_its_quarters(shared: Path) -> None:
    hall = hall_at_the_end(opened(shared / "data" / "spot" / "ADAUSDT-1h.parquet", None, 10.0).source)
    days = hall.ask("klines", symbol="ADAUSDT", interval="1d", timeZone="5:45", limit=6)
    for day in days[1:-1]:
        assert (day[0] + (5 * 60 + 45) * MINUTE) % (24 * HOUR) == 0
        span = {"startTime": day[0], "endTime": day[6]}
        quarters = hall.ask("klines", symbol="ADAUSDT", interval="15m", **span)
        assert len(quarters) == 96
        assert sum(Decimal(row[5]) for row in quarters) == Decimal(day[5])
        assert sum(Decimal(row[7]) for row in quarters) == Decimal(day[7])
        # A quarter without trades is flat at the last price, which may be outside those of the day.
        assert max(Decimal(row[2]) for row in quarters if row[8]) == Decimal(day[2])
        assert quarters[-1][4] == day[4]


def trades_file(folder: Path, **columns: list[object]) -> Path:
    """AAAUSDT-trades.parquet of four trades, with these columns instead of its own."""
    file = folder / "AAAUSDT-trades.parquet"
    usual: dict[str, list[object]] = {
        "time": [1_600_000_000_000 + second * 1000 for second in (0, 1, 1, 90)],
        "id": [7, 8, 9, 10],
        "price": [10.5, 10.6, 10.6, 10.4],
        "qty": [1.0, 2.0, 0.5, 4.0],
        "isBuyerMaker": [True, False, True, False],
    }
    polars.DataFrame(usual | columns).write_parquet(file)
    return file


def test_trades_as_binance_publishes_them_make_their_minutes(tmp_path: Path) -> None:
    times = [1_600_000_000_000_000 + second * 1_000_000 for second in (0, 1, 1, 90)]  # microseconds
    hall = hall_at_the_end(opened(trades_file(tmp_path, time=times), None, 10.0).source)
    rows = hall.ask("klines", symbol="AAAUSDT", interval="1m")
    assert [[float(x) for x in row[1:6]] for row in rows] == [
        [10.5, 10.6, 10.5, 10.6, 3.5],
        [10.6, 10.6, 10.6, 10.6, 0],
        [10.4, 10.4, 10.4, 10.4, 4],
    ][: len(rows)]
    trades = hall.ask("historicalTrades", symbol="AAAUSDT", fromId=7)
    assert [trade["id"] for trade in trades] == [7, 8, 9, 10]
    assert [trade["isBuyerMaker"] for trade in trades] == [True, False, True, False]


@pytest.mark.parametrize(
    ("columns", "row", "trouble"),
    [
        ({"time": [1_600_000_002_000, 1_600_000_003_000, 1_600_000_001_000, 1_600_000_009_000]}, 2, "older"),
        ({"id": [7, 8, 8, 9]}, 2, "repeats the id"),
        ({"price": [10.5, 10.6, 0.0, 10.4]}, 2, "no positive price"),
        ({"qty": [1.0, float("nan"), 1.0, 1.0]}, 1, "no positive price and quantity"),
        ({"price": [10.5, 10.6, None, 10.4]}, 2, "has no price"),
        ({"side": ["buy", "sell", "both", "buy"]}, 2, "neither buy nor sell"),
    ],
)
def test_a_bad_trade_is_named_by_its_row(
    tmp_path: Path, columns: dict[str, list[object]], row: int, trouble: str
) -> None:
    with pytest.raises(BadCandles, match=f"row {row} .*{trouble}") as caught:
        opened(trades_file(tmp_path, **columns), None, 10.0)
    assert caught.value.row == row


def test_a_file_that_holds_no_trades_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="column price holds String"):
        opened(trades_file(tmp_path, price=["a", "b", "c", "d"]), None, 10.0)
    (tmp_path / "AAAUSDT-trades.parquet").write_bytes(b"not parquet")
    with pytest.raises(BadSetting, match="cannot be read as Parquet"):
        opened(tmp_path / "AAAUSDT-trades.parquet", None, 10.0)
    candles_file(tmp_path, "AAAUSDT")
    (tmp_path / "AAAUSDT-1h.parquet").rename(tmp_path / "AAAUSDT-trades.parquet")
    with pytest.raises(BadSetting, match="has no column time"):
        opened(tmp_path / "AAAUSDT-trades.parquet", None, 10.0)
