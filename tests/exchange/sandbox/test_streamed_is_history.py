"""What was streamed is what history says later: candles, trades, ids, for both sources."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from tests.exchange.sandbox.market_of import Hall, HandClock, candles_file, row_of, rows_of, simulated

from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.market import Withheld
from thebot.exchange.sandbox.replay import opened
from thebot.market.parquet import write_candles
from thebot.market.timeframe import HOUR, MINUTE


def replayed(folder: Path, trades_per_second: float = 10.0) -> Hall:
    replay = opened(folder, None, trades_per_second)
    clock = HandClock(replay.clock.start, replay.clock.speed)
    return Hall(Exchange(replay.source, clock), clock)


def assert_streamed_is_history(hall: Hall, symbol: str, intervals: list[str], run: int) -> int:
    names = {interval: f"{symbol.lower()}@kline_{interval}" for interval in intervals}
    ear = hall.listen(names.values())
    began = hall.exchange.now
    hall.run(run)
    checked = 0
    for interval, name in names.items():
        closed = {k["k"]["t"]: k for k in ear.of(name) if k["k"]["x"]}
        assert len(closed) == sum(k["k"]["x"] for k in ear.of(name)), "no candle closes twice"
        rows = rows_of(hall, symbol, interval, began, hall.exchange.now)
        missing = [at for at in rows if at not in closed]
        assert not missing, f"{interval}: these candles never closed in the stream"
        for at, kline in closed.items():
            row = rows.get(at) or rows_of(hall, symbol, interval, at, at + 1)[at]
            assert row_of(kline) == row, f"{interval} of {at}"
            checked += 1
        for update in ear.of(name):
            k = update["k"]
            assert k["L"] - k["f"] + 1 == k["n"] or (k["f"], k["L"], k["n"]) == (-1, -1, 0)
    return checked


@pytest.mark.parametrize("rate", [0.02, 5.0])
def test_simulated_candles_close_in_the_stream_as_history_has_them(rate: float) -> None:
    hall = simulated("BTCUSDT", "XRPUSDT", rate=rate)
    assert (
        assert_streamed_is_history(hall, "BTCUSDT", ["1s", "1m", "3m", "5m"], 6 * MINUTE) == 360 + 6 + 2 + 1
    )


def test_replayed_candles_close_in_the_stream_as_history_has_them(tmp_path: Path) -> None:
    candles_file(tmp_path)
    hall = replayed(tmp_path)
    assert assert_streamed_is_history(hall, "AAAUSDT", ["15m", "1h", "2h", "4h", "1d"], 30 * HOUR) > 160


def test_candles_around_a_gap_close_as_history_has_them_and_missing_ones_never_exist(tmp_path: Path) -> None:
    candles_file(tmp_path, without=[505, 506, 507, 508, 509, 515])
    hall = replayed(tmp_path)
    # Candles of 2h and 4h are cut by the gap: they hold what was traded.
    assert assert_streamed_is_history(hall, "AAAUSDT", ["30m", "1h", "2h", "4h"], 24 * HOUR) == 70
    opens = [row[0] for row in hall.ask("klines", symbol="AAAUSDT", interval="1h", limit=30)]
    gaps = [b - a for a, b in pairwise(opens) if b - a != HOUR]
    assert gaps == [6 * HOUR, 2 * HOUR]


def test_nothing_is_streamed_during_a_halt(tmp_path: Path) -> None:
    candles_file(tmp_path, without=[502, 503])
    hall = replayed(tmp_path)
    kinds = ("aggTrade", "trade", "bookTicker", "kline_1h", "kline_1m", "miniTicker", "depth@100ms", "depth5")
    ear = hall.listen([f"aaausdt@{kind}" for kind in kinds])
    hall.run(2 * HOUR + 1000)
    assert hall.ask("exchangeInfo")["symbols"][0]["status"] == "HALT"
    ear.heard.clear()
    hall.run(2 * HOUR - 3000)
    assert [
        event for event in ear.heard if event["stream"] not in ("aaausdt@miniTicker", "aaausdt@depth@100ms")
    ] == []
    hall.run(HOUR)
    assert hall.ask("exchangeInfo")["symbols"][0]["status"] == "TRADING"
    assert ear.of("aaausdt@aggTrade")


def test_after_the_last_candle_the_market_is_halted_for_good(tmp_path: Path) -> None:
    candles = candles_file(tmp_path, count=505)
    hall = replayed(tmp_path)
    assert not hall.exchange.ended
    hall.run(6 * HOUR)
    assert hall.exchange.ended
    assert len(hall.ask("klines", symbol="AAAUSDT", interval="1h", limit=1000)) == len(candles)


def test_a_symbol_that_begins_later_is_listed_as_break_until_its_first_candle(tmp_path: Path) -> None:
    candles_file(tmp_path)
    late = candles_file(tmp_path, "ZZZUSDT", count=600).rows(slice(520, None))
    write_candles(late, tmp_path / "ZZZUSDT-1h.parquet")
    hall = replayed(tmp_path)
    status = lambda: {s["symbol"]: s["status"] for s in hall.ask("exchangeInfo")["symbols"]}  # noqa: E731
    assert status() == {"AAAUSDT": "TRADING", "ZZZUSDT": "BREAK"}
    assert hall.ask("klines", symbol="ZZZUSDT", interval="1h") == []
    ear = hall.listen(["zzzusdt@kline_1h"])
    hall.run(22 * HOUR)
    assert status()["ZZZUSDT"] == "TRADING"
    assert [k["k"]["t"] for k in ear.of("zzzusdt@kline_1h") if k["k"]["x"]] == late.open_time[:2].tolist()


@pytest.mark.parametrize("source", ["simulator", "replay"])
def test_streamed_trades_are_what_rest_lists_later_and_sum_to_the_candles(
    source: str, tmp_path: Path
) -> None:
    if source == "replay":
        candles_file(tmp_path)
        hall, symbol, run = replayed(tmp_path), "AAAUSDT", 3 * HOUR
    else:
        hall, symbol, run = simulated("BTCUSDT", rate=3), "BTCUSDT", 2 * MINUTE
    name = symbol.lower()
    ear = hall.listen([f"{name}@aggTrade", f"{name}@trade"])
    hall.run(run)
    streamed = ear.of(f"{name}@aggTrade")
    ids = [trade["a"] for trade in streamed]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    listed = hall.ask("aggTrades", symbol=symbol, fromId=ids[0], limit=1000)
    shape = ("a", "p", "q", "f", "l", "T", "m", "M")
    assert listed == [{key: trade[key] for key in shape} for trade in streamed][:1000]
    assert hall.ask("aggTrades", symbol=symbol, limit=5) == [
        {key: t[key] for key in shape} for t in streamed[-5:]
    ]
    span = {"startTime": streamed[3]["T"], "endTime": streamed[9]["T"]}
    assert [t["a"] for t in hall.ask("aggTrades", symbol=symbol, **span)] == ids[3:10]
    singles = ear.of(f"{name}@trade")
    numbers = [trade["t"] for trade in singles]
    assert numbers == list(range(streamed[0]["f"], streamed[-1]["l"] + 1))
    recent = hall.ask("trades", symbol=symbol, limit=7)
    assert [(t["id"], t["price"], t["qty"], t["time"]) for t in recent] == [
        (t["t"], t["p"], t["q"], t["T"]) for t in singles[-7:]
    ]
    old = hall.ask("historicalTrades", symbol=symbol, fromId=numbers[2], limit=4)
    assert [t["id"] for t in old] == numbers[2:6]
    assert sum(Decimal(t["q"]) for t in singles) == sum(Decimal(t["q"]) for t in streamed)


def test_the_forming_candle_is_the_same_in_stream_and_rest_at_every_moment() -> None:
    hall = simulated("BTCUSDT")
    ear = hall.listen(["btcusdt@kline_1m", "btcusdt@kline_1h"])
    for _ in range(40):
        hall.run(500)
        for interval in ("1m", "1h"):
            heard = ear.of(f"btcusdt@kline_{interval}")
            if heard and heard[-1]["E"] == hall.exchange.now and not heard[-1]["k"]["x"]:
                assert (
                    row_of(heard[-1]) == hall.ask("klines", symbol="BTCUSDT", interval=interval, limit=1)[0]
                )


def test_klines_are_updated_every_two_seconds_and_closed_even_without_trades() -> None:
    hall = simulated("BTCUSDT", rate=0.01)  # now and then a trade
    ear = hall.listen(["btcusdt@kline_1m"])
    hall.run(5 * MINUTE)
    klines = ear.of("btcusdt@kline_1m")
    assert sum(k["k"]["x"] for k in klines) == 5
    busy = simulated("BTCUSDT", rate=20.0)
    ear = busy.listen(["btcusdt@kline_1m"])
    busy.run(MINUTE)
    times = [k["E"] for k in ear.of("btcusdt@kline_1m") if not k["k"]["x"]]
    assert {b - a for a, b in pairwise(times)} == {2000}


def test_in_a_fast_replay_a_kline_is_updated_at_most_four_times_a_real_second(tmp_path: Path) -> None:
    candles_file(tmp_path)
    hall = replayed(tmp_path)
    ear = hall.listen(["aaausdt@kline_1h"])
    hall.run(HOUR)  # ten real seconds
    assert 30 <= len(ear.of("aaausdt@kline_1h")) <= 42


def test_closing_events_can_be_withheld_as_quiet_symbols_do() -> None:
    hall = simulated("BTCUSDT")
    ear = hall.listen(["btcusdt@kline_1m", "btcusdt@kline_3m"])
    hall.exchange.markets["BTCUSDT"].withheld.append(Withheld("1m", 2))
    hall.run(4 * MINUTE)
    assert sum(k["k"]["x"] for k in ear.of("btcusdt@kline_1m")) == 2
    assert sum(k["k"]["x"] for k in ear.of("btcusdt@kline_3m")) == 1
