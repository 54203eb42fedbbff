"""What a dashboard reads of the running platform, as values and one Protocol.

Everything here is plain data about now; nothing in it can place an order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from thebot.market import Candle, Candles, FloatArray, Instrument, Symbol, Timeframe

if TYPE_CHECKING:
    from thebot.indicators.expression import Expression
    from thebot.live.board import Board
    from thebot.live.drawn import Refusal
    from thebot.strategy.signal import Signal


class Mode(StrEnum):
    """With what and for what the platform runs; always in plain sight."""

    WATCH = "WATCH"  # real data, no trading
    SANDBOX = "SANDBOX"  # the embedded exchange
    TESTNET = "TESTNET"
    DEMO = "DEMO"
    PAPER = "PAPER"
    LIVE = "LIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One output of an indicator. `values` has shape (candles,); nan where it is not known yet."""

    name: str  # "EMA(20)", "BBANDS(20, 2) upper"
    values: FloatArray
    overlay: bool = False  # over the price; else in a pane below, with the others of its plot


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One indicator on a chart."""

    key: str  # its expression as text: "ema(20)"
    label: str  # for people: "EMA(20)"
    lines: tuple[Line, ...]
    guides: tuple[float, ...] = ()  # levels worth a line of their own: 30 and 70 of an RSI
    marks: bool = False  # a candle pattern: above 0 it speaks for a rise, below for a fall, 0 says nothing
    since: int = 0  # open time (ms UTC) of the first candle that counts, for what never forgets; else 0
    steps: bool = False  # levels: from one to the next is no slope
    name: str = ""  # in the catalogue; empty for an expression that is no indicator
    inputs: tuple[str, ...] = ()  # what it reads, where that is not the usual: ("volume",)
    parameters: Mapping[str, float | str] = field(default_factory=dict)  # as a person writes them

    @property
    def overlay(self) -> bool:
        """Whether any of it is drawn over the price."""
        return self.marks or any(line.overlay for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Closed candles with the indicators over them, oldest first."""

    candles: Candles
    plots: tuple[Plot, ...]
    signals: tuple[Signal, ...]  # those at these candles
    refused: tuple[Refusal, ...] = ()  # indicators that were asked for and could not be drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Forming:
    """The candle in progress, and each plot's values as they would be if it closed now."""

    candle: Candle
    values: Mapping[str, Sequence[float]] = field(default_factory=dict)  # plot key -> one value a line


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskEvent:
    """Something that must reach the screen once: never conflated.

    kind "candle": `candle` has closed. kind "signal": `signal` has fired. kind "notice": the text in
    `notice` for the status bar (connection lost, data-only address in use, ...).
    """

    kind: Literal["candle", "signal", "notice"]
    candle: Candle | None = None
    signal: Signal | None = None
    notice: str = ""


class Desk(Protocol):
    """The running platform as the dashboard sees it. `live.platform.Platform` is the one there is."""

    @property
    def mode(self) -> Mode: ...

    @property
    def board(self) -> Board:
        """Prices of all symbols by row, written in place as they move."""

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]: ...

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        """Those offered for charts, shortest first."""

    @property
    def default_timeframe(self) -> Timeframe: ...

    def exchange_time(self) -> int:
        """The exchange's clock, ms UTC: in a replay, that of the file."""

    async def candles(
        self, symbol: Symbol, timeframe: Timeframe, limit: int = 500, end: int | None = None
    ) -> Candles:
        """The newest `limit` closed candles that open before `end` (ms UTC; None: now).

        Raises UnknownName for a symbol or timeframe that is not there, ExchangeError if they cannot be had.
        """

    @property
    def indicators(self) -> tuple[Expression, ...]:
        """Those of the configuration, drawn where nobody asks for others."""

    async def chart(
        self,
        symbol: Symbol,
        timeframe: Timeframe,
        limit: int = 500,
        end: int | None = None,
        indicators: Sequence[Expression] | None = None,
    ) -> Chart:
        """The same with indicators and signals; keeps that timeframe's candles coming from now on."""

    def forming(
        self, symbol: Symbol, timeframe: Timeframe, plots: Sequence[str] | None = None
    ) -> Forming | None:
        """The candle in progress of a chart asked for before; None until it is known.

        With the values of the plots with these keys, as far as they were drawn; None: the configuration's.
        """

    async def signals(
        self, symbol: Symbol | None = None, since: int | None = None, limit: int = 100
    ) -> list[Signal]:
        """Newest first; `since` is ms UTC of the deciding candle's close."""

    def health(self) -> dict[str, Any]:
        """JSON-able: status, mode, symbols, updates_per_second, feed, rss_mib, ..."""

    def events(self) -> AsyncIterator[DeskEvent]:
        """Events from now on, for one reader. Ends if the reader falls too far behind: read anew then."""
