"""Yearly volatility: beside plain numpy, window by window, and by numbers that can be checked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from thebot.indicators import Expression, Panel
from thebot.indicators.volatility import (
    garman_klass,
    historical_volatility,
    parkinson,
    rogers_satchell,
    yang_zhang,
)
from thebot.market import Candles, FloatArray

from ..markets import START, candles, walk

Logs = Callable[[Candles], FloatArray]


def over(expression: Expression, market: Candles) -> FloatArray:
    return Panel([expression], market.timeframe).over(market)[expression]


def market(rows: list[tuple[float, float, float, float]]) -> Candles:
    """Daily candles of (open, high, low, close)."""
    opened, top, bottom, closed = np.array(rows, float).T
    return candles(
        START + np.arange(len(rows)) * 86_400_000, opened, top, bottom, closed, np.ones(len(rows)), "1d"
    )


def crash() -> Candles:
    """A calm walk, a fall to a hundred-thousandth within a day, and a calm walk again."""
    calm, low = walk(1_500, seed=3), walk(1_500, seed=4)
    factor = np.concatenate([np.ones(1_500), np.geomspace(0.1, 1e-5, 24), np.full(1_476, 1e-5)])
    columns = {
        name: np.concatenate([getattr(calm, name), getattr(low, name)]) * factor
        for name in ("open", "high", "low", "close")
    }
    return candles(
        START + np.arange(3_000) * 3_600_000, columns["open"], columns["high"], columns["low"],
        columns["close"], np.ones(3_000), "1h",
    )  # fmt: skip


def windows(values: FloatArray, period: int) -> FloatArray:
    return np.lib.stride_tricks.sliding_window_view(values, period)


def expected(name: str, c: Candles, n: int) -> FloatArray:
    """The yearly percent of each full window, from the books' formulas without any running sum."""
    body, up, down = np.log(c.close / c.open), np.log(c.high / c.open), np.log(c.low / c.open)
    change, jump = np.log(c.close[1:] / c.close[:-1]), np.log(c.open[1:] / c.close[:-1])
    satchell = up * (up - body) + down * (down - body)
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    found = {
        "historical_volatility": lambda: windows(change, n).var(axis=1, ddof=1),
        "parkinson": lambda: windows((up - down) ** 2, n).mean(axis=1) / (4 * math.log(2)),
        "garman_klass": lambda: windows(
            (up - down) ** 2 / 2 - (2 * math.log(2) - 1) * body**2, n
        ).mean(axis=1),
        "rogers_satchell": lambda: windows(satchell, n).mean(axis=1),
        "yang_zhang": lambda: (
            windows(jump, n).var(axis=1, ddof=1) + k * windows(body[1:], n).var(axis=1, ddof=1)
            + (1 - k) * windows(satchell[1:], n).mean(axis=1)
        ),
    }[name]()  # fmt: skip
    return 100 * np.sqrt(365 * found)


@pytest.mark.parametrize("period", [2, 20, 300])
@pytest.mark.parametrize(
    "definition",
    [historical_volatility, parkinson, garman_klass, rogers_satchell, yang_zhang],
    ids=repr,
)
@pytest.mark.parametrize("series", [walk(3_000, seed=5), crash()], ids=["walk", "crash"])
def test_equal_to_the_formula_window_by_window(definition, period: int, series: Candles) -> None:  # noqa: ANN001
    ours, reference = over(definition(period), series), expected(definition.name, series, period)
    first = len(series) - len(reference)
    assert np.isnan(ours[:first]).all()
    np.testing.assert_allclose(ours[first:], reference, rtol=1e-8)


def test_a_price_that_swings_by_one_percent_has_that_deviation_a_candle() -> None:
    # returns of +r and -r: the sample deviation of four of them is r * sqrt(4 / 3)
    r = math.log(1.01)
    rows = [(1.0, 1.01, 1.0, 1.01 if k % 2 else 1.0) for k in range(5)]
    swinging = market(rows)
    assert over(historical_volatility(4, 1.0), swinging)[-1] == pytest.approx(100 * r * math.sqrt(4 / 3))
    assert over(historical_volatility(4, 365.0), swinging)[-1] == pytest.approx(
        100 * r * math.sqrt(4 / 3 * 365)
    )


def test_parkinson_of_candles_that_all_reach_one_percent() -> None:
    flat = market([(1.0, 1.01, 1.0, 1.0)] * 5)
    assert over(parkinson(5, 1.0), flat)[-1] == pytest.approx(
        100 * math.log(1.01) / (2 * math.sqrt(math.log(2)))
    )


def test_a_steady_trend_is_no_volatility_to_rogers_and_satchell_but_is_to_garman_and_klass() -> None:
    rising = market([(1.01**k, 1.01 ** (k + 1), 1.01**k, 1.01 ** (k + 1)) for k in range(10)])
    assert over(rogers_satchell(5), rising)[-1] == pytest.approx(0.0, abs=1e-6)
    assert over(garman_klass(5), rising)[-1] > 5.0


def test_yang_and_zhang_see_jumps_that_the_candles_themselves_do_not_show() -> None:
    jumping = market([(p, p, p, p) for p in (1.0, 1.02, 1.0, 1.02, 1.0, 1.02)])
    assert over(garman_klass(4), jumping)[-1] == 0.0
    assert over(yang_zhang(4, 1.0), jumping)[-1] == pytest.approx(100 * math.log(1.02) * math.sqrt(4 / 3))


@pytest.mark.parametrize(
    "definition",
    [historical_volatility, parkinson, garman_klass, rogers_satchell, yang_zhang],
    ids=repr,
)
def test_a_price_that_stands_still_has_no_volatility_even_after_a_storm(definition) -> None:  # noqa: ANN001
    storm = [(1.0, 3.0, 0.3, 2.0 if k % 2 else 0.5) for k in range(30)]
    assert over(definition(5), market(storm + [(2.0, 2.0, 2.0, 2.0)] * 10))[-3:].tolist() == [0.0] * 3
