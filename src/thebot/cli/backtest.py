"""`thebot backtest`: a strategy on past candles."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from thebot.cli.dates import date_of
from thebot.errors import BadSetting

if TYPE_CHECKING:
    from rich.table import Table

    from thebot.backtesting import RoundTrip, TrackRecord

_FINDINGS_SHOWN: Final = 8
_TRADES_SHOWN: Final = 10


def backtest(
    symbol: Annotated[str, typer.Option(help="A market, as BTCUSDT.")],
    timeframe: Annotated[str, typer.Option(help="The length of the candles: 1m, 5m, 1h, 1d, ...")],
    strategy: Annotated[str, typer.Option(help="Its name: rsi-reversal, macd-trend, supertrend-flip.")],
    candles: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A Parquet file of candles, or a folder with SYMBOL-TIMEFRAME.parquet. "
            "By default what was fetched into the data folder.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the strategy, as period=10."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="Trade from then on (UTC): 2022, 2022-01, 2022-01-31, 2022-01-31T12:00."),
    ] = None,
    end: Annotated[str | None, typer.Option(help="Trade until then, not included (UTC).")] = None,
    fee: Annotated[float, typer.Option(help="Of the value, each way: 0.001 is 0.10 %.")] = 0.001,
    slippage: Annotated[
        float, typer.Option(help="Worse than the open, each way: 0.0005 is 0.05 %.")
    ] = 0.0005,
    equity: Annotated[float, typer.Option(help="What to begin with, in quote currency.")] = 10_000.0,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The data folder.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as one JSON object.")] = False,
) -> None:
    """Try a strategy on past candles: bought and sold at the next open, after fees and slippage."""
    from thebot.backtesting import Costs
    from thebot.backtesting import backtest as tried
    from thebot.config import data_folder
    from thebot.storage.archive import Archive
    from thebot.strategy import strategy as named

    record = tried(
        symbol=symbol,
        timeframe=timeframe,
        strategy=named(strategy, **_parameters(settings or [])),
        start_date=None if start is None else date_of(start, "--start"),
        end_date=None if end is None else date_of(end, "--end"),
        candles=candles,
        archive=None if candles else Archive(data_folder(data).archive()),
        costs=Costs(fee=fee, slippage=slippage),
        start_equity=equity,
    )
    if as_json:
        typer.echo(json.dumps(record.plain(), allow_nan=False))
    else:
        _tell(record)


def _parameters(settings: list[str]) -> dict[str, float]:
    """`["period=10"]` as numbers by name."""
    found: dict[str, float] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not equals or not math.isfinite(value):
            raise BadSetting(f"--set {setting}: write a name and a number, as in --set period=10.")
        found[name.strip()] = value
    return found


def _tell(record: TrackRecord) -> None:
    from rich.console import Console
    from rich.table import Table

    from thebot.market.quality import moment

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{record.strategy.label}[/] on [bold]{record.symbol} {record.timeframe}[/]")
    console.print(
        f"{moment(record.start)} until {moment(record.end)}, {record.candles:,} candles; fee "
        f"{record.costs.fee:.2%} and slippage {record.costs.slippage:.2%} each way; in the market "
        f"{record.exposure:.0%} of the time\n"
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column()
    table.add_column(justify="right")
    table.add_column("95 % interval", justify="right")
    for row in _figures(record):
        table.add_row(*row)
    console.print(table)
    if record.trades:
        console.print(_trades(record.trades))
    if record.findings:
        console.print(f"\n[bold]In the data[/] ({len(record.findings):,} findings):")
        for found in record.findings[:_FINDINGS_SHOWN]:
            console.print(f"  {found}")
        if len(record.findings) > _FINDINGS_SHOWN:
            console.print(f"  and {len(record.findings) - _FINDINGS_SHOWN:,} more (all with --json)")
    if record.warnings:
        console.print("\n[bold]To know:[/]")
    for warning in record.warnings:
        console.print(f"  {warning}")
    console.print(
        f"\n{'One variant' if record.trials == 1 else f'The best of {record.trials} variants'} on one symbol "
        "over one stretch of the past proves little: the next stretch is another one, and whoever tries many "
        "variants finds a good one by chance. Try it on other symbols and years before believing it."
    )


def _figures(record: TrackRecord) -> list[tuple[str, str, str]]:
    """Name, figure, and between what it would lie by chance alone."""

    def percent(value: float) -> str:
        return (f"{value:+,.2%}" if value else "0.00%") if value == value else "unknown"

    def ratio(value: float) -> str:
        return f"{value:,.2f}" if value == value else "unknown"

    def share(value: float) -> str:
        return f"{value:.1%}" if value == value else "unknown"

    def between(name: str, shown: Callable[[float], str]) -> str:
        found = record.intervals[name]
        return f"{shown(found.low)} to {shown(found.high)}" if found.low == found.low else ""

    return [
        ("Return after costs", percent(record.total_return), between("total_return", percent)),
        ("Buy and hold, same costs", percent(record.buy_and_hold), ""),
        ("Return a year", percent(record.annual_return), between("annual_return", percent)),
        ("Deepest drawdown", percent(record.max_drawdown), between("max_drawdown", percent)),
        ("Sharpe ratio, a year", ratio(record.sharpe_ratio), between("sharpe_ratio", ratio)),
        ("Sortino ratio, a year", ratio(record.sortino_ratio), between("sortino_ratio", ratio)),
        ("Trades", f"{len(record.trades):,}", ""),
        ("of them won", share(record.win_rate), between("win_rate", share)),
        ("Profit factor", ratio(record.profit_factor), between("profit_factor", ratio)),
        ("Profit of a trade", ratio(record.expectancy), between("expectancy", ratio)),
        ("Fees paid", f"{record.fees:,.2f}", ""),
        ("Equity", f"{record.start_equity:,.2f} → {record.final_equity:,.2f}", ""),
    ]


def _trades(trades: Sequence[RoundTrip]) -> Table:
    from rich.table import Table

    from thebot.market.quality import moment

    shown = trades[-_TRADES_SHOWN:]
    title = f"The last {len(shown)} of {len(trades):,} trades" if len(trades) > len(shown) else "Trades"
    title = f"\n{title} (times in UTC, prices with slippage)"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    for name in ("bought", "at", "sold", "at", "gain", "why"):
        table.add_column(name, justify="right" if name in ("at", "gain") else "left", no_wrap=True)
    for trade in shown:
        table.add_row(
            moment(trade.entered_at).removesuffix(" UTC"), f"{trade.entry_price:,.8g}",
            moment(trade.left_at).removesuffix(" UTC"), f"{trade.exit_price:,.8g}",
            f"{trade.gain:+.2%}", trade.ending,
        )  # fmt: skip
    return table
