"""What the page of a result shows besides its figures, as JSON made once: the serving process hands it on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from thebot.backtesting import TrackRecord
from thebot.backtesting.report.charts import charts, surface
from thebot.backtesting.summary import tables
from thebot.backtesting.trades import Trades
from thebot.backtesting.verdict import verdict
from thebot.live.experiment import PAGE, TRADES
from thebot.market import Candles

_ROWS: Final = 20_000  # trades in a list; more are in the result's own files
_DRAWN: Final = 4  # symbols with a chart of their own: each takes a quarter of a megabyte
_TIMES: Final = ("decided_at", "entered_at", "left_at")


def page(
    record: TrackRecord, series: Sequence[Candles] = (), *, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Verdict, charts and tables. `series` are its candles, to draw the trades on; `extra` what was kept
    with it: `assessment`, `sweep` and `walkforward`, if there are any.
    """
    extra = extra or {}
    sweep: Mapping[str, Any] = extra.get("sweep") or {}
    drawn = [chart.plain() for chart in charts(record, _most_traded(record.trades, series))]
    if sweep.get("surface"):
        drawn.append(surface(sweep["surface"]).plain())
    return {
        "verdict": verdict(
            record,
            assessment=extra.get("assessment"),
            sweep=sweep.get("assessment"),
            walkforward=extra.get("walkforward"),
        ).plain(),
        # The equity is drawn from the curve that comes with the figures.
        "charts": [chart for chart in drawn if chart["name"] not in ("equity", "months")],
        "tables": tables(record).plain(),
        "plan": record.strategy.plain(),
    }


def trades(record: TrackRecord) -> dict[str, Any]:
    """The newest trades in columns, oldest first: times in ms UTC, unknown is None."""
    found = record.trades[max(0, len(record.trades) - _ROWS) :]
    columns = {
        name: _plain(name, column)
        for name, column in found.columns().items()
        if name not in ("symbol", "side", "ending")
    }
    risk = found.risk
    with np.errstate(divide="ignore", invalid="ignore"):
        multiples = np.where(risk > 0, found.profit / risk, np.nan)
    return {
        "count": len(record.trades),
        "symbol": list(found.names),
        "side": list(found.sides),
        "ending": list(found.endings),
        "r": _plain("r", multiples),
        **columns,
    }


def write(
    folder: Path,
    record: TrackRecord,
    series: Sequence[Candles] = (),
    *,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write both beside the result's files in `folder`, each whole or not at all."""
    for name, content in ((TRADES, trades(record)), (PAGE, page(record, series, extra=extra))):
        new = folder / f".{name}.{os.getpid()}"
        new.write_text(json.dumps(content, allow_nan=False, separators=(",", ":")), encoding="utf-8")
        new.replace(folder / name)


def _plain(name: str, column: np.ndarray[Any, Any]) -> list[Any]:
    if name in _TIMES or column.dtype == np.bool_:
        return list(column.tolist())
    # Twelve digits: what is beyond is rounding of the arithmetic, and doubles the size.
    return [float(f"{value:.12g}") if np.isfinite(value) else None for value in column.tolist()]


def _most_traded(trades: Trades, series: Sequence[Candles]) -> list[Candles]:
    counts = dict(zip(*np.unique(np.array(trades.names, dtype=object), return_counts=True), strict=True))
    by_count = sorted(series, key=lambda candles: -int(counts.get(candles.symbol, 0)))
    return by_count[:_DRAWN]
