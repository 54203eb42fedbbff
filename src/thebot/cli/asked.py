"""What the commands that look at the past are asked in common: a market, a span, costs, an account."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from thebot.cli.dates import date_of
from thebot.errors import BadSetting

if TYPE_CHECKING:
    from thebot.backtesting import Account, Costs
    from thebot.market import Candles, Instrument, Symbol
    from thebot.storage import DataFolder
    from thebot.strategy import StrategySource
    from thebot.strategy.definition import Parameter

SymbolOption: TypeAlias = Annotated[
    list[str], typer.Option("--symbol", help="A market, as BTCUSDT; several share one account.")
]
TimeframeOption: TypeAlias = Annotated[
    str, typer.Option(help="The length of the candles: 1m, 5m, 1h, 1d, ...")
]
StrategyOption: TypeAlias = Annotated[
    str,
    typer.Option(help="Its name (see: thebot strategies), or a file of yours: my.py, my.toml, my.py:name."),
]
CandlesOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="A Parquet file of candles, or a folder with SYMBOL-TIMEFRAME.parquet. By default the data "
        "folder's; what is missing there since --start is fetched from Binance.",
    ),
]
SetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="A parameter of the strategy, as period=10 or stop=2atr."
    ),
]
StartOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Trade from then on (UTC): 2022, 2022-01, 2022-01-31, 2022-01-31T12:00.")
]
EndOption: TypeAlias = Annotated[str | None, typer.Option(help="Trade until then, not included (UTC).")]
FeeOption: TypeAlias = Annotated[float, typer.Option(help="Of the value, each way: 0.001 is 0.10 %.")]
SlippageOption: TypeAlias = Annotated[
    float, typer.Option(help="Worse than the open, each way: 0.0005 is 0.05 %.")
]
CashOption: TypeAlias = Annotated[float, typer.Option(help="What to begin with, in quote currency.")]
ShortsOption: TypeAlias = Annotated[
    bool, typer.Option("--shorts", help="Allow short sales, which a spot account does not.")
]
MaxOpenOption: TypeAlias = Annotated[
    int | None, typer.Option(help="Positions at a time at most, with several symbols.")
]
DetailOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="TIMEFRAME", help="Smaller candles that tell whether stop or target came first, as 1m."
    ),
]
DataOption: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The data folder.", show_default=False)
]
ReportOption: TypeAlias = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write a report to read: one HTML file.")
]
SeedOption: TypeAlias = Annotated[
    int, typer.Option(help="Of everything drawn at random; the same seed, the same figures.")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came of the options: `series` has one entry a symbol, with the candles that warm up in front."""

    series: list[Candles]
    start: int | None  # ms UTC
    end: int | None
    costs: Costs
    account: Account
    instruments: dict[Symbol, Instrument]
    detail: dict[Symbol, Candles] | None
    folder: DataFolder


def asked(
    *,
    warmup: int,
    symbol: Sequence[str],
    timeframe: str,
    candles: Path | None,
    start: str | None,
    end: str | None,
    fee: float,
    slippage: float,
    cash: float,
    data: Path | None,
    shorts: bool = False,
    max_open: int | None = None,
    detail: str | None = None,
    quiet: bool = False,
) -> Asked:
    """Read the candles that the options name, far enough back for `strategy` to warm up; and the rest."""
    from thebot.backtesting import Account, Allocation, Costs
    from thebot.config import data_folder
    from thebot.market import Timeframe
    from thebot.market.filters import filters_of
    from thebot.research.series import Wanted, ms_of, series

    allocation = Allocation(max_open=max_open)
    begin = ms_of(None if start is None else date_of(start, "--start"), "--start")
    stop = ms_of(None if end is None else date_of(end, "--end"), "--end")
    wanted = Wanted(
        symbols=tuple(each.upper() for each in symbol),
        timeframe=Timeframe(timeframe),
        start=begin,
        end=stop,
        warmup=warmup,
    )
    folder = data_folder(data)
    found = series(wanted, candles, folder=folder, quiet=quiet)
    smaller = None
    if detail is not None:
        wanted = replace(wanted, timeframe=Timeframe(detail), warmup=0)
        smaller = {each.symbol: each for each in series(wanted, candles, folder=folder, quiet=quiet)}
    read = {each.symbol: filters_of(each) for each in found}
    return Asked(
        series=found,
        start=begin,
        end=stop,
        costs=Costs(fee=fee, slippage=slippage),
        account=Account(cash=cash, shorts=shorts, allocation=allocation),
        instruments={name: each for name, each in read.items() if each is not None},
        detail=smaller,
        folder=folder,
    )


def source_of(strategy: str, data: Path | None) -> StrategySource[Any]:
    """What makes the strategy that was named; the user's own indicators are in the catalogue then."""
    from thebot.config import data_folder, load_indicators
    from thebot.strategy import strategy_source

    if data_folder(data).path.is_dir():
        load_indicators(data)
    return strategy_source(strategy)


def parameters(settings: Sequence[str]) -> dict[str, Parameter]:
    """`["period=10", "stop=2atr"]` by name: numbers where they are numbers, else texts."""
    found: dict[str, Parameter] = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not (name and equals and text):
            raise BadSetting(f"--set {setting}: write a name and a value, as in --set period=10.")
        try:
            number = float(text)
        except ValueError:
            found[name] = text
            continue
        if not math.isfinite(number):
            raise BadSetting(f"--set {setting}: {text} is no number that a parameter can take.")
        found[name] = int(number) if text.lstrip("+-").isdigit() else number
    return found
