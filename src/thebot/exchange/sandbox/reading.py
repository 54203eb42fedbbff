"""Reads what is to be replayed, in a child process: `python -m thebot.exchange.sandbox.reading`.

polars costs 60 MiB and stays; so a short-lived child reads the Parquet files, checks them, counts prices
in ticks and quantities in steps, and leaves plain columns that the exchange maps into its memory. It
takes its task as JSON on the standard input and answers with JSON on the standard output.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from thebot.errors import BadCandles, BadSetting, MissingFile, ThebotError, nearest
from thebot.exchange.sandbox import paths
from thebot.exchange.sandbox.bars import Bars
from thebot.exchange.sandbox.counted import LARGEST, Read, counted, digits, ready_at, too_large
from thebot.exchange.sandbox.timeline import Plan, Recording, planned
from thebot.exchange.sandbox.trade_files import read_trades
from thebot.market import Candles, FloatArray, IntArray, Timeframe
from thebot.market.parquet import read_candles
from thebot.market.quality import moment

_MOST_AGGREGATES: Final = 5000  # in one candle


@dataclass(frozen=True, slots=True)
class Task:
    """`path` is a file or a folder; `speed` exchange seconds a real second, None for the usual."""

    path: str
    into: str  # folder for the columns
    speed: float | None
    trades_per_second: float


def main() -> int:
    task = Task(**json.load(sys.stdin))
    try:
        answer = _done(task)
    except ThebotError as error:
        row = error.row if isinstance(error, BadCandles) else None
        answer = {"error": str(error), "kind": type(error).__name__, "row": row}
    json.dump(answer, sys.stdout)
    return 0


def _done(task: Task) -> dict[str, Any]:
    path = Path(task.path)
    files = _files(path)
    read: list[Read] = []
    refused: list[str] = []
    for file in files:
        try:
            read.append(_read(file))
        except ThebotError as error:
            if path.is_file():
                raise
            refused.append(f"{file.name}: {error}")
    if not read:
        raise BadSetting(f"There is nothing to replay in {path}. " + " ".join(refused))
    plan = planned([each.recording for each in read], task.speed)
    kept = {recording.file for recording in plan.kept}
    symbols = [_written(each, plan, task) for each in read if each.recording.file in kept]
    order = {recording.symbol: i for i, recording in enumerate(plan.kept)}
    symbols.sort(key=lambda entry: order[entry["symbol"]])
    return {
        "start": plan.start, "speed": plan.speed, "timeframe": plan.timeframe.name, "symbols": symbols,
        "left_out": sorted([*plan.left_out, *refused]),
    }  # fmt: skip


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        raise MissingFile(
            f"There is no file or folder {path} to replay. Give a Parquet file, or a folder of them."
            + (f" Beside it there is: {', '.join(near)}." if near else "")
        )
    files = sorted(path.glob("*.parquet"))
    if not files:
        raise MissingFile(f"The folder {path} holds no Parquet file to replay (SYMBOL-TIMEFRAME.parquet).")
    return files


def _read(file: Path) -> Read:
    return read_trades(file) if file.stem.endswith("-trades") else _read_candles(file)


def _read_candles(file: Path) -> Read:
    candles = read_candles(file)
    if not len(candles):
        raise BadSetting(f"{file.name} holds no candle.")
    astray = np.flatnonzero(candles.timeframe.floor(candles.open_time) != candles.open_time)
    if len(astray):
        row = int(astray[0])
        raise BadCandles(
            f"{file.name}: row {row} ({moment(int(candles.open_time[row]))}) does not open on a border of "
            f"{candles.timeframe}, so no exchange could have shown it. Mend the file or its name.",
            row,
        )
    price_digits = digits(np.concatenate([candles.open, candles.high, candles.low, candles.close]))
    quantity_digits = digits(candles.volume)
    if float((candles.high * candles.volume).max()) * 10.0 ** (price_digits + quantity_digits) * 4 > LARGEST:
        raise too_large(file, price_digits, quantity_digits)
    return Read(
        _recording(file, candles),
        price_digits,
        quantity_digits,
        _bars(candles, price_digits, quantity_digits),
    )


def _bars(candles: Candles, price_digits: int, quantity_digits: int) -> Bars:
    """Whole numbers; -1 where the file does not say."""
    unknown = np.full(len(candles), -1, np.int64)
    open_, high, low, close = (
        counted(column, price_digits) for column in (candles.open, candles.high, candles.low, candles.close)
    )
    volume = counted(candles.volume, quantity_digits)
    value = _counted_or_unknown(candles.quote_volume, price_digits + quantity_digits, unknown)
    bought = _counted_or_unknown(candles.taker_buy_volume, quantity_digits, unknown)
    trades = unknown if candles.trades is None else candles.trades
    return Bars(
        open_time=candles.open_time, open=open_, high=high, low=low, close=close, volume=volume, value=value,
        trades=trades, bought=np.minimum(bought, volume), bought_value=unknown, first_trade=unknown,
        aggregates=unknown, first_aggregate=unknown,
    )  # fmt: skip


def _recording(file: Path, candles: Candles) -> Recording:
    return Recording(
        file=file.name, symbol=candles.symbol, timeframe=candles.timeframe, trades=False,
        first_open=int(candles.open_time[0]), last_close=int(candles.close_time[-1]),
        ready=ready_at(candles.open_time), candles=len(candles),
    )  # fmt: skip


def _written(read: Read, plan: Plan, task: Task) -> dict[str, Any]:
    """Leave the columns in files; gives what the exchange needs to know of them."""
    recording = read.recording
    bars = read.bars if read.tape is not None else _divided(read.bars, recording.timeframe, plan, task)
    into = Path(task.into)
    np.save(into / f"{recording.symbol}.bars.npy", np.stack(bars))
    if read.tape is not None:
        np.save(into / f"{recording.symbol}.tape.npy", read.tape)
    return {
        "symbol": recording.symbol, "timeframe": recording.timeframe.name, "trades": recording.trades,
        "price_digits": read.price_digits, "quantity_digits": read.quantity_digits,
    }  # fmt: skip


def _divided(bars: Bars, timeframe: Timeframe, plan: Plan, task: Task) -> Bars:
    """How many trades each candle is made of, and what the file does not say."""
    lasts = timeframe.nominal_ms / 1000 / plan.speed  # real seconds
    typical = max(float(np.median(bars.volume)), 1.0)
    busy = np.clip(np.sqrt(bars.volume / typical), 0.3, 3.0)
    most = min(_MOST_AGGREGATES, timeframe.nominal_ms // 4)
    wanted = np.clip(task.trades_per_second * lasts * busy, 1, most).astype(np.int64)
    known = np.where(bars.trades >= 0, bars.trades, np.iinfo(np.int64).max)
    count = np.minimum(np.minimum(wanted, known), bars.volume // paths.STEPS_A_TRADE)
    corners = paths.corners(bars.open, bars.high, bars.low, bars.close)
    count = np.where(count < paths.FEW, np.minimum(np.minimum(corners, known), bars.volume), count)
    rising = bars.close >= bars.open
    share = np.where(rising, bars.volume * 11 // 20, bars.volume * 9 // 20)
    bought = np.where(count < paths.FEW, np.where(rising, bars.volume, 0), share)
    bought = np.where(bars.bought >= 0, bars.bought, bought)
    value, bought_value = paths.values(bars.open, bars.high, bars.low, bars.close, bars.volume, bought, count)
    told = bars.value >= 0
    if told.any():  # in Python's integers: the product is beyond 64 bits
        shares = bars.value.astype(object) * bought // np.maximum(bars.volume, 1)
        value = np.where(told, bars.value, value)
        bought_value = np.where(told, shares, bought_value).astype(np.int64)
    extra = np.minimum(count // 3, bars.volume - count)
    trades = np.where(bars.trades >= 0, bars.trades, count + np.maximum(extra, 0))
    return bars._replace(
        value=value, trades=trades, bought=bought, bought_value=bought_value, aggregates=count,
        first_trade=1 + np.cumsum(trades) - trades, first_aggregate=1 + np.cumsum(count) - count,
    )  # fmt: skip


def _counted_or_unknown(column: FloatArray | None, digits: int, unknown: IntArray) -> IntArray:
    if column is None or not np.isfinite(column).all() or float(column.max()) * 10.0**digits > LARGEST:
        return unknown
    return counted(column, digits)


if __name__ == "__main__":
    sys.exit(main())
