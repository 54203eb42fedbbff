"""Stop, target and trailing distance of a position: what they are set from once its entry price is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thebot.strategy.exits import AtPrice, Distance, Percent
from thebot.trading import rules
from thebot.trading.counting import Counting
from thebot.trading.orders import Direction

nan: Final = float("nan")

NONE, DISTANCE, SHARE, PRICE = -1, 0, 1, 2  # kinds of a level, as `rules.away` takes them


@dataclass(frozen=True, slots=True)
class Level:
    """A distance in quote currency, a share of the entry price, or a price; NONE where none is asked for."""

    kind: int
    value: float = nan

    @classmethod
    def read(cls, distance: Distance | None, reading: float) -> Level:
        """What a strategy says, with its reading at the deciding close (nan for percentages)."""
        if distance is None:
            return NO_LEVEL
        if isinstance(distance, Percent):
            return cls(SHARE, distance.share)
        return cls(PRICE if isinstance(distance, AtPrice) else DISTANCE, reading)

    @property
    def asked(self) -> bool:
        return self.kind != NONE

    @property
    def known(self) -> bool:
        """Whether it is not asked for, or has a value."""
        return self.kind == NONE or self.value == self.value

    def beyond(self, entry: float, direction: int, counting: Counting) -> float:
        """The price that far beyond `entry` in `direction`, both in counts; nan where there is none."""
        if self.kind == NONE:
            return nan
        value = self.value if self.kind == SHARE else counting.count(self.value)
        return rules.away(entry, direction, self.kind, value)


NO_LEVEL: Final = Level(NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """The levels of one entry."""

    stop: Level = NO_LEVEL
    target: Level = NO_LEVEL
    trailing: Level = NO_LEVEL
    break_even: Level = NO_LEVEL

    def stop_from(self, entry: float, direction: Direction, counting: Counting) -> float:
        """Where the stop stands, in counts; nan without one."""
        price = self.stop.beyond(entry, -direction, counting)
        return price if price != price else rules.stop_price(price, direction, counting.whole)

    def target_from(self, entry: float, direction: Direction, counting: Counting) -> float:
        price = self.target.beyond(entry, direction, counting)
        return price if price != price else rules.target_price(price, direction, counting.whole)

    def trailing_from(self, entry: float, direction: Direction, counting: Counting) -> float:
        """Where the trailing stop stands at the entry; nan without one, or if that is no losing side."""
        price = self.trailing.beyond(entry, -direction, counting)
        if not direction * (entry - price) > 0:
            return nan
        return rules.stop_price(price, direction, counting.whole)

    def impossible(self, entry: float, direction: Direction, counting: Counting) -> str | None:
        """Why a position entered there cannot have these levels, or None if it can."""
        if self.stop.asked and not direction * (entry - self.stop_from(entry, direction, counting)) > 0:
            return "its stop is unknown or not on the losing side of the entry price"
        if self.target.asked and not direction * (self.target_from(entry, direction, counting) - entry) > 0:
            return "its target is unknown or not on the winning side of the entry price"
        return None
