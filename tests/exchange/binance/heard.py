"""A listener that remembers, and a wait for what it hears."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from thebot.exchange.ports import BookEvent, CandleEvent, Channel, DayEvent, TradeEvent


@dataclass
class Heard:
    trades: list[TradeEvent] = field(default_factory=list)
    candles: list[tuple[CandleEvent, int]] = field(default_factory=list)
    books: list[BookEvent] = field(default_factory=list)
    days: list[DayEvent] = field(default_factory=list)
    changes: list[tuple[str, frozenset[Channel], str]] = field(
        default_factory=list
    )  # up or down, of which, why
    up: set[Channel] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def on_trade(self, trade: TradeEvent) -> None:
        self.trades.append(trade)
        self._news.set()

    def on_candle(self, candle: CandleEvent, sent_at: int) -> None:
        self.candles.append((candle, sent_at))
        self._news.set()

    def on_book(self, book: BookEvent) -> None:
        self.books.append(book)
        self._news.set()

    def on_day(self, day: DayEvent) -> None:
        self.days.append(day)
        self._news.set()

    def on_up(self, channels: Collection[Channel]) -> None:
        self.changes.append(("up", frozenset(channels), ""))
        self.up |= set(channels)
        self._news.set()

    def on_down(self, channels: Collection[Channel], why: str) -> None:
        self.changes.append(("down", frozenset(channels), why))
        self.up -= set(channels)
        self._news.set()

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.changes]

    async def until(self, enough: Callable[[], object], seconds: float = 15.0) -> None:
        """Wait until it is enough; looks again with each event, and now and then for what no event tells."""
        until = time.monotonic() + seconds
        while not enough():
            assert time.monotonic() < until, f"waited {seconds} s in vain; heard: {self.changes}"
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), 0.02)
            except TimeoutError:
                continue
