from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.backtesting import metrics
from thebot.errors import BadSetting
from thebot.market import IntArray
from thebot.market.timeframe import DAY, HOUR


def ms(*moments: str) -> IntArray:
    return np.array(moments, dtype="datetime64[ms]").astype(np.int64)


def test_the_close_at_midnight_belongs_to_the_day_before() -> None:
    time = ms("2024-01-31T22:00", "2024-01-31T23:00", "2024-02-01T00:00", "2024-02-01T01:00")
    january, february = metrics.monthly_returns(time, np.array([100.0, 110.0, 121.0, 60.5]))
    assert (january.start, january.gain) == (ms("2024-01-01")[0], pytest.approx(0.21))
    assert (february.start, february.gain) == (ms("2024-02-01")[0], pytest.approx(-0.5))


def test_weeks_begin_on_monday() -> None:
    time = ms("2024-01-06", "2024-01-07", "2024-01-08", "2024-01-09")  # Saturday to Tuesday, 00:00
    first, second = metrics.weekly_returns(time, np.array([100.0, 110.0, 121.0, 121.0]))
    assert (first.start, first.gain) == (ms("2024-01-01")[0], pytest.approx(0.21))
    assert (second.start, second.gain) == (ms("2024-01-08")[0], 0.0)


def test_quarters_and_years_begin_where_the_calendar_says() -> None:
    time = ms("1969-12-31", "1970-01-02", "2023-12-31", "2024-03-31", "2024-04-02")
    equity = np.array([1.0, 1.0, 2.0, 2.0, 4.0])
    quarters = [(line.start, line.gain) for line in metrics.calendar_returns(time, equity, "quarter")]
    assert quarters == list(
        zip(ms("1970-01-01", "2023-10-01", "2024-01-01", "2024-04-01"), [0, 1, 0, 1], strict=True)
    )
    years = [(line.start, line.gain) for line in metrics.calendar_returns(time, equity, "year")]
    assert years == list(zip(ms("1970-01-01", "2023-01-01", "2024-01-01"), [0, 1, 1], strict=True))


def test_the_monthly_table_has_twelve_months_and_the_year() -> None:
    time = ms("2023-11-30", "2023-12-31", "2024-02-01", "2024-03-01")
    before, after = metrics.monthly_table(time, np.array([100.0, 110.0, 99.0, 198.0]))
    assert (before.year, after.year) == (2023, 2024)
    assert before.months[11] == pytest.approx(0.1)
    assert [math.isnan(gain) for gain in before.months] == [True] * 11 + [False]
    assert after.months[:2] == pytest.approx((-0.1, 1.0))
    assert after.gain == pytest.approx(0.8)


@given(st.lists(st.tuples(st.integers(1, 40 * DAY), st.floats(0.5, 2.0)), min_size=1, max_size=40))
def test_whatever_the_calendar_the_parts_compound_to_the_whole(steps: list[tuple[int, float]]) -> None:
    time = np.cumsum([0, *(span for span, _ in steps)])
    equity = np.cumprod([100.0, *(factor for _, factor in steps)])
    for by in ("day", "week", "month", "quarter", "year"):
        lines = metrics.calendar_returns(time, equity, by)
        assert math.prod(1 + line.gain for line in lines) == pytest.approx(equity[-1] / equity[0])
        assert [line.start for line in lines] == sorted({line.start for line in lines})


def test_a_curve_without_a_period_has_no_table() -> None:
    assert metrics.calendar_returns(ms("2024-01-01"), np.array([1.0]), "day") == ()
    assert metrics.monthly_table(np.empty(0, dtype=np.int64), np.empty(0)) == ()
    with pytest.raises(BadSetting, match="2 times do not fit 1 values"):
        metrics.monthly_returns(np.arange(2), np.ones(1))


def test_trades_by_what_they_have_in_common() -> None:
    gains, profits = [0.1, -0.1, 0.3], [10.0, -5.0, 30.0]
    long, short = metrics.by_side(["short", "long", "short"], gains=gains, profits=profits)
    assert (long.name, long.trades, long.win_rate, long.profit, long.gain) == ("long", 1, 0.0, -5.0, -0.1)
    assert (short.name, short.trades, short.win_rate, short.profit) == ("short", 2, 1.0, 40.0)
    assert short.gain == pytest.approx(0.2)
    assert long.profit_factor == 0
    assert math.isnan(short.profit_factor)
    reasons = metrics.by_reason(["stop", "target", "stop"], gains=gains, profits=profits)
    assert [(group.name, group.trades) for group in reasons] == [("stop", 2), ("target", 1)]


def test_trades_by_weekday_and_hour_of_their_entry() -> None:
    entered = ms("2024-01-07T23:59:59.999", "2024-01-08T00:00", "2024-01-10T13:30", "1969-12-29T13:00")
    flat = [0.0] * 4
    days = metrics.by_weekday(entered, gains=flat, profits=flat)
    assert [(day.name, day.trades) for day in days] == [("Monday", 2), ("Wednesday", 1), ("Sunday", 1)]
    hours = metrics.by_hour(entered, gains=flat, profits=flat)
    assert [(hour.name, hour.trades) for hour in hours] == [("00:00", 1), ("13:00", 2), ("23:00", 1)]


def test_every_hour_of_the_week_falls_into_one_group() -> None:
    entered = np.arange(168, dtype=np.int64) * HOUR
    flat = np.zeros(168)
    assert [day.trades for day in metrics.by_weekday(entered, gains=flat, profits=flat)] == [24] * 7
    assert [hour.trades for hour in metrics.by_hour(entered, gains=flat, profits=flat)] == [7] * 24


def test_no_trades_make_no_groups_and_other_lengths_are_refused() -> None:
    assert metrics.by_side([], gains=[], profits=[]) == ()
    with pytest.raises(BadSetting, match="do not fit 2 trades"):
        metrics.by_reason(["stop", "stop"], gains=[0.1], profits=[1.0, 2.0])
