"""When a day, week or month begins, for indicators that begin anew with it. All by the clock of UTC.

Plain functions of an open time (what the leaf `open_time` reads, in ms): compiled together with a step. A
step that begins anew with each session keeps when the one it is in ends, `start` being 0.0: that costs one
comparison a candle, where the number of a candle's month takes a dozen divisions.

    if open_time[i] >= ends:
        known = ends > 0.0 or begins_session(open_time[i], anchor)  # not one begun before the data; but
        ends, total = end_of_session(open_time[i], anchor), 0.0     # one whose first candles are missing
"""

from __future__ import annotations

from typing import Final

DAY: Final = 0  # from 00:00
WEEK: Final = 1  # from Monday 00:00
MONTH: Final = 2  # from the first of the calendar's month, 00:00
START: Final = 3  # from the first candle there is, and never anew
ANCHORS: Final = (
    "day",
    "week",
    "month",
    "start",
)  # their words, in this order, for `words={"anchor": ANCHORS}`

DAY_MS: Final = 86_400_000
NEVER: Final = 1e300  # when the session from the start ends


def session_of(open_time: float, anchor: int) -> int:
    """The session's number. It rises by one with each day, week or month; always 0 from the start."""
    if anchor == START:
        return 0
    day = int(open_time) // DAY_MS  # 0 is 1970-01-01, a Thursday
    if anchor == DAY:
        return day
    if anchor == WEEK:
        return (day + 3) // 7
    return month_of(day)


def begins_session(open_time: float, anchor: int) -> bool:
    """Whether a session begins at this very millisecond; from the start, any candle may be the first."""
    return anchor == START or session_of(open_time, anchor) != session_of(open_time - 1.0, anchor)


def end_of_session(open_time: float, anchor: int) -> float:
    """When the next session begins, in ms; `NEVER` from the start."""
    if anchor == START:
        return NEVER
    session = session_of(open_time, anchor) + 1
    if anchor == DAY:
        return float(session * DAY_MS)
    if anchor == WEEK:
        return float((7 * session - 3) * DAY_MS)
    return float(first_day_of(session) * DAY_MS)


def month_of(day: int) -> int:
    """The month's number, 12 * year + month - 1, of a day counted from 1970-01-01.

    The calendar repeats every 400 years. Years are counted from March here, so that a leap day is the last
    of its year. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2014.

    >>> month_of(0) == 12 * 1970
    True
    """
    day += 719_468  # from 0000-03-01
    era = day // 146_097
    day -= era * 146_097
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    return 12 * (400 * era + year) + (5 * day + 2) // 153 + 2  # months from March, in runs of 153 days


def first_day_of(month: int) -> int:
    """The day, counted from 1970-01-01, on which the month of that number begins.

    >>> first_day_of(12 * 1970 + 1)
    31
    """
    month -= 2  # from March
    year = month // 12
    era = year // 400
    day = 365 * (year - 400 * era) + (year - 400 * era) // 4 - (year - 400 * era) // 100
    return 146_097 * era + day + (153 * (month - 12 * year) + 2) // 5 - 719_468
