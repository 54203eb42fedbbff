"""How large a position shall be, at the deciding close: sizings put into `rules.amount_wanted`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from thebot.market import Timeframe
from thebot.market.timeframe import DAY
from thebot.strategy.deciding import Decision
from thebot.strategy.sizing import (
    CappedKelly,
    EquityFraction,
    FixedAmount,
    RiskFraction,
    Sizing,
    VolatilityTarget,
)
from thebot.trading import rules
from thebot.trading.bracket import DISTANCE, SHARE, Bracket
from thebot.trading.orders import Direction

nan: Final = float("nan")
_YEAR: Final = 365 * DAY


@dataclass(slots=True)
class Experience:
    """The gains of the trades closed so far, as fractions: what Kelly's formula learns from."""

    won: int = 0
    lost: int = 0
    gains: float = 0.0
    losses: float = 0.0

    def learn(self, gain: float) -> None:
        if gain > 0.0:
            self.won += 1
            self.gains += gain
        else:
            self.lost += 1
            self.losses -= gain


class Sizer:
    """Amounts in quote currency. `share` is the part of the equity that one position may take."""

    def __init__(self, sizing: Sizing, timeframe: Timeframe, share: float) -> None:
        self._sizing, self._share = sizing, share
        self._yearly = math.sqrt(_YEAR / timeframe.nominal_ms)

    def amount(
        self,
        decision: Decision,
        direction: Direction,
        bracket: Bracket,
        price: float,
        equity: float,
        experience: Experience,
    ) -> float:
        """What a position shall be worth that is decided at `price`; 0 where that is not known."""
        sizing, share = self._sizing, self._share
        a, at_most, distance, yearly, fraction = 0.0, 1.0, nan, nan, nan
        match sizing:
            case FixedAmount():
                kind, a = rules.AMOUNT, sizing.amount
            case EquityFraction():
                kind, a = rules.FRACTION, sizing.fraction * share
            case RiskFraction():
                kind, a, at_most = rules.RISK, sizing.fraction, sizing.at_most
                distance = _distance(bracket, direction, price)
            case VolatilityTarget():
                kind, a, at_most = rules.VOLATILITY, sizing.yearly, sizing.at_most
                yearly = decision.volatility * self._yearly
            case CappedKelly():
                kind = rules.KELLY
                fraction = share * rules.kelly(
                    sizing.cap, sizing.after, sizing.least,
                    experience.won, experience.lost, experience.gains, experience.losses,
                )  # fmt: skip
        wanted = rules.amount_wanted(kind, a, at_most, equity, price, distance, yearly, fraction)
        return min(wanted, share * equity)


def _distance(bracket: Bracket, direction: Direction, price: float) -> float:
    """From the price to the stop, or to the trailing stop if there is no other."""
    level = bracket.stop if bracket.stop.asked else bracket.trailing
    if level.kind == DISTANCE:
        return level.value
    return level.value * price if level.kind == SHARE else direction * (price - level.value)
