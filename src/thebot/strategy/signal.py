"""A signal: what a rule saw, when, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from thebot.errors import BadSetting
from thebot.market import Symbol, Timeframe

Side: TypeAlias = Literal["BUY", "SELL"]
Level: TypeAlias = Literal["LOW", "MEDIUM", "HIGH"]

MEDIUM_FROM: Final = 0.4  # confidence
HIGH_FROM: Final = 0.7  # confidence


def level_of(confidence: float) -> Level:
    """LOW below a confidence of 0.4, MEDIUM from there, HIGH from 0.7.

    With two confirming conditions that is none, one or both of them; with three HIGH needs all, MEDIUM two.
    """
    if confidence >= HIGH_FROM:
        return "HIGH"
    return "MEDIUM" if confidence >= MEDIUM_FROM else "LOW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One firing of a rule, at the close of one candle. It fires on the edge: once, when it becomes true.

    `strength` (0..1) is the size of the move that fired it: that of the deciding candle in the signal's
    direction, in units of what the market usually moves; 1 is one such unit or more. `confidence` (0..1) is
    how much else agreed: the share of the strategy's confirming conditions that held at that candle. Until
    a track record of the strategy stands behind it, it is **not** a probability of profit. `level` follows
    from it (`level_of`) and is not given. Rules give both with two decimals: more would be pretence.

    `at` and `price` are those of the deciding candle's close: a fill comes later, at another price.
    Raises BadSetting for a value that cannot be.
    """

    symbol: Symbol
    timeframe: Timeframe
    at: int  # ms UTC: close time of the deciding candle
    side: Side
    strength: float
    confidence: float
    level: Level = field(init=False)
    price: float  # quote currency
    strategy: str  # its name: "rsi-reversal"
    reasons: tuple[str, ...]  # for people, most important first

    def __post_init__(self) -> None:
        if self.side not in get_args(Side):
            raise BadSetting(f"A signal's side is BUY or SELL, not {self.side!r}.")
        for name in ("strength", "confidence"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise BadSetting(f"A signal's {name} lies between 0 and 1; this one is {value}.")
        if not (math.isfinite(self.price) and self.price > 0):
            raise BadSetting(f"A signal's price is a positive number; this one is {self.price}.")
        if not self.symbol or not self.strategy:
            raise BadSetting("A signal names its symbol and its strategy.")
        object.__setattr__(self, "level", level_of(self.confidence))

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        """What makes it one and the same signal: symbol, timeframe, at, strategy, side."""
        return (self.symbol, self.timeframe.name, self.at, self.strategy, self.side)

    def plain(self) -> dict[str, Any]:
        """The same as strings, numbers and a list, ready for JSON."""
        return {
            "symbol": self.symbol,
            "timeframe": self.timeframe.name,
            "at": self.at,
            "side": self.side,
            "strength": self.strength,
            "confidence": self.confidence,
            "level": self.level,
            "price": self.price,
            "strategy": self.strategy,
            "reasons": list(self.reasons),
        }

    @classmethod
    def of_plain(cls, values: Mapping[str, Any]) -> Signal:
        """The signal that `plain` wrote; `level` need not be there. Raises BadSetting for what is none."""
        try:
            return cls(
                symbol=str(values["symbol"]),
                timeframe=Timeframe(values["timeframe"]),
                at=int(values["at"]),
                side=values["side"],
                strength=float(values["strength"]),
                confidence=float(values["confidence"]),
                price=float(values["price"]),
                strategy=str(values["strategy"]),
                reasons=tuple(str(reason) for reason in values["reasons"]),
            )
        except KeyError as error:
            raise BadSetting(f"This is no signal: it lacks {error}.") from error
        except (TypeError, ValueError) as error:
            raise BadSetting(f"This is no signal: {error}.") from error
