"""What all candlestick patterns share as indicators."""

from __future__ import annotations

from collections.abc import Callable

from thebot.indicators.expression import Expression, close, high, low, open_
from thebot.indicators.indicator import Definition, Indicator, Rule, State, Step, indicator


def by_sign(found: Indicator) -> tuple[Expression, Expression]:
    """Bought on a positive find, sold on a negative one. (A pattern for one side never gives the other.)"""
    return found > 0, found < 0


def pattern(
    alias: str,
    *,
    lookback: int,
    sums: int = 0,
    state: State = (),
    memory: int = 0,
    rule: Rule | None = by_sign,
) -> Callable[[Step], Definition]:
    """An indicator that reads candles; `lookback` of them pass before its first answer.

    Its state is how many of those are missing, `sums` running sums, and what `state` adds. `alias` is
    TA-Lib's name.
    """

    def made(step: Step) -> Definition:
        return indicator(
            inputs=(open_, high, low, close), start=(lookback, *(0.0,) * sums, *state), group="patterns",
            lookback=lookback, memory=lookback, label=step.__name__.replace("_", " ").capitalize(),
            aliases=(alias,), rule=rule,
        )(step)  # fmt: skip

    return made
