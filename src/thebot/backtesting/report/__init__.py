"""A report that a person reads: one HTML file with the figures, the pictures and a verdict."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from thebot.backtesting.metrics import TradeGroup
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.report.charts import Chart
from thebot.backtesting.report.charts import charts as charts_of
from thebot.backtesting.report.page import page, table
from thebot.backtesting.summary import figures, said, tables
from thebot.backtesting.verdict import Verdict
from thebot.errors import StorageError
from thebot.market import Candles

__all__ = ["Chart", "report", "write_report"]


def report(
    record: TrackRecord,
    series: Sequence[Candles] = (),
    *,
    title: str = "",
    verdict: Verdict | None = None,
    more_charts: Sequence[Chart] = (),
    sections: Sequence[tuple[str, str]] = (),
) -> str:
    """The report of a record as HTML. `series` are the candles that it was traded on, for the prices.

    `more_charts` and `sections` (headings with HTML) are what a sweep or a walk-forward adds.
    """
    grouped = tables(record)
    groups = [
        ("By the way out", grouped.reasons), ("By side", grouped.sides), ("By symbol", grouped.symbols),
    ]  # fmt: skip
    told = "".join(f"<h3>{name}</h3>{_groups(rows)}" for name, rows in groups if len(rows) > 1)
    own = [("Trades in groups", told)] if told else []
    return page(
        record,
        title=title or f"{record.strategy.name} on {record.symbol} {record.timeframe}",
        figures=figures(record),
        charts=[*charts_of(record, series), *more_charts],
        verdict=verdict,
        sections=[*sections, *own],
    )


def write_report(path: Path, html: str) -> None:
    """Write it whole or not at all. Raises StorageError if that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".report-", suffix=".html")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(html)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            f"The report cannot be written to {path} ({error.strerror or error}). Name a file in a folder "
            "where you may write, and see that there is space."
        ) from error


def _groups(groups: Sequence[TradeGroup]) -> str:
    head = ("", "Trades", "Won", "Profit", "Mean gain", "Profit factor")
    rows = [
        (
            group.name, f"{group.trades:,}", said(group.win_rate, "fraction", digits=1),
            said(group.profit, "quote", signed=True), said(group.gain, "fraction", signed=True),
            said(group.profit_factor, "ratio"),
        )
        for group in groups
    ]  # fmt: skip
    return table(head, rows)
