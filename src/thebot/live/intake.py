"""Intake: the path from the exchange's messages to the board and the lanes, kept short."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable
from typing import Final

import structlog

from thebot.exchange.clock import ExchangeClock
from thebot.exchange.ports import BookEvent, CandleEvent, Channel, DayEvent, TradeEvent
from thebot.live.board import Board
from thebot.live.lane import Lane
from thebot.market import Candle, Symbol, Timeframe

log = structlog.get_logger(__name__)

_EARLY: Final = 2_000  # ms at rate 1 that a candle's close may be ahead of the last time we heard


class Market:
    """One symbol as it is watched: its row on the board, its lanes, and the newest numbers heard.

    While one connection replaces another both bring the same; the numbers tell what came already. After a
    cut they begin anew, since an exchange that was started again may count from the beginning.
    """

    __slots__ = ("base", "down", "forming", "lanes", "last_book", "last_day", "last_trade", "row", "symbol")

    def __init__(self, base: Lane) -> None:
        self.symbol, self.base = base.symbol, base
        self.row = 0
        self.lanes: dict[str, Lane] = {}
        self.forming: list[Callable[[TradeEvent], None]] = []
        self.down: set[Channel] = set()
        self.add(base)
        self.begin_anew()

    def add(self, lane: Lane) -> None:
        self.lanes[lane.timeframe.name] = lane
        self.forming = [each.forming.trade for each in self.lanes.values()]

    def drop(self, timeframe: Timeframe) -> None:
        self.lanes.pop(timeframe.name, None)
        self.forming = [each.forming.trade for each in self.lanes.values()]

    def begin_anew(self) -> None:
        self.last_trade = self.last_book = self.last_day = -1

    def channels(self) -> list[Channel]:
        named: list[Channel] = [
            Channel("candles", self.symbol, lane.timeframe) for lane in self.lanes.values()
        ]
        return [
            *named,
            Channel("trades", self.symbol),
            Channel("book", self.symbol),
            Channel("day", self.symbol),
        ]


class Intake:
    """A `StreamListener`. `on_closed` is told of each closed candle, `on_link` of channels lost and found."""

    def __init__(
        self,
        board: Board,
        clock: ExchangeClock,
        on_closed: Callable[[Lane, Candle], None],
        on_link: Callable[[Collection[Channel], str | None], None],
    ) -> None:
        self.markets: dict[Symbol, Market] = {}
        self.duplicates = 0
        self.unbelieved = 0  # closed candles that could not be
        self.delay_ms = math.nan  # from the exchange's sending to here, smoothed
        self._board, self._clock = board, clock
        self._on_closed, self._on_link = on_closed, on_link

    def place(self, markets: Iterable[Market]) -> None:
        """Watch exactly these; the board has their rows."""
        self.markets = {market.symbol: market for market in markets}
        for market in self.markets.values():
            market.row = self._board.row(market.symbol)

    def on_trade(self, trade: TradeEvent) -> None:
        market = self.markets.get(trade.symbol)
        if market is None:
            return
        if trade.id <= market.last_trade:
            self.duplicates += 1
            return
        market.last_trade = trade.id
        self._board.trade(market.row, trade.price, trade.at, time.monotonic())
        for add in market.forming:
            add(trade)

    def on_book(self, book: BookEvent) -> None:
        market = self.markets.get(book.symbol)
        if market is None:
            return
        if book.update_id <= market.last_book:
            self.duplicates += 1
            return
        market.last_book = book.update_id
        self._board.book(market.row, book.bid or math.nan, book.ask or math.nan, time.monotonic())

    def on_day(self, day: DayEvent) -> None:
        market = self.markets.get(day.symbol)
        if market is None:
            return
        if day.sent_at <= market.last_day:
            self.duplicates += 1
            return
        market.last_day = day.sent_at
        now = time.monotonic()
        self._board.heard[market.row] = now
        self._board.day(market.row, day.open, day.high, day.low, day.quote_volume)
        self._hear_clock(day.sent_at, now)

    def on_candle(self, candle: CandleEvent, sent_at: int) -> None:
        market = self.markets.get(candle.symbol)
        lane = market.lanes.get(candle.timeframe) if market is not None else None
        if market is None or lane is None:
            return
        now = time.monotonic()
        self._board.heard[market.row] = now
        self._hear_clock(sent_at, now)
        if not candle.closed:
            lane.forming.update(candle)
        elif self._believable(candle, lane.timeframe):
            self._on_closed(lane, _closed(candle, lane.timeframe))

    def on_up(self, channels: Collection[Channel]) -> None:
        self._on_link(channels, None)

    def on_down(self, channels: Collection[Channel], why: str) -> None:
        self._on_link(channels, why)

    def _believable(self, candle: CandleEvent, timeframe: Timeframe) -> bool:
        """A candle opens on a border of its timeframe, and has not closed before its time."""
        known_time = self._clock.now + _EARLY * max(1.0, self._clock.rate)
        if timeframe.floor(candle.open_time) == candle.open_time and (
            timeframe.close_time(candle.open_time) <= known_time
        ):
            return True
        self.unbelieved += 1
        log.warning("a closed candle that cannot be", symbol=candle.symbol, open_time=candle.open_time)
        return False

    def _hear_clock(self, sent_at: int, now: float) -> None:
        self._clock.heard(sent_at, now)
        delay = self._clock.delay(sent_at, now)
        if delay == delay:
            before = self.delay_ms
            self.delay_ms = delay if before != before else before + 0.02 * (delay - before)


def _closed(event: CandleEvent, timeframe: Timeframe) -> Candle:
    return Candle(
        symbol=event.symbol, timeframe=timeframe, open_time=event.open_time, open=event.open, high=event.high,
        low=event.low, close=event.close, volume=event.volume, quote_volume=event.quote_volume,
        trades=event.trades, taker_buy_volume=event.taker_buy_volume,
    )  # fmt: skip
