"""The daily skeleton of the simulated markets: where each day closes, how wild and how busy it is.

Everything is a function of the seed, the symbol and the day, whatever else was asked for before.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from thebot.exchange.sandbox.universe import Character
from thebot.market import FloatArray, IntArray
from thebot.market.timeframe import DAY

LISTED: Final = 1_704_067_200_000  # 2024-01-01 UTC: the first day of every simulated market
_HOME_DAYS: Final = 150.0  # in about so many days a price drifts back towards its home
_TRADES_PER_AGGREGATE: Final = 1.35


def generator(*parts: int | str) -> np.random.Generator:
    """A random generator of its own for each combination of parts."""
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in parts]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))


@dataclass(frozen=True, slots=True)
class Anchors:
    """One market's days since LISTED: columns of shape (days,)."""

    close: IntArray  # ticks
    deviation: FloatArray  # of a day's logarithmic return
    aggregates: IntArray
    extra_trades: IntArray  # single trades beyond one for each aggregate
    aggregates_before: IntArray
    trades_before: IntArray
    first_open: int  # ticks


def day_of(at: int) -> int:
    """The day, counted from LISTED, that holds the instant `at` (ms UTC)."""
    return (at - LISTED) // DAY


class Skeleton:
    """Anchors of all markets for a number of days; made anew when more days are needed."""

    def __init__(self, seed: int, characters: list[Character], rates: dict[str, float], days: int) -> None:
        self.days = days
        weather = generator(seed, "market")
        mood = _wandering(weather.standard_normal(days), memory=0.97) * 0.35
        self._mood = mood
        self._market = generator(seed, "market returns").standard_normal(days) * 0.021 * np.exp(mood)
        self.of: dict[str, Anchors] = {
            character.listing.symbol: self._anchors(seed, character, rates[character.listing.symbol])
            for character in characters
        }

    def _anchors(self, seed: int, character: Character, rate: float) -> Anchors:
        symbol, days = character.listing.symbol, self.days
        own_mood = _wandering(generator(seed, symbol, "mood").standard_normal(days), memory=0.93) * 0.3
        own = generator(seed, symbol, "returns").standard_normal(days) * 0.018 * np.exp(own_mood)
        # One generator for each column: what a day holds does not depend on how many days are made.
        sizes = generator(seed, symbol, "jump sizes").standard_normal(days) * 0.09
        jumps = np.where(generator(seed, symbol, "jumps").random(days) < 0.012, sizes, 0.0)
        away = _drawn_home(character.beta * self._market + own + jumps)
        tick = 10.0**-character.listing.price_digits
        close = np.maximum(np.rint(character.home * np.exp(away) / tick), 50).astype(np.int64)
        deviation = np.hypot(character.beta * 0.021 * np.exp(self._mood), 0.018 * np.exp(own_mood))
        busy = np.exp(0.8 * (self._mood + own_mood))
        aggregates = np.maximum(np.rint(rate * DAY / 1000 * busy), 1440).astype(np.int64)
        extra = np.rint(aggregates * (_TRADES_PER_AGGREGATE - 1)).astype(np.int64)
        return Anchors(
            close=close,
            deviation=deviation,
            aggregates=aggregates,
            extra_trades=extra,
            aggregates_before=np.cumsum(aggregates) - aggregates,
            trades_before=np.cumsum(aggregates + extra) - aggregates - extra,
            first_open=int(max(round(character.home / tick), 50)),
        )


def _wandering(shocks: FloatArray, memory: float) -> FloatArray:
    """A stationary walk of unit deviation that forgets by `memory` a day."""
    fresh = float(np.sqrt(1 - memory**2))
    path, value = np.empty(len(shocks)), 0.0
    for i, shock in enumerate(shocks.tolist()):
        value = memory * value + fresh * shock
        path[i] = value
    return path


def _drawn_home(returns: FloatArray) -> FloatArray:
    """The sum of returns, pulled back to zero in about _HOME_DAYS."""
    path, value = np.empty(len(returns)), 0.0
    for i, change in enumerate(returns.tolist()):
        value = value * (1 - 1 / _HOME_DAYS) + change
        path[i] = value
    return path
