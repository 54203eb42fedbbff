"""thebot results [list]|show|compare|delete: what backtests, sweeps and walk-forwards came to."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from thebot.errors import BadSetting, StorageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from thebot.storage.results import Comparison, Listed, Results, Summary

results = typer.Typer(
    help="What was saved of backtests, sweeps and walk-forwards: list, show, compare, delete.",
    invoke_without_command=True,
)

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The data folder; by default the platform's own for a user."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Id = Annotated[str, typer.Argument(help="An id, the beginning of one, or last.")]

_WIDE: Final = 130  # columns of a terminal that hold a result in one line
_USUAL: Final = (
    "total_return", "annual_return", "buy_and_hold", "volatility", "max_drawdown", "longest_drawdown",
    "sharpe_ratio", "sortino_ratio", "calmar_ratio", "trades", "win_rate", "profit_factor", "expectancy",
    "exposure", "costs_paid", "break_even_cost",
)  # fmt: skip


@results.callback()
def _results(context: typer.Context, data: Data = None, as_json: Json = False) -> None:
    """What was saved of backtests, sweeps and walk-forwards: list, show, compare, delete."""
    if context.invoked_subcommand is None:
        listed(data=data, as_json=as_json)


@results.command("list")
def listed(
    symbol: Annotated[str | None, typer.Option(help="Of one market only, as BTCUSDT.")] = None,
    strategy: Annotated[str | None, typer.Option(help="Of one strategy only, by its name.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="Of one kind only: backtest, replay, sweep, walkforward.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the results, newest first."""
    with _opened(data) as kept:
        found = kept.list(symbol, strategy, kind, limit)
        damaged = kept.damaged()
    if as_json:
        told = {"results": [each.plain() for each in found], "damaged": damaged}
        typer.echo(json.dumps(told, allow_nan=False))
        return
    console = _console()
    if found:
        console.print(_list(found, width=console.width))
    elif symbol or strategy or kind:
        console.print("No result is such a one. All of them: thebot results list")
    else:
        console.print("Nothing was saved in this data folder so far.")
    if damaged:
        console.print(
            f"\n[bold]Damaged[/] ({len(damaged):,}; thebot results delete ID removes what is left):"
        )
    for id, why in damaged.items():
        console.print(f"  {id}: {why}")


@results.command("show")
def show(
    id: Id = "last",
    full: Annotated[bool, typer.Option("--full", help="Every figure, table and finding.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show one result as its backtest did."""
    from thebot.backtesting.verdict import verdict

    with _opened(data) as kept:
        summary = kept.summary(id)
        try:
            record = kept.load(summary.id)
        except StorageError as error:  # its figures are in the database still
            _show_what_is_left(summary, str(error), as_json)
            return
    assessed = summary.extra.get("assessment")
    numbers = {name: each for name, each in assessed.items() if each is not None} if assessed else None
    judged = verdict(record, assessment=numbers)
    if as_json:
        told = {"record": record.plain(), "verdict": judged.plain()}
        typer.echo(json.dumps(summary.plain() | told, allow_nan=False))
        return
    from thebot.cli.told import tell

    console = _console()
    console.print(_heading(summary))
    tell(record, console, verdict=judged, full=full)


def _show_what_is_left(summary: Summary, trouble: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(summary.plain() | {"record": None, "damage": trouble}, allow_nan=False))
        return
    from rich.text import Text

    console = _console()
    console.print(_heading(summary))
    console.print(_left(summary))
    console.print(Text("\nDamaged: ", style="bold red").append(trouble, style="not bold default"))


@results.command("compare")
def compare(
    ids: Annotated[list[str], typer.Argument(help="Two ids or more, or beginnings of ids.")],
    every: Annotated[bool, typer.Option("--all", help="Every figure, not only the usual ones.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Put results side by side, mark what is best, and say what keeps them from being compared."""
    with _opened(data) as kept:
        found = kept.compare(ids)
    if as_json:
        typer.echo(json.dumps(found.plain(), allow_nan=False))
        return
    console = _console()
    console.print(_numbered(found))
    console.print()
    console.print(_compared(found, every=every))
    if found.differences:
        console.print("\n[bold yellow]Not to be compared as they are:[/]")
    for sentence in found.differences:
        console.print(f"  {sentence}")
    if not found.differences:
        console.print(
            "\nSame candles, costs and account. The best of several is partly the luckiest of them."
        )


@results.command("delete")
def delete(
    ids: Annotated[list[str], typer.Argument(help="Ids, or beginnings of ids.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Delete results with their files. What was tried stays counted."""
    with _opened(data) as kept:
        whole = list(dict.fromkeys(kept.whole_id(each) for each in ids))  # all of them, before any is deleted
        if not yes:
            _ask(whole)
        for id in whole:
            kept.delete(id)
    if as_json:
        typer.echo(json.dumps({"deleted": whole}))
        return
    for id in whole:
        typer.echo(f"Deleted {id}")


def _ask(ids: Sequence[str]) -> None:
    """Raises BadSetting if nobody can be asked."""
    if not sys.stdin.isatty():
        raise BadSetting(
            f"Nothing was deleted: nobody is there to be asked about {', '.join(ids)}. Give --yes."
        )
    try:
        sure = typer.confirm(f"Delete {', '.join(ids)} with all trades?")
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if not sure:
        typer.echo("Nothing was deleted.")
        raise typer.Exit


@contextlib.contextmanager
def _opened(data: Path | None) -> Iterator[Results]:
    from thebot.research.kept import kept_results

    with kept_results(data) as kept:
        yield kept


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def _list(found: Sequence[Listed], *, width: int) -> Table:
    """One line a result where there is room, else a few."""
    from rich.table import Table
    from rich.text import Text

    from thebot.backtesting.summary import said

    wide = width >= _WIDE
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("id", "strategy", "market") if wide else ("result",):
        table.add_column(name, no_wrap=name != "strategy" and wide, overflow="fold")
    table.add_column("span (UTC)", no_wrap=True)
    for name in ("return", "Sharpe", "drawdown", "trades"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found:
        names = [each.id, _labelled(each), _market(each)]
        span = (_day(each.start), _day(each.end))
        table.add_row(
            *map(Text, names if wide else ["\n".join(names)]),
            " to ".join(span) if wide else "\n".join(span),
            said(_value(each, "total_return"), "fraction", signed=True),
            said(_value(each, "sharpe_ratio"), "ratio"),
            said(_value(each, "max_drawdown"), "fraction"),
            f"{each.trades:,}",
        )
    return table


def _market(result: Listed) -> str:
    return f"{', '.join(result.symbols)} {result.timeframe}"


def _labelled(result: Listed) -> str:
    """The strategy, with the kind unless it is a backtest, and the name that its owner gave it."""
    notes = (result.kind if result.kind != "backtest" else "", result.name)
    return " ".join((result.label, *(f"[{note}]" for note in notes if note)))


def _value(result: Listed, name: str) -> float:
    value = result.figures.get(name)
    return math.nan if value is None else float(value)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


def _heading(summary: Summary) -> str:
    from rich.markup import escape

    from thebot.market.quality import moment

    named = f" “{escape(summary.name)}”" if summary.name else ""
    return f"[dim]{summary.kind} {summary.id}{named}, saved {moment(summary.at)}[/]"


def _left(summary: Summary) -> Table:
    """The figures of a result whose files are lost."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(Text(f"{summary.label} on {_market(summary)}"))
    table.add_column("", justify="right")
    table.add_column("95% interval", justify="right")
    for name in filter(summary.told.__contains__, _USUAL):
        figure = summary.told[name]
        table.add_row(figure["title"], figure["text"], figure["interval_text"])
    return table


def _compared(found: Comparison, *, every: bool) -> Table:
    """A column for each result, under the number that `_numbered` gives it."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for number in range(1, len(found.results) + 1):
        table.add_column(f"{number}  ", justify="right", no_wrap=True)
    for figure in found.figures:
        if every or figure.name in _USUAL:
            texts = [
                f"[bold green]{text} *[/]" if place in figure.best else f"{text}  "
                for place, text in enumerate(figure.texts)
            ]
            table.add_row(figure.title, *texts)
    return table


def _numbered(found: Comparison) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for no_wrap in (True, True, False):
        table.add_column(no_wrap=no_wrap)
    for number, each in enumerate(found.results, 1):
        table.add_row(f"[bold]{number}[/]", each.id, Text(f"{_labelled(each)} on {_market(each)}"))
    return table
