"""The simulator: minutes of a hundred markets, made when they are asked for, always the same.

A day's minutes are a bridge between the closes of two days (`anchors`); hours and days are sums of
minutes. What was made is kept in a bounded cache, compactly.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thebot.errors import BadSetting
from thebot.exchange.sandbox import paths
from thebot.exchange.sandbox.anchors import LISTED, Anchors, Skeleton, day_of, generator
from thebot.exchange.sandbox.bars import NO_BARS, Bars, joined, summed
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.paths import Path
from thebot.exchange.sandbox.sources import Kept
from thebot.exchange.sandbox.universe import Character
from thebot.market import FloatArray, IntArray, Timeframe
from thebot.market.timeframe import DAY, HOUR, MINUTE

_MINUTES: Final = DAY // MINUTE
_AHEAD: Final = 100  # days of the skeleton beyond the one that is asked for
_BLOCK: Final = 32  # days in one block of hours or days that is kept
_HOUR, _DAY = Interval("1h"), Interval("1d")
_TRADE_WORTH: Final = 900.0  # quote currency, of an average aggregate trade

# How busy the minutes of a day are: quiet before the Asian morning, loudest in the American one.
_SEASON: Final[FloatArray] = 1.0 + 0.35 * np.sin((np.arange(_MINUTES) / _MINUTES - 0.42) * 2 * np.pi)


class _Packed(NamedTuple):
    """Candles that follow on each other without a gap, in as few bytes as they need."""

    narrow: NDArray[np.int32]  # open, high, low, close, aggregates, trades
    wide: IntArray  # volume, value, bought, bought value


def _packed(bars: Bars) -> _Packed:
    narrow = (bars.open, bars.high, bars.low, bars.close, bars.aggregates, bars.trades)
    wide = (bars.volume, bars.value, bars.bought, bars.bought_value)
    return _Packed(np.stack(narrow).astype(np.int32), np.stack(wide).astype(np.int64))


class Simulator:
    """A `Source` of simulated one-minute candles.

    `trades_per_second` is the mean number of aggregate trades over the symbols; much traded ones have more.
    """

    name: Literal["simulator"] = "simulator"

    def __init__(self, seed: int, characters: list[Character], trades_per_second: float, now: int) -> None:
        if now < LISTED:
            raise BadSetting(
                "The simulated markets begin on 2024-01-01, and this machine's clock is before that. "
                "Set the clock."
            )
        self.listings = {character.listing.symbol: character.listing for character in characters}
        self._seed, self._characters = seed, {c.listing.symbol: c for c in characters}
        shares = np.array([(c.rank + 3.0) ** -0.5 for c in characters])
        rates = trades_per_second * shares / shares.mean()
        self._rates = dict(zip(self.listings, rates.tolist(), strict=True))
        self._skeleton = self._grown(day_of(now))
        count = len(characters)
        self._minutes_kept = Kept(2 * count + 20, self._day_of_minutes)  # 80 KiB each
        self._hours_kept = Kept(64, self._block_of_hours)  # 42 KiB each
        self._days_kept = Kept(64 * count, self._block_of_days)  # 2 KiB each
        self._paths = Kept(2 * count + 64, self._make_path)

    def base(self, symbol: str) -> Timeframe:
        return Timeframe("1m")

    def first_open(self, symbol: str) -> int:
        return LISTED

    def end(self, symbol: str) -> int | None:
        return None

    def next_open(self, symbol: str, at: int) -> int | None:
        return max(LISTED, -(-at // MINUTE) * MINUTE)

    def bars(self, symbol: str, start: int, end: int) -> Bars:
        start = max(start, LISTED)
        if end <= start:
            return NO_BARS
        days = range(day_of(start), day_of(end - 1) + 1)
        return joined([self._day(symbol, day) for day in days]).between(start, end)

    def sums(self, symbol: str, interval: Interval, start: int, end: int) -> Bars:
        if interval.offset % HOUR or interval.nominal_ms < HOUR or end - start < 4 * HOUR:
            return summed(self.bars(symbol, start, end), interval)
        block = DAY if interval.nominal_ms >= DAY and not interval.offset else HOUR
        last = max(start, end - end % block)  # what follows is not a whole block: taken from minutes
        whole = self._whole(symbol, block, max(start, LISTED), last)
        rest = self.sums(symbol, _HOUR, last, end) if block == DAY else self.bars(symbol, last, end)
        return summed(joined([whole, rest]), interval)

    def path(self, symbol: str, open_time: int) -> Path | None:
        return self._paths((symbol, open_time)) if open_time >= LISTED else None

    def holding_trade(self, symbol: str, trade: int) -> int | None:
        anchors = self._skeleton.of[symbol]
        return self._holding(symbol, trade, anchors.trades_before, Bars._fields.index("first_trade"))

    def holding_aggregate(self, symbol: str, aggregate: int) -> int | None:
        anchors = self._skeleton.of[symbol]
        return self._holding(
            symbol, aggregate, anchors.aggregates_before, Bars._fields.index("first_aggregate")
        )

    def _holding(self, symbol: str, number: int, before: IntArray, column: int) -> int | None:
        if number < 0:
            return None
        day = int(np.searchsorted(before, number, side="right")) - 1
        minutes = self._day(symbol, day)
        row = int(np.searchsorted(minutes[column], number, side="right")) - 1
        return int(minutes.open_time[row])

    def _grown(self, day: int) -> Skeleton:
        return Skeleton(self._seed, list(self._characters.values()), self._rates, days=day + _AHEAD)

    def _anchors(self, symbol: str, day: int) -> Anchors:
        if day >= self._skeleton.days:
            self._skeleton = self._grown(day)
        return self._skeleton.of[symbol]

    def _make_path(self, key: tuple[str, int]) -> Path:
        symbol, open_time = key
        minutes = self._day(symbol, day_of(open_time))
        bar = minutes.row((open_time - int(minutes.open_time[0])) // MINUTE)
        return paths.inner_path(bar, MINUTE, generator(self._seed, symbol, "path", open_time // MINUTE))

    def _whole(self, symbol: str, block: int, start: int, end: int) -> Bars:
        if end <= start:
            return NO_BARS
        span = _BLOCK * DAY
        numbers = range((start - LISTED) // span, (end - 1 - LISTED) // span + 1)
        kept = self._days_kept if block == DAY else self._hours_kept
        blocks = [
            self._unpacked(symbol, number * _BLOCK, block, kept((symbol, number))) for number in numbers
        ]
        return joined(blocks).between(start, end)

    def _block_of_days(self, key: tuple[str, int]) -> _Packed:
        symbol, number = key
        return _packed(summed(self._unpacked(symbol, number * _BLOCK, HOUR, self._hours_kept(key)), _DAY))

    def _block_of_hours(self, key: tuple[str, int]) -> _Packed:
        symbol, number = key
        days = range(number * _BLOCK, (number + 1) * _BLOCK)
        return _packed(joined([summed(self._minutes(symbol, day), _HOUR) for day in days]))

    def _day_of_minutes(self, key: tuple[str, int]) -> _Packed:
        return _packed(self._minutes(*key))

    def _day(self, symbol: str, day: int) -> Bars:
        return self._unpacked(symbol, day, MINUTE, self._minutes_kept((symbol, day)))

    def _unpacked(self, symbol: str, day: int, duration: int, packed: _Packed) -> Bars:
        """Candles of `duration` ms from that day on."""
        open_, high, low, close, aggregates, trades = packed.narrow.astype(np.int64)
        volume, value, bought, bought_value = packed.wide
        anchors = self._anchors(symbol, day)
        return Bars(
            LISTED + day * DAY + np.arange(len(open_)) * duration, open_, high, low, close, volume, value,
            trades, bought, bought_value, int(anchors.trades_before[day]) + np.cumsum(trades) - trades,
            aggregates, int(anchors.aggregates_before[day]) + np.cumsum(aggregates) - aggregates,
        )  # fmt: skip

    def _minutes(self, symbol: str, day: int) -> Bars:
        """The 1,440 candles of a day."""
        anchors, random = self._anchors(symbol, day), generator(self._seed, symbol, "day", day)
        moves, activity, up, down, size = random.standard_normal((5, _MINUTES), dtype=np.float32).astype(
            float
        )
        busy = _SEASON * np.exp(0.6 * activity)
        aggregates = _shared_out(busy, int(anchors.aggregates[day]))
        deviation = float(anchors.deviation[day])
        start = int(anchors.close[day - 1]) if day else anchors.first_open
        close = _bridge(start, int(anchors.close[day]), moves, busy, deviation, random)
        close = _last_traded(close, aggregates, start)
        open_ = np.concatenate([[start], close[:-1]])
        open_ = np.where(aggregates == 1, close, open_)
        wick = 0.4 * deviation / np.sqrt(_MINUTES) * close * (aggregates >= 4)
        high = np.maximum(open_, close) + (np.abs(up) * wick).astype(np.int64)
        low = np.maximum(np.minimum(open_, close) - (np.abs(down) * wick).astype(np.int64), 1)
        volume, bought = self._volumes(symbol, aggregates, size, open_, close)
        value, bought_value = paths.values(open_, high, low, close, volume, bought, aggregates)
        reached = np.cumsum(aggregates)
        extra = np.diff(reached * int(anchors.extra_trades[day]) // int(reached[-1]), prepend=0)
        trades = aggregates + extra
        return Bars(
            LISTED + day * DAY + np.arange(_MINUTES) * MINUTE, open_, high, low, close, volume, value, trades,
            bought, bought_value, int(anchors.trades_before[day]) + np.cumsum(trades) - trades, aggregates,
            int(anchors.aggregates_before[day]) + reached - aggregates,
        )  # fmt: skip

    def _volumes(
        self, symbol: str, aggregates: IntArray, size: FloatArray, open_: IntArray, close: IntArray
    ) -> tuple[IntArray, IntArray]:
        """Volume, and how much of it takers bought, in steps."""
        character = self._characters[symbol]
        steps = _TRADE_WORTH / character.home * 10**character.listing.quantity_digits
        volume = (aggregates * steps * np.exp(0.5 * size)).astype(np.int64)
        volume = np.maximum(volume, 2 * paths.STEPS_A_TRADE * aggregates)
        share = np.clip(0.5 + 0.25 * np.tanh((close - open_) / np.maximum(1e-3 * open_, 1)), 0.3, 0.7)
        few = np.where(close >= open_, volume, 0)
        return volume, np.where(aggregates < paths.FEW, few, (volume * share).astype(np.int64))


def _shared_out(weights: FloatArray, total: int) -> IntArray:
    """`total` shared out by weight in whole numbers; the last minute of a day always gets some."""
    reached = np.cumsum(weights)
    counts: IntArray = np.diff(np.floor(reached * (total / reached[-1])).astype(np.int64), prepend=0)
    counts[-1] += total - int(counts.sum())
    if counts[-1] == 0:  # the day's close must be a trade
        counts[int(np.argmax(counts))] -= 1
        counts[-1] += 1
    return counts


def _bridge(
    start: int, end: int, moves: FloatArray, busy: FloatArray, deviation: float, random: np.random.Generator
) -> IntArray:
    """Closes of the minutes, in ticks, from `start` to `end`: busier minutes move more, some jump."""
    moves = moves * np.sqrt(busy / busy.mean())
    chance, minute, size = random.random(3)
    if chance < 0.2:
        moves[int(minute * _MINUTES)] += (12 + 25 * size) * (1 if chance < 0.1 else -1)
    walk = np.cumsum(moves)
    line = np.arange(1, _MINUTES + 1) / _MINUTES
    away = (walk - line * walk[-1]) * (deviation / np.sqrt(_MINUTES))
    close: IntArray = np.rint(start * (end / start) ** line * np.exp(away)).astype(np.int64)
    close[-1] = end
    return np.maximum(close, 1)


def _last_traded(close: IntArray, aggregates: IntArray, start: int) -> IntArray:
    """Closes, where a minute without trades keeps the last price."""
    traded: IntArray = np.where(aggregates > 0, np.arange(len(close)), -1)
    last: IntArray = np.maximum.accumulate(traded)
    return np.where(last >= 0, close[np.maximum(last, 0)], start)
