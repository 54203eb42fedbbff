"""Failures to order, so that a client meets a real server that fails on request."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

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
_PROPERTIES: Final[dict[str, Callable[[Any], float | int | str]]] = {
    "seconds": float, "count": int, "status": int, "text": str, "symbol": str, "interval": str, "path": str,
    "retry_after": int,
}  # fmt: skip


@dataclass(slots=True)
class Refusals:
    """`left` more requests whose path holds `path` are answered with that HTTP status."""

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
        self.refusals = [each for each in self.refusals if each.left > 0]
        return None

    def refuses_connection(self) -> bool:
        if self.refused_connections <= 0:
            return False
        self.refused_connections -= 1
        return True

    def clear(self) -> None:
        """All is well again."""
        self.silent_until = self.delay = 0.0
        self.refused_connections = 0
        self.refusals.clear()


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
    def of(cls, asked: object) -> Order:
        """Raises UnknownName or BadSetting, with what is wrong."""
        if not isinstance(asked, dict) or "fault" not in asked:
            raise BadSetting(f'A fault is ordered as {{"fault": one of {", ".join(KINDS)}, ...}}.')
        kind = str(asked["fault"])
        if kind not in KINDS:
            raise UnknownName("fault", kind, KINDS)
        order = cls(kind=kind, **{name: _typed(name, asked[name]) for name in asked if name != "fault"})
        if order.status not in _STATUSES:
            raise BadSetting(
                f"A refusal's status is one of {', '.join(map(str, _STATUSES))}, not {order.status}."
            )
        if not 0 <= order.seconds < math.inf or order.count < 0 or order.retry_after < 0:
            raise BadSetting("seconds, count and retry_after of a fault are finite and not below zero.")
        return order


def _typed(name: str, value: Any) -> Any:  # noqa: ANN401  (from JSON; and the type depends on the name)
    if name not in _PROPERTIES:
        raise UnknownName("property of a fault", name, _PROPERTIES)
    try:
        return _PROPERTIES[name](value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadSetting(f"{name} of a fault cannot be {value!r}.") from error


def withheld(order: Order) -> Withheld:
    return Withheld(order.interval, order.count)
