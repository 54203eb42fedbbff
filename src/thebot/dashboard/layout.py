"""The frame of the page. What moves in it is filled by `assets/*.js`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dash import dcc, html

from thebot.dashboard.tags import aria, data

if TYPE_CHECKING:
    from thebot.live.desk import Desk

INDEX: Final = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="theme-color" content="#0b0e13">
    <meta name="color-scheme" content="dark">
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/mark.svg">
    <link rel="modulepreload" href="/assets/main.js">
    <link rel="preload" as="script" href="{plotly}" id="plotly-js">
    {%css%}
  </head>
  <body>
    <noscript>THEBOT's dashboard needs JavaScript.</noscript>
    {%app_entry%}
    {%config%}
    {%scripts%}
    {%renderer%}
    <script type="module" src="/assets/main.js"></script>
  </body>
</html>
"""

_MODES: Final = {
    "SANDBOX": "The embedded exchange: invented markets, no money.",
    "WATCH": "Real markets, read only: nothing is traded.",
    "TESTNET": "The exchange's test network: no real money.",
    "DEMO": "The exchange's demo: no real money.",
    "PAPER": "Real markets, invented money.",
    "LIVE": "Real markets, real money.",
}
_PAGES: Final = (("markets", "Markets", "/"), ("lab", "Lab", "/lab"), ("results", "Results", "/results"))


def layout(desk: Desk, *, research: bool = False) -> html.Div:
    """The page of `desk`: header, watchlist, chart, signals, and the tabs of a narrow screen.

    With `research` there is the lab and its results as well, which `assets/lab.js` and `results.js` fill.
    """
    pages = [html.Main(id=name, className="page", hidden=True) for name in ("lab", "results") if research]
    return html.Div(
        [
            _header(desk.mode.value, research),
            html.Div(id="banner", role="status", hidden=True),
            html.Main([_watchlist(), _chart(), _signals()], id="panes"),
            *pages,
            _tabs(research),
            html.Div(id="toasts", **aria(live="polite")),
            dcc.Store(id="signals-asked"),
            dcc.Store(id="facts-asked"),
        ],
        id="desk",
        **data(mode=desk.mode.value, tab="chart", page="markets"),
    )


def _header(mode: str, research: bool) -> html.Header:
    return html.Header(
        [
            html.Div([html.Span(className="mark"), "THEBOT"], className="brand"),
            html.Span(mode, className="mode", id="mode", title=_MODES[mode]),
            *([_pages()] if research else []),
            html.Div(id="notice", className="notice", role="status"),
            html.Div(
                [
                    _figure("connection", "Connecting", "Is the server there, and is its exchange?"),
                    _figure("latency", "–", "From the server to these pixels, typical of the last seconds"),
                    _figure("rate", "–", "Price changes a second, all symbols"),
                    _figure("clock", "–", "The exchange's time"),
                    _button("zone", "UTC", "Times in UTC or in your own time zone"),
                    _button("facts-open", "System", "The state of the platform"),
                ],
                className="figures",
            ),
            html.Div(
                [html.H2("System"), html.Div(id="facts", className="facts")],
                id="facts-panel",
                hidden=True,
                role="dialog",
                **aria(label="State of the platform"),
            ),
        ]
    )


def _pages() -> html.Nav:
    """Links to the pages; `assets/pages.js` changes the page without loading it anew."""
    links = [
        html.A([text, html.Span(id=f"{name}-running", hidden=True)], href=path, **data(to=name))
        for name, text, path in _PAGES
    ]
    return html.Nav(links, id="pages", **aria(label="Pages"))


def _figure(name: str, text: str, title: str) -> html.Span:
    return html.Span(text, id=name, className="figure", title=title)


def _button(name: str, text: str, title: str) -> html.Button:
    return html.Button(text, id=name, type="button", className="plain", title=title)


def _switch(name: str, text: str, title: str) -> html.Button:
    return html.Button(text, id=name, type="button", className="plain", title=title, **aria(pressed="false"))


def _opener(name: str, text: str, short: str, title: str) -> html.Button:
    """A button that opens a dialog, with a short form of its text for narrow screens."""
    words = [html.Span(text, className="wide"), html.Span(short, className="short", **aria(hidden="true"))]
    said = aria(haspopup="dialog", expanded="false", label=text)
    return html.Button(words, id=name, type="button", className="plain", title=title, **said)


def _watchlist() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.Div(id="search-box"),  # filled by watchlist.js: React would fight for the value
                    _switch("only-stars", "★", "Favourites only"),
                ],
                className="bar",
            ),
            html.Div(
                [
                    _sorter("symbol", "Symbol"),
                    html.Span("24 h", className="spark-head"),
                    _sorter("price", "Price"),
                    _sorter("change", "Change"),
                ],
                className="columns",
            ),
            # Rows are written by watchlist.js, straight into text nodes: React never sees them.
            html.Div(id="rows", tabIndex=0, role="listbox", **aria(label="Symbols")),
            html.Div("Reading symbols", id="rows-empty", className="empty loading"),
            html.Div(id="rows-foot", className="foot"),
        ],
        className="pane",
        id="watchlist",
        **aria(label="Watchlist"),
    )


def _sorter(name: str, text: str) -> html.Button:
    return html.Button(text, type="button", className=f"sorter {name}", **data(sort=name))


def _chart() -> html.Section:
    return html.Section(
        [
            html.Div(id="quote"),
            html.Div(id="past", hidden=True),  # whose trades are on the chart: past.js
            html.Div(
                [
                    html.Div(id="timeframes", role="radiogroup", **aria(label="Timeframe")),
                    html.Div(
                        [
                            _opener("indicators-open", "Indicators", "ƒx", "Indicators on the chart"),
                            _switch("log", "Log", "Logarithmic price scale"),
                            _button("newest", "Newest", "Back to the newest candle"),
                        ],
                        className="tools",
                    ),
                ],
                className="bar",
            ),
            html.Div(
                [
                    html.Div(id="plot"),
                    html.Canvas(id="overlay"),
                    html.Div(id="legend"),
                    html.Div(id="pane-legends"),
                    html.Div(id="why", hidden=True),
                    html.Div(
                        [
                            _button("wider", "−", "More candles"),
                            _button("closer", "+", "Fewer candles"),
                        ],
                        id="zoom",
                    ),
                    html.Div(id="chart-state", className="state"),
                ],
                id="chart",
            ),
        ],
        className="pane",
        id="chart-pane",
        **aria(label="Chart"),
    )


def _signals() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Signals"),
                    html.Div(
                        [
                            html.Button("All", type="button", className="plain", **data(of="all")),
                            html.Button("This symbol", type="button", className="plain", **data(of="one")),
                        ],
                        id="signals-of",
                        className="segments",
                    ),
                ],
                className="bar",
            ),
            html.Div(html.Div("Reading signals", className="empty loading"), id="signals-list"),
        ],
        className="pane",
        id="signals",
        **aria(label="Signals"),
    )


def _tabs(research: bool) -> html.Nav:
    names = (("watchlist", "Markets"), ("chart", "Chart"), ("signals", "Signals"))
    tabs = [html.Button(text, type="button", **data(tab=name)) for name, text in names]
    pages = [html.A(text, href=path, **data(to=name)) for name, text, path in _PAGES[1:] if research]
    return html.Nav([*tabs, *pages], id="tabs", style={"--tabs": str(len(tabs) + len(pages))})
