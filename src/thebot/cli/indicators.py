"""thebot indicators [list]|show|compute|check|document"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thebot.cli.compute import compute
from thebot.cli.document import document

if TYPE_CHECKING:
    from rich.console import Console

    from thebot.indicators import Definition

indicators = typer.Typer(
    help="The indicators there are: list them, explain one, compute one, check one of your own.",
    invoke_without_command=True,
)
indicators.command("compute")(compute)
indicators.command("document")(document)

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The data folder; by default the platform's own for a user."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@indicators.callback()
def _indicators(context: typer.Context, data: Data = None, as_json: Json = False) -> None:
    """The indicators there are: list them, explain one, compute one, check one of your own."""
    if context.invoked_subcommand is None:
        listed(data=data, as_json=as_json)


@indicators.command("list")
def listed(
    group: Annotated[str | None, typer.Argument(help="One group only: momentum, trend, ...")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List all indicators by group, with their parameters and defaults."""
    from thebot.config import load_indicators
    from thebot.errors import UnknownName
    from thebot.indicators import catalogue
    from thebot.indicators.described import described_all
    from thebot.indicators.indicator import registered

    load_indicators(data)
    found = catalogue()
    if group is not None:
        groups = sorted({each.group for each in found})
        if group.casefold() not in groups:
            is_one = group.casefold() in registered()
            one = f"For one indicator: thebot indicators show {group}." if is_one else ""
            raise UnknownName("group of indicators", group, groups, one)
        found = tuple(each for each in found if each.group == group.casefold())
    if as_json:
        told, troubles = described_all(found)
        typer.echo(json.dumps({"indicators": told}, allow_nan=False))
        for each in troubles:
            typer.echo(f"thebot: {each}", err=True)
        return
    _tell_list(found)


def _tell_list(found: Iterable[Definition]) -> None:
    from rich.table import Table

    console = _console()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Name", no_wrap=True)
    table.add_column("Parameters", overflow="fold")
    table.add_column("What it is", overflow="fold", ratio=1)
    count, group = 0, ""
    for each in found:
        if each.group != group:
            group = each.group
            table.add_row(*([""] * 3 if count else []))
            table.add_row(f"[bold]{group}[/]", "", "")
        count += 1
        table.add_row(each.name, _defaults(each), each.title)
    console.print(table)
    console.print(f"\n{count} indicators. thebot indicators show NAME explains one.")


def _defaults(definition: Definition) -> str:
    return ", ".join(f"{each.name}={each.shown(each.default)}" for each in definition.parameters.values())


@indicators.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Its name or an alias, as rsi.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Explain one indicator: what it says, its formula, convention and source, parameters and outputs."""
    from thebot.config import load_indicators
    from thebot.indicators import indicator_named
    from thebot.indicators.described import described

    load_indicators(data)
    found = described(indicator_named(name))
    if as_json:
        typer.echo(json.dumps(found, allow_nan=False))
    else:
        _tell(found)


def _tell(found: dict[str, Any]) -> None:
    from rich.table import Table

    console = _console()
    aliases = f" (also: {', '.join(found['aliases'])})" if found["aliases"] else ""
    console.print(f"[bold]{found['name']}[/]{aliases} · {found['group']}")
    console.print(found["summary"] + "\n")
    for part in ("text", "formula", "convention", "source"):
        if found[part]:
            console.print(("" if part == "text" else f"[bold]{part.capitalize()}:[/] ") + found[part])
    if found["parameters"]:
        console.print()
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for column in ("Parameter", "Default", "May be"):
            table.add_column(column)
        for each in found["parameters"]:
            table.add_row(each["name"], str(each["default"]), each["range"])
        console.print(table)
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("Output", "In", "Drawn", "Known after"):
        table.add_column(column)
    for each in found["outputs"]:
        drawn = "over the price" if each["overlay"] else "in a pane of its own"
        table.add_row(each["name"], _UNITS[each["unit"]], drawn, _candles(each["warmup"]))
    console.print(table)
    console.print(f"\nReads {', '.join(found['inputs']).replace('open_,', 'open,')}. {_memory(found)}")
    if found["guides"]:
        console.print(f"Guide lines at {', '.join(f'{each:g}' for each in found['guides'])}.")
    if found["buy"]:
        console.print(
            f"[bold]Usually bought when[/] {found['buy']}\n[bold]and sold when[/]      {found['sell']}"
        )


_UNITS = {
    "price": "quote currency (a price)", "volume": "base currency (a volume)",
    "amount": "quote currency (price times volume)", "index": "0 to 100", "number": "a number",
    "time": "ms since the epoch",
}  # fmt: skip


def _candles(count: int) -> str:
    return "at once" if not count else f"{count:,} candle{'s' if count > 1 else ''}"


def _memory(found: dict[str, Any]) -> str:
    if found["memory"] is None:
        text = "It never forgets where it began: a sum since then, or a path that depends on itself."
    else:
        text = (
            f"After {_candles(found['memory'])} it no longer matters where the data began."
            if found["memory"]
            else "It does not matter where the data began."
        )
    if not found["sparse"]:
        return text
    return f'{text} Where there is nothing to tell it is unknown; "known after" is what a plain market took.'


@indicators.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A Python file with indicators of your own.")],
    as_json: Json = False,
) -> None:
    """Hold indicators of your own to the contract that all keep; ends with 1 if one breaks a clause."""
    from thebot.indicators.own import load
    from thebot.indicators.trials import breaches

    found = {each.name: list(breaches(each)) for each in load(file)}
    broken = any(found.values())
    if as_json:
        plain = {
            name: [{"market": market, "breach": text} for market, text in each]
            for name, each in found.items()
        }
        typer.echo(json.dumps({"file": str(file), "keeps": not broken, "breaches": plain}))
    else:
        console = _console()
        for name, each in found.items():
            console.print(f"[bold]{name}[/]: {'keeps every clause' if not each else _broken(len(each))}")
            for market, text in each:
                clause, _, said = text.partition(": ")
                console.print(f"  [bold]{clause}[/], on {market}:\n    {said}" if said else f"  {text}")
        if broken:
            console.print(
                "\nThe same indicator must give the same live and on history, or its tests on the past mean "
                "nothing. Mend these before you rely on it."
            )
    if broken:
        raise typer.Exit(1)


def _broken(count: int) -> str:
    return "breaks 1 clause" if count == 1 else f"breaks {count} clauses"


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)
