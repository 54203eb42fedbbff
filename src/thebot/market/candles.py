"""Candle, one bar of price and volume, and Candles, a run of them in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, overload

import numpy as np

from thebot.errors import BadCandles, BadSetting
from thebot.market.columns import FloatArray, IntArray
from thebot.market.ticks import Symbol
from thebot.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One bar. Times are ms UTC; prices in quote currency; volume in base currency.

    `closed` says that the exchange has ended it: only then may anything be decided on it.
    """

    symbol: Symbol
    timeframe: Timeframe
    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    quote_volume: float = float("nan")  # quote currency
    trades: int = 0
    taker_buy_volume: float = float("nan")  # base currency bought by takers
    closed: bool = True

    @property
    def close_time(self) -> int:
        """From this instant on (ms UTC) the candle exists for decisions."""
        return self.timeframe.close_time(self.open_time)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candles:
    """Closed candles of one symbol and timeframe, oldest first, in columns of equal length.

    `candles[10:20]` gives a view that shares memory; `candles[-1]` gives a `Candle`. What the source did
    not say (quote volume, trade count, taker volume) is None as a column. Making one does not check the
    rows: data from outside goes through `market.quality.check` first.
    """

    symbol: Symbol
    timeframe: Timeframe
    open_time: IntArray  # ms UTC
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray  # base currency
    quote_volume: FloatArray | None = None
    trades: IntArray | None = None
    taker_buy_volume: FloatArray | None = None

    @classmethod
    def empty(cls, symbol: Symbol, timeframe: Timeframe) -> Candles:
        none = np.empty(0)
        times = np.empty(0, np.int64)
        return cls(
            symbol=symbol, timeframe=timeframe, open_time=times,
            open=none, high=none, low=none, close=none, volume=none,
        )  # fmt: skip

    @classmethod
    def of(cls, candles: Iterable[Candle], symbol: Symbol, timeframe: Timeframe) -> Candles:
        """Columns of single candles (with all their columns)."""
        rows = [
            (
                c.open_time,
                c.open,
                c.high,
                c.low,
                c.close,
                c.volume,
                c.quote_volume,
                c.trades,
                c.taker_buy_volume,
            )
            for c in candles
        ]
        if not rows:
            return cls.empty(symbol, timeframe)
        time, open_, high, low, close, volume, quote, trades, taker = zip(*rows, strict=True)
        return cls(
            symbol=symbol, timeframe=timeframe, open_time=np.array(time, np.int64),
            open=np.array(open_, float), high=np.array(high, float), low=np.array(low, float),
            close=np.array(close, float), volume=np.array(volume, float), quote_volume=np.array(quote, float),
            trades=np.array(trades, np.int64), taker_buy_volume=np.array(taker, float),
        )  # fmt: skip

    @property
    def close_time(self) -> IntArray:
        """Shape (candles,): ms UTC from which each candle exists for decisions."""
        return self.timeframe.close_time(self.open_time)

    def __len__(self) -> int:
        return len(self.open_time)

    @overload
    def __getitem__(self, rows: int) -> Candle: ...
    @overload
    def __getitem__(self, rows: slice) -> Candles: ...
    def __getitem__(self, rows: int | slice) -> Candle | Candles:
        if isinstance(rows, slice):
            return self.rows(rows)
        return self.candle(rows)

    def __iter__(self) -> Iterator[Candle]:
        return (self.candle(i) for i in range(len(self)))

    def candle(self, i: int) -> Candle:
        """The candle in row `i` (from the end if negative)."""
        nan = float("nan")
        return Candle(
            symbol=self.symbol,
            timeframe=self.timeframe,
            open_time=int(self.open_time[i]),
            open=float(self.open[i]),
            high=float(self.high[i]),
            low=float(self.low[i]),
            close=float(self.close[i]),
            volume=float(self.volume[i]),
            quote_volume=nan if self.quote_volume is None else float(self.quote_volume[i]),
            trades=0 if self.trades is None else int(self.trades[i]),
            taker_buy_volume=nan if self.taker_buy_volume is None else float(self.taker_buy_volume[i]),
        )

    def rows(self, which: slice | IntArray) -> Candles:
        """Those rows; a slice shares memory with the whole."""
        return self._with({name: column[which] for name, column in self.columns().items()})

    def between(self, start: int | None = None, end: int | None = None) -> Candles:
        """The candles with start <= open time < end (ms UTC)."""
        first = 0 if start is None else int(np.searchsorted(self.open_time, start))
        last = len(self) if end is None else int(np.searchsorted(self.open_time, end))
        return self.rows(slice(first, max(first, last)))

    def columns(self) -> dict[str, FloatArray | IntArray]:
        """The columns that are there, by name."""
        named = (
            (f.name, getattr(self, f.name)) for f in fields(self) if f.name not in ("symbol", "timeframe")
        )
        return {name: column for name, column in named if column is not None}

    def followed_by(self, later: Candles) -> Candles:
        """This run and then `later`; columns that both have.

        Raises BadCandles if `later` does not begin after this run's last candle, BadSetting if it is of
        another symbol or timeframe.
        """
        if (self.symbol, self.timeframe) != (later.symbol, later.timeframe):
            raise BadSetting(
                f"Candles of {later.symbol} {later.timeframe} do not continue {self.symbol} {self.timeframe}."
            )
        if not len(self) or not len(later):
            return self if len(self) else later
        if later.open_time[0] <= self.open_time[-1]:
            raise BadCandles(
                f"{self.symbol} {self.timeframe}: a run that begins at {later.open_time[0]} ms does not "
                f"continue one that ends at {self.open_time[-1]} ms. Cut it with `between` first.",
                0,
            )
        mine, theirs = self.columns(), later.columns()
        return self._with(
            {name: np.concatenate([mine[name], theirs[name]]) if name in theirs else None for name in mine}
        )

    def _with(self, columns: Mapping[str, FloatArray | IntArray | None]) -> Candles:
        changed: dict[str, Any] = dict(columns)  # replace() cannot know which column has which type
        return replace(self, **changed)
