"""`thebot backtest` and `thebot replay`: a strategy on past candles."""

from __future__ import annotations

from thebot.cli.asked import (
    CandlesOption,
    CashOption,
    DataOption,
    DetailOption,
    EndOption,
    FeeOption,
    JsonOption,
    MaxOpenOption,
    ReportOption,
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
    source_of,
)
from thebot.cli.finished import DrawsOption, FullOption, NameOption, SaveOption, finished


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
    detail: DetailOption = None,
    seed: SeedOption = 0,
    draws: DrawsOption = 100,
    save: SaveOption = True,
    name: NameOption = "",
    report: ReportOption = None,
    full: FullOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a strategy on past candles: bought and sold at the next open, after fees and slippage."""
    from thebot.backtesting import run
    from thebot.backtesting.accuracy import accuracy
    from thebot.strategy.stateful import require_value

    chosen = source_of(strategy, data)(**parameters(settings or []))
    require_value(chosen, "be simulated")
    given = asked(
        chosen, symbol=symbol, timeframe=timeframe, candles=candles, start=start, end=end, fee=fee,
        slippage=slippage, cash=cash, shorts=shorts, max_open=max_open, detail=detail, data=data,
        quiet=as_json,
    )  # fmt: skip
    record = run(
        given.series, chosen, account=given.account, costs=given.costs, start=given.start, end=given.end,
        instruments=given.instruments, detail=given.detail, seed=seed,
    )  # fmt: skip
    right = accuracy(chosen, given.series, start=given.start, end=given.end, seed=seed)
    finished(
        record, given, kind="backtest", name=name, save=save, draws=draws, full=full, as_json=as_json,
        report=report, accuracy=right,
    )  # fmt: skip


def replay(
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
    detail: DetailOption = None,
    seed: SeedOption = 0,
    draws: DrawsOption = 0,
    save: SaveOption = True,
    name: NameOption = "",
    report: ReportOption = None,
    full: FullOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """As backtest, but event by event through the trader of paper and live; grid and averaging too."""
    from thebot.backtesting import rerun

    chosen = source_of(strategy, data)(**parameters(settings or []))
    given = asked(
        chosen, symbol=symbol, timeframe=timeframe, candles=candles, start=start, end=end, fee=fee,
        slippage=slippage, cash=cash, shorts=shorts, max_open=max_open, detail=detail, data=data,
        quiet=as_json,
    )  # fmt: skip
    record = rerun(
        given.series, chosen, account=given.account, costs=given.costs, start=given.start, end=given.end,
        instruments=given.instruments, detail=given.detail, seed=seed,
    )  # fmt: skip
    finished(
        record, given, kind="replay", name=name, save=save, draws=draws, full=full, as_json=as_json,
        report=report,
    )  # fmt: skip
