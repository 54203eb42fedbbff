"""`thebot walkforward`: parameters chosen on one stretch of the past, traded on the next."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from thebot.cli.past import Past, about_the_past
from thebot.cli.searching import (
    ByOption,
    ClusterOption,
    SearchOption,
    TriesOption,
    WorkersOption,
    job_of,
    search_of,
)
from thebot.errors import BadSetting

if TYPE_CHECKING:
    from thebot.backtesting.splits import WalkForward
    from thebot.backtesting.walkforward import WalkedForward
    from thebot.cli.asked import Asked


@about_the_past
def walkforward(
    past: Past,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary", metavar="NAME=VALUES", help="What is chosen on each training, as period=5:30:5."
        ),
    ] = None,
    train: Annotated[
        str | None, typer.Option(help="How long a training is: candles, or a span as 180d. With --test.")
    ] = None,
    test: Annotated[str | None, typer.Option(help="How long a test is: candles, or a span as 30d.")] = None,
    windows: Annotated[
        int, typer.Option(min=2, help="How many windows, if no lengths are given: trainings of three tests.")
    ] = 8,
    anchored: Annotated[
        bool, typer.Option("--anchored", help="Trainings begin at the start and grow, instead of rolling.")
    ] = False,
    purge: Annotated[int, typer.Option(min=0, help="Candles left free between training and test.")] = 0,
    search: SearchOption = "grid",
    tries: TriesOption = 200,
    by: ByOption = "sharpe_ratio",
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
) -> None:
    """Choose parameters on one stretch, trade them on the next, and so on: what one could have had."""
    from thebot.backtesting.walkforward import walk_forward
    from thebot.research.kept import kept_results

    wanted = search_of(past, vary, search, tries, by, workers, cluster) if vary else None
    job, given = job_of(past, wanted)
    split = _split(given, train, test, windows, anchored=anchored, purge=purge)
    with kept_results(given.folder.path) as ledger, _bar(quiet=past.as_json) as progress:
        walked = walk_forward(job, wanted, split, end=given.end, ledger=ledger, progress=progress)
    if not past.as_json:
        _tell(walked)
    past.finish(walked.record, given, kind="walkforward", walked=walked)
    if not walked.complete:
        sys.stderr.write("Interrupted. The windows that were done are shown.\n")
        raise KeyboardInterrupt


def _split(
    given: Asked, train: str | None, test: str | None, windows: int, *, anchored: bool, purge: int
) -> WalkForward:
    """How the candles are cut, in candles of the first symbol."""
    from thebot.backtesting.splits import WalkForward
    from thebot.strategy.exits import span_ms

    timeframe = given.series[0].timeframe
    rows = len(given.series[0].between(given.start, given.end))
    if (train is None) != (test is None):
        raise BadSetting("--train and --test go together: give both, or --windows alone.")
    if train is not None and test is not None:
        long, short = (
            span_ms(int(each) if each.isdigit() else each, timeframe, option) // timeframe.nominal_ms
            for each, option in ((train, "--train"), (test, "--test"))
        )
        if not (long and short):
            raise BadSetting(
                f"--train {train} --test {test}: one of them is shorter than a candle of {timeframe}."
            )
        return WalkForward(train=long, test=short, purge=purge, anchored=anchored, rest=True)
    part = (rows - purge) // (windows + 3)
    if part < 2:
        raise BadSetting(f"{rows} candles do not make {windows} windows: take fewer, or more candles.")
    first = rows - purge - windows * part  # three tests, and the few candles that do not divide evenly
    return WalkForward(train=first, test=part, purge=purge, anchored=anchored, rest=False)


@contextlib.contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("Windows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as shown:
        task = shown.add_task("Windows", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def _tell(walked: WalkedForward) -> None:
    from rich.console import Console
    from rich.table import Table

    from thebot.backtesting.report.added import walk_head, walk_rows, walk_words

    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for number, each in enumerate(walk_head(walked)):
        title = each.replace(", ", ",\n")
        table.add_column(title, justify="right" if number > 1 else "left", no_wrap=True)
    for row in walk_rows(walked):
        table.add_row(*row)
    console.print("[bold]Window by window[/]")
    # of many parameters a line goes on in the next one rather than that figures are cut
    needed = console.measure(table, options=console.options.update(max_width=1_000)).maximum
    Console(highlight=False, width=max(console.width, needed)).print(table)
    for words in walk_words(walked):
        console.print(words)
    console.print("\n[bold]The tests, stitched together[/]")
