"""The rules of fills and sizes, once: plain functions of numbers.

The compiled simulation puts them into its loop, matching (replay, paper) calls them as they are, so that
both come to the same fills. `direction` is 1 for buying (or a long position), -1 for selling (or a short
one). With an instrument prices are counted in ticks and quantities in steps: whole numbers, kept in floats,
which are exact up to 2**53; money is then counted in tick times step. Without one they are plain numbers.
nan stands for a price that is not there. Only what numba compiles may be used here.
"""

from __future__ import annotations

import math
from typing import Final

nan: Final = float("nan")

# A count that is whole in exact arithmetic may come out of floats a little beside it: taken as whole.
_NEAR_PRICE: Final = 1e-6
_NEAR_QUANTITY: Final = 1e-9

AMOUNT, FRACTION, RISK, VOLATILITY, KELLY = 0, 1, 2, 3, 4  # kinds of sizing


def counted(amount: float, unit_over: float, unit_under: float) -> float:
    """A price in ticks or a quantity in steps; the unit is `unit_over / unit_under` (0.05 is 1 / 20).

    Whole where the amount is a multiple of it in decimals, whatever floats make of that; else a fraction
    lies between two ticks, as candles of another source or an older tick may have it.
    """
    count = amount * unit_under / unit_over
    whole = math.floor(count + 0.5)
    return whole if abs(count - whole) < _NEAR_PRICE else count


def counted_up(price: float) -> float:
    return math.ceil(price - _NEAR_PRICE)


def counted_down(price: float) -> float:
    return math.floor(price + _NEAR_PRICE)


def against(price: float, direction: int, whole: bool) -> float:
    """A fill's price rounded to a tick against us: up for a purchase, down for a sale, never below one.

    Without ticks it is as it was, but never below 0: costs cannot take more than all.
    """
    if not whole:
        return max(price, 0.0)
    return counted_up(price) if direction > 0 else max(counted_down(price), 1.0)


def slipped(
    price: float,
    direction: int,
    share: float,
    fixed: float,
    from_range: float,
    from_volume: float,
    whole: bool,
) -> float:
    """What a market order or a stop fills at where `price` stood.

    `from_range` is the share of the range times the candle's high minus low; `from_volume` the impact times
    the share of the candle's volume that is taken (`taken`).
    """
    worse = price * (share + from_volume) + fixed + from_range
    return against(price + direction * worse, direction, whole)


def resting(price: float, direction: int, whole: bool) -> float:
    """The price of a limit order, rounded to a tick for us at least as good: a purchase down, a sale up."""
    if not whole:
        return price
    return max(counted_down(price), 1.0) if direction > 0 else counted_up(price)


def stop_price(price: float, direction: int, whole: bool) -> float:
    """The trigger of a stop of a position in that direction, rounded away from the price."""
    if not whole:
        return price
    return max(counted_down(price), 1.0) if direction > 0 else counted_up(price)


def target_price(price: float, direction: int, whole: bool) -> float:
    """The limit at which a position is taken out with a gain, rounded away from the price."""
    if not whole:
        return price
    return counted_up(price) if direction > 0 else max(counted_down(price), 1.0)


def away(entry: float, direction: int, kind: int, value: float) -> float:
    """The price `value` beyond `entry` in `direction`, by kind: 0 a distance, 1 a share of the entry price,
    2 the price itself. nan stays nan."""
    if kind == 2:
        return value
    return entry + direction * (value * entry if kind == 1 else value)


def stopped(direction: int, opened: float, high: float, low: float, stop: float) -> float:
    """The price at which a stop is triggered within a candle, or nan: a gap through it counts at the open."""
    if direction > 0:
        return opened if opened <= stop else stop if low <= stop else nan
    return opened if opened >= stop else stop if high >= stop else nan


def traded_through(direction: int, high: float, low: float, limit: float) -> bool:
    """Whether the price went beyond a limit order (1: to buy, -1: to sell) so that it was filled for sure."""
    return low < limit if direction > 0 else high > limit


def at_once(direction: int, opened: float, limit: float) -> bool:
    """Whether a new limit order meets the market at the candle's open, and fills there as a taker."""
    return opened <= limit if direction > 0 else opened >= limit


def trailed(direction: int, stop: float, candidate: float) -> float:
    """A stop moved to `candidate` if that is nearer to the price; never loosened. nan moves nothing."""
    if candidate != candidate:
        return stop
    if stop != stop:
        return candidate
    return max(stop, candidate) if direction > 0 else min(stop, candidate)


def kelly(cap: float, after: int, least: float, won: int, lost: int, gains: float, losses: float) -> float:
    """The share of the equity by Kelly's formula, from the gains of the trades closed so far.

    `gains` is the sum of those above zero, `losses` of those below it, as a positive number.
    """
    if won + lost < after:
        return least
    if lost == 0 or losses <= 0.0:
        return cap
    if won == 0 or gains <= 0.0:
        return least
    share = won / (won + lost)
    fraction = share - (1.0 - share) / ((gains / won) / (losses / lost))
    return min(cap, max(least, fraction))


def amount_wanted(
    kind: int,
    a: float,
    at_most: float,
    equity: float,
    price: float,
    distance: float,
    yearly: float,
    fraction: float,
) -> float:
    """The value that a new position shall have, in quote currency, at the deciding close; 0 if unknown.

    By kind: AMOUNT a; FRACTION a of the equity; RISK so that a fall by `distance` from `price` loses a of
    the equity; VOLATILITY a over the `yearly` volatility; KELLY the `fraction` that `kelly` gave.
    `at_most` bounds it as a share of the equity.
    """
    if equity <= 0.0:
        return 0.0
    if kind == AMOUNT:
        return a
    if kind == FRACTION:
        return a * equity
    if kind == KELLY:
        return fraction * equity
    known = distance if kind == RISK else yearly
    if not known > 0.0:
        return 0.0
    wanted = a * equity * price / distance if kind == RISK else a * equity / yearly
    return min(wanted, at_most * equity)


def quantity_for(amount: float, free: float, price: float, fee: float, whole: bool) -> float:
    """How much `amount` buys (or sells short) at `price`, as far as the `free` money pays it with its fee."""
    if not price > 0.0:
        return 0.0
    paid = free / (1.0 + fee)
    quantity = min(amount, paid) / price
    if not whole:
        return max(quantity, 0.0)
    quantity = math.floor(quantity + _NEAR_QUANTITY)
    if quantity > 0.0 and quantity * price * (1.0 + fee) > free:
        quantity -= 1.0
    return max(quantity, 0.0)


def taken(quantity: float, volume: float) -> float:
    """The share of a candle's volume that an order takes, at most all of it; all where nothing was traded."""
    return min(quantity / volume, 1.0) if volume > 0.0 else 1.0


def market_entry(
    opened: float,
    direction: int,
    share: float,
    fixed: float,
    from_range: float,
    impact: float,
    amount: float,
    free: float,
    fee: float,
    volume: float,
    participation: float,
    whole: bool,
) -> tuple[float, float, float]:
    """Price, quantity wanted and quantity filled of a market order for `amount` at a candle's open."""
    price = slipped(opened, direction, share, fixed, from_range, 0.0, whole)
    wanted = quantity_for(amount, free, price, fee, whole)
    filled = available(wanted, volume, participation, whole)
    if impact > 0.0 and filled > 0.0:
        price = slipped(opened, direction, share, fixed, from_range, impact * taken(filled, volume), whole)
        wanted = min(wanted, quantity_for(amount, free, price, fee, whole))
        filled = min(filled, wanted)
    return price, wanted, filled


def available(quantity: float, volume: float, participation: float, whole: bool) -> float:
    """How much of an order a candle's volume fills (`participation` of it at most)."""
    most = participation * volume
    if not quantity > most:  # also without a cap: infinity times no volume is nan
        return quantity
    return math.floor(most + _NEAR_QUANTITY) if whole else most


def borrowed(value: float, yearly: float, milliseconds: float) -> float:
    """What borrowing for a short position of that value at entry costs, for the time that it was held."""
    return value * yearly * milliseconds / 31_536_000_000.0  # 365 days
