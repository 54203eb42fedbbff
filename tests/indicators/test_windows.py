"""Extremes of a window, however long it is and wherever in it they stand."""

from __future__ import annotations

import pytest

from thebot.indicators.windows import bottom_of, highest, lowest, top_of

ROWS = 60
VALUES = [float((37 * k) % ROWS) for k in range(ROWS)]  # each number once, in no order


@pytest.mark.parametrize("period", range(1, ROWS + 1))
def test_the_extremes_are_those_of_the_window_wherever_they_stand(period: int) -> None:
    for i in range(period - 1, ROWS):
        window = VALUES[i - period + 1 : i + 1]
        assert highest(VALUES, i, period) == max(window)
        assert lowest(VALUES, i, period) == min(window)


@pytest.mark.parametrize("period", [1, 2, 7, 8, 9, 10, 16, 17, 18, 40])
def test_no_row_outside_the_window_is_read(period: int) -> None:
    column = [float("inf")] * 50 + VALUES[:period] + [float("inf")] * 50
    assert highest(column, 49 + period, period) == max(VALUES[:period])
    column = [-float("inf")] * 50 + VALUES[:period] + [-float("inf")] * 50
    assert lowest(column, 49 + period, period) == min(VALUES[:period])


@pytest.mark.parametrize("period", [1, 2, 5, 8, 9, 20])
@pytest.mark.parametrize(
    "values", [VALUES, sorted(VALUES), sorted(VALUES, reverse=True), [float(k // 9 % 2) for k in range(ROWS)]]
)
def test_sliding_extremes_equal_those_of_each_window(values: list[float], period: int) -> None:
    top = bottom = 0.0
    for i in range(ROWS):
        top = top_of(top, values, i, i + 1, period)
        bottom = bottom_of(bottom, values, i, i + 1, period)
        window = values[max(0, i - period + 1) : i + 1]
        assert (top, bottom) == (max(window), min(window))
