"""The engine: every strategy over every symbol and timeframe, warm or not, at each close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import numpy as np
import pytest
from tests.market.series import random_market

from thebot.indicators import close, crosses_above, crosses_below, ema, indicator, volume
from thebot.indicators.indicator import forget
from thebot.live.engine import HISTORIES_WAITING, Engine, EngineOptions
from thebot.market import Candles, Timeframe
from thebot.strategy import Signal, SignalRule, Strategy

MINUTE, FIVE = Timeframe("1m"), Timeframe("5m")
CROSSING = Strategy(name="crossing", entry=crosses_above(close, ema(5)), exit=crosses_below(close, ema(5)))


class Told:
    """What the engine said, in order."""

    def __init__(self) -> None:
        self.live: list[Signal] = []
        self.past: list[Signal] = []
        self.warm = 0

    def __call__(self, signals: Sequence[Signal], from_history: bool) -> None:
        (self.past if from_history else self.live).extend(signals)

    def on_warm(self) -> None:
        self.warm += 1


@asynccontextmanager
async def engine(
    *strategies: Strategy, timeframes: tuple[Timeframe, ...] = (MINUTE,), room: asyncio.Event | None = None
) -> AsyncIterator[tuple[Engine, Told]]:
    told = Told()
    made = Engine(
        EngineOptions(strategies or (CROSSING,), timeframes),
        lambda symbol: 2,
        told,
        room=None if room is None else _waiting(room),
        on_warm=told.on_warm,
    )
    running = asyncio.create_task(made.run())
    try:
        yield made, told
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _waiting(room: asyncio.Event):  # noqa: ANN202  (a coroutine function)
    async def wait() -> None:
        await room.wait()

    return wait


async def warm(made: Engine, ready: int) -> None:
    await until(lambda: made.ready >= ready)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  (nothing tells of it)
            await asyncio.sleep(0.001)


def market(symbol: str = "TESTUSDT", seed: int = 1, length: int = 300) -> Candles:
    return replace(random_market(seed=seed, length=length), symbol=symbol)


def trading(candles: Candles) -> Candles:
    """The same with something traded in each."""
    return replace(candles, volume=candles.volume + 1)


def by_the_rule(candles: Candles) -> list[Signal]:
    return SignalRule(CROSSING, candles.symbol, MINUTE).warm(candles)


async def test_history_and_what_closes_later_give_the_rules_signals_each_once() -> None:
    candles = market()
    async with engine() as (made, told):
        made.on_history("TESTUSDT", MINUTE, candles[:200])
        await warm(made, 1)
        for candle in candles[200:]:
            made.on_candle(candle)
        assert told.past == by_the_rule(candles[:200])
        assert told.past + told.live == by_the_rule(candles)
        assert told.live


async def test_what_closes_before_the_history_has_come_or_been_walked_waits_and_is_not_doubled() -> None:
    candles = market()
    async with engine() as (made, told):
        for candle in candles[190:220]:  # the stream is early, and overlaps the history
            made.on_candle(candle)
        made.on_history("TESTUSDT", MINUTE, candles[:200])
        for candle in candles[220:]:
            made.on_candle(candle)
        assert told.live == []
        await warm(made, 1)
        assert told.past + told.live == by_the_rule(candles)


async def test_a_timeframe_that_no_strategy_runs_on_is_left_alone() -> None:
    async with engine() as (made, told):
        made.on_history("TESTUSDT", FIVE, replace(random_market(seed=1, length=50, timeframe="5m")))
        for candle in random_market(seed=1, length=50, timeframe="5m"):
            made.on_candle(candle)
        assert (made.ready, made.warming, told.live) == (0, 0, [])


@pytest.fixture
def careless() -> Iterator[Callable[..., Strategy]]:
    """A strategy on an indicator of somebody's own, which divides by the volume without a thought."""

    @indicator(inputs=(close, volume), start=(), group="mine")
    def unguarded(state, price, traded, i, period: int = 1):  # noqa: ANN001, ANN202
        return state, price[i] / traded[i]

    yield lambda: replace(CROSSING, name="careless", entry=crosses_above(unguarded(), 3))
    forget([unguarded])


async def test_a_rule_that_fails_is_counted_and_the_others_go_on(
    careless: Callable[..., Strategy],
) -> None:
    candles = trading(market())
    quiet = np.where(np.arange(300) == 250, 0.0, candles.volume)
    candles = replace(candles, volume=quiet)
    async with engine(careless(), CROSSING) as (made, told):
        made.on_history("TESTUSDT", MINUTE, candles[:200])
        await warm(made, 1)
        for candle in candles[200:]:
            made.on_candle(candle)
        assert made.failures == 1
        whole = [each for each in told.past + told.live if each.strategy == "crossing"]
        assert [each.key for each in whole] == [each.key for each in by_the_rule(candles)]


async def test_a_rule_that_fails_on_history_is_left_out_and_the_engine_goes_on(
    careless: Callable[..., Strategy],
) -> None:
    candles = trading(market())
    quiet = replace(candles, volume=np.where(np.arange(300) == 100, 0.0, candles.volume))
    async with engine(careless(), CROSSING) as (made, told):
        made.on_history("TESTUSDT", MINUTE, quiet)
        made.on_history("OTHERUSDT", MINUTE, replace(candles, symbol="OTHERUSDT"))
        await warm(made, 2)
        assert made.failures == 1
        assert {(each.symbol, each.strategy) for each in told.past} == {
            ("TESTUSDT", "crossing"), ("OTHERUSDT", "crossing"), ("OTHERUSDT", "careless"),
        }  # fmt: skip


async def test_a_symbol_that_is_forgotten_is_heard_of_no_more() -> None:
    candles = market()
    async with engine() as (made, told):
        made.on_history("TESTUSDT", MINUTE, candles[:200])
        made.forget("TESTUSDT")  # before its turn
        made.on_history("OTHERUSDT", MINUTE, market("OTHERUSDT")[:200])
        await warm(made, 1)
        assert {signal.symbol for signal in told.past} == {"OTHERUSDT"}
        made.forget("OTHERUSDT")
        assert made.ready == 0


async def test_a_symbol_that_is_forgotten_while_it_warms_up_says_nothing_and_leaves_nothing() -> None:
    stored = asyncio.Event()  # not set: the first rule has been walked, and waits for room
    async with engine(replace(CROSSING, name="other"), CROSSING, room=stored) as (made, told):
        made.on_history("TESTUSDT", MINUTE, market())
        await until(lambda: made.warming == 0)
        made.forget("TESTUSDT")
        stored.set()
        made.on_history("OTHERUSDT", MINUTE, market("OTHERUSDT"))
        await warm(made, 1)
        assert {signal.symbol for signal in told.past} == {"OTHERUSDT"}
        assert (made.ready, made.warming) == (1, 0)


async def test_a_symbol_forgotten_and_watched_again_is_as_if_it_had_never_been_there() -> None:
    trend = replace(CROSSING, entry=crosses_above(close, ema(5)) & (close > ema(3)).at("5m"))
    longer = random_market(seed=2, length=100, timeframe="5m")
    candles = market()
    async with engine(trend) as (made, told):
        made.on_history("TESTUSDT", FIVE, longer)
        made.on_history("TESTUSDT", MINUTE, candles[:100])
        made.forget("TESTUSDT")
        assert made.warming == 0
        made.on_candle(candles.candle(200))
        made.on_history("TESTUSDT", FIVE, longer)
        await asyncio.sleep(0.01)
        made.on_history("TESTUSDT", MINUTE, candles[:200])
        await warm(made, 1)
        expected = SignalRule(trend, "TESTUSDT", MINUTE).warm(candles[:201], {FIVE: longer})
        assert told.past + told.live == expected


async def test_history_waits_outside_while_that_of_several_symbols_is_inside() -> None:
    stored = asyncio.Event()  # not set: what was found cannot be stored, so no rule goes on
    async with engine(room=stored) as (made, told):
        for number in range(HISTORIES_WAITING - 1):
            made.on_history(f"S{number}", MINUTE, market(f"S{number}"))
        async with asyncio.timeout(1):
            await made.room()
        made.on_history("LAST", MINUTE, market("LAST"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await made.room()
        assert told.warm == 0
        stored.set()
        await warm(made, HISTORIES_WAITING)
        async with asyncio.timeout(1):
            await made.room()


async def test_when_everything_is_warm_it_says_so() -> None:
    async with engine() as (made, told):
        made.on_history("TESTUSDT", MINUTE, market())
        await warm(made, 1)
        await until(lambda: told.warm > 0)
        assert told.warm == 1


async def test_a_higher_timeframes_history_is_waited_for() -> None:
    trend = replace(CROSSING, entry=crosses_above(close, ema(5)) & (close > ema(3)).at("5m"))
    longer = random_market(seed=2, length=100, timeframe="5m")
    async with engine(trend) as (made, _):
        assert made.needed == (MINUTE, FIVE)
        made.on_history("TESTUSDT", MINUTE, market())
        await asyncio.sleep(0.01)
        assert (made.ready, made.warming) == (0, 0)
        made.on_history("TESTUSDT", FIVE, longer)
        await warm(made, 1)
