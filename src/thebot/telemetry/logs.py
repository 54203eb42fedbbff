"""One set-up of structlog for every command, and the one filter that keeps secrets out of it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

_HIDDEN: Final = "***"
_SECRET_NAMES: Final = re.compile(
    r"(secret|password|passphrase|token|signature|private.?key|api.?key|apikey|authorization|cookie)", re.I
)
_SECRET_IN_TEXT: Final = re.compile(
    r"((?:signature|apiKey|api_key|secret|token|password|X-MBX-APIKEY)[\"']?\s*[=:]\s*[\"']?)([^\s\"'&,}]+)",
    re.I,
)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: what is named like a secret, or says one in its text, is not written."""
    for key, value in event.items():
        event[key] = _HIDDEN if _SECRET_NAMES.search(key) else _clean(value)
    return event


def configure(*, level: str = "INFO", as_json: bool = False, stream: TextIO | None = None) -> None:
    """Write logs to `stream` (standard error), as lines for people or as JSON for machines."""
    out = sys.stderr if stream is None else stream
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=out.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # before the filter: a traceback may hold secrets too
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(each, _Forward) for each in root.handlers):
        root.addHandler(_Forward(logging.WARNING))


class _Forward(logging.Handler):
    """What other libraries log (asyncio, uvicorn) goes the same way, through the same filter."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = structlog.get_logger(record.name)
            said.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
        except Exception:
            self.handleError(record)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _SECRET_IN_TEXT.sub(rf"\1{_HIDDEN}", value)
    if isinstance(value, bytes):
        return _clean(value.decode("utf-8", "replace"))
    if isinstance(value, dict):
        return {k: _HIDDEN if _SECRET_NAMES.search(str(k)) else _clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value
