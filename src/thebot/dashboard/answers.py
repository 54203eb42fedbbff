"""What the API answers: columns of numbers as JSON, nan as null."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from thebot.live.desk import Chart, Desk
    from thebot.live.drawn import Refusal
    from thebot.market import Candles

_COLUMNS = ("open_time", "open", "high", "low", "close", "volume")


class Json(Response):
    """An answer in JSON. msgspec writes nan and infinity as null, which JSON has no words for."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401  (whatever msgspec can encode)
        return msgspec.json.encode(content)


def candles(found: Candles) -> dict[str, Any]:
    """`found` in columns, times in ms UTC."""
    return {"symbol": found.symbol, "timeframe": found.timeframe.name} | _columns(found)


def chart(found: Chart, refused: Iterable[Refusal] = ()) -> dict[str, Any]:
    """Candles with the lines of the indicators over them and the signals at them."""
    return candles(found.candles) | {
        "plots": [
            {
                "key": plot.key,
                "label": plot.label,
                "overlay": plot.overlay,
                "guides": list(plot.guides),
                "marks": plot.marks,
                "since": plot.since,
                "steps": plot.steps,
                "name": plot.name,
                "inputs": list(plot.inputs),
                "parameters": dict(plot.parameters),
                "lines": [
                    {"name": line.name, "overlay": line.overlay, "values": _numbers(line.values)}
                    for line in plot.lines
                ],
            }
            for plot in found.plots
        ],
        "refused": [{"text": each.text, "why": each.why} for each in (*refused, *found.refused)],
        "signals": [signal.plain() for signal in found.signals],
    }


def symbols(desk: Desk) -> dict[str, Any]:
    """Everything on the board, in its order, with what is needed to show a price."""
    board = desk.board
    change = _numbers(board.change_24h * 100.0)
    columns = (
        board.price, board.open_24h, board.high_24h, board.low_24h, board.quote_volume_24h, board.stale,
        board.traded_at,
    )  # fmt: skip
    rows = zip(board.symbols, change, *(_numbers(column) for column in columns), strict=True)
    listed = []
    for symbol, moved, price, opened, high, low, volume, stale, traded_at in rows:
        instrument = desk.instruments.get(symbol)
        listed.append(
            {
                "symbol": symbol,
                "base": instrument.base if instrument else symbol,
                "quote": instrument.quote if instrument else "",
                "tick": str(instrument.tick) if instrument else None,
                "price_digits": instrument.price_digits if instrument else 8,
                "quantity_digits": instrument.quantity_digits if instrument else 8,
                "trading": instrument.trading if instrument else False,
                "price": price,
                "change_24h": moved,
                "open_24h": opened,
                "high_24h": high,
                "low_24h": low,
                "quote_volume_24h": volume,
                "stale": bool(stale),
                "traded_at": traded_at,
                "spark": _numbers(board.spark(symbol)),
            }
        )
    return {
        "mode": desk.mode.value,
        "version": board.version,
        "exchange_time": desk.exchange_time(),
        "timeframes": [timeframe.name for timeframe in desk.timeframes],
        "default_timeframe": desk.default_timeframe.name,
        "symbols": listed,
    }


def _columns(found: Candles) -> dict[str, list[Any]]:
    return {name: _numbers(getattr(found, name)) for name in _COLUMNS}


def _numbers(column: NDArray[np.generic]) -> list[Any]:
    return list(column.tolist())
