"""Failures to order, so that a client meets a real server that fails on request."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from thebot.errors import BadSetting, UnknownName
from thebot.exchange.sandbox.market import Withheld

KINDS = (
    "drop",
    "silence",  # nothing is sent, not even answers to pings: a network that swallows packets
    "quiet",  # connections live, and bring no events
    "refuse",
    "malformed",
    "withhold_close",
    "delay",
    "refuse_streams",
    "shutdown",
    "clear",
)
_STATUSES = (403, 418, 429, 451, 500, 502, 503, 504)


@dataclass(slots=True)
class Refusals:
    """How many requests are still to be answered with that HTTP status; only those whose path holds `path`."""

    status: int
    left: int
    path: str
    retry_after: int


@dataclass(slots=True)
class Faults:
    """What is wrong at the moment, beyond what was done at once."""

    silent_until: float = 0.0  # by time.monotonic()
    delay: float = 0.0  # seconds, of answers and events alike
    refusals: list[Refusals] = field(default_factory=list)
    refused_connections: int = 0

    @property
    def silent(self) -> bool:
        return self.silent_until > time.monotonic()

    def refusal(self, path: str) -> Refusals | None:
        """The refusal that this request meets, if any; it is then used up by one."""
        for each in self.refusals:
            if each.left > 0 and each.path in path:
                each.left -= 1
                return each
        return None

    def refuses_connection(self) -> bool:
        if self.refused_connections <= 0:
            return False
        self.refused_connections -= 1
        return True


@dataclass(frozen=True, slots=True)
class Order:
    """A fault as it was asked for, checked."""

    kind: str
    seconds: float = 0.0
    count: int = 1
    status: int = 503
    text: str = ""
    symbol: str | None = None
    interval: str | None = None
    path: str = "/api/"
    retry_after: int = 1

    @classmethod
    def of(cls, asked: Any) -> Order:
        """Raises UnknownName or BadSetting, with what is wrong."""
        if not isinstance(asked, dict) or "fault" not in asked:
            raise BadSetting(f'A fault is ordered as {{"fault": one of {", ".join(KINDS)}, ...}}.')
        kind = str(asked["fault"])
        if kind not in KINDS:
            raise UnknownName("fault", kind, KINDS)
        known = {"seconds": float, "count": int, "status": int, "text": str, "symbol": str, "interval": str,
                 "path": str, "retry_after": int}  # fmt: skip
        given: dict[str, Any] = {}
        for name, value in asked.items():
            if name == "fault":
                continue
            if name not in known:
                raise UnknownName("property of a fault", name, known)
            try:
                given[name] = known[name](value)
            except (TypeError, ValueError) as error:
                raise BadSetting(f"{name} of a fault cannot be {value!r}.") from error
        order = cls(kind=kind, **given)
        if order.status not in _STATUSES:
            raise BadSetting(
                f"A refusal's status is one of {', '.join(map(str, _STATUSES))}, not {order.status}."
            )
        if order.seconds < 0 or order.count < 0:
            raise BadSetting("seconds and count of a fault are not below zero.")
        return order


def withheld(order: Order) -> Withheld:
    return Withheld(order.interval, order.count)
