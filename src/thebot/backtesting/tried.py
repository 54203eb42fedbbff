"""What was tried: every variant that anybody looked at on some candles, to tell luck from skill."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from thebot.backtesting.record import TrackRecord, Traded
from thebot.market import FloatArray, Symbol, Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One variant on some candles. `sharpe` is that of its returns from candle to candle, not scaled."""

    symbols: tuple[Symbol, ...]
    timeframe: Timeframe
    start: int  # ms UTC
    end: int  # ms UTC
    data_hash: str
    strategy: str  # its name
    variant: str  # tells it from every other variant: see `variant_of`
    sharpe: float  # nan if nothing was ever held
    periods: int  # how many returns the Sharpe ratio is of


@dataclass(frozen=True, slots=True)
class Trials:
    """How many different variants were tried, and how far their Sharpe ratios (per period) lie apart."""

    count: int
    variance: float  # of the Sharpe ratios; nan for fewer than two known ones

    @classmethod
    def of(cls, sharpes: Sequence[float] | FloatArray) -> Trials:
        known = np.asarray(sharpes, dtype=np.float64)
        finite = known[np.isfinite(known)]
        return cls(len(known), float(finite.var(ddof=1)) if len(finite) > 1 else math.nan)


class TrialLedger(Protocol):
    """Where what was tried is written down. `storage.Results` is the one that lasts."""

    def add(self, tried: Iterable[Tried]) -> None:
        """Write these down; a variant that was tried before on the same candles counts once."""

    def trials(self, symbols: tuple[Symbol, ...], timeframe: Timeframe, start: int, end: int) -> Trials:
        """What was tried on candles of these symbols and this timeframe that overlap the span, by anybody."""


def variant_of(strategy: Traded) -> str:
    """A hash of everything that the strategy is made of."""
    text = json.dumps(strategy.plain(), sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def tried(record: TrackRecord) -> Tried:
    """What is written down of a record."""
    returns = record.returns[np.isfinite(record.returns)]
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return Tried(
        symbols=record.symbols,
        timeframe=record.timeframe,
        start=record.start,
        end=record.end,
        data_hash=record.data_hash,
        strategy=record.strategy.name,
        variant=variant_of(record.strategy),
        sharpe=float(returns.mean()) / deviation if deviation > 0 else math.nan,
        periods=len(returns),
    )
