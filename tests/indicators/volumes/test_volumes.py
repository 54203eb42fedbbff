"""Volume indicators: what no reference covers, by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from thebot.indicators import Expression, Panel
from thebot.indicators.volumes import (
    ad,
    adosc,
    cmf,
    emv,
    force,
    kvo,
    marketfi,
    mfi,
    nvi,
    obv,
    pvi,
    pvo,
    rvol,
    vpt,
)
from thebot.market import FloatArray

from ..conformance.cases import values
from ..markets import START, candles, walk


def over(expression: Expression, **columns: list[float]) -> FloatArray:
    return values(expression, {name: np.array(column, float) for name, column in columns.items()})


def test_on_balance_volume_moves_as_in_tulips_examples(shared: Path) -> None:
    # its first value differs: theirs is 0
    for case in json.loads((shared / "vectors/tulip/tulip_cases.json").read_text()):
        if case["indicator"] == "obv":
            columns = {name.partition(":")[2]: np.array(given) for name, given in case["inputs"].items()}
            np.testing.assert_allclose(np.diff(values(obv(), columns)), np.diff(case["outputs"]["obv"]))


def test_a_candle_without_range_neither_accumulates_nor_distributes() -> None:
    found = over(ad(), high=[12, 10, 12], low=[8, 10, 8], close=[12, 10, 9], volume=[5, 7, 4])
    assert list(found) == [5, 5, 3]


def test_the_chaikin_oscillator_does_not_care_where_the_line_began() -> None:
    market = walk(600)
    whole = Panel([adosc()], "1h").over(market)[adosc()]
    later = Panel([adosc()], "1h").over(market.rows(slice(300, None)))[adosc()]
    np.testing.assert_allclose(later[150:], whole[450:], rtol=0, atol=1e-12 * np.nanmax(np.abs(whole)))


@pytest.mark.parametrize(
    ("line", "flat"),
    [(ad(), 0), (adosc(2, 3), 0), (cmf(2), 0), (mfi(2), 0), (force(2), 0), (emv(2), 0),
     (kvo(2, 3, 1).line, 0), (kvo(2, 3, 1).signal, 0), (marketfi(), 0), (vpt(), 0), (nvi(), 1000),
     (pvi(), 1000), (rvol(2), 1), (pvo(2, 3, 1).line, 0), (pvo(2, 3, 1).hist, 0)],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("volume", [0, 5])
def test_where_nothing_moves_and_nothing_is_traded_there_is_a_neutral_value(
    line: Expression, flat: float, volume: float
) -> None:
    still = over(line, high=[3] * 8, low=[3] * 8, close=[3] * 8, volume=[volume] * 8)
    assert list(still[4:]) == [flat] * 4


@pytest.mark.parametrize("line", [cmf(5), mfi(5), rvol(5), emv(5)], ids=repr)
def test_a_fall_of_volume_by_orders_of_magnitude_leaves_no_rounding_behind(line: Expression) -> None:
    market = walk(400, seed=3)
    volume = market.volume * np.where(np.arange(400) < 200, 1e15, 1.0)
    before = candles(market.open_time, market.open, market.high, market.low, market.close, volume, "1h")
    found = Panel([line], "1h").over(before)[line][210:]
    plain = Panel([line], "1h").over(market)[line][210:]
    np.testing.assert_allclose(found, plain, rtol=1e-9, atol=1e-12)


def test_chaikin_money_flow_is_one_if_all_close_at_the_high_and_minus_one_at_the_low() -> None:
    rising = over(cmf(3), high=[2, 3, 4], low=[1, 2, 3], close=[2, 3, 4], volume=[1, 5, 2])
    falling = over(cmf(3), high=[2, 3, 4], low=[1, 2, 3], close=[1, 2, 3], volume=[1, 5, 2])
    assert (rising[-1], falling[-1]) == (1, -1)


def test_a_typical_price_that_differs_in_rounding_only_has_not_moved() -> None:
    # the three prices of each candle sum up to the same, were it not for the last digit
    first, second = (27697.56, 27578.13, 27680.52), (27691.81, 27632.08, 27632.32)
    assert sum(first) != sum(second)
    high, low, close = ([a, b, c] for a, b, c in zip(first, second, (30000.0, 29000.0, 29500.0), strict=True))
    found = over(mfi(2), high=high, low=low, close=close, volume=[1, 1, 1])
    assert found[-1] == 100


def test_relative_volume_does_not_count_the_candle_itself() -> None:
    assert list(over(rvol(2), volume=[10, 30, 40, 35])[2:]) == [2, 1]


def test_ease_of_movement_by_hand() -> None:
    # the middle goes from 10 to 12, the range is 4, the volume 2
    found = over(emv(1, 1), high=[11, 14], low=[9, 10], close=[10, 12], volume=[1, 2])
    assert math.isnan(found[0])
    assert found[1] == 2 * 4 / 2


def test_klingers_force_by_hand() -> None:
    # sums of prices 30, 36, 33, ranges 2, 4, 6: trend up with cm = 2 + 4, then down with cm = 4 + 6;
    # force 10 * |2 * 4/6 - 1| * 100, then -20 * |2 * 6/10 - 1| * 100
    found = over(
        kvo(1, 2, 1).line, high=[11, 14, 14], low=[9, 10, 8], close=[10, 12, 11], volume=[7, 10, 20],
    )  # fmt: skip
    up, down = 10 * (1 / 3) * 100, -20 * 0.2 * 100
    assert found[2] == pytest.approx(down - (up + (down - up) * 2 / 3))
    assert np.isnan(found[:2]).all()


def test_rules_buy_where_a_flow_turns_positive() -> None:
    rule = force(1).definition.signals(force(1))
    assert rule is not None
    market = candles(
        START + np.arange(4) * 3_600_000,
        [5, 5, 4, 6],
        [5, 5, 4, 6],
        [5, 5, 4, 6],
        [5, 4.5, 4, 6],
        [1] * 4,
        "1h",
    )
    assert list(Panel([rule[0]], "1h").over(market)[rule[0]]) == [0, 0, 0, 1]
