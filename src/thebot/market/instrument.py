"""What the exchange allows for a symbol: its price tick, quantity step and minimum value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from thebot.errors import BadSetting
from thebot.market.ticks import Symbol

_EXACT: Final = Context(prec=400)  # any float's digits; the default of 28 could round a price across a tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A tradable pair. All amounts are exact decimals; nothing here goes through a float."""

    symbol: Symbol
    base: str
    quote: str
    tick: Decimal  # quote currency: prices are multiples of it
    step: Decimal  # base currency: quantities are multiples of it
    min_quantity: Decimal = Decimal(0)  # base currency
    max_quantity: Decimal | None = None  # base currency; None: no bound
    min_value: Decimal = Decimal(0)  # quote currency: price times quantity
    trading: bool = True  # False: halted, or not listed yet

    def __post_init__(self) -> None:
        if self.tick <= 0 or self.step <= 0:
            raise BadSetting(f"{self.symbol}: tick {self.tick} and step {self.step} must be above zero.")

    @property
    def price_digits(self) -> int:
        """Decimals that a price is shown with: tick 0.010 gives 2, tick 5 gives 0."""
        return _digits(self.tick)

    @property
    def quantity_digits(self) -> int:
        return _digits(self.step)

    def price_down(self, price: Decimal) -> Decimal:
        """The nearest allowed price that is not above `price` (for a limit to buy)."""
        return _to_multiple(price, self.tick, ROUND_FLOOR)

    def price_up(self, price: Decimal) -> Decimal:
        """The nearest allowed price that is not below `price` (for a limit to sell)."""
        return _to_multiple(price, self.tick, ROUND_CEILING)

    def price_nearest(self, price: Decimal) -> Decimal:
        return _to_multiple(price, self.tick, ROUND_HALF_EVEN)

    def quantity_down(self, quantity: Decimal) -> Decimal:
        """The largest allowed quantity that is not above `quantity`; an order never asks for more."""
        return _to_multiple(quantity, self.step, ROUND_FLOOR)

    def refusal(self, *, price: Decimal, quantity: Decimal) -> str | None:
        """Why the exchange would refuse this order, or None if it would not."""
        if price <= 0 or price % self.tick:
            return f"price {price} is not a positive multiple of the tick {self.tick}"
        if quantity <= 0 or quantity % self.step:
            return f"quantity {quantity} is not a positive multiple of the step {self.step}"
        if quantity < self.min_quantity:
            return f"quantity {quantity} {self.base} is below the minimum of {self.min_quantity}"
        if self.max_quantity is not None and quantity > self.max_quantity:
            return f"quantity {quantity} {self.base} is above the maximum of {self.max_quantity}"
        if price * quantity < self.min_value:
            value = (price * quantity).normalize()
            return f"order is worth {value:f} {self.quote}, below the minimum of {self.min_value}"
        return None


def _to_multiple(value: Decimal, unit: Decimal, rounding: str) -> Decimal:
    whole, rest = _EXACT.divmod(value, unit)  # truncated towards zero, without rounding
    half = _EXACT.compare(abs(rest) * 2, unit)
    if rounding == ROUND_CEILING:
        whole += rest > 0
    elif rounding == ROUND_FLOOR:
        whole -= rest < 0
    elif half > 0 or (half == 0 and whole % 2):
        whole += 1 if rest > 0 else -1
    return _EXACT.quantize(_EXACT.multiply(whole, unit), Decimal(1).scaleb(-_digits(unit)))


def _digits(unit: Decimal) -> int:
    exponent = unit.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
