"""A lane: whatever the stream and REST bring, and in whatever order, each candle passes once and in order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import random_market

from thebot.live.lane import WAITING_AT_MOST, Lane, Passed
from thebot.market import Timeframe

MINUTE = Timeframe("1m")
MARKET = random_market(seed=3, length=120)
HISTORY = 20


def lane() -> Lane:
    made = Lane("TESTUSDT", MINUTE, 100)
    made.load(MARKET[:HISTORY])
    made.live = True
    return made


def opened(passed: list[Passed]) -> list[int]:
    return [candle.open_time for candle, _ in passed]


def caught_up(made: Lane, until: int) -> list[Passed]:
    """What REST brings from the one that must come next on, when it has candles up to row `until`."""
    assert made.next_open is not None
    passed = made.fill(MARKET[:until].between(made.next_open))
    made.live = not made.waits
    return passed


@given(
    events=st.lists(
        st.one_of(
            st.tuples(st.just("stream"), st.integers(-3, 3)),  # ahead of or behind the one that is due
            st.tuples(st.just("cut"), st.just(0)),
            st.tuples(st.just("rest"), st.integers(0, 5)),
        ),
        max_size=60,
    )
)
def test_however_it_comes_each_candle_passes_once_and_in_order(events: list[tuple[str, int]]) -> None:
    made, passed, newest = lane(), [], HISTORY
    for kind, number in events:
        if kind == "stream":
            row = min(max(0, newest + number), len(MARKET) - 1)
            newest = max(newest, row + 1)
            passed += made.offer(MARKET.candle(row))
        elif kind == "cut":
            made.cut()
        else:
            newest = min(newest + number, len(MARKET))
            passed += caught_up(made, newest)
    passed += caught_up(made, len(MARKET))
    assert opened(passed) == MARKET.open_time[HISTORY:].tolist()
    assert made.findings == []
    assert made.history.candles().close.tolist() == MARKET.close[-100:].tolist()


def test_what_the_exchange_itself_lacks_is_a_finding_and_what_follows_is_passed_on() -> None:
    made = lane()
    rows = MARKET.rows(slice(HISTORY + 3, HISTORY + 6))
    assert opened(made.fill(rows)) == rows.open_time.tolist()
    assert "3 candles are missing" in str(made.findings[0])


def test_a_candle_revised_after_its_close_is_a_finding_and_is_not_passed_again() -> None:
    made = lane()
    assert list(made.offer(MARKET.candle(5))) == []
    assert made.findings == []  # the very same: only counted
    assert list(made.offer(replace(MARKET.candle(5), close=1.0))) == []
    assert made.duplicates == 2
    assert "revised after its close" in str(made.findings[0])


def test_what_waits_is_bounded() -> None:
    made = lane()
    made.live = False
    for candle in random_market(seed=4, length=WAITING_AT_MOST + 50, begin=1_000):
        made.offer(candle)
    assert len(made._waiting) == WAITING_AT_MOST
