"""The candle in progress, to the last trade heard."""

from __future__ import annotations

from collections import deque
from typing import Final

from thebot.exchange.ports import CandleEvent, TradeEvent
from thebot.market import Candle, Symbol, Timeframe

_REMEMBERED: Final = 512  # trades since the last candle update; updates come every 2 s


class Forming:
    """The exchange's last update of the candle (every 2 s) plus the trades after the last one in it.

    Trades may overtake the update that does not hold them yet, so those since the last update are
    remembered and added again to the new one.
    """

    __slots__ = ("_candle", "_closed_before", "_later", "_next_open", "_open", "symbol", "timeframe")

    def __init__(self, symbol: Symbol, timeframe: Timeframe) -> None:
        self.symbol, self.timeframe = symbol, timeframe
        self._later: deque[TradeEvent] = deque(maxlen=_REMEMBERED)
        self._candle: _Bar | None = None
        self._open = self._next_open = 0  # of the candle in progress, ms UTC
        self._closed_before = 0  # nothing that opened before this (ms UTC) is in progress any more

    def update(self, event: CandleEvent) -> None:
        """The exchange's own figures, still open."""
        if event.open_time < max(self._closed_before, self._open):
            return
        self._begin(event.open_time, _Bar.of_event(event))
        later = self._later
        while later and later[0].last_id <= event.last_trade_id:
            later.popleft()
        for trade in later:
            self._add(trade)

    def trade(self, trade: TradeEvent) -> None:
        """One trade more."""
        self._later.append(trade)
        self._add(trade)

    def closed(self, next_open: int) -> None:
        """All candles that opened before `next_open` (ms UTC) have ended."""
        self._closed_before = next_open
        if self._open < next_open:
            self._candle, self._open, self._next_open = None, 0, 0
        while self._later and self._later[0].at < next_open:
            self._later.popleft()

    def forget(self) -> None:
        """What came between now and the next update is unknown: the connection was cut."""
        self._candle, self._open, self._next_open = None, 0, 0
        self._later.clear()

    def candle(self) -> Candle | None:
        """The candle as it stands; None if nothing is known of it."""
        bar = self._candle
        if bar is None:
            return None
        return Candle(
            symbol=self.symbol, timeframe=self.timeframe, open_time=self._open, open=bar.open, high=bar.high,
            low=bar.low, close=bar.close, volume=bar.volume, quote_volume=bar.quote_volume, trades=bar.trades,
            taker_buy_volume=bar.taker_buy_volume, closed=False,
        )  # fmt: skip

    def _begin(self, open_time: int, bar: _Bar) -> None:
        self._candle, self._open = bar, open_time
        self._next_open = self.timeframe.close_time(open_time)

    def _add(self, trade: TradeEvent) -> None:
        at = trade.at
        if self._candle is None or at >= self._next_open:
            open_time = self.timeframe.floor(at)
            if open_time >= self._closed_before:
                self._begin(open_time, _Bar.of_trade(trade))
        elif at >= self._open:
            self._candle.add(trade)


class _Bar:
    """Figures that change in place."""

    __slots__ = (
        "close", "high", "last_id", "low", "open", "quote_volume", "taker_buy_volume", "trades", "volume",
    )  # fmt: skip

    def __init__(self, price: float) -> None:
        self.open = self.high = self.low = self.close = price
        self.volume = self.quote_volume = self.taker_buy_volume = 0.0
        self.trades, self.last_id = 0, -1

    @classmethod
    def of_trade(cls, trade: TradeEvent) -> _Bar:
        bar = cls(trade.price)
        bar.add(trade)
        return bar

    @classmethod
    def of_event(cls, event: CandleEvent) -> _Bar:
        bar = cls(event.open)
        bar.high, bar.low, bar.close = event.high, event.low, event.close
        bar.volume, bar.quote_volume = event.volume, event.quote_volume
        bar.taker_buy_volume, bar.trades, bar.last_id = (
            event.taker_buy_volume,
            event.trades,
            event.last_trade_id,
        )
        return bar

    def add(self, trade: TradeEvent) -> None:
        """Count a trade unless it is here already. One that partly is is left to the next update."""
        if trade.first_id <= self.last_id:
            return
        price, quantity = trade.price, trade.quantity
        if price > self.high:
            self.high = price
        if price < self.low:
            self.low = price
        self.close = price
        self.volume += quantity
        self.quote_volume += price * quantity
        if not trade.buyer_is_maker:
            self.taker_buy_volume += quantity
        self.trades += trade.last_id - trade.first_id + 1
        self.last_id = trade.last_id
