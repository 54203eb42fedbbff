"""A candle in progress, trade by trade."""

from __future__ import annotations

from thebot.exchange.sandbox.bars import Bar
from thebot.exchange.sandbox.intervals import Interval


class Forming:
    """Sums so far, in ticks and steps. Without trades it is flat at the last price."""

    __slots__ = (
        "bought", "bought_value", "changed", "close", "close_time", "first", "high", "interval", "last",
        "low", "open", "open_time", "trades", "value", "volume",
    )  # fmt: skip

    def __init__(self, interval: Interval, open_time: int, price: int) -> None:
        self.interval = interval
        self.begin(open_time, price)

    def begin(self, open_time: int, price: int) -> None:
        """Start anew, flat at `price`."""
        self.open_time, self.close_time = open_time, self.interval.close_time(open_time)
        self.open = self.high = self.low = self.close = price
        self.volume = self.value = self.trades = self.bought = self.bought_value = 0
        self.first = self.last = -1
        self.changed = True

    def take(self, bar: Bar) -> None:
        """Become what `bar` says."""
        self.open, self.high, self.low, self.close = bar.open, bar.high, bar.low, bar.close
        self.volume, self.value, self.trades = bar.volume, bar.value, bar.trades
        self.bought, self.bought_value = bar.bought, bar.bought_value
        self.first = bar.first_trade if bar.trades else -1
        self.last = bar.first_trade + bar.trades - 1 if bar.trades else -1

    def add(self, price: int, quantity: int, bought: int, first: int, next_first: int) -> None:
        """One aggregate trade, made of the single trades from `first` up to, not including, `next_first`."""
        if self.trades == 0:
            self.open = self.high = self.low = price
            self.first = first
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        value = price * quantity
        self.volume += quantity
        self.value += value
        if bought:
            self.bought += quantity
            self.bought_value += value
        self.trades += next_first - first
        self.last = next_first - 1
        self.changed = True
