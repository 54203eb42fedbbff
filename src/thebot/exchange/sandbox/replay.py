"""The replay of real candles or trades: a `Source` over columns that a child process has prepared."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from thebot.errors import BadCandles, BadSetting, MissingFile, PlatformError
from thebot.exchange.sandbox import paths
from thebot.exchange.sandbox.anchors import generator
from thebot.exchange.sandbox.bars import Bars, summed
from thebot.exchange.sandbox.clock import ReplayClock
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.listings import Listing, assets
from thebot.exchange.sandbox.paths import Path as TradePath
from thebot.exchange.sandbox.sources import Kept
from thebot.market import IntArray, Timeframe


@dataclass(frozen=True, slots=True)
class Recorded:
    """One symbol: its candles, and its trades if the file held them (shape (5, trades))."""

    listing: Listing
    base: Timeframe
    bars: Bars
    tape: IntArray | None


class Replay:
    """A `Source` of recorded candles. Missing candles are halts."""

    name: Literal["replay"] = "replay"

    def __init__(self, recorded: list[Recorded]) -> None:
        self._recorded = {each.listing.symbol: each for each in recorded}
        self.listings = {each.listing.symbol: each.listing for each in recorded}
        self._paths = Kept(2 * len(recorded) + 64, self._make_path)

    def base(self, symbol: str) -> Timeframe:
        return self._recorded[symbol].base

    def first_open(self, symbol: str) -> int:
        return int(self._recorded[symbol].bars.open_time[0])

    def end(self, symbol: str) -> int | None:
        recorded = self._recorded[symbol]
        return recorded.base.close_time(int(recorded.bars.open_time[-1]))

    def next_open(self, symbol: str, at: int) -> int | None:
        opens = self._recorded[symbol].bars.open_time
        row = int(np.searchsorted(opens, at))
        return int(opens[row]) if row < len(opens) else None

    def bars(self, symbol: str, start: int, end: int) -> Bars:
        return self._recorded[symbol].bars.between(start, end)

    def sums(self, symbol: str, interval: Interval, start: int, end: int) -> Bars:
        return summed(self.bars(symbol, start, end), interval)

    def path(self, symbol: str, open_time: int) -> TradePath | None:
        return self._paths((symbol, open_time))

    def holding_trade(self, symbol: str, trade: int) -> int | None:
        bars = self._recorded[symbol].bars
        return _holding(bars, trade, bars.first_trade, bars.trades)

    def holding_aggregate(self, symbol: str, aggregate: int) -> int | None:
        bars = self._recorded[symbol].bars
        return _holding(bars, aggregate, bars.first_aggregate, bars.aggregates)

    def _make_path(self, key: tuple[str, int]) -> TradePath | None:
        symbol, open_time = key
        recorded = self._recorded[symbol]
        row = int(np.searchsorted(recorded.bars.open_time, open_time))
        if row == len(recorded.bars.open_time) or int(recorded.bars.open_time[row]) != open_time:
            return None
        bar = recorded.bars.row(row)
        if recorded.tape is not None:
            time, price, quantity, bought, _ = recorded.tape[
                :, bar.first_aggregate : bar.first_aggregate + bar.aggregates
            ]
            return paths.path(time, price, quantity, bought > 0, np.ones(len(time), np.int64), bar)
        duration = recorded.base.close_time(open_time) - open_time
        return paths.inner_path(bar, duration, generator(symbol, "path", open_time // 1000))


def _holding(bars: Bars, number: int, first: IntArray, count: IntArray) -> int | None:
    row = int(np.searchsorted(first, number, side="right")) - 1
    if row < 0:
        return int(bars.open_time[0])
    return int(bars.open_time[row]) if number < int(first[row]) + int(count[row]) else None


@dataclass(frozen=True, slots=True)
class Opened:
    """A replay ready to run; `timeframe` is that of the files that set the clock."""

    source: Replay
    clock: ReplayClock
    timeframe: Timeframe
    left_out: tuple[str, ...]


def opened(path: Path, speed: float | None, trades_per_second: float) -> Opened:
    """Read a file or a folder in a child process. Raises MissingFile, BadSetting or BadCandles."""
    with tempfile.TemporaryDirectory(prefix="thebot-sandbox-") as folder:
        told = _read_by_child(path, folder, speed, trades_per_second)
        recorded = [_mapped(entry, Path(folder)) for entry in told["symbols"]]
        # The files may go: what is mapped stays until the process ends, however it ends.
        return Opened(
            Replay(recorded),
            ReplayClock(start=told["start"], speed=told["speed"]),
            Timeframe(told["timeframe"]),
            tuple(told["left_out"]),
        )


def _read_by_child(path: Path, folder: str, speed: float | None, trades_per_second: float) -> dict[str, Any]:
    task = {"path": str(path), "into": folder, "speed": speed, "trades_per_second": trades_per_second}
    child = subprocess.run(
        [sys.executable, "-m", "thebot.exchange.sandbox.reading"],
        input=json.dumps(task), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if child.returncode != 0:
        last = (child.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise PlatformError(f"The process that reads {path} failed ({last}). Nothing is replayed.")
    told: dict[str, Any] = json.loads(child.stdout)
    if "error" in told:
        if told["kind"] == "BadCandles":
            raise BadCandles(told["error"], told["row"])
        raise (MissingFile if told["kind"] == "MissingFile" else BadSetting)(told["error"])
    return told


def _mapped(entry: dict[str, Any], folder: Path) -> Recorded:
    symbol = entry["symbol"]
    base, quote = assets(symbol)
    columns = np.load(folder / f"{symbol}.bars.npy", mmap_mode="r")
    tape = np.load(folder / f"{symbol}.tape.npy", mmap_mode="r") if entry["trades"] else None
    listing = Listing(symbol, base, quote, entry["price_digits"], entry["quantity_digits"])
    return Recorded(
        listing, Timeframe(entry["timeframe"]), Bars(*(np.asarray(column) for column in columns)), tape
    )
