"""The same amount at regular times, and out with a gain: an example of a strategy that keeps a state."""

from __future__ import annotations

from dataclasses import dataclass, field

from thebot.errors import BadSetting
from thebot.strategy.stateful import Stateful, View


@dataclass
class Averaging(Stateful):
    """Buys for the same amount every so many candles, and sells all of it with a gain.

    Each purchase takes `part` percent of the equity that there was when flat, as long as there is money. All
    is sold by a limit order `gain` percent above the mean price paid, which moves with every purchase; then
    it begins anew.
    """

    every: int = 24
    part: float = 5.0
    gain: float = 5.0
    _seen: int = field(default=0, init=False, repr=False)
    _amount: float = field(default=0.0, init=False, repr=False)
    _selling: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        if self.every < 1 or not 0 < self.part <= 100 or not self.gain > 0:
            raise BadSetting(
                f"averaging: {self.part} % every {self.every} candles, out with {self.gain} %, cannot be. "
                "Give at least one candle, a part of at most 100, and a gain above 0."
            )

    def on_candle(self, view: View) -> None:
        if view.holding is None:
            self._amount = view.equity * self.part / 100
        bought = any(fill.side == "buy" for fill in view.fills)
        if view.holding is not None and (bought or self._selling not in view.orders):
            view.cancel(self._selling)
            self._selling = view.sell(limit=view.holding.entry_price * (1 + self.gain / 100))
        if self._seen % self.every == 0 and view.cash > self._amount / 2:
            view.buy(amount=self._amount)
        self._seen += 1
