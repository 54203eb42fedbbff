"""The end of every command that looks at the past: counted, judged, kept, told, and written as a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from thebot.backtesting import TrackRecord
    from thebot.backtesting.accuracy import Accuracy
    from thebot.backtesting.report import Chart
    from thebot.backtesting.sweep import SweepResult
    from thebot.backtesting.walkforward import WalkedForward
    from thebot.cli.asked import Asked
    from thebot.research.conclusion import Conclusion
    from thebot.storage.results.rows import Kind

SaveOption: TypeAlias = Annotated[
    bool, typer.Option("--save/--no-save", help="Keep the result: thebot results, and the dashboard.")
]
NameOption: TypeAlias = Annotated[str, typer.Option(help="What to call the result.")]
DrawsOption: TypeAlias = Annotated[
    int, typer.Option(min=0, help="Shuffled markets that the strategy is held against; 0: none.")
]
FullOption: TypeAlias = Annotated[bool, typer.Option("--full", help="Print every table and all findings.")]


def finished(
    record: TrackRecord,
    given: Asked,
    *,
    kind: Kind,
    name: str = "",
    save: bool = True,
    draws: int = 100,
    full: bool = False,
    as_json: bool = False,
    report: Path | None = None,
    accuracy: Sequence[Accuracy] = (),
    sweep: SweepResult | None = None,
    walked: WalkedForward | None = None,
) -> Conclusion:
    """Conclude, and tell it on the terminal or as JSON."""
    from thebot.research.conclusion import concluded
    from thebot.research.kept import kept_results

    with kept_results(given.folder.path) as results:
        end = concluded(
            record, given.series, results, kind=kind, name=name, sweep=sweep, walked=walked, draws=draws,
            save=save,
        )  # fmt: skip
    if report is not None:
        _write(report, end, given, sweep, walked)
    if as_json:
        told = {"accuracy": [each.plain() for each in accuracy]} if accuracy else {}
        typer.echo(json.dumps(end.plain() | told, allow_nan=False))
        return end
    from rich.console import Console

    from thebot.cli.told import tell

    console = Console(highlight=False)
    tell(end.record, console, verdict=end.verdict, accuracy=accuracy, full=full)
    if end.id:
        console.print(f"\nKept as [bold]{end.id}[/]: thebot results show {end.id}", soft_wrap=True)
    if report is not None:
        console.print(f"The report is in {report}", soft_wrap=True)
    return end


def _write(
    path: Path, end: Conclusion, given: Asked, sweep: SweepResult | None, walked: WalkedForward | None
) -> None:
    from thebot.backtesting.report import report, write_report
    from thebot.backtesting.report.added import sweep_sections, walk_sections
    from thebot.backtesting.report.charts import surface, windows

    charts: list[Chart] = []
    sections: list[tuple[str, str]] = []
    if sweep is not None:
        sections += sweep_sections(sweep)
        if (values := sweep.surface()) is not None:
            charts.append(surface(values))
    if walked is not None:
        sections += walk_sections(walked)
        charts.append(windows(walked.plain()["windows"]))
    series = [candles.between(end=end.record.end) for candles in given.series]
    html = report(end.record, series, verdict=end.verdict, more_charts=charts, sections=sections)
    write_report(path, html)
