"""A data folder for the lab of the small desk: one market's candles, so that nothing has to be fetched."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from tests.market.series import MONDAY, random_market

from thebot.market import Candles, Timeframe
from thebot.storage.archive import Archive
from thebot.storage.spans import Span

HOUR: Final = 3_600_000
HOURS: Final = 1_900  # the small desk charts the newest 2,000
HELD: Final = 1_500  # of them are traded on: those before warm the indicators up


def prepare(folder: Path) -> int:
    """Keep BTCUSDT 1h there up to the last full hour, and give the time (ms UTC) of the end."""
    made = random_market(seed=11, length=HOURS, timeframe="1h", symbol="BTCUSDT")
    end = Timeframe("1h").floor(int(time.time() * 1000))
    moved = end - HOURS * HOUR - MONDAY
    columns: dict[str, Any] = {
        name: getattr(made, name) for name in ("open", "high", "low", "close", "volume")
    }
    candles = Candles(
        symbol="BTCUSDT", timeframe=Timeframe("1h"), open_time=made.open_time + moved, **columns
    )
    Archive(folder / "candles-sandbox").keep(candles, Span(end - HOURS * HOUR, end))
    return end


def experiment(until: int, /, **changed: Any) -> dict[str, Any]:
    """What the form of the lab sends."""
    return {
        "kind": "backtest", "strategy": "sma-cross", "symbols": ["BTCUSDT"], "timeframe": "1h",
        "start": until - HELD * HOUR, "end": until, "parameters": {"fast": 5, "slow": 20},
    } | changed  # fmt: skip
