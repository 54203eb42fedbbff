"""The command `thebot`. One module a command; what goes wrong is said in one sentence."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import typer

from thebot import __version__
from thebot.errors import ThebotError

app: Final = typer.Typer(
    name="thebot",
    help="A trading workstation for Binance spot: live markets, explained signals, honest backtests.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"thebot {__version__}")
        raise typer.Exit


@app.callback()
def _thebot(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """Everything is said in the help of each command: thebot COMMAND --help."""


def _register() -> None:
    for name in ("up", "backtest", "fetch", "sandbox"):
        app.command(name)(getattr(import_module(f"thebot.cli.{name}"), name))
    app.add_typer(import_module("thebot.cli.config").config, name="config")


def main() -> None:
    """Run the command line. Ends with 0, with 2 for a wrong request, else with 1; Ctrl-C gives 130."""
    _register()
    try:
        app()
    except ThebotError as error:
        sys.stderr.write(f"thebot: {error}\n")
        for note in getattr(error, "__notes__", ()):
            sys.stderr.write(f"  {note}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
