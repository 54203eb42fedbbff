"""The exchange's clock: the wall's, or that of the days being replayed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """`speed` is in exchange seconds a real second."""

    @property
    def speed(self) -> float: ...

    def now(self) -> int:
        """Milliseconds since the epoch, UTC, by the exchange."""
        ...


@dataclass(frozen=True, slots=True)
class WallClock:
    """What the simulator runs by."""

    speed: float = 1.0

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class ReplayClock:
    """Begins at `start` (ms UTC) when it is made, and runs `speed` exchange seconds a real second."""

    start: int
    speed: float
    begun: float = field(default_factory=time.monotonic)

    def now(self) -> int:
        return self.start + int((time.monotonic() - self.begun) * 1000 * self.speed)
