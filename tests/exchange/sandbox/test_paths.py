"""The trades inside a candle say exactly what the candle says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thebot.exchange.sandbox import paths
from thebot.exchange.sandbox.bars import Bar

MINUTE = 60_000


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    """Candles as simulator and replay make them: value by the rule of `paths.values`."""
    low = draw(st.integers(1, 10**7))
    high = low + draw(st.integers(0, max(1, low // 20)))
    open_, close = draw(st.integers(low, high)), draw(st.integers(low, high))
    column = [np.array([x]) for x in (open_, high, low, close)]
    corners = int(paths.corners(*column)[0])
    count = draw(st.one_of(st.integers(corners, 16), st.integers(corners, 400)))
    volume = count * paths.STEPS_A_TRADE * draw(st.integers(2, 10**4)) + draw(st.integers(0, 7))
    if count < paths.FEW:
        bought = draw(st.sampled_from([0, volume]))
    else:
        bought = volume * draw(st.integers(30, 70)) // 100
    counts, volumes, buys = np.array([count]), np.array([volume]), np.array([bought])
    value, bought_value = paths.values(*column, volumes, buys, counts)
    trades = count + draw(st.integers(0, count))
    return Bar(
        1_700_000_040_000, open_, high, low, close, volume, int(value[0]), trades, bought,
        int(bought_value[0]), first_trade=77, aggregates=count, first_aggregate=55,
    )  # fmt: skip


def inner(bar: Bar, seed: int = 1) -> paths.Path:
    return paths.inner_path(bar, MINUTE, np.random.Generator(np.random.SFC64(seed)))


@given(bars(), st.integers(0, 1000))
def test_the_path_touches_open_high_low_and_close_and_sums_to_the_candle(bar: Bar, seed: int) -> None:
    path = inner(bar, seed)
    price, quantity, bought = list(path.price), list(path.quantity), list(path.bought)
    assert len(path) == bar.aggregates
    assert (price[0], max(price), min(price), price[-1]) == (bar.open, bar.high, bar.low, bar.close)
    assert sum(quantity) == bar.volume
    assert sum(p * q for p, q in zip(price, quantity, strict=True)) == bar.value
    assert sum(q for q, b in zip(quantity, bought, strict=True) if b) == bar.bought
    taken = sum(p * q for p, q, b in zip(price, quantity, bought, strict=True) if b)
    assert taken == bar.bought_value
    assert path.exact


@given(bars())
def test_trades_are_in_time_order_within_the_candle_and_their_ids_have_no_gap(bar: Bar) -> None:
    path = inner(bar)
    times = list(path.time)
    assert times == sorted(set(times)), "no two aggregate trades in one millisecond"
    assert bar.open_time <= times[0]
    assert times[-1] < bar.open_time + MINUTE
    ids = list(path.first_trade)
    assert ids[0] == 77
    assert ids[-1] == 77 + bar.trades
    fills = np.diff(ids)
    assert (fills >= 1).all()
    assert (fills <= np.array(path.quantity)).all(), "a single trade has at least one step of quantity"


@given(bars())
def test_the_same_candle_always_has_the_same_trades(bar: Bar) -> None:
    assert inner(bar) == inner(bar)


def test_a_candle_without_trades_has_an_empty_path() -> None:
    bar = Bar(0, 5, 5, 5, 5, 0, 0, 0, 0, 0, 9, 0, 4)
    path = inner(bar)
    assert len(path) == 0
    assert list(path.first_trade) == [9]
    assert path.exact


def test_a_candle_whose_file_says_what_no_trades_can_sum_to_is_known_as_such() -> None:
    # 100 trades between 10 and 12 ticks cannot be worth 20 ticks a step.
    bar = Bar(0, 10, 12, 10, 11, 10_000, 200_000, 100, 5_000, 100_000, 1, 100, 1)
    path = inner(bar)
    assert not path.exact
    assert sum(path.quantity) == bar.volume
    assert (path.price[0], max(path.price), min(path.price), path.price[-1]) == (10, 12, 10, 11)
