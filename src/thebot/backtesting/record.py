"""TrackRecord: the one result of a simulation (and of a replay, paper and live, when they come)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np

from thebot.backtesting.frames import TIMES, Frames, pandas_frames, polars_frames
from thebot.backtesting.performance import Performance
from thebot.backtesting.summary import figures, iso, plain_number, tables
from thebot.backtesting.trades import RoundTrip
from thebot.market import Candles, Symbol
from thebot.market.quality import Finding
from thebot.strategy.definition import Parameter

if TYPE_CHECKING:
    import polars


class Traded(Protocol):
    """What a record says of its strategy. `strategy.Strategy` is one; so are those that keep a state."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def parameters(self) -> tuple[tuple[str, Parameter], ...]: ...
    def plain(self) -> dict[str, Any]:
        """Everything that it is made of, fit for JSON."""


Origin: TypeAlias = Literal["simulation", "replay", "paper", "live"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRecord(Performance):
    """What a strategy did, net of costs, with all that one needs to judge it and to do it again.

    Its figures are those of `Performance`, by the names that one would guess. `trials` is how many variants
    were tried on these candles to find this one: with many, the best looks good by chance alone. `at_best`
    is the final equity if the target had come before the stop wherever both lay within one candle.
    """

    symbols: tuple[Symbol, ...]
    strategy: Traded
    at_best: float | None = None  # None: nothing was in doubt
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    trials: int = 1
    origin: Origin = "simulation"
    data_hash: str = ""  # of the candles that were traded on: see `data_hash`
    version: str = ""  # of thebot

    @property
    def symbol(self) -> str:
        """The symbols as people read them."""
        return ", ".join(self.symbols)

    def plain(self) -> dict[str, Any]:
        """Everything but the equity curve as strings, numbers and lists, ready for JSON; unknown is None."""
        said = figures(self)
        return {
            "symbol": self.symbol,
            "symbols": list(self.symbols),
            "timeframe": self.timeframe.name,
            "strategy": self.strategy.name,
            "parameters": dict(self.strategy.parameters),
            "start": iso(self.start),
            "end": iso(self.end),
            "candles": self.candles,
            **{name: each.plain_value for name, each in said.items()},
            "start_equity": self.start_equity,
            "final_equity": plain_number(self.final_equity),
            "intervals": {
                name: {
                    "low": plain_number(each.low),
                    "high": plain_number(each.high),
                    "confidence": each.confidence,
                    "resamples": each.resamples,
                }
                for name, each in self.intervals.items()
            },
            "tables": tables(self).plain(),
            "costs": self.costs.plain(),
            "at_best": self.at_best,
            "origin": self.origin,
            "data_hash": self.data_hash,
            "seed": self.seed,
            "version": self.version,
            "trials": self.trials,
            "findings": [
                {
                    "kind": found.kind,
                    "start": iso(found.start),
                    "end": iso(found.end),
                    "count": found.count,
                    "text": str(found),
                }
                for found in self.findings
            ],
            "warnings": list(self.warnings),
            "trade_list": [_plain(trade) for trade in self.trades],
        }

    def to_polars(self) -> Frames[polars.DataFrame]:
        """Its trades and its equity as polars frames (`trades`, `equity`), times as UTC datetimes."""
        return polars_frames(self)

    def to_pandas(self) -> Frames[Any]:
        """Its trades and its equity by time as pandas frames, times in UTC.

        Raises PlatformError if pandas, which comes with `thebot[pandas]`, is not there.
        """
        return pandas_frames(self)


def data_hash(series: Sequence[Candles]) -> str:
    """What tells these candles from others: symbols, timeframe, times, prices and volumes."""
    hashed = hashlib.sha256()
    for candles in series:
        hashed.update(f"{candles.symbol} {candles.timeframe} {len(candles)}".encode())
        columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
        for column in (candles.open_time, *columns):
            hashed.update(np.ascontiguousarray(column).tobytes())
    return hashed.hexdigest()[:32]


def _plain(trade: RoundTrip) -> dict[str, Any]:
    values = {each.name: getattr(trade, each.name) for each in fields(trade)}
    times = {name: iso(values[name]) for name in TIMES}
    known = {name: plain_number(value) for name, value in values.items() if isinstance(value, float)}
    return {**values, **times, **known}
