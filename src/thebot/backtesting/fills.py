"""How fills change a position and the account, in the compiled simulation: see `kernel`.

`p` is the record of a symbol (`State`), `a` that of the account, `m` the columns, `t` the terms.
"""

from __future__ import annotations

from typing import Final

from thebot.backtesting.kernel_state import BY_STOP, BY_TRAILING, Columns, Filled, Purse, State, Terms
from thebot.market import FloatArray
from thebot.trading.rules import (
    available,
    away,
    borrowed,
    counted,
    quantity_for,
    slipped,
    stop_price,
    taken,
    target_price,
    trailed,
)

nan: Final = float("nan")
inf: Final = float("inf")


def reading(p: State, kind: int, share: float, column: FloatArray, row: int) -> float:
    """A distance or a price in counts, or a share; nan where there is none."""
    if kind < 0:
        return nan
    if kind == 1:
        return share
    value = column[row]
    return counted(value, p.tick_over, p.tick_under) if p.whole != 0 and value == value else value


def market_price(
    p: State, m: Columns, t: Terms, row: int, due: float, direction: int, quantity: float
) -> float:
    """What a market order for so much fills at in that candle, where `due` stood."""
    from_range = t.range_share * (m.high[row] - m.low[row])
    from_volume = t.impact * taken(quantity, m.volume[row]) if t.impact > 0.0 else 0.0
    return slipped(due, direction, t.share, p.fixed, from_range, from_volume, p.whole != 0)


def later_part(
    p: State, a: Purse, m: Columns, t: Terms, row: int, due: float, fee: float
) -> tuple[float, float]:
    """Price and quantity of what a waiting entry gets now: at its limit, or at the market (limit nan)."""
    at_limit = p.limit == p.limit
    free = (a.cash - a.locked) / p.unit
    price = p.limit if at_limit else market_price(p, m, t, row, due, p.wait, 0.0)
    quantity = min(p.rest, quantity_for(inf, free, price, fee, p.whole != 0))
    quantity = available(quantity, m.volume[row], t.participation, p.whole != 0)
    if t.impact > 0.0 and quantity > 0.0 and not at_limit:
        price = market_price(p, m, t, row, due, p.wait, quantity)
        quantity = min(quantity, quantity_for(inf, free, price, fee, p.whole != 0))
    return price, quantity


def levels_set(p: State, m: Columns, t: Terms, entry: float) -> bool:
    """Set stop, target and the rest for a position entered at `entry`; False if it cannot have them."""
    side, row, whole = p.wait, p.wait_row, p.whole != 0
    stop = away(entry, -side, t.stop_kind, reading(p, t.stop_kind, t.stop_share, m.stop, row))
    if t.stop_kind >= 0:
        if stop != stop:
            return False
        stop = stop_price(stop, side, whole)
        if not side * (entry - stop) > 0.0:
            return False
    target = away(entry, side, t.target_kind, reading(p, t.target_kind, t.target_share, m.target, row))
    if t.target_kind >= 0:
        if target != target:
            return False
        target = target_price(target, side, whole)
        if not side * (target - entry) > 0.0:
            return False
    p.trailing = reading(p, t.trailing_kind, t.trailing_share, m.trailing, row)
    p.stop_by = BY_STOP
    trailing = away(entry, -side, t.trailing_kind, p.trailing)
    if side * (entry - trailing) > 0.0:
        nearer = trailed(side, stop, stop_price(trailing, side, whole))
        if nearer != stop:
            p.stop_by = BY_TRAILING
        stop = nearer
    p.stop = stop
    p.first_stop = stop
    p.target = target
    p.break_even = reading(p, t.break_even_kind, t.break_even_share, m.break_even, row)
    return True


def entered(
    p: State, a: Purse, m: Columns, t: Terms, row: int,
    price: float, due: float, wanted: float, quantity: float, fee: float,
) -> None:  # fmt: skip
    """An entry for `wanted` in all comes to `quantity` now. The first time the filters look at it."""
    if p.side == 0 and not levels_set(p, m, t, price):
        a.beside += 1
        p.wait = 0
        return
    if p.settled == 0:
        if (
            not wanted > 0.0
            or wanted < p.min_quantity
            or wanted > p.max_quantity
            or price * wanted < p.min_value
        ):
            a.refused += 1
            if a.refused == 1:
                a.refused_symbol, a.refused_row = p.symbol, row
                a.refused_price, a.refused_quantity = price, wanted
            p.wait = 0
            return
        p.settled, p.rest = 1, wanted
    if quantity > 0.0:
        bought(p, a, m, row, price, due, quantity, fee)


def bought(
    p: State, a: Purse, m: Columns, row: int, price: float, due: float, quantity: float, fee: float
) -> None:
    """A part of an entry is filled (levels are set before the first one)."""
    value = price * quantity * p.unit
    cost = value * fee
    if p.side == 0:
        p.side, p.decided, p.entered_row, p.entered_at = p.wait, p.wait_row, row, m.time[row]
        p.own_row, p.inner_row, p.stop_row, p.leaving, p.doubtful = -1, -1, -1, 0, 0
        p.quantity, p.bought, p.entry, p.best, p.worst = quantity, quantity, price, price, price
        p.flow, p.fees, p.slippage, p.took, p.locked, p.exit, p.sold = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    else:
        p.entry = (p.entry * p.bought + price * quantity) / (p.bought + quantity)
        p.bought += quantity
        p.quantity += quantity
    change = -p.side * value - cost
    a.cash += change
    p.flow += change
    p.took += value + cost
    p.fees += cost
    p.slippage += quantity * abs(price - due) * p.unit
    if p.side < 0:  # the proceeds and as much again, until it is bought back
        p.locked += 2.0 * value
        a.locked += 2.0 * value
    p.filled_row = row
    p.rest -= quantity
    if not p.rest > 0.0:
        p.wait = 0


def sold(
    p: State, a: Purse, m: Columns, t: Terms, out: Filled,
    row: int, price: float, due: float, quantity: float, fee: float, ending: int, at: int,
) -> None:  # fmt: skip
    """A position or a part of it is closed at `at` (ms UTC). The trade is written when all is gone."""
    value = price * quantity * p.unit
    cost = value * fee
    if p.side < 0:
        cost += borrowed(p.entry * quantity * p.unit, t.borrow, at - p.entered_at)
        freed = p.locked if quantity >= p.quantity else min(p.locked, 2.0 * p.entry * quantity * p.unit)
        p.locked -= freed
        a.locked -= freed
    change = p.side * value - cost
    a.cash += change
    p.flow += change
    p.fees += cost
    p.slippage += quantity * abs(price - due) * p.unit
    p.exit = price if p.sold == 0.0 else (p.exit * p.sold + price * quantity) / (p.sold + quantity)
    p.sold += quantity
    p.quantity -= quantity
    if not p.quantity > 0.0:
        _written(p, a, m, out, ending, at)
        p.left_open = m.time[row]


def _written(p: State, a: Purse, m: Columns, out: Filled, ending: int, at: int) -> None:
    """The trade is over: into the columns with it, and the symbol is flat."""
    gain = p.flow / p.took
    if gain > 0.0:
        a.won += 1
        a.gains += gain
    else:
        a.lost += 1
        a.losses -= gain
    n = a.trades
    a.trades += 1
    out.symbol[n] = p.symbol
    out.side[n] = p.side
    out.decided_at[n] = m.close_time[p.decided]
    out.entered_at[n] = p.entered_at
    out.left_at[n] = at
    out.ending[n] = ending
    out.doubtful[n] = p.doubtful
    out.entry_price[n] = p.entry * p.tick_over / p.tick_under
    out.exit_price[n] = p.exit * p.tick_over / p.tick_under
    out.quantity[n] = p.bought * p.step_over / p.step_under
    out.stop[n] = p.first_stop * p.tick_over / p.tick_under
    out.fees[n] = p.fees
    out.slippage[n] = p.slippage
    out.profit[n] = p.flow
    out.gain[n] = gain
    out.best[n] = max(p.side * (p.best - p.entry) / p.entry, 0.0)
    out.worst[n] = min(p.side * (p.worst - p.entry) / p.entry, 0.0)
    if p.wait == p.side:
        p.wait = 0  # what is left of its entry
    p.side, p.leaving, p.ever_left, p.quantity = 0, 0, 1, 0.0


def gapped(side: int, opened: float, level: float) -> bool:
    """Whether a position's stop was jumped over at the open (nan: it was not there yet)."""
    return side * (opened - level) <= 0.0


def seen(p: State, best: float, worst: float) -> None:
    """Prices that the position saw: the furthest for it and against it are kept."""
    if p.side > 0:
        p.best, p.worst = max(p.best, best), min(p.worst, worst)
    else:
        p.best, p.worst = min(p.best, best), max(p.worst, worst)
