"""The binary frames of prices that a browser gets twenty times a second.

All little-endian. The market part is the same for every tab and encoded once; the candle part is that of
one chart (symbol, timeframe, plots) and encoded once for all tabs that show it.

    8 x f8   version, seq, sent_at (ms UTC), exchange_time (ms UTC), newest (exchange's ms UTC of the newest
             price change), version of the board (read /api/symbols anew when it changes),
             rows, updates (price changes so far)
    rows x f8   price; nan where there is none yet
    rows x f4   change over 24 h, percent
    rows x u2   age of the price: ms since its change was heard here; 65535 stands for that or more
    rows bits   stale, first row in the lowest bit; padded with zeros to a multiple of 8 bytes
    then, if the tab shows a chart whose forming candle is known:
    6 x f8   open_time (ms UTC), open, high, low, close, volume
    then for each plot asked for, in that order: f8 count, count x f8 values

`assets/frame.js` reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thebot.live.board import Board
    from thebot.live.desk import Forming

VERSION: Final = 1
_OLDEST: Final = 65_535  # ms


def market_part(board: Board, *, seq: int, sent_at: float, now: float, exchange_time: int) -> bytes:
    """The prices of all rows of `board`, in its order. Times are ms UTC, `now` is monotonic seconds."""
    rows, traded_at = len(board.symbols), board.traded_at
    newest = float(traded_at.max()) if rows else 0.0
    head = [VERSION, seq, sent_at, exchange_time, newest, board.version, rows, board.updates]
    age = np.clip((now - board.moved) * 1000.0, 0, _OLDEST)
    frame = b"".join(
        (
            np.array(head, "<f8").tobytes(),
            board.price.astype("<f8").tobytes(),
            (board.change_24h * 100.0).astype("<f4").tobytes(),
            age.astype("<u2").tobytes(),
            np.packbits(board.stale, bitorder="little").tobytes(),
        )
    )
    return frame + bytes(-len(frame) % 8)


def candle_part(forming: Forming | None, plots: Iterable[str]) -> bytes:
    """The forming candle and the values of `plots`, in that order; nothing while it is not known."""
    if forming is None:
        return b""
    candle = forming.candle
    numbers: list[float] = [
        candle.open_time, candle.open, candle.high, candle.low, candle.close, candle.volume
    ]  # fmt: skip
    for key in plots:
        values = forming.values.get(key, ())
        numbers.append(len(values))
        numbers.extend(values)
    return np.array(numbers, dtype="<f8").tobytes()
