"""The account's books: cash, positions, fees and profits, moved by fills alone. All money is Decimal.

Whatever the fills, it balances: cash is what it began with, plus what was earned, less what the positions
that are still open took. No product or sum of money is rounded here: they go through `EXACT`, and signs
through `copy_negate` and `copy_abs`, because `-x` and `abs(x)` round to 28 digits as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from thebot.errors import BadSetting
from thebot.market import Symbol
from thebot.trading.counting import EXACT
from thebot.trading.events import OrderFilled, PositionClosed
from thebot.trading.orders import Direction

_ZERO: Final = Decimal(0)
_TWO: Final = Decimal(2)


@dataclass(slots=True, kw_only=True)
class Position:
    """What is held of a symbol since it was flat. Quantities in base, money in quote currency."""

    symbol: Symbol
    direction: Direction
    entered_at: int  # ms UTC: the first fill
    quantity: Decimal = _ZERO  # held now, above zero also if sold short
    entered: Decimal = _ZERO  # quantity of all entries
    entry_value: Decimal = _ZERO
    entry_fee: Decimal = _ZERO
    exited: Decimal = _ZERO
    exit_value: Decimal = _ZERO
    fees: Decimal = _ZERO
    slippage: Decimal = _ZERO
    moved: Decimal = _ZERO  # what its fills changed the cash by
    basis: Decimal = _ZERO  # the part of it that belongs to what is still held
    locked: Decimal = _ZERO  # value at entry of what is still held, as the exchange locks it for a short

    @property
    def entry_price(self) -> Decimal:
        """The mean of the entries by quantity."""
        return self.entry_value / self.entered

    @property
    def signed(self) -> Decimal:
        """Quantity, negative if sold short."""
        return self.quantity if self.direction > 0 else self.quantity.copy_negate()


class Ledger:
    """Cash and positions of one account, in one quote currency.

    A fee in another asset is kept in `fees` under its name and does not touch the cash.
    """

    def __init__(self, cash: Decimal, quote: str = "") -> None:
        self.start: Final = cash
        self.quote: Final = quote
        self.cash = cash
        self.positions: dict[Symbol, Position] = {}
        self.fees: dict[str, Decimal] = {}
        self.borrowed = _ZERO
        self.realised = _ZERO  # profit of what was closed, after costs

    @property
    def free(self) -> Decimal:
        """What new positions can be paid with: for shorts the proceeds and as much again are locked."""
        free = self.cash
        for position in self.positions.values():
            if position.direction < 0:
                free = EXACT.subtract(free, EXACT.multiply(_TWO, position.locked))
        return free

    def equity(self, prices: Mapping[Symbol, Decimal]) -> Decimal:
        """Cash with the positions at these prices."""
        total = self.cash
        for symbol, position in self.positions.items():
            total = EXACT.add(total, EXACT.multiply(position.signed, prices[symbol]))
        return total

    def apply(self, fill: OrderFilled) -> PositionClosed | None:
        """Book a fill; gives the round trip if that left the symbol flat.

        Raises BadSetting for one that closes more than is held: turning a position over takes two orders.
        """
        value = EXACT.multiply(fill.price, fill.quantity)
        fee = fill.fee if fill.fee_asset == self.quote else _ZERO
        self.fees[fill.fee_asset] = EXACT.add(self.fees.get(fill.fee_asset, _ZERO), fill.fee)
        self.borrowed = EXACT.add(self.borrowed, fill.borrowed)
        moved = EXACT.subtract(
            value.copy_negate() if fill.direction > 0 else value, EXACT.add(fee, fill.borrowed)
        )
        self.cash = EXACT.add(self.cash, moved)
        position = self.positions.get(fill.symbol)
        if position is None:
            position = Position(symbol=fill.symbol, direction=fill.direction, entered_at=fill.at)
            self.positions[fill.symbol] = position
        position.fees = EXACT.add(position.fees, EXACT.add(fee, fill.borrowed))
        position.moved = EXACT.add(position.moved, moved)
        if fill.due is not None:
            lost = EXACT.multiply(EXACT.subtract(fill.price, fill.due).copy_abs(), fill.quantity)
            position.slippage = EXACT.add(position.slippage, lost)
        if fill.direction == position.direction:
            self._add(position, fill.quantity, value, fee, moved)
            return None
        return self._take(position, fill, value, moved)

    def _add(
        self, position: Position, quantity: Decimal, value: Decimal, fee: Decimal, moved: Decimal
    ) -> None:
        position.quantity = EXACT.add(position.quantity, quantity)
        position.entered = EXACT.add(position.entered, quantity)
        position.entry_value = EXACT.add(position.entry_value, value)
        position.entry_fee = EXACT.add(position.entry_fee, fee)
        position.basis = EXACT.add(position.basis, moved)
        position.locked = EXACT.add(position.locked, value)

    def _take(
        self, position: Position, fill: OrderFilled, value: Decimal, moved: Decimal
    ) -> PositionClosed | None:
        if fill.quantity > position.quantity:
            raise BadSetting(
                f"{fill.symbol}: a fill of {fill.quantity} closes more than the {position.quantity} that is "
                "held, and the books would no longer tell one position from the next. Close it, then open."
            )
        left = EXACT.subtract(position.quantity, fill.quantity)
        if left:
            basis = position.basis * (fill.quantity / position.quantity)
            locked = min(position.locked, position.entry_price * fill.quantity)
        else:  # the last part takes all the rest, so that nothing is lost by rounding
            basis, locked = position.basis, position.locked
        position.quantity = left
        position.exited = EXACT.add(position.exited, fill.quantity)
        position.exit_value = EXACT.add(position.exit_value, value)
        position.basis = EXACT.subtract(position.basis, basis)
        position.locked = EXACT.subtract(position.locked, locked)
        self.realised = EXACT.add(self.realised, EXACT.add(moved, basis))
        if left:
            return None
        del self.positions[fill.symbol]
        return PositionClosed(
            symbol=position.symbol,
            direction=position.direction,
            entered_at=position.entered_at,
            left_at=fill.at,
            entry_price=position.entry_price,
            exit_price=position.exit_value / position.exited,
            quantity=position.entered,
            entry_value=position.entry_value,
            entry_fee=position.entry_fee,
            fees=position.fees,
            slippage=position.slippage,
            profit=position.moved,
        )
