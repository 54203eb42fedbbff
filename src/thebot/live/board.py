"""Board: the newest figures of every market, in columns that the feed writes in place.

Readers (the dashboard, ten times a second) take whole columns without a lock: everything runs on one
event loop. Columns are replaced when a symbol comes or goes; `version` then rises, so a reader that keeps
a column notices.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

import numpy as np

from thebot.market import BoolArray, FloatArray, IntArray, Symbol

SPARK_POINTS: Final = 48
SPARK_SPAN: Final = 86_400_000  # ms: the last 24 hours
SPARK_STEP: Final = SPARK_SPAN // SPARK_POINTS


class Board:
    """One row a symbol, in the order of `symbols`. Unknown figures are nan, unknown times 0.

    All columns have shape (symbols,). Prices and `quote_volume_24h` are in quote currency, `change_24h`
    is a fraction. `traded_at` is ms UTC by the exchange's clock, `heard_at` ms UTC by ours.
    """

    price: FloatArray
    open_24h: FloatArray
    high_24h: FloatArray
    low_24h: FloatArray
    quote_volume_24h: FloatArray
    bid: FloatArray
    ask: FloatArray
    traded_at: IntArray
    stale: BoolArray  # not heard of for long, or cut
    cut: BoolArray  # the connection that brings the symbol is lost
    heard: FloatArray  # monotonic seconds of the last message about the symbol; 0: none yet
    moved: FloatArray  # monotonic seconds of the last change of price; 0: none yet

    def __init__(self, symbols: Iterable[Symbol] = ()) -> None:
        self.symbols: list[Symbol] = []
        self.version = 0
        self.updates = 0  # price changes so far, of all symbols
        self.updates_per_second = 0.0
        self._rows: dict[Symbol, int] = {}
        self._counted = (0, 0.0)
        self._spark: FloatArray = np.empty((0, SPARK_POINTS))
        self._spark_at: IntArray = np.empty(0, np.int64)  # ms UTC of each spark line's last point
        self._set_rows([], np.empty(0, np.int64))
        self.add(*symbols)

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._rows

    def row(self, symbol: Symbol) -> int:
        """The symbol's row; KeyError if it is not on the board."""
        return self._rows[symbol]

    @property
    def heard_at(self) -> IntArray:
        """When we last heard anything about each symbol (ms UTC by our clock); 0: never yet."""
        age = time.monotonic() - self.heard
        return np.where(self.heard > 0, time.time() * 1000 - age * 1000, 0).astype(np.int64)

    @property
    def change_24h(self) -> FloatArray:
        """Price now against 24 hours ago, as a fraction: 0.05 is 5 % up."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.price / self.open_24h - 1.0

    def add(self, *symbols: Symbol) -> None:
        """Rows at the end for symbols that have none; they are stale until something is heard."""
        new = [s for s in dict.fromkeys(symbols) if s not in self._rows]
        if new:
            kept = np.concatenate([np.arange(len(self)), np.full(len(new), -1, np.int64)])
            self._set_rows([*self.symbols, *new], kept)

    def remove(self, *symbols: Symbol) -> None:
        """The rows below move up."""
        gone = set(symbols)
        kept = np.array([i for i, s in enumerate(self.symbols) if s not in gone], np.int64)
        if len(kept) < len(self):
            self._set_rows([self.symbols[i] for i in kept], kept)

    # Written by the feed. `heard` is monotonic seconds.

    def trade(self, row: int, price: float, at: int, heard: float) -> None:
        self.heard[row] = heard
        self.traded_at[row] = at
        if self.price[row] != price:
            self.price[row] = price
            self.moved[row] = heard
            self.updates += 1

    def book(self, row: int, bid: float, ask: float, heard: float) -> None:
        self.heard[row] = heard
        self.bid[row] = bid
        self.ask[row] = ask

    def day(self, row: int, open_: float, high: float, low: float, quote_volume: float) -> None:
        """Figures of the last 24 hours."""
        self.open_24h[row], self.high_24h[row], self.low_24h[row] = open_, high, low
        self.quote_volume_24h[row] = quote_volume

    def age(self, now: float, stale_after: float) -> tuple[list[Symbol], list[Symbol]]:
        """Mark as stale what was not heard of for so many seconds, or is cut. Gives those that have become
        stale and those that live again; `now` is monotonic."""
        stale = self.cut | (self.heard == 0) | (now - self.heard > stale_after)
        changed = np.flatnonzero(stale != self.stale)
        self.stale[:] = stale
        return (
            [self.symbols[i] for i in changed if stale[i]],
            [self.symbols[i] for i in changed if not stale[i]],
        )

    def count(self, now: float) -> float:
        """Price changes a second since the last call, smoothed over some seconds; `now` is monotonic."""
        before, then = self._counted
        if then and now > then:
            newest = (self.updates - before) / (now - then)
            weight = min(1.0, (now - then) / 3.0)
            self.updates_per_second += weight * (newest - self.updates_per_second)
        self._counted = (self.updates, now)
        return self.updates_per_second

    # The spark line: prices of the last 24 hours, the last of them the newest.

    def spark(self, symbol: Symbol) -> FloatArray:
        """Shape (at most 49,): prices of the last 24 hours half an hour apart, the newest last."""
        row = self._rows[symbol]
        line = self._spark[row]
        price = self.price[row]
        known = line[~np.isnan(line)]
        return np.append(known, price) if price == price else known

    def set_spark(self, symbol: Symbol, at: IntArray, prices: FloatArray) -> None:
        """`prices` as they stood at the instants `at` (ms UTC, rising): history for the spark line."""
        if not len(at):
            return
        row, last = self._rows[symbol], int(at[-1]) // SPARK_STEP * SPARK_STEP
        grid = last - SPARK_STEP * np.arange(SPARK_POINTS - 1, -1, -1)
        found = np.searchsorted(at, grid, side="right") - 1
        known = (found >= 0) & (at[found] > grid - SPARK_SPAN)
        self._spark[row] = np.where(known, prices[found], np.nan)
        self._spark_at[row] = last

    def advance_spark(self, symbol: Symbol, at: int, price: float) -> None:
        """A candle closed at the instant `at` (ms UTC) with `price`."""
        row, slot = self._rows[symbol], at // SPARK_STEP * SPARK_STEP
        steps = (slot - int(self._spark_at[row])) // SPARK_STEP
        if steps <= 0:
            return
        line, steps = self._spark[row], min(int(steps), SPARK_POINTS)
        line[:-steps] = line[steps:].copy()
        line[-steps:] = price
        self._spark_at[row] = slot

    def _set_rows(self, symbols: list[Symbol], kept: IntArray) -> None:
        """New columns whose row i is the old row kept[i], or blank where that is -1."""
        blank: dict[str, float | int | bool] = {
            "price": np.nan, "open_24h": np.nan, "high_24h": np.nan, "low_24h": np.nan,
            "quote_volume_24h": np.nan, "bid": np.nan, "ask": np.nan,
            "heard": 0.0, "moved": 0.0, "traded_at": 0, "stale": True, "cut": True,
        }  # fmt: skip
        old = kept >= 0
        for name, value in blank.items():
            column = np.full(len(symbols), value)
            if old.any():
                column[old] = getattr(self, name)[kept[old]]
            setattr(self, name, column)
        spark, spark_at = np.full((len(symbols), SPARK_POINTS), np.nan), np.zeros(len(symbols), np.int64)
        if old.any():
            spark[old], spark_at[old] = self._spark[kept[old]], self._spark_at[kept[old]]
        self._spark, self._spark_at = spark, spark_at
        self.symbols, self._rows = symbols, {s: i for i, s in enumerate(symbols)}
        self.version += 1
