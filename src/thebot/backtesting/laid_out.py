"""Candles and decisions of several symbols in columns, one after another, for the compiled simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thebot.backtesting.kernel_state import COVER, ENTER, HALT, LEAVE, SHORT, Columns, Detail, Timeline
from thebot.market import Candles, IntArray
from thebot.market.quality import halted_before
from thebot.strategy import Decisions
from thebot.trading.counting import Counting

Column: TypeAlias = NDArray[Any]

READINGS: Final = ("stop", "target", "trailing", "break_even", "limit", "volatility", "rank")

_BITS: Final = {"enter": ENTER, "leave": LEAVE, "short": SHORT, "cover": COVER}


def fixed(column: Column, kind: type[np.generic] = np.float64) -> Any:  # noqa: ANN401  (an array of that kind)
    """The column as the compiled code takes it: in one piece and read only. Not copied if it is that."""
    view = np.ascontiguousarray(column, kind).view()
    view.flags.writeable = False
    return view


NOTHING: Final = fixed(np.empty(0))
NO_ROWS: Final = fixed(np.empty(0, np.int64), np.int64)
NO_DETAIL: Final = Detail(NO_ROWS, NO_ROWS, NOTHING, NOTHING, NOTHING)
ALONE: Final = Timeline(NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS)


def _joined(columns: Sequence[Column], kind: type[np.generic] = np.float64) -> Any:  # noqa: ANN401  (as above)
    return fixed(columns[0] if len(columns) == 1 else np.concatenate(columns), kind)


def columns_of(series: Sequence[Candles], countings: Sequence[Counting]) -> Columns:
    """Prices and volumes in counts, times and halts; no decisions yet (`decided` puts them in)."""
    rows = sum(map(len, series))
    prices = [
        _joined(
            [each.counts(getattr(candles, name)) for each, candles in zip(countings, series, strict=True)]
        )
        for name in ("open", "high", "low", "close")
    ]
    signals = np.zeros((rows + 7) // 8 * 8, np.uint8)
    first = 0
    for candles in series:
        signals[first + halted_before(candles)] = HALT
        first += len(candles)
    opened, high, low, close = prices
    return Columns(
        time=_joined([candles.open_time for candles in series], np.int64),
        close_time=_joined([candles.close_time for candles in series], np.int64),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=_joined(
            [each.volumes(candles.volume) for each, candles in zip(countings, series, strict=True)]
        ),
        signals=fixed(signals, np.uint8),
        words=fixed(signals.view(np.int64), np.int64),
        **dict.fromkeys(READINGS, NOTHING),
    )


def decided(columns: Columns, decisions: Sequence[Decisions]) -> Columns:
    """The same with what was decided."""
    signals = columns.signals.copy()
    first = 0
    for each in decisions:
        rows = signals[first : first + len(each)]
        for name, bit in _BITS.items():
            fired = getattr(each, name)
            if fired is not None:
                rows |= np.ascontiguousarray(fired, np.bool_).view(np.uint8) * np.uint8(bit)
        first += len(each)
    readings = {
        name: NOTHING
        if getattr(decisions[0], name) is None
        else _joined([getattr(each, name) for each in decisions])
        for name in READINGS
    }
    words = fixed(signals.view(np.int64), np.int64)
    return columns._replace(signals=fixed(signals, np.uint8), words=words, **readings)


def detail_of(
    series: Sequence[Candles], details: Sequence[Candles | None], countings: Sequence[Counting]
) -> Detail:
    """Where each candle's smaller candles lie; nothing if there are none of any symbol."""
    if not any(details):
        return NO_DETAIL
    begin, end, prices = [], [], []
    first = 0
    for candles, small, counting in zip(series, details, countings, strict=True):
        if small is None:
            none = np.zeros(len(candles), np.int64)
            begin.append(none)
            end.append(none)
            continue
        begin.append(first + np.searchsorted(small.open_time, candles.open_time))
        end.append(first + np.searchsorted(small.open_time, candles.close_time))
        prices.append([counting.counts(each) for each in (small.open, small.high, small.low)])
        first += len(small)
    opened, high, low = (_joined(list(each)) for each in zip(*prices, strict=True))
    return Detail(_joined(begin, np.int64), _joined(end, np.int64), opened, high, low)


def timeline_of(series: Sequence[Candles]) -> tuple[Timeline, IntArray]:
    """Which candles open and close together, and when some close (ms UTC): shape (closes,)."""
    if len(series) == 1:
        return ALONE, series[0].close_time
    rows = np.arange(sum(map(len, series)), dtype=np.int64)
    opens = np.concatenate([candles.open_time for candles in series])
    # A candle that is not on the border of its timeframe ends where the next one begins.
    closes = np.concatenate(
        [np.minimum(each.close_time, np.append(each.open_time[1:], each.close_time[-1:])) for each in series]
    )
    time = np.concatenate([closes, opens])
    opening = np.repeat([False, True], len(rows))
    order = np.lexsort((np.tile(rows, 2), opening, time))
    time, opening, row = time[order], opening[order], np.tile(rows, 2)[order]
    begins = np.concatenate([[True], (np.diff(time) != 0) | (opening[1:] != opening[:-1])])
    after_close = np.concatenate([[False], ~opening[:-1]])
    step = np.cumsum(begins & (opening | after_close)) - 1
    steps = int(step[-1]) + 1

    owner = np.repeat(np.arange(len(series)), [len(candles) for candles in series])
    borders = [
        np.concatenate([[0], np.cumsum(np.bincount(step[chosen], minlength=steps))])
        for chosen in (opening, ~opening)
    ]
    lined = (row[opening], borders[0], row[~opening], borders[1], owner)
    line = Timeline(*(fixed(each, np.int64) for each in lined))
    return line, time[begins & ~opening]
