"""How a strategy gets in: by a market order at the next open, or by a limit order that waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from thebot.errors import BadSetting
from thebot.indicators.expression import Expression, expression_of
from thebot.strategy.exits import AtPrice, Distance, Percent


@dataclass(frozen=True, slots=True)
class MarketOrder:
    """Filled at the next candle's open."""


@dataclass(frozen=True, slots=True)
class LimitOrder:
    """Waits `offset` below the deciding close (above it to sell short) for `candles` candles.

    Filled at its price only when a candle trades through it, at the maker's fee; at the open if that is
    already beyond it. `offset` is a distance as in `Exits`; `AtPrice(...)` is the limit price itself.
    """

    offset: Distance
    candles: int = 1

    def __post_init__(self) -> None:
        if self.candles < 1:
            raise BadSetting(f"A limit order for {self.candles} candles cannot be: give at least one.")
        if not isinstance(self.offset, Percent | AtPrice | Expression):
            if not 0 <= self.offset < float("inf"):
                raise BadSetting(f"An offset of {self.offset} cannot be: give a distance from 0 on.")
            object.__setattr__(self, "offset", expression_of(self.offset))


EntryOrder: TypeAlias = MarketOrder | LimitOrder
AT_MARKET: Final = MarketOrder()
