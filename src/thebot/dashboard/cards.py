"""What callbacks put on the page: signals with their reasons, facts about the platform, failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dash import html

from thebot.dashboard.tags import data

if TYPE_CHECKING:
    from thebot.market import Symbol
    from thebot.strategy.signal import Signal

_TIMES: Final = ("exchange_time", "now")  # in ms UTC
_LEVELS: Final = {"LOW": 1, "MEDIUM": 2, "HIGH": 3}


def signals(found: Sequence[Signal], digits: Mapping[Symbol, int], of: Symbol | None) -> list[html.Div]:
    """The list, newest first. Times are written by the page, which knows the trader's clock."""
    if not found:
        return [
            html.Div(
                [
                    html.Strong(f"No signal on {of} yet." if of else "No signal yet."),
                    html.P(
                        "Strategies decide when a candle closes. What they see then appears here by itself."
                    ),
                ],
                className="empty",
            )
        ]
    return [_signal(each, digits.get(each.symbol, 8)) for each in found]


def _signal(signal: Signal, digits: int) -> html.Div:
    side = signal.side.lower()
    doubt = f"{signal.level}: confidence {signal.confidence:.0%}, strength {signal.strength:.0%}"
    return html.Div(
        html.Button(
            [
                html.Span(signal.side, className=f"side {side}"),
                html.Span(signal.symbol, className="name"),
                html.Span(signal.timeframe.name, className="timeframe"),
                html.Span(
                    [html.I(className="on" if i < _LEVELS[signal.level] else "") for i in range(3)],
                    className="level",
                    title=doubt,
                ),
                html.Span(f"{signal.price:,.{digits}f}", className="price"),
                html.Span(signal.strategy, className="strategy"),
                html.Time(className="at", **data(at=str(signal.at))),
                html.Span([html.Span(reason) for reason in signal.reasons], className="reasons"),
            ],
            type="button",
            className=f"signal {side}",
            title=f"Show {signal.symbol} {signal.timeframe.name} at this signal",
            **data(symbol=signal.symbol, timeframe=signal.timeframe.name, at=str(signal.at)),
        ),
        key="|".join(str(part) for part in signal.key),
    )


def facts(health: Mapping[str, Any]) -> list[html.Div]:
    """Everything that `/api/health` says, in rows."""
    return [
        html.Div([html.Span(name.replace("_", " ")), html.B(value)], className="fact")
        for name, value in _rows(health, "")
    ]


def _rows(values: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        path = f"{above} {name}".strip()
        if isinstance(value, Mapping):
            yield from _rows(value, path)
        else:
            yield path, _said(name, value)


def _said(name: str, value: object) -> str:
    """A figure as a person writes it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name in _TIMES:
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, int | float):
        return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
    return "none" if value in (None, "") else str(value)


def failure(what: str, *, reference: str, retry: str) -> html.Div:
    """Says what failed without the inner reasons, which are in the log under `reference`."""
    return html.Div(
        [
            html.Strong(what),
            html.P(["The log has the details under reference ", html.Code(reference), "."]),
            html.Button("Try again", type="button", className="plain", **data(retry=retry)),
        ],
        className="failure",
        role="alert",
    )
