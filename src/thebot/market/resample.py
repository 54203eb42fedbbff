"""From trades to candles, from short candles to long ones, and back to what was known when.

One rule for all: a long candle closes by time, not by counting. It is known from the first short close
at or after its own close time; if short candles of it are missing it is marked incomplete; one that
began before the data did is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thebot.errors import BadSetting
from thebot.market.candles import Candle, Candles
from thebot.market.columns import BoolArray, FloatArray, IntArray
from thebot.market.ticks import Symbol, Trade
from thebot.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled:
    """Long candles, and when each could first be seen.

    `complete` (shape (long candles,)) is False where short candles were missing. `seen_at` (same shape)
    is the row of the short candle at whose close the long one became known.
    """

    candles: Candles
    complete: BoolArray
    seen_at: IntArray

    def onto(self, values: FloatArray, count: int) -> FloatArray:
        """`values` (one a long candle) as a rule sees them at each of `count` short closes.

        The row of a short candle holds the value of the newest long candle that is closed by then;
        nan before the first.
        """
        newest = np.searchsorted(self.seen_at, np.arange(count), side="right") - 1
        return (
            np.where(newest >= 0, values[np.maximum(newest, 0)], np.nan)
            if len(values)
            else np.full(count, np.nan)
        )


def resample(candles: Candles, to: Timeframe) -> Resampled:
    """The closed candles of the longer timeframe `to` that the short `candles` add up to.

    Raises BadSetting if candles of `to` are not whole sums of the given ones.
    """
    _require_whole(candles.timeframe, to)
    if not len(candles):
        nothing = np.empty(0, np.int64)
        return Resampled(
            candles=Candles.empty(candles.symbol, to), complete=nothing.astype(bool), seen_at=nothing
        )
    owner = to.floor(candles.open_time)
    first = np.flatnonzero(np.diff(owner, prepend=owner[0] - 1))
    counts = np.diff(first, append=len(owner))
    last = first + counts - 1
    group = np.repeat(np.arange(len(first)), counts)
    opens = owner[first]
    closes = to.close_time(opens)
    base_closes = candles.close_time
    seen_at = np.searchsorted(base_closes, closes)
    keep = seen_at < len(candles)  # the rest has not closed yet
    keep[0] &= bool(opens[0] == candles.open_time[0])  # begun before the data

    def total(column: FloatArray | None) -> Any:  # noqa: ANN401  (a column, or None where there is none)
        if column is None:
            return None
        # bincount adds in order, as the stream does; reduceat adds in pairs and differs in the last bit
        return np.bincount(group, weights=column, minlength=len(first))[keep]

    longer = Candles(
        symbol=candles.symbol,
        timeframe=to,
        open_time=opens[keep],
        open=candles.open[first][keep],
        high=np.maximum.reduceat(candles.high, first)[keep],
        low=np.minimum.reduceat(candles.low, first)[keep],
        close=candles.close[last][keep],
        volume=total(candles.volume),
        quote_volume=total(candles.quote_volume),
        trades=None if candles.trades is None else np.add.reduceat(candles.trades, first)[keep],
        taker_buy_volume=total(candles.taker_buy_volume),
    )
    complete = counts == _expected(candles.timeframe, opens, closes)
    return Resampled(candles=longer, complete=complete[keep], seen_at=seen_at[keep].astype(np.int64))


class Resampler:
    """The same, one short candle at a time: feed closed candles in order, get the long ones they close.

    `forming` is the long candle in progress, None before the first.
    """

    def __init__(self, base: Timeframe, to: Timeframe) -> None:
        _require_whole(base, to)
        self.base, self.to = base, to
        self.forming: Candle | None = None
        self._count = 0
        self._begun_whole = False
        self._started = False

    def push(self, candle: Candle) -> list[tuple[Candle, bool]]:
        """The long candles known at this short candle's close, each with whether it is complete."""
        done: list[tuple[Candle, bool]] = []
        if self.forming is not None and self.forming.close_time <= candle.open_time:
            done += self._finish(self.forming)
        self._add(candle)
        if self.forming is not None and self.forming.close_time <= candle.close_time:
            done += self._finish(self.forming)
        return done

    def push_all(self, candles: Candles) -> Resampled:
        """The same for many at once; `seen_at` counts these."""
        if self._started or not len(candles):
            pushed = [(row, *done) for row, each in enumerate(candles) for done in self.push(each)]
            return Resampled(
                candles=Candles.of([longer for _, longer, _ in pushed], candles.symbol, self.to),
                complete=np.array([complete for _, _, complete in pushed], bool),
                seen_at=np.array([row for row, _, _ in pushed], np.int64),
            )
        made = resample(candles, self.to)
        opened = self.to.floor(candles.open_time)
        first = int(np.searchsorted(opened, opened[-1]))  # the long candle in progress at the end
        self._started = first > 0
        for candle in candles[first:]:
            self.push(candle)
        return made

    def preview(self, candle: Candle) -> Candle:
        """The long candle in progress as it would be with the short, still forming `candle` in it."""
        opened = self.to.floor(candle.open_time)
        if self.forming is None or self.forming.open_time != opened:
            return replace(candle, timeframe=self.to, open_time=opened, closed=False)
        return replace(_merged(self.forming, candle), closed=False)

    def _add(self, candle: Candle) -> None:
        if self.forming is None:
            opened = self.to.floor(candle.open_time)
            self._begun_whole = self._started or opened == candle.open_time
            self._started, self._count = True, 0
            self.forming = replace(candle, timeframe=self.to, open_time=opened, closed=False)
        else:
            self.forming = _merged(self.forming, candle)
        self._count += 1

    def _finish(self, forming: Candle) -> list[tuple[Candle, bool]]:
        candle, self.forming = replace(forming, closed=True), None
        expected = _expected(self.base, np.array([candle.open_time]), np.array([candle.close_time]))
        return [(candle, self._count == int(expected[0]))] if self._begun_whole else []


def candles_from_trades(trades: Iterable[Trade], symbol: Symbol, timeframe: Timeframe) -> Candles:
    """Candles of trades in time order. A period without a trade has no candle; the last may be unfinished.

    Sums are taken in the order of the trades. Raises BadSetting for a trade older than the one before.
    """
    rows: list[Candle] = []
    for trade in trades:
        opened = timeframe.floor(trade.at)
        value, bought = trade.price * trade.quantity, 0.0 if trade.buyer_is_maker else trade.quantity
        single = Candle(
            symbol=symbol,
            timeframe=timeframe,
            open_time=opened,
            open=trade.price,
            high=trade.price,
            low=trade.price,
            close=trade.price,
            volume=trade.quantity,
            quote_volume=value,
            trades=1,
            taker_buy_volume=bought,
        )
        if rows and opened < rows[-1].open_time:
            raise BadSetting(
                f"{symbol}: trade {trade.id} is older than the one before it; sort the trades by time."
            )
        if rows and opened == rows[-1].open_time:
            rows[-1] = _merged(rows[-1], single)
        else:
            rows.append(single)
    return Candles.of(rows, symbol, timeframe)


def _merged(sum_: Candle, more: Candle) -> Candle:
    return replace(
        sum_,
        high=max(sum_.high, more.high),
        low=min(sum_.low, more.low),
        close=more.close,
        volume=sum_.volume + more.volume,
        quote_volume=sum_.quote_volume + more.quote_volume,
        trades=sum_.trades + more.trades,
        taker_buy_volume=sum_.taker_buy_volume + more.taker_buy_volume,
    )


def _require_whole(base: Timeframe, to: Timeframe) -> None:
    if not base.divides(to):
        raise BadSetting(
            f"Candles of {to} cannot be made of {base} ones. Choose a timeframe that {base} divides."
        )


def _expected(base: Timeframe, opens: IntArray, closes: IntArray) -> IntArray:
    if base.name in ("1w", "1M"):
        return np.ones(len(opens), np.int64)
    return (closes - opens) // base.nominal_ms
