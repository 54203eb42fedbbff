"""The closed candles kept of one series: the newest so many, always the same as a plain list of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import random_market

from thebot.live.history import History
from thebot.market import Candles, Timeframe

MINUTE = Timeframe("1m")
MARKET = random_market(seed=4, length=200, missing=0.05)


def history(kept: int, loaded: int = 0) -> History:
    made = History("TESTUSDT", MINUTE, kept)
    made.load(MARKET[:loaded])
    return made


def assert_same(ours: Candles, theirs: Candles) -> None:
    for name in ("open_time", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


@given(kept=st.integers(1, 60), loaded=st.integers(0, 120), appended=st.integers(0, 80))
def test_it_holds_the_newest_candles_however_they_came(kept: int, loaded: int, appended: int) -> None:
    made = history(kept, loaded)
    for candle in MARKET[loaded : loaded + appended]:
        made.append(candle)
    everything = MARKET[: loaded + appended]
    assert len(made) == min(kept, len(everything))
    assert_same(made.candles(), everything[-kept:] if len(everything) else everything)


@given(kept=st.integers(5, 60), smaller=st.integers(1, 70), appended=st.integers(0, 40))
def test_shrunk_it_holds_fewer_and_goes_on(kept: int, smaller: int, appended: int) -> None:
    made = history(kept, 100)
    made.shrink(smaller)
    for candle in MARKET[100 : 100 + appended]:
        made.append(candle)
    assert_same(made.candles(), MARKET[: 100 + appended][-min(kept, smaller) :])


def test_shrinking_gives_the_memory_back() -> None:
    made = history(1_000, 200)
    made.shrink(50)
    assert made.candles().close.base is not None
    assert made._values.nbytes < 3_000


@pytest.mark.parametrize(("kept", "whole"), [(100, True), (30, False)])
def test_after_shrinking_it_still_knows_whether_there_is_anything_older(kept: int, whole: bool) -> None:
    made = history(1_000, 60)
    made.whole = True  # the exchange has nothing older than these sixty
    made.shrink(kept)
    assert made.whole is whole


def test_what_is_asked_for_by_time_is_found() -> None:
    made = history(100, 100)
    times = MARKET.open_time
    assert made.first_open == times[0]
    assert made.next_open == MINUTE.close_time(int(times[99]))
    assert_same(made.candles(10, end=int(times[50])), MARKET[40:50])
    assert_same(made.since(int(times[90])), MARKET[90:100])
    found = made.at(int(times[7]))
    assert found is not None
    assert found.close == MARKET.close[7]
    assert made.at(int(times[7]) + 1) is None


def test_what_was_read_does_not_change_afterwards() -> None:
    made = history(50, 50)
    read = made.candles()
    before = read.close.copy()
    for candle in MARKET[50:150]:
        made.append(candle)
    np.testing.assert_array_equal(read.close, before)
