"""`thebot fetch`: history into the archive."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from thebot.cli.dates import date_of
from thebot.errors import BadSetting, UnknownName

if TYPE_CHECKING:
    from thebot.storage.history import Fetched, Request, SourceName

_FINDINGS_SHOWN: Final = 10


def fetch(
    symbol: Annotated[str, typer.Argument(help="A market, as BTCUSDT.")],
    timeframe: Annotated[str, typer.Argument(help="A length of candles: 1m, 5m, 1h, 1d, ...")],
    start: Annotated[
        str, typer.Option(help="From when on (UTC): 2024, 2024-03, 2024-03-31, 2024-03-31T12:00.")
    ],
    end: Annotated[str | None, typer.Option(help="Until when, not included. By default until now.")] = None,
    exchange: Annotated[
        str,
        typer.Option(
            help="binance, binance-testnet, binance-demo, or a sandbox by its address, as http://127.0.0.1:8765."
        ),
    ] = "binance",
    source: Annotated[
        str,
        typer.Option(
            help="auto (whichever needs fewer questions), rest, or bulk (the exchange's zip files)."
        ),
    ] = "auto",
    bulk_address: Annotated[
        str | None, typer.Option(help="Where the zip files lie, if not at Binance's own address.")
    ] = None,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Take zip files again that the exchange has re-issued since.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The data folder.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Fetch past candles into the archive. Only what is missing is asked for; Ctrl-C keeps what is there."""
    from thebot.config import data_folder
    from thebot.market import Timeframe
    from thebot.research.fetching import bar, fetched
    from thebot.storage.archive import Archive
    from thebot.storage.bulk import BULK_ADDRESS
    from thebot.storage.history import SOURCES, Request
    from thebot.storage.spans import Span

    if source not in SOURCES:
        raise UnknownName("source", source, SOURCES)
    now = int(time.time() * 1000)
    span = Span(_ms(start, "--start"), _ms(end, "--end") if end else now)
    if span.start >= now:
        raise BadSetting(f"--start {start} lies in the future: there is nothing to fetch yet.")
    if span.start >= span.end:
        raise BadSetting(f"--start {start} is not before --end {end}: there is nothing between them.")
    chosen: SourceName = next(each for each in SOURCES if each == source)
    request = Request(
        symbol=symbol.upper(), timeframe=Timeframe(timeframe), span=span, source=chosen, recheck=recheck
    )
    files = bulk_address or (BULK_ADDRESS if exchange == "binance" else None)
    if source == "bulk" and files is None:
        raise BadSetting(
            f"{exchange} publishes no zip files. Use --source rest, or name their --bulk-address."
        )
    folder = data_folder(data).prepare()
    try:
        with bar(request, as_json) as progress:
            name, done = asyncio.run(
                fetched(request, exchange=exchange, files=files, folder=folder, progress=progress)
            )
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. What was fetched is kept; the same command goes on from there.\n")
        raise
    path = Archive(folder.archive(name)).folder_of(request.symbol, request.timeframe)
    if as_json:
        typer.echo(json.dumps(_facts(request, done, path)))
    else:
        _tell(request, done, path)


def _ms(text: str, option: str) -> int:
    """ms UTC of a date as people write it."""
    return int(date_of(text, option).timestamp()) * 1000


def _facts(request: Request, fetched: Fetched, path: Path) -> dict[str, Any]:
    survey = fetched.survey
    return {
        "symbol": request.symbol,
        "timeframe": request.timeframe.name,
        "start": fetched.span.start,
        "end": fetched.span.end,
        "fetched": fetched.candles,
        "candles": survey.rows if survey else 0,
        "first": survey.first if survey else None,
        "last": survey.last if survey else None,
        "files": sorted(fetched.files),
        "unpublished": sorted(fetched.unpublished),
        "notices": fetched.notices,
        "findings": [
            {"kind": each.kind, "start": each.start, "end": each.end, "count": each.count, "text": str(each)}
            for each in (survey.findings if survey else ())
        ],
        "path": str(path),
    }


def _tell(request: Request, fetched: Fetched, path: Path) -> None:
    from thebot.market.quality import moment

    survey = fetched.survey
    if survey is None or survey.first is None or survey.last is None:
        typer.echo(f"{request.symbol} {request.timeframe}: the exchange has no candles in that time.")
    else:
        news = f"{fetched.candles:,} candles fetched" if fetched.candles else "nothing new"
        typer.echo(
            f"{request.symbol} {request.timeframe}: {news}; there are now {survey.rows:,} candles "
            f"from {moment(survey.first)} until {moment(survey.last)} in {path}"
        )
        for finding in survey.findings[:_FINDINGS_SHOWN]:
            typer.echo(f"  {finding}")
        if len(survey.findings) > _FINDINGS_SHOWN:
            typer.echo(f"  and {len(survey.findings) - _FINDINGS_SHOWN} more findings (all with --json)")
    if request.source == "bulk" and fetched.unpublished:
        typer.echo(f"  not published (yet): {', '.join(sorted(fetched.unpublished))}")
    for notice in fetched.notices:
        typer.echo(f"  {notice}")
