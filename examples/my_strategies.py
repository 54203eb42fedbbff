"""Strategies of one's own in Python. `thebot strategies check examples/my_strategies.py` tries them.

thebot backtest --symbol BTCUSDT --timeframe 1h --strategy examples/my_strategies.py:pullback
thebot backtest --symbol BTCUSDT --timeframe 1h --strategy examples/my_strategies.py:dip --set period=10
thebot replay --symbol BTCUSDT --timeframe 1h --strategy examples/my_strategies.py:ladder
"""

from __future__ import annotations

from dataclasses import dataclass, field

from thebot.indicators import atr, close, crosses_above, crosses_below, ema, rsi
from thebot.strategy import Exits, RiskFraction, Strategy, on_higher
from thebot.strategy.stateful import Stateful, View

PULLBACK = Strategy(
    name="pullback",
    entry=crosses_above(rsi(14), 40) & on_higher(close > ema(50)),
    exits=Exits(stop=2 * atr(14), target=3 * atr(14), expires="2d"),
    sizing=RiskFraction(0.01),
    description="Buys the end of a setback in a higher uptrend, and risks 1 % of the equity each time.",
)


def dip(period: int = 7, oversold: float = 25.0, recovered: float = 60.0) -> Strategy:
    """Buys when a short RSI comes back above oversold, sells when it has recovered."""
    return Strategy(
        name="dip",
        entry=crosses_above(rsi(period), oversold),
        exit=crosses_below(rsi(period), recovered),
    )


@dataclass
class Ladder(Stateful):
    """Buys for a fixed amount at each further fall of so many percent, and sells all of it with a gain."""

    amount: float = 500.0
    fall: float = 2.0
    gain: float = 3.0
    _last: float = field(default=0.0, init=False, repr=False)  # the price of the last purchase

    def on_candle(self, view: View) -> None:
        price = view.candle.close
        if view.holding is None:
            self._last = price
            view.buy(amount=self.amount)
        elif price >= view.holding.entry_price * (1 + self.gain / 100):
            view.sell()
        elif price <= self._last * (1 - self.fall / 100) and view.cash >= self.amount:
            self._last = price
            view.buy(amount=self.amount)
