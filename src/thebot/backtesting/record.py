"""TrackRecord: the one result of a simulation (and of a replay, paper and live, when they come)."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from thebot.backtesting import metrics
from thebot.backtesting.bootstrap import Interval
from thebot.backtesting.headline import headline
from thebot.backtesting.trades import RoundTrip, Trades
from thebot.market import Candles, FloatArray, IntArray, Symbol, Timeframe
from thebot.market.quality import Finding
from thebot.strategy.definition import Parameter
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs


class Traded(Protocol):
    """What a record says of its strategy. `strategy.Strategy` is one; so are those that keep a state."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def parameters(self) -> tuple[tuple[str, Parameter], ...]: ...
    def plain(self) -> dict[str, Any]:
        """Everything that it is made of, fit for JSON."""


Origin: TypeAlias = Literal["simulation", "replay", "paper", "live"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRecord:
    """What a strategy did, net of costs, with all that one needs to judge it and to do it again.

    `time`, `equity` and `holding` have shape (candles,): the close (ms UTC) of each candle, cash and
    positions then, and what the same cash would be worth if all symbols had been bought in equal parts at
    the beginning and held, at the same costs; all in quote currency. `trials` is how many variants were
    tried on these candles to find this one: with many, the best looks good by chance alone.
    `at_best` is the final equity if the target had come before the stop wherever both lay within one candle.
    """

    symbols: tuple[Symbol, ...]
    timeframe: Timeframe
    strategy: Traded
    costs: Costs
    account: Account
    start: int  # ms UTC: open of the first candle
    time: IntArray
    equity: FloatArray
    trades: Trades
    holding: FloatArray
    at_best: float | None = None  # None: nothing was in doubt
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    trials: int = 1
    origin: Origin = "simulation"
    data_hash: str = ""  # of the candles that were traded on: see `data_hash`
    seed: int = 0  # of everything random about it: the resamples of its intervals, the truncations
    version: str = ""  # of thebot

    @property
    def symbol(self) -> str:
        """The symbols as people read them."""
        return ", ".join(self.symbols)

    @property
    def start_equity(self) -> float:
        return self.account.cash

    @property
    def candles(self) -> int:
        return len(self.time)

    @property
    def end(self) -> int:
        """Close of the last candle, ms UTC."""
        return int(self.time[-1])

    @property
    def buy_and_hold(self) -> float:
        """The total return of buying at the beginning and holding, as a fraction."""
        return float(self.holding[-1] / self.start_equity - 1.0)

    @property
    def curve(self) -> FloatArray:
        """The equity with the start in front: shape (candles + 1,)."""
        return np.concatenate([[self.start_equity], self.equity])

    @property
    def final_equity(self) -> float:
        return float(self.equity[-1])

    @property
    def total_return(self) -> float:
        """As a fraction, net of costs."""
        return metrics.total_return(self.curve)

    @property
    def win_rate(self) -> float:
        """The share of trades that made money after costs; nan without trades."""
        return metrics.win_rate(self.profits)

    @property
    def profit_factor(self) -> float:
        """What the winning trades made over what the others lost; nan without a losing one."""
        return metrics.profit_factor(self.profits)

    @property
    def expectancy(self) -> float:
        """The mean profit of a trade, in quote currency, after costs; nan without trades."""
        return metrics.expectancy(self.profits)

    @property
    def profits(self) -> FloatArray:
        """Of each trade in quote currency, after costs: shape (trades,)."""
        return self.trades.profit

    @property
    def returns(self) -> FloatArray:
        """From close to close, as fractions net of costs: shape (candles,)."""
        return metrics.simple_returns(self.curve)

    @property
    def annual_return(self) -> float:
        """The total return scaled to a year of 365 days, as a fraction."""
        return metrics.annual_return(self.curve, periods_per_year=self._year)

    @property
    def volatility(self) -> float:
        """The deviation of the returns from close to close, scaled to a year of 365 days, as a fraction."""
        return metrics.volatility(self.returns, periods_per_year=self._year)

    @property
    def sharpe_ratio(self) -> float:
        """Of the returns from close to close, scaled to a year of 365 days; nan if nothing was ever held."""
        return metrics.sharpe_ratio(self.returns, periods_per_year=self._year)

    @property
    def sortino_ratio(self) -> float:
        """As the Sharpe ratio, but over what fell only; nan if nothing ever fell."""
        return metrics.sortino_ratio(self.returns, periods_per_year=self._year)

    @property
    def calmar_ratio(self) -> float:
        """The annual return over the deepest drawdown; nan if the equity never fell."""
        return metrics.calmar_ratio(self.curve, periods_per_year=self._year)

    @property
    def _year(self) -> float:
        return metrics.periods_per_year(self.timeframe)

    @functools.cached_property
    def intervals(self) -> dict[str, Interval]:
        """The headline figures by name, each with what it might have been by chance (95 %, `headline`)."""
        return headline(self.returns, self.profits, periods_per_year=self._year)

    @property
    def max_drawdown(self) -> float:
        """The deepest fall of the equity, measured at closes, as a fraction: 0 or negative."""
        return metrics.max_drawdown(self.curve)

    @property
    def fees(self) -> float:
        """Quote currency, of all trades."""
        return math.fsum(self.trades.fees.tolist())

    @property
    def exposure(self) -> float:
        """The time in which positions were held, over the whole; with several symbols it may be above 1."""
        held = int((self.trades.left_at - self.trades.entered_at).sum())
        return held / (self.end - self.start)

    def plain(self) -> dict[str, Any]:
        """Everything but the equity curve as strings, numbers and lists, ready for JSON; unknown is None."""
        return {
            "symbol": self.symbol,
            "symbols": list(self.symbols),
            "timeframe": self.timeframe.name,
            "strategy": self.strategy.name,
            "parameters": dict(self.strategy.parameters),
            "start": _iso(self.start),
            "end": _iso(self.end),
            "candles": self.candles,
            "trades": len(self.trades),
            "total_return": _known(self.total_return),
            "win_rate": _known(self.win_rate),
            "annual_return": _known(self.annual_return),
            "volatility": _known(self.volatility),
            "sharpe_ratio": _known(self.sharpe_ratio),
            "sortino_ratio": _known(self.sortino_ratio),
            "calmar_ratio": _known(self.calmar_ratio),
            "profit_factor": _known(self.profit_factor),
            "expectancy": _known(self.expectancy),
            "intervals": {
                name: {
                    "low": _known(each.low),
                    "high": _known(each.high),
                    "confidence": each.confidence,
                    "resamples": each.resamples,
                }
                for name, each in self.intervals.items()
            },
            "max_drawdown": _known(self.max_drawdown),
            "start_equity": self.start_equity,
            "final_equity": _known(self.final_equity),
            "buy_and_hold": _known(self.buy_and_hold),
            "exposure": _known(self.exposure),
            "fees": self.fees,
            "costs": self.costs.plain(),
            "at_best": self.at_best,
            "origin": self.origin,
            "data_hash": self.data_hash,
            "seed": self.seed,
            "version": self.version,
            "trials": self.trials,
            "findings": [
                {
                    "kind": found.kind,
                    "start": _iso(found.start),
                    "end": _iso(found.end),
                    "count": found.count,
                    "text": str(found),
                }
                for found in self.findings
            ],
            "warnings": list(self.warnings),
            "trade_list": [_plain(trade) for trade in self.trades],
        }


def data_hash(series: Sequence[Candles]) -> str:
    """What tells these candles from others: symbols, timeframe, times, prices and volumes."""
    hashed = hashlib.sha256()
    for candles in series:
        hashed.update(f"{candles.symbol} {candles.timeframe} {len(candles)}".encode())
        columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
        for column in (candles.open_time, *columns):
            hashed.update(np.ascontiguousarray(column).tobytes())
    return hashed.hexdigest()[:32]


def _plain(trade: RoundTrip) -> dict[str, Any]:
    values = {each.name: getattr(trade, each.name) for each in fields(trade)}
    times = {name: _iso(values[name]) for name in ("decided_at", "entered_at", "left_at")}
    known = {name: _known(value) for name, value in values.items() if isinstance(value, float)}
    return {**values, **times, **known}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
