"""A lane: one streamed series of candles, each passed on once and in order. Pure: no network, no clock.

Closed candles come from the stream (the exchange's word) and, where the stream had a gap, from REST. The
lane knows which one must come next. What comes early waits; what came already is dropped, and if it says
something else, that is a finding. Longer timeframes are derived from what was passed on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from thebot.live.forming import Forming
from thebot.live.history import History
from thebot.market import Candle, Candles, Symbol, Timeframe
from thebot.market.quality import Finding
from thebot.market.resample import Resampler

WAITING_AT_MOST: Final = 500  # candles that came early; REST brings what is dropped

Passed = tuple[Candle, bool]  # a closed candle, and whether none of its base candles was missing


class SeededResampler(Resampler):
    """A Resampler that begins in the middle of a long candle whose first part is known."""

    def seed(self, forming: Candle, pieces: int) -> None:
        """`forming` is the long candle so far, made of `pieces` base candles from its very beginning on."""
        self.forming, self._count = replace(forming, timeframe=self.to, closed=False), pieces
        self._begun_whole = self._started = True

    def begin_whole(self) -> None:
        """The next base candle begins a long one; if it is missing, the long one is incomplete."""
        self._started = True


class Derived:
    """A longer timeframe made from a lane's candles."""

    def __init__(self, history: History, resampler: SeededResampler) -> None:
        self.history, self.resampler = history, resampler
        self.used_at = 0.0  # monotonic seconds; for those that only charts look at
        self.unproven = True  # its first candle is compared with the exchange's own


class Lane:
    """`next_open` is the open time (ms UTC) of the candle that must come next, None before the first.

    `live` says that the stream can be taken at its word; while it is False, what the stream brings waits
    until `fill` has brought what came before it.
    """

    def __init__(self, symbol: Symbol, timeframe: Timeframe, kept: int) -> None:
        self.symbol, self.timeframe = symbol, timeframe
        self.history = History(symbol, timeframe, kept)
        self.forming = Forming(symbol, timeframe)
        self.derived: dict[Timeframe, Derived] = {}
        self.next_open: int | None = None
        self.loaded = False
        self.live = False
        self.up = False  # the stream of it is heard
        self.dropped = False  # nobody watches it any more: nothing is asked for it, nothing said of it
        self.cuts = 0  # how often it was not, so that work done across a cut is noticed
        self.used_at = 0.0
        self.overdue_since: float | None = None  # monotonic seconds; kept by the feed
        self.asked_in_vain = 0
        self.duplicates = 0
        self.findings: list[Finding | str] = []  # taken by the feed
        self._waiting: dict[int, Candle] = {}

    def load(self, candles: Candles) -> None:
        """Begin with this history; what waits from the stream follows with the next `fill`."""
        self.history.load(candles)
        self.next_open = self.history.next_open
        self.loaded = True

    def cut(self) -> None:
        """The stream is not heard any more."""
        self.live = self.up = False
        self.cuts += 1
        self.forming.forget()

    def offer(self, candle: Candle) -> Sequence[Passed]:
        """A closed candle from the stream; gives what can be passed on now."""
        if self._is_old(candle):
            return ()
        if not self.live or (self.next_open is not None and candle.open_time != self.next_open):
            self.live = False  # one before it is missing
            self._wait(candle)
            return ()
        return list(self._pass(candle))

    def fill(self, rows: Candles) -> list[Passed]:
        """Closed candles from REST that begin at or after `next_open`; gives what can be passed on now.

        A row later than the one that must come next proves that the exchange itself has a gap.
        """
        passed: list[Passed] = []
        for row in rows:
            if self.next_open is not None and row.open_time < self.next_open:
                continue
            passed += self._over_gap(self._waiting.pop(row.open_time, row))
        while self.next_open in self._waiting:
            passed += self._pass(self._waiting.pop(self.next_open))
        for open_time in [t for t in self._waiting if self.next_open is not None and t < self.next_open]:
            del self._waiting[open_time]
        if self.next_open is None and self._waiting:  # a new listing: nothing came before the first
            passed += self._pass(self._waiting.pop(min(self._waiting)))
            return passed + self.fill(Candles.empty(self.symbol, self.timeframe))
        return passed

    @property
    def waits(self) -> bool:
        """Whether the stream has brought candles that cannot be passed on yet."""
        return bool(self._waiting)

    def _is_old(self, candle: Candle) -> bool:
        if self.next_open is None or candle.open_time >= self.next_open:
            return False
        self.duplicates += 1
        known = self.history.at(candle.open_time)
        if known is not None and difference(known, candle):
            self.findings.append(f"{_named(candle)} was revised after its close: {difference(known, candle)}")
        return True

    def _wait(self, candle: Candle) -> None:
        self._waiting[candle.open_time] = candle
        if len(self._waiting) > WAITING_AT_MOST:
            del self._waiting[min(self._waiting)]

    def _over_gap(self, candle: Candle) -> Iterator[Passed]:
        if self.next_open is not None and candle.open_time > self.next_open:
            count = round((candle.open_time - self.next_open) / self.timeframe.nominal_ms)
            kind: Final = "halt" if candle.open_time - self.next_open >= 86_400_000 and count > 1 else "gap"
            self.findings.append(
                Finding(kind=kind, start=self.next_open, end=candle.open_time, count=max(1, count))
            )
        yield from self._pass(candle)

    def _pass(self, candle: Candle) -> Iterator[Passed]:
        self.next_open = candle.close_time
        self.overdue_since, self.asked_in_vain = None, 0
        self.history.append(candle)
        self.forming.closed(candle.close_time)
        yield candle, True
        for derived in self.derived.values():
            for longer, complete in derived.resampler.push(candle):
                if derived.history.next_open is None or longer.open_time >= derived.history.next_open:
                    derived.history.append(longer)
                    yield longer, complete


def difference(ours: Candle, theirs: Candle) -> str:
    """In what two readings of one candle differ; empty if in nothing that matters."""
    parts = [
        f"{name} {mine!r} against {other!r}"
        for name, mine, other in (
            ("open", ours.open, theirs.open),
            ("high", ours.high, theirs.high),
            ("low", ours.low, theirs.low),
            ("close", ours.close, theirs.close),
        )
        if mine != other
    ]
    # Sums of floats: their last digits depend on the order.
    if abs(ours.volume - theirs.volume) > 1e-9 * max(1.0, abs(ours.volume), abs(theirs.volume)):
        parts.append(f"volume {ours.volume!r} against {theirs.volume!r}")
    return ", ".join(parts)


def _named(candle: Candle) -> str:
    return f"{candle.symbol} {candle.timeframe} candle of {candle.open_time}"
