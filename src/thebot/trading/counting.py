"""How prices and quantities of a symbol are counted: in ticks and steps if it has an instrument."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from thebot.market import FloatArray, Instrument
from thebot.trading import rules

NEAR: Final = 1e-6  # as in `rules.counted`
EXACT: Final = Context(prec=120)  # no product or sum of prices, quantities and fees has as many digits

_ONE: Final = Decimal(1)


def exact(value: float) -> Decimal:
    """The decimal number that a float is written as: 0.1 gives 0.1."""
    return Decimal(repr(float(value)))


@dataclass(frozen=True, slots=True)
class Counting:
    """The units of one symbol. Counts are floats, exact up to 2**53; money is counted in tick times step."""

    instrument: Instrument | None = None
    tick: Decimal = _ONE  # quote currency
    step: Decimal = _ONE  # base currency
    tick_over: float = 1.0  # the tick is `tick_over / tick_under`: 0.05 is no float, 1 and 20 are
    tick_under: float = 1.0
    step_over: float = 1.0
    step_under: float = 1.0

    @classmethod
    def of(cls, instrument: Instrument | None) -> Counting:
        if instrument is None:
            return cls()
        tick, step = Fraction(instrument.tick), Fraction(instrument.step)
        return cls(
            instrument, instrument.tick, instrument.step,
            float(tick.numerator), float(tick.denominator), float(step.numerator), float(step.denominator),
        )  # fmt: skip

    @property
    def whole(self) -> bool:
        """Whether it counts in ticks and steps."""
        return self.instrument is not None

    def counts(self, prices: FloatArray) -> FloatArray:
        """A column of prices, each as `count` gives it."""
        if self.instrument is None:
            return prices
        return _counted(prices, self.tick_over, self.tick_under)

    def volumes(self, volumes: FloatArray) -> FloatArray:
        """A column of volumes in steps."""
        return volumes if self.instrument is None else _counted(volumes, self.step_over, self.step_under)

    def count(self, price: float) -> float:
        """One price, counted; nan stays nan."""
        if self.instrument is None or price != price:
            return price
        return rules.counted(price, self.tick_over, self.tick_under)

    def distance(self, difference: float) -> float:
        """A difference of prices in ticks, not rounded."""
        return difference if self.instrument is None else difference * self.tick_under / self.tick_over

    def money(self, amount: float) -> float:
        """An amount of quote currency in units of tick times step."""
        if self.instrument is None:
            return amount
        return amount * self.tick_under / self.tick_over * self.step_under / self.step_over

    def count_of(self, price: Decimal) -> float:
        return float(price / self.tick) if self.instrument else float(price)

    def price(self, count: float) -> Decimal:
        """The exact price of a count (a whole one, with an instrument)."""
        return int(count) * self.tick if self.instrument else exact(count)

    def stood(self, count: float) -> Decimal:
        """The price of a count that need not be whole: where the market stood."""
        if self.instrument is None or count == int(count):
            return self.price(count)
        return exact(count * self.tick_over / self.tick_under)

    def quantity(self, count: float) -> Decimal:
        return int(count) * self.step if self.instrument else exact(count)

    def quantity_count(self, quantity: Decimal) -> float:
        return float(quantity / self.step) if self.instrument else float(quantity)


def _counted(column: FloatArray, over: float, under: float) -> FloatArray:
    """`rules.counted` of a column (a test holds them together)."""
    counted = column * under / over
    nearest = np.floor(counted + 0.5)
    return np.where(np.abs(counted - nearest) < NEAR, nearest, counted)
