"""What changes the past seldom, late, or on one market only is found too."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.market.series import random_market

from thebot.backtesting import run
from thebot.backtesting.lookahead import require_no_future
from thebot.errors import SeesTheFuture
from thebot.indicators import close
from thebot.indicators.expression import Elementwise, Expression
from thebot.strategy import Strategy


@dataclass(frozen=True, eq=False, repr=False)
class _Swing(Elementwise):
    """1 where the value is the highest of five, two later ones among them: drawn when those are known."""

    operand: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def of_columns(self, values: np.ndarray) -> np.ndarray:
        found = np.zeros(len(values))
        if len(values) > 4:
            highest = np.lib.stride_tricks.sliding_window_view(values, 5).max(axis=1)
            found[2:-2] = values[2:-2] == highest
        return found

    def __repr__(self) -> str:
        return f"swing({self.operand!r})"


@dataclass(frozen=True, eq=False, repr=False)
class _Next(Elementwise):
    """The next value, once `after` rows are there or where it is above `above`; else the value itself."""

    operand: Expression
    after: int = 0
    above: float = 0.0

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def of_columns(self, values: np.ndarray) -> np.ndarray:
        following = np.append(values[1:], np.nan)
        rows = np.arange(len(values))
        return np.where((rows >= self.after) & (values > self.above), following, values)

    def __repr__(self) -> str:
        return f"next({self.operand!r})"


def test_a_swing_that_is_drawn_two_candles_late_is_found_nearly_always() -> None:
    market = random_market(seed=4, length=5_000, timeframe="1h")
    found = 0
    for seed in range(20):
        try:
            require_no_future([_Swing(close)], market, seed=seed)
        except SeesTheFuture:
            found += 1
    assert found >= 18


def test_what_peeks_only_after_thousands_of_candles_is_found() -> None:
    market = random_market(seed=4, length=25_000, timeframe="1h")
    require_no_future([_Next(close, after=25_000)], market)
    with pytest.raises(SeesTheFuture, match=r"^next\(close\) sees the future: at 20"):
        require_no_future([_Next(close, after=5_000)], market)


def test_every_symbol_is_looked_at() -> None:
    honest = random_market(seed=4, length=500, timeframe="1h")
    prices = ("open", "high", "low", "close")
    high = replace(honest, symbol="HIGHUSDT", **{name: getattr(honest, name) * 1e6 for name in prices})
    rule = Strategy(name="greedy", entry=_Next(close, above=1e5) > close, exit=close < 0)
    assert run(honest, rule).trades.symbols == (honest.symbol,)
    with pytest.raises(SeesTheFuture, match="on HIGHUSDT is worth nothing"):
        run([honest, high], rule)
