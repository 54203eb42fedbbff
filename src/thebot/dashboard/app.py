"""One ASGI app: gate, API, stream and page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import FastAPI, WebSocket
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from thebot.dashboard.api import add_routes
from thebot.dashboard.gate import Gate
from thebot.dashboard.options import DashboardOptions
from thebot.dashboard.page import add_page
from thebot.dashboard.stream import Stream
from thebot.version import VERSION

if TYPE_CHECKING:
    from thebot.dashboard.lab import Research
    from thebot.live.desk import Desk


def create_app(
    desk: Desk, options: DashboardOptions | None = None, research: Research | None = None
) -> ASGIApp:
    """The dashboard of `desk`, to be served by uvicorn in the event loop that the desk lives in.

    With `research` it has a lab and its results too, and works through their experiments while it runs.

    Serve it with `ws_per_message_deflate=False` (frames are small and twenty a second) and with lifespan
    on: the stream runs between start-up and shutdown.
    """
    options = options or DashboardOptions()
    stream = Stream(desk, options)

    @contextlib.asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        work = [asyncio.create_task(stream.run(), name="dashboard stream")]
        if research is not None:
            research.laboratory.on_change = lambda job: stream.announce({"type": "job", "job": job.plain()})
            work.append(asyncio.create_task(research.laboratory.run(), name="laboratory"))
        try:
            yield
        finally:
            for each in work:
                each.cancel()
            await asyncio.wait(work)

    server = FastAPI(
        title="THEBOT", version=VERSION, lifespan=running, docs_url=None, redoc_url=None, openapi_url=None
    )
    add_routes(server, desk, research)

    @server.websocket("/ws/stream")
    async def prices(socket: WebSocket) -> None:
        await stream.serve(socket)

    page = add_page(server, desk, research=research is not None)

    # Dash answers every path that nobody knows with its page; a wrong address should say that it is one.
    @server.get("/{rest:path}", include_in_schema=False)
    async def nothing_here(rest: str) -> PlainTextResponse:
        return PlainTextResponse(f"There is nothing at /{rest}. The dashboard is at /.\n", status_code=404)

    names = [*options.allowed_hosts, options.host]
    return Gate(server, names=names, script_hashes=lambda: list(page.csp_hashes()))
