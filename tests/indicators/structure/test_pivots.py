"""Pivot points: the five kinds by hand, and the moment at which they change."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thebot.indicators import Panel, parse
from thebot.indicators.structure import pivot_levels, pivots, rolling_pivots
from thebot.market import Candles

from ..markets import walk
from . import market, over

nan = math.nan


def levels(kind: str, *, open: float, high: float, low: float, close: float) -> dict[str, float]:
    c = market(open=[open], high=[high], low=[low], close=[close])
    return {output.name: float(over(output, c)[0]) for output in pivot_levels(kind).outputs}


# high 120, low 96, close 108: the range is 24, the plain pivot 108
BY_HAND = {
    "standard": (108, 120, 132, 144, nan, 96, 84, 72, nan),
    "fibonacci": (108, 117.168, 122.832, 132, nan, 98.832, 93.168, 84, nan),
    "camarilla": (108, 110.2, 112.4, 114.6, 121.2, 105.8, 103.6, 101.4, 94.8),
    "woodie": (108, 120, 132, 144, nan, 96, 84, 72, nan),
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_each_kind_by_hand(kind: str) -> None:
    made = levels(kind, open=100, high=120, low=96, close=108)
    np.testing.assert_allclose(list(made.values()), BY_HAND[kind], rtol=1e-14)


def test_woodie_weighs_the_close_twice() -> None:
    made = levels("woodie", open=100, high=120, low=96, close=116)
    assert made["pivot"] == 112  # (120 + 96 + 2 * 116) / 4
    assert (made["r1"], made["s1"], made["r2"], made["s2"]) == (128, 104, 136, 88)
    assert (made["r3"], made["s3"]) == (152, 80)


@pytest.mark.parametrize(
    ("open", "close", "x"),
    [(100, 108, 2 * 120 + 96 + 108), (110, 108, 120 + 2 * 96 + 108), (108, 108, 120 + 96 + 2 * 108)],
    ids=["rose", "fell", "unchanged"],
)
def test_demark_weighs_by_where_the_day_went(open: float, close: float, x: float) -> None:
    made = levels("demark", open=open, high=120, low=96, close=close)
    assert made["pivot"] == x / 4
    assert made["r1"] == x / 2 - 96
    assert made["s1"] == x / 2 - 120
    assert np.isnan([made[name] for name in ("r2", "r3", "r4", "s2", "s3", "s4")]).all()


@pytest.mark.parametrize(("anchor", "frame"), [("day", "1d"), ("week", "1w"), ("month", "1M")])
def test_they_change_at_the_close_of_the_last_candle_of_a_day_week_or_month(anchor: str, frame: str) -> None:
    c = walk(24 * 70)
    made = over(pivots("standard", anchor).pivot, c)
    changed = np.flatnonzero(np.diff(made, prepend=made[0]) != 0)  # nan differs from everything
    changed = changed[~np.isnan(made[changed])]
    opens = c.open_time[changed].astype("datetime64[ms]")
    following = opens + np.timedelta64(1, "h")
    days = following.astype("datetime64[D]")
    assert len(changed) > 1
    assert (following == days).all()  # midnight UTC
    if anchor == "week":
        assert ((days.astype(int) + 3) % 7 == 0).all()  # Monday (1970 began on a Thursday)
    if anchor == "month":
        assert (days == days.astype("datetime64[M]")).all()


def test_they_are_those_of_the_day_that_closed() -> None:
    c = walk(24 * 5)
    made = over(pivots().r2, c)
    day = slice(24, 48)
    high, low, close = c.high[day].max(), c.low[day].min(), c.close[47]
    np.testing.assert_allclose(made[47:71], (high + low + close) / 3 + (high - low), rtol=1e-14)
    assert np.isnan(made[:23]).all()


def test_they_are_said_by_name() -> None:
    assert parse("close > pivots('camarilla', 'week').r4") is not None
    assert repr(pivots("demark", "month")) == "pivots('demark', 'month')"


def window(c: Candles, row: int, period: int) -> tuple[float, float, float, float]:
    part = slice(row - period + 1, row + 1)
    return c.open[part.start], c.high[part].max(), c.low[part].min(), c.close[row]


@pytest.mark.parametrize("kind", ["standard", "camarilla", "demark"])
def test_rolling_ones_take_the_last_candles_as_one(kind: str) -> None:
    c = walk(120)
    made = Panel([rolling_pivots(7, kind)], "1h").over(c)
    for row in range(6, 120):
        opened, high, low, close = window(c, row, 7)
        expected = levels(kind, open=opened, high=high, low=low, close=close)
        for output in rolling_pivots(7, kind).outputs:
            np.testing.assert_equal(float(made[output][row]), expected[output.name])
