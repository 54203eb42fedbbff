"""`thebot sweep`: many variants of a strategy, and what all of them say of the best."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from thebot.cli.asked import (
    CandlesOption,
    CashOption,
    DataOption,
    EndOption,
    FeeOption,
    JsonOption,
    MaxOpenOption,
    ReportOption,
    SeedOption,
    SetOption,
    ShortsOption,
    SlippageOption,
    StartOption,
    StrategyOption,
    SymbolOption,
    TimeframeOption,
    asked,
)
from thebot.cli.finished import DrawsOption, FullOption, NameOption, SaveOption, finished
from thebot.cli.searching import (
    ByOption,
    ClusterOption,
    SearchOption,
    TriesOption,
    WorkersOption,
    bar,
    job_of,
)

if TYPE_CHECKING:
    from thebot.backtesting.sweep import Job, Journal, Search, SweepResult
    from thebot.cli.asked import Asked

_SHOWN: Final = 10


def sweep(
    symbol: SymbolOption,
    timeframe: TimeframeOption,
    strategy: StrategyOption,
    vary: Annotated[
        list[str],
        typer.Option(
            "--vary", metavar="NAME=VALUES", help="What varies: period=5:30:5, stop=1atr,2atr, width=1.5:3.0."
        ),
    ],
    settings: SetOption = None,
    search: SearchOption = "grid",
    tries: TriesOption = 200,
    by: ByOption = "sharpe_ratio",
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Begin anew, though the same sweep was made or interrupted before."),
    ] = False,
    candles: CandlesOption = None,
    start: StartOption = None,
    end: EndOption = None,
    fee: FeeOption = 0.001,
    slippage: SlippageOption = 0.0005,
    cash: CashOption = 10_000.0,
    shorts: ShortsOption = False,
    max_open: MaxOpenOption = None,
    seed: SeedOption = 0,
    draws: DrawsOption = 100,
    save: SaveOption = True,
    name: NameOption = "",
    report: ReportOption = None,
    full: FullOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try many variants of a strategy. All count; Ctrl-C keeps what is done, the same command goes on."""
    from thebot.backtesting.sweep import Search, Space, SweepResult, searched
    from thebot.research.kept import kept_results

    wanted = Search(
        space=Space.of_texts(vary), method=search, tries=tries, seed=seed, by=by, workers=workers,  # type: ignore[arg-type]  # Search checks it
        cluster=cluster,
    )  # fmt: skip
    given = asked(
        None, symbol=symbol, timeframe=timeframe, candles=candles, start=start, end=end, fee=fee,
        slippage=slippage, cash=cash, shorts=shorts, max_open=max_open, data=data, quiet=as_json,
    )  # fmt: skip
    job = job_of(strategy, settings, given)
    journal = _journal(strategy, job, wanted, given, fresh=fresh)
    with kept_results(given.folder.path) as ledger, bar("Variants", quiet=as_json) as progress:
        found = searched(job, wanted, journal=journal, ledger=ledger, progress=progress)
        result = SweepResult.of(found)
    if not as_json:
        _tell(result)
    finished(
        result.record, given, kind="sweep", name=name, save=save, draws=draws, full=full, as_json=as_json,
        report=report, sweep=result,
    )  # fmt: skip
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
