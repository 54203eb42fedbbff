"""What happens to a position between a candle's open and its close, in the compiled simulation: see `kernel`.

The rules 3 to 8 of `docs/decisions/0055-the-rules-of-fills`. `p` is the record of a symbol (`State`), `a`
that of the account.
"""

from __future__ import annotations

from typing import Final

from thebot.backtesting.fills import entered, gapped, later_part, market_price, reading, seen, sold
from thebot.backtesting.kernel_state import (
    BY_BREAK_EVEN,
    BY_TARGET,
    BY_TRAILING,
    Columns,
    Detail,
    Filled,
    Purse,
    State,
    Terms,
)
from thebot.trading.rules import (
    available,
    away,
    quantity_for,
    stop_price,
    stopped,
    traded_through,
    trailed,
)

nan: Final = float("nan")

NOTHING, STOP, TARGET = 0, 1, 2


def within(p: State, a: Purse, m: Columns, d: Detail, t: Terms, out: Filled, row: int) -> None:
    """A resting limit order, then stop and target (rules 3 to 7)."""
    opened, high, low = m.open[row], m.high[row], m.low[row]
    there = p.side != 0 and p.leaving == 0
    # Where the candle opened counts for a position that was there by then.
    since = nan if p.entered_row == row else opened
    if p.wait != 0 and p.placed != 0 and p.limit == p.limit and p.filled_row != row:
        gap = there and gapped(p.side, since, p.stop)
        if traded_through(p.wait, high, low, p.limit) and not gap:
            _limit_filled(p, a, m, t, row)
    if p.side == 0 or p.leaving != 0:
        return
    since = nan if p.entered_row == row else opened
    hit = stopped(p.side, since, high, low, p.stop)
    through = traded_through(-p.side, high, low, p.target)
    if hit != hit and not through:
        return
    what, doubtful = NOTHING, False
    if t.detailed:
        what, due, doubtful = _walked(p, d, t, row, since)
        hit = due if what == STOP else hit
    if what == NOTHING:  # no smaller candles, or they do not hold what this one says
        what, doubtful = _first(p, t, since, hit, through and p.inner_row != row)
    if doubtful:
        p.doubtful = 1
    if what != NOTHING:
        _left(p, a, m, t, out, row, what, hit)


def _first(p: State, t: Terms, since: float, hit: float, through: bool) -> tuple[int, bool]:
    """What of a candle's stop (triggered at `hit`) and target (traded through) came first, and any doubt."""
    if hit != hit:
        return (TARGET if through else NOTHING), False
    if not through or gapped(p.side, since, p.stop):
        return STOP, False
    if p.side * (since - p.target) > 0.0:
        return TARGET, False
    return (TARGET if t.target_first else STOP), True


def _walked(p: State, d: Detail, t: Terms, row: int, since: float) -> tuple[int, float, bool]:
    """What the smaller candles say came first, where a stop was triggered, and whether doubt is left.

    After an entry within the candle they count from the one that traded through its limit.
    """
    begun = p.inner_row != row
    for i in range(d.begin[row], d.end[row]):
        high, low, inner = d.high[i], d.low[i], False
        if i > d.begin[row]:
            since = d.open[i]
        if not begun:
            if not traded_through(p.side, high, low, p.limit):
                continue
            begun, inner = True, True
            since = nan
        hit = stopped(p.side, since, high, low, p.stop)
        through = traded_through(-p.side, high, low, p.target) and not inner
        if hit == hit or through:
            what, doubtful = _first(p, t, since, hit, through)
            return what, hit, doubtful
    return NOTHING, nan, False


def _limit_filled(p: State, a: Purse, m: Columns, t: Terms, row: int) -> None:
    """A limit order is traded through: filled at its price, as a maker."""
    price, wanted = p.limit, p.rest
    if p.settled == 0:
        free = (a.cash - a.locked) / p.unit
        wanted = quantity_for(p.amount / p.unit, free, price, t.maker_fee, p.whole != 0)
        quantity = available(wanted, m.volume[row], t.participation, p.whole != 0)
    else:
        price, quantity = later_part(p, a, m, t, row, price, t.maker_fee)
    first = p.side == 0
    entered(p, a, m, t, row, price, price, wanted, quantity, t.maker_fee)
    if p.filled_row == row:
        p.inner_row = row
        if first:
            p.own_row = row


def _left(p: State, a: Purse, m: Columns, t: Terms, out: Filled, row: int, what: int, hit: float) -> None:
    """By the stop at `hit` as a taker, or by the target as a maker; as far as the volume goes."""
    quantity = available(p.quantity, m.volume[row], t.participation, p.whole != 0)
    if what == STOP:
        seen(p, p.best, hit)
        due, price, fee, ending = hit, market_price(p, m, t, row, hit, -p.side, quantity), t.fee, p.stop_by
        p.leaving = ending + 1  # what the volume did not take waits for the next open
        p.stop_row = row
        p.wait = 0
    else:
        seen(p, p.target, m.low[row] if p.side > 0 else m.high[row])
        due, price, fee, ending = p.target, p.target, t.maker_fee, BY_TARGET
    if quantity > 0.0:
        sold(p, a, m, t, out, row, price, due, quantity, fee, ending, m.time[row])


def closed(p: State, m: Columns, t: Terms, row: int) -> None:
    """What is known at the close moves the stops; a limit order whose time is over is gone."""
    if p.side != 0 and p.stop_row != row:
        up, down = m.high[row], m.low[row]
        if p.own_row == row:  # filled on the way down (up, for a short): nobody knows what came after
            seen(p, m.close[row], down if p.side > 0 else up)
        elif p.side > 0:
            seen(p, up, down)
        else:
            seen(p, down, up)
        if p.leaving == 0 and (t.trailing_kind >= 0 or t.break_even_kind >= 0):
            moved(p, m, t, row)  # one that is being left has no stop any more
    if p.wait != 0 and p.placed != 0 and p.limit == p.limit and row >= p.until:
        p.wait = 0


def moved(p: State, m: Columns, t: Terms, row: int) -> None:
    """The trailing stop and the break-even follow the best price."""
    side, whole = p.side, p.whole != 0
    value = reading(p, 2, nan, m.trailing, row) if t.trailing_kind == 2 else p.trailing
    candidate = away(p.best, -side, t.trailing_kind, value)
    if candidate == candidate:
        stop = trailed(side, p.stop, stop_price(candidate, side, whole))
        if stop != p.stop:
            p.stop, p.stop_by = stop, BY_TRAILING
    ahead = away(p.entry, side, t.break_even_kind, p.break_even)
    if side * (p.best - ahead) >= 0.0:
        stop = trailed(side, p.stop, stop_price(p.entry, side, whole))
        if stop != p.stop:
            p.stop, p.stop_by = stop, BY_BREAK_EVEN
    if p.first_stop != p.first_stop:
        p.first_stop = p.stop
