"""Orders, as they are handed to an exchange (or to `matching`), and what a trader may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from thebot.errors import BadSetting
from thebot.market import Symbol

if TYPE_CHECKING:
    from thebot.trading.bracket import Bracket
    from thebot.trading.events import Ending, PositionClosed

OrderId: TypeAlias = str  # ours, unique within a run: the exchange keeps it as the client order id
Kind: TypeAlias = Literal["market", "limit", "stop", "target"]
Direction: TypeAlias = Literal[1, -1]  # 1 buys, -1 sells


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. `kind` says when it is filled:

    - market: at the next price there is;
    - limit: at `price` or better; it rests in the book until then;
    - stop: as a market order once the price has come to `price`;
    - target: a limit order that takes a position out with a gain. It is placed together with a stop, and
      whichever is filled first takes the other away.

    How much: `amount` (quote currency, cut to what is free when it is filled) or `quantity` (base). One
    that `closes` only makes a position smaller. `candles` is for how many candles it waits (None: until it
    is filled or cancelled). `bracket` says which exits the position shall have: an entry that cannot have
    them at its fill's price is refused. Raises BadSetting for what cannot be.
    """

    id: OrderId
    symbol: Symbol
    direction: Direction
    kind: Kind
    closes: bool
    amount: Decimal | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None  # quote currency for one unit of base
    candles: int | None = None
    bracket: Bracket | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) == (self.quantity is None):
            raise BadSetting(f"Order {self.id} of {self.symbol}: give either an amount or a quantity.")
        size = self.quantity if self.amount is None else self.amount
        if size is not None and not size > 0:
            raise BadSetting(f"Order {self.id} of {self.symbol}: a size of {size} cannot be traded.")
        if (self.price is None) != (self.kind == "market"):
            raise BadSetting(
                f"Order {self.id} of {self.symbol}: a {self.kind} order takes "
                f"{'no price' if self.kind == 'market' else 'a price'}."
            )
        if self.price is not None and not self.price > 0:
            raise BadSetting(f"Order {self.id} of {self.symbol}: a price of {self.price} cannot be.")

    @property
    def side(self) -> Literal["buy", "sell"]:
        return "buy" if self.direction > 0 else "sell"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Hand this order to the exchange."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Take an order back. One that is not there any more is no fault: it was filled meanwhile."""

    symbol: Symbol
    order_id: OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTrade:
    """Write down a round trip that has just ended. Prices in quote currency."""

    closed: PositionClosed
    decided_at: int  # ms UTC: close of the candle that decided the entry
    ending: Ending
    stop: float  # where the first stop stood; nan without one
    best: float  # the furthest that the price went for it, as a fraction of the entry price
    worst: float  # and against it: 0 or negative
    doubtful: bool


Command: TypeAlias = PlaceOrder | CancelOrder | RecordTrade
