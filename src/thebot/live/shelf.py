"""What is kept of each symbol and timeframe, and what else somebody looks at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from thebot.errors import ExchangeUnreachable, UnknownName
from thebot.exchange.ports import Channel, MarketSource
from thebot.live.history import History
from thebot.live.intake import Intake, Market
from thebot.live.lane import Lane
from thebot.live.warmup import load_derived, load_lane
from thebot.market import Candle, Candles, Symbol, Timeframe


class Shelf:
    """Reads candles from memory where they are, else from the exchange; keeps what charts ask for.

    `kept` are the timeframes that stay; of the others at most `max_tracked` series are kept, and the one
    longest not looked at goes first. `on_lane` is told when a series of its own from the stream is wanted
    (a timeframe that cannot be derived from the base), or not any more.
    """

    def __init__(
        self,
        source: MarketSource,
        intake: Intake,
        *,
        kept: frozenset[Timeframe],
        history: int,
        max_tracked: int,
        on_history: Callable[[Symbol, Timeframe, Candles], None],
        on_lane: Callable[[Lane, bool], None],
    ) -> None:
        self._source, self._intake = source, intake
        self._kept, self._rows, self._max_tracked = kept, history, max_tracked
        self._on_history, self._on_lane = on_history, on_lane
        self._tracking: dict[tuple[Symbol, Timeframe], asyncio.Future[None]] = {}

    def forming(self, symbol: Symbol, timeframe: Timeframe) -> Candle | None:
        """The candle in progress, to the last trade heard; None if nothing is known of it."""
        market = self._intake.markets.get(symbol)
        if market is None:
            return None
        lane = market.lanes.get(timeframe.name)
        if lane is not None:
            lane.used_at = time.monotonic()
            return lane.forming.candle()
        derived = market.base.derived.get(timeframe)
        short = market.base.forming.candle()
        if derived is None or short is None:
            return None
        derived.used_at = time.monotonic()
        return derived.resampler.preview(short)

    async def candles(
        self, symbol: Symbol, timeframe: Timeframe, limit: int = 500, end: int | None = None
    ) -> Candles:
        """The newest `limit` closed candles before `end` (open time, ms UTC): from memory, else by REST."""
        history = self._history(symbol, timeframe)
        first = history.first_open if history is not None else None
        if history is None or first is None or (end is not None and end <= first and not history.whole):
            return await self._source.candles(symbol, timeframe, end=end, limit=limit)
        newest = history.candles(limit, end)
        missing = limit - len(newest)
        if missing <= 0 or history.whole:
            return newest
        older = await self._source.candles(symbol, timeframe, end=first, limit=missing)
        return older.followed_by(newest) if len(older) else newest

    async def track(self, symbol: Symbol, timeframe: Timeframe) -> None:
        """Keep this timeframe too from now on (what a chart shows). Asking again costs nothing.

        Raises UnknownName for a symbol that is not watched and ExchangeError if its history cannot be had.
        """
        market = self._intake.markets.get(symbol)
        if market is None:
            raise UnknownName("watched symbol", symbol, self._intake.markets)
        if self._history(symbol, timeframe) is not None:
            return
        under_way = self._tracking.get((symbol, timeframe))
        if under_way is None:
            under_way = asyncio.ensure_future(self._track(market, timeframe))
            self._tracking[symbol, timeframe] = under_way
            under_way.add_done_callback(lambda _: self._tracking.pop((symbol, timeframe), None))
        await asyncio.shield(under_way)

    async def _track(self, market: Market, timeframe: Timeframe) -> None:
        if not market.base.loaded:
            raise ExchangeUnreachable(
                f"The history of {market.symbol} has not come yet, so a chart of {timeframe} cannot go on by "
                "itself. It is being asked for; look again in some seconds."
            )
        self._make_room()
        if market.base.timeframe.divides(timeframe):
            derived = await load_derived(self._source, market.base, timeframe)
            derived.used_at = time.monotonic()
            if self._intake.markets.get(market.symbol) is not market:
                return
            self._on_history(market.symbol, timeframe, derived.history.candles())
            return
        lane = Lane(market.symbol, timeframe, self._rows)
        lane.used_at = time.monotonic()
        await load_lane(self._source, lane)
        if self._intake.markets.get(market.symbol) is not market:
            return
        market.add(lane)
        market.down.add(Channel("candles", market.symbol, timeframe))
        self._on_history(market.symbol, timeframe, lane.history.candles())
        self._on_lane(lane, True)

    def _make_room(self) -> None:
        """Let the longest unused of the charts' timeframes go when there are too many."""
        extra: list[tuple[float, Market, Timeframe]] = []
        for market in self._intake.markets.values():
            extra += [
                (d.used_at, market, tf) for tf, d in market.base.derived.items() if tf not in self._kept
            ]
            extra += [
                (lane.used_at, market, lane.timeframe)
                for lane in market.lanes.values()
                if lane.timeframe not in self._kept
            ]
        extra.sort(key=lambda each: each[0])
        for _, market, timeframe in extra[: max(0, len(extra) - self._max_tracked + 1)]:
            if market.base.derived.pop(timeframe, None) is None:
                lane = market.lanes[timeframe.name]
                market.drop(timeframe)
                self._on_lane(lane, False)

    def _history(self, symbol: Symbol, timeframe: Timeframe) -> History | None:
        """What is in memory of it, if it is kept and loaded."""
        market = self._intake.markets.get(symbol)
        if market is None:
            return None
        lane = market.lanes.get(timeframe.name)
        if lane is not None:
            lane.used_at = time.monotonic()
            return lane.history if lane.loaded else None
        derived = market.base.derived.get(timeframe)
        if derived is None:
            return None
        derived.used_at = time.monotonic()
        return derived.history
