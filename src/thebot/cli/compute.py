"""`thebot indicators compute`: an indicator over the candles of a file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from thebot.errors import BadSetting, UnknownName

if TYPE_CHECKING:
    from thebot.indicators import Expression
    from thebot.market import Candles, FloatArray

_SHOWN: Final = 12


def compute(
    name: Annotated[str, typer.Argument(help="An indicator, as rsi; or a rule, as 'rsi(14) < 30'.")],
    candles: Annotated[
        Path, typer.Option(metavar="FILE", help="A Parquet file called SYMBOL-TIMEFRAME.parquet.")
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter, as period=10.")
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="TEXT", help="What it reads instead, as volume or ema(20)."),
    ] = None,
    outputs: Annotated[
        list[str] | None, typer.Option("--output", metavar="NAME", help="Of several, this one only.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help='Print {"open_time": [...], "outputs": {...}}; unknown is null.')
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a line for each candle.")] = False,
    as_parquet: Annotated[
        bool, typer.Option("--parquet", help="Write a Parquet file: with --out, or into a pipe.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write there; its ending says how (.json, .csv, .parquet)."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="The data folder.", show_default=False)
    ] = None,
) -> None:
    """Compute an indicator at every candle of a file. Times are those at which candles open, in ms UTC."""
    from thebot.config import load_indicators
    from thebot.indicators import Panel
    from thebot.market.parquet import read_candles
    from thebot.market.quality import findings

    form = _form(as_json, as_csv, as_parquet, out)
    load_indicators(data)
    whole = _expression(name, settings or [], sources or [])
    chosen = _chosen(whole, outputs or [])
    read = read_candles(candles)
    columns = Panel(chosen.values(), read.timeframe).over(read)
    values = {each: columns[expression] for each, expression in chosen.items()}
    found = [*_findings(whole, values, read), *map(str, findings(read))]
    if form == "json":
        _write(_json(whole, read, values, found), out)
    elif form == "csv":
        _write(_csv(read, values), out)
    elif form == "parquet":
        _parquet(read, values, out)
    else:
        _tell(whole, read, values)
    if form != "json":
        for each in found[:8]:
            typer.echo(f"thebot: {each}", err=True)


def _form(as_json: bool, as_csv: bool, as_parquet: bool, out: Path | None) -> str:
    """How the values are given: "json", "csv", "parquet", or "" for a table to be read."""
    if as_json + as_csv + as_parquet > 1:
        raise BadSetting("Of --json, --csv and --parquet only one can be given.")
    asked = "json" if as_json else "csv" if as_csv else "parquet" if as_parquet else ""
    if out is None or asked:
        return asked
    ending = out.suffix.removeprefix(".").casefold()
    if ending not in ("json", "csv", "parquet"):
        raise BadSetting(f"--out {out}: say what to write there with --json, --csv or --parquet.")
    return ending


def _expression(name: str, settings: list[str], sources: list[str]) -> Expression:
    """What was asked for: an indicator by its name with parameters and sources, or a rule as it stands."""
    from thebot.indicators import indicator_named, parse

    if not name.isidentifier():
        if settings or sources:
            raise BadSetting(f"{name!r} says its parameters itself: --set and --source go with a name alone.")
        return _parsed(name)
    definition = indicator_named(name)
    given: dict[str, float | str] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise BadSetting(f"--set {setting}: write a name and a value, as in --set period=10.")
        given[key.strip()] = _number(text.strip())
    return definition(*(parse(each) for each in sources), **given)


def _parsed(text: str) -> Expression:
    """A rule; an indicator with several outputs stands for all of them."""
    from thebot.indicators import parse, parse_whole

    return parse_whole(text) if text.rstrip().endswith(")") else parse(text)


def _number(text: str) -> float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _chosen(whole: Expression, wanted: list[str]) -> dict[str, Expression]:
    """The outputs by name."""
    from thebot.indicators import Indicator
    from thebot.indicators.described import output_names

    if not isinstance(whole, Indicator):
        return {repr(whole): whole}
    named = dict(zip(output_names(whole.definition), whole.outputs, strict=True))
    for each in wanted:
        if each not in named:
            raise UnknownName(f"output of {whole.definition.name}", each, named)
    return {each: named[each] for each in wanted} if wanted else named


def _findings(whole: Expression, values: dict[str, FloatArray], read: Candles) -> list[str]:
    import numpy as np

    unknown = [name for name, each in values.items() if np.isnan(each).all()]
    if not unknown:
        return []
    needed = max(whole.warmup + 1, 1)
    which = "every value" if len(unknown) == len(values) else f"every value of {', '.join(unknown)}"
    if len(read) < needed:
        return [
            f"{read.symbol} {read.timeframe} has {len(read):,} candles, but {whole!r} needs {needed:,} "
            f"before it says anything: {which} is unknown. Take a longer file or a shorter period."
        ]
    return [f"{whole!r}: on these {len(read):,} candles it has nothing to tell as {', '.join(unknown)}."]


def _json(whole: Expression, read: Candles, values: dict[str, FloatArray], findings: list[str]) -> str:
    plain = {
        "indicator": repr(whole),
        "symbol": read.symbol,
        "timeframe": str(read.timeframe),
        "open_time": read.open_time.tolist(),
        "outputs": {
            name: [value if math.isfinite(value) else None for value in column.tolist()]
            for name, column in values.items()
        },
        "findings": findings,
    }
    return json.dumps(plain, allow_nan=False) + "\n"


def _csv(read: Candles, values: dict[str, FloatArray]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["open_time", *values])
    columns = [["" if value != value else repr(value) for value in each.tolist()] for each in values.values()]
    writer.writerows(zip(read.open_time.tolist(), *columns, strict=True))
    return text.getvalue()


def _parquet(read: Candles, values: dict[str, FloatArray], out: Path | None) -> None:
    import sys

    import polars

    frame = polars.DataFrame({"open_time": read.open_time, **values})
    if out is not None:
        _written(out, lambda: frame.write_parquet(out, compression="zstd"))
    elif sys.stdout.isatty():
        raise BadSetting(
            "A Parquet file is nothing to read on a screen: say where to write it with --out FILE."
        )
    else:
        frame.write_parquet(sys.stdout.buffer, compression="zstd")


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    _written(out, lambda: out.write_text(text, encoding="utf-8"))


def _written(out: Path, write: Callable[[], object]) -> None:
    if out.is_dir():
        raise BadSetting(f"--out {out} is a folder; give a file in it.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write()
    except OSError as error:
        raise BadSetting(f"--out {out} cannot be written ({error.strerror or error}).") from error
    typer.echo(f"Wrote {out}", err=True)


def _tell(whole: Expression, read: Candles, values: dict[str, FloatArray]) -> None:
    from rich.console import Console
    from rich.table import Table

    from thebot.market.quality import moment

    console = Console(highlight=False, soft_wrap=True)
    shown = min(_SHOWN, len(read))
    console.print(f"[bold]{whole.label}[/] on [bold]{read.symbol} {read.timeframe}[/], {len(read):,} candles")
    if not shown:
        return
    console.print(f"The last {shown} (opened, UTC); --json, --csv and --parquet give all.\n")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("opened", no_wrap=True)
    for name in ("close", *values):
        table.add_column(name, justify="right", no_wrap=True)
    rows = slice(len(read) - shown, None)
    figures = [_figures(each[rows].tolist()) for each in (read.close, *values.values())]
    for at, *row in zip(read.open_time[rows].tolist(), *figures, strict=True):
        table.add_row(moment(at).removesuffix(" UTC"), *row)
    console.print(table)


def _figures(values: list[float]) -> list[str]:
    """Each as text, all with as many decimals as give the largest seven figures; none where unknown."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    whole = math.floor(math.log10(largest)) if largest else 0
    decimals = 0 if all(value == round(value) for value in values if math.isfinite(value)) else 6 - whole
    return [f"{value:,.{min(15, max(0, decimals))}f}" if value == value else "" for value in values]
