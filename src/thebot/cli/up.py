"""`thebot up`: the platform and its dashboard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
import webbrowser
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from thebot.app import Running
    from thebot.live.platform import Platform


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
        typer.Option(
            metavar="PATH",
            help="Play a Parquet file of candles or trades, or a folder of them, on the sandbox.",
        ),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Replay: exchange seconds in one of yours.", min=0.001)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Sandbox: another seed is another market.", min=0)] = None,
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
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The data folder.", show_default=False)
    ] = None,
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

    telling: list[asyncio.Task[None]] = []

    def announce(running: Running) -> None:
        if as_json:
            sys.stdout.write(json.dumps(_facts(running)) + "\n")
            sys.stdout.flush()
            return
        with contextlib.suppress(OSError, SystemExit):  # nobody reads: rich ends the process then
            _tell(running)
        if running.url is None:
            telling.append(asyncio.create_task(_while_read(_follow(running.platform)), name="telling"))
        if open_browser and running.url:
            threading.Thread(target=_open, args=(running.url,), daemon=True).start()

    if not as_json and sys.stdout.isatty():
        typer.secho("Starting ...", dim=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(launch, announce))
    if not as_json:
        with contextlib.suppress(OSError):  # the terminal was closed
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
    from rich.text import Text

    console = Console(highlight=False)
    sandbox = running.sandbox
    where = "the embedded sandbox exchange (simulated prices)" if sandbox else "Binance"
    if sandbox and sandbox.source == "replay":
        where = f"a replay of {sandbox.timeframe} candles on the sandbox exchange"
    count = len(running.platform.board)
    lines = [("Mode", f"[bold]{running.mode.value}[/bold]: {count} market{'s' * (count != 1)} of {where}")]
    if running.url:
        lines.append(("Dashboard", f"[bold cyan]{running.url}[/bold cyan]"))
    lines += [("Data", str(running.folder.path)), ("Log", str(running.folder.path / "thebot.log"))]
    console.print("\n[bold]THEBOT[/bold]")
    for name, value in lines:
        console.print(f"{name:<11}{value}", soft_wrap=True)  # a path or an address is copied whole
    left_out = Table.grid(padding=(0, 2))
    for each in sandbox.left_out if sandbox else ():
        left_out.add_row("Left out ", Text(each), style="yellow")
    if left_out.row_count:
        console.print(left_out)
    console.print("Ctrl-C ends it.\n", style="dim")


async def _while_read(telling: Awaitable[None]) -> None:
    """Whoever reads the terminal may leave; the work goes on."""
    with contextlib.suppress(OSError):
        await telling


async def _follow(platform: Platform) -> None:
    """Without a dashboard, signals and notices are told here as they come."""
    from thebot.market.quality import moment

    typer.echo(
        "Signals are told here as they come. Most need a candle to close, so the first may take a while."
    )
    async for event in platform.events():
        if event.signal is not None:
            signal = event.signal
            price = f"{signal.price:,.{platform.instruments[signal.symbol].price_digits}f}"
            typer.echo(
                f"{moment(signal.at)}  {signal.symbol} {signal.timeframe}  {signal.side} at {price}  "
                f"{signal.strategy}, confidence {signal.level}: {'; '.join(signal.reasons)}"
            )
        elif event.notice:
            typer.echo(event.notice)


def _open(url: str) -> None:
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(url)
