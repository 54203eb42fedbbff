"""TrackRecord: the one result of a simulation (and of a replay, paper and live, when they come)."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from thebot.backtesting import metrics
from thebot.backtesting.bootstrap import Interval
from thebot.backtesting.costs import Costs
from thebot.backtesting.headline import headline
from thebot.backtesting.simulate import RoundTrip
from thebot.market import FloatArray, IntArray, Symbol, Timeframe
from thebot.market.quality import Finding
from thebot.strategy import Strategy


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRecord:
    """What a strategy did on one symbol, net of costs, with all that one needs to judge it.

    `time` and `equity` have shape (candles,): the close (ms UTC) of each candle and cash and position
    then, in quote currency. `buy_and_hold` is the total return of buying at the beginning and holding, at
    the same costs and rules. `trials` is how many variants were tried to find this one: with many, the
    best looks good by chance alone.
    """

    symbol: Symbol
    timeframe: Timeframe
    strategy: Strategy
    costs: Costs
    start: int  # ms UTC: open of the first candle
    start_equity: float
    time: IntArray
    equity: FloatArray
    trades: tuple[RoundTrip, ...]
    buy_and_hold: float
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    trials: int = 1

    @property
    def candles(self) -> int:
        return len(self.time)

    @property
    def end(self) -> int:
        """Close of the last candle, ms UTC."""
        return int(self.time[-1])

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
        return np.array([trade.profit for trade in self.trades], dtype=float)

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
        return math.fsum(trade.fees for trade in self.trades)

    @property
    def exposure(self) -> float:
        """The share of the time in which a position was held, 0..1."""
        held = sum(trade.left_at - trade.entered_at for trade in self.trades)
        return held / (self.end - self.start)

    def plain(self) -> dict[str, Any]:
        """Everything but the equity curve as strings, numbers and lists, ready for JSON; unknown is None."""
        return {
            "symbol": self.symbol,
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
            "costs": {"fee": self.costs.fee, "slippage": self.costs.slippage},
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


def _plain(trade: RoundTrip) -> dict[str, Any]:
    return {
        "decided_at": _iso(trade.decided_at),
        "entered_at": _iso(trade.entered_at),
        "entry_price": trade.entry_price,
        "left_at": _iso(trade.left_at),
        "exit_price": trade.exit_price,
        "quantity": trade.quantity,
        "fees": trade.fees,
        "profit": trade.profit,
        "gain": trade.gain,
        "ending": trade.ending,
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
