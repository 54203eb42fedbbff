"""Who listens to which stream. An event is written once for each form that somebody wants."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from thebot.exchange.sandbox.wire import frame, in_stream


class Listener(Protocol):
    """A connection, as events see it."""

    combined: bool  # wrapped as {"stream":...,"data":...}
    unit: int  # 1: times in milliseconds, 1000: in microseconds

    def take(self, message: bytes) -> None: ...


class Hub:
    def __init__(self) -> None:
        self.listeners: dict[str, dict[Listener, None]] = {}
        self.on_change: Callable[[str, bool], None] = lambda name, wanted: None
        self.quiet_until = 0.0  # by time.monotonic(): a fault, connections that live and bring nothing

    def subscribe(self, listener: Listener, name: str) -> None:
        if name not in self.listeners:
            self.listeners[name] = {}
            self.on_change(name, True)
        self.listeners[name][listener] = None

    def unsubscribe(self, listener: Listener, name: str) -> None:
        there = self.listeners.get(name)
        if there is None:
            return
        there.pop(listener, None)
        if not there:
            del self.listeners[name]
            self.on_change(name, False)

    def publish(self, name: str, write: Callable[[int], str]) -> None:
        """Send an event to those who listen to `name`; `write` makes its text for a time unit."""
        if self.quiet_until > time.monotonic():
            return
        written: dict[tuple[bool, int], bytes] = {}
        for listener in self.listeners.get(name, ()):
            form = (listener.combined, listener.unit)
            if form not in written:
                text = write(listener.unit)
                written[form] = frame((in_stream(name, text) if listener.combined else text).encode())
            listener.take(written[form])
