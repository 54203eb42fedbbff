"""What all routes of the API share: names that are checked, and errors that are logged and told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as StarletteHTTPException

from thebot.dashboard.answers import Json
from thebot.errors import ThebotError, UnknownName
from thebot.market import Timeframe

if TYPE_CHECKING:
    from thebot.live.desk import Desk

_log: Final = structlog.get_logger(__name__)


class Guarded(APIRoute):
    """A route whose unexpected errors are logged once, and answered with the reference to that line."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except (ThebotError, StarletteHTTPException, RequestValidationError):
                raise
            except Exception as error:
                reference = report(error, where=request.url.path)
                detail = f"Something went wrong inside. The log has the details under reference {reference}."
                return Json({"error": "internal", "detail": detail, "suggestions": []}, status_code=500)

        return guarded


def known_symbol(desk: Desk, symbol: str) -> str:
    """`symbol` as the exchange writes it. Raises UnknownName for one that is not there."""
    if symbol in desk.instruments:
        return symbol
    if symbol.upper() in desk.instruments:
        return symbol.upper()
    raise UnknownName("symbol", symbol, tuple(desk.instruments))


def offered(desk: Desk, timeframe: str) -> Timeframe:
    """Raises UnknownName for a timeframe that no chart is offered in."""
    wanted = Timeframe(timeframe)
    if wanted not in desk.timeframes:
        raise UnknownName("timeframe", timeframe, [each.name for each in desk.timeframes])
    return wanted


def report(error: Exception, *, where: str) -> str:
    """Logs an unexpected error with its trace and gives the reference that a user may quote."""
    reference = uuid.uuid4().hex[:8].upper()
    _log.error("dashboard.error", reference=reference, where=where, exc_info=error)
    return reference
