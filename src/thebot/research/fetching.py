"""A fetch put together: the exchange, its files, and the archive that takes what comes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from thebot.errors import UnknownName

if TYPE_CHECKING:
    from thebot.exchange.binance.addresses import Addresses
    from thebot.storage import DataFolder
    from thebot.storage.history import Fetched, Progress, Request

BINANCE: Final = "binance"


def addresses_of(exchange: str) -> Addresses:
    """Where an exchange is, by its name or as a sandbox's address. Raises UnknownName for another name."""
    from thebot.exchange.binance.addresses import Addresses, addresses

    return Addresses.of_sandbox(exchange) if exchange.startswith("http://") else addresses(exchange)


async def fetched(
    request: Request, *, exchange: str, files: str | None, folder: DataFolder, progress: Progress
) -> tuple[str, Fetched]:
    """Fetch into the data folder; with the result the exchange's name, under which it lies there.

    `exchange` is a name or a sandbox's address, `files` where the exchange's zip files lie (None: it has
    none). Raises ExchangeError, DataError, StorageError, or UnknownName for a symbol that is not listed.
    """
    from thebot.exchange.binance import BinanceMarketSource
    from thebot.storage.downloads import BulkFiles
    from thebot.storage.history import Fetch
    from thebot.storage.workers import ArchiveWorker

    named = addresses_of(exchange)
    async with contextlib.AsyncExitStack() as parts:
        worker = await parts.enter_async_context(ArchiveWorker(folder.archive(named.name)))
        bulk = (
            await parts.enter_async_context(BulkFiles(files)) if files and request.source != "rest" else None
        )
        rest, now = None, int(time.time() * 1000)
        if request.source != "bulk" and (request.recheck or not request.is_held(worker.archive, now)):
            rest = BinanceMarketSource(named)
            parts.push_async_callback(rest.close)
            now = await rest.time()
            instruments = await rest.instruments()
            if request.symbol not in instruments:
                advice = "One that is listed no more may be had with --source bulk." if bulk else ""
                raise UnknownName("symbol", request.symbol, instruments, advice)
        done = await Fetch(worker, rest=rest, files=bulk, progress=progress).run(request, now)
        if rest is not None:
            done.notices += rest.notices
        return named.name, done


@contextlib.contextmanager
def bar(request: Request, quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on standard error, so that what is printed stays fit for a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("candles"),
        TimeRemainingColumn(), TextColumn("[dim]{task.fields[doing]}"),
    )  # fmt: skip
    console = Console(stderr=True)
    with Bar(*columns, console=console, disable=quiet and not console.is_terminal) as shown:
        task = shown.add_task(f"{request.symbol} {request.timeframe}", total=None, doing="", visible=False)

        def progress(done: int, total: int, doing: str) -> None:
            shown.update(task, completed=done, total=total, doing=doing, visible=total > 0)

        yield progress
