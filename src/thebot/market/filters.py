"""The exchange's filters of a symbol as its candles show them, where the exchange itself cannot be asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from thebot.market.candles import Candles
from thebot.market.columns import FloatArray
from thebot.market.instrument import Instrument
from thebot.market.ticks import Symbol

_DOLLARS: Final = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "DAI")
_OTHERS: Final = ("BTC", "ETH", "BNB", "EUR", "TRY")
_DIGITS: Final = 8  # the exchange counts in no smaller parts

# NOTIONAL of Binance spot: 5 in dollars, 0.0001 in coins (most of them)
_LEAST_DOLLARS: Final = Decimal(5)
_LEAST_OTHERS: Final = Decimal("0.0001")


def assets_of(symbol: Symbol) -> tuple[str, str]:
    """Base and quote asset of a symbol, by the endings that the exchange's quote assets have.

    >>> assets_of("ETHBTC")
    ('ETH', 'BTC')
    """
    for quote in (*_DOLLARS, *_OTHERS):
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote), quote
    return symbol, ""


def filters_of(candles: Candles) -> Instrument | None:
    """Tick and step as fine as the decimals of its prices and volumes; Binance's least value of an order.

    None for prices that are finer than any tick of the exchange: they come from somewhere else.
    """
    if not len(candles):
        return None
    prices = (candles.open, candles.high, candles.low, candles.close)
    digits = [_decimals(column) for column in prices]
    if None in digits:
        return None
    base, quote = assets_of(candles.symbol)
    step = _decimals(candles.volume)
    return Instrument(
        symbol=candles.symbol,
        base=base,
        quote=quote,
        tick=Decimal(1).scaleb(-max(each for each in digits if each is not None)),
        step=Decimal(1).scaleb(-(_DIGITS if step is None else step)),
        min_value=_LEAST_DOLLARS if quote in _DOLLARS else _LEAST_OTHERS if quote else Decimal(0),
    )


def _decimals(values: FloatArray) -> int | None:
    """How many decimals the values have, at most eight; None if more."""
    for digits in range(_DIGITS + 1):
        if np.allclose(np.round(values, digits), values, rtol=1e-14, atol=0):
            return digits
    return None
