"""One trial: one strategy on one series, from candles to a track record."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from thebot import __version__
from thebot.backtesting.record import TrackRecord, data_hash
from thebot.backtesting.simulate import Market, simulate
from thebot.errors import BadSetting, MissingFile, UnknownName, nearest
from thebot.indicators import close
from thebot.market import Candles, Instrument, Symbol, Timeframe
from thebot.market.parquet import read_candles, symbol_and_timeframe
from thebot.market.quality import check, findings, moment
from thebot.strategy import Decisions, Strategy, decider, strategies, strategy_about
from thebot.strategy import strategy as strategy_named
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs

HOLD: Final = Strategy(name="buy-and-hold", entry=close > 0, exit=close < 0)
FEW_TRADES: Final = 30  # below it hardly anything can be told from luck


class CandleArchive(Protocol):
    """Where fetched candles lie. `storage.Archive` is the one there is; it is handed in from above."""

    def series(self) -> list[tuple[Symbol, Timeframe]]:
        """The symbols and timeframes that are there."""

    def read(
        self, symbol: Symbol, timeframe: Timeframe, start: int | None = None, end: int | None = None
    ) -> Candles:
        """The candles with start <= open time < end (ms UTC), checked."""


def backtest(
    *,
    symbol: Symbol,
    timeframe: str | Timeframe,
    start_date: str | date | None = None,
    end_date: str | date | None = None,
    indicator: str | None = None,
    strategy: str | Strategy | None = None,
    candles: Candles | Path | str | None = None,
    archive: CandleArchive | None = None,
    costs: Costs | None = None,
    start_equity: float = 10_000.0,
    instrument: Instrument | None = None,
) -> TrackRecord:
    """Try a strategy on the past of one symbol: bought and sold at the next open, net of costs.

    Name a `strategy` ("rsi-reversal", or a value of your own), or an `indicator` ("RSI") for the built-in
    strategy about it. `candles` are the candles, or a Parquet file or a folder of them; without them they
    are read from the `archive`. Trading goes from `start_date` until before `end_date` (UTC: "2022-01-01",
    or a date or datetime); candles before it warm the indicators up. See `simulate` for the rules and
    `Costs` for the defaults. `symbol` may be in small letters.

    Raises UnknownName, MissingFile, BadSetting or BadCandles (exit code 2) for what cannot be.
    """
    symbol, timeframe = symbol.upper(), Timeframe(timeframe)
    chosen = _chosen(strategy, indicator)
    start, end = _ms(start_date, "start_date"), _ms(end_date, "end_date")
    if start is not None and end is not None and start >= end:
        raise BadSetting(f"start_date {start_date} is not before end_date {end_date}: nothing lies between.")
    if candles is None:
        series = _of_archive(archive, symbol, timeframe, end)
    elif isinstance(candles, Candles):
        series = check(candles)
    else:
        series = candles_of_file(Path(candles).expanduser(), symbol, timeframe)
    _require_same(series, symbol, timeframe)
    if len(series) and end is not None and end <= series.open_time[0]:
        raise BadSetting(
            f"{symbol} {timeframe}: there are no candles in that time. The data go {_reach(series)}."
        )
    return run(
        series.between(end=end), chosen, start=start, end=end, costs=costs or Costs(),
        start_equity=start_equity, instrument=instrument,
    )  # fmt: skip


def run(
    candles: Candles,
    strategy: Strategy,
    *,
    costs: Costs,
    start: int | None = None,
    end: int | None = None,
    start_equity: float = 10_000.0,
    instrument: Instrument | None = None,
) -> TrackRecord:
    """The record of `strategy` on all `candles`, traded from `start` (ms UTC) on.

    `end` only says until when candles were asked for, so that missing ones can be told. Raises BadSetting
    if there are none to trade on.
    """
    name = f"{candles.symbol} {candles.timeframe}"
    if not len(candles):
        raise BadSetting(f"{name}: there are no candles in that time.")
    traded = candles.between(start)
    if len(traded) < 2:
        raise BadSetting(
            f"{name}: a decision and its fill take two candles, and there are {len(traded)} to trade on. "
            f"The data go {_reach(candles)}."
        )
    first = len(candles) - len(traded)
    decisions = decider(strategy, candles.timeframe).over(candles).rows(slice(first, None))
    account = Account(cash=start_equity)
    market = Market(candles=traded, decisions=decisions, instrument=instrument)
    done = simulate(strategy, [market], account=account, costs=costs)
    holding = simulate(HOLD, [_held(traded)], account=account, costs=costs)
    return TrackRecord(
        symbols=(candles.symbol,),
        timeframe=candles.timeframe,
        strategy=strategy,
        costs=costs,
        account=account,
        start=int(traded.open_time[0]),
        time=done.time,
        equity=done.equity,
        trades=done.trades,
        holding=holding.equity,
        findings=tuple(findings(traded)),
        warnings=(*_span_warnings(traded, start, end), *done.warnings, *_few(len(done.trades))),
        data_hash=data_hash([traded]),
        version=__version__,
    )


def _held(candles: Candles) -> Market:
    """Bought at the first chance and never sold."""
    never, at_once = np.zeros(len(candles), bool), np.arange(len(candles)) == 0
    return Market(candles=candles, decisions=Decisions(enter=at_once, leave=never))


def _reach(candles: Candles) -> str:
    return f"from {moment(int(candles.open_time[0]))} until {moment(int(candles.close_time[-1]))}"


def candles_of_file(path: Path, symbol: Symbol, timeframe: Timeframe) -> Candles:
    """The candles of a Parquet file, or of the file in a folder that is named by symbol and timeframe.

    Raises UnknownName or MissingFile (naming what is near), BadSetting if the file's name says that it
    holds something else.
    """
    if path.is_dir():
        path = _in_folder(path, symbol, timeframe)
    try:
        named = symbol_and_timeframe(path)
    except (BadSetting, UnknownName):
        named = (symbol, timeframe)  # its name says nothing
    if path.is_file() and named != (symbol, timeframe):
        raise BadSetting(
            f"{path} holds {named[0]} {named[1]} by its name, but {symbol} {timeframe} was asked for. "
            "Ask for what it holds, or name another file."
        )
    return read_candles(path, symbol, timeframe)


def _of_archive(
    archive: CandleArchive | None, symbol: Symbol, timeframe: Timeframe, end: int | None
) -> Candles:
    found = archive.read(symbol, timeframe, None, end) if archive else Candles.empty(symbol, timeframe)
    if len(found):
        return found
    near = nearest(f"{symbol} {timeframe}", [f"{s} {t}" for s, t in archive.series()] if archive else [])
    raise MissingFile(
        f"There are no candles of {symbol} {timeframe} here. Fetch them first, as in: "
        f"thebot fetch {symbol} {timeframe} --start 2022-01-01; or name a Parquet file of them (candles)."
        + (f" There is: {', '.join(near)}." if near else "")
    )


def _in_folder(folder: Path, symbol: Symbol, timeframe: Timeframe) -> Path:
    path = folder / f"{symbol}-{timeframe}.parquet"
    if not path.is_file():
        names = sorted(file.stem for file in folder.glob("*-*.parquet"))
        raise UnknownName("series", path.stem, names, f"That is what {folder} was searched for.")
    return path


def _chosen(strategy: str | Strategy | None, indicator: str | None) -> Strategy:
    if strategy is not None and indicator is not None:
        raise BadSetting("Give a strategy or an indicator, not both: each of them names what is traded.")
    if isinstance(strategy, Strategy):
        return strategy
    if indicator is not None:
        return strategy_about(indicator)
    if strategy is None:
        raise BadSetting(f"Name a strategy ({', '.join(strategies())}), or an indicator such as RSI.")
    return strategy_named(strategy)


def _require_same(candles: Candles, symbol: Symbol, timeframe: Timeframe) -> None:
    if (candles.symbol, candles.timeframe) != (symbol, timeframe):
        raise BadSetting(
            f"The candles are {candles.symbol} {candles.timeframe}; {symbol} {timeframe} was asked for."
        )


def _ms(day: str | date | None, name: str) -> int | None:
    """ms UTC of a date or time; one without an offset is taken as UTC."""
    if day is None:
        return None
    try:
        at = datetime.fromisoformat(day) if isinstance(day, str) else day
    except ValueError as error:
        raise BadSetting(f"{name} {day!r} is no date. Write it as 2022-01-31 or 2022-01-31T12:00.") from error
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)


def _span_warnings(candles: Candles, start: int | None, end: int | None) -> list[str]:
    first, last, length = candles.open_time[0], candles.close_time[-1], candles.timeframe.nominal_ms
    told = []
    if start is not None and first > start + length:
        told.append(f"The data begin at {moment(int(first))}, later than asked for.")
    if end is not None and last < end - length:
        told.append(f"The data end at {moment(int(last))}, earlier than asked for.")
    return told


def _few(trades: int) -> list[str]:
    if trades >= FEW_TRADES:
        return []
    count = {0: "There is no trade", 1: "There is one trade"}.get(trades, f"There are only {trades} trades")
    return [f"{count} in it: too few to tell skill from luck."]
