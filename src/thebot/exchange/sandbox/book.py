"""The order book around the last trade: a function of the last aggregate trade and nothing else.

So nobody has to keep a book that is not looked at. Its update id is the number of the last aggregate trade.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thebot.market import IntArray

DEPTH: Final = 1000  # levels on either side
_LIVES: Final = 48  # trades that a level's quantity stays the same


class Last(NamedTuple):
    """What the book follows from. Prices in ticks, quantities in steps."""

    aggregate: int
    price: int
    bought: int
    size: int  # of an average trade


class Book(NamedTuple):
    """Shape (levels, 2) either side: price and quantity, the best first."""

    bids: IntArray
    asks: IntArray


def top(last: Last) -> tuple[int, int, int, int]:
    """Best bid, its quantity, best ask, its quantity. The last trade took from the side that it names."""
    spread = max(1, last.price // 500_000)
    bid, ask = (last.price - spread, last.price) if last.bought else (last.price, last.price + spread)
    noise = (last.aggregate * 2_654_435_761 + last.price * 40_503) & 0xFFFF_FFFF
    return (
        max(bid, 1),
        1 + last.size * (1 + (noise & 0xFF)) // 64,
        max(ask, 2),
        1 + last.size * (1 + (noise >> 8 & 0xFF)) // 64,
    )


def book(last: Last, depth: int = DEPTH) -> Book:
    """The best `depth` levels of either side (fewer bids where the price is but a few ticks)."""
    bid, bid_quantity, ask, ask_quantity = top(last)
    gap = _grid(last.price)
    below = (bid - 1) // gap * gap - gap * np.arange(depth - 1)
    above = (ask // gap + 1) * gap + gap * np.arange(depth - 1)
    below = below[below > 0]
    return Book(
        np.vstack([[[bid, bid_quantity]], _with_quantities(below, last)]).astype(np.int64),
        np.vstack([[[ask, ask_quantity]], _with_quantities(above, last)]).astype(np.int64),
    )


def changes(before: Iterable[IntArray], after: IntArray) -> list[tuple[int, int]]:
    """What turns each of some earlier states of a side into `after`; quantity 0 for levels that left."""
    new = dict(after.tolist())
    changed: dict[int, int] = {}
    for side in before:
        old = dict(side.tolist())
        changed |= {price: quantity for price, quantity in new.items() if old.get(price) != quantity}
        changed |= {price: 0 for price in old if price not in new}
    return list(changed.items())


def _grid(price: int) -> int:
    """Ticks between two levels: 1, 2 or 5 times a power of ten, so that it rarely changes with the price."""
    least = max(1, price // 25_000)
    power: int = 10 ** (len(str(least)) - 1)
    return power * max(factor for factor in (1, 2, 5) if factor * power <= least)


def _with_quantities(prices: IntArray, last: Last) -> IntArray:
    phase = _hashed(prices.astype(np.uint64)) % np.uint64(_LIVES)
    life = (np.uint64(last.aggregate) + phase) // np.uint64(_LIVES)
    random = _hashed(prices.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + life)
    share = (random >> np.uint64(11)).astype(np.float64) / 2.0**53
    away = np.arange(1, len(prices) + 1)
    quantity = 1 + (last.size * (0.5 + 3.0 * share) * (1 + 0.15 * np.sqrt(away // 8))).astype(np.int64)
    return np.column_stack([prices, quantity])


def _hashed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Well mixed numbers (the finisher of splitmix64; overflow is meant)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
