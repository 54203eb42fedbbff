"""Signals and the strategies that give them. A strategy is a value without venue, clock or account."""

from thebot.strategy.catalogue import BuiltIn, strategies, strategy, strategy_about
from thebot.strategy.deciding import Decider, Decision, Decisions, decider
from thebot.strategy.definition import Strategy
from thebot.strategy.exits import AtPrice, Exits, Percent
from thebot.strategy.higher import higher_of, on_higher
from thebot.strategy.orders import LimitOrder, MarketOrder
from thebot.strategy.rule import Edges, SignalRule, edges_over, signals_over
from thebot.strategy.signal import Level, Side, Signal, level_of
from thebot.strategy.sizing import CappedKelly, EquityFraction, FixedAmount, RiskFraction, VolatilityTarget

__all__ = [
    "AtPrice",
    "BuiltIn",
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
    "Strategy",
    "VolatilityTarget",
    "decider",
    "edges_over",
    "higher_of",
    "level_of",
    "on_higher",
    "signals_over",
    "strategies",
    "strategy",
    "strategy_about",
]
