"""When to get out besides the exit signal: stop, target, trailing stop, break-even and time.

Each distance may be said in three ways. As a number or an expression it is in quote currency, read at the
close of the deciding candle (`2 * atr(14)`); `Percent(5)` is a share of the entry price; `AtPrice(...)` is
the price itself (a support, a band).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

from thebot.errors import BadSetting
from thebot.indicators.expression import Expression, expression_of
from thebot.market import Timeframe

_SPAN: Final = re.compile(r"(\d+)\s*(m|h|d|w)", re.ASCII)
_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of the entry price in percent: `Percent(5)` is 5 %. Raises BadSetting outside 0..100."""

    value: float

    def __post_init__(self) -> None:
        if not 0 < self.value < 100:
            raise BadSetting(f"Percent({self.value}) cannot be: give a number above 0 and below 100.")

    @property
    def share(self) -> float:
        return self.value / 100.0


@dataclass(frozen=True, slots=True)
class AtPrice:
    """A price, as `AtPrice(donchian(20).lower)`. A trailing stop at a level follows it at each close."""

    price: Expression

    def __post_init__(self) -> None:
        object.__setattr__(self, "price", expression_of(self.price))
        if self.price.is_condition:
            raise BadSetting(f"AtPrice({self.price!r}) is a condition, not a price.")


Distance: TypeAlias = Percent | AtPrice | Expression | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """What closes a position besides the strategy's exit signal; what is None does not.

    `stop` and `target` are fixed when the position is entered. `trailing` follows the best price since
    then, `break_even` moves the stop to the entry price once the position was that far ahead; both are
    moved at closes and act from the next candle on. `expires` is how long a position is held at most: a
    number of candles, or a span such as "2d". Raises BadSetting for what cannot be.
    """

    stop: Distance | None = None
    target: Distance | None = None
    trailing: Distance | None = None
    break_even: Distance | None = None
    expires: int | str | None = None

    def __post_init__(self) -> None:
        for name in ("stop", "target", "trailing", "break_even"):
            value = getattr(self, name)
            if value is None or isinstance(value, Percent | AtPrice):
                continue
            if isinstance(value, int | float) and not 0 < value < float("inf"):
                raise BadSetting(f"A {name} of {value} cannot be: give a distance above 0 in quote currency.")
            value = expression_of(value)
            if value.is_condition:
                raise BadSetting(f"The {name} {value!r} is a condition, not a distance.")
            object.__setattr__(self, name, value)
        if self.expires is not None:
            self.expires_ms("1h")  # says what is wrong with it

    def expires_ms(self, timeframe: Timeframe | str) -> int | None:
        """How long a position is held at most on candles of `timeframe`, in ms; None: without bound."""
        return None if self.expires is None else span_ms(self.expires, timeframe, "expires")

    @property
    def any(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))


NO_EXITS: Final = Exits()


def span_ms(span: int | str, timeframe: Timeframe | str, name: str) -> int:
    """A number of candles, or a text such as "90m", "12h", "2d", "1w", in ms. Raises BadSetting."""
    if isinstance(span, int) and not isinstance(span, bool):
        if span < 1:
            raise BadSetting(f"{name} {span} cannot be: give at least one candle.")
        return span * Timeframe(timeframe).nominal_ms
    found = _SPAN.fullmatch(span.strip()) if isinstance(span, str) else None
    if found is None or int(found[1]) < 1:
        raise BadSetting(
            f'{name} {span!r} is no span of time. Write candles as 10, or a text as "90m", "12h", "2d".'
        )
    return int(found[1]) * _MS[found[2]]
