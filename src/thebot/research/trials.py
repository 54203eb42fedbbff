"""`backtest`: a strategy on the past, from names to a record, counted among all that was ever tried."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thebot.backtesting.record import TrackRecord
from thebot.backtesting.trial import run
from thebot.backtesting.tried import tried
from thebot.config import data_folder
from thebot.errors import BadSetting, PlatformError, UsageError
from thebot.indicators import Panel
from thebot.market import Candles, Instrument, Symbol, Timeframe
from thebot.market.filters import filters_of
from thebot.research.fetching import BINANCE
from thebot.research.series import Given, Wanted, ms_of, series
from thebot.strategy import Strategy, decider, strategies, strategy_about, strategy_source
from thebot.strategy.stateful import Stateful, require_value
from thebot.trading.allocation import Account, Allocation
from thebot.trading.costs import Costs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thebot.backtesting.sweep import Space
    from thebot.strategy.definition import Parameter


_CORNERS: Final = 64  # combinations of ends that are looked at: those of six parameters


def backtest(
    *,
    symbol: Symbol | Sequence[Symbol],
    timeframe: str | Timeframe,
    start_date: str | date | None = None,
    end_date: str | date | None = None,
    indicator: str | None = None,
    strategy: str | Path | Strategy | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    candles: Given | None = None,
    costs: Costs | None = None,
    cash: float = 10_000.0,
    shorts: bool = False,
    allocation: Allocation | None = None,
    detail: Timeframe | str | Mapping[Symbol, Candles] | None = None,
    instruments: Mapping[Symbol, Instrument] | None = None,
    data: Path | str | None = None,
    exchange: str | None = BINANCE,
    seed: int = 0,
) -> TrackRecord:
    """Try a strategy on the past of one symbol or several: traded at the next open, net of costs.

    Name a `strategy` ("rsi-reversal", a Python or TOML file, or a value of your own; `parameters` change
    the defaults of a named one), or an `indicator` ("RSI") for the strategy about it. Trading goes from
    `start_date` until before `end_date` (UTC: "2022-01-01", or a date or datetime); candles before it warm
    the indicators up.

    `candles` are the candles, or a Parquet file or a folder of them; without them they are read from the
    data folder (`data`, by default the platform's), and what is missing since the start date is fetched
    from `exchange` (Binance; None: from nowhere). `detail` ("1m", or candles by symbol) tells whether stop
    or target came first inside a candle. `instruments` are the exchange's filters; by default they are read
    off the candles (`market.filters.filters_of`). `shorts` allows short sales, which a spot account does not.

    What was tried is written into the data folder's trial ledger; the record's `trials` says how many
    variants were tried on these candles so far.

    Raises UnknownName, MissingFile, BadSetting or BadCandles (exit code 2) for what cannot be.

    >>> from tests.market.series import random_market
    >>> record = backtest(symbol="XYZUSDT", timeframe="1h", indicator="RSI", candles=random_market(500))
    >>> 0 <= record.win_rate <= 1 or record.win_rate != record.win_rate
    True
    """
    symbols = (symbol,) if isinstance(symbol, str) else tuple(symbol)
    chosen = _chosen(strategy, indicator, parameters or {})
    account = Account(cash=cash, shorts=shorts, allocation=allocation or Allocation())
    start, end = ms_of(start_date, "start_date"), ms_of(end_date, "end_date")
    wanted = Wanted(
        symbols=tuple(each.upper() for each in symbols), timeframe=Timeframe(timeframe), start=start, end=end,
        warmup=warmup_of(chosen, Timeframe(timeframe), allocation),
    )  # fmt: skip
    folder = data_folder(data)
    found = series(wanted, candles, folder=folder, exchange=exchange)
    if isinstance(detail, Timeframe | str):
        smaller = replace(wanted, timeframe=Timeframe(detail), warmup=0)
        detail = {each.symbol: each for each in series(smaller, folder=folder, exchange=exchange)}
    if instruments is None:
        read = {each.symbol: filters_of(each) for each in found}
        instruments = {name: each for name, each in read.items() if each is not None}
    record = run(
        found, chosen, account=account, costs=costs, start=start, end=end,
        instruments=instruments, detail=detail, seed=seed,
    )  # fmt: skip
    return counted(record, data)


def counted(record: TrackRecord, data: Path | str | None = None) -> TrackRecord:
    """The same, written into the trial ledger, with the number of variants tried on its candles so far.

    A ledger that cannot be written is warned of: what was tried before is then not known.
    """
    from thebot.research.kept import kept_results

    try:
        with kept_results(data) as ledger:
            ledger.add([tried(record)])
            trials = ledger.trials(record.symbols, record.timeframe, record.start, record.end)
    except PlatformError as error:
        warnings.warn(f"This trial is not counted among what was tried: {error}", stacklevel=3)
        return record
    return replace(record, trials=max(1, trials.count))


def warmup_of(
    strategy: Strategy | Stateful, timeframe: Timeframe, allocation: Allocation | None = None
) -> int:
    """How many candles of `timeframe` pass before all that the strategy reads is known."""
    if isinstance(strategy, Stateful):
        panel = Panel(strategy.expressions, timeframe)
    else:
        panel = decider(strategy, timeframe, allocation.rank if allocation else None).panel
    lengths = [count * each.nominal_ms for each, count in panel.warmup.items()]
    return -(-max(lengths, default=0) // timeframe.nominal_ms)


def longest_warmup(
    source: Callable[..., Strategy], fixed: Mapping[str, Parameter], space: Space | None, timeframe: Timeframe
) -> int:
    """How many candles the variant takes that warms up longest: one with each parameter at an end.

    Combinations that cannot be are left out, as a search does. Raises what is wrong if none of them can be.
    """
    dimensions = {} if space is None else space.dimensions
    failure: UsageError | None = None
    found: list[int] = []
    corners = itertools.product(*(each.ends for each in dimensions.values()))
    for values in itertools.islice(corners, _CORNERS):
        try:
            strategy = source(**{**fixed, **dict(zip(dimensions, values, strict=True))})
            found.append(warmup_of(strategy, timeframe))
        except UsageError as error:
            failure = error
    if failure is not None and not found:
        if space is None:
            raise failure
        raise BadSetting(f"Not one variant could be evaluated: {failure}") from failure
    return max(found)


def _chosen(
    strategy: str | Path | Strategy | None, indicator: str | None, parameters: Mapping[str, Parameter]
) -> Strategy:
    if strategy is not None and indicator is not None:
        raise BadSetting("Give a strategy or an indicator, not both: each of them names what is traded.")
    if isinstance(strategy, Strategy):
        if parameters:
            raise BadSetting("Parameters belong to a strategy that is named; this one is made already.")
        return strategy
    if indicator is not None:
        return strategy_about(indicator, **parameters)
    if strategy is None:
        raise BadSetting(f"Name a strategy ({', '.join(strategies())}), or an indicator such as RSI.")
    chosen = strategy_source(strategy)(**parameters)
    require_value(chosen, "be simulated")
    return chosen  # type: ignore[no-any-return]  # a Strategy: the others were refused
