"""A grid of limit orders: an example of a strategy that keeps a state."""

from __future__ import annotations

from dataclasses import dataclass, field

from thebot.errors import BadSetting
from thebot.strategy.stateful import Stateful, View


@dataclass
class Rung:
    """One level of the grid: the order that waits there, and what it bought."""

    price: float
    buying: str = ""
    selling: str = ""
    bought: float = 0.0


@dataclass
class Grid(Stateful):
    """Buys at `levels` prices below the first close, `spacing` percent apart, and sells each one level up.

    Every level takes an equal part of the equity that there was when it began, and is bought again after it
    was sold. A fall through the whole grid leaves everything bought: `stop` percent below the last level all
    is sold, and the grid begins anew at the price there (0: never). While nothing is held it follows a rise.
    """

    levels: int = 5
    spacing: float = 1.0
    stop: float = 5.0
    _rungs: list[Rung] = field(default_factory=list, init=False, repr=False)
    _part: float = field(default=0.0, init=False, repr=False)  # what each level takes, in quote currency
    _stop_id: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        if self.levels < 1 or not 0 < self.spacing * self.levels + self.stop < 100 or self.spacing <= 0:
            raise BadSetting(
                f"grid: {self.levels} levels {self.spacing} % apart, a stop {self.stop} % below, cannot be. "
                "Give at least one level, spacing above 0, and all of it above a price of zero."
            )

    def on_candle(self, view: View) -> None:
        if any(fill.order_id == self._stop_id for fill in view.fills):
            view.cancel()
            self._rungs, self._stop_id = [], ""
        if not self._rungs:
            if view.holding is None:
                self._begin(view)
            else:
                view.sell()  # what the stop left
            return
        if view.holding is None and view.candle.close * (1 - self.spacing / 100) ** 2 > self._rungs[0].price:
            view.cancel()
            self._begin(view)
            return
        for rung in self._rungs:
            self._follow(rung, view)
        if self.stop > 0 and view.holding is not None and view.fills:
            view.cancel(self._stop_id)  # it was for what was held before
            self._stop_id = view.sell(stop=self._rungs[-1].price * (1 - self.stop / 100))

    def _begin(self, view: View) -> None:
        self._part = 0.99 * view.equity / self.levels  # something is left for the fees
        prices = (view.candle.close * (1 - self.spacing / 100) ** k for k in range(1, self.levels + 1))
        self._rungs = [Rung(price) for price in prices]
        for rung in self._rungs:
            rung.buying = view.buy(amount=self._part, limit=rung.price)

    def _follow(self, rung: Rung, view: View) -> None:
        for fill in view.fills:
            if fill.order_id == rung.buying:
                rung.bought += fill.quantity
            elif fill.order_id == rung.selling:
                rung.bought -= fill.quantity
        if rung.buying in view.orders or rung.selling in view.orders:
            return
        if rung.bought > 0:
            above = rung.price / (1 - self.spacing / 100)
            rung.buying, rung.selling = "", view.sell(rung.bought, limit=above)
        elif view.cash > self._part / 2:
            rung.bought = 0.0
            rung.buying, rung.selling = view.buy(amount=self._part, limit=rung.price), ""
