"""A strategy: when to get in and when to get out, as a value without venue, clock, account or timeframe."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from thebot.errors import BadSetting
from thebot.indicators import atr, close
from thebot.indicators.expression import At, Crossing, Expression
from thebot.market import Timeframe
from thebot.strategy.exits import NO_EXITS, Exits, span_ms
from thebot.strategy.higher import resolved, resolved_in
from thebot.strategy.orders import AT_MARKET, EntryOrder
from thebot.strategy.sizing import ALL_IN, RiskFraction, Sizing

Parameter: TypeAlias = int | float | str

MOVE: Expression = (close - close.shift(1)) / atr(14)
"""The candle's move in average true ranges (14 candles): what a signal's strength is read from."""


def edge(condition: Expression) -> Expression:
    """The candle at which `condition` becomes true: it holds, and is known not to have held one before.

    What was unknown before does not count: a strategy that starts in the middle of a condition waits.
    """
    return condition if isinstance(condition, Crossing) else condition & (~condition).shift(1)


NEVER: Expression = close < 0
"""A condition that cannot hold: what a strategy without an exit signal waits for."""


def require_condition(name: str, what: object) -> None:
    """Raises BadSetting for something by which the strategy of that name cannot decide."""
    if not isinstance(what, Expression) or not what.is_condition:
        raise BadSetting(
            f"Strategy {name}: {what!r} is not a condition. Compare it with something, as in "
            "rsi(14) < 30, or use crosses_above and crosses_below."
        )


def either(*conditions: Expression | None) -> Expression:
    """Where one of them holds; those that are None never do."""
    given = [each for each in conditions if each is not None]
    return functools.reduce(operator.or_, given) if given else NEVER


def fires(*conditions: Expression | None) -> Expression:
    """Where one of them becomes true (see `edge`)."""
    return either(*(edge(each) for each in conditions if each is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """When to get in and out, how large, and by which orders. `entry` buys when it becomes true.

    `exit` sells what `entry` bought; without it only `exits` do. `short_entry` sells short where the venue
    allows it, `short_exit` buys that back; an entry on one side always closes a position on the other.
    `sizing` says how large a position is, `exits` what closes it besides (stop, target, ...), `order` how it
    is entered. After a position is left, nothing is entered for `cooldown` candles (a number, or a span as
    "12h"; 0: at once).

    It never reads its own position, so signals are the same whether or not somebody follows them.
    `confirms_entry` and `confirms_exit` do not decide: their share that holds is a signal's confidence.
    Everything may look up to the higher timeframe by `on_higher`. `parameters` records what it was made
    with. Raises BadSetting for something that is no condition, or for a size that needs a stop without one.

    >>> from thebot import crosses_above, crosses_below, rsi
    >>> Strategy(name="dip", entry=crosses_above(rsi(14), 30), exit=crosses_below(rsi(14), 70)).name
    'dip'
    """

    name: str
    entry: Expression | None = None
    exit: Expression | None = None
    short_entry: Expression | None = None
    short_exit: Expression | None = None
    confirms_entry: tuple[Expression, ...] = ()
    confirms_exit: tuple[Expression, ...] = ()
    sizing: Sizing = ALL_IN
    exits: Exits = NO_EXITS
    order: EntryOrder = AT_MARKET
    cooldown: int | str = 0
    parameters: tuple[tuple[str, Parameter], ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise BadSetting("A strategy needs a name: its signals and results are kept under it.")
        for what in self.conditions:
            require_condition(self.name, what)
        if self.entry is None and self.short_entry is None:
            raise BadSetting(f"Strategy {self.name} has no entry: say when it buys (entry) or sells short.")
        for entry, exit_, name in (
            (self.entry, self.exit, "exit"), (self.short_entry, self.short_exit, "short_exit")
        ):  # fmt: skip
            reversed_ = self.entry is not None and self.short_entry is not None
            if entry is not None and exit_ is None and not reversed_ and not self.exits.any:
                raise BadSetting(
                    f"Strategy {self.name} would never get out: give {name}, or exits such as a stop."
                )
        if isinstance(self.sizing, RiskFraction) and self.exits.stop is None and self.exits.trailing is None:
            raise BadSetting(
                f"Strategy {self.name}: RiskFraction sizes by the distance to the stop, and there is none. "
                "Give exits=Exits(stop=...), or size by EquityFraction."
            )
        if self.cooldown != 0:
            span_ms(self.cooldown, "1h", "cooldown")

    @property
    def shorts(self) -> bool:
        """Whether it ever sells short, which a spot account cannot."""
        return self.short_entry is not None

    @property
    def label(self) -> str:
        """Name and parameters, as people read them: `rsi-reversal (period 14, oversold 30)`."""
        said = ", ".join(
            f"{name} {value}" if isinstance(value, str) else f"{name} {value:g}"
            for name, value in self.parameters
        )
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
        decides = (self.entry, self.exit, self.short_entry, self.short_exit)
        return (
            *(each for each in decides if each is not None),
            *self.confirms_entry,
            *self.confirms_exit,
        )

    def plain(self) -> dict[str, Any]:
        """What it is made of as texts and numbers, fit for JSON; expressions as `parse` reads them."""
        from thebot.strategy.texts import plain_strategy  # it makes strategies

        return plain_strategy(self)

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Strategy:
        """The strategy that `plain` wrote.

        Raises IndicatorError, UnknownName or BadSetting where it cannot be read, as if an indicator is gone.
        """
        from thebot.strategy.texts import strategy_of_plain

        return strategy_of_plain(plain)

    def cooldown_ms(self, timeframe: Timeframe | str) -> int:
        """How long nothing is entered after a position was left, on candles of `timeframe`, in ms."""
        return span_ms(self.cooldown, timeframe, "cooldown") if self.cooldown else 0

    def on(self, timeframe: Timeframe | str) -> Strategy:
        """The same for candles of `timeframe`, the higher timeframe put in.

        Raises BadSetting if it looks up to one and there is none.
        """
        timeframe = Timeframe(timeframe)
        return replace(
            self,
            **{
                name: resolved_in(getattr(self, name), timeframe)
                for name in ("entry", "exit", "short_entry", "short_exit", "sizing", "exits", "order")
            },
            confirms_entry=tuple(resolved(each, timeframe) for each in self.confirms_entry),
            confirms_exit=tuple(resolved(each, timeframe) for each in self.confirms_exit),
        )
