"""The trades of a record: each a position from its entry until it is flat again, kept in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, TypeAlias, get_args, overload

import numpy as np

from thebot.errors import BadSetting
from thebot.market import BoolArray, FloatArray, IntArray, Symbol
from thebot.trading.events import Ending

ENDINGS: Final[tuple[Ending, ...]] = get_args(Ending)
Direction: TypeAlias = Literal["long", "short"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """One of them. Prices are those of the fills (the mean by quantity, if there were several)."""

    symbol: Symbol
    side: Direction
    decided_at: int  # ms UTC: close of the candle that decided the entry
    entered_at: int  # ms UTC: open of the candle that filled it (the first part of it)
    entry_price: float  # quote currency
    left_at: int  # ms UTC: open of the candle in which it was left, or its close at the end of the data
    exit_price: float  # quote currency
    quantity: float  # base currency, above zero for both sides
    stop: float  # quote currency: where the first stop stood; nan without one
    fees: float  # quote currency, both ways, with what borrowing cost
    slippage: float  # quote currency: what spread and slippage took, both ways
    profit: float  # quote currency, after all costs
    gain: float  # profit over what the entry took with its fee, as a fraction
    ending: Ending
    best: float  # the furthest that the price went for it from the entry price while it was held, a fraction
    worst: float  # and against it: 0 or negative
    doubtful: bool  # stop and target lay within one candle: the stop was taken to come first

    @property
    def risk(self) -> float:
        """What a fill at the first stop would have lost, in quote currency; nan without a stop."""
        return abs(self.entry_price - self.stop) * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades(Sequence[RoundTrip]):
    """Columns of shape (trades,) in the order in which they were left; see `RoundTrip` for their meaning.

    `symbol` counts in `symbols`, `ending` in `ENDINGS`; `side` is 1 for long and -1 for short.
    """

    symbols: tuple[Symbol, ...]
    symbol: IntArray
    side: IntArray
    decided_at: IntArray
    entered_at: IntArray
    entry_price: FloatArray
    left_at: IntArray
    exit_price: FloatArray
    quantity: FloatArray
    stop: FloatArray
    fees: FloatArray
    slippage: FloatArray
    profit: FloatArray
    gain: FloatArray
    best: FloatArray
    worst: FloatArray
    ending: IntArray
    doubtful: BoolArray

    def __len__(self) -> int:
        return len(self.profit)

    @overload
    def __getitem__(self, row: int) -> RoundTrip: ...
    @overload
    def __getitem__(self, row: slice) -> Trades: ...
    def __getitem__(self, row: int | slice) -> RoundTrip | Trades:
        if isinstance(row, slice):
            return self.where(np.arange(len(self))[row])
        values = {name: column[row].item() for name, column in self.columns().items()}
        values["symbol"] = self.symbols[values["symbol"]]
        values["side"] = "long" if values["side"] > 0 else "short"
        values["ending"] = ENDINGS[values["ending"]]
        return RoundTrip(**values)

    def __eq__(self, other: object) -> bool:
        """Whether all of them are the same, to the last bit."""
        if not isinstance(other, Trades):
            return NotImplemented
        mine, theirs = self.columns(), other.columns()
        return self.symbols == other.symbols and all(
            np.array_equal(mine[name], theirs[name], equal_nan=True) for name in mine
        )

    __hash__ = None  # type: ignore[assignment]  # columns can be changed

    def __iter__(self) -> Iterator[RoundTrip]:
        return (self[row] for row in range(len(self)))

    def where(self, chosen: BoolArray | IntArray) -> Trades:
        """Some of them: by a condition of each, or by their rows."""
        return Trades(symbols=self.symbols, **{name: each[chosen] for name, each in self.columns().items()})

    def columns(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "symbols"}

    @property
    def risk(self) -> FloatArray:
        """What a fill at the first stop would have lost, in quote currency; nan without a stop."""
        return np.abs(self.entry_price - self.stop) * self.quantity

    @property
    def costs(self) -> FloatArray:
        """What trading took, in quote currency: fees, borrowing, spread and slippage."""
        return self.fees + self.slippage

    @property
    def traded(self) -> FloatArray:
        """The value of purchase and sale, in quote currency."""
        return (self.entry_price + self.exit_price) * self.quantity

    @property
    def names(self) -> tuple[Symbol, ...]:
        """The symbol of each."""
        return tuple(self.symbols[each] for each in self.symbol.tolist())

    @property
    def sides(self) -> tuple[Direction, ...]:
        return tuple("long" if each > 0 else "short" for each in self.side.tolist())

    @property
    def endings(self) -> tuple[Ending, ...]:
        return tuple(ENDINGS[each] for each in self.ending.tolist())

    @classmethod
    def of(cls, trades: Sequence[RoundTrip], symbols: tuple[Symbol, ...] | None = None) -> Trades:
        """Columns of single ones. Raises BadSetting for a symbol that is not among `symbols`."""
        if symbols is None:
            symbols = tuple(dict.fromkeys(trade.symbol for trade in trades))
        for trade in trades:
            if trade.symbol not in symbols:
                raise BadSetting(f"A trade of {trade.symbol} is not one of {', '.join(symbols)}.")
        floats = ("entry_price", "exit_price", "quantity", "stop", "fees", "slippage", "profit", "gain")
        kinds: dict[str, type[np.generic]] = dict.fromkeys((*floats, "best", "worst"), np.float64)
        kinds |= dict.fromkeys(("decided_at", "entered_at", "left_at"), np.int64)
        columns: dict[str, Any] = {
            name: np.array([getattr(trade, name) for trade in trades], kind) for name, kind in kinds.items()
        }
        return cls(
            symbols=symbols,
            symbol=np.array([symbols.index(trade.symbol) for trade in trades], np.int64),
            side=np.array([1 if trade.side == "long" else -1 for trade in trades], np.int64),
            ending=np.array([ENDINGS.index(trade.ending) for trade in trades], np.int64),
            doubtful=np.array([trade.doubtful for trade in trades], np.bool_),
            **columns,
        )

    @classmethod
    def none(cls, symbols: tuple[Symbol, ...] = ()) -> Trades:
        return cls.of((), symbols)
