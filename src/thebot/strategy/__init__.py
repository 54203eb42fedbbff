"""Signals and the strategies that give them. A strategy is a value without venue, clock or account."""

from thebot.strategy.catalogue import strategies, strategy, strategy_about
from thebot.strategy.deciding import Decider, Decision, Decisions, decider
from thebot.strategy.definition import Strategy
from thebot.strategy.exits import AtPrice, Exits, Percent
from thebot.strategy.higher import higher_of, on_higher
from thebot.strategy.loading import stateful_strategies, strategy_source
from thebot.strategy.orders import LimitOrder, MarketOrder
from thebot.strategy.rule import Edges, SignalRule, edges_over, signals_over
from thebot.strategy.signal import Level, Side, Signal, level_of
from thebot.strategy.sizing import CappedKelly, EquityFraction, FixedAmount, RiskFraction, VolatilityTarget
from thebot.strategy.source import StrategySource
from thebot.strategy.stateful import Stateful, View

__all__ = [
    "AtPrice",
    "CappedKelly",
    "Decider",
    "Decision",
    "Decisions",
    "Edges",
    "EquityFraction",
    "Exits",
    "FixedAmount",
    "Level",
    "LimitOrder",
    "MarketOrder",
    "Percent",
    "RiskFraction",
    "Side",
    "Signal",
    "SignalRule",
    "Stateful",
    "Strategy",
    "StrategySource",
    "View",
    "VolatilityTarget",
    "decider",
    "edges_over",
    "higher_of",
    "level_of",
    "on_higher",
    "signals_over",
    "stateful_strategies",
    "strategies",
    "strategy",
    "strategy_about",
    "strategy_source",
]
