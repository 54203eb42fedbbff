"""`thebot backtest`: a strategy on past candles."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import typer

from thebot.cli.asked import (
    CandlesOption,
    CashOption,
    DataOption,
    EndOption,
    FeeOption,
    JsonOption,
    MaxOpenOption,
    SeedOption,
    SetOption,
    ShortsOption,
    SlippageOption,
    StartOption,
    StrategyOption,
    SymbolOption,
    TimeframeOption,
    asked,
    parameters,
)

if TYPE_CHECKING:
    from rich.table import Table

    from thebot.backtesting import RoundTrip, TrackRecord

_FINDINGS_SHOWN: Final = 8
_TRADES_SHOWN: Final = 10


def backtest(
    symbol: SymbolOption,
    timeframe: TimeframeOption,
    strategy: StrategyOption,
    candles: CandlesOption = None,
    settings: SetOption = None,
    start: StartOption = None,
    end: EndOption = None,
    fee: FeeOption = 0.001,
    slippage: SlippageOption = 0.0005,
    cash: CashOption = 10_000.0,
    shorts: ShortsOption = False,
    max_open: MaxOpenOption = None,
    seed: SeedOption = 0,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a strategy on past candles: bought and sold at the next open, after fees and slippage."""
    from thebot.backtesting import run
    from thebot.strategy import strategy as named

    chosen = named(strategy, **parameters(settings or []))
    given = asked(
        chosen, symbol=symbol, timeframe=timeframe, candles=candles, start=start, end=end, fee=fee,
        slippage=slippage, cash=cash, shorts=shorts, max_open=max_open, data=data, quiet=as_json,
    )  # fmt: skip
    record = run(
        given.series, chosen, account=given.account, costs=given.costs, start=given.start, end=given.end,
        instruments=given.instruments, seed=seed,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(record.plain(), allow_nan=False))
    else:
        _tell(record)


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
