"""The command `thebot`. One module a command; what goes wrong is said in one sentence."""

from __future__ import annotations

import sys
import tempfile
import traceback
from importlib import import_module
from typing import Any, Final

import typer

from thebot.errors import ThebotError
from thebot.version import VERSION

app: Final = typer.Typer(
    name="thebot",
    help="A trading workstation for Binance spot: live markets, explained signals, honest backtests.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"thebot {VERSION}")
        raise typer.Exit


@app.callback()
def _thebot(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """Everything is said in the help of each command: thebot COMMAND --help."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _register() -> None:
    for name in ("up", "backtest", "sweep", "walkforward", "fetch", "sandbox"):
        app.command(name)(getattr(import_module(f"thebot.cli.{name}"), name))
    app.command("replay")(import_module("thebot.cli.backtest").replay)
    for name in ("config", "indicators", "strategies", "results"):
        app.add_typer(getattr(import_module(f"thebot.cli.{name}"), name), name=name)


# What typer says of a command line that it cannot read; whether click is a part of it or stands beside it.
_Misread: Final = typer.BadParameter.__mro__[1]


def main() -> None:
    """Run the command line. Ends with 0, with 2 for a wrong request, else with 1; Ctrl-C gives 130."""
    try:
        _register()
        code = app(prog_name="thebot", standalone_mode=False)
    except ThebotError as error:
        _say(str(error), *getattr(error, "__notes__", ()))
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if isinstance(error, _Misread):
            _say(_misread(error))
            code = 2
        else:
            _say(_unforeseen(error))
            code = 1
    raise SystemExit(code)


def _say(text: str, *notes: str) -> None:
    sys.stderr.write("\n  ".join([f"thebot: {text}", *notes]) + "\n")


def _misread(error: Any) -> str:  # noqa: ANN401  (of typer's own, unnamed type)
    what = " ".join(error.format_message().split()).rstrip(".").replace("Input should be", "it should be")
    what = what.partition(", unable to parse")[0]
    command = error.ctx.command_path if error.ctx else "thebot"
    return f"{what}{'' if what.endswith('?') else '.'} See {command} --help."


def _unforeseen(error: Exception) -> str:
    """One sentence about a mistake of ours; how it came about is kept in a file."""
    from thebot.telemetry.logs import redact

    # The filter, for what went wrong may have had a secret in its hands.
    told = {"error": f"{type(error).__name__}: {error}", "trace": "".join(traceback.format_exception(error))}
    hidden = redact(None, "", told)
    with tempfile.NamedTemporaryFile(
        "w", prefix="thebot-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(str(hidden["trace"]))
    return (
        f"This went wrong and was not foreseen: {hidden['error']}. It is a mistake in thebot, not in what "
        f"you asked for. {file.name} holds the details: please report it."
    )
