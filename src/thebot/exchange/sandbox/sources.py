"""Where base candles and their inner trades come from: the port that simulator and replay fill."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, Literal, Protocol, TypeVar

from thebot.exchange.sandbox.bars import Bars
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.listings import Listing
from thebot.exchange.sandbox.paths import Path
from thebot.market import Timeframe

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Source(Protocol):
    """Candles of a base timeframe for each symbol, known for all time; hiding the future is not its work."""

    @property
    def name(self) -> Literal["simulator", "replay"]: ...

    @property
    def listings(self) -> Mapping[str, Listing]: ...

    def base(self, symbol: str) -> Timeframe: ...

    def first_open(self, symbol: str) -> int:
        """When the first candle opens (ms UTC)."""
        ...

    def end(self, symbol: str) -> int | None:
        """When the last candle closes; None if there is always another."""
        ...

    def next_open(self, symbol: str, at: int) -> int | None:
        """Open time of the first base candle that does not open before `at`; None if there is none."""
        ...

    def bars(self, symbol: str, start: int, end: int) -> Bars:
        """The base candles with start <= open time < end."""
        ...

    def sums(self, symbol: str, interval: Interval, start: int, end: int) -> Bars:
        """Those candles, added up to a longer interval; `start` is one of its borders."""
        ...

    def path(self, symbol: str, open_time: int) -> Path | None:
        """The trades inside a base candle; None if there is no such candle."""
        ...

    def holding_trade(self, symbol: str, trade: int) -> int | None:
        """Open time of the base candle with this trade id; None before the first and after the last."""
        ...

    def holding_aggregate(self, symbol: str, aggregate: int) -> int | None: ...


class Kept(Generic[Key, Value]):
    """The most recently used results of `make`, at most `room` of them."""

    def __init__(self, room: int, make: Callable[[Key], Value]) -> None:
        self._room, self._make = room, make
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def __call__(self, key: Key) -> Value:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        value = self._kept[key] = self._make(key)
        if len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return value
