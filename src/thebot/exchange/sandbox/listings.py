"""What is listed: symbols with the digits of their prices and quantities, and how numbers are written."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from thebot.market import IntArray

_PLACES: Final = 8  # the exchange writes every price and quantity with eight decimals


@dataclass(frozen=True, slots=True)
class Decimals:
    """Writes whole numbers of a unit of 10**-digits as the exchange does: 6421001 -> 64210.01000000."""

    digits: int

    def text(self, count: int) -> str:
        return "%d.%08d" % self.parts(count)

    def parts(self, count: int) -> tuple[int, int]:
        """Whole part, and fraction in hundred-millionths: for "%d.%08d"."""
        if self.digits > _PLACES:
            count //= 10 ** (self.digits - _PLACES)
        kept = min(self.digits, _PLACES)
        whole, fraction = divmod(count, 10**kept)
        return whole, fraction * 10 ** (_PLACES - kept)

    def columns(self, counts: IntArray) -> tuple[list[int], list[int]]:
        """`parts` of a column."""
        if self.digits > _PLACES:
            counts = counts // 10 ** (self.digits - _PLACES)
        kept = min(self.digits, _PLACES)
        whole = counts // 10**kept
        fraction = counts - whole * 10**kept
        return whole.tolist(), (fraction * 10 ** (_PLACES - kept)).tolist()


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol. `price_digits` 2 means a tick of 0.01; `quantity_digits` 5 a step of 0.00001."""

    symbol: str
    base: str
    quote: str
    price_digits: int
    quantity_digits: int
    price: Decimals = field(init=False)
    quantity: Decimals = field(init=False)
    value: Decimals = field(init=False)  # price times quantity

    def __post_init__(self) -> None:
        object.__setattr__(self, "price", Decimals(self.price_digits))
        object.__setattr__(self, "quantity", Decimals(self.quantity_digits))
        object.__setattr__(self, "value", Decimals(self.price_digits + self.quantity_digits))

    @property
    def tick(self) -> Decimal:
        return Decimal(1).scaleb(-self.price_digits)

    @property
    def step(self) -> Decimal:
        return Decimal(1).scaleb(-self.quantity_digits)


_QUOTES: Final = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "USD", "DAI")


def assets(symbol: str) -> tuple[str, str]:
    """Base and quote asset of a symbol of the usual quotes: BTCUSDT -> BTC, USDT."""
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote), quote
    return symbol[:-4] or symbol, symbol[-4:] or "USDT"
