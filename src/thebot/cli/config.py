"""thebot config init|show|path"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from thebot.errors import BadSetting

config = typer.Typer(help="The settings: write a config.toml, show what is in force, tell where it lies.")

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The data folder; by default the platform's own for a user."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@config.command("init")
def init(
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a config.toml that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write a config.toml with every setting, its meaning and its default, all commented out."""
    from thebot.config import data_folder, template

    folder = data_folder(data)
    if folder.config_file.exists() and not force:
        raise BadSetting(
            f"{folder.config_file} is there already and was left as it is. "
            "Edit it, or replace it with --force (what was set in it is lost)."
        )
    folder.prepare()
    beside = folder.config_file.with_suffix(".toml.new")
    beside.write_text(template(), encoding="utf-8")
    os.chmod(beside, 0o600)  # somebody may put a password into it
    beside.replace(folder.config_file)
    typer.echo(json.dumps({"path": str(folder.config_file)}) if as_json else f"Wrote {folder.config_file}")


@config.command("path")
def path(data: Data = None, as_json: Json = False) -> None:
    """Print where config.toml lies (or would lie)."""
    from thebot.config import data_folder

    file = data_folder(data).config_file
    typer.echo(json.dumps({"path": str(file), "exists": file.exists()}) if as_json else str(file))


@config.command("show")
def show(data: Data = None, as_json: Json = False) -> None:
    """Print the settings in force and where each of them comes from. Passwords are starred."""
    from thebot.config import configuration

    found = configuration(data)
    if as_json:
        settings = {name: {"value": value, "from": origin} for name, value, origin in found.rows()}
        typer.echo(json.dumps({"path": str(found.folder.config_file), "settings": settings}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    written = found.folder.config_file.exists()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold", ratio=1)
    table.add_column("From")
    for name, value, origin in found.rows():
        table.add_row(name, Text(json.dumps(value, ensure_ascii=False)), origin)
    console = Console(highlight=False)
    console.print(
        f"[bold]{found.folder.config_file}[/]{'' if written else ' (not there yet)'}\n", soft_wrap=True
    )
    console.print(table)
    if not written:
        console.print("\nTo change them: thebot config init writes the file.")
