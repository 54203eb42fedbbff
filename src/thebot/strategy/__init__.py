"""Signals and the strategies that give them. A strategy is a value without venue, clock or account."""

from thebot.strategy.catalogue import BuiltIn, strategies, strategy, strategy_about
from thebot.strategy.definition import Strategy
from thebot.strategy.higher import higher_of, on_higher
from thebot.strategy.rule import Edges, SignalRule, edges_over, signals_over
from thebot.strategy.signal import Level, Side, Signal, level_of

__all__ = [
    "BuiltIn",
    "Edges",
    "Level",
    "Side",
    "Signal",
    "SignalRule",
    "Strategy",
    "edges_over",
    "higher_of",
    "level_of",
    "on_higher",
    "signals_over",
    "strategies",
    "strategy",
    "strategy_about",
]
