"""What is decided at a close, in the compiled simulation: see `kernel`.

Rule 10 of `docs/decisions/0055-the-rules-of-fills`, and its sizes. `p` is the record of a symbol, `a` that of
the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from thebot.backtesting.fills import reading
from thebot.backtesting.kernel_state import (
    BY_REVERSAL,
    BY_SIGNAL,
    BY_TIME,
    COVER,
    ENTER,
    LEAVE,
    SHORT,
    Columns,
    Purse,
    State,
    Terms,
)
from thebot.trading.rules import FRACTION, KELLY, VOLATILITY, amount_wanted, away, kelly, resting

nan: Final = float("nan")


def decided(p: State, m: Columns, t: Terms, row: int) -> None:
    """What is decided of exits at a close, and whether an entry is wished for (rule 10)."""
    p.wish = 0
    if row == p.end - 1:
        return
    signals, at = m.signals[row], m.close_time[row]
    wish = 1 if signals & ENTER != 0 else -1 if signals & SHORT != 0 else 0
    if p.wait != 0 and (signals & (LEAVE if p.wait > 0 else COVER) != 0 or wish == -p.wait):
        p.wait = 0
    turned = False
    if p.side != 0 and p.leaving == 0:
        turned = wish == -p.side
        if turned:
            p.leaving = BY_REVERSAL + 1
        elif signals & (LEAVE if p.side > 0 else COVER) != 0:
            p.leaving = BY_SIGNAL + 1
        elif t.expires > 0 and at - p.entered_at >= t.expires:
            p.leaving = BY_TIME + 1
        if p.leaving != 0:
            p.wait = 0
    free = p.wait == 0 and (p.side == 0 or turned)
    if free and (p.ever_left == 0 or at - p.left_open >= t.cooldown):
        p.wish = wish


def entry_decided(
    p: State, a: Purse, book: Sequence[State], m: Columns, t: Terms, row: int, equity: float
) -> None:
    """Whether an entry is taken at a close, and how large (rule 10 and the sizes)."""
    side, price = p.wish, m.close[row]
    stop = reading(p, t.stop_kind, t.stop_share, m.stop, row)
    target = reading(p, t.target_kind, t.target_share, m.target, row)
    limit = away(price, -side, t.limit_kind, reading(p, t.limit_kind, t.limit_share, m.limit, row))
    distance = _distance(t.stop_kind, stop, price, side)
    if t.stop_kind < 0:
        trailing = reading(p, t.trailing_kind, t.trailing_share, m.trailing, row)
        distance = _distance(t.trailing_kind, trailing, price, side)
    amount = _amount(a, m, t, row, equity, price, distance)
    if (
        (t.stop_kind >= 0 and stop != stop)
        or (t.target_kind >= 0 and target != target)
        or (t.limit_kind >= 0 and not limit > 0.0)
        or not amount > 0.0
    ):
        a.unknown += 1
        return
    if t.most_open < len(book):
        count = 0
        for s in range(len(book)):
            count += book[s].wait != 0 or (book[s].side != 0 and book[s].leaving == 0)
        if count >= t.most_open:
            return
    p.wait, p.wait_row, p.placed, p.settled, p.filled_row = side, row, 0, 0, -1
    p.amount, p.rest = amount, 0.0
    p.limit = resting(limit, side, p.whole != 0) if t.limit_kind >= 0 else nan


def _distance(kind: int, value: float, price: float, side: int) -> float:
    """From a close to a stop: nan where there is none."""
    return value * price if kind == 1 else side * (price - value) if kind == 2 else value


def _amount(a: Purse, m: Columns, t: Terms, row: int, equity: float, price: float, distance: float) -> float:
    """The value wanted, in quote currency."""
    yearly = m.volatility[row] * t.year if t.sizing == VOLATILITY else nan
    size = t.size * t.part if t.sizing == FRACTION else t.size
    fraction = 0.0
    if t.sizing == KELLY:
        fraction = t.part * kelly(t.size, t.after, t.least, a.won, a.lost, a.gains, a.losses)
    wanted = amount_wanted(t.sizing, size, t.at_most, equity, price, distance, yearly, fraction)
    return min(wanted, t.part * equity)
