"""How large a position is: a fixed amount, a share of the equity, by risk, by volatility, or by Kelly.

A size is decided at the close of the deciding candle, from the account's equity then, and never uses
borrowed money: what it comes to is cut to what the account can pay, fees included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from thebot.errors import BadSetting
from thebot.indicators import close, stddev
from thebot.indicators.expression import Expression, expression_of


def _require(what: str, value: float, *, most: float = float("inf")) -> None:
    if not 0 < value <= most:
        bound = "" if most == float("inf") else f" and at most {most:g}"
        raise BadSetting(f"{what} of {value} cannot be: give a number above 0{bound}.")


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """The same amount of quote currency each time, as long as the account has it."""

    amount: float

    def __post_init__(self) -> None:
        _require("A fixed amount", self.amount)


@dataclass(frozen=True, slots=True)
class EquityFraction:
    """That share of the equity: 1 is all of it."""

    fraction: float = 1.0

    def __post_init__(self) -> None:
        _require("An equity fraction", self.fraction, most=1.0)


@dataclass(frozen=True, slots=True)
class RiskFraction:
    """So much that a fill at the stop loses that share of the equity (before costs and gaps).

    Needs a stop (or a trailing one) in the strategy's exits. `at_most` bounds the position's value, as a
    share of the equity.
    """

    fraction: float = 0.01
    at_most: float = 1.0

    def __post_init__(self) -> None:
        _require("A risk fraction", self.fraction, most=1.0)
        _require("at_most", self.at_most, most=1.0)


def _returns_deviation(period: int) -> Expression:
    return stddev(close / close.shift(1), period)


@dataclass(frozen=True, slots=True)
class VolatilityTarget:
    """So much that the position's expected yearly volatility is `yearly` (0.2 is 20 %).

    `volatility` is that of one candle's return, as a fraction; by default the deviation of the last
    `period` returns. `at_most` bounds the position's value, as a share of the equity.
    Source: M. Harvey et al., "The Impact of Volatility Targeting", Journal of Portfolio Management, 2018.
    """

    yearly: float = 0.2
    period: int = 30
    at_most: float = 1.0
    volatility: Expression | None = field(default=None)

    def __post_init__(self) -> None:
        _require("A yearly volatility", self.yearly)
        _require("at_most", self.at_most, most=1.0)
        wanted = (
            _returns_deviation(self.period) if self.volatility is None else expression_of(self.volatility)
        )
        object.__setattr__(self, "volatility", wanted)


@dataclass(frozen=True, slots=True)
class CappedKelly:
    """The Kelly fraction of the strategy's own closed trades, never more than `cap` of the equity.

    f = W - (1 - W) / R, with W the share of trades won and R the mean gain of those over the mean loss of
    the others. Until `after` trades are closed, and where Kelly says to stay away, it is `least`: without
    trades nothing more could be learnt.
    Source: J. L. Kelly, "A New Interpretation of Information Rate", 1956.
    """

    cap: float = 0.25
    after: int = 30
    least: float = 0.02

    def __post_init__(self) -> None:
        _require("A cap", self.cap, most=1.0)
        _require("least", self.least, most=self.cap)
        if self.after < 2:
            raise BadSetting(f"after {self.after} cannot be: Kelly needs at least two closed trades.")


Sizing: TypeAlias = FixedAmount | EquityFraction | RiskFraction | VolatilityTarget | CappedKelly
ALL_IN: Final = EquityFraction(1.0)
