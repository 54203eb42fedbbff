"""Candles in Parquet files: one file, one symbol and timeframe, columns as in `Candles`.

polars is imported inside: the serving process reads no files.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thebot.errors import BadCandles, BadSetting, MissingFile, nearest
from thebot.market.candles import Candles
from thebot.market.quality import check
from thebot.market.ticks import Symbol
from thebot.market.timeframe import TIMEFRAMES, Timeframe

if TYPE_CHECKING:
    import polars

_NEEDED = ("open_time", "open", "high", "low", "close", "volume")
_OPTIONAL = ("quote_volume", "trades", "taker_buy_volume")
_INTEGERS = ("open_time", "trades")


def symbol_and_timeframe(path: Path) -> tuple[Symbol, Timeframe]:
    """What a file called `BTCUSDT-1h.parquet` holds. Raises BadSetting for another kind of name."""
    symbol, dash, timeframe = path.stem.rpartition("-")
    if not dash or not symbol:
        raise BadSetting(
            f"{path.name}: a file of candles is called SYMBOL-TIMEFRAME.parquet, as BTCUSDT-1h.parquet."
        )
    return symbol, Timeframe(timeframe)


def read_candles(path: Path, symbol: Symbol | None = None, timeframe: Timeframe | None = None) -> Candles:
    """The candles of a Parquet file, checked; symbol and timeframe by its name unless given.

    Raises MissingFile (naming files near it), BadCandles for impossible rows, BadSetting for a file that
    holds something else.
    """
    import polars

    if not path.is_file():
        near = (
            nearest(path.name, (p.name for p in path.parent.glob("*.parquet")))
            if path.parent.is_dir()
            else []
        )
        if path.is_dir():
            raise MissingFile(f"{path} is a folder. Name a file in it, called SYMBOL-TIMEFRAME.parquet.")
        raise MissingFile(
            f"There is no file {path}." + (f" Beside it there is: {', '.join(near)}." if near else "")
        )
    if symbol is None or timeframe is None:
        named = symbol_and_timeframe(path)
        symbol, timeframe = symbol or named[0], timeframe or named[1]
    try:
        frame = polars.read_parquet(path)
    except polars.exceptions.PolarsError as error:
        raise BadSetting(f"{path} cannot be read as Parquet ({str(error).splitlines()[0]}).") from error
    absent = [name for name in _NEEDED if name not in frame.columns]
    if absent:
        raise BadSetting(
            f"{path} holds no candles: it lacks {', '.join(absent)}; it has {', '.join(frame.columns)}."
        )
    columns = {name: _column(frame, name, path) for name in (*_NEEDED, *_OPTIONAL) if name in frame.columns}
    candles = check(Candles(symbol=symbol, timeframe=timeframe, **columns))
    _require_spacing(candles, path)
    return candles


def write_candles(candles: Candles, path: Path) -> None:
    """Write the file whole or not at all: a reader sees the old or the new one, never half of one."""
    import polars

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        polars.DataFrame(candles.columns()).write_parquet(temporary, compression="zstd")
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _column(frame: polars.DataFrame, name: str, path: Path) -> Any:  # noqa: ANN401  (a column of either type)
    series = frame[name]
    empty = int(series.is_null().arg_max() or 0) if series.null_count() else None
    if empty is not None:
        raise BadCandles(f"{path.name}: row {empty} has no {name}. Nothing was taken from the file.", empty)
    if series.dtype.is_temporal():
        series = series.dt.epoch("ms")
    if not series.dtype.is_numeric():
        raise BadSetting(f"{path}: its column {name} holds {series.dtype}, not numbers.")
    return np.ascontiguousarray(series.to_numpy().astype(np.int64 if name in _INTEGERS else np.float64))


def _require_spacing(candles: Candles, path: Path) -> None:
    """Raise BadSetting for rows that are plainly of another timeframe than the file is said to be."""
    apart = np.diff(candles.open_time)
    if len(apart) < 10:
        return
    nominal = candles.timeframe.nominal_ms
    if np.median(apart) < 0.9 * nominal or apart.min() >= 2 * nominal:
        found = int(np.median(apart))
        near = min(TIMEFRAMES, key=lambda timeframe: abs(timeframe.nominal_ms - found))
        raise BadSetting(
            f"{path}: its rows are {found / 60_000:g} minutes apart, so these are not candles of "
            f"{candles.timeframe}. They look like {near}: name the file or the timeframe so."
        )
