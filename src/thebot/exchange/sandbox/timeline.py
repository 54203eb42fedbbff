"""Which files of a folder are replayed together, from when, and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thebot.errors import BadSetting
from thebot.market import Timeframe
from thebot.market.quality import moment

HISTORY: Final = 500  # candles that lie behind when the clock starts
CANDLE_LASTS: Final = 10.0  # real seconds, unless a speed is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a file holds. Times are ms UTC; at `ready`, HISTORY candles (or half of a short file) are over."""

    file: str
    symbol: str
    timeframe: Timeframe
    trades: bool  # single trades, not candles
    first_open: int
    last_close: int
    ready: int
    candles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`speed` is in exchange seconds a real second; `left_out` says file and reason."""

    start: int
    speed: float
    timeframe: Timeframe
    kept: tuple[Recording, ...]
    left_out: tuple[str, ...]


def planned(recordings: list[Recording], speed: float | None) -> Plan:
    """The clock is set by the largest group of files that share timeframe and beginning.

    Files that begin later are listed from their first candle on. Left out is what had ended before the
    start, what begins after the group's end, and a second file of the same symbol. Raises BadSetting if
    there is nothing to replay.
    """
    if not recordings:
        raise BadSetting("There is nothing to replay: no file of candles or trades could be read.")
    group = max(
        (_group(each, recordings) for each in recordings),
        key=lambda g: (len(g), -min(r.first_open for r in g)),
    )
    long = [each for each in group if each.candles > HISTORY] or group
    start, end = max(each.ready for each in long), max(each.last_close for each in group)
    timeframe = group[0].timeframe
    kept: dict[str, Recording] = {}
    left_out: list[str] = []
    for each in sorted(recordings, key=lambda r: (not r.trades, r.timeframe != timeframe, r.timeframe)):
        reason = _reason_against(each, start, end, kept)
        if reason is None:
            kept[each.symbol] = each
        else:
            left_out.append(f"{each.file}: {reason}")
    in_order = tuple(sorted(kept.values(), key=lambda r: (r.first_open > start, r.symbol)))
    if speed is None:
        speed = timeframe.nominal_ms / 1000 / CANDLE_LASTS
    return Plan(
        start=start, speed=speed, timeframe=timeframe, kept=in_order, left_out=tuple(sorted(left_out))
    )


def _group(reference: Recording, recordings: list[Recording]) -> list[Recording]:
    near = HISTORY * reference.timeframe.nominal_ms
    return [
        each
        for each in recordings
        if each.timeframe == reference.timeframe and abs(each.first_open - reference.first_open) < near
    ]


def _reason_against(each: Recording, start: int, end: int, kept: dict[str, Recording]) -> str | None:
    if each.symbol in kept:
        return f"{each.symbol} is replayed from {kept[each.symbol].file}"
    if each.last_close <= start:
        return f"it ends on {moment(each.last_close)}, before the replay begins on {moment(start)}"
    if each.first_open >= end:
        return f"it begins on {moment(each.first_open)}, after the others have ended on {moment(end)}"
    return None
