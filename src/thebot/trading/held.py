"""A position under its strategy's exits: where its stops stand, and what moves them. Prices in counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thebot.trading import rules
from thebot.trading.bracket import Bracket, Level
from thebot.trading.counting import Counting
from thebot.trading.events import Ending
from thebot.trading.orders import Direction, OrderId

nan: Final = float("nan")


@dataclass(slots=True, kw_only=True)
class Waiting:
    """An entry that is decided and not filled, or not all of it."""

    order_id: OrderId
    direction: Direction
    decided_at: int  # ms UTC
    bracket: Bracket


@dataclass(slots=True, kw_only=True)
class Held:
    direction: Direction
    decided_at: int  # ms UTC
    opened_at: int  # ms UTC: open of the candle of its first fill
    bracket: Bracket
    entry: float  # the mean of its fills
    inside: bool  # entered within the candle in hand, not at its open
    hit: bool = False  # its stop was triggered within the candle in hand
    furthest: float = nan  # for it, since the entry
    against: float = nan
    stop: float = nan
    first_stop: float = nan
    set_by: Ending = "stop"  # what set the stop last
    target: float = nan
    stop_id: OrderId = ""
    target_id: OrderId = ""
    leaving: Ending | None = None

    @classmethod
    def entered(cls, waiting: Waiting, price: float, at: int, counting: Counting, *, inside: bool) -> Held:
        """By the first fill of an entry: the levels are set from its price."""
        bracket, direction = waiting.bracket, waiting.direction
        held = cls(
            direction=direction, decided_at=waiting.decided_at, opened_at=at, bracket=bracket,
            entry=price, inside=inside, furthest=price, against=price,
            stop=bracket.stop_from(price, direction, counting),
            target=bracket.target_from(price, direction, counting),
        )  # fmt: skip
        held._stop_to(bracket.trailing_from(price, direction, counting), "trailing")
        held.first_stop = held.stop
        return held

    def saw(self, ahead: float, behind: float) -> None:
        """The price went so far for it and against it."""
        if self.direction * (ahead - self.furthest) > 0:
            self.furthest = ahead
        if self.direction * (behind - self.against) < 0:
            self.against = behind

    def move_stop(self, trailing: Level, counting: Counting) -> bool:
        """At a close the trailing stop and the break-even follow the best price; whether the stop moved.

        `trailing` is the distance, or for a level where it stands at this close.
        """
        before, whole = self.stop, counting.whole
        price = trailing.beyond(self.furthest, -self.direction, counting)
        if price == price:
            self._stop_to(rules.stop_price(price, self.direction, whole), "trailing")
        secured = self.bracket.break_even.beyond(self.entry, self.direction, counting)
        if self.direction * (self.furthest - secured) >= 0:
            self._stop_to(rules.stop_price(self.entry, self.direction, whole), "break-even")
        if self.first_stop != self.first_stop:
            self.first_stop = self.stop
        return self.stop == self.stop and self.stop != before

    def excursions(self) -> tuple[float, float]:
        """How far the price went for it and against it, as fractions of the entry price."""
        best = self.direction * (self.furthest - self.entry) / self.entry
        return max(0.0, best), min(0.0, self.direction * (self.against - self.entry) / self.entry)

    def _stop_to(self, price: float, by: Ending) -> None:
        """Nearer to the price, never away from it; nan moves nothing."""
        moved = rules.trailed(self.direction, self.stop, price)
        if moved == moved and moved != self.stop:
            self.stop, self.set_by = moved, by
