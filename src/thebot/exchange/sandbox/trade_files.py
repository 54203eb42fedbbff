"""Files of single trades: SYMBOL-trades.parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from thebot.errors import BadCandles, BadSetting
from thebot.exchange.sandbox.bars import Bars, summed
from thebot.exchange.sandbox.counted import LARGEST, Read, counted, digits, ready_at, too_large
from thebot.exchange.sandbox.intervals import Interval
from thebot.exchange.sandbox.timeline import Recording
from thebot.market import BoolArray, FloatArray, IntArray, Timeframe
from thebot.market.timeframe import MINUTE

if TYPE_CHECKING:
    import polars

_MICROSECONDS_FROM: Final = 10**14  # a time above this is in microseconds
_COLUMNS: Final = {"time": ("time",), "price": ("price",), "quantity": ("amount", "quantity", "qty")}


def read_trades(file: Path) -> Read:
    """Raises BadCandles with the first row that cannot be, BadSetting for what holds no trades."""
    frame = _frame_of_trades(file)
    price, quantity = _floats(frame, "price", file), _floats(frame, "quantity", file)
    time = _integers(frame, "time", file)
    time = np.where(time > _MICROSECONDS_FROM, time // 1000, time)
    _require(np.diff(time, prepend=time[0]) >= 0, file, "is older than the one before it")
    positive = (price > 0) & (quantity > 0) & np.isfinite(price) & np.isfinite(quantity)
    _require(positive, file, "has no positive price and quantity")
    first = 1
    if "id" in frame.columns:
        ids = _integers(frame, "id", file)
        _require(np.diff(ids, prepend=ids[0] - 1) > 0, file, "repeats the id of a trade before it")
        first = int(ids[0])
    price_digits, quantity_digits = digits(price), digits(quantity)
    if float((price * quantity).max()) * 10.0 ** (price_digits + quantity_digits) * 4 > LARGEST:
        raise too_large(file, price_digits, quantity_digits)
    tape = np.stack([
        time, counted(price, price_digits), counted(quantity, quantity_digits), _takers(frame, file),
        first + np.arange(len(time)),  # the exchange's ids have no gap, so ours have none
    ])  # fmt: skip
    bars = _minutes(tape)
    opens = bars.open_time
    recording = Recording(
        file=file.name, symbol=file.stem.removesuffix("-trades"), timeframe=Timeframe("1m"), trades=True,
        first_open=int(opens[0]), last_close=int(opens[-1]) + MINUTE, ready=ready_at(opens),
        candles=len(opens),
    )  # fmt: skip
    return Read(recording, price_digits, quantity_digits, bars, tape)


def _frame_of_trades(file: Path) -> polars.DataFrame:
    """The file, with its columns called time, price and quantity."""
    import polars

    try:
        frame = polars.read_parquet(file)
    except polars.exceptions.PolarsError as error:
        raise BadSetting(f"{file} cannot be read as Parquet ({str(error).splitlines()[0]}).") from error
    for wanted, names in _COLUMNS.items():
        found = [name for name in names if name in frame.columns]
        if not found:
            raise BadSetting(f"{file.name} holds no trades: it has no column {' or '.join(names)}.")
        frame = frame.rename({found[0]: wanted}) if found[0] != wanted else frame
    if not len(frame):
        raise BadSetting(f"{file.name} holds no trade.")
    return frame


def _floats(frame: polars.DataFrame, name: str, file: Path) -> FloatArray:
    return _numbers(frame, name, file).to_numpy().astype(np.float64)


def _integers(frame: polars.DataFrame, name: str, file: Path) -> IntArray:
    return _numbers(frame, name, file).to_numpy().astype(np.int64)


def _numbers(frame: polars.DataFrame, name: str, file: Path) -> polars.Series:
    """A column without holes; moments as milliseconds, truths as 0 and 1."""
    column = frame[name]
    _require(~column.is_null().to_numpy(), file, f"has no {name}")
    if column.dtype.is_temporal():
        column = column.dt.epoch("ms")
    if not (column.dtype.is_numeric() or str(column.dtype) == "Boolean"):
        raise BadSetting(f"{file.name}: its column {name} holds {column.dtype}, not numbers.")
    return column


def _require(fine: BoolArray, file: Path, trouble: str) -> None:
    """Raise BadCandles with the first row that is not fine."""
    wrong = np.flatnonzero(~fine)
    if len(wrong):
        row = int(wrong[0])
        raise BadCandles(f"{file.name}: row {row} {trouble}. Nothing was taken from the file.", row)


def _takers(frame: polars.DataFrame, file: Path) -> IntArray:
    """1 where the taker bought."""
    if "side" in frame.columns:
        sides = np.array([str(side).lower() for side in frame["side"].to_list()])
        _require((sides == "buy") | (sides == "sell"), file, "has a side that is neither buy nor sell")
        bought: IntArray = (sides == "buy").astype(np.int64)
        return bought
    for name in ("is_buyer_maker", "isBuyerMaker"):
        if name in frame.columns:
            return 1 - _integers(frame, name, file)
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
