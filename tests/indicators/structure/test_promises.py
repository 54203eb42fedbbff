"""The contract with other parameters than the defaults, and what the usual rules say."""

from __future__ import annotations

import numpy as np
import pytest

from thebot.indicators import Indicator, Panel
from thebot.indicators.contract import broken
from thebot.indicators.structure import (
    breakout,
    fair_value_gaps,
    fibonacci,
    fractal,
    market_structure,
    order_blocks,
    pivots,
    rolling_pivots,
    support_resistance,
    swings,
    zigzag,
)
from thebot.indicators.structure.pivots import ANCHORS, KINDS
from thebot.market import Candles

from ..markets import walk
from . import coarse, market, over

OTHERS = [
    breakout(3, 0.5),
    fair_value_gaps(4, 0.3),
    fibonacci(2, 1),
    fractal(17),
    market_structure(1, 3),
    order_blocks(2, 2, 3, 0.2, 5),
    rolling_pivots(9, "demark"),
    rolling_pivots(9, "camarilla"),
    support_resistance(1, 1, 3, 1.5, 10),
    swings(3, 1),
    zigzag(0.7),
]


@pytest.mark.parametrize("indicator", OTHERS, ids=repr)
@pytest.mark.parametrize("c", [walk(160, seed=21), coarse(160, seed=22)], ids=["walk", "coarse"])
def test_the_contract_holds_for_other_parameters(indicator: Indicator, c: Candles) -> None:
    assert broken(indicator, c, longer="4h") == []


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_holds_for_all_pivots(kind: str, anchor: str) -> None:
    indicator = pivots(kind, anchor)
    c = walk(400, seed=23, timeframe="6h")  # a hundred days
    assert not np.isnan(over(indicator.pivot, c)).all()
    assert broken(indicator, c, longer="12h") == []


WITH_RULES = [
    breakout(10, 0.5), market_structure(2, 2), pivots(), rolling_pivots(10), swings(2, 2), zigzag(2.0),
]  # fmt: skip


@pytest.mark.parametrize("indicator", WITH_RULES, ids=repr)
def test_its_usual_rule_buys_and_sells_now_and_then(indicator: Indicator) -> None:
    rules = indicator.definition.signals(indicator)
    assert rules is not None
    c = walk(1_000, seed=24)
    made = Panel(rules, "1h").over(c)
    buy, sell = (made[rule] for rule in rules)
    assert 3 < buy.sum() < 300
    assert 3 < sell.sum() < 300
    assert not (buy * sell).any()


@pytest.mark.parametrize("price", [1e-12, 1e12])
def test_of_a_market_that_stands_still_there_is_nothing_to_tell(price: float) -> None:
    c = market(high=[price] * 60, low=[price] * 60, close=[price] * 60, volume=[0.0] * 60)
    for indicator in (*OTHERS, fractal(2), pivots("camarilla")):
        columns = Panel([indicator], "1h").over(c)
        for output in indicator.outputs:
            assert not np.isinf(columns[output]).any()
    assert (over(breakout(5).direction, c)[5:] == 0).all()
    assert (over(breakout(5).confirmed, c)[5:] == 0).all()
    assert (over(market_structure(2, 2).trend, c)[4:] == 0).all()
    for output in (*fractal().outputs, *swings().outputs, *zigzag().outputs, *order_blocks().outputs):
        assert np.isnan(over(output, c)).all()
