"""Logs that can be read and searched, without secrets; and counters."""

from thebot.telemetry.counters import Counters
from thebot.telemetry.logs import configure, redact

__all__ = ["Counters", "configure", "redact"]
