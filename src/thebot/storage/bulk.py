"""The exchange's files of past candles: a zip a month or a day, with a checksum beside it.

Layout and content as documented for data.binance.vision (spot): one CSV without a header, columns as in the
REST answer, times in microseconds from 2025-01-01 and in milliseconds before. Files are re-issued at times.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from thebot.errors import DataError
from thebot.market import Candles, IntArray, Symbol, Timeframe
from thebot.market.timeframe import DAY
from thebot.storage.archive import Archive, sha256_of
from thebot.storage.spans import Span, month_of

BULK_ADDRESS: Final = "https://data.binance.vision"

_MICROSECONDS_FROM: Final = 10**14  # as milliseconds that is the year 5138
_LARGEST: Final = 512 * 1024 * 1024  # bytes unpacked; a month of 1m is 8 MiB
_COLUMNS: Final = (
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trades",
    "taker_buy_volume", "taker_buy_quote_volume", "ignored",
)  # fmt: skip
_INTEGERS: Final = ("open_time", "close_time", "trades")
_KEPT: Final = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "quote_volume",
    "trades",
    "taker_buy_volume",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkFile:
    """One file that the exchange publishes: all candles of a symbol and timeframe in a month or a day."""

    symbol: Symbol
    timeframe: Timeframe
    period: Literal["monthly", "daily"]
    span: Span

    @classmethod
    def of_month(cls, symbol: Symbol, timeframe: Timeframe, at: int) -> BulkFile:
        return cls(symbol=symbol, timeframe=timeframe, period="monthly", span=month_of(at))

    @classmethod
    def of_day(cls, symbol: Symbol, timeframe: Timeframe, at: int) -> BulkFile:
        start = at - at % DAY
        return cls(symbol=symbol, timeframe=timeframe, period="daily", span=Span(start, start + DAY))

    @property
    def name(self) -> str:
        """BTCUSDT-1m-2024-03.zip or BTCUSDT-1m-2024-03-31.zip"""
        day = datetime.fromtimestamp(self.span.start / 1000, UTC)
        date = day.strftime("%Y-%m" if self.period == "monthly" else "%Y-%m-%d")
        return f"{self.symbol}-{self._interval}-{date}.zip"

    @property
    def path(self) -> str:
        """Where it lies below the exchange's address."""
        return f"/data/spot/{self.period}/klines/{self.symbol}/{self._interval}/{self.name}"

    @property
    def _interval(self) -> str:
        return "1mo" if self.timeframe.name == "1M" else self.timeframe.name


def take(archive: Archive, file: BulkFile, path: Path, sha256: str) -> int:
    """Keep the candles of a downloaded file, whose checksum was published as `sha256`; gives how many.

    Raises DataError if it is not the file that was published, BadCandles for impossible rows.
    """
    found = sha256_of(path)
    if found != sha256:
        raise DataError(
            f"{file.name} was damaged on its way (its checksum is {found[:12]}..., published is "
            f"{sha256[:12]}...). Nothing was taken from it; try again."
        )
    candles = read_zip(path, file)
    return archive.keep(candles, file.span, {file.name: sha256})


def read_zip(path: Path, file: BulkFile) -> Candles:
    """The candles in a zip file of the exchange. Raises DataError if it holds anything else."""
    text = _unpacked(path, file.name)
    rows = _rows(text, file.name)
    time: IntArray = rows["open_time"]
    rows["open_time"] = np.where(time > _MICROSECONDS_FROM, time // 1000, time)
    columns = {name: rows[name] for name in _KEPT}
    candles = Candles(symbol=file.symbol, timeframe=file.timeframe, **columns)
    outside = np.flatnonzero((candles.open_time < file.span.start) | (candles.open_time >= file.span.end))
    if len(outside):
        row = text.splitlines()[outside[0]].decode(errors="replace")
        raise DataError(
            f"{file.name}: row {outside[0]} ({row}) lies outside of the time in the file's name. "
            "Nothing was taken from it; fetch with --source rest."
        )
    return candles


def _unpacked(path: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as zipped:
            inside = zipped.infolist()
            if len(inside) != 1 or inside[0].file_size > _LARGEST:
                raise DataError(f"{name} does not hold one CSV file of candles. Fetch with --source rest.")
            return zipped.read(inside[0])
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise DataError(f"{name} cannot be unpacked ({error}). Fetch with --source rest.") from error


def _rows(text: bytes, name: str) -> dict[str, Any]:
    import polars

    if not text.strip():
        return {column: np.empty(0, np.int64 if column in _INTEGERS else np.float64) for column in _COLUMNS}
    schema = {column: polars.Int64() if column in _INTEGERS else polars.Float64() for column in _COLUMNS}
    header = text.startswith(b"open_time,")  # spot has none today, futures have one
    try:
        frame = polars.read_csv(text, has_header=False, skip_rows=int(header), schema=schema)
    except polars.exceptions.PolarsError as error:
        raise DataError(
            f"{name} does not hold candles as documented ({str(error).splitlines()[0]}). "
            "Nothing was taken from it; fetch with --source rest."
        ) from error
    if sum(frame.null_count().row(0)):
        raise DataError(f"{name} has an empty field. Nothing was taken from it; fetch with --source rest.")
    return {column: np.ascontiguousarray(frame[column].to_numpy()) for column in _COLUMNS}
