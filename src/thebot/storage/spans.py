"""Spans of time: what is there, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from thebot.market import Timeframe

_MONTH = Timeframe("1M")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` until just before `end`, ms UTC."""

    start: int
    end: int


def united(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as can be, oldest first.

    >>> united([Span(5, 9), Span(0, 2), Span(2, 6)])
    [Span(start=0, end=9)]
    """
    whole: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if whole and span.start <= whole[-1].end:
            whole[-1] = Span(whole[-1].start, max(whole[-1].end, span.end))
        else:
            whole.append(span)
    return whole


def missing(wanted: Span, there: Iterable[Span]) -> list[Span]:
    """What of `wanted` is in none of the spans `there`.

    >>> missing(Span(0, 10), [Span(2, 4), Span(8, 20)])
    [Span(start=0, end=2), Span(start=4, end=8)]
    """
    found, at = [], wanted.start
    for span in united(there):
        if span.start > at:
            found.append(Span(at, min(span.start, wanted.end)))
        at = max(at, span.end)
        if at >= wanted.end:
            break
    if at < wanted.end:
        found.append(Span(at, wanted.end))
    return [span for span in found if span.start < span.end]


def by_month(span: Span) -> Iterator[Span]:
    """The span cut at the borders of months (UTC)."""
    at = span.start
    while at < span.end:
        end = min(span.end, _MONTH.close_time(_MONTH.floor(at)))
        yield Span(at, end)
        at = end


def month_of(at: int) -> Span:
    """The calendar month (UTC) that holds the instant `at` (ms UTC)."""
    start = _MONTH.floor(at)
    return Span(start, _MONTH.close_time(start))
