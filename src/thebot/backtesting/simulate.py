"""What a strategy's entries and exits would have earned on history. One position, long or flat.

The rules, each the pessimistic one where there is a choice:
- decided at a candle's close, filled at the next candle's open, worse by the slippage, fees on top;
- all of the equity goes into the position; with an instrument, prices are rounded to its tick against us
  and quantities down to its step, and an order that the exchange would refuse is not filled;
- an entry together with an exit is no entry;
- nothing is carried over a halt of a day or longer: an order waiting for its fill is withdrawn, and a
  position that is held into it counts as sold when trading resumes, at the lower of the last price before
  and the first one after, so that a halt never earns anything;
- what is still held at the end is sold at the last close, at the usual costs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from thebot.backtesting.trades import Ending, RoundTrip, Trades
from thebot.errors import BadSetting
from thebot.market import BoolArray, Candles, FloatArray, Instrument, IntArray
from thebot.market.quality import halted_before, moment
from thebot.strategy import Decisions, Strategy
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """One symbol as a simulation sees it. `decisions` has a row for each of `candles`.

    `detail` are smaller candles of the same symbol that tell what came first inside a candle; `instrument`
    the exchange's filters (None: any price and quantity).
    """

    candles: Candles
    decisions: Decisions
    instrument: Instrument | None = None
    detail: Candles | None = None

    def __post_init__(self) -> None:
        if len(self.decisions) != len(self.candles):
            raise BadSetting(
                f"{len(self.decisions)} decisions do not fit {len(self.candles)} candles: give one each."
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """What came out. `time` (ms UTC) and `equity` have shape (candles,): each close, and cash with positions
    then, in quote currency; with several symbols there is a row for each close of any of them.
    """

    trades: Trades
    time: IntArray
    equity: FloatArray
    warnings: tuple[str, ...]


def simulate(
    strategy: Strategy,
    markets: Sequence[Market],
    *,
    account: Account,
    costs: Costs,
    target_first: bool = False,
) -> Simulated:
    """Trade what a strategy decided on `markets` (all of one timeframe) by the rules above.

    `target_first` assumes the target before the stop where both lie within one candle: what the result
    would have been at best. Raises BadSetting for what cannot be.
    """
    (market,) = markets
    return _Account(market.candles, costs, account.cash, market.instrument).trade(
        market.decisions.enter, market.decisions.leave
    )


class _Account:
    """Cash and at most one position, moved from fill to fill. Between fills whole columns are filled in."""

    def __init__(self, candles: Candles, costs: Costs, cash: float, instrument: Instrument | None) -> None:
        self.candles, self.costs, self.cash, self.instrument = candles, costs, cash, instrument
        self.closes = candles.close_time
        self.halts: list[int] = halted_before(candles).tolist()
        self.equity = np.empty(len(candles))
        self.settled = 0  # rows of the equity that are written
        self.trades: list[RoundTrip] = []
        self.warnings: list[str] = []
        self.withdrawn = 0
        self.refused = 0

    def trade(self, enter: BoolArray, leave: BoolArray) -> Simulated:
        count = len(self.candles)
        entries: list[int] = np.flatnonzero(enter).tolist()
        exits: list[int] = np.flatnonzero(leave).tolist()
        row = 0  # the first at whose close something may be decided
        while (k := bisect_left(entries, row)) < len(entries):
            decided = entries[k]
            filled = row = decided + 1
            if filled == count:
                break  # decided at the last close: there is no open to fill it
            if filled in self.halts:
                self.withdrawn += 1
                continue
            price = self._price(float(self.candles.open[filled]), "buy")
            quantity = self._quantity(price, filled)
            if quantity <= 0:
                continue
            row, sale, ending = self._way_out(exits, filled)
            self._settle(decided, filled, row, price, self._price(sale, "sell"), quantity, ending)
        self.equity[self.settled :] = self.cash
        return Simulated(
            trades=Trades.of(self.trades, (self.candles.symbol,)),
            time=self.closes,
            equity=self.equity,
            warnings=(*self.warnings, *self._counted()),
        )

    def _way_out(self, exits: list[int], filled: int) -> tuple[int, float, Ending]:
        """The row from which the position is gone, the price before slippage, and why it ended."""
        candles, count = self.candles, len(self.candles)
        e, h = bisect_left(exits, filled), bisect_right(self.halts, filled)
        left = exits[e] + 1 if e < len(exits) else count
        halted = self.halts[h] if h < len(self.halts) else count
        if halted < count and halted <= left:
            before, after = float(candles.close[halted - 1]), float(candles.open[halted])
            self.warnings.append(
                f"A position was held into the halt from {moment(int(self.closes[halted - 1]))} until "
                f"{moment(int(candles.open_time[halted]))}. It counts as sold when trading resumed, at the "
                f"lower of the last price before ({before:.8g}) and the first after ({after:.8g}); what it "
                "would really have fetched nobody knows."
            )
            return halted, min(before, after), "halt"
        if left < count:
            return left, float(candles.open[left]), "signal"
        self.warnings.append("A position was still held at the end; it counts as sold at the last close.")
        return count, float(candles.close[-1]), "end of data"

    def _settle(
        self, decided: int, filled: int, row: int, price: float, sale: float, quantity: float, ending: Ending
    ) -> None:
        value, proceeds, fee = price * quantity, sale * quantity, self.costs.fee
        rest = self.cash - value * (1 + fee)
        self.equity[self.settled : filled] = self.cash
        self.equity[filled:row] = rest + quantity * self.candles.close[filled:row]
        profit = proceeds * (1 - fee) - value * (1 + fee)
        self.cash += profit
        self.settled = row
        if ending == "end of data":
            self.equity[-1] = self.cash
        self.trades.append(
            RoundTrip(
                symbol=self.candles.symbol,
                side="long",
                stop=float("nan"),
                slippage=0.0,
                doubtful=False,
                best=float("nan"),
                worst=float("nan"),
                decided_at=int(self.closes[decided]),
                entered_at=int(self.candles.open_time[filled]),
                entry_price=price,
                left_at=int(self.closes[-1] if ending == "end of data" else self.candles.open_time[row]),
                exit_price=sale,
                quantity=quantity,
                fees=(value + proceeds) * fee,
                profit=profit,
                gain=profit / (value * (1 + fee)),
                ending=ending,
            )
        )

    def _price(self, price: float, side: Literal["buy", "sell"]) -> float:
        """What a market order fills at where `price` stood, rounded to the tick against us."""
        slippage = self.costs.slippage
        if self.instrument is None:
            return price * (1 + slippage) if side == "buy" else price * (1 - slippage)
        exact, part = Decimal(repr(price)), Decimal(repr(slippage))
        if side == "buy":
            return float(self.instrument.price_up(exact * (1 + part)))
        # never below one tick: the exchange knows no price of zero
        return float(max(self.instrument.price_down(exact * (1 - part)), self.instrument.tick))

    def _quantity(self, price: float, row: int) -> float:
        """How much all the cash buys with its fee; 0 if the exchange would refuse the order."""
        wanted = self.cash / (price * (1 + self.costs.fee))
        if self.instrument is None:
            return wanted
        quantity = self.instrument.quantity_down(Decimal(repr(wanted)))
        why = self.instrument.refusal(price=Decimal(repr(price)), quantity=quantity)
        if why is None:
            return float(quantity)
        self.refused += 1
        if self.refused == 1:
            self.warnings.append(
                f"The order of {moment(int(self.candles.open_time[row]))} was refused: {why}."
            )
        return 0.0

    def _counted(self) -> list[str]:
        counted = []
        if self.refused > 1:
            counted.append(f"{self.refused} orders in all were refused.")
        if self.withdrawn:
            counted.append(
                f"{self.withdrawn} order{'s' if self.withdrawn > 1 else ''} decided right before a halt "
                "had to be withdrawn."
            )
        return counted
