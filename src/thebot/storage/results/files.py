"""The two Parquet files of a result: its trades and its equity, written whole or not at all.

These functions load polars: the serving process leaves them to a worker (`storage.workers`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from thebot.backtesting.trades import ENDINGS, Trades
from thebot.market import Symbol
from thebot.storage.results.folder import EQUITY, TRADES
from thebot.storage.results.pages import read_frame, unreadable

if TYPE_CHECKING:
    import polars

    from thebot.backtesting import TrackRecord
    from thebot.market import FloatArray, IntArray

_SIDES: Final = ("long", "short")


def write(record: TrackRecord, beside: Path) -> None:
    """Write both files into a new folder `beside`, down to the disk. What fails leaves nothing behind.

    Raises OSError where the disk does not take them.
    """
    import polars

    frames = record.to_polars()
    try:
        beside.mkdir()
        for name, frame in ((TRADES, frames.trades), (EQUITY, frames.equity.drop("drawdown"))):
            with (beside / name).open("wb") as file:
                frame.write_parquet(file, compression="zstd", compression_level=3)
                file.flush()
                os.fsync(file.fileno())
    except BaseException as error:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(error, polars.exceptions.PolarsError):  # which wraps what the disk said
            raise OSError(" ".join(str(error).split())) from error
        raise


def read_equity(folder: Path) -> tuple[IntArray, FloatArray, FloatArray]:
    """Time, equity and holding of the result in `folder`. Raises StorageError if they cannot be read."""
    frame = read_frame(folder / EQUITY, ("time", "equity", "holding"))
    return _column(frame, "time"), _column(frame, "equity"), _column(frame, "holding")


def read_trades(folder: Path, symbols: tuple[Symbol, ...]) -> Trades:
    """The trades of the result in `folder`, which was of `symbols`. Raises StorageError as `read_equity`."""
    names = tuple(Trades.none().columns())
    frame = read_frame(folder / TRADES, names)
    texts = {"symbol": symbols, "side": _SIDES, "ending": ENDINGS}
    columns = {name: _column(frame, name) for name in names if name not in texts}
    for name, known in texts.items():
        try:
            columns[name] = np.array([known.index(each) for each in frame[name].to_list()], np.int64)
        except ValueError as error:
            raise unreadable(folder / TRADES, f"an unknown {name}: {error}") from error
    columns["side"] = 1 - 2 * columns["side"]  # long is 1, short is -1
    return Trades(symbols=symbols, **columns)


def _column(frame: polars.DataFrame, name: str) -> Any:  # noqa: ANN401  (of the column's own kind)
    return frame[name].to_physical().to_numpy().copy()
