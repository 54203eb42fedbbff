"""Which sides of the market a strategy trades."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from thebot.errors import UnknownName
from thebot.strategy.definition import Strategy

SIDES: Final = ("long", "short", "both")


def on_side(side: str, strategy: Strategy) -> Strategy:
    """Of a strategy that is said for both sides the one that is wanted. Raises UnknownName for another."""
    if side not in SIDES:
        raise UnknownName(f"side of {strategy.name}", side, SIDES)
    if side == "long":
        return replace(strategy, short_entry=None, short_exit=None)
    return strategy if side == "both" else replace(strategy, entry=None, exit=None)
