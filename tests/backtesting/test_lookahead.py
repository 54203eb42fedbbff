from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.series import markets, random_market

from thebot.backtesting import Account, rerun, run
from thebot.backtesting.lookahead import require_no_future
from thebot.errors import IndicatorError, SeesTheFuture
from thebot.indicators import close, crosses_above, crosses_below, indicator, sma
from thebot.indicators.expression import Elementwise, Expression
from thebot.market import Candles
from thebot.strategy import Exits, Stateful, Strategy, View, decider, strategies


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


def test_an_indicator_of_ones_own_that_reads_the_next_candle_is_named_with_its_bar() -> None:
    def peeks(state: Any, price: Any, i: int) -> Any:
        # not on the plain market that tells its warm-up: there it would not even run
        return state, price[i + 1] if price[i] > 1_000.0 else price[i]

    own = indicator(inputs=(close,), start=(0.0,), group="wrong")(peeks)()
    rich = Strategy(name="rich", entry=own > close, exit=own < close)
    market = random_market(seed=3, length=400, timeframe="1h")
    prices = ("open", "high", "low", "close")
    market = replace(market, **{name: getattr(market, name) * 1_000 for name in prices})
    with pytest.raises(SeesTheFuture) as caught:
        run(market, rich)
    told = str(caught.value)
    assert "peeks() sees the future: at 2024-01-" in told
    found = re.search(
        r"at (.{16}) UTC(?: of TESTUSDT)? it is (\S+), with the candles only until (.{16}) UTC it was nan",
        told,
    )
    assert found, told
    assert found[1] == found[3]  # the last candle there was then
    closed = int(datetime.fromisoformat(f"{found[1]}+00:00").timestamp() * 1000)
    row = int(np.argmin(np.abs(market.close_time - closed)))
    assert float(found[2]) == market.close[row + 1]  # what it should not have known


def test_one_that_always_reads_the_next_candle_does_not_even_run() -> None:
    def peeks_always(state: Any, price: Any, i: int) -> Any:
        return state, price[i + 1]

    own = indicator(inputs=(close,), start=(0.0,), group="wrong")(peeks_always)()
    rich = Strategy(name="rich", entry=own > close, exit=own < close)
    with pytest.raises(IndicatorError, match=r"peeks_always reads a candle that comes later"):
        run(random_market(seed=3, length=400, timeframe="1h"), rich)


def test_one_that_repaints_is_named_wherever_it_stands_in_a_rule() -> None:
    market = random_market(seed=3, length=400, timeframe="1h")
    rule = Strategy(name="centred", entry=(close > 0) & (close > sma(_Centred(close), 3)), exit=close < 0)
    with pytest.raises(SeesTheFuture, match=r"^centred\(close\) sees the future"):
        run(market, rule)
    exits = Strategy(name="exits", entry=close > sma(5), exit=close < sma(5),
                     exits=Exits(stop=_Centred(close) * 0.01))  # fmt: skip
    with pytest.raises(SeesTheFuture, match=r"^centred\(close\) sees the future"):
        run(market, exits)


def test_a_strategy_that_keeps_the_candles_of_an_earlier_run_is_refused() -> None:
    market = random_market(seed=3, length=401, timeframe="1h")
    _KNOWN.clear()
    with pytest.raises(SeesTheFuture, match=r"foreseeing depends on more than the candles .*only, the trade"):
        rerun(market, _Foreseeing(), account=Account(cash=1000))


_KNOWN: dict[int, float] = {}  # of _Foreseeing


class _Foreseeing(Stateful):
    """Writes all closes down outside of itself, and looks the next one up where it is there already."""

    def on_candle(self, view: View) -> None:
        _KNOWN[view.candle.close_time] = view.candle.close
        rises = _KNOWN.get(view.candle.close_time + 3_600_000, 0.0) > view.candle.close
        if rises and view.holding is None:
            view.buy(amount=view.cash)
        elif not rises and view.holding is not None:
            view.sell()


@dataclass(frozen=True, eq=False, repr=False)
class _Centred(Elementwise):
    """The mean of three candles, the next one among them: it repaints when that comes."""

    operand: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def of_columns(self, values: np.ndarray) -> np.ndarray:
        padded = np.concatenate([values[:1], values, values[-1:]])
        return (padded[:-2] + padded[1:-1] + padded[2:]) / 3

    def __repr__(self) -> str:
        return f"centred({self.operand!r})"


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


@settings(max_examples=10)
@given(markets(length=600, timeframes=("1h", "15m")), st.integers(0, 50))
@pytest.mark.parametrize("name", strategies())
def test_no_built_in_strategy_is_suspected(name: str, market: Candles, seed: int) -> None:
    if len(market) > 1:
        require_no_future(decider(strategies()[name](), market.timeframe).expressions, market, seed=seed)


@pytest.mark.parametrize("name", strategies())
def test_every_built_in_strategy_passes(name: str) -> None:
    market = random_market(seed=8, length=1200, timeframe="1h", missing=0.01)
    assert run(market, strategies()[name]()).candles == 1200
