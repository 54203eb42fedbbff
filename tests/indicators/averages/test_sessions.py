"""When a day, a week or a month begins, by the calendar of Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numba
import pytest

from thebot.indicators.sessions import (
    ANCHORS,
    DAY,
    DAY_MS,
    MONTH,
    NEVER,
    START,
    WEEK,
    begins_session,
    end_of_session,
    first_day_of,
    month_of,
    session_of,
)

EPOCH = date(1970, 1, 1)


def ms(*at: int) -> float:
    return datetime(*at, tzinfo=UTC).timestamp() * 1000


def test_the_anchors_words_stand_in_the_order_of_their_numbers() -> None:
    assert [ANCHORS[each] for each in (DAY, WEEK, MONTH, START)] == ["day", "week", "month", "start"]


def test_months_are_those_of_the_calendar_over_six_hundred_years() -> None:
    for day in range(-100_000, 120_000):
        there = EPOCH + timedelta(day)
        assert month_of(day) == 12 * there.year + there.month - 1
        if there.day == 1:
            assert first_day_of(month_of(day)) == day


def test_compiled_months_are_the_same() -> None:
    compiled: Callable[[int], int] = numba.njit(month_of)
    assert all(compiled(day) == month_of(day) for day in range(-800, 40_000, 7))


@pytest.mark.parametrize(
    ("anchor", "opens"),
    [
        (DAY, [(2024, 2, 29), (2024, 3, 1), (2021, 1, 1)]),
        (WEEK, [(2021, 1, 4), (2024, 12, 30), (1970, 1, 5)]),  # Mondays
        (MONTH, [(2024, 2, 1), (2024, 3, 1), (2100, 3, 1), (2000, 1, 1)]),
    ],
)
def test_a_session_begins_at_midnight_and_not_a_millisecond_later(
    anchor: int, opens: list[tuple[int, int, int]]
) -> None:
    for day in opens:
        assert begins_session(ms(*day), anchor)
        assert not begins_session(ms(*day) + 1, anchor)
        assert not begins_session(ms(*day) - 1, anchor)
        assert session_of(ms(*day), anchor) == session_of(ms(*day) - 1, anchor) + 1
        assert end_of_session(ms(*day) - 1, anchor) == ms(*day)


def test_a_week_does_not_begin_on_sunday_nor_a_month_on_the_second() -> None:
    assert not begins_session(ms(2021, 1, 3), WEEK)
    assert not begins_session(ms(2021, 1, 2), MONTH)


@pytest.mark.parametrize("anchor", [DAY, WEEK, MONTH])
def test_the_end_of_a_session_begins_the_next(anchor: int) -> None:
    for day in range(10_000, 20_000, 3):
        end = end_of_session(float(day * DAY_MS + 12_345), anchor)
        assert begins_session(end, anchor)
        assert session_of(end, anchor) == session_of(float(day * DAY_MS + 12_345), anchor) + 1


def test_from_the_start_any_candle_may_be_the_first_and_the_session_never_ends() -> None:
    assert begins_session(ms(2021, 1, 1, 17), START)
    assert session_of(ms(2021, 1, 1), START) == session_of(ms(2030, 1, 1), START)
    assert end_of_session(ms(2021, 1, 1), START) == NEVER
