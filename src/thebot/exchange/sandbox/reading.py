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
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from thebot.errors import BadCandles, BadSetting, MissingFile, ThebotError
from thebot.exchange.sandbox import paths
from thebot.exchange.sandbox.bars import Bars, summed
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.timeline import HISTORY, Plan, Recording, planned
from thebot.market import Candles, FloatArray, IntArray, Timeframe
from thebot.market.parquet import read_candles
from thebot.market.quality import moment
from thebot.market.timeframe import MINUTE

if TYPE_CHECKING:
    import polars

_MOST_DIGITS: Final = 8
_LARGEST: Final = float(2**62)
_MOST_AGGREGATES: Final = 5000  # in one candle


@dataclass(frozen=True, slots=True)
class Task:
    """`path` is a file or a folder; `speed` exchange seconds a real second, None for the usual."""

    path: str
    into: str  # folder for the columns
    speed: float | None
    trades_per_second: float


@dataclass(frozen=True, slots=True)
class Read:
    """A file in ticks and steps, not yet divided into trades."""

    recording: Recording
    price_digits: int
    quantity_digits: int
    bars: Bars
    tape: IntArray | None = None  # shape (5, trades): time, price, quantity, bought, first trade id


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
        raise MissingFile(
            f"There is no file or folder {path} to replay. Give a Parquet file, or a folder of them."
        )
    files = sorted(path.glob("*.parquet"))
    if not files:
        raise MissingFile(f"The folder {path} holds no Parquet file to replay (SYMBOL-TIMEFRAME.parquet).")
    return files


def _read(file: Path) -> Read:
    return _read_trades(file) if file.stem.endswith("-trades") else _read_candles(file)


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
    price_digits = _digits(np.concatenate([candles.open, candles.high, candles.low, candles.close]))
    quantity_digits = _digits(candles.volume)
    if float((candles.high * candles.volume).max()) * 10.0 ** (price_digits + quantity_digits) * 4 > _LARGEST:
        raise BadSetting(
            f"{file.name}: price times volume in {price_digits} and {quantity_digits} digits is too large."
        )
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
        _counted(column, price_digits) for column in (candles.open, candles.high, candles.low, candles.close)
    )
    volume = _counted(candles.volume, quantity_digits)
    value = _counted_or_unknown(candles.quote_volume, price_digits + quantity_digits, unknown)
    bought = _counted_or_unknown(candles.taker_buy_volume, quantity_digits, unknown)
    trades = unknown if candles.trades is None else candles.trades
    return Bars(
        open_time=candles.open_time, open=open_, high=high, low=low, close=close, volume=volume, value=value,
        trades=trades, bought=np.minimum(bought, volume), bought_value=unknown, first_trade=unknown,
        aggregates=unknown, first_aggregate=unknown,
    )  # fmt: skip


def _read_trades(file: Path) -> Read:
    import polars

    frame = polars.read_parquet(file)
    for wanted, names in (
        ("price", ("price",)),
        ("quantity", ("amount", "quantity", "qty")),
        ("time", ("time",)),
    ):
        found = [name for name in names if name in frame.columns]
        if not found:
            raise BadSetting(f"{file.name} holds no trades: it has no column {' or '.join(names)}.")
        frame = frame.rename({found[0]: wanted}) if found[0] != wanted else frame
    time = frame["time"].to_numpy().astype(np.int64)
    time = np.where(time > 10**14, time // 1000, time)
    back = np.flatnonzero(np.diff(time) < 0)
    if len(back):
        raise BadCandles(
            f"{file.name}: row {int(back[0]) + 1} is older than the one before it.", int(back[0]) + 1
        )
    if not len(time):
        raise BadSetting(f"{file.name} holds no trade.")
    price, quantity = frame["price"].to_numpy().astype(float), frame["quantity"].to_numpy().astype(float)
    wrong = np.flatnonzero(~((price > 0) & (quantity > 0) & np.isfinite(price) & np.isfinite(quantity)))
    if len(wrong):
        raise BadCandles(
            f"{file.name}: row {int(wrong[0])} has no positive price and quantity.", int(wrong[0])
        )
    price_digits, quantity_digits = _digits(price), _digits(quantity)
    first = int(frame["id"][0]) if "id" in frame.columns else 1
    tape = np.stack([
        time, _counted(price, price_digits), _counted(quantity, quantity_digits), _takers(frame, file),
        first + np.arange(len(time)),
    ])  # fmt: skip
    bars = _minutes(tape)
    minute = Timeframe("1m")
    opens = bars.open_time
    recording = Recording(
        file=file.name, symbol=file.stem.removesuffix("-trades"), timeframe=minute, trades=True,
        first_open=int(opens[0]), last_close=int(opens[-1]) + MINUTE, ready=_ready(opens),
        candles=len(opens),
    )  # fmt: skip
    return Read(recording, price_digits, quantity_digits, bars, tape)


def _takers(frame: polars.DataFrame, file: Path) -> IntArray:
    """1 where the taker bought."""
    if "side" in frame.columns:
        return np.array([str(side).lower() == "buy" for side in frame["side"].to_list()], np.int64)
    for name in ("is_buyer_maker", "isBuyerMaker"):
        if name in frame.columns:
            makers: IntArray = frame[name].to_numpy().astype(np.int64)
            return 1 - makers
    raise BadSetting(f"{file.name} does not say who was the taker: it has neither side nor is_buyer_maker.")


def _minutes(tape: IntArray) -> Bars:
    """One-minute candles of trades; a minute without trades is flat, as the exchange shows it."""
    time, price, quantity, bought, number = tape
    value = price * quantity
    one = np.ones(len(time), np.int64)
    trades = Bars(
        time, price, price, price, price, quantity, value, one, quantity * bought, value * bought, number,
        one, np.arange(len(time)),
    )  # fmt: skip
    busy = summed(trades, Interval("1m"))
    opens = np.arange(busy.open_time[0], busy.open_time[-1] + 1, MINUTE)
    newest = np.searchsorted(busy.open_time, opens, side="right") - 1
    quiet = busy.open_time[newest] != opens
    columns = [column[newest] for column in busy]
    rows = Bars(*columns)
    none = np.zeros(len(opens), np.int64)
    flat = {name: np.where(quiet, rows.close, getattr(rows, name)) for name in ("open", "high", "low")}
    empty = {
        name: np.where(quiet, none, getattr(rows, name))
        for name in ("volume", "value", "trades", "bought", "bought_value", "aggregates")
    }
    following = {
        "first_trade": np.where(quiet, rows.first_trade + rows.trades, rows.first_trade),
        "first_aggregate": np.where(quiet, rows.first_aggregate + rows.aggregates, rows.first_aggregate),
    }
    return rows._replace(open_time=opens, **flat, **empty, **following)


def _recording(file: Path, candles: Candles) -> Recording:
    return Recording(
        file=file.name, symbol=candles.symbol, timeframe=candles.timeframe, trades=False,
        first_open=int(candles.open_time[0]), last_close=int(candles.close_time[-1]),
        ready=_ready(candles.open_time), candles=len(candles),
    )  # fmt: skip


def _ready(opens: IntArray) -> int:
    return int(opens[HISTORY if len(opens) > HISTORY else len(opens) // 2])


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


def _digits(column: FloatArray) -> int:
    """The fewest decimals that say every number exactly; at most eight, as the exchange writes them."""
    for digits in range(_MOST_DIGITS):
        unit = 10.0**digits
        if np.array_equal(np.rint(column * unit) / unit, column):
            return digits
    return _MOST_DIGITS


def _counted(column: FloatArray, digits: int) -> IntArray:
    return np.rint(column * 10.0**digits).astype(np.int64)


def _counted_or_unknown(column: FloatArray | None, digits: int, unknown: IntArray) -> IntArray:
    if column is None or not np.isfinite(column).all() or float(column.max()) * 10.0**digits > _LARGEST:
        return unknown
    return _counted(column, digits)


if __name__ == "__main__":
    sys.exit(main())
