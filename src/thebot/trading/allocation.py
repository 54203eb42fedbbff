"""How several symbols share one account."""

from __future__ import annotations

from dataclasses import dataclass

from thebot.errors import BadSetting
from thebot.indicators.expression import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """At most `max_open` positions at a time (None: one a symbol), each up to an equal share of the equity.

    Of entries at one instant those with the highest `rank` come first (an expression, read at the deciding
    close; unknown comes last), otherwise those of the symbols named first. Raises BadSetting for fewer than
    one.
    """

    max_open: int | None = None
    rank: Expression | None = None

    def __post_init__(self) -> None:
        if self.max_open is not None and self.max_open < 1:
            raise BadSetting(f"max_open {self.max_open} cannot be: give at least 1.")

    def most(self, symbols: int) -> int:
        """How many positions may be open at a time."""
        return symbols if self.max_open is None else min(self.max_open, symbols)

    def share(self, symbols: int) -> float:
        """The share of the equity that one position may take: a part of it for each that may be open."""
        return 1.0 / self.most(symbols)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a strategy trades with: `cash` in quote currency; whether it may sell short (not on spot)."""

    cash: float = 10_000.0
    shorts: bool = False
    allocation: Allocation = Allocation()

    def __post_init__(self) -> None:
        if not 0 < self.cash < float("inf"):
            raise BadSetting(f"A start with {self.cash} cannot be: give a positive amount in quote currency.")
