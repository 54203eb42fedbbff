"""What happens to a trader: candles close, orders are filled or come to nothing. Times are ms UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from thebot.indicators.expression import Expression
from thebot.market import Candle, Symbol
from thebot.strategy.deciding import Decision
from thebot.trading.orders import Direction, OrderId

Ending: TypeAlias = Literal[
    "signal", "reversal", "stop", "trailing", "break-even", "target", "time", "halt", "end of data"
]
"""Why a position was left."""

Gone: TypeAlias = Literal["cancelled", "expired", "halt", "not enough", "never filled"]
"""Why an order is not there any more: taken back, its time was over, the market stood still, nothing was
left to sell or to buy with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleClosed:
    """A candle closed: what the strategy decides then (None: nothing, whatever is held), or what it reads.

    Of a symbol that is neither held nor decided on nothing has to be told.
    """

    candle: Candle
    at: int
    decision: Decision | None = None
    readings: Mapping[Expression, float] | None = None  # for strategies that keep a state
    last: bool = False  # the data end with it: nothing can be filled any more


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseComplete:
    """All candles that close at this instant have been told: now it can be weighed what to do."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """An order, or a part of it, was filled."""

    order_id: OrderId
    symbol: Symbol
    direction: Direction
    price: Decimal  # quote currency for one unit of base
    quantity: Decimal  # base currency, always positive
    fee: Decimal  # in fee_asset; a rebate is negative
    fee_asset: str
    at: int  # when the exchange filled it; in a replay the open of the candle in which it did
    due: Decimal | None = None  # where the price stood for a market order or a stop; None for limit orders
    complete: bool = True  # False: a part, the rest waits
    borrowed: Decimal = Decimal(0)  # quote currency: what borrowing for what is bought back here cost
    doubtful: bool = False  # of what closes: stop and target lay within one candle, now or before
    inside: bool = False  # filled within a candle, not at its open: what of it came before is not known
    against: float = float("nan")  # of a limit order that closes: how far the price went against it there
    because: Ending | None = None  # of what no order of ours closed: a halt, the end of the data


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTriggered:
    """A stop was reached, and nothing of it could be filled yet: it goes on as a market order."""

    order_id: OrderId
    symbol: Symbol
    at: int
    due: Decimal  # where the price stood: at the stop, or beyond it where the market gapped through


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused:
    """An order was not taken: by the exchange's `filters`, or because its bracket cannot be had."""

    order_id: OrderId
    symbol: Symbol
    reason: str
    at: int
    filters: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGone:
    """An order, or what was left of it, is not in the book any more."""

    order_id: OrderId
    symbol: Symbol
    reason: Gone
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed:
    """From flat to flat. Money in quote currency, prices the means of the fills by quantity."""

    symbol: Symbol
    direction: Direction  # 1: it was bought and sold; -1: sold short and bought back
    entered_at: int
    left_at: int
    entry_price: Decimal
    exit_price: Decimal
    quantity: Decimal
    entry_value: Decimal
    entry_fee: Decimal
    fees: Decimal  # both ways, with what borrowing cost
    slippage: Decimal
    profit: Decimal  # after all costs

    @property
    def gain(self) -> float:
        """Profit over what the entry took with its fee, as a fraction."""
        return float(self.profit / (self.entry_value + self.entry_fee))


Event: TypeAlias = CandleClosed | CloseComplete | OrderFilled | StopTriggered | OrderRefused | OrderGone
