"""One live market: its trades as they fall due, the candles in progress, and the events that tell of them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from thebot.exchange.sandbox import book, wire
from thebot.exchange.sandbox.forming import Forming
from thebot.exchange.sandbox.history import History
from thebot.exchange.sandbox.hub import Hub
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.paths import Path

NEVER: Final = 1 << 62


@dataclass(slots=True)
class Withheld:
    """How many closing kline events of an interval are still to be held back (a fault)."""

    interval: str | None  # None: of any
    count: int


class Market:
    """Advances to any later instant; publishes what somebody listens to.

    `session_end` is the close of the base candle in progress, or 0 during a halt; `next_open` is when the
    next one opens, NEVER after the end of the data.
    """

    def __init__(self, symbol: str, history: History, hub: Hub, now: int) -> None:
        self.symbol, self.listing = symbol, history.source.listings[symbol]
        self.history, self._source, self._hub = history, history.source, hub
        self._base = self._source.base(symbol)
        lower = symbol.lower()
        self.name_of = {
            kind: f"{lower}@{kind}" for kind in ("aggTrade", "trade", "bookTicker", "miniTicker", "ticker")
        }
        self.tracks: dict[str, Forming] = {}
        self.withheld: list[Withheld] = []
        self.path: Path | None = None
        self.position = 0  # trades of the path that have happened
        self.session_open = self.session_end = 0
        self.next_due, self.next_close = NEVER, NEVER  # next trade; next end of a candle that is tracked
        self.changed = True  # since the last miniTicker
        self.traded_at = now
        self.price = history.last_price(symbol, self._base.floor(now))
        self.bought, self.size, self.quantity = 1, 1, 1
        self.aggregate = self.trade = 0  # ids of the last ones
        self._begin(now)

    @property
    def halted(self) -> bool:
        return self.session_end == 0

    @property
    def ended(self) -> bool:
        """No trade will ever come again."""
        return self.halted and self.next_open == NEVER

    @property
    def last(self) -> book.Last:
        return book.Last(self.aggregate, self.price, self.bought, self.size)

    def advance(self, now: int) -> None:
        """Everything up to and including the instant `now`."""
        while True:
            if now >= self.next_due or now >= self.next_close:
                self._trade_until(min(now, self.session_end - 1) if self.session_end else now, now)
            if self.session_end and now >= self.session_end:
                self._end_session(now)
            if not self.session_end and now >= self.next_open:
                self._open_session(self.next_open)
                continue
            if now >= self.next_close:
                self._close_candles(now, now)
            if not self.session_end or now < self.session_end:
                return

    def follow(self, name: str, interval: Interval, now: int) -> None:
        """Keep the candle in progress of that stream."""
        open_time = interval.floor(now)
        track = Forming(interval, open_time, self.price)
        bars = self.history.between(self.symbol, interval, open_time, open_time + 1, now)
        if len(bars.open_time):
            track.take(bars.row(0))
        elif self.halted:
            track.close_time = NEVER
        self.tracks[name] = track
        self._plan()

    def forget(self, name: str) -> None:
        self.tracks.pop(name, None)
        self._plan()

    def send_kline(self, name: str, track: Forming, now: int, closed: bool = False) -> None:
        track.changed = False
        self._hub.publish(name, lambda unit: wire.kline(self.listing, now, track, closed, unit))

    def _begin(self, now: int) -> None:
        """Take up the market at `now`, without telling of what was before."""
        first = self._source.next_open(self.symbol, self._base.floor(now))
        self.next_open = NEVER if first is None else first
        if self.next_open > now:
            self._remember_last(now)
            return
        self._open_session(self.next_open)
        if self.path is not None:
            self.position = bisect_right(self.path.time, now)
            if self.position:
                self._recall(self.path, self.position - 1)
            else:
                self._remember_last(self.session_open)
        self._plan()

    def _remember_last(self, before: int) -> None:
        """The last trade of the candle before that instant."""
        bars = self._source.bars(self.symbol, before - 400 * self._base.nominal_ms, before)
        for open_time in reversed(bars.open_time.tolist()):
            path = self._source.path(self.symbol, open_time)
            if path is not None and len(path):
                self._recall(path, len(path) - 1)
                return

    def _recall(self, path: Path, i: int) -> None:
        self.price, self.bought, self.quantity = path.price[i], path.bought[i], path.quantity[i]
        self.aggregate, self.trade = path.first_aggregate + i, path.first_trade[i + 1] - 1
        self.traded_at, self.size = path.time[i], max(1, sum(path.quantity) // len(path))

    def _open_session(self, open_time: int) -> None:
        """The base candle that opens then, and its trades."""
        self.path, self.position = self._source.path(self.symbol, open_time), 0
        self.session_open, self.session_end = open_time, self._base.close_time(open_time)
        following = self._source.next_open(self.symbol, self.session_end)
        self.next_open = NEVER if following is None else following
        if self.path is not None and len(self.path):
            self.size = max(1, sum(self.path.quantity) // len(self.path))
        for track in self.tracks.values():
            if track.close_time == NEVER:  # trading goes on after a halt
                track.begin(track.interval.floor(open_time), self.price)
        self._plan()

    def _end_session(self, now: int) -> None:
        if self.path is not None and not self.path.exact:
            self._take_from_source()
        end = self.session_end
        self._close_candles(end, now)
        self.session_end = 0
        if self.next_open == end:
            self._open_session(end)
        else:
            self._close_candles(min(now, self.next_open), now)
            self.path, self.next_due = None, NEVER
            self._plan()

    def _take_from_source(self) -> None:
        """The candle's own figures, where a file says what no path of trades can sum to."""
        for track in self.tracks.values():
            if track.interval.sums(self._base) and track.close_time != NEVER:
                bars = self.history.between(
                    self.symbol, track.interval, track.open_time, track.open_time + 1, self.session_end
                )
                if len(bars.open_time) and track.open_time <= self.session_open:
                    upto = self._source.sums(self.symbol, track.interval, track.open_time, self.session_end)
                    track.take(upto.row(0))

    def _trade_until(self, limit: int, now: int) -> None:
        path = self.path
        if path is None:
            return
        due = bisect_right(path.time, limit, self.position)
        for i in range(self.position, due):
            if path.time[i] >= self.next_close:
                self._close_candles(path.time[i], now)
            self._happen(path, i, now)
        self.position = due
        self._plan()

    def _happen(self, path: Path, i: int, now: int) -> None:
        """One aggregate trade."""
        price, quantity, bought, at = path.price[i], path.quantity[i], path.bought[i], path.time[i]
        first, following = path.first_trade[i], path.first_trade[i + 1]
        number = path.first_aggregate + i
        for track in self.tracks.values():
            track.add(price, quantity, bought, first, following)
        listing, wanted, publish = self.listing, self._hub.listeners, self._hub.publish
        if (name := self.name_of["trade"]) in wanted:
            for single, share in fills(quantity, first, following):
                self._send_trade(name, now, single, price, share, at, bought)
        if (name := self.name_of["aggTrade"]) in wanted:
            publish(
                name,
                lambda unit: wire.aggregate_trade(
                    listing, now, number, price, quantity, first, following - 1, at, bought, unit
                ),
            )
        self.price, self.quantity, self.bought = price, quantity, bought
        self.aggregate, self.trade, self.traded_at = number, following - 1, at
        self.changed = True
        if (name := self.name_of["bookTicker"]) in wanted:
            last = self.last
            publish(name, lambda unit: wire.book_ticker(listing, last.aggregate, book.top(last)))

    def _send_trade(
        self, name: str, now: int, number: int, price: int, quantity: int, at: int, bought: int
    ) -> None:
        self._hub.publish(
            name, lambda unit: wire.trade(self.listing, now, number, price, quantity, at, bought, unit)
        )

    def _close_candles(self, at: int, now: int) -> None:
        """End the candles whose time is over at the instant `at` and begin the next ones."""
        for name, track in self.tracks.items():
            while track.close_time <= at:
                if not self._withhold(track.interval.name):
                    self.send_kline(name, track, now, closed=True)
                opens = track.close_time
                if (self.session_end and opens < self.session_end) or opens == self.next_open:
                    track.begin(opens, self.price)
                else:
                    track.begin(opens, self.price)
                    track.close_time = NEVER  # halted: nothing until trading goes on
        self._plan()

    def _withhold(self, interval: str) -> bool:
        for fault in self.withheld:
            if fault.count > 0 and fault.interval in (None, interval):
                fault.count -= 1
                return True
        return False

    def _plan(self) -> None:
        path = self.path
        self.next_due = path.time[self.position] if path is not None and self.position < len(path) else NEVER
        self.next_close = min((track.close_time for track in self.tracks.values()), default=NEVER)


def fills(quantity: int, first: int, following: int) -> list[tuple[int, int]]:
    """The single trades of an aggregate one: id and quantity (steps) of each."""
    count = following - first
    each = quantity // count
    rest = quantity - each * count
    return [(first + i, each + (rest if i == 0 else 0)) for i in range(count)]
