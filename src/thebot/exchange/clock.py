"""The exchange's clock as seen from here. Pure: local time is an argument, in monotonic seconds.

A replay's exchange runs at simulated speed, so its times are never compared with the local clock. Two
readings are kept: `now`, a lower bound that is certain (the newest time the exchange itself has named),
and `estimate`, which runs on at the measured rate between answers.
"""

from __future__ import annotations

import math
from typing import Final

_BASELINE: Final = 1.0  # seconds between two answers from which a rate can be told ...
_QUICK: Final = 0.1  # ... or, where answers come quickly, this long and
_TRIPS: Final = 20.0  # so many round trips: the error is below a tenth then.
_SURE: Final = 2.0  # In any case so many times both round trips: the error is a quarter at most
_REAL: Final = 0.03  # a rate this near to 1 is 1: the rest is the measurement, and would add up in a minute
_LONG_BASELINE: Final = 60.0  # seconds after which it begins anew, so that a rate that changes is followed
_BACK: Final = 5_000  # ms at rate 1: an exchange whose clock is this much earlier was started anew
_TOLERANCE: Final = 60_000  # ms of exchange time at rate 1 that an event may be ahead of the estimate


class ExchangeClock:
    """Corrected by answers that name the server's time, carried on by the times in events."""

    def __init__(self) -> None:
        self._now = 0  # ms UTC: the exchange's clock has certainly passed this
        self._rate = 1.0  # ms of exchange time in a ms of ours
        self._at_ms = 0.0  # newest answer: server time ...
        self._at_local = math.nan  # ... and the middle of asking for it, monotonic seconds
        self._told: float | None = None  # the rate that the last two answers told
        self._base_ms = 0.0  # an older answer, for the rate
        self._base_local = math.nan
        self._base_trip = 0.0  # seconds that it took
        self._word_local = -math.inf  # when the exchange last named its time, monotonic seconds
        self.round_trip = math.nan  # seconds, of the newest answer
        self.ignored = 0  # events whose time could not be true

    @property
    def now(self) -> int:
        """Lower bound, ms UTC: the exchange has said it is at least this late; 0 before its first word."""
        return self._now

    @property
    def rate(self) -> float:
        """How fast the exchange's clock runs: 1 for a real one, 360 for a replay of an hour in 10 s."""
        return self._rate

    @property
    def measured(self) -> bool:
        return not math.isnan(self._at_local)

    @property
    def rate_known(self) -> bool:
        """Whether the rate was measured since the exchange was (last) started."""
        return self._told is not None

    def answered(self, server_ms: int, sent: float, received: float) -> None:
        """The exchange said `server_ms` to a question sent and answered at these monotonic seconds."""
        middle, trip = (sent + received) / 2, received - sent
        self.round_trip = trip
        behind = self._at_ms - server_ms
        if not self.measured or behind > _BACK * max(1.0, self._rate):  # the first, or it was started anew
            self._base_ms, self._base_local, self._base_trip = server_ms, middle, trip
            self._now, self._told = server_ms, None
        elif behind > 0:  # an answer that another one overtook
            return
        elif self._told is None and trip < self._base_trip / 2:  # a better base than a slow first answer
            self._base_ms, self._base_local, self._base_trip = server_ms, middle, trip
        elif middle - self._base_local >= self._baseline(trip):
            rate = (server_ms - self._base_ms) / ((middle - self._base_local) * 1000)
            rate = 1.0 if abs(rate - 1.0) <= _REAL else rate
            if not self._believe(rate, middle):
                self._base_ms, self._base_local, self._base_trip = server_ms, middle, trip
        self._at_ms, self._at_local = server_ms, middle
        self._word_local = max(self._word_local, sent)
        self._now = max(self._now, server_ms)

    def _baseline(self, trip: float) -> float:
        """Seconds after the base at which an answer that took `trip` tells the rate."""
        quick = max(_QUICK, _TRIPS * max(trip, self._base_trip))
        return max(min(_BASELINE, quick), _SURE * (trip + self._base_trip))

    def _believe(self, rate: float, local: float) -> bool:
        """Take a rate that agrees with the one before it. One that does not is a jump (this machine slept,
        the exchange's clock was set), unless the next measurement confirms it. Gives whether to go on
        from the same base: the longer the better. The first is taken at its word, but not confirmed from
        its own base, or a jump would confirm itself."""
        first = self._told is None
        agrees = self._told is None or _agree(rate, self._told)
        self._told = rate
        if agrees:
            self._rate = rate
        return agrees and not first and local - self._base_local < _LONG_BASELINE

    def heard(self, event_ms: int, local: float) -> None:
        """An event carried this time. One that is far ahead of the estimate is not believed."""
        if event_ms <= self._now:
            return
        if self.measured and event_ms > self.estimate(local) + _TOLERANCE * max(1.0, self._rate):
            self.ignored += 1
            return
        self._now, self._word_local = event_ms, local

    def silence(self, local: float) -> float:
        """Seconds since `now` was the exchange's word; infinite before the first."""
        return local - self._word_local

    def offset(self, local: float, wall_ms: float) -> float:
        """By how many ms the exchange's clock is ahead of ours (`wall_ms`); nan before the first answer."""
        return self._at_ms + (local - self._at_local) * 1000 * self._rate - wall_ms

    def estimate(self, local: float) -> float:
        """The exchange's time now (ms UTC), running on at the measured rate; nan before the first answer."""
        if not self.measured:
            return math.nan
        return max(self._now, self._at_ms + (local - self._at_local) * 1000 * self._rate)

    def delay(self, event_ms: int, local: float) -> float:
        """How long ago (ms of our time) an event of this exchange time was sent; nan if not yet known."""
        exchange_time = self._at_ms + (local - self._at_local) * 1000 * self._rate
        return (exchange_time - event_ms) / self._rate if self._rate > 0 else math.nan


def _agree(a: float, b: float) -> bool:
    if a == 0 or b == 0:
        return a == b  # a replay that has ended stands still
    return 0.5 < a / b < 2.0
