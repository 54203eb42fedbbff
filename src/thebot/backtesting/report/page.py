"""The report as one HTML file that needs nothing else: no network, no server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from thebot.backtesting.record import TrackRecord
from thebot.backtesting.report.charts import Chart
from thebot.backtesting.summary import Figure
from thebot.backtesting.verdict import Verdict
from thebot.market.quality import moment

_TRADES: Final = 1_000  # rows of the table of trades; all of them are in the JSON
_FINDINGS: Final = 40

Row = Sequence[str]


def page(
    record: TrackRecord,
    *,
    title: str,
    figures: Mapping[str, Figure],
    charts: Sequence[Chart],
    verdict: Verdict | None,
    sections: Iterable[tuple[str, str]] = (),
) -> str:
    """The whole file. `sections` are further headings with HTML of their own (a sweep, a walk-forward)."""
    drawn = [(chart, f"chart-{number}") for number, chart in enumerate(charts)]
    body = [
        _header(record, title),
        "" if verdict is None else _verdict(verdict),
        _tiles(figures.values()),
        '<section class="charts">',
        *(_place(chart, where) for chart, where in drawn),
        "</section>",
        *(f"<section><h2>{escape(name)}</h2>{html}</section>" for name, html in sections),
        _trades(record),
        _made_with(record),
        _definitions(figures.values()),
    ]
    calls = "".join(
        f"draw({json.dumps(where)},{json.dumps(chart.data)},{json.dumps(chart.layout)});"
        for chart, where in drawn
    )
    return Template(_own("report.html")).substitute(
        title=escape(title), style=_own("report.css"), body="\n".join(body), plotly=_plotly(),
        calls=_harmless(calls),
    )  # fmt: skip


def table(head: Row, rows: Iterable[Row], texts: int = 1) -> str:
    """An HTML table; the first `texts` columns are text, the others numbers, aligned to the right."""

    def cells(row: Row, tag: str) -> str:
        return "".join(
            f"<{tag}{'' if k < texts else ' class=n'}>{escape(cell)}</{tag}>" for k, cell in enumerate(row)
        )

    lines = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{cells(head, "th")}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _header(record: TrackRecord, title: str) -> str:
    tried = f"{record.trials:,} variants tried on these candles" if record.trials > 1 else "one variant tried"
    return (
        f"<header><h1>{escape(title)}</h1><p>{escape(record.strategy.label)}</p>"
        f"<p class=soft>{escape(record.symbol)} {record.timeframe.name}, {moment(record.start)} until "
        f"{moment(record.end)}, {record.candles:,} closes; {len(record.trades):,} trades; {tried}; "
        f"{record.origin}</p></header>"
    )


def _verdict(verdict: Verdict) -> str:
    lists: list[tuple[str, Sequence[str]]] = [
        ("What is good", verdict.good),
        ("What is doubtful", verdict.doubtful),
        ("What would kill it", verdict.killers),
    ]
    parts = "".join(
        f"<div><h3>{name}</h3><ul>{''.join(f'<li>{escape(each)}</li>' for each in told)}</ul></div>"
        for name, told in lists
        if told
    )
    return (
        f'<section class="verdict {escape(verdict.level)}"><h2>{escape(verdict.sentence)}</h2>'
        f'<div class="three">{parts}</div></section>'
    )


def _tiles(figures: Iterable[Figure]) -> str:
    """Every figure by group, the headline ones with their interval."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.group, []).append(figure)
    parts = []
    for group, members in groups.items():
        rows = "".join(
            f'<tr title="{escape(each.definition)}"><td>{escape(each.title)}</td>'
            f"<td class=n>{escape(each.text)}</td><td class=n>{escape(each.interval_text)}</td></tr>"
            for each in members
        )
        parts.append(f"<div><h3>{escape(group)}</h3><table class=figures><tbody>{rows}</tbody></table></div>")
    return (
        "<section><h2>Figures</h2><p class=soft>The last column is the 95 % interval by resampling: what it "
        f'might have been by chance.</p><div class="three">{"".join(parts)}</div></section>'
    )


def _place(chart: Chart, where: str) -> str:
    return (
        f"<figure><h3>{escape(chart.title)}</h3><p class=soft>{escape(chart.note)}</p>"
        f'<div id="{where}" style="height:{chart.height}px"></div></figure>'
    )


def _trades(record: TrackRecord) -> str:
    last = record.trades[max(0, len(record.trades) - _TRADES) :]
    rows = [
        (
            trade.symbol, trade.side, trade.ending + (" (order unknown)" if trade.doubtful else ""),
            moment(trade.entered_at), f"{trade.entry_price:,.8g}", moment(trade.left_at),
            f"{trade.exit_price:,.8g}", f"{trade.quantity:,.8g}", f"{trade.fees + trade.slippage:,.2f}",
            f"{trade.profit:+,.2f}", f"{trade.gain:+.2%}",
        )
        for trade in last
    ]  # fmt: skip
    head = (
        "Symbol", "Side", "Left by", "Entered (UTC)", "Price", "Left (UTC)", "Price", "Quantity", "Costs",
        "Profit", "Gain",
    )  # fmt: skip
    told = f"the last {len(last):,} of {len(record.trades):,}" if len(last) < len(record.trades) else "all"
    return f"<section><details><summary>Trades ({told})</summary>{table(head, rows, 3)}</details></section>"


def _made_with(record: TrackRecord) -> str:
    """Everything that is needed to do it again."""
    facts = {
        **{f"strategy: {name}": value for name, value in record.strategy.plain().items()},
        **{f"costs: {name}": value for name, value in record.costs.plain().items()},
        "cash": record.start_equity, "shorts": record.account.shorts, "data hash": record.data_hash,
        "seed": record.seed, "thebot": record.version,
    }  # fmt: skip
    rows = [(name, _said(value)) for name, value in facts.items() if value not in (None, "", [], {})]
    told = [*map(str, record.findings[:_FINDINGS]), *record.warnings]
    notes = "".join(f"<li>{escape(each)}</li>" for each in told)
    more = len(record.findings) - _FINDINGS
    if more > 0:
        notes += f"<li>and {more:,} more findings in the data</li>"
    return (
        f"<section><h2>To know</h2><ul>{notes or '<li>Nothing was found in the data.</li>'}</ul></section>"
        f"<section><h2>Made with</h2>{table(('What', 'Value'), rows, 2)}</section>"
    )


def _definitions(figures: Iterable[Figure]) -> str:
    rows = [(each.title, each.definition) for each in figures]
    inner = table(("Figure", "What it says"), rows, 2)
    return f"<section><details><summary>What the figures mean</summary>{inner}</details></section>"


def _said(value: Any) -> str:  # noqa: ANN401  (whatever JSON has)
    return value if isinstance(value, str) else json.dumps(value)


def _own(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _plotly() -> str:
    """Plotly's script, out of the installed package."""
    return _harmless((files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8"))


def _harmless(script: str) -> str:
    """Fit to stand between script tags."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
