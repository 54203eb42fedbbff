"""What a dashboard can be told, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass

from thebot.errors import BadSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """`host` is where the server listens; `allowed_hosts` are further names that it answers to.

    `frame_interval` is the time between two frames of prices in seconds: docs/decisions/0060 says why it
    is what it is. `event_queue` is how many events (closed candles, signals, notices) may wait for a slow
    tab before it is disconnected and has to read anew.
    """

    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    frame_interval: float = 0.05
    event_queue: int = 256

    def __post_init__(self) -> None:
        if not 0.01 <= self.frame_interval <= 1.0:
            raise BadSetting(
                f"The dashboard's frame interval is {self.frame_interval} s; give between 0.01 and 1 s. "
                "Below, a browser cannot follow; above, prices look frozen."
            )
        if self.event_queue < 1:
            raise BadSetting(f"The dashboard's event queue holds {self.event_queue}; it needs 1 or more.")
