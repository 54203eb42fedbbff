"""`thebot sweep`: many variants of a strategy, and what all of them say of the best."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from thebot.cli.finished import DrawsOption
from thebot.cli.past import Past, about_the_past
from thebot.cli.searching import (
    ByOption,
    ClusterOption,
    SearchOption,
    TriesOption,
    WorkersOption,
    bar,
    job_of,
    search_of,
)

if TYPE_CHECKING:
    from thebot.backtesting.sweep import Job, Journal, Search, SweepResult
    from thebot.cli.asked import Asked

_SHOWN: Final = 10


@about_the_past
def sweep(
    past: Past,
    vary: Annotated[
        list[str],
        typer.Option(
            "--vary", metavar="NAME=VALUES", help="What varies: period=5:30:5, stop=1atr,2atr, width=1.5:3.0."
        ),
    ],
    search: SearchOption = "grid",
    tries: TriesOption = 200,
    by: ByOption = "sharpe_ratio",
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Begin anew, though the same sweep was made or interrupted before."),
    ] = False,
    draws: DrawsOption = 100,
) -> None:
    """Try many variants of a strategy. All count; Ctrl-C keeps what is done, the same command goes on."""
    from thebot.backtesting.sweep import SweepResult, searched
    from thebot.research.kept import kept_results

    wanted = search_of(past, vary, search, tries, by, workers, cluster)
    job, given = job_of(past, wanted)
    journal = _journal(past.strategy, job, wanted, given, fresh=fresh)
    with kept_results(given.folder.path) as ledger, bar("Variants", quiet=past.as_json) as progress:
        found = searched(job, wanted, journal=journal, ledger=ledger, progress=progress)
    if not (found.complete or found.valid):
        sys.stderr.write("Interrupted before the first variants were done.\n")
        raise KeyboardInterrupt
    result = SweepResult.of(found)
    if not past.as_json:
        _tell(result)
    past.finish(result.record, given, kind="sweep", draws=draws, sweep=result)
    if not found.complete:
        sys.stderr.write("Interrupted. What was tried is kept; the same command goes on from there.\n")
        raise KeyboardInterrupt


def _journal(strategy: str, job: Job, search: Search, given: Asked, *, fresh: bool) -> Journal:
    """The notes of the search: one file for all searches of a strategy on the same candles and costs."""
    from thebot.backtesting.sweep import Journal, about

    told = about(job, search, strategy)
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    path = given.folder.prepare().path / "sweeps" / f"{key}.jsonl"
    if fresh:
        path.unlink(missing_ok=True)
    return Journal(path, told)


def _tell(result: SweepResult) -> None:
    from rich.console import Console
    from rich.table import Table

    from thebot.backtesting.report.added import sweep_head, sweep_rows, sweep_words

    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for each in sweep_head(result):
        table.add_column(each, justify="right")
    for row in sweep_rows(result, _SHOWN):
        table.add_row(*row)
    console.print(f"[bold]The best {min(_SHOWN, len(result.ranked))} of {len(result.ranked):,} variants[/]")
    console.print(table)
    for words in sweep_words(result):
        console.print(words)
    console.print("\n[bold]The best of them[/]")
