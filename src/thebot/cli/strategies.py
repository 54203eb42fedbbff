"""thebot strategies [list]|show|check"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from thebot.strategy import StrategySource
    from thebot.strategy.definition import Parameter

strategies = typer.Typer(
    help="The strategies there are: list them, explain one, check a file of your own.",
    invoke_without_command=True,
)

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="The data folder, for indicators of your own.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@strategies.callback()
def _strategies(context: typer.Context, as_json: Json = False) -> None:
    """The strategies there are: list them, explain one, check a file of your own."""
    if context.invoked_subcommand is None:
        listed(as_json=as_json)


@strategies.command("list")
def listed(as_json: Json = False) -> None:
    """List the strategies that come with thebot, with their parameters and defaults."""
    from thebot.strategy import stateful_strategies
    from thebot.strategy import strategies as built_in

    sources = [*built_in().values(), *stateful_strategies().values()]
    if as_json:
        typer.echo(json.dumps({"strategies": [_plain(each) for each in sources]}, allow_nan=False))
        return
    table = _table("Name", "Parameters", "What it does")
    for each in sources:
        table.add_row(each.name, _defaults(each), _summary(each))
    console = _console()
    console.print(table)
    console.print(
        "\nThe usual rule of an indicator is a strategy too, as stoch-rule. A file of yours is named with "
        "its ending: my.py, my.toml, my.toml:dip. thebot strategies show NAME explains one."
    )


@strategies.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Its name, or a file of yours: my.py, my.toml, my.toml:dip.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Explain one strategy: what it does, its parameters, when exactly it buys and sells."""
    from thebot.config import load_indicators
    from thebot.strategy import strategy_source

    load_indicators(data)
    found = _explained(strategy_source(name))
    if as_json:
        typer.echo(json.dumps(found, allow_nan=False))
    else:
        _tell(found)


@strategies.command("check")
def check(
    file: Annotated[str, typer.Argument(help="A Python or TOML file with strategies of your own.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Read a file and try each strategy on a random market; ends with 1 if one fails or sees the future."""
    from thebot.config import load_indicators
    from thebot.strategy.loading import strategies_in

    load_indicators(data)
    found = {name: _tried(source) for name, source in strategies_in(file).items()}
    broken = any(each["wrong"] for each in found.values())
    if as_json:
        typer.echo(json.dumps({"file": file, "good": not broken, "strategies": found}, allow_nan=False))
    else:
        console = _console()
        for name, each in found.items():
            told = each["wrong"] or f"good, {each['trades']} trades on a random market of {_CANDLES:,} hours"
            console.print(f"[bold]{name}[/]: ", end="")
            console.print(told, markup=False)
    if broken:
        raise typer.Exit(1)


_CANDLES = 2_000


def _tried(source: StrategySource[Any]) -> dict[str, Any]:
    """What came of it on a random market with its defaults: `wrong` says what it must not do."""
    from thebot.backtesting import Account
    from thebot.backtesting.trial import rerun, run
    from thebot.errors import ThebotError
    from thebot.indicators.trials import ORDINARY, markets

    market = markets(_CANDLES)[ORDINARY]
    wrong, trades = None, 0
    try:
        record = (rerun if source.stateful else run)(market, source(), account=Account(shorts=True))
        trades = len(record.trades)
    except Exception as error:  # a file of the user's may fail in any way
        said = str(error) if isinstance(error, ThebotError) else f"{type(error).__name__}: {error}"
        wrong = "\n".join([said, *getattr(error, "__notes__", ())])
    return {"parameters": dict(source.parameters), "trades": trades, "wrong": wrong}


def _plain(source: StrategySource[Any]) -> dict[str, Any]:
    return {
        "name": source.name,
        "description": source.description,
        "parameters": dict(source.parameters),
        "stateful": source.stateful,
        "live": source.live,
    }


def _explained(source: StrategySource[Any]) -> dict[str, Any]:
    from thebot.strategy.options import MEANINGS

    options = {} if source.stateful else dict(MEANINGS)
    return _plain(source) | {"options": options, "definition": source().plain()}


def _tell(found: dict[str, Any]) -> None:
    console = _console()
    console.print(f"[bold]{found['name']}[/]")
    console.print((found["description"] or "Its author says nothing about it.") + "\n", markup=False)
    if found["stateful"]:
        console.print("It keeps a state: it runs by thebot replay, candle by candle, and cannot be swept.\n")
    if found["parameters"]:
        table = _table("Parameter", "Default")
        for name, value in found["parameters"].items():
            table.add_row(name, _shown(value))
        console.print(table)
        console.print()
    for name, text in _rules(found["definition"]):
        console.print(f"[bold]{name}[/]", end=" ")
        console.print(text, markup=False)
    if found["options"]:
        console.print("\nBesides its own parameters, as every strategy:")
        table = _table("Option", "What it sets")
        for name, meaning in found["options"].items():
            if name not in found["parameters"]:
                table.add_row(name, meaning)
        console.print(table)


_RULES = {
    "entry": "Buys when", "exit": "Sells when", "short_entry": "Sells short when",
    "short_exit": "Buys back when",
}  # fmt: skip


def _rules(definition: dict[str, Any]) -> list[tuple[str, str]]:
    """What it does in the words of expressions, each with its heading."""
    said = {words: definition[key] for key, words in _RULES.items() if definition.get(key)}
    for key in ("exits", "sizing", "order"):
        parts = (f"{name} {_shown(value)}" for name, value in definition.get(key, {}).items())
        said[f"{key.capitalize()}:"] = ", ".join(parts)
    return [(heading, text) for heading, text in said.items() if text]


def _summary(source: StrategySource[Any]) -> str:
    return source.description.partition("\n")[0]


def _defaults(source: StrategySource[Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in source.parameters.items())


def _shown(value: Parameter) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _table(*columns: str) -> Any:  # noqa: ANN401  (rich's table, which is imported late)
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)
