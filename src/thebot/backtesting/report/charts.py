"""The pictures of a record as Plotly figures in plain dicts: for the report, and for the dashboard's results.

Nothing here loads Plotly: its script in the browser draws them. Colours are readable on dark and on light.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from thebot.backtesting import metrics
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.report.thinning import rows_to_draw
from thebot.backtesting.trades import Trades
from thebot.market import Candles, FloatArray, IntArray

UP: Final = "#2ebd85"
DOWN: Final = "#f6465d"
ACCENT: Final = "#4c8dff"
SOFT: Final = "#8793a5"
_GRID: Final = "rgba(128,140,160,0.18)"
_POINTS: Final = 2_000  # of a line: more than a screen is wide
_CANDLES: Final = 2_500  # as many are drawn as candles; more as a line
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture: a title, what one sees in it, and the figure (`data` and `layout` as Plotly takes them)."""

    name: str
    title: str
    note: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    height: int = 340

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name, "title": self.title, "note": self.note, "height": self.height,
            "data": self.data, "layout": self.layout,
        }  # fmt: skip


def _layout(**more: Any) -> dict[str, Any]:  # noqa: ANN401  (whatever Plotly's layout has)
    axis = {"gridcolor": _GRID, "zerolinecolor": _GRID, "linecolor": _GRID, "automargin": True}
    plain: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": SOFT, "size": 12}, "margin": {"l": 56, "r": 16, "t": 8, "b": 36},
        "xaxis": axis, "yaxis": axis, "hovermode": "x unified", "showlegend": True,
        "legend": {"orientation": "h", "y": 1.08, "x": 0, "bgcolor": "rgba(0,0,0,0)"},
    }  # fmt: skip
    for name, value in more.items():
        own = plain.get(name, axis if name.startswith(("xaxis", "yaxis")) else {})
        plain[name] = {**own, **value} if isinstance(value, dict) and isinstance(own, dict) else value
    return plain


def _times(at: IntArray) -> list[str]:
    """As Plotly reads dates."""
    text: list[str] = np.datetime_as_string(at.astype("datetime64[ms]"), unit="s").tolist()
    return text


def _rounded(values: FloatArray, digits: int = 6) -> list[float | None]:
    """Numbers for JSON; what is unknown becomes nothing."""
    return [round(value, digits) if np.isfinite(value) else None for value in values.tolist()]


def equity(record: TrackRecord) -> Chart:
    """Equity against buying and holding, with the drawdown under it."""
    time = np.concatenate([[record.start], record.time])
    curve, held = record.curve, np.concatenate([[record.start_equity], record.holding])
    fall = metrics.drawdowns(curve)
    rows, other, deep = (rows_to_draw(each, _POINTS) for each in (curve, held, fall))
    line = {"type": "scatter", "mode": "lines"}
    return Chart(
        name="equity",
        title="Equity and drawdown",
        note="After all costs, at the close of each candle, beside buying at the beginning and holding.",
        height=460,
        data=[
            {**line, "x": _times(time[rows]), "y": _rounded(curve[rows], 2), "name": "Strategy",
             "line": {"color": ACCENT, "width": 1.6}},
            {**line, "x": _times(time[other]), "y": _rounded(held[other], 2), "name": "Buy and hold",
             "line": {"color": SOFT, "width": 1.1, "dash": "dot"}},
            {**line, "x": _times(time[deep]), "y": _rounded(fall[deep] * 100, 3), "name": "Drawdown, %",
             "yaxis": "y2", "fill": "tozeroy", "line": {"color": DOWN, "width": 1},
             "fillcolor": "rgba(246,70,93,0.18)", "showlegend": False},
        ],
        layout=_layout(
            yaxis={"domain": [0.32, 1], "tickformat": ",.0f", "title": {"text": "quote currency"}},
            yaxis2={"domain": [0, 0.24], "ticksuffix": " %", "anchor": "x"},
            xaxis={"anchor": "y2"},
        ),
    )  # fmt: skip


def trades_on_prices(candles: Candles, trades: Trades) -> Chart:
    """The prices of one symbol with the entries and exits of its trades."""
    if len(candles) <= _CANDLES:
        prices: dict[str, Any] = {
            "type": "candlestick", "x": _times(candles.open_time), "name": candles.symbol,
            **{name: _rounded(getattr(candles, name), 8) for name in ("open", "high", "low", "close")},
            "increasing": {"line": {"color": UP, "width": 1}},
            "decreasing": {"line": {"color": DOWN, "width": 1}},
        }  # fmt: skip
    else:
        rows = rows_to_draw(candles.close, 2 * _POINTS)
        prices = {
            "type": "scatter", "mode": "lines", "x": _times(candles.close_time[rows]), "name": "Close",
            "y": _rounded(candles.close[rows], 8), "line": {"color": SOFT, "width": 1},
        }  # fmt: skip
    won = trades.profit > 0
    told = [
        f"{trade.side}, {trade.gain:+.2%}, {trade.ending}, left at {trade.exit_price:.8g}" for trade in trades
    ]
    marks = [
        ("Entry, won", won, trades.entered_at, trades.entry_price, "triangle-up", UP),
        ("Entry, lost", ~won, trades.entered_at, trades.entry_price, "triangle-up", DOWN),
        ("Exit, won", won, trades.left_at, trades.exit_price, "triangle-down-open", UP),
        ("Exit, lost", ~won, trades.left_at, trades.exit_price, "triangle-down-open", DOWN),
    ]
    return Chart(
        name=f"trades-{candles.symbol}",
        title=f"Trades on {candles.symbol} {candles.timeframe}",
        note="Filled triangles are entries, open ones exits; green trades made money. Drag to zoom.",
        height=420,
        data=[
            prices,
            *(
                {"type": "scatter", "mode": "markers", "name": name, "x": _times(at[chosen]),
                 "y": _rounded(price[chosen], 8), "text": [t for t, c in zip(told, chosen, strict=True) if c],
                 "hovertemplate": "%{text}<extra></extra>",
                 "marker": {"symbol": symbol, "color": color, "size": 8}}
                for name, chosen, at, price, symbol, color in marks
            ),
        ],
        layout=_layout(
            hovermode="closest", xaxis={"rangeslider": {"visible": False}}, yaxis={"tickformat": ",.8~g"}
        ),
    )  # fmt: skip


def gains(trades: Trades) -> Chart:
    """How much the trades won and lost, as a distribution."""
    percent = trades.gain * 100
    size = _bin(percent)
    bars = [
        {"type": "histogram", "x": _rounded(part, 4), "name": name, "marker": {"color": color},
         "xbins": {"start": size * np.floor(percent.min() / size) if len(percent) else 0, "size": size}}
        for name, part, color in (("Lost", percent[percent <= 0], DOWN), ("Won", percent[percent > 0], UP))
    ]  # fmt: skip
    return Chart(
        name="gains",
        title="What single trades made",
        note="In percent of what each took, after costs. A result that hangs on few bars far out is fragile.",
        data=bars,
        layout=_layout(
            barmode="overlay", bargap=0.05, xaxis={"ticksuffix": " %"}, yaxis={"title": {"text": "trades"}}
        ),
    )


def r_multiples(trades: Trades) -> Chart | None:
    """What the trades made in units of what they risked; None if no trade had a stop."""
    known = np.isfinite(trades.risk) & (trades.risk > 0)
    if not known.any():
        return None
    multiples = trades.profit[known] / trades.risk[known]
    size = _bin(multiples)
    return Chart(
        name="r-multiples",
        title="Reward for risk (R)",
        note="Profit over what a fill at the first stop would have lost. Beyond -1 R: gaps and costs.",
        data=[
            {"type": "histogram", "x": _rounded(part, 4), "name": name, "marker": {"color": color},
             "xbins": {"start": size * np.floor(multiples.min() / size), "size": size}}
            for name, part, color in (
                ("Lost", multiples[multiples <= 0], DOWN), ("Won", multiples[multiples > 0], UP)
            )
        ],
        layout=_layout(
            barmode="overlay", bargap=0.05, xaxis={"ticksuffix": " R"}, yaxis={"title": {"text": "trades"}}
        ),
    )  # fmt: skip


def excursions(trades: Trades) -> Chart | None:
    """How far prices went against and for each trade; None if that is not known."""
    known = np.isfinite(trades.best) & np.isfinite(trades.worst)
    if not known.any():
        return None
    won = trades.profit > 0
    points = [
        {"type": "scatter", "mode": "markers", "name": name, "x": _rounded(trades.worst[rows] * 100, 4),
         "y": _rounded(trades.best[rows] * 100, 4), "text": [f"{g:+.2%}" for g in trades.gain[rows].tolist()],
         "hovertemplate": "against %{x:.2f} %, for %{y:.2f} %, made %{text}<extra></extra>",
         "marker": {"color": color, "size": 6, "opacity": 0.7}}
        for name, rows, color in (("Lost", known & ~won, DOWN), ("Won", known & won, UP))
    ]  # fmt: skip
    return Chart(
        name="excursions",
        title="Furthest against and for each trade",
        note="Red points high up were well ahead and were given back; green ones far left nearly failed.",
        data=points,
        layout=_layout(
            hovermode="closest",
            xaxis={"ticksuffix": " %", "title": {"text": "worst while held"}},
            yaxis={"ticksuffix": " %", "title": {"text": "best while held"}},
        ),
    )


def months(record: TrackRecord) -> Chart | None:
    """The return of each month as a heat map; None for less than a month."""
    years = metrics.monthly_table(np.concatenate([[record.start], record.time]), record.curve)
    if not years:
        return None
    values = np.array([[*year.months, year.gain] for year in years]) * 100
    most = float(np.nanmax(np.abs(values[:, :12]))) if np.isfinite(values[:, :12]).any() else 1.0
    texts = [["" if v != v else f"{v:+.1f}" for v in row] for row in values.tolist()]
    return Chart(
        name="months",
        title="Month by month",
        note="Percent after costs; the last column is the year. One dark month among pale ones is luck.",
        height=110 + 34 * len(years),
        data=[
            {"type": "heatmap", "x": [*_MONTHS, "Year"], "y": [str(year.year) for year in years],
             "z": [_rounded(row, 3) for row in values], "text": texts, "texttemplate": "%{text}",
             "zmid": 0, "zmin": -most, "zmax": most, "showscale": False, "xgap": 2, "ygap": 2,
             "hovertemplate": "%{y} %{x}: %{text} %<extra></extra>",
             "textfont": {"color": "#fff"}, "colorscale": [[0, DOWN], [0.5, "#5b6676"], [1, UP]]},
        ],
        layout=_layout(
            hovermode="closest", yaxis={"autorange": "reversed", "type": "category"}, xaxis={"side": "top"}
        ),
    )  # fmt: skip


def by_time(trades: Trades) -> Chart:
    """Profit by the weekday and the hour of entry."""
    columns = {"gains": trades.gain, "profits": trades.profit}
    days = metrics.by_weekday(trades.entered_at, **columns)
    hours = metrics.by_hour(trades.entered_at, **columns)
    bars = [
        {"type": "bar", "x": [group.name[:letters] for group in groups],
         "y": [round(group.profit, 2) for group in groups],
         "text": [f"{group.trades} trades" for group in groups], "textposition": "none", "xaxis": axis,
         "yaxis": axis.replace("x", "y"), "hovertemplate": "%{x}: %{y:,.2f} in %{text}<extra></extra>",
         "marker": {"color": [UP if group.profit > 0 else DOWN for group in groups]}, "showlegend": False}
        for groups, axis, letters in ((days, "x", 3), (hours, "x2", 2))
    ]  # fmt: skip
    return Chart(
        name="by-time",
        title="By weekday and hour of entry (UTC)",
        note="In quote currency. With few trades a bar says nothing: hover to see how many are in it.",
        data=bars,
        layout=_layout(
            hovermode="closest", xaxis={"domain": [0, 0.34]},
            xaxis2={"domain": [0.42, 1], "anchor": "y2", "type": "category"},
            yaxis2={"anchor": "x2"},
        ),
    )  # fmt: skip


def surface(values: Mapping[str, Any]) -> Chart:
    """A sweep's result over two parameters: `x`, `y` (names), `xs`, `ys` (values), `z` (rows of y)."""
    return Chart(
        name="surface",
        title=f"{values['figure']} over {values['x']} and {values['y']}",
        note="A broad plateau is worth more than a single peak: neighbours show what a small change does.",
        height=420,
        data=[
            {"type": "heatmap", "x": [str(x) for x in values["xs"]], "y": [str(y) for y in values["ys"]],
             "z": values["z"], "colorscale": [[0, DOWN], [0.5, "#e8e2c9"], [1, UP]], "zmid": 0,
             "hovertemplate": f"{values['x']} %{{x}}, {values['y']} %{{y}}: %{{z:.3f}}<extra></extra>",
             "colorbar": {"thickness": 10, "outlinewidth": 0}},
        ],
        layout=_layout(
            hovermode="closest", xaxis={"title": {"text": values["x"]}, "type": "category"},
            yaxis={"title": {"text": values["y"]}, "type": "category"},
        ),
    )  # fmt: skip


def windows(found: Sequence[Mapping[str, Any]]) -> Chart:
    """Training against test, window by window; `found` as `WalkedForward.plain` gives them."""
    starts = [np.array([each["test_start"]], np.int64) for each in found]
    x = [_times(each)[0][:10] for each in starts]
    texts = [", ".join(f"{name} {value}" for name, value in each["parameters"].items()) for each in found]

    def percent(name: str) -> list[float | None]:
        return [None if each[name] is None else round(100 * each[name], 3) for each in found]

    return Chart(
        name="windows",
        title="Training and test, window by window",
        note="Annual returns in percent. Tests far below their training show what choosing was worth.",
        data=[
            {"type": "bar", "x": x, "y": percent("inside_annual_return"), "name": "Training", "text": texts,
             "textposition": "none", "hovertemplate": "%{text}: %{y:.1f} %<extra></extra>",
             "marker": {"color": SOFT}},
            {"type": "bar", "x": x, "y": percent("outside_annual_return"), "name": "Test", "text": texts,
             "textposition": "none", "hovertemplate": "%{text}: %{y:.1f} %<extra></extra>",
             "marker": {"color": ACCENT}},
        ],
        layout=_layout(hovermode="closest", yaxis={"ticksuffix": " %"}, xaxis={"type": "category"}),
    )  # fmt: skip


def charts(record: TrackRecord, series: Sequence[Candles] = ()) -> list[Chart]:
    """All that a record alone (and its candles) shows, in the order of reading."""
    found: list[Chart | None] = [equity(record)]
    for candles in series:
        if candles.symbol in record.trades.symbols:
            own = record.trades.symbol == record.trades.symbols.index(candles.symbol)
            found.append(trades_on_prices(candles.between(record.start), record.trades.where(own)))
    found.append(months(record))
    if len(record.trades):
        trades = record.trades
        found += [gains(trades), r_multiples(trades), excursions(trades), by_time(trades)]
    return [chart for chart in found if chart is not None]


def _bin(values: FloatArray) -> float:
    """A round width for the bars of a histogram of some forty bars: 1, 2 or 5 times a power of ten."""
    reach = float(np.ptp(values)) if len(values) > 1 else 0.0
    if not reach > 0:
        return 1.0
    unit = 10.0 ** np.floor(np.log10(reach / 40))
    return float(next(unit * step for step in (1, 2, 5, 10) if unit * step >= reach / 40))
