"""Symbols that come and go while the feed runs, and charts that are looked at: nothing stays behind."""

from __future__ import annotations

import asyncio
import gc

import pytest
from tests.live.by_hand import FOUR_HOURS, HOUR, ByHand, fed
from tests.market.series import random_market

from thebot.errors import UnknownName
from thebot.live.lane import Lane
from thebot.market import Candles, Symbol, Timeframe
from thebot.market.resample import resample

SYMBOLS = ("AUSDT", "BUSDT", "CUSDT")
TWO_HOURS, SIX_HOURS, WEEK = Timeframe("2h"), Timeframe("6h"), Timeframe("1w")
LONGER = (TWO_HOURS, FOUR_HOURS, SIX_HOURS, WEEK)


def market(symbol: Symbol, seed: int) -> dict[tuple[Symbol, Timeframe], Candles]:
    hours = random_market(seed=seed, length=1_200, timeframe="1h", symbol=symbol)
    return {(symbol, HOUR): hours, **{(symbol, each): resample(hours, each).candles for each in LONGER}}


KNOWN = {key: rows for seed, symbol in enumerate(SYMBOLS) for key, rows in market(symbol, seed).items()}


def exchange(row: int = 600) -> ByHand:
    """At the close of the hour before `row`."""
    return ByHand(KNOWN, int(KNOWN["AUSDT", HOUR].open_time[row]))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_more_symbol_does_not_look_like_a_lost_connection() -> None:
    source = exchange()
    async with fed(source, "AUSDT") as (feed, said):
        feed.add("BUSDT")
        feed.add("CUSDT")
        source.up("BUSDT")  # the other is not confirmed yet
        source.up("CUSDT")
        await said.until(lambda: feed.health()["warm"] == 3)
        assert feed.health()["connected"]
        assert "disconnected" not in said.kinds()


async def test_when_the_only_symbol_that_was_cut_is_taken_away_everything_is_heard_again() -> None:
    source = exchange()
    async with fed(source, "AUSDT", "BUSDT") as (feed, said):
        source.down("BUSDT")
        assert not feed.health()["connected"]
        feed.remove("BUSDT")
        assert feed.health()["connected"]
        assert said.kinds()[-1] == "connected"


async def test_of_a_symbol_taken_away_while_its_candles_are_asked_for_nothing_more_is_said() -> None:
    source = exchange()
    async with fed(source, "AUSDT", "BUSDT") as (feed, said):
        await settled()
        source.down("BUSDT")
        source.held.clear()
        source.now = int(KNOWN["BUSDT", HOUR].open_time[605])  # five were missed
        await source.time()
        asked = source.asked
        source.up("BUSDT")
        await said.until(lambda: source.asked > asked)
        feed.remove("BUSDT")
        source.held.set()
        await settled()
        assert said.of("BUSDT") == []


async def test_a_symbol_taken_away_before_its_history_came_says_nothing() -> None:
    source = exchange()
    async with fed(source, "AUSDT") as (feed, said):
        source.held.clear()
        asked = source.asked
        feed.add("BUSDT")
        await said.until(lambda: source.asked > asked)
        feed.remove("BUSDT")
        source.held.set()
        await settled()
        assert ("BUSDT", "1h") not in said.history
        assert feed.health()["warm"] == 1


async def test_symbols_that_come_and_go_leave_nothing_in_memory() -> None:
    source = exchange()
    async with fed(source, "AUSDT", timeframes=(FOUR_HOURS,)) as (feed, said):
        for _ in range(5):
            feed.add("BUSDT")
            source.up("BUSDT")
            await said.until(lambda: feed.health()["warm"] == 2)
            await feed.track("BUSDT", SIX_HOURS)
            await settled()
            feed.remove("BUSDT")
            said.history = {key: rows for key, rows in said.history.items() if key[0] == "AUSDT"}
        await settled()
        gc.collect()
        lanes = [each for each in gc.get_objects() if type(each) is Lane]
        assert {lane.symbol for lane in lanes} == {"AUSDT"}
        assert {channel.symbol for channel in source.wanted} == {"AUSDT"}


async def test_watched_again_it_goes_on_from_new_history() -> None:
    source, hours = exchange(), KNOWN["BUSDT", HOUR]
    async with fed(source, "AUSDT", "BUSDT") as (feed, said):
        feed.remove("BUSDT")
        del said.history["BUSDT", "1h"]
        source.now = int(hours.open_time[610])
        feed.add("BUSDT")
        source.up("BUSDT")
        await said.until(lambda: ("BUSDT", "1h") in said.history)
        await settled()
        source.close_candle(hours.candle(610))
        await said.until(lambda: said.of("BUSDT"))
        assert said.history["BUSDT", "1h"].open_time[-1] == hours.open_time[609]
        assert [each.open_time for each in said.of("BUSDT")] == [hours.open_time[610]]


async def test_a_chart_reads_memory_and_asks_only_for_what_is_older() -> None:
    source, hours = exchange(), KNOWN["AUSDT", HOUR]
    async with fed(source, "AUSDT", history=100) as (feed, _):
        await settled()
        asked = source.asked
        newest = await feed.candles("AUSDT", HOUR, limit=50)
        assert source.asked == asked
        assert newest.close.tolist() == hours.close[550:600].tolist()
        joined = await feed.candles("AUSDT", HOUR, limit=250)
        assert source.asked == asked + 1
        assert joined.close.tolist() == hours.close[350:600].tolist()
        before = await feed.candles("AUSDT", HOUR, limit=10, end=int(hours.open_time[400]))
        assert before.close.tolist() == hours.close[390:400].tolist()


async def test_where_the_exchange_has_nothing_older_it_is_not_asked() -> None:
    source, hours = exchange(row=30), KNOWN["AUSDT", HOUR]
    async with fed(source, "AUSDT", history=100) as (feed, _):
        await settled()
        asked = source.asked
        assert len(await feed.candles("AUSDT", HOUR, limit=500)) == 30
        assert len(await feed.candles("AUSDT", HOUR, limit=5, end=int(hours.open_time[0]))) == 0
        assert source.asked == asked


async def test_a_charts_timeframe_is_kept_up_from_base_candles_and_equals_the_exchanges_own() -> None:
    source, hours = exchange(row=601), KNOWN["AUSDT", HOUR]
    async with fed(source, "AUSDT") as (feed, said):
        await settled()
        await feed.track("AUSDT", SIX_HOURS)
        for row in range(601, 620):
            source.close_candle(hours.candle(row))
        own = KNOWN["AUSDT", SIX_HOURS]
        expected = own[100:103]  # hours 600 to 617
        assert [(c.open_time, c.high, c.low, c.close) for c in said.of("AUSDT", SIX_HOURS)] == [
            (c.open_time, c.high, c.low, c.close) for c in expected
        ]
        newest = await feed.candles("AUSDT", SIX_HOURS, limit=103)
        assert newest.close.tolist() == own.close[:103].tolist()


async def test_of_the_charts_timeframes_the_longest_unlooked_at_goes_first() -> None:
    source = exchange()
    async with fed(source, "AUSDT", max_tracked=2) as (feed, said):
        await settled()
        await feed.track("AUSDT", TWO_HOURS)
        await feed.track("AUSDT", FOUR_HOURS)
        await feed.candles("AUSDT", TWO_HOURS, limit=5)  # looked at again
        await feed.track("AUSDT", SIX_HOURS)
        asked = source.asked
        await feed.candles("AUSDT", TWO_HOURS, limit=5)
        await feed.candles("AUSDT", SIX_HOURS, limit=5)
        assert source.asked == asked
        await feed.candles("AUSDT", FOUR_HOURS, limit=5)
        assert source.asked == asked + 1
        assert "finding" not in said.kinds()


async def test_asked_for_by_several_at_once_it_is_loaded_once() -> None:
    source = exchange()
    async with fed(source, "AUSDT") as (feed, said):
        await settled()
        await asyncio.gather(*(feed.track("AUSDT", SIX_HOURS) for _ in range(5)))
        assert ("AUSDT", "6h") in said.history  # `Said` refuses a second one


async def test_a_chart_of_a_symbol_taken_away_meanwhile_is_not_kept() -> None:
    source = exchange()
    async with fed(source, "AUSDT", "BUSDT") as (feed, said):
        await settled()
        source.held.clear()
        asked = source.asked
        tracking = asyncio.create_task(feed.track("BUSDT", SIX_HOURS))
        await said.until(lambda: source.asked > asked)
        feed.remove("BUSDT")
        source.held.set()
        await tracking
        assert ("BUSDT", "6h") not in said.history
        with pytest.raises(UnknownName, match="AUSDT"):
            await feed.track("BUSDT", SIX_HOURS)
