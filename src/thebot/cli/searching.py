"""What the commands that search over parameters are asked in common, and the job that comes of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from thebot.cli.asked import parameters, source_of
from thebot.errors import BadSetting

if TYPE_CHECKING:
    from thebot.backtesting.sweep import Job, Progress, Search
    from thebot.cli.asked import Asked
    from thebot.cli.past import Past

SearchOption: TypeAlias = Annotated[
    str, typer.Option("--search", help="grid (all of them), random, or tpe (learns where it is good).")
]
TriesOption: TypeAlias = Annotated[int, typer.Option(min=1, help="How many variants random and tpe try.")]
ByOption: TypeAlias = Annotated[
    str,
    typer.Option(
        help="What is best: sharpe_ratio, sortino_ratio, calmar_ratio, total_return, profit_factor, win_rate."
    ),
]
WorkersOption: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="Processes; by default one a core, where that pays.")
]
ClusterOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="A Dask scheduler whose workers do the work.")
]


def search_of(
    past: Past,
    vary: Sequence[str],
    search: str,
    tries: int,
    by: str,
    workers: int | None,
    cluster: str | None,
) -> Search:
    """How to search, as the options say. Raises BadSetting or UnknownName for what cannot be."""
    from thebot.backtesting.sweep import Search, Space

    return Search(
        space=Space.of_texts(vary), method=search, tries=tries, seed=past.seed, by=by, workers=workers,  # type: ignore[arg-type]  # Search checks it
        cluster=cluster,
    )  # fmt: skip


def job_of(past: Past, search: Search | None) -> tuple[Job, Asked]:
    """What the variants have in common, and the candles with it, far enough back for each to warm up.

    Raises BadSetting for what cannot be swept.
    """
    from thebot.backtesting.sweep import Job
    from thebot.backtesting.trial import ready
    from thebot.market import Timeframe
    from thebot.research.trials import longest_warmup

    source = source_of(past.strategy, past.data)
    if source.stateful:
        raise BadSetting(
            f"{source.name} keeps a state, so each variant must go through all candles one by one: it cannot "
            "be swept. Try single ones by thebot replay."
        )
    fixed = parameters(past.settings or [])
    space = None if search is None else search.space
    twice = [] if space is None else [name for name in space.dimensions if name in fixed]
    if twice:
        raise BadSetting(f"{', '.join(twice)}: give it by --set or by --vary, not by both.")
    given = past.given_with(longest_warmup(source, fixed, space, Timeframe(past.timeframe)))
    whole, _ = ready(given.series, given.start, given.end)
    job = Job(
        source=source,
        series=tuple(whole),
        account=given.account,
        costs=given.costs,
        instruments=given.instruments,
        start=given.start,
        fixed=fixed,
    )
    return job, given


@contextlib.contextmanager
def bar(what: str, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar with the time left and the best so far, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"), TextColumn("[dim]{task.fields[best]}"),
    )  # fmt: skip
    with Bar(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as shown:
        task = shown.add_task(what, total=None, left="", best="")

        def progress(now: Progress) -> None:
            left = f"{now.left:,.0f} s left" if now.left == now.left else ""
            best = f"best so far {now.best:.3f}" if now.best == now.best else ""
            shown.update(task, completed=now.done, total=now.total, left=left, best=best)

        yield progress
