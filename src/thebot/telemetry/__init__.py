"""Logs that can be read and searched, without secrets; and counters."""

import sys

# structlog takes rich's tracebacks if it finds them, and with them pygments: 3 MiB for logs of plain text.
_RICH = "rich.traceback"
if "structlog" not in sys.modules and _RICH not in sys.modules:
    sys.modules[_RICH] = None  # type: ignore[assignment]  # None: "not to be found"
    import structlog  # noqa: F401

    del sys.modules[_RICH]

from thebot.telemetry.counters import Counters  # noqa: E402
from thebot.telemetry.logs import configure, redact  # noqa: E402

__all__ = ["Counters", "configure", "redact"]
