"""What the momentum's indicators say where nothing moves, and after crashes."""

from __future__ import annotations

import numpy as np
import pytest

from thebot.indicators import Expression
from thebot.indicators.momentum import (
    ao,
    bop,
    cci,
    cmo,
    coppock,
    crsi,
    fisher,
    ibs,
    imi,
    kdj,
    mom,
    percent_rank,
    ppo,
    qstick,
    roc,
    rocr,
    rsi,
    schaff,
    smi,
    stc,
    stoch,
    stochrsi,
    streak,
    trix,
    tsi,
    ultosc,
    willr,
)

from ..conformance.cases import values

NEUTRAL: list[tuple[Expression, float]] = [
    (rsi(), 0), (stoch().k, 0), (stochrsi().k, 0), (kdj().j, 0), (willr(), 0), (smi().signal, 0), (mom(), 0),
    (roc(), 0), (rocr(), 1), (trix().signal, 0), (coppock(), 0), (cci(), 0), (ultosc(), 0), (tsi().signal, 0),
    (ao(), 0), (cmo(), 0), (imi(), 50), (qstick(), 0), (bop(), 0), (ibs(), 0.5), (percent_rank(), 0),
    (streak(), 0), (crsi(), 0), (fisher().fisher, 0), (schaff(), 0), (stc(), 0), (ppo().hist, 0),
]  # fmt: skip


@pytest.mark.parametrize(("indicator", "neutral"), NEUTRAL, ids=repr)
@pytest.mark.parametrize("price", [7.3e-12, 0.1, 61_234.56])
def test_a_price_that_stands_still_gives_the_neutral_value(
    indicator: Expression, neutral: float, price: float
) -> None:
    found = values(indicator, {"close": np.full(300, price)})[-1]
    size = price if indicator.unit == "price" else 1.0
    assert found == pytest.approx(neutral, rel=0, abs=2e-15 * size)


STOPPED = np.concatenate([100 * np.exp(np.cumsum(np.sin(np.arange(60) ** 2) / 50)), np.full(100, 98.7)])


@pytest.mark.parametrize(
    ("indicator", "neutral"),
    [(cci(20), 0), (cmo(14), 0), (ultosc(), 0), (imi(14), 50), (qstick(10), 0), (coppock(), 0)],
    ids=repr,
)
def test_a_price_that_comes_to_a_stop_leaves_no_rounding_behind(
    indicator: Expression, neutral: float
) -> None:
    found = values(indicator, {"open": np.concatenate([STOPPED[:1], STOPPED[:-1]]), "close": STOPPED})
    assert found[59] != neutral
    assert found[-1] == neutral


def test_the_rsi_stays_where_it_is_while_the_price_does_so_that_stochrsi_sees_no_rounding() -> None:
    still = values(rsi(14), {"close": STOPPED})[60:]
    assert set(still) == {still[0]}
    assert 0 < still[0] < 100
    assert set(values(stochrsi(14, 14, 3, 3).k, {"close": STOPPED})[76:]) == {0.0}


@pytest.mark.parametrize(
    ("indicator", "within"),
    [(cmo(5), (-100, 100)), (ultosc(3, 5, 7), (0, 100)), (imi(5), (0, 100))],
    ids=repr,
)
def test_a_crash_by_factors_is_forgotten_with_the_window(
    indicator: Expression, within: tuple[float, float]
) -> None:
    random = np.random.default_rng(3)
    small = 1e-6 * (1 + 0.1 * random.random(300))
    close = np.concatenate([[1e9, 3e9, 2e9, 5e9], small])
    opened = np.concatenate([[1e9], close[:-1]])
    crashed = {
        "open": opened, "high": np.maximum(opened, close), "low": np.minimum(opened, close), "close": close
    }  # fmt: skip
    found = values(indicator, crashed)
    never = values(indicator, {name: column[6:] for name, column in crashed.items()})
    np.testing.assert_allclose(found[20:], never[14:], rtol=1e-12)
    assert within[0] <= np.nanmin(found) < np.nanmax(found) <= within[1]


def test_the_awesome_oscillator_is_exact_soon_after_a_crash() -> None:
    prices = np.concatenate([np.full(50, 1e6), np.full(60, 3e-7)])
    assert values(ao(5, 34), {"close": prices})[-1] == pytest.approx(0, abs=1e-21)
