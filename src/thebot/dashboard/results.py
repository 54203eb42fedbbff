"""The API of the results pages: what was saved, one by one and side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path as File
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import FileResponse

from thebot.dashboard.answers import Json
from thebot.dashboard.guarded import Guarded
from thebot.live.experiment import PAGE, TRADES

if TYPE_CHECKING:
    from thebot.dashboard.lab import Research
    from thebot.storage.results import Comparison, Summary

_MOST: Final = 500
_SIDE_BY_SIDE: Final = 8
_LISTED: Final = (
    "total_return", "annual_return", "buy_and_hold", "sharpe_ratio", "max_drawdown", "win_rate",
    "profit_factor",
)  # fmt: skip
_SHOWN_OF_EACH: Final = (
    "id", "label", "name", "kind", "symbols", "timeframe", "start", "end", "trades", "trials", "curve",
    "account",
)  # fmt: skip
_Id = Annotated[
    str, Path(max_length=40, description="An id, the beginning of one, or last.", examples=["last"])
]


def results_routes(research: Research) -> APIRouter:
    """What was saved in the data folder (or the database of the settings)."""
    api = APIRouter(prefix="/api/results", default_response_class=Json, route_class=Guarded)
    kept = research.results

    @api.get("", summary="Results, newest first")
    async def listing(limit: Annotated[int, Query(ge=1, le=_MOST)] = 100) -> Json:
        found = []
        for each in await kept.list(limit=limit):
            told = each.plain()
            told["figures"] = {name: each.figures.get(name) for name in _LISTED}
            found.append(told)
        return Json({"results": found})

    @api.get("/compare", summary="Several results side by side, the best marked")
    async def compare(
        id: Annotated[list[str], Query(max_length=_SIDE_BY_SIDE, description="Ids, 2 to 8 of them.")],
    ) -> Json:
        return Json(_side_by_side(await kept.compare(id)))

    @api.get("/{id}", summary="One result: figures with intervals, and its curve in 1,000 points at most")
    async def one(id: _Id) -> Json:
        return Json(_told(await kept.summary(id)))

    @api.get("/{id}/page", summary="What its page shows besides: verdict, charts, tables")
    async def page(id: _Id) -> FileResponse:
        return await _made(research, id, PAGE)

    @api.get("/{id}/trades", summary="Its trades in columns, oldest first, the newest 20,000")
    async def trades(id: _Id) -> FileResponse:
        return await _made(research, id, TRADES)

    @api.delete("/{id}", summary="Delete a result with its files; what was tried stays counted")
    async def delete(id: _Id) -> Json:
        return Json({"deleted": await kept.delete(id)})

    return api


async def _made(research: Research, id: str, name: str) -> FileResponse:
    """A file that a worker wrote beside the result: straight from disk, nothing of it stays in memory.

    A result that was saved by a command has none yet: a worker makes it now.
    """
    whole = (await research.results.summary(id)).id
    path: File = research.results.folder_of(whole) / name
    if not await asyncio.to_thread(path.is_file):
        await research.laboratory.make_page(whole)
    return FileResponse(path, media_type="application/json")


def _told(summary: Summary) -> dict[str, Any]:
    told = summary.plain()
    extra = told.pop("extra")
    told["sweep"] = extra.get("sweep")
    told["walkforward"] = extra.get("walkforward")
    return told


def _side_by_side(found: Comparison) -> dict[str, Any]:
    results = [
        {
            name: getattr(each, name)
            for name in (
                "id",
                "label",
                "name",
                "kind",
                "symbols",
                "timeframe",
                "start",
                "end",
                "curve",
                "account",
            )
        }
        for each in found.results
    ]
    return {**found.plain(), "results": results}
