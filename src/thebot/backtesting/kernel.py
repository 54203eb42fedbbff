"""The simulation itself: one loop over candles, by the rules of `docs/decisions/0055-the-rules-of-fills`.

Plain functions of numbers, columns and records, which `compiled` makes one piece of machine code of. What a
fill comes to is said in `trading.rules`; here is when. With one symbol the loop skips what cannot matter:
candles while flat, and while a position is held those that touch no level and bring no decision.

`p` is the record of a symbol (`State`), `a` that of the account (`Purse`), `m` the columns, `t` the terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from thebot.backtesting.at_close import decided, entry_decided
from thebot.backtesting.fills import entered, later_part, market_price, seen, sold
from thebot.backtesting.kernel_state import (
    AT_END,
    BY_HALT,
    COVER,
    ENTER,
    HALT,
    LEAVE,
    SHORT,
    Columns,
    Detail,
    Filled,
    Purse,
    State,
    Terms,
    Timeline,
)
from thebot.backtesting.within import closed, moved, within
from thebot.market import FloatArray
from thebot.trading.rules import (
    at_once,
    available,
    market_entry,
    stopped,
    traded_through,
)

nan: Final = float("nan")

_EACH_BYTE: Final = 0x0101010101010101


def run(
    m: Columns,
    d: Detail,
    line: Timeline,
    t: Terms,
    book: Sequence[State],
    account: Sequence[Purse],
    out: Filled,
    equity: FloatArray,
) -> int:
    """Trade through all candles; the number of rows of `equity` that were written."""
    a = account[0]
    alone = len(book) == 1
    k, written = 0, 0
    while k < t.steps:
        if alone:
            k = _skipped(book[0], a, m, t, k, equity)
            if k == t.steps:
                return k
            written = k
        first, last = (k, k + 1) if alone else (line.opens_from[k], line.opens_from[k + 1])
        _at_opens(m, line, t, book, a, out, first, last)
        first, last = (k, k + 1) if alone else (line.closes_from[k], line.closes_from[k + 1])
        if first < last:
            equity[written] = _at_closes(m, d, line, t, book, a, out, first, last)
            written += 1
        k += 1
    return written


def _at_opens(
    m: Columns,
    line: Timeline,
    t: Terms,
    book: Sequence[State],
    a: Purse,
    out: Filled,
    first: int,
    last: int,
) -> None:
    """Candles that open at one instant: what is left, and then what is entered, in turn."""
    alone, waiting = len(book) == 1, 0
    for j in range(first, last):
        row = j if alone else line.opens[j]
        p = book[0 if alone else line.owner[row]]
        _opened(p, a, m, t, out, row)
        p.turn = row if p.wait != 0 and p.filled_row != row else -1
        waiting += p.turn >= 0
    for _ in range(waiting):
        row = _next_in_turn(book, m, t)
        p = book[0 if alone else line.owner[row]]
        p.turn = -1
        _entered(p, a, m, t, row)


def _at_closes(
    m: Columns,
    d: Detail,
    line: Timeline,
    t: Terms,
    book: Sequence[State],
    a: Purse,
    out: Filled,
    first: int,
    last: int,
) -> float:
    """Candles that close at one instant: what happened in them, the equity then (given), and decisions."""
    alone, waiting = len(book) == 1, 0
    for j in range(first, last):
        row = j if alone else line.closes[j]
        p = book[0 if alone else line.owner[row]]
        within(p, a, m, d, t, out, row)
        _closed(p, a, m, t, out, row)
    equity = a.cash
    for s in range(len(book)):
        equity += book[s].side * book[s].quantity * book[s].mark * book[s].unit
    for j in range(first, last):
        row = j if alone else line.closes[j]
        p = book[0 if alone else line.owner[row]]
        decided(p, m, t, row)
        p.turn = row if p.wish != 0 else -1
        waiting += p.turn >= 0
    for _ in range(waiting):
        row = _next_in_turn(book, m, t)
        p = book[0 if alone else line.owner[row]]
        p.turn = -1
        entry_decided(p, a, book, m, t, row, equity)
    return equity


def _skipped(p: State, a: Purse, m: Columns, t: Terms, row: int, equity: FloatArray) -> int:
    """The next row at which anything may happen to the only symbol; the equity up to it is written."""
    if p.wait != 0 or p.leaving != 0:
        return row
    if p.side == 0:
        later, cash = _next_row(m, row, p.end, ENTER | SHORT), a.cash
        for i in range(row, later):
            equity[i] = cash
        return later
    later = _next_row(m, row, p.end - 1, (LEAVE | SHORT | HALT) if p.side > 0 else (COVER | ENTER | HALT))
    if t.expires > 0:
        later = _expired_by(p, m, t, row, later)
    if p.stop == p.stop or p.target == p.target or t.trailing_kind >= 0 or t.break_even_kind >= 0:
        return _held_with_levels(p, a, m, t, row, later, equity)
    _held(p, a, m, row, later, equity)
    return later


def _next_row(m: Columns, row: int, end: int, bits: int) -> int:
    """The first row from `row` on that has one of these signals, or `end`; eight at a time."""
    signals, words = m.signals, m.words
    while row < end and row & 7 != 0:
        if signals[row] & bits != 0:
            return row
        row += 1
    wide = bits * _EACH_BYTE
    while row + 8 <= end and words[row >> 3] & wide == 0:
        row += 8
    while row < end and signals[row] & bits == 0:
        row += 1
    return row


def _expired_by(p: State, m: Columns, t: Terms, row: int, end: int) -> int:
    """The first row at whose close the position has been held for long enough, or `end`."""
    low, high = row, end
    while low < high:
        middle = (low + high) // 2
        if m.close_time[middle] - p.entered_at >= t.expires:
            high = middle
        else:
            low = middle + 1
    return low


def _held(p: State, a: Purse, m: Columns, row: int, end: int, equity: FloatArray) -> None:
    """A position that nothing touches."""
    high, low, close = m.high, m.low, m.close
    cash, each = a.cash, p.side * p.quantity * p.unit
    for i in range(row, end):
        equity[i] = cash + each * close[i]
    if end == row:
        return
    up0, up1, up2, up3 = high[row], high[row], high[row], high[row]
    down0, down1, down2, down3 = low[row], low[row], low[row], low[row]
    i = row
    while i + 3 < end:  # four at a time: a processor compares them side by side
        up0, up1, up2, up3 = (
            max(up0, high[i]), max(up1, high[i + 1]), max(up2, high[i + 2]), max(up3, high[i + 3]),
        )  # fmt: skip
        down0, down1, down2, down3 = (
            min(down0, low[i]), min(down1, low[i + 1]), min(down2, low[i + 2]), min(down3, low[i + 3]),
        )  # fmt: skip
        i += 4
    while i < end:
        up0, down0 = max(up0, high[i]), min(down0, low[i])
        i += 1
    up, down = max(max(up0, up1), max(up2, up3)), min(min(down0, down1), min(down2, down3))
    seen(p, up if p.side > 0 else down, down if p.side > 0 else up)


def _held_with_levels(
    p: State, a: Purse, m: Columns, t: Terms, row: int, end: int, equity: FloatArray
) -> int:
    """A position until a candle touches one of its levels: that row, or `end`."""
    opens, highs, lows, closes = m.open, m.high, m.low, m.close
    cash, each, side = a.cash, p.side * p.quantity * p.unit, p.side
    moves = t.trailing_kind >= 0 or t.break_even_kind >= 0
    stop, target, best, worst = p.stop, p.target, p.best, p.worst
    while row < end:
        high, low = highs[row], lows[row]
        hit = stopped(side, opens[row], high, low, stop)
        if hit == hit or traded_through(-side, high, low, target):
            break
        if side > 0:
            best, worst = max(best, high), min(worst, low)
        else:
            best, worst = min(best, low), max(worst, high)
        if moves:
            p.best = best
            moved(p, m, t, row)
            stop = p.stop
        equity[row] = cash + each * closes[row]
        row += 1
    p.best, p.worst = best, worst
    return row


def _next_in_turn(book: Sequence[State], m: Columns, t: Terms) -> int:
    """Of the symbols whose turn is to come: decided earliest, then ranked highest, then listed first."""
    chosen = -1
    for s in range(len(book)):
        if book[s].turn < 0:
            continue
        if chosen < 0:
            chosen = s
            continue
        at, best_at = _decided_at(book[s], m), _decided_at(book[chosen], m)
        rank, best = _rank(book[s], m, t), _rank(book[chosen], m, t)
        if at < best_at or (at == best_at and (rank > best or (rank == rank and best != best))):
            chosen = s
    turn: int = book[chosen].turn
    return turn


def _decided_at(p: State, m: Columns) -> int:
    at: int = m.close_time[p.wait_row if p.wait != 0 else p.turn]
    return at


def _rank(p: State, m: Columns, t: Terms) -> float:
    if not t.ranked:
        return nan
    rank: float = m.rank[p.wait_row if p.wait != 0 else p.turn]
    return rank


def _opened(p: State, a: Purse, m: Columns, t: Terms, out: Filled, row: int) -> None:
    """Halts and the exits that were decided, at the open (rules 1 and 2)."""
    due, quantity, ending = m.open[row], p.quantity, p.leaving - 1
    if m.signals[row] & HALT != 0:
        if p.wait != 0:
            p.wait = 0
            a.withdrawn += 1
        before = m.close[row - 1]
        due, ending = (min(before, due) if p.side > 0 else max(before, due)), BY_HALT
    elif ending >= 0:
        quantity = available(quantity, m.volume[row], t.participation, p.whole != 0)
    if p.side != 0 and ending >= 0:
        seen(p, due, due)
        if quantity > 0.0:
            price = market_price(p, m, t, row, due, -p.side, quantity)
            sold(p, a, m, t, out, row, price, due, quantity, t.fee, ending, m.time[row])


def _entered(p: State, a: Purse, m: Columns, t: Terms, row: int) -> None:
    """A waiting entry at an open (rules 2 and 3): market orders, and a limit order that meets the market."""
    if p.side == -p.wait:
        p.wait = 0  # the volume did not let the other side out
        return
    opened, limited, first, whole = m.open[row], p.limit == p.limit, p.placed == 0, p.whole != 0
    if first:
        p.placed, p.until = 1, row + t.limit_candles - 1
    if limited and not (first and at_once(p.wait, opened, p.limit)):
        return
    if p.settled == 0:
        from_range = t.range_share * (m.high[row] - m.low[row])
        price, wanted, quantity = market_entry(
            opened, p.wait, t.share, p.fixed, from_range, t.impact, p.amount / p.unit,
            (a.cash - a.locked) / p.unit, t.fee, m.volume[row], t.participation, whole,
        )  # fmt: skip
        if limited:
            price = min(price, p.limit) if p.wait > 0 else max(price, p.limit)
    else:
        price, quantity = later_part(p, a, m, t, row, opened, t.fee)
        wanted = p.rest
    entered(p, a, m, t, row, price, opened, wanted, quantity, t.fee)


def _closed(p: State, a: Purse, m: Columns, t: Terms, out: Filled, row: int) -> None:
    """A candle's close (rule 8), and the last one's, where what is held is closed."""
    closed(p, m, t, row)
    p.mark = m.close[row]
    if row != p.end - 1:
        return
    p.wait = 0  # it would never be filled, and take the place of others
    if p.side != 0:
        price = market_price(p, m, t, row, p.mark, -p.side, p.quantity)
        sold(p, a, m, t, out, row, price, p.mark, p.quantity, t.fee, AT_END, m.close_time[row])
