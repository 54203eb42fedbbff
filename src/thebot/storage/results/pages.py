"""The trades of a result page by page, for whoever shows them.

A serving process hands `trades_plain` to a worker (`storage.workers`), for it loads polars. Nothing here
loads the backtesting.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thebot.errors import StorageError
from thebot.storage.results.folder import TRADES

if TYPE_CHECKING:
    import polars

_TIMES: Final = ("decided_at", "entered_at", "left_at")


def trades_plain(
    folder: Path, *, offset: int = 0, limit: int = 500, newest_first: bool = False
) -> dict[str, Any]:
    """A page of the trades of the result in `folder`, ready for JSON: times in ms UTC, unknown is None.

    `count` is how many there are in all, `trades` the page, in the order in which they were left.
    """
    frame = read_frame(folder / TRADES, ("left_at",))
    page = (frame.reverse() if newest_first else frame).slice(offset, limit)
    rows = page.rows(named=True)
    for row in rows:
        for name, value in row.items():
            if name in _TIMES:
                row[name] = int(value.timestamp() * 1000)
            elif isinstance(value, float) and not math.isfinite(value):
                row[name] = None
    return {"count": frame.height, "trades": rows}


def read_frame(path: Path, names: tuple[str, ...]) -> polars.DataFrame:
    """A Parquet file with these columns at least. Raises StorageError if it cannot be read."""
    import polars

    try:
        frame = polars.read_parquet(path.read_bytes())
    except (OSError, polars.exceptions.PolarsError) as error:
        raise unreadable(path, " ".join(str(error).split())) from error
    missing = set(names) - set(frame.columns)
    if missing:
        raise unreadable(path, f"without {', '.join(sorted(missing))}")
    return frame


def unreadable(path: Path, why: str) -> StorageError:
    return StorageError(
        f"{path} cannot be read ({why}): this result's trades and equity are lost. What it came to is still "
        f"told (thebot results show {path.parent.name}); remove it with: thebot results delete "
        f"{path.parent.name}. The same backtest gives it again."
    )
