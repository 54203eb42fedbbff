"""What a search looks at: the figures of a run in one pass of compiled code, without a record.

The same values as `metrics` gives for the record (tests hold them together).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from thebot.backtesting.compiled import compiled
from thebot.backtesting.kernel_state import Filled
from thebot.backtesting.metrics.returns import NO_DEVIATION
from thebot.market import FloatArray

nan: Final = float("nan")

_BLOCK: Final = 256


class Moments(NamedTuple):
    """Of the simple returns from close to close, and of the curve."""

    mean: float
    deviation: float  # of a sample (ddof 1)
    downside: float  # root mean square of what fell short of 0
    max_drawdown: float


class Tally(NamedTuple):
    """Of the closed trades."""

    won: int
    gained: float  # quote currency, of the winners
    lost: float  # of the others, a positive number
    fees: float
    held: int  # ms, of all positions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """The figures of one variant, by the period (a candle) where nothing else is said; nan where unknown.

    `periods` is the number of closes, `periods_per_year` scales the ratios. `curve` has shape (blocks + 1,):
    the equity at equally spaced borders, the start in front; empty if no blocks were asked for.
    """

    total_return: float
    mean: float
    deviation: float
    downside_deviation: float
    max_drawdown: float
    trades: int
    win_rate: float
    profit_factor: float
    fees: float  # quote currency
    exposure: float  # time in which positions were held over all time; above 1 with several at once
    periods: int
    periods_per_year: float
    curve: FloatArray = field(default_factory=lambda: np.empty(0))

    @property
    def block_returns(self) -> FloatArray:
        """From border to border, as fractions: shape (blocks,)."""
        return self.curve[1:] / self.curve[:-1] - 1.0

    @property
    def sharpe_ratio(self) -> float:
        """As `metrics.sharpe_ratio`."""
        if not self.deviation > NO_DEVIATION * abs(self.mean):
            return nan
        return self.mean / self.deviation * math.sqrt(self.periods_per_year)

    @property
    def sortino_ratio(self) -> float:
        """As `metrics.sortino_ratio`."""
        if self.periods < 2 or not self.downside_deviation > NO_DEVIATION * abs(self.mean):
            return nan
        return self.mean / self.downside_deviation * math.sqrt(self.periods_per_year)

    @property
    def volatility(self) -> float:
        """As `metrics.volatility`."""
        return self.deviation * math.sqrt(self.periods_per_year)

    @property
    def annual_return(self) -> float:
        """As `metrics.annual_return`."""
        growth = 1.0 + self.total_return
        if not growth > 0.0:
            return -1.0 if growth == 0.0 else nan
        try:
            return math.expm1(math.log(growth) * self.periods_per_year / self.periods)
        except OverflowError:
            return math.inf

    @property
    def calmar_ratio(self) -> float:
        """As `metrics.calmar_ratio`."""
        return self.annual_return / -self.max_drawdown if self.max_drawdown < 0.0 else nan


def score(equity: FloatArray, start_equity: float) -> Moments:
    """Mean, deviations and deepest fall of a curve that began at `start_equity`, in one pass.

    `equity` has shape (closes,), in quote currency.
    """
    run = compiled(moments_of, equity=None)
    return Moments(*run(np.ascontiguousarray(equity, np.float64), len(equity), float(start_equity)))


def score_of(
    equity: FloatArray,
    out: Filled,
    trades: int,
    *,
    start_equity: float,
    span: int,
    periods_per_year: float,
    blocks: int = 0,
) -> Score:
    """The figures of a run: its equity at each close, and its first `trades` trades; `span` is in ms."""
    moments = score(equity, start_equity)
    tally = Tally(*compiled(tally_of, out=Filled)(out, trades))
    curve = np.empty(0)
    if blocks > 0:
        borders = np.rint(np.linspace(0, len(equity), blocks + 1)).astype(np.int64)
        curve = np.where(borders > 0, equity[borders - 1], start_equity)
    return Score(
        total_return=float(equity[-1]) / start_equity - 1.0,
        mean=moments.mean,
        deviation=moments.deviation,
        downside_deviation=moments.downside,
        max_drawdown=moments.max_drawdown,
        trades=trades,
        win_rate=tally.won / trades if trades else nan,
        profit_factor=tally.gained / tally.lost if tally.lost > 0.0 else nan,
        fees=tally.fees,
        exposure=tally.held / span,
        periods=len(equity),
        periods_per_year=periods_per_year,
        curve=curve,
    )


# Entry points give plain tuples. numba makes a named one by calling its class and does not look at whether
# that went well: Ctrl-C in there ends the process with a segmentation fault (numba 0.68, `box_namedtuple`).


def moments_of(equity: FloatArray, rows: int, start: float) -> tuple[float, float, float, float]:
    """The values of `Moments`. Sums go in four lanes, which a processor adds up side by side."""
    if rows < 1:
        return nan, nan, nan, nan
    returns = np.zeros(_BLOCK)  # a block at a time: divided side by side, too
    sum0, sum1, sum2, sum3 = 0.0, 0.0, 0.0, 0.0
    square0, square1, square2, square3 = 0.0, 0.0, 0.0, 0.0
    short0, short1, short2, short3 = 0.0, 0.0, 0.0, 0.0
    returns[0] = equity[0] / start - 1.0
    done, count = 0, 1
    while done < rows:
        upto = min(_BLOCK, rows - done)
        for k in range(count, upto):
            returns[k] = equity[done + k] / equity[done + k - 1] - 1.0
        for k in range(upto, _BLOCK):
            returns[k] = 0.0
        for k in range(0, _BLOCK, 4):
            r0, r1, r2, r3 = returns[k], returns[k + 1], returns[k + 2], returns[k + 3]
            sum0, sum1, sum2, sum3 = sum0 + r0, sum1 + r1, sum2 + r2, sum3 + r3
            square0, square1 = square0 + r0 * r0, square1 + r1 * r1
            square2, square3 = square2 + r2 * r2, square3 + r3 * r3
            d0, d1, d2, d3 = min(r0, 0.0), min(r1, 0.0), min(r2, 0.0), min(r3, 0.0)
            short0, short1 = short0 + d0 * d0, short1 + d1 * d1
            short2, short3 = short2 + d2 * d2, short3 + d3 * d3
        done, count = done + upto, 0
    mean = (sum0 + sum1 + sum2 + sum3) / rows
    square = square0 + square1 + square2 + square3
    short = short0 + short1 + short2 + short3
    spread = square - rows * mean * mean
    if spread < 0.5 * square:  # the mean is most of it: what is left has to be summed by itself
        spread = (equity[0] / start - 1.0 - mean) ** 2
        for k in range(1, rows):
            apart = equity[k] / equity[k - 1] - 1.0 - mean
            spread += apart * apart
    deviation = math.sqrt(spread / (rows - 1)) if rows > 1 else nan
    return mean, deviation, math.sqrt(short / rows), deepest(equity, rows, start)


def deepest(equity: FloatArray, rows: int, start: float) -> float:
    """The deepest fall from a high, a fraction: 0 or negative."""
    highest, worst, bound = start, 0.0, start
    i = 0
    while i < rows:
        if i + 3 < rows:  # four at once, where none of them is a new high or a deeper fall
            a, b, c, d = equity[i], equity[i + 1], equity[i + 2], equity[i + 3]
            if max(max(a, b), max(c, d)) <= highest and min(min(a, b), min(c, d)) >= bound:
                i += 4
                continue
        value = equity[i]
        if value < bound:
            worst = value / highest - 1.0
            bound = value
        elif value > highest:
            highest = value
            bound = highest * (1.0 + worst)
        i += 1
    return worst


def tally_of(out: Filled, trades: int) -> tuple[int, float, float, float, int]:
    """The values of `Tally`."""
    won, gained, lost, fees, held = 0, 0.0, 0.0, 0.0, 0
    for i in range(trades):
        profit = out.profit[i]
        if profit > 0.0:
            won += 1
            gained += profit
        else:
            lost -= profit
        fees += out.fees[i]
        held += out.left_at[i] - out.entered_at[i]
    return won, gained, lost, fees, held
