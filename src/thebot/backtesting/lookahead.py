"""The check that every trial makes: nothing that was decided may change when later candles come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from thebot.backtesting.overfitting import ChangedByTheFuture, changed_by_the_future
from thebot.backtesting.simulate import Simulated
from thebot.backtesting.trades import ENDINGS, Trades
from thebot.errors import SeesTheFuture
from thebot.indicators import Expression
from thebot.market import BoolArray, Candles
from thebot.market.quality import moment, unbroken

# How many truncations, of stretches of how many candles: that bounds what the check costs. The short ones
# find what changes the past seldom (a swing that is drawn two candles late: in 93 % of the runs, two long
# ones in 57 %), the long one what takes thousands of candles to warm up.
_STRETCHES: Final = ((8, 2_000), (1, 20_000))


def require_no_future(expressions: Sequence[Expression], candles: Candles, *, seed: int = 0) -> None:
    """Compute the expressions anew on a few random truncations, and compare.

    Raises SeesTheFuture, naming the expression and the bar, if a value of the past is another one then. That
    it is silent proves little for what reads ahead seldom; `thebot indicators check` looks harder.
    """
    run = max(unbroken(candles), key=len)
    for cuts, longest in _STRETCHES:
        changed = changed_by_the_future(expressions, run, cuts=cuts, seed=seed, longest=longest)
        if changed:
            raise _seen(changed[0], run)


def _seen(first: ChangedByTheFuture, run: Candles) -> SeesTheFuture:
    at, cut = moment(int(run.close_time[first.row])), moment(int(run.close_time[first.cut - 1]))
    return SeesTheFuture(
        f"{first.expression!r} sees the future: at {at} it is {first.after!r}, with the candles only until "
        f"{cut} it was {first.before!r}. A backtest of it on {run.symbol} is worth nothing, because live it "
        "would decide otherwise. Mend the indicator so that it reads no row after `i` (thebot indicators "
        "check FILE)."
    )


def require_same_trades(whole: Simulated, early: Simulated, name: str) -> None:
    """Of a run on fewer candles, the same trades must come out as far as these go.

    For strategies that keep a state, whose expressions do not tell all that they read. Raises SeesTheFuture.
    """
    until = int(early.time[-1])
    before, after = _settled(early.trades, until), _settled(whole.trades, until)
    if before == after:
        return
    rows = min(len(before), len(after))
    differing = next((row for row in range(rows) if before[row] != after[row]), rows)
    at = (before if differing < len(before) else after)[differing]
    raise SeesTheFuture(
        f"{name} depends on more than the candles it was shown: with those until {moment(until)} only, the "
        f"trade entered at {moment(at.entered_at)} comes out otherwise. A backtest of it is worth nothing: "
        "live it would decide otherwise. It may only look at what its view gives it."
    )


def _settled(trades: Trades, until: int) -> Trades:
    """Those that were over before then, for a reason of their own."""
    ended: BoolArray = trades.ending != ENDINGS.index("end of data")
    return trades.where(ended & (trades.left_at < until) & ~np.isnan(trades.profit))
