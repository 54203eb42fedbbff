"""What the indicator selector reads: the catalogue as JSON, made once, and whether a text can be drawn."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog
from fastapi import Response

from thebot.dashboard.answers import Json
from thebot.indicators import catalogue, indicator_named
from thebot.indicators.described import described_all
from thebot.live.drawn import FARTHEST, MOST, asked_for

if TYPE_CHECKING:
    from thebot.live.desk import Desk

_log: Final = structlog.get_logger(__name__)
_KEPT: Final = "private, no-cache"  # by the browser, which asks each time whether it is still so


class Selector:
    """The catalogue as it is at the first question; by then everything of the user's own is in it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._body = b""
        self._tag = ""

    async def answer(self, known: str) -> Response:
        """All indicators, or that nothing has changed since the answer with the tag `known`."""
        if not self._body:
            body = await asyncio.to_thread(_catalogue, [repr(each) for each in self._desk.indicators])
            self._body, self._tag = body, f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers = {"etag": self._tag, "cache-control": _KEPT}
        if self._tag in known:
            return Response(status_code=304, headers=headers)
        return Response(self._body, media_type="application/json", headers=headers)


def checked(text: str) -> Json:
    """How an indicator is called if it can be drawn. Raises IndicatorError or UnknownName if it cannot."""
    expression = asked_for(text)
    return Json({"key": repr(expression), "label": expression.label})


def _catalogue(configured: list[str]) -> bytes:
    """Takes a moment: each indicator is asked how many candles it needs."""
    told, troubles = described_all(catalogue())
    for each in troubles:
        _log.warning("indicator", text=each)
    return msgspec.json.encode(
        {"configured": configured, "most": MOST, "indicators": [_bounded(each) for each in told]}
    )


def _bounded(said: dict[str, Any]) -> dict[str, Any]:
    definition = indicator_named(said["name"])
    for parameter in said["parameters"]:
        own = definition.parameters[parameter["name"]]
        if parameter["whole"] and own.most > FARTHEST:
            parameter["most"], parameter["range"] = FARTHEST, replace(own, most=FARTHEST).range
    return said
