"""The trades inside a candle: a path that opens, peaks, bottoms and closes as the candle says.

The path touches open, high, low and close exactly, and its quantities, values and taker sides sum to the
candle's own. Few trades (below FEW) have a plain form, so that a candle's value follows from its prices.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final

import numpy as np

from thebot.exchange.sandbox.bars import Bar
from thebot.market import BoolArray, FloatArray, IntArray

FEW: Final = 8  # below this many aggregate trades, the path is its corners and repeats of the close
STEPS_A_TRADE: Final = 8  # a path of FEW or more needs this many steps of volume for each aggregate trade


@dataclass(frozen=True, slots=True)
class Path:
    """Aggregate trades in time order, as columns. `exact`: they sum to the candle in every column."""

    time: array[int]  # ms UTC
    price: array[int]  # ticks
    quantity: array[int]  # steps
    bought: array[int]  # 1: the taker bought
    first_trade: array[int]  # id of the first single trade in it; one element more than the others
    first_aggregate: int
    exact: bool = True

    def __len__(self) -> int:
        return len(self.time)


def path(
    time: IntArray, price: IntArray, quantity: IntArray, bought: BoolArray, fills: IntArray, bar: Bar
) -> Path:
    """A Path of numpy columns; `fills` counts the single trades of each aggregate one."""
    first = bar.first_trade + np.concatenate([[0], np.cumsum(fills)])
    value, sides = price * quantity, bought.astype(np.int64)
    exact = (
        int(quantity.sum()) == bar.volume
        and int(value.sum()) == bar.value
        and int((quantity * sides).sum()) == bar.bought
        and int((value * sides).sum()) == bar.bought_value
        and int(first[-1]) == bar.first_trade + bar.trades
    )
    if len(price):
        touched = (int(price[0]), int(price.max()), int(price.min()), int(price[-1]))
        exact = exact and touched == (bar.open, bar.high, bar.low, bar.close)
    return Path(
        time=_packed(time), price=_packed(price), quantity=_packed(quantity), bought=_packed(sides),
        first_trade=_packed(first), first_aggregate=bar.first_aggregate, exact=exact,
    )  # fmt: skip


def _packed(column: IntArray) -> array[int]:
    return array("q", column.astype(np.int64).tobytes())


def values(
    open_: IntArray,
    high: IntArray,
    low: IntArray,
    close: IntArray,
    volume: IntArray,
    bought: IntArray,
    count: IntArray,
) -> tuple[IntArray, IntArray]:
    """Value and taker-bought value of candles for which the source has none, for `count` aggregate trades.

    With FEW or more: volume at the mean of the four prices, which a path can always be fitted to. With
    fewer: the exact sum of the plain form.
    """
    total = open_ + high + low + close
    mean_value, mean_bought = volume * total // 4, bought * total // 4
    up, down = high > np.maximum(open_, close), low < np.minimum(open_, close)
    rest = count - 1 - up - down
    each, remainder = np.divmod(volume, np.maximum(count, 1))
    plain = (open_ + up * high + down * low + rest * close) * each + open_ * remainder
    few = count < FEW
    plain = np.where(count > 0, plain, volume * close)
    return (
        np.where(few, plain, mean_value),
        np.where(few, np.where(bought > 0, plain, 0), mean_bought),
    )


def corners(open_: IntArray, high: IntArray, low: IntArray, close: IntArray) -> IntArray:
    """How many trades it takes to touch open, high, low and close."""
    up, down = high > np.maximum(open_, close), low < np.minimum(open_, close)
    count: IntArray = 1 + up + down + ((close != open_) | up | down)
    return count


def inner_path(bar: Bar, duration: int, rng: np.random.Generator) -> Path:
    """The trades of a candle that lasts `duration` ms: always the same for the same `rng` state."""
    count = bar.aggregates
    # Distinct times: no two aggregate trades of one millisecond, so that none could be merged.
    time = bar.open_time + np.sort(rng.integers(0, max(1, duration - count), size=count)) + np.arange(count)
    if count < FEW:
        price = _plain_prices(bar, rng)
        quantity = np.full(count, bar.volume // max(count, 1))
        quantity[:1] += bar.volume - int(quantity.sum())
        bought = np.full(count, bar.bought > 0)
    else:
        price, bought = _wandering(bar, rng)
        price, quantity = _fitted(bar, price, bought, rng)
    return path(time, price, quantity, bought, _fills(bar, quantity), bar)


def _plain_prices(bar: Bar, rng: np.random.Generator) -> IntArray:
    between = [bar.high] * (bar.high > max(bar.open, bar.close)) + [bar.low] * (
        bar.low < min(bar.open, bar.close)
    )
    if rng.random() < 0.5:
        between.reverse()
    turns = [bar.open, *between]
    turns += [bar.close] * (bar.aggregates - len(turns))
    return np.array(turns[: bar.aggregates], np.int64)


def _wandering(bar: Bar, rng: np.random.Generator) -> tuple[IntArray, BoolArray]:
    """Prices of a random walk from open to close, stretched onto high and low; and who was the taker."""
    count = bar.aggregates
    walk = np.cumsum(rng.standard_normal(count))
    line = np.linspace(0.0, 1.0, count)
    bridge = walk - walk[0] - line * (walk[-1] - walk[0])
    height = max(float(bridge.max() - bridge.min()), 1e-9)
    price = bar.open + (bar.close - bar.open) * line + bridge * ((bar.high - bar.low) / height)
    top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
    price = _stretched(price, top, bar.high)
    price = -_stretched(-price, -bottom, -bar.low)
    ticks = np.clip(np.rint(price), bar.low, bar.high).astype(np.int64)
    peak, trough = _turns(ticks)
    ticks[0], ticks[-1] = bar.open, bar.close
    # Each side of the market trades once at the high and once at the low: see _fitted.
    ticks[[peak, peak + 1]], ticks[[trough, trough + 1]] = bar.high, bar.low
    lean = np.diff(ticks, prepend=ticks[0]) + 0.3 * rng.standard_normal(count)
    lean[[peak, trough + 1]], lean[[peak + 1, trough]] = np.inf, -np.inf
    # ... and has one trade more between first and last, whose price may be moved.
    taken = {peak, peak + 1, trough, trough + 1}
    spare = [i for i in range(1, min(count - 1, 8)) if i not in taken][:2]
    lean[spare] = (1e300, -1e300)
    share = bar.bought / bar.volume
    buys = 0 if bar.bought == 0 else count if share >= 1 else min(max(3, round(count * share)), count - 3)
    bought = np.zeros(count, bool)
    bought[np.argsort(-lean, kind="stable")[:buys]] = True
    return ticks, bought


def _stretched(price: FloatArray, top: float, high: float) -> FloatArray:
    """`price`, with what is above `top` scaled so that the greatest becomes `high`."""
    over = price - top
    greatest = float(over.max())
    if greatest <= 0:
        return price
    return np.where(over > 0, top + over * ((high - top) / greatest), price)


def _turns(ticks: IntArray) -> tuple[int, int]:
    """Where to put the high and the low, each with a place beside it, neither first nor last."""
    last = len(ticks) - 3
    peak = int(np.clip(np.argmax(ticks), 1, last))
    trough = int(np.clip(np.argmin(ticks), 1, last))
    if abs(peak - trough) < 2:
        trough = peak + 2 if peak + 2 <= last else peak - 2
    return peak, trough


def _fitted(
    bar: Bar, price: IntArray, bought: BoolArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Quantities (and one price on either side, moved) that sum to the candle's volume and value."""
    price, quantity = price.copy(), np.zeros(len(price), np.int64)
    weight = np.exp(rng.standard_normal(len(price)))
    sides = (
        (bought, bar.bought, bar.bought_value),
        (~bought, bar.volume - bar.bought, bar.value - bar.bought_value),
    )
    for mask, volume, value in sides:
        members = np.flatnonzero(mask)
        if len(members) and volume >= 2 * len(members):
            side = _Side(price[members], weight[members], volume, value, bar.low, bar.high)
            side.fit(fixed_ends=(members[0] == 0, members[-1] == len(price) - 1))
            price[members], quantity[members] = side.price, side.quantity
        elif len(members):  # a side too small to be fitted (only by a file's own column): the sum of volume
            quantity[members[0]] = max(volume, 0)
    return price, quantity


class _Side:
    """The trades of one taker side: choose quantities so that they sum to `volume` and `value`."""

    def __init__(
        self, price: IntArray, weight: FloatArray, volume: int, value: int, low: int, high: int
    ) -> None:
        self.price, self.weight, self.volume, self.value = price, weight, volume, value
        self.low, self.high = low, high
        self.quantity = np.ones(len(price), np.int64)

    def fit(self, fixed_ends: tuple[bool, bool]) -> None:
        self._spread()
        if self.high == self.low or len(self.price) < 3:
            return
        lowest, highest = int(np.argmin(self.price)), int(np.argmax(self.price))
        if not self._move(lowest, highest):
            self._pile(lowest, highest)
        # What is left is less than the whole range: pass it through ever smaller steps of price, ...
        for part in (8, 64):
            target = self.low + max(1, (self.high - self.low) // part)
            near = np.where(
                self.price > self.price[lowest], np.abs(self.price - target), np.iinfo(np.int64).max
            )
            self._move(lowest, int(np.argmin(near)))
        # ... and one trade of a single step takes the rest in its price.
        free = np.ones(len(self.price), bool)
        free[[lowest, highest]] = False
        free[0] &= not fixed_ends[0]
        free[-1] &= not fixed_ends[1]
        if free.any():
            self._absorb(free, lowest, highest)

    @property
    def missing(self) -> int:
        return self.value - int((self.price * self.quantity).sum())

    def _spread(self) -> None:
        """Quantities by weight, tilted towards the mean price that is wanted."""
        weight, count = self.weight, len(self.price)
        spare = self.volume - count
        centre = float((weight * self.price).sum() / weight.sum())
        wanted = (self.value - int(self.price.sum())) / max(spare, 1)
        away = self.price - centre
        spread = float((weight * away * away).sum() / weight.sum())
        if spread > 0:
            weight = weight * np.clip(1 + (wanted - centre) / spread * away, 0.05, 20.0)
        self.quantity = 1 + np.floor(spare * weight / weight.sum()).astype(np.int64)
        self.quantity[int(np.argmax(self.quantity))] += self.volume - int(self.quantity.sum())

    def _move(self, cheap: int, dear: int) -> bool:
        """Move quantity between two trades until less value is missing than one step; if it suffices."""
        gap = int(self.price[dear] - self.price[cheap])
        if gap <= 0:
            return False
        steps = self.missing // gap
        if self.quantity[cheap] - steps < 1 or self.quantity[dear] + steps < 1:
            return False
        self.quantity[cheap] -= steps
        self.quantity[dear] += steps
        return True

    def _pile(self, cheap: int, dear: int) -> None:
        """The last resort: one step each, and the rest on the cheapest and the dearest."""
        self.quantity[:] = 1
        self.quantity[cheap] += self.volume - len(self.price)
        self._move(cheap, dear)

    def _absorb(self, free: BoolArray, lowest: int, highest: int) -> None:
        """Let one of the `free` trades, cut to a single step, take what is missing in its price."""
        reached = self.price + self.missing
        fitting = free & (reached >= self.low) & (reached <= self.high)
        candidates = fitting if fitting.any() else free
        pick = int(np.argmin(np.where(candidates, self.quantity, np.iinfo(np.int64).max)))
        self.quantity[lowest] += self.quantity[pick] - 1
        self.quantity[pick] = 1
        self._move(lowest, highest)  # giving the quantity away has changed what is missing
        moved = int(self.price[pick]) + self.missing
        if moved > self.high and self.quantity[lowest] > 1:  # one step further up leaves the rest below
            self.quantity[lowest] -= 1
            self.quantity[highest] += 1
            moved = int(self.price[pick]) + self.missing
        if self.low <= moved <= self.high:
            self.price[pick] = moved


def _fills(bar: Bar, quantity: IntArray) -> IntArray:
    """How many single trades each aggregate one is made of: at least one, at most its steps."""
    fills = np.ones(len(quantity), np.int64)
    extra, room = bar.trades - bar.aggregates, int(quantity.sum()) - bar.aggregates
    if extra > 0 and room > 0:
        shares = [0, *np.cumsum(quantity - 1).tolist()]
        reached = [share * min(extra, room) // room for share in shares]  # Python's integers: no overflow
        fills += np.diff(reached)
    return fills
