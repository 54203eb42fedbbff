"""When to ping a connection, when to give it up, when its day is over. Time is an argument, in seconds."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

PING_EVERY: Final = 20.0
PONG_WITHIN: Final = 60.0
LONGEST: Final = 24 * 3600.0


class Due(Enum):
    """What a connection needs at an instant."""

    PING = auto()
    CUT = auto()  # no answer to the ping in time
    RETIRE = auto()  # it has lived for a day


class KeepAlive:
    """Of one connection, opened at the instant `now`."""

    def __init__(self, now: float) -> None:
        self._opened = self._heard = self._pinged = now
        self._payload: bytes | None = None  # of the ping that is not answered yet

    def due(self, now: float) -> Due | None:
        if self._payload is not None and now - self._pinged > PONG_WITHIN:
            return Due.CUT
        if now - self._opened > LONGEST:
            return Due.RETIRE
        if self._payload is None and now - max(self._pinged, self._heard) >= PING_EVERY:
            return Due.PING
        return None

    def pinged(self, now: float, payload: bytes) -> None:
        self._pinged, self._payload = now, payload

    def pong(self, now: float, payload: bytes) -> None:
        """Only the answer to the last ping counts: an unsolicited pong does not help."""
        if payload == self._payload:
            self._heard, self._payload = now, None

    def retired(self, now: float) -> None:
        """It has been told to go, and need not be told again."""
        self._opened = now
