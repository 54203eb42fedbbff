"""`thebot sandbox`: an exchange to watch, test and practise against, on this machine only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sandbox(
    port: Annotated[
        int, typer.Option(help="Port of 127.0.0.1 to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8765,
    seed: Annotated[int, typer.Option(help="The same seed gives the same markets, always.", min=0)] = 1,
    symbols: Annotated[
        int, typer.Option(help="How many markets to simulate, the most traded first.", min=1)
    ] = 100,
    replay: Annotated[
        Path | None,
        typer.Option(
            help="Replay real candles or trades: SYMBOL-TIMEFRAME.parquet, SYMBOL-trades.parquet, "
            "or a folder of them."
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="Replay only: how many exchange seconds pass in one real second (60: an hour takes a "
            "minute). By default one candle of the file lasts 10 s."
        ),
    ] = None,
    trades_per_second: Annotated[
        float, typer.Option(help="Mean number of (aggregate) trades of a symbol in a real second.")
    ] = 10.0,
    follow_parent: Annotated[
        bool,
        typer.Option("--follow-parent", help="End when the standard input closes: no orphan is left behind."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say where it listens and what it serves as one line of JSON.")
    ] = False,
) -> None:
    """Run a sandbox exchange that speaks Binance's market data (REST and WebSocket)."""
    from thebot.exchange.sandbox.process import Options, run

    run(
        Options(
            port=port, seed=seed, symbols=symbols, replay=replay, speed=speed,
            trades_per_second=trades_per_second, follow_parent=follow_parent, as_json=as_json,
        )
    )  # fmt: skip
