"""`/api/...`: what the page reads, and what a user's own scripts may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from thebot.dashboard import answers, shapes
from thebot.dashboard.answers import Json
from thebot.dashboard.guarded import Guarded, known_symbol, offered, report
from thebot.dashboard.lab import lab_routes
from thebot.dashboard.results import results_routes
from thebot.dashboard.selector import Selector, checked
from thebot.errors import (
    ExchangeError,
    IndicatorError,
    RateLimited,
    StorageError,
    ThebotError,
    UnknownName,
    UsageError,
    nearest,
)
from thebot.live.drawn import LONGEST_TEXT, several_asked_for

if TYPE_CHECKING:
    from thebot.dashboard.lab import Research
    from thebot.live.desk import Desk

MOST: Final = 1_500  # rows in one answer
_NAMES_OF_THINGS: Final = ("symbol", "result", "experiment")  # what is not there is 404, not a wrong question

_Symbol = Annotated[
    str, Query(min_length=1, max_length=40, examples=["BTCUSDT"], description="A listed symbol.")
]
_Frame = Annotated[
    str,
    Query(
        min_length=1, max_length=8, examples=["1h"], description="1m, 5m, 1h, ... as listed by /api/symbols."
    ),
]
_Limit = Annotated[int, Query(ge=1, le=MOST, description="At most this many, the newest.")]
_End = Annotated[
    int | None,
    Query(
        ge=0, le=253_402_300_799_999, description="Only candles that open before this, ms UTC. Default: now."
    ),
]
_Since = Annotated[
    int | None,
    Query(ge=0, le=253_402_300_799_999, description="Only signals from this on, ms UTC: the candle's close."),
]  # fmt: skip
_Indicators = Annotated[
    list[str] | None,
    Query(
        max_length=100, examples=[["rsi(14)", "ema(20)"]],
        description="What to draw, as text; an empty one: nothing. Default: the configuration's.",
    ),
]  # fmt: skip
_Text = Annotated[
    str, Query(min_length=1, max_length=10 * LONGEST_TEXT, examples=["rsi(14)"], description="As text.")
]
_WRONG: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": shapes.Refusal, "description": "No such symbol; `suggestions` names those near it."},
    422: {"model": shapes.Refusal, "description": "A value that cannot be; `detail` says which."},
    502: {"model": shapes.Refusal, "description": "The exchange did not answer."},
}


def _answers(model: type) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model}, **_WRONG}


def routes(desk: Desk) -> APIRouter:
    """The API of one desk."""
    api = APIRouter(prefix="/api", default_response_class=Json, route_class=Guarded)
    selector = Selector(desk)

    @api.get("/health", responses={200: {"model": shapes.Health}}, summary="How the platform is")
    async def health() -> Json:
        return Json(desk.health())

    @api.get("/symbols", responses={200: {"model": shapes.Symbols}}, summary="All symbols and their prices")
    async def symbols() -> Json:
        return Json(answers.symbols(desk))

    @api.get("/candles", responses=_answers(shapes.CandleColumns), summary="Closed candles, oldest first")
    async def candles(symbol: _Symbol, timeframe: _Frame, limit: _Limit = 500, end: _End = None) -> Json:
        found = await desk.candles(known_symbol(desk, symbol), offered(desk, timeframe), limit, end)
        return Json(answers.candles(found))

    @api.get("/chart", responses=_answers(shapes.ChartColumns), summary="Candles, indicators and signals")
    async def chart(
        symbol: _Symbol,
        timeframe: _Frame,
        limit: _Limit = 500,
        end: _End = None,
        indicators: _Indicators = None,
    ) -> Json:
        of, frame = known_symbol(desk, symbol), offered(desk, timeframe)
        wanted, refused = (None, []) if indicators is None else several_asked_for(indicators)
        found = await desk.chart(of, frame, limit, end, wanted)
        return Json(answers.chart(found, refused))

    @api.get(
        "/indicators",
        responses={200: {"model": shapes.Catalogue}},
        summary="All indicators that can be drawn",
    )
    async def indicators(request: Request) -> Response:
        return await selector.answer(request.headers.get("if-none-match", ""))

    @api.get("/indicators/check", responses=_answers(shapes.Checked), summary="Whether a text can be drawn")
    async def check(text: _Text) -> Json:
        return checked(text)

    @api.get("/signals", responses=_answers(shapes.Signals), summary="Signals, newest first")
    async def signals(
        symbol: Annotated[str | None, Query(max_length=40)] = None, since: _Since = None, limit: _Limit = 100
    ) -> Json:
        of = known_symbol(desk, symbol) if symbol else None
        found = await desk.signals(of, since, limit)
        return Json({"signals": [signal.plain() for signal in found]})

    return api


def add_routes(app: FastAPI, desk: Desk, research: Research | None = None) -> None:
    """The API, its document, its 404, and its way of saying errors. Call it before Dash's catch-all comes."""
    app.include_router(routes(desk))
    if research is not None:
        app.include_router(lab_routes(desk, research.laboratory))
        app.include_router(results_routes(research))

    @app.get("/api/openapi.json", include_in_schema=False)
    async def document() -> Json:
        return Json(app.openapi())

    @app.api_route("/api", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    @app.api_route(
        "/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False
    )
    async def nothing_here(request: Request, rest: str = "") -> Json:
        paths = [route for route in app.openapi()["paths"] if route.startswith("/api/")]
        if request.url.path in paths:
            detail = f"{request.url.path} can only be read: use GET."
            refused = {"error": "method not allowed", "detail": detail, "suggestions": []}
            return Json(refused, status_code=405, headers={"allow": "GET"})
        near = nearest(request.url.path, paths)
        detail = f"There is no {request.method} {request.url.path}. {_offer(near, paths)}"
        return Json({"error": "not found", "detail": detail, "suggestions": near}, status_code=404)

    app.add_exception_handler(ThebotError, _said)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StarletteHTTPException, _http)


def _offer(near: list[str], paths: list[str]) -> str:
    return f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(paths)}."


async def _said(request: Request, error: Exception) -> Json:
    """An error that we raised on purpose already says what, why and how to mend it."""
    headers: dict[str, str] = {}
    suggestions: list[str] = []
    status, kind = 500, "error"
    if isinstance(error, UnknownName):
        status, kind = (404 if error.kind in _NAMES_OF_THINGS else 422), f"unknown {error.kind}"
        suggestions = nearest(error.name, error.known)
    elif isinstance(error, UsageError):
        status, kind = 422, "bad request"
    elif isinstance(error, IndicatorError):
        status, kind = 422, "indicator"
    elif isinstance(error, RateLimited):
        status, kind = 503, "rate limited"
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    elif isinstance(error, ExchangeError):
        status, kind = 502, "exchange"
    elif isinstance(error, StorageError):
        status, kind = 503, "storage"
    detail = str(error)
    if status == 500:
        reference = report(error, where=request.url.path)
        detail = f"{detail} (reference {reference})"
    return Json(
        {"error": kind, "detail": detail, "suggestions": suggestions}, status_code=status, headers=headers
    )


async def _invalid(_request: Request, error: Exception) -> Json:
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors()
    )
    return Json({"error": "invalid", "detail": wrong, "suggestions": []}, status_code=422)


async def _http(_request: Request, error: Exception) -> Json:
    if not isinstance(error, StarletteHTTPException):
        raise error
    detail = str(error.detail)
    return Json(
        {"error": detail.lower(), "detail": detail, "suggestions": []},
        status_code=error.status_code,
        headers=error.headers,
    )
