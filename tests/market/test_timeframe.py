from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import UnknownName
from thebot.market import TIMEFRAMES, Timeframe

FIRST, LAST = 0, 4_000_000_000_000  # 1970 until 2096

frames = st.sampled_from(TIMEFRAMES)
instants = st.integers(FIRST, LAST)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@given(frames, instants)
def test_every_instant_lies_in_exactly_one_candle(frame: Timeframe, at: int) -> None:
    opened = frame.floor(at)
    assert opened <= at < frame.close_time(opened)
    assert frame.floor(opened) == opened
    assert frame.floor(frame.close_time(opened) - 1) == opened
    assert frame.floor(frame.close_time(opened)) == frame.close_time(opened)


@given(frames, st.lists(instants, min_size=1, max_size=20))
def test_columns_of_times_are_floored_and_closed_as_single_ones_are(
    frame: Timeframe, times: list[int]
) -> None:
    column = np.array(times, np.int64)
    opened = frame.floor(column)
    assert opened.dtype == np.int64
    assert opened.tolist() == [frame.floor(at) for at in times]
    assert frame.close_time(opened).tolist() == [frame.close_time(at) for at in opened.tolist()]


@given(frames, instants, st.integers(0, 300))
def test_going_back_and_forth_by_candles_meets_again(frame: Timeframe, at: int, count: int) -> None:
    opened = frame.floor(at)
    forward = opened
    for _ in range(count % 20):
        forward = frame.close_time(forward)
    assert frame.back(forward, count % 20) == opened
    assert frame.back(frame.back(opened, count), -count) == opened


@pytest.mark.parametrize(
    ("name", "at", "opened", "closed"),
    [
        ("1w", "2024-02-29T13:00", "2024-02-26", "2024-03-04"),  # Monday to Monday
        ("1w", "2024-02-26T00:00", "2024-02-26", "2024-03-04"),
        ("1w", "2024-02-25T23:59", "2024-02-19", "2024-02-26"),
        ("1M", "2024-02-29T13:00", "2024-02-01", "2024-03-01"),  # a leap year's February
        ("1M", "2023-02-28T23:59", "2023-02-01", "2023-03-01"),
        ("1M", "2024-12-31T23:59", "2024-12-01", "2025-01-01"),
        ("1M", "2024-01-31T00:00", "2024-01-01", "2024-02-01"),
        ("3d", "1970-01-04T05:00", "1970-01-04", "1970-01-07"),  # counted from the epoch
        ("8h", "2024-05-01T17:00", "2024-05-01T16:00", "2024-05-02T00:00"),
        ("1d", "2024-05-01T23:59", "2024-05-01", "2024-05-02"),
        ("15m", "2024-05-01T23:59", "2024-05-01T23:45", "2024-05-02"),
    ],
)
def test_borders_are_those_of_the_calendar(name: str, at: str, opened: str, closed: str) -> None:
    frame = Timeframe(name)
    assert frame.floor(ms(at)) == ms(opened)
    assert frame.close_time(ms(opened)) == ms(closed)


@given(instants)
def test_months_are_those_of_pythons_calendar(at: int) -> None:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    opened = Timeframe("1M").floor(at)
    first = datetime.fromtimestamp(opened / 1000, UTC)
    after = datetime.fromtimestamp(Timeframe("1M").close_time(opened) / 1000, UTC)
    assert (first.year, first.month, first.day, first.hour) == (moment.year, moment.month, 1, 0)
    assert (after - timedelta(days=1)).month == first.month
    assert (after.day, after.hour) == (1, 0)


@given(instants)
def test_weeks_begin_on_monday(at: int) -> None:
    assert datetime.fromtimestamp(Timeframe("1w").floor(at) / 1000, UTC).weekday() == 0


@given(frames, frames, instants)
def test_a_timeframe_divides_another_if_its_borders_hold_all_of_the_others(
    short: Timeframe, long: Timeframe, at: int
) -> None:
    if short.divides(long):
        assert short <= long
        border = long.floor(at)
        assert short.floor(border) == border


def test_what_divides_what() -> None:
    minute = Timeframe("1m")
    assert all(minute.divides(frame) for frame in TIMEFRAMES)
    assert Timeframe("1d").divides(Timeframe("1M"))
    assert Timeframe("1d").divides(Timeframe("1d"))
    assert not Timeframe("1w").divides(Timeframe("1M"))
    assert not Timeframe("3d").divides(Timeframe("1w"))
    assert not Timeframe("8h").divides(Timeframe("12h"))
    assert not Timeframe("1h").divides(Timeframe("1m"))


def test_timeframes_sort_by_length_and_a_month_is_not_a_minute() -> None:
    assert sorted({*TIMEFRAMES}) == list(TIMEFRAMES)
    assert Timeframe("1M") > Timeframe("1m")
    assert Timeframe("1M") != Timeframe("1m")
    assert len({Timeframe("1h"), Timeframe("1h")}) == 1


def test_an_unknown_timeframe_is_answered_with_one_near_it() -> None:
    with pytest.raises(UnknownName, match="'1h'"):
        Timeframe("1hr")
    with pytest.raises(UnknownName, match="There are: 1m, 3m"):
        Timeframe("fortnight")


def test_a_timeframe_never_changes_and_survives_pickling() -> None:
    frame = Timeframe("4h")
    with pytest.raises(AttributeError):
        frame.name = "1h"
    assert pickle.loads(pickle.dumps(frame)) == frame  # noqa: S301  (our own bytes)
    assert Timeframe(frame) == frame
    assert (str(frame), repr(frame)) == ("4h", "Timeframe('4h')")
