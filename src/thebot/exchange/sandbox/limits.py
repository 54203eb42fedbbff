"""How much a client may ask: request weight a minute, and connections; windows as the exchange's."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from thebot.exchange.sandbox.information import WEIGHT_A_MINUTE
from thebot.exchange.sandbox.parameters import ApiError

_CONNECTIONS: Final = 300
_CONNECTIONS_SPAN: Final = 300.0  # seconds
_PATIENCE: Final = 10  # requests that may still come after the limit before the address is banned


@dataclass(slots=True)
class Limits:
    """Of one address. Windows are whole minutes UTC by the wall clock, also in a replay."""

    weight: int = WEIGHT_A_MINUTE
    ban_seconds: float = 120.0
    used: int = 0
    _minute: int = 0
    _beyond: int = 0
    _banned_until: float = 0.0  # seconds since the epoch
    _connections: dict[str, deque[float]] = field(default_factory=dict)

    def begin_anew(self, weight: int, ban_seconds: float) -> None:
        """Other limits, and nothing used of them yet."""
        self.weight, self.ban_seconds = weight, ban_seconds
        self.used = self._beyond = 0
        self._banned_until = 0.0
        self._connections.clear()

    def require_not_banned(self) -> None:
        """Raises TooMuch while the address is banned."""
        now = time.time()
        if now < self._banned_until:
            raise self._banned(now)

    def charge(self, weight: int) -> None:
        """Count a request. Raises TooMuch once the weight is used up, or while banned."""
        now = time.time()
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self.used, self._beyond = minute, 0, 0
        self.require_not_banned()
        self.used += weight
        if self.used <= self.weight:
            return
        self._beyond += 1
        if self._beyond > _PATIENCE:
            self._banned_until = now + self.ban_seconds
            raise self._banned(now)
        raise TooMuch(
            429,
            f"Too much request weight used; current limit is {self.weight} request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API.",
            retry_after=max(1, round(60 * (minute + 1) - now + 0.5)),
        )

    def connect(self, kind: str) -> bool:
        """Whether one more connection of this kind (they are counted apart) is allowed in five minutes."""
        now, opened = time.monotonic(), self._connections.setdefault(kind, deque())
        while opened and now - opened[0] > _CONNECTIONS_SPAN:
            opened.popleft()
        if len(opened) >= _CONNECTIONS:
            return False
        opened.append(now)
        return True

    def _banned(self, now: float) -> TooMuch:
        return TooMuch(
            418,
            f"Way too much request weight used; IP banned until {int(self._banned_until * 1000)}. "
            "Please use WebSocket Streams for live updates to avoid bans.",
            retry_after=max(1, round(self._banned_until - now + 0.5)),
        )


class TooMuch(ApiError):
    """HTTP 429 or 418; `retry_after` in seconds."""

    def __init__(self, status: int, text: str, retry_after: int) -> None:
        super().__init__(-1003, text, status)
        self.retry_after = retry_after
