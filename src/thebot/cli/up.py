"""`thebot up`: the platform and its dashboard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from thebot.app import Running


def up(
    exchange: Annotated[
        str | None,
        typer.Option(help="sandbox, binance, binance-testnet or binance-demo.", show_default="sandbox"),
    ] = None,
    symbols: Annotated[
        str | None, typer.Option(help="Markets to watch, with commas: BTCUSDT,ETHUSDT.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(help="Play a Parquet file of candles or trades, or a folder of them, on the sandbox."),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Replay: exchange seconds in one of yours.", min=0.001)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Sandbox: another seed is another market.")] = None,
    dashboard: Annotated[
        bool, typer.Option("--dashboard/--no-dashboard", help="Serve the dashboard, or run without.")
    ] = True,
    port: Annotated[
        int | None,
        typer.Option(help="The dashboard's port; 0 takes a free one.", min=0, max=65535, show_default="8000"),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The data folder.", show_default=False)] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say what was started as one line of JSON.")
    ] = False,
) -> None:
    """Watch the market: prices, charts with indicators, signals that explain themselves.

    Without options it starts the embedded sandbox exchange: no key, no network. Ctrl-C ends everything.
    """
    from thebot.telemetry.memory import lean

    lean()  # before anything large is loaded

    import uvloop

    from thebot.app import Launch
    from thebot.app import up as run
    from thebot.config import configuration

    given = {
        "exchange": exchange,
        "symbols": symbols,
        "dashboard": {"host": host, "port": port, "open_browser": False if no_browser else None},
    }
    settings = configuration(data, given)
    launch = Launch(configuration=settings, replay=replay, speed=speed, seed=seed, dashboard=dashboard)
    open_browser = settings.settings.dashboard.open_browser and not as_json and sys.stdout.isatty()

    def announce(running: Running) -> None:
        if as_json:
            sys.stdout.write(json.dumps(_facts(running)) + "\n")
            sys.stdout.flush()
            return
        _tell(running)
        if open_browser and running.url:
            threading.Thread(target=_open, args=(running.url,), daemon=True).start()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(launch, announce))
    if not as_json:
        typer.echo("Ended.")


def _facts(running: Running) -> dict[str, object]:
    sandbox = running.sandbox
    return {
        "url": running.url,
        "mode": running.mode.value,
        "pid": running.pid,
        "symbols": len(running.platform.board),
        "data": str(running.folder.path),
        "sandbox": None if sandbox is None else {"url": sandbox.url, "pid": running.sandbox_pid},
    }


def _tell(running: Running) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    where = "the embedded sandbox exchange" if running.sandbox else "Binance"
    if running.sandbox and running.sandbox.source == "replay":
        where = f"a replay of {running.sandbox.timeframe} candles on the sandbox exchange"
    lines = Table.grid(padding=(0, 2))
    count = len(running.platform.board)
    markets = "1 market" if count == 1 else f"{count} markets"
    lines.add_row("Mode", f"[bold]{running.mode.value}[/bold], {markets} from {where}")
    if running.url:
        lines.add_row("Dashboard", f"[bold cyan]{running.url}[/bold cyan]")
    lines.add_row("Data", f"{running.folder.path} (log: thebot.log)")
    console.print("\n[bold]THEBOT[/bold]", lines, sep="\n")
    for left_out in running.sandbox.left_out if running.sandbox else ():
        console.print(f"  left out: {left_out}", style="yellow")
    console.print("Ctrl-C ends it.\n", style="dim")


def _open(url: str) -> None:
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(url)
