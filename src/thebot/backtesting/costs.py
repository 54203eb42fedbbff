"""What trading costs: fees and slippage."""

from __future__ import annotations

from dataclasses import dataclass

from thebot.errors import BadSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Taken from every fill, each way. The defaults are pessimistic for a liquid pair, on purpose.

    `fee` is the exchange's share of the value traded: 0.10 % is Binance's spot fee for takers without
    discounts. `slippage` is by how much worse than the candle's open a market order fills: half the spread
    and the way through the book. Both are fractions; raises BadSetting for one below 0 or from 0.5 on.
    """

    fee: float = 0.001
    slippage: float = 0.0005

    def __post_init__(self) -> None:
        for name in ("fee", "slippage"):
            value = getattr(self, name)
            if not 0 <= value < 0.5:
                raise BadSetting(
                    f"A {name} of {value} cannot be: it is a fraction of the price, from 0 and below 0.5. "
                    "Write 0.10 % as 0.001."
                )


FREE = Costs(fee=0.0, slippage=0.0)  # for checking arithmetic by hand, never for believing a result
