"""Tables of a record: returns by calendar, trades by side, by time of entry and by reason of exit.

Times are ms UTC. Days begin at 00:00 UTC, weeks on Monday, months on the 1st.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from thebot.backtesting.metrics.returns import simple_returns
from thebot.backtesting.metrics.trades import Numbers, expectancy, profit_factor, win_rate
from thebot.errors import BadSetting
from thebot.market import FloatArray, IntArray, Timeframe
from thebot.market.timeframe import DAY, HOUR

Calendar: TypeAlias = Literal["day", "week", "month", "quarter", "year"]

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class CalendarReturn:
    """What one day, week, month, quarter or year earned."""

    start: int  # ms UTC: when the day, week, month... began
    gain: float  # a fraction, net of costs


@dataclass(frozen=True, slots=True)
class YearOfReturns:
    """One line of the monthly table: fractions, nan for months without a record."""

    year: int
    months: tuple[float, ...]  # twelve
    gain: float  # of all its months that the record has


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeGroup:
    """The trades that have one thing in common."""

    name: str
    trades: int
    win_rate: float
    profit: float  # quote currency, sum
    gain: float  # a fraction, mean
    profit_factor: float  # nan without losses


def calendar_returns(time: IntArray, equity: FloatArray, by: Calendar) -> tuple[CalendarReturn, ...]:
    """The return of each calendar day, week, month, quarter or year that the record touches, in order.

    `time` (ms UTC) has the instant of each value of `equity`, its start in front: both of shape (values,). A
    period that ends at 00:00 belongs to the day before, as the close of that day's last candle. What a period
    across a border earned counts where it ends; a day, week... in which no period ends is left out. The first
    and the last are usually not whole. Empty for fewer than two values. Raises BadSetting for times of
    another length.

    >>> at = np.array([0, DAY, 2 * DAY])
    >>> [round(day.gain, 6) for day in calendar_returns(at, np.array([100.0, 110.0, 99.0]), "day")]
    [0.1, -0.1]
    """
    if len(time) != len(equity):
        raise BadSetting(f"{len(time)} times do not fit {len(equity)} values of equity: give one each.")
    if len(equity) < 2:
        return ()
    starts = _began(time[1:] - 1, by)
    lasts = np.append(np.flatnonzero(np.diff(starts)), len(starts) - 1)
    gains = simple_returns(np.concatenate([equity[:1], equity[1:][lasts]]))
    return tuple(map(CalendarReturn, starts[lasts].tolist(), gains.tolist()))


def _began(at: IntArray, by: Calendar) -> IntArray:
    """When the calendar period that holds each instant began, ms UTC."""
    if by in ("quarter", "year"):
        size = 3 if by == "quarter" else 12
        months = at.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
        first = (months - months % size).astype("datetime64[M]")  # 1970 began a quarter and a year
        return first.astype("datetime64[ms]").astype(np.int64)
    return Timeframe({"day": "1d", "week": "1w", "month": "1M"}[by]).floor(at)


def weekly_returns(time: IntArray, equity: FloatArray) -> tuple[CalendarReturn, ...]:
    """The return of each week, Monday to Sunday UTC: see `calendar_returns`."""
    return calendar_returns(time, equity, "week")


def monthly_returns(time: IntArray, equity: FloatArray) -> tuple[CalendarReturn, ...]:
    """The return of each month, UTC: see `calendar_returns`."""
    return calendar_returns(time, equity, "month")


def monthly_table(time: IntArray, equity: FloatArray) -> tuple[YearOfReturns, ...]:
    """One line for each year with its twelve months: see `calendar_returns`. Empty for fewer than two values.

    >>> at = np.array([0, 31 * DAY, 59 * DAY])  # 1970: January, February
    >>> [line] = monthly_table(at, np.array([100.0, 110.0, 99.0]))
    >>> line.year, [round(gain, 6) for gain in line.months[:3]], round(line.gain, 6)
    (1970, [0.1, -0.1, nan], -0.01)
    """
    years: dict[int, list[float]] = {}
    for found in monthly_returns(time, equity):
        year, month = divmod(int(np.datetime64(found.start, "ms").astype("datetime64[M]").astype(int)), 12)
        years.setdefault(1970 + year, [math.nan] * 12)[month] = found.gain
    gains = [found.gain for found in calendar_returns(time, equity, "year")]
    return tuple(
        YearOfReturns(year, tuple(months), gain)
        for (year, months), gain in zip(years.items(), gains, strict=True)
    )


def by_side(sides: Sequence[str], *, gains: Numbers, profits: Numbers) -> tuple[TradeGroup, ...]:
    """The trades of each side ("long", "short"), in the alphabet's order. A side without trades is left out.

    `gains` are fractions and `profits` quote currency, after costs, one for each trade. Raises BadSetting for
    columns of different lengths.

    >>> groups = by_side(["short", "long", "long"], gains=[0.1, 0.2, -0.1], profits=[1.0, 2.0, -1.0])
    >>> [(group.name, group.trades, group.profit) for group in groups]
    [('long', 2, 1.0), ('short', 1, 1.0)]
    """
    return _grouped(sides, gains, profits, order=lambda group: group.name)


def by_reason(reasons: Sequence[str], *, gains: Numbers, profits: Numbers) -> tuple[TradeGroup, ...]:
    """The trades of each reason of exit ("signal", "stop"...), the most frequent first.

    Columns and errors as `by_side`.
    """
    return _grouped(reasons, gains, profits, order=lambda group: (-group.trades, group.name))


def by_symbol(symbols: Sequence[str], *, gains: Numbers, profits: Numbers) -> tuple[TradeGroup, ...]:
    """The trades of each symbol, the most profitable first. Columns and errors as `by_side`.

    >>> groups = by_symbol(["A", "B"], gains=[0.1, 0.2], profits=[1.0, 2.0])
    >>> [group.name for group in groups]
    ['B', 'A']
    """
    return _grouped(symbols, gains, profits, order=lambda group: (-group.profit, group.name))


def by_weekday(entered: IntArray, *, gains: Numbers, profits: Numbers) -> tuple[TradeGroup, ...]:
    """The trades entered on each day of the week (UTC), Monday first; a day without trades is left out.

    `entered` is ms UTC. Columns and errors as `by_side`.
    """
    names = [WEEKDAYS[day] for day in ((entered // DAY + 3) % 7).tolist()]  # the epoch was a Thursday
    return _grouped(names, gains, profits, order=lambda group: WEEKDAYS.index(group.name))


def by_hour(entered: IntArray, *, gains: Numbers, profits: Numbers) -> tuple[TradeGroup, ...]:
    """The trades entered in each hour of the day (UTC), "00:00" to "23:00"; one without is left out.

    `entered` is ms UTC. Columns and errors as `by_side`.
    """
    names = [f"{hour:02}:00" for hour in (entered // HOUR % 24).tolist()]
    return _grouped(names, gains, profits, order=lambda group: group.name)


def _grouped(
    names: Sequence[str],
    gains: Numbers,
    profits: Numbers,
    *,
    order: Callable[[TradeGroup], str | int | tuple[float, str]],
) -> tuple[TradeGroup, ...]:
    if not len(names) == len(gains) == len(profits):
        raise BadSetting(
            f"{len(gains)} gains and {len(profits)} profits do not fit {len(names)} trades: give one each."
        )
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(str(name), []).append(row)
    gain, profit = np.asarray(gains, dtype=np.float64), np.asarray(profits, dtype=np.float64)
    groups = (
        TradeGroup(
            name=name,
            trades=len(which),
            win_rate=win_rate(profit[which]),
            profit=float(profit[which].sum()),
            gain=expectancy(gain[which]),
            profit_factor=profit_factor(profit[which]),
        )
        for name, which in rows.items()
    )
    return tuple(sorted(groups, key=order))
