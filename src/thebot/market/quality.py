"""Is this data fit to be believed? Impossible rows are refused, gaps and oddities are findings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import numpy as np

from thebot.errors import BadCandles
from thebot.market.candles import Candles
from thebot.market.columns import BoolArray, IntArray
from thebot.market.timeframe import DAY, Timeframe

HALT_AFTER: Final = DAY  # a gap this long is a halt or a delisting, not maintenance

_FAR: Final = 4_102_444_800_000  # 2100-01-01: a time after it counts microseconds

FindingKind = Literal["gap", "halt", "misaligned", "no volume"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a series that its user should know.

    `start` and `end` are ms UTC: a gap holds `count` missing candles with start <= open time < end.
    """

    kind: FindingKind
    start: int
    end: int
    count: int

    def __str__(self) -> str:
        one = self.count == 1
        candles, are, do = ("candle", "is", "does") if one else ("candles", "are", "do")
        what = {
            "gap": f"{self.count} {candles} {are} missing",
            "halt": f"{self.count} {candles} {are} missing: a halt or a delisting, "
            "prices before and after do not belong together",
            "misaligned": f"{self.count} {candles} {do} not open on a border of the timeframe",
            "no volume": f"{self.count} {candles} in a row without a trade",
        }[self.kind]
        return f"{what}, from {moment(self.start)} until {moment(self.end)}"


def moment(at: int) -> str:
    """The instant `at` (ms UTC) as people read it."""
    if not 0 <= at < _FAR:
        return f"{at} ms"
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def check(candles: Candles) -> Candles:
    """The same candles, if every row is possible and in order.

    Raises BadCandles, naming the first offending row: a time that does not come after the one before or
    that cannot be milliseconds, a price that is not a positive finite number, a high or low that does not
    hold open and close, a volume that is negative or not a number.
    """
    offending = [(int(rows.argmax()), why) for why, rows in _offences(candles) if rows.any()]
    if offending:
        row, why = min(offending, key=lambda found: found[0])
        time = int(candles.open_time[row])
        values = (
            f"open {candles.open[row]}, high {candles.high[row]}, "
            f"low {candles.low[row]}, close {candles.close[row]}, volume {candles.volume[row]}"
        )
        raise BadCandles(
            f"{candles.symbol} {candles.timeframe}: row {row} ({moment(time)}; {values}) {why}. "
            "Nothing was taken from it: remove or mend the row at its source and try again.",
            row,
        )
    return candles


def _offences(candles: Candles) -> Iterator[tuple[str, BoolArray]]:
    time, high, low = candles.open_time, candles.high, candles.low
    step = np.diff(time, prepend=time[:1] - 1)
    yield "has the same time as the row before it", step == 0
    yield "is older than the row before it", step < 0
    yield (
        "is not dated between 1970 and 2100 (times are milliseconds since 1970)",
        (time < 0) | (time >= _FAR),
    )
    prices = (candles.open, high, low, candles.close)
    yield (
        "has a price that is not a positive number",
        ~np.logical_and.reduce([(p > 0) & (p < np.inf) for p in prices]),
    )
    yield (
        "has a high below its open, close or low",
        high < np.maximum(np.maximum(candles.open, candles.close), low),
    )
    yield "has a low above its open or close", low > np.minimum(candles.open, candles.close)
    yield (
        "has a volume that is negative or not a number",
        ~((candles.volume >= 0) & (candles.volume < np.inf)),
    )


def findings(candles: Candles, *, quiet_from: int = 10) -> list[Finding]:
    """What is worth knowing about checked candles, in time order.

    `quiet_from` is how many candles in a row without volume make a finding.
    """
    if not len(candles):
        return []
    found = [*_gaps(candles), *_quiet(candles, quiet_from)]
    astray = candles.timeframe.floor(candles.open_time) != candles.open_time
    if astray.any():
        times = candles.open_time[astray]
        found.append(Finding(kind="misaligned", start=int(times[0]), end=int(times[-1]), count=len(times)))
    return sorted(found, key=lambda finding: finding.start)


def halted_before(candles: Candles) -> IntArray:
    """The rows before which the market stood still for a day or longer, in order.

    Nothing may be carried over such a border: neither an indicator nor a position. `findings` calls the
    same holes halts.
    """
    return np.array([row for row, start, end in _holes(candles) if end - start >= HALT_AFTER], np.int64)


def halted_between(timeframe: Timeframe, before: int, after: int) -> bool:
    """Whether that lies between two candles that follow each other, by their open times (ms UTC)."""
    return timeframe.floor(after) - timeframe.close_time(timeframe.floor(before)) >= HALT_AFTER


def unbroken(candles: Candles) -> list[Candles]:
    """The candles cut where the market stood still for a day or longer; one run if it never did."""
    borders = [0, *halted_before(candles).tolist(), len(candles)]
    return [candles[first:last] for first, last in itertools.pairwise(borders)]


def _gaps(candles: Candles) -> Iterator[Finding]:
    for _, start, end in _holes(candles):
        count = max(1, round((end - start) / candles.timeframe.nominal_ms))
        yield Finding(
            kind="halt" if end - start >= HALT_AFTER else "gap",
            start=start,
            end=end,
            count=count,
        )


def _holes(candles: Candles) -> Iterator[tuple[int, int, int]]:
    """Row after each hole, and the hole's start and end.

    By the borders of the timeframe: a candle that opens late is misaligned, not missing.
    """
    borders = candles.timeframe.floor(candles.open_time)
    closes, opens = candles.timeframe.close_time(borders[:-1]), borders[1:]
    for i in np.flatnonzero(opens > closes):
        yield int(i) + 1, int(closes[i]), int(opens[i])


def _quiet(candles: Candles, quiet_from: int) -> Iterator[Finding]:
    still = np.concatenate([[False], candles.volume == 0, [False]]).astype(np.int8)
    edges = np.diff(still)
    closes = candles.close_time
    for first, last in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if last - first >= quiet_from:
            start, end = int(candles.open_time[first]), int(closes[last - 1])
            yield Finding(kind="no volume", start=start, end=end, count=int(last - first))
