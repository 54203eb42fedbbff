"""Rules that several indicators are usually traded by: to when to buy and when to sell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from thebot.indicators.expression import Expression, close, crosses_above, crosses_below
from thebot.indicators.indicator import Indicator

BuySell: TypeAlias = tuple[Expression, Expression]


def price_crosses(line: Indicator) -> BuySell:
    """Bought when the close crosses above the line, sold when it crosses below."""
    return crosses_above(close, line.outputs[0]), crosses_below(close, line.outputs[0])


def crosses_zero(line: Indicator) -> BuySell:
    """Bought when it becomes positive, sold when it becomes negative."""
    return crosses_above(line.outputs[0], 0), crosses_below(line.outputs[0], 0)


def crosses_its_signal(lines: Indicator) -> BuySell:
    """Bought when the first output crosses above the second, sold when it crosses below."""
    line, signal = lines.outputs[:2]
    return crosses_above(line, signal), crosses_below(line, signal)


def leaves_extremes(lower: float, upper: float) -> Callable[[Indicator], BuySell]:
    """Bought when it comes back up through `lower` (oversold), sold when it falls back through `upper`."""

    def rule(line: Indicator) -> BuySell:
        return crosses_above(line.outputs[0], lower), crosses_below(line.outputs[0], upper)

    return rule


def leaves_bands(bands: Indicator) -> BuySell:
    """Bought when the close comes back above the `lower` band, sold when it falls back below the `upper`."""
    return crosses_above(close, bands.lower), crosses_below(close, bands.upper)


def breaks_bands(bands: Indicator) -> BuySell:
    """Bought when the close breaks above the `upper` band, sold when it breaks below the `lower`."""
    return crosses_above(close, bands.upper), crosses_below(close, bands.lower)
