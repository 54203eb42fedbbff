"""What trading costs: fees, spread, slippage, and how much of a candle's volume can be had."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from thebot.errors import BadSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Taken from every fill, each way. The defaults are pessimistic for a liquid pair, on purpose.

    A market order or a stop fills worse than its price by the sum of: half the `spread`, `slippage` (both
    fractions of the price), `fixed` (quote currency), `range_share` of the candle's high minus low, and
    `impact` times the share of the candle's volume that it takes (a fraction of the price; 0.1 means 0.1 %
    worse for 1 % of the volume). A limit order fills at its price. `fee` is the exchange's share of the
    value traded for takers, `maker_fee` for limit orders that waited: 0.10 % is Binance's spot fee without
    discounts. `participation` is the most of a candle's volume that an order gets (None: all that it asks
    for); the rest waits for the next candle. `borrow` is what a short position costs in a year, as a
    fraction of its value at entry.

    Raises BadSetting for what cannot be.
    """

    fee: float = 0.001
    maker_fee: float | None = None  # None: as `fee`
    slippage: float = 0.0005
    spread: float = 0.0
    fixed: float = 0.0
    range_share: float = 0.0
    impact: float = 0.0
    participation: float | None = None
    borrow: float = 0.1

    def __post_init__(self) -> None:
        if self.maker_fee is None:
            object.__setattr__(self, "maker_fee", self.fee)
        for name in ("fee", "maker_fee", "slippage", "spread"):
            value = getattr(self, name)
            if not 0 <= value < 0.5:
                raise BadSetting(
                    f"A {name} of {value} cannot be: it is a fraction of the price, from 0 and below 0.5. "
                    "Write 0.10 % as 0.001."
                )
        for name in ("fixed", "range_share", "impact", "borrow"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise BadSetting(f"A {name} of {value} cannot be: give a number from 0 on.")
        if self.participation is not None and not 0 < self.participation <= 1:
            raise BadSetting(
                f"A participation of {self.participation} cannot be: it is the most of a candle's volume "
                "that an order gets, above 0 and at most 1."
            )

    @property
    def share(self) -> float:
        """By what fraction of the price a market order fills worse, before range and volume."""
        return self.slippage + self.spread / 2

    def times(self, factor: float) -> Costs:
        """The same costs so many times as high, to see what a result stands."""
        scaled = ("fee", "maker_fee", "slippage", "spread", "fixed", "range_share", "impact", "borrow")
        return replace(self, **{name: getattr(self, name) * factor for name in scaled})

    def plain(self) -> dict[str, float | None]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


# For checking arithmetic by hand, never for believing a result.
FREE = Costs(fee=0.0, slippage=0.0, borrow=0.0)
