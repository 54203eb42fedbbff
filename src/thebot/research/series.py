"""The candles that somebody asks for: their own, those of a file, or those of the data folder.

What the data folder lacks is fetched from the exchange, if a beginning was named.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from thebot.errors import (
    BadSetting,
    ExchangeError,
    ExchangeUnreachable,
    MissingFile,
    UnknownName,
    nearest,
)
from thebot.market import Candles, Symbol, Timeframe
from thebot.market.parquet import read_candles, symbol_and_timeframe
from thebot.market.quality import check, moment
from thebot.research.fetching import BINANCE, addresses_of, bar, fetched

if TYPE_CHECKING:
    from thebot.storage import DataFolder
    from thebot.storage.archive import Archive

Given = Candles | Path | str | Sequence[Candles]
Answer = TypeVar("Answer")

_NOW: Final = 4_102_444_800_000  # 2100: as far as there are candles


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which candles: from `warmup` of them before `start` until before `end` (ms UTC; None: all there is)."""

    symbols: tuple[Symbol, ...]
    timeframe: Timeframe
    start: int | None = None
    end: int | None = None
    warmup: int = 0

    def __post_init__(self) -> None:
        if not self.symbols:
            raise BadSetting("Name a symbol, as BTCUSDT.")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise BadSetting(
                f"The start {moment(self.start)} is not before the end {moment(self.end)}: nothing lies "
                "between."
            )

    @property
    def first(self) -> int | None:
        """The open time of the first candle that is needed, ms UTC."""
        return None if self.start is None else self.start - self.warmup * self.timeframe.nominal_ms


def series(
    wanted: Wanted,
    given: Given | None = None,
    *,
    folder: DataFolder,
    exchange: str | None = BINANCE,
    quiet: bool = False,
) -> list[Candles]:
    """The candles of each symbol, checked; those before the start are with them, to warm indicators up.

    `given` are candles, a Parquet file of them, or a folder with SYMBOL-TIMEFRAME.parquet; without it the
    data folder's, where what is missing is fetched from `exchange` (None: from nowhere).

    Raises MissingFile or UnknownName (naming what is near and `thebot fetch`), BadSetting for candles of
    something else, BadCandles for impossible rows.
    """
    if isinstance(given, Candles):
        found = [given]
    elif given is None:
        found = [_of_archive(symbol, wanted, folder, exchange, quiet) for symbol in wanted.symbols]
    elif isinstance(given, Path | str):
        path = Path(given).expanduser()
        found = [candles_of_file(path, symbol, wanted.timeframe) for symbol in wanted.symbols]
    else:
        found = list(given)
    _require_same(found, wanted)
    return [check(candles) for candles in found]


def candles_of_file(path: Path, symbol: Symbol, timeframe: Timeframe) -> Candles:
    """The candles of a Parquet file, or of the file in a folder that is named by symbol and timeframe.

    Raises UnknownName or MissingFile (naming what is near), BadSetting if the file's name says that it
    holds something else.
    """
    if path.is_dir():
        path = _in_folder(path, symbol, timeframe)
    try:
        named = symbol_and_timeframe(path)
    except (BadSetting, UnknownName):
        named = (symbol, timeframe)  # its name says nothing
    if path.is_file() and named != (symbol, timeframe):
        raise BadSetting(
            f"{path} holds {named[0]} {named[1]} by its name, but {symbol} {timeframe} was asked for. "
            "Ask for what it holds, or name another file."
        )
    return read_candles(path, symbol, timeframe)


def ms_of(day: str | date | None, name: str) -> int | None:
    """ms UTC of a date or time; one without an offset is taken as UTC. Raises BadSetting for no date."""
    if day is None:
        return None
    try:
        at = datetime.fromisoformat(day) if isinstance(day, str) else day
    except ValueError as error:
        raise BadSetting(f"{name} {day!r} is no date. Write it as 2022-01-31 or 2022-01-31T12:00.") from error
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)


def _of_archive(
    symbol: Symbol, wanted: Wanted, folder: DataFolder, exchange: str | None, quiet: bool
) -> Candles:
    from thebot.storage.archive import Archive

    archive = Archive(folder.archive(addresses_of(exchange or BINANCE).name))
    failure = None if exchange is None else _fetch_missing(symbol, wanted, archive, folder, exchange, quiet)
    found = archive.read(symbol, wanted.timeframe, wanted.first, wanted.end)
    if len(found) and failure is None:
        return found
    near = nearest(f"{symbol} {wanted.timeframe}", [f"{s} {t}" for s, t in archive.series()])
    since = "2022-01-01" if wanted.first is None else moment(wanted.first)[:10]
    what = f"There are no candles of {symbol} {wanted.timeframe} here"
    if failure is not None:
        why = str(failure).partition(". ")[0]  # what to do about it is said below
        what = f"Candles of {symbol} {wanted.timeframe} are missing here, and fetching them failed: {why}"
    raise MissingFile(
        f"{what.rstrip('.')}. Fetch them while the exchange can be reached, as in: thebot fetch {symbol} "
        f"{wanted.timeframe} --start {since}; or name a Parquet file of them (candles)."
        + (f" There is: {', '.join(near)}." if near else "")
    ) from failure


def _fetch_missing(
    symbol: Symbol,
    wanted: Wanted,
    archive: Archive,
    folder: DataFolder,
    exchange: str,
    quiet: bool,
) -> ExchangeError | None:
    """Fetch what the archive lacks of the span; gives why that failed, or None if nothing is missing."""
    from thebot.storage.bulk import BULK_ADDRESS
    from thebot.storage.history import Request
    from thebot.storage.spans import Span

    if wanted.first is None:
        return None
    end = wanted.end if wanted.end is not None else int(datetime.now(UTC).timestamp() * 1000)
    request = Request(symbol=symbol, timeframe=wanted.timeframe, span=Span(wanted.first, end))
    known = archive.known(symbol, wanted.timeframe)
    if request.is_held(archive, min(end, _NOW)):
        return None
    if wanted.end is None and any(span.start <= wanted.first and span.end > wanted.first for span in known):
        return None  # no end was named: what is there will do
    folder.prepare()
    with bar(request, quiet) as progress:
        try:
            files = BULK_ADDRESS if exchange == BINANCE else None
            _finished(fetched(request, exchange=exchange, files=files, folder=folder, progress=progress))
        except ExchangeUnreachable as error:
            return error
    return None


def _finished(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine gives, also where an event loop runs already (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    done: list[Answer] = []
    failed: list[BaseException] = []

    def alone() -> None:
        try:
            done.append(asyncio.run(work))
        except BaseException as error:  # handed to the caller's thread
            failed.append(error)

    thread = threading.Thread(target=alone, name="fetch")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def _in_folder(folder: Path, symbol: Symbol, timeframe: Timeframe) -> Path:
    path = folder / f"{symbol}-{timeframe}.parquet"
    if not path.is_file():
        names = sorted(file.stem for file in folder.glob("*-*.parquet"))
        raise UnknownName("series", path.stem, names, f"That is what {folder} was searched for.")
    return path


def _require_same(found: Sequence[Candles], wanted: Wanted) -> None:
    names = [(candles.symbol, candles.timeframe) for candles in found]
    asked = [(symbol, wanted.timeframe) for symbol in wanted.symbols]
    if names != asked:
        raise BadSetting(
            f"The candles are {_listed(names)}; {_listed(asked)} was asked for. Ask for what they are."
        )


def _listed(names: Sequence[tuple[Symbol, Timeframe]]) -> str:
    return ", ".join(f"{symbol} {timeframe}" for symbol, timeframe in names) or "none"
