"""When a short position has used up the whole account: there the run ends, whatever the price does later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from thebot.backtesting.trades import Trades
from thebot.market import FloatArray
from thebot.market.quality import moment

if TYPE_CHECKING:
    from thebot.backtesting.simulate import Simulated


def ruined(equity: FloatArray) -> int | None:
    """The first row at which nothing is left; None if that never happens."""
    gone = equity <= 0.0
    return int(gone.argmax()) if gone.any() else None


def until_ruin(done: Simulated, again: Callable[[int], Simulated]) -> Simulated:
    """The run, ended at the close at which the account was used up; as it is if it never was.

    No venue lends on: what is open is closed at that close, and the loss stays. `again` runs on the candles
    that have closed by a time (ms UTC).
    """
    row = ruined(done.equity)
    if row is None:
        return done
    early = again(int(done.time[row]))
    rest = np.full(len(done.time) - len(early.time), early.equity[-1])
    told = (
        f"The account was used up by a short position at {moment(int(done.time[row]))}: what was open is "
        "closed there, and nothing is traded after it."
    )
    return replace(
        done,
        trades=Trades.of(tuple(early.trades), done.trades.symbols),
        equity=np.concatenate([early.equity, rest]),
        warnings=(*(each for each in early.warnings if "at the end" not in each), told),
    )
