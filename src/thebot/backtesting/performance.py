"""What an account did from close to close and trade by trade, and everything that `metrics` says of it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from thebot.backtesting import headline, metrics
from thebot.backtesting.bootstrap import Interval
from thebot.backtesting.trades import Trades
from thebot.market import FloatArray, IntArray, Timeframe
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs


@dataclass(frozen=True, kw_only=True, eq=False)
class Performance:
    """An account's curve and its closed trades. `time`, `equity` and `holding` have shape (candles,).

    Every figure is a property and net of costs; what cannot be known is nan. Yearly ones take 365 days.
    """

    timeframe: Timeframe
    costs: Costs
    account: Account
    start: int  # ms UTC: open of the first candle
    time: IntArray  # ms UTC: each close
    equity: FloatArray  # quote currency: cash and positions at each close
    trades: Trades
    holding: FloatArray  # quote currency: the same cash in all symbols from the beginning on
    seed: int = 0  # of everything random about it: the resamples of its intervals, the truncations

    # What it is made of

    @property
    def start_equity(self) -> float:
        return self.account.cash

    @property
    def final_equity(self) -> float:
        return float(self.equity[-1])

    @property
    def net_profit(self) -> float:
        """What was earned in all, in quote currency, after costs."""
        return self.final_equity - self.start_equity

    @property
    def candles(self) -> int:
        return len(self.time)

    @property
    def end(self) -> int:
        """Close of the last candle, ms UTC."""
        return int(self.time[-1])

    @property
    def instants(self) -> IntArray:
        """Those of `curve`, ms UTC: shape (candles + 1,)."""
        return np.concatenate([[self.start], self.time])

    @property
    def curve(self) -> FloatArray:
        """The equity with the start in front: shape (candles + 1,)."""
        return np.concatenate([[self.start_equity], self.equity])

    @property
    def returns(self) -> FloatArray:
        """From close to close, as fractions net of costs: shape (candles,)."""
        return metrics.simple_returns(self.curve)

    @property
    def market_curve(self) -> FloatArray:
        """The equity of buying at the beginning and holding, the start in front: shape (candles + 1,)."""
        return np.concatenate([[self.start_equity], self.holding])

    @property
    def market_returns(self) -> FloatArray:
        """Its returns from close to close, net of costs: shape (candles,)."""
        return metrics.simple_returns(self.market_curve)

    @property
    def profits(self) -> FloatArray:
        """Of each trade in quote currency, after costs: shape (trades,)."""
        return self.trades.profit

    @functools.cached_property
    def intervals(self) -> dict[str, Interval]:
        """The headline figures by name, each with what it might have been by chance (95 %, `headline`)."""
        trades, year = self.trades, self._year
        curve = headline.of_returns(self.returns, self.market_returns, periods_per_year=year, seed=self.seed)
        closed = headline.of_trades(
            trades.profit, trades.gain, trades.costs, trades.traded, seed=self.seed
        )  # fmt: skip
        return curve | closed

    @property
    def _year(self) -> float:
        return metrics.periods_per_year(self.timeframe)

    # Returns

    @property
    def total_return(self) -> float:
        """What was earned in all, as a fraction of the start, after costs."""
        return metrics.total_return(self.curve)

    @property
    def annual_return(self) -> float:
        """The total return scaled to a year of 365 days, as a fraction; from less than a year a guess."""
        return metrics.annual_return(self.curve, periods_per_year=self._year)

    @property
    def buy_and_hold(self) -> float:
        """The total return of buying at the beginning and holding, at the same costs, as a fraction."""
        return float(self.holding[-1] / self.start_equity - 1.0)

    @property
    def alpha(self) -> float:
        """What was earned a year beyond what its beta to buying and holding gives, as a fraction."""
        return metrics.alpha(self.returns, self.market_returns, periods_per_year=self._year)

    @property
    def beta(self) -> float:
        """By how much the equity moved for a move of 1 of buying and holding; nan if that never moved."""
        return metrics.beta(self.returns, self.market_returns)

    # Ratios

    @property
    def sharpe_ratio(self) -> float:
        """Mean over deviation of the returns from close to close, scaled to a year; nan if nothing moved."""
        return metrics.sharpe_ratio(self.returns, periods_per_year=self._year)

    @property
    def sortino_ratio(self) -> float:
        """As the Sharpe ratio, but over the deviation of what fell only; nan if nothing ever fell."""
        return metrics.sortino_ratio(self.returns, periods_per_year=self._year)

    @property
    def calmar_ratio(self) -> float:
        """The annual return over the deepest drawdown; nan if the equity never fell."""
        return metrics.calmar_ratio(self.curve, periods_per_year=self._year)

    @property
    def omega_ratio(self) -> float:
        """What the rising candles gave in sum over what the falling ones took: above 1 is a gain."""
        return metrics.omega_ratio(self.returns)

    # Risk

    @property
    def volatility(self) -> float:
        """The deviation of the returns from close to close, scaled to a year of 365 days, as a fraction."""
        return metrics.volatility(self.returns, periods_per_year=self._year)

    @functools.cached_property
    def drawdowns(self) -> tuple[metrics.Drawdown, ...]:
        """Every fall of the equity from a high, in order, in ms UTC, measured at closes."""
        return metrics.drawdown_episodes(self.curve, self.instants)

    @property
    def deepest_drawdown(self) -> metrics.Drawdown | None:
        """The deepest of them; None if the equity never fell."""
        return min(self.drawdowns, key=lambda fall: fall.depth, default=None)

    @property
    def max_drawdown(self) -> float:
        """The deepest fall of the equity, measured at closes, as a fraction: 0 or negative."""
        return metrics.max_drawdown(self.curve)

    @property
    def max_drawdown_start(self) -> float:
        """When the deepest drawdown began (ms UTC): the last time at the high; nan if there was none."""
        return math.nan if (fall := self.deepest_drawdown) is None else fall.start

    @property
    def max_drawdown_trough(self) -> float:
        """When the deepest drawdown was at its lowest (ms UTC); nan if there was none."""
        return math.nan if (fall := self.deepest_drawdown) is None else fall.trough

    @property
    def max_drawdown_recovery(self) -> float:
        """When the high before the deepest drawdown was reached again (ms UTC); nan: not yet."""
        fall = self.deepest_drawdown
        return math.nan if fall is None or fall.recovery is None else fall.recovery

    @property
    def max_drawdown_duration(self) -> float:
        """How long the deepest drawdown took, from the high until it was reached again, or the end (ms)."""
        return 0.0 if (fall := self.deepest_drawdown) is None else fall.duration

    @property
    def average_drawdown(self) -> float:
        """The mean depth of all falls from a high, each counted once, as a fraction: 0 or negative."""
        return metrics.average_drawdown(self.curve)

    @property
    def average_drawdown_duration(self) -> float:
        """The mean time of all falls, from the high until it was reached again, or the end (ms)."""
        return metrics.average_drawdown_duration(self.curve, self.instants)

    @property
    def longest_drawdown(self) -> float:
        """The longest time below a high, until it was reached again or the end (ms); 0 if there was none."""
        return max((fall.duration for fall in self.drawdowns), default=0)

    @property
    def ulcer_index(self) -> float:
        """The root mean square of how far the equity lay below its high: deep, long falls weigh most."""
        return metrics.ulcer_index(self.curve)

    @property
    def value_at_risk(self) -> float:
        """The return from close to close that the worst 5 % stay below: a negative number is a loss."""
        return metrics.value_at_risk(self.returns)

    @property
    def cvar(self) -> float:
        """The mean of the worst 5 % of the returns from close to close: a negative number is a loss."""
        return metrics.conditional_value_at_risk(self.returns)

    # Trades

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
    def average_gain(self) -> float:
        """The mean gain of a trade on what it took, as a fraction, after costs; nan without trades."""
        return metrics.expectancy(self.trades.gain)

    @property
    def payoff_ratio(self) -> float:
        """The mean winner over the mean loser; nan without winners or without losers."""
        return metrics.payoff_ratio(self.profits)

    @property
    def system_quality_number(self) -> float:
        """SQN: root of the number of trades (at most 100) times mean over deviation of their gains."""
        return metrics.system_quality_number(self.trades.gain)

    @property
    def sqn(self) -> float:
        """The same as `system_quality_number`."""
        return self.system_quality_number

    @property
    def kelly_fraction(self) -> float:
        """The share of the equity to risk so that it grows fastest; use a small part of it."""
        return metrics.kelly_fraction(self.trades.gain)

    @property
    def best_trade(self) -> float:
        """The largest gain of a trade, as a fraction, after costs; nan without trades."""
        return float(self.trades.gain.max()) if len(self.trades) else math.nan

    @property
    def worst_trade(self) -> float:
        """The smallest gain of a trade, as a fraction, after costs; nan without trades."""
        return float(self.trades.gain.min()) if len(self.trades) else math.nan

    @property
    def average_holding_time(self) -> float:
        """The mean time from entry to exit (ms); nan without trades."""
        return metrics.average_holding_time(self.trades.entered_at, self.trades.left_at)

    @property
    def longest_winning_streak(self) -> int:
        """The most winners in a row."""
        return metrics.longest_winning_streak(self.profits)

    @property
    def longest_losing_streak(self) -> int:
        """The most losers in a row."""
        return metrics.longest_losing_streak(self.profits)

    @property
    def r_multiples(self) -> FloatArray:
        """Each profit in units of what the first stop put at risk; nan without a stop: shape (trades,)."""
        return metrics.r_multiples(self.profits, self.trades.risk)

    @property
    def average_r(self) -> float:
        """The mean profit in units of what the first stop put at risk (R); nan if there were no stops."""
        return metrics.expectancy(self.r_multiples)

    # How far trades went for and against us

    @functools.cached_property
    def excursions(self) -> metrics.Excursions:
        return metrics.excursions(self.trades.gain, self.trades.best, self.trades.worst)

    @property
    def mfe(self) -> float:
        """The mean of the furthest that the price went for a trade, as a fraction (MFE)."""
        return self.excursions.best

    @property
    def mae(self) -> float:
        """The mean of the furthest that the price went against a trade, as a fraction (MAE)."""
        return self.excursions.worst

    @property
    def edge_ratio(self) -> float:
        """How far the price went for the trades over how far against: above 1 it went our way more."""
        return self.excursions.edge

    @property
    def kept(self) -> float:
        """Of what winners had at their best, the share that they were left with."""
        return self.excursions.kept

    @property
    def winners_worst(self) -> float:
        """What 95 % of the winners never went further against us than: a stop beyond it would cost few."""
        return self.excursions.winners_worst

    @property
    def losers_best(self) -> float:
        """The mean gain that losers had in hand at their best, and gave back."""
        return self.excursions.losers_best

    @property
    def doubtful_trades(self) -> int:
        """In how many trades stop and target lay within one candle: the stop was taken to come first."""
        return int(self.trades.doubtful.sum())

    # Activity and costs

    @property
    def exposure(self) -> float:
        """The share of the time in which at least one position was held, 0..1."""
        trades = self.trades
        return metrics.exposure(trades.entered_at, trades.left_at, start=self.start, end=self.end)

    @property
    def turnover(self) -> float:
        """How many times a year the equity was traded, purchases and sales both counted."""
        return metrics.turnover(self.trades.traded, self.curve, periods_per_year=self._year)

    @property
    def fees(self) -> float:
        """What the exchange took, with what borrowing cost, in quote currency, of all trades."""
        return math.fsum(self.trades.fees.tolist())

    @property
    def slippage_paid(self) -> float:
        """What spread and slippage took, in quote currency, of all trades."""
        return math.fsum(self.trades.slippage.tolist())

    @property
    def costs_paid(self) -> float:
        """What fees, spread and slippage took in all, in quote currency."""
        return metrics.costs_paid(self.trades.costs)

    @property
    def cost_rate(self) -> float:
        """What trading cost, in basis points of the value traded; nan if nothing was traded."""
        traded = math.fsum(self.trades.traded.tolist())
        return self.costs_paid / traded * 10_000 if traded > 0 else math.nan

    @property
    def break_even_cost(self) -> float:
        """The cost in basis points of the value traded, each way, at which nothing would have been earned."""
        return metrics.break_even_cost(self.profits, self.trades.costs, self.trades.traded)
