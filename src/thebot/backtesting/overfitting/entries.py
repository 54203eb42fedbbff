"""Do the entries know anything? The same trades, entered at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from thebot.errors import BadSetting
from thebot.market import FloatArray, IntArray

_AT_ONCE: Final = 1_000_000  # values of a chunk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomEntries:
    """What trades gave, beside what as many random ones of the same lengths gave."""

    result: float  # mean return of a trade, as a fraction, before costs
    random: FloatArray  # the same of each draw, shape (draws,)

    @property
    def share(self) -> float:
        """The share of random entries that do as well, 0..1: small if the entries know something.

        A p-value: the trades themselves count as one more draw, so that it is never 0. nan for no trades.
        """
        if np.isnan(self.result):
            return float("nan")
        return float((1 + (self.random >= self.result).sum()) / (1 + len(self.random)))


def random_entries(
    price: FloatArray,
    entries: IntArray,
    exits: IntArray,
    *,
    seed: int,
    side: IntArray | int = 1,
    draws: int = 1000,
) -> RandomEntries:
    """The mean return of trades beside that of as many trades entered at random and held as long.

    `price` has shape (candles,): what one fills at, say the opens. `entries` and `exits` have shape
    (trades,): rows of `price`; `side` is 1 for long and -1 for short, for all or for each. A trade returns
    side * (price[exit] / price[entry] - 1). Costs are the same for both and left out.

    If the trades do not overlap (one may begin where another ends), the random ones do not either: the
    holding times in a random order, with the free time between them divided at random. Otherwise each is
    entered anywhere that its holding time allows. Long trades in a market that rises earn at random too: the
    share tells what the entries add to that.

    Raises BadSetting for a price that is not above 0, rows outside, an exit before its entry, or no draws.
    """
    sides = np.broadcast_to(np.asarray(side, dtype=np.int64), entries.shape)
    _require(price, entries, exits, draws)
    if not len(entries):
        return RandomEntries(result=float("nan"), random=np.empty(0))
    held = exits - entries
    result = float((sides * (price[exits] / price[entries] - 1.0)).mean())
    order = np.argsort(entries, kind="stable")
    apart = bool((exits[order][:-1] <= entries[order][1:]).all())
    random = np.random.default_rng(seed)
    means = np.empty(draws)
    at_once = max(1, _AT_ONCE // len(entries))
    for first in range(0, draws, at_once):
        shape = (min(at_once, draws - first), len(entries))
        which = random.permuted(np.broadcast_to(np.arange(shape[1]), shape), axis=1)
        lengths = held[which]
        begins = _apart(random, lengths, len(price)) if apart else _anywhere(random, lengths, len(price))
        returns = sides[which] * (price[begins + lengths] / price[begins] - 1.0)
        means[first : first + shape[0]] = returns.mean(axis=1)
    return RandomEntries(result=result, random=means)


def _require(price: FloatArray, entries: IntArray, exits: IntArray, draws: int) -> None:
    if draws < 1:
        raise BadSetting(f"{draws} draws say nothing: give some hundred at least.")
    if not (price > 0).all():
        row = int((~(price > 0)).argmax())
        raise BadSetting(f"The price in row {row} is {price[row]}, so nothing can be bought at it.")
    if entries.shape != exits.shape:
        raise BadSetting(
            f"{len(entries)} entries and {len(exits)} exits do not make trades: give one of each."
        )
    wrong = (entries < 0) | (exits < entries) | (exits >= len(price))
    if wrong.any():
        trade = int(wrong.argmax())
        raise BadSetting(
            f"Trade {trade}, from row {entries[trade]} to row {exits[trade]}, does not lie in prices of "
            f"{len(price)} rows, entry first."
        )


def _apart(random: np.random.Generator, lengths: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Entries of trades that follow each other, by draw: the free rows are divided at random."""
    free = rows - 1 - int(lengths[0].sum())
    waited = np.sort(random.integers(0, free, lengths.shape, endpoint=True), axis=1)
    begins: NDArray[np.int64] = waited + np.cumsum(lengths, axis=1) - lengths
    return begins


def _anywhere(random: np.random.Generator, lengths: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    return random.integers(0, rows - lengths)
