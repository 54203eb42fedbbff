from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.series import markets, random_market

from thebot.backtesting import Account, rerun, run
from thebot.backtesting.lookahead import require_no_future
from thebot.errors import SeesTheFuture
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.indicators.expression import Elementwise, Expression
from thebot.market import Candles
from thebot.strategy import Stateful, Strategy, View, decider, strategies


class _Remembering(Stateful):
    """Keeps something outside of itself: what it does depends on how often it was run."""

    runs = 0

    def on_candle(self, view: View) -> None:
        type(self).runs += 1
        if view.holding is None and type(self).runs % 7 == 0:
            view.buy(amount=view.cash)
        elif view.holding is not None:
            view.sell()


def test_a_strategy_that_depends_on_more_than_it_was_shown_is_refused() -> None:
    market = random_market(seed=3, length=401, timeframe="1h")
    with pytest.raises(SeesTheFuture, match="remembering depends on more than the candles"):
        rerun(market, _Remembering(), account=Account(cash=1000))


def test_a_value_that_changes_with_later_candles_is_named_with_its_bar() -> None:
    market = random_market(seed=3, length=400, timeframe="1h")
    rule = Strategy(name="late", entry=_Later(close) > 0, exit=close < 0)
    with pytest.raises(SeesTheFuture, match=r"later.* sees the future: at 2024-01-.* it was"):
        run(market, rule)


@dataclass(frozen=True, eq=False, repr=False)
class _Later(Elementwise):
    """The close against the last one of all the data: what a careless column computation does."""

    operand: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def of_columns(self, values: np.ndarray) -> np.ndarray:
        return values - values[-1]

    def __repr__(self) -> str:
        return f"later({self.operand!r})"


@settings(max_examples=20)
@given(markets(length=200, timeframes=("1h",)), st.integers(0, 50))
def test_honest_rules_pass(market: Candles, seed: int) -> None:
    rule = Strategy(name="cross", entry=crosses_above(close, sma(3)), exit=crosses_below(close, sma(3)))
    if len(market) > 1:
        require_no_future(decider(rule, "1h").expressions, market, seed=seed)


@pytest.mark.parametrize("name", strategies())
def test_every_built_in_strategy_passes(name: str) -> None:
    market = random_market(seed=8, length=1200, timeframe="1h", missing=0.01)
    assert run(market, strategies()[name]()).candles == 1200
