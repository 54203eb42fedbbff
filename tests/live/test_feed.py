"""The feed against a real exchange process that replays real candles, and fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs
from tests.live.feeding import HOUR, STREAMS, Said, feeding
from tests.sandbox_process import SandboxProcess, replay_folder  # noqa: F401  (a fixture)

from thebot.errors import UnknownName
from thebot.exchange.binance import StreamOptions
from thebot.market import Candle, Candles, Timeframe
from thebot.market.parquet import read_candles
from thebot.market.resample import resample

pytestmark = pytest.mark.server

FOUR_HOURS = Timeframe("4h")
SPEED = "9000"  # an hour of the file lasts 0.4 s


@pytest.fixture
def replay(replay_folder: Path) -> Iterator[SandboxProcess]:  # noqa: F811
    with SandboxProcess.running("--replay", str(replay_folder), "--speed", SPEED) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def truth(shared: Path) -> dict[str, Candles]:
    return {
        s: read_candles(shared / "data" / "spot" / f"{s}-1h.parquet")
        for s in ("BTCUSDT", "ADAUSDT", "SOLUSDT")
    }


def assert_each_once_and_true(said: Said, truth: Candles, count: int = 3) -> None:
    """From the first of the history to the last of the stream: the file's candles, each once."""
    history, passed = said.history[truth.symbol, "1h"], said.of(truth.symbol)
    assert len(passed) >= count
    first = int(history.open_time[0])
    expected = truth.between(first, passed[-1].close_time)
    times = [*history.open_time.tolist(), *(candle.open_time for candle in passed)]
    assert times == expected.open_time.tolist()
    for name in ("open", "high", "low", "close"):
        ours = [*getattr(history, name).tolist(), *(getattr(candle, name) for candle in passed)]
        assert ours == getattr(expected, name).tolist(), name
    volumes = [*history.volume.tolist(), *(candle.volume for candle in passed)]
    np.testing.assert_allclose(volumes, expected.volume, rtol=1e-6)


async def test_history_and_stream_together_are_the_files_candles_each_once(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT", "ADAUSDT", "SOLUSDT") as (feed, said):
        await said.candles_more("BTCUSDT", 6)
        for symbol in ("BTCUSDT", "ADAUSDT", "SOLUSDT"):
            assert_each_once_and_true(said, truth[symbol])
        assert feed.health()["connected"] is True
        assert feed.health()["findings"] == []
        assert not feed.board.stale.any()


async def test_longer_candles_are_those_that_the_base_candles_add_up_to(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT", timeframes=("4h", "1d")) as (_, said):
        await said.candles_more("BTCUSDT", 2, FOUR_HOURS)
        await said.candles_more("BTCUSDT", 1, Timeframe("1d"))
        for name in ("4h", "1d"):
            longer = Timeframe(name)
            whole = resample(truth["BTCUSDT"], longer)
            for candle, complete in [each for each in said.candles if each[0].timeframe == longer]:
                row = int(np.searchsorted(whole.candles.open_time, candle.open_time))
                expected = whole.candles.candle(row)
                assert complete == whole.complete[row]  # the exchange itself was halted on one of these days
                assert _ohlc(candle) == _ohlc(expected)
                assert candle.volume == pytest.approx(expected.volume, rel=1e-6)
            history = said.history["BTCUSDT", name]
            assert said.of("BTCUSDT", longer)[0].open_time == int(history.close_time[-1])


async def test_a_base_candle_comes_before_the_longer_one_that_it_closes(replay: SandboxProcess) -> None:
    async with feeding(replay, "BTCUSDT") as (_, said):
        await said.candles_more("BTCUSDT", 2, FOUR_HOURS)
        order = [candle for candle, _ in said.candles]
        for i, candle in enumerate(order):
            if candle.timeframe == FOUR_HOURS:
                assert order[i - 1].timeframe == HOUR
                assert order[i - 1].close_time == candle.close_time


async def test_what_a_cut_connection_missed_is_fetched_before_anything_newer(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT", "ADAUSDT") as (feed, said):
        await said.candles_more("BTCUSDT", 1)
        replay.post("/sandbox/faults", {"fault": "refuse_streams", "count": 8})
        replay.post("/sandbox/faults", {"fault": "drop"})
        await said.until(lambda: "disconnected" in said.kinds())
        assert feed.board.stale.all()  # at once, not after a minute
        assert feed.health()["connected"] is False
        await said.until(lambda: said.kinds()[-1] == "live" or said.kinds().count("connected") == 2)
        await said.candles_more("BTCUSDT", 2)
        await said.candles_more("ADAUSDT", 2)
        assert feed.health()["filled_by_rest"] > 0
        for symbol in ("BTCUSDT", "ADAUSDT"):
            assert_each_once_and_true(said, truth[symbol])


async def test_ten_cuts_in_a_row_lose_nothing_and_double_nothing(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT", "ADAUSDT") as (feed, said):
        for _ in range(10):
            replay.post("/sandbox/faults", {"fault": "drop"})
            await said.candles_more("BTCUSDT", 1)
        await said.candles_more("ADAUSDT", 1)
        for symbol in ("BTCUSDT", "ADAUSDT"):
            assert_each_once_and_true(said, truth[symbol], count=8)
        assert feed.health()["stream"]["connects"] >= 5


async def test_an_exchange_that_was_killed_and_started_again_loses_nothing_and_doubles_nothing(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    """The replay begins at its beginning again: what was heard before is not told a second time."""
    async with feeding(replay, "BTCUSDT", "ADAUSDT") as (feed, said):
        await said.candles_more("BTCUSDT", 3)
        replay.kill()
        await said.until(lambda: "disconnected" in said.kinds())
        await asyncio.to_thread(replay.restart)
        await said.candles_more("BTCUSDT", 3)
        await said.candles_more("ADAUSDT", 1)
        await said.until(lambda: feed.health()["connected"])
        for symbol in ("BTCUSDT", "ADAUSDT"):
            assert_each_once_and_true(said, truth[symbol])


async def test_a_candle_whose_closing_event_does_not_come_is_asked_for(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT", "ADAUSDT", ask_after=0.1) as (feed, said):
        replay.post("/sandbox/faults", {"fault": "withhold_close", "symbol": "ADAUSDT", "count": 50})
        await said.candles_more("ADAUSDT", 4)
        assert feed.health()["overdue candles asked for"] > 0
        assert_each_once_and_true(said, truth["ADAUSDT"])


@pytest.mark.parametrize(
    "text",
    [
        "not json at all",
        '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTCUSDT","p":"-1"}}',
        '{"stream":"btcusdt@kline_1h","data":{"e":"kline","E":"soon"}}',
        '{"stream":"btcusdt@bookTicker"}',
        '{"stream":"',
    ],
)
async def test_a_malformed_message_is_counted_and_the_stream_goes_on(
    replay: SandboxProcess, truth: dict[str, Candles], text: str
) -> None:
    async with feeding(replay, "BTCUSDT") as (feed, said):
        replay.post("/sandbox/faults", {"fault": "malformed", "text": text, "count": 3})
        await said.until(lambda: feed.health()["stream"].get("malformed", 0) >= 3)
        assert text[:50] in feed.health()["stream"]["last_malformed"][-1]
        await said.candles_more("BTCUSDT", 3)
        assert "disconnected" not in said.kinds()
        assert_each_once_and_true(said, truth["BTCUSDT"])


async def test_a_connection_that_falls_silent_is_given_up_and_made_anew(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT") as (_, said):
        await said.candles_more("BTCUSDT", 1)
        replay.post("/sandbox/faults", {"fault": "silence", "seconds": 4})
        await said.until(lambda: "disconnected" in said.kinds())
        await said.candles_more("BTCUSDT", 4)
        assert_each_once_and_true(said, truth["BTCUSDT"])


async def test_a_frozen_exchange_is_noticed_and_its_candles_are_mended(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT") as (_, said):
        await said.candles_more("BTCUSDT", 1)
        replay.pause()
        try:
            await said.until(lambda: "disconnected" in said.kinds())
        finally:
            replay.resume()
        await said.candles_more("BTCUSDT", 4)
        assert_each_once_and_true(said, truth["BTCUSDT"])


async def test_a_connection_that_the_exchange_shuts_down_is_changed_without_a_gap(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT", "ADAUSDT") as (feed, said):
        replay.post("/sandbox/faults", {"fault": "shutdown"})
        await said.until(lambda: feed.health()["stream"].get("renewed connections", 0) >= 1)
        await said.candles_more("BTCUSDT", 2)
        assert "disconnected" not in said.kinds()
        assert feed.health()["stream"].get("cuts", 0) == 0
        assert_each_once_and_true(said, truth["BTCUSDT"])


async def test_a_connection_is_renewed_before_it_is_a_day_old_and_nothing_is_doubled(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    streams = StreamOptions(renew_after=0.8, overlap=0.3, backoff=STREAMS.backoff, line=STREAMS.line)
    async with feeding(replay, "BTCUSDT", streams=streams) as (feed, said):
        await said.until(lambda: feed.health()["stream"].get("renewed connections", 0) >= 3)
        await said.candles_more("BTCUSDT", 1)
        assert "disconnected" not in said.kinds()
        assert feed.health()["duplicates"] > 0  # both connections brought the same, one was dropped
        assert feed.health()["findings"] == []
        assert_each_once_and_true(said, truth["BTCUSDT"])


async def test_symbols_come_and_go_while_it_runs(replay: SandboxProcess, truth: dict[str, Candles]) -> None:
    async with feeding(replay, "BTCUSDT") as (feed, said):
        feed.add("ADAUSDT")
        await said.candles_more("ADAUSDT", 2)
        assert feed.board.symbols == ["BTCUSDT", "ADAUSDT"]
        feed.remove("BTCUSDT")
        gone = len(said.of("BTCUSDT"))
        await said.candles_more("ADAUSDT", 3)
        assert len(said.of("BTCUSDT")) == gone
        assert feed.board.symbols == ["ADAUSDT"]
        assert feed.health()["stream"]["streams"] == 4
        assert_each_once_and_true(said, truth["ADAUSDT"])


async def test_an_unknown_symbol_is_answered_with_those_near_it(replay: SandboxProcess) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'BTCUSDT'"):
        async with feeding(replay, "BTCUSD"):
            pass
    async with feeding(replay, "BTCUSDT") as (feed, _):
        with pytest.raises(UnknownName, match="ADAUSDT"):
            feed.add("ADAUSD")


async def test_the_forming_candle_is_the_base_candle_in_progress_and_the_longer_one_holds_it(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT") as (feed, said):
        await said.candles_more("BTCUSDT", 2)
        await said.until(lambda: feed.forming("BTCUSDT", HOUR) is not None)
        short, longer = feed.forming("BTCUSDT", HOUR), feed.forming("BTCUSDT", FOUR_HOURS)
        assert short is not None
        assert longer is not None
        last = said.of("BTCUSDT")[-1]
        assert short.open_time >= last.close_time
        assert not short.closed
        final = truth["BTCUSDT"].between(short.open_time, short.close_time).candle(0)
        assert final.low <= short.low <= short.close <= short.high <= final.high
        assert short.open == final.open
        assert longer.open_time == FOUR_HOURS.floor(short.open_time)
        assert longer.close == short.close


async def test_older_candles_come_from_the_exchange_and_join_those_in_memory(
    replay: SandboxProcess, truth: dict[str, Candles]
) -> None:
    async with feeding(replay, "BTCUSDT", history=50) as (feed, _):
        candles = await feed.candles("BTCUSDT", HOUR, limit=300)
        assert len(candles) == 300
        expected = truth["BTCUSDT"].between(int(candles.open_time[0]), int(candles.close_time[-1]))
        assert candles.open_time.tolist() == expected.open_time.tolist()
        assert candles.close.tolist() == expected.close.tolist()
        older = await feed.candles("BTCUSDT", HOUR, limit=10, end=int(candles.open_time[0]))
        assert int(older.close_time[-1]) == int(candles.open_time[0])


async def test_a_charts_timeframe_is_kept_from_then_on(replay: SandboxProcess) -> None:
    two_hours = Timeframe("2h")
    async with feeding(replay, "BTCUSDT", max_tracked=2) as (feed, said):
        assert feed.forming("BTCUSDT", two_hours) is None
        await asyncio.gather(*(feed.track("BTCUSDT", two_hours) for _ in range(5)))
        await said.candles_more("BTCUSDT", 2, two_hours)
        history = said.history["BTCUSDT", "2h"]
        assert said.of("BTCUSDT", two_hours)[0].open_time == int(history.close_time[-1])
        for name in ("6h", "12h", "1d"):  # more than may be tracked: the longest unused goes
            await feed.track("BTCUSDT", Timeframe(name))
        assert feed.forming("BTCUSDT", two_hours) is None


async def test_a_listener_that_fails_does_not_stop_the_feed(replay: SandboxProcess) -> None:
    class Failing(Said):
        def on_candle(self, candle: Candle, complete: bool) -> None:
            super().on_candle(candle, complete)
            raise ValueError("a mistake in a strategy")

    with capture_logs() as logged:  # rendering a traceback takes longer than a candle lasts here
        async with feeding(replay, "BTCUSDT", listener=Failing()) as (feed, said):
            await said.candles_more("BTCUSDT", 3)
            assert feed.health()["listener errors"] >= 3
    assert [each["call"] for each in logged if each["log_level"] == "error"][:3] == ["on_candle"] * 3


async def test_without_an_exchange_it_says_so_and_begins_when_there_is_one(replay: SandboxProcess) -> None:
    replay.kill()
    async with feeding(replay.url, "BTCUSDT") as (feed, said):
        await said.until(lambda: "cannot be reached" in feed.health()["trouble"])
        assert "notice" in said.kinds()
        await asyncio.to_thread(replay.restart)
        await said.until(lambda: len(said.of("BTCUSDT")) >= 2)
        assert feed.health()["trouble"] == ""


async def test_a_market_that_says_nothing_is_marked_stale(replay: SandboxProcess) -> None:
    async with feeding(replay, "BTCUSDT", stale_after=1.0) as (feed, said):
        replay.post("/sandbox/faults", {"fault": "quiet", "seconds": 10})
        await said.until(lambda: "stale" in said.kinds())
        assert feed.board.stale.all()
        assert "disconnected" not in said.kinds()


async def test_closing_leaves_nothing_running(replay: SandboxProcess) -> None:
    before = asyncio.all_tasks()
    async with feeding(replay, "BTCUSDT", "ADAUSDT") as (_, said):
        await said.candles_more("BTCUSDT", 1)
    assert asyncio.all_tasks() == before


def _ohlc(candle: Candle) -> tuple[float, float, float, float]:
    return candle.open, candle.high, candle.low, candle.close
