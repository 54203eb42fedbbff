"""The page: what Dash lays out, and its callbacks for what is asked now and then.

Dash is the slow path: lists and facts that change some times a minute. Prices and the chart never go
through it; `assets/main.js` takes them from `/ws/stream` and `/api`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dash import Dash, Input, Output, html
from dash.backends._fastapi import FastAPIDashServer, reset_current_request, set_current_request
from fastapi import FastAPI, Request, Response
from starlette.responses import FileResponse

from thebot.dashboard import cards
from thebot.dashboard.guarded import known_symbol, report
from thebot.dashboard.layout import INDEX, layout

if TYPE_CHECKING:
    from thebot.live.desk import Desk

_RESEARCH: Final = ("/lab", "/results", "/results/{id}")
_SIGNALS: Final = 80  # rows in the list
_ASSETS: Final = Path(__file__).with_name("assets")


class Page(Dash):
    """Dash without the socket that its page opens even when no callback uses it."""

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = super()._config()  # type: ignore[no-untyped-call]  # Dash types it not
        config.pop("websocket", None)
        config["python_version"] = ""  # nobody else's business
        return config


def add_page(server: FastAPI, desk: Desk, *, research: bool = False) -> Page:
    """Dash on `server`, with the page of `desk`. Its routes come after those already there.

    With `research` it has the pages of the lab and the results too, each at an address of its own: it is the
    same page, which shows what its address says.
    """
    plotly = f"/vendor/plotly-{version('plotly')}.js"
    page = Page(
        __name__,
        backend=_backend_of(server),
        assets_folder=str(_ASSETS),
        assets_ignore=r".*\.js$",  # modules: main.js imports the others
        title="THEBOT",
        update_title="",
        index_string=INDEX.replace("{plotly}", plotly),
        add_log_handler=False,  # Dash's would write on standard output, which belongs to --json
    )
    page.layout = layout(desk, research=research)
    _add_callbacks(page, desk)

    if research:
        for path in _RESEARCH:
            server.add_api_route(path, _index_of(page), methods=["GET"], include_in_schema=False)

    # Dash would read all of Plotly into memory for each first visit; a file answer streams it.
    @server.get(plotly, include_in_schema=False)
    async def plotly_js() -> FileResponse:
        return FileResponse(
            os.fspath(Path(str(files("plotly"))) / "package_data" / "plotly.min.js"),
            media_type="text/javascript",
            headers={"cache-control": "public, max-age=31536000, immutable"},
        )

    return page


def _index_of(page: Page) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Answers with the page's HTML, which Dash makes for the request that it knows of."""

    async def index(request: Request) -> Response:
        token = set_current_request(request)  # type: ignore[no-untyped-call]  # Dash types it not
        try:
            # Dash gathers styles and callbacks at the first request to "/" only.
            page._setup_server()  # type: ignore[no-untyped-call]
            return Response(page.index(), media_type="text/html")  # type: ignore[no-untyped-call]
        finally:
            reset_current_request(token)  # type: ignore[no-untyped-call]

    return index


def _backend_of(server: FastAPI) -> type[FastAPIDashServer]:
    """Dash's FastAPI backend on our `server`.

    Handed in as `server=`, Dash would import Flask to see whether it is one: 6 MiB that nothing uses.
    """

    class Backend(FastAPIDashServer):
        @staticmethod
        def create_app(*_: object, **__: object) -> FastAPI:
            return server

    return Backend


def _add_callbacks(page: Page, desk: Desk) -> None:
    # Every callback is async: Dash runs plain ones on the event loop, where they would hold up the prices.

    @page.callback(
        Output("signals-list", "children"),
        Input("signals-asked", "data"),
        on_error=_card("The list of signals could not be made", retry="signals"),
    )
    async def list_signals(asked: object) -> list[html.Div]:
        symbol = asked.get("symbol") if isinstance(asked, dict) else None  # from a browser: anything may come
        of = known_symbol(desk, str(symbol)) if symbol else None
        found = await desk.signals(of, None, _SIGNALS)
        digits = {name: instrument.price_digits for name, instrument in desk.instruments.items()}
        return cards.signals(found, digits, of)

    @page.callback(
        Output("facts", "children"),
        Input("facts-asked", "data"),
        prevent_initial_call=True,
        on_error=_card("The state of the platform could not be read", retry="facts"),
    )
    async def show_facts(_asked: object) -> list[html.Div]:
        return cards.facts(desk.health())


def _card(what: str, *, retry: str) -> Callable[[Exception], html.Div]:
    """What takes a component's place when its callback fails: the rest of the page lives on."""

    def shown(error: Exception) -> html.Div:
        return cards.failure(what, reference=report(error, where=what), retry=retry)

    return shown
