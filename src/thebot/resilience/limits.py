"""Staying within what the other side allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


class Pace:
    """At most `count` in any `seconds`. Ask `wait(now)`; when it says 0, `take(now)`."""

    def __init__(self, count: int, seconds: float) -> None:
        self.count, self.seconds = count, seconds
        self._taken: deque[float] = deque(maxlen=count)

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed; 0 if it is now."""
        if len(self._taken) < self.count:
            return 0.0
        return max(0.0, self._taken[0] + self.seconds - now)

    def take(self, now: float) -> None:
        self._taken.append(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightLimit:
    """So much weight in each window; windows are aligned to the epoch, not sliding."""

    span: int  # ms
    limit: int


class WeightBudget:
    """What requests may still weigh, as the exchange itself counts and says it.

    Times are milliseconds of a clock that runs like the exchange's windows. Nothing is assumed about the
    limits: they come by `allow`, and until then nothing is held back. `share` is the part of each limit
    that we allow ourselves, since other programs may use the same address.
    """

    def __init__(self, *, share: float = 0.8) -> None:
        self.share = share
        self._limits: dict[int, int] = {}  # by span, ms
        self._used: dict[int, tuple[int, int]] = {}  # by span: (window, weight used in it)
        self._closed_until = 0.0

    def allow(self, limits: Iterable[WeightLimit]) -> None:
        """The limits that the exchange names; replaces those before."""
        self._limits = {each.span: each.limit for each in limits}

    def wait(self, weight: int, now: float) -> float:
        """Milliseconds until a request of this weight may be sent; 0 if it may be now."""
        waits = [0.0, self._closed_until - now]
        for span, limit in self._limits.items():
            room = max(limit * self.share, weight)  # one that is heavier than our share goes alone
            if self.used(span, now) + weight > room:
                waits.append((now // span + 1) * span - now)
        return max(waits)

    def sent(self, weight: int, now: float) -> None:
        for span in self._limits:
            window = int(now // span)
            self._used[span] = (window, self.used(span, now) + weight)

    def reported(self, span: int, used: int, now: float, *, asked_at: float | None = None) -> None:
        """The exchange counts `used` in the window of length `span` (ms), this request included.

        Requests under way are in our count and not yet in its own: the larger of both holds. An answer to
        what was asked in the window before may tell of that one, and is not taken for this one's.
        """
        if asked_at is not None and int(asked_at // span) != int(now // span):
            return
        self._used[span] = (int(now // span), max(used, self.used(span, now)))

    def close(self, until: float) -> None:
        """The exchange refuses everything until then."""
        self._closed_until = max(self._closed_until, until)

    def closed_for(self, now: float) -> float:
        """Milliseconds for which the exchange refuses everything; 0 if it does not."""
        return max(0.0, self._closed_until - now)

    def used(self, span: int, now: float) -> int:
        """Weight used in the window that holds `now`."""
        window, used = self._used.get(span, (-1, 0))
        return used if window == int(now // span) else 0
