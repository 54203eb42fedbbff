"""A strategy: when to get in and when to get out, as a value without venue, clock, account or timeframe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from thebot.errors import BadSetting
from thebot.indicators import atr, close
from thebot.indicators.expression import At, Crossing, Expression
from thebot.market import Timeframe
from thebot.strategy.higher import resolved

Parameter: TypeAlias = int | float

MOVE: Expression = (close - close.shift(1)) / atr(14)
"""The candle's move in average true ranges (14 candles): what a signal's strength is read from."""


def edge(condition: Expression) -> Expression:
    """The candle at which `condition` becomes true: it holds, and is known not to have held one before.

    What was unknown before does not count: a strategy that starts in the middle of a condition waits.
    """
    return condition if isinstance(condition, Crossing) else condition & (~condition).shift(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """Two conditions: one that buys when it becomes true, one that sells.

    It never reads its own position, so signals are the same whether or not somebody follows them.
    `confirms_entry` and `confirms_exit` do not decide: their share that holds is a signal's confidence.
    Conditions may look up to the higher timeframe by `on_higher`. `parameters` records what it was made
    with. Raises BadSetting for something that is no condition.

    >>> from thebot import crosses_above, crosses_below, rsi
    >>> Strategy(name="dip", entry=crosses_above(rsi(14), 30), exit=crosses_below(rsi(14), 70)).name
    'dip'
    """

    name: str
    entry: Expression
    exit: Expression
    confirms_entry: tuple[Expression, ...] = ()
    confirms_exit: tuple[Expression, ...] = ()
    parameters: tuple[tuple[str, Parameter], ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise BadSetting("A strategy needs a name: its signals and results are kept under it.")
        for what in self.conditions:
            if not isinstance(what, Expression) or not what.is_condition:
                raise BadSetting(
                    f"Strategy {self.name}: {what!r} is not a condition. Compare it with something, as in "
                    "rsi(14) < 30, or use crosses_above and crosses_below."
                )

    @property
    def label(self) -> str:
        """Name and parameters, as people read them: `rsi-reversal (period 14, oversold 30)`."""
        said = ", ".join(f"{name} {value:g}" for name, value in self.parameters)
        return f"{self.name} ({said})" if said else self.name

    def higher_timeframes(self, timeframe: Timeframe | str) -> tuple[Timeframe, ...]:
        """The longer timeframes that it reads when it runs on `timeframe`, shortest first.

        Raises BadSetting if it looks up to a higher one and there is none.
        """
        timeframe = Timeframe(timeframe)
        try:
            conditions = self.on(timeframe).conditions
        except BadSetting as error:
            raise BadSetting(f"Strategy {self.name}: {error}") from error
        read = {part.timeframe for each in conditions for part in each.walk() if isinstance(part, At)}
        return tuple(sorted(read - {timeframe}))

    @property
    def conditions(self) -> tuple[Expression, ...]:
        """Everything that it asks of the market."""
        return (self.entry, self.exit, *self.confirms_entry, *self.confirms_exit)

    def on(self, timeframe: Timeframe | str) -> Strategy:
        """The same for candles of `timeframe`, the higher timeframe put in.

        Raises BadSetting if it looks up to one and there is none.
        """
        timeframe = Timeframe(timeframe)
        return replace(
            self,
            entry=resolved(self.entry, timeframe),
            exit=resolved(self.exit, timeframe),
            confirms_entry=tuple(resolved(each, timeframe) for each in self.confirms_entry),
            confirms_exit=tuple(resolved(each, timeframe) for each in self.confirms_exit),
        )
