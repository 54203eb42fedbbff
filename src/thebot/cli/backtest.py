"""`thebot backtest`: a strategy on past candles."""

from __future__ import annotations

import json

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
    from thebot.backtesting.accuracy import accuracy
    from thebot.backtesting.verdict import verdict
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
    judged = verdict(record)
    right = accuracy(chosen, given.series, start=given.start, end=given.end, seed=seed)
    if as_json:
        told = {"verdict": judged.plain(), "accuracy": [each.plain() for each in right]}
        typer.echo(json.dumps(record.plain() | told, allow_nan=False))
        return
    from rich.console import Console

    from thebot.cli.told import tell

    tell(record, Console(highlight=False), verdict=judged, accuracy=right)
