"""Strategies that keep a state or see their position: classes with `on_candle`, for replay, paper and live.

They cannot be swept: what they do at a candle depends on what was filled before, so every run has to go
through all candles one by one. Say a strategy as a `Strategy` wherever that is possible.
"""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from thebot.errors import BadSetting
from thebot.indicators import Expression
from thebot.market import Candle, Symbol
from thebot.strategy.definition import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is held of the symbol: quantity in base currency, the mean price of its entries."""

    quantity: float
    entry_price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One of the strategy's orders was filled since its last candle, or a part of it."""

    order_id: str
    side: Literal["buy", "sell"]
    price: float
    quantity: float
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An order that the strategy wants; None for what it does not name. Neither size: all that is held."""

    order_id: str
    side: Literal["buy", "sell"]
    amount: float | None = None
    quantity: float | None = None
    limit: float | None = None
    stop: float | None = None
    candles: int | None = None


class View:
    """What a strategy sees at a close, and how it says what it wants. Money in quote currency.

    `readings[expression]` is the value of one of its `expressions` (nan while it is not known). `fills` are
    those since the last candle, `orders` what waits, by order id. Orders act from the next open on.
    """

    def __init__(
        self,
        *,
        symbol: Symbol,
        candle: Candle,
        readings: Mapping[Expression, float],
        holding: Holding | None,
        cash: float,
        equity: float,
        fills: tuple[Fill, ...],
        orders: Mapping[str, Wish],
        number: Callable[[], str],
    ) -> None:
        self.symbol, self.candle, self.readings = symbol, candle, readings
        self.holding, self.cash, self.equity = holding, cash, equity
        self.fills, self.orders = fills, orders
        self.wishes: list[Wish] = []
        self.cancelled: list[str] = []
        self._number = number

    def buy(
        self,
        *,
        amount: float | None = None,
        quantity: float | None = None,
        limit: float | None = None,
        candles: int | None = None,
    ) -> str:
        """Buy for an `amount` of quote currency, or a `quantity`: at the next open, or at `limit` or better.

        A limit order waits for so many `candles` (None: until it is filled or cancelled). It never buys more
        than is free. Gives the order's id. Raises BadSetting for what cannot be.
        """
        if (amount is None) == (quantity is None):
            raise BadSetting(f"{self.symbol}: say how much to buy, by amount or by quantity.")
        return self._wish("buy", amount=amount, quantity=quantity, limit=limit, candles=candles)

    def sell(
        self,
        quantity: float | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        candles: int | None = None,
    ) -> str:
        """Sell a `quantity` (None: all that is held now): at the next open, at `limit` or better, or once the
        price has fallen to `stop`. It never sells more than is held.
        """
        if limit is not None and stop is not None:
            raise BadSetting(f"{self.symbol}: an order has a limit or a stop. Give two orders instead.")
        return self._wish("sell", quantity=quantity, limit=limit, stop=stop, candles=candles)

    def cancel(self, order_id: str | None = None) -> None:
        """Take an order back, or all of them. One that is not there any more is no fault."""
        self.cancelled += [order_id] if order_id is not None else list(self.orders)

    def _wish(self, side: Literal["buy", "sell"], **asked: Any) -> str:  # noqa: ANN401  (fields of Wish)
        for name, value in asked.items():
            if value is not None and not 0 < value < float("inf"):
                raise BadSetting(f"{self.symbol}: {name} {value} of an order to {side} cannot be.")
        wish = Wish(order_id=self._number(), side=side, **asked)
        self.wishes.append(wish)
        return wish.order_id


class Stateful(ABC):
    """A strategy with a state of its own. Subclass it and say what to do at each close of a symbol's candle.

    A run works on a copy for each symbol: what `self` keeps is that symbol's alone, and the original never
    changes. Long positions only. Its parameters are those of its constructor, kept under the same names
    (a dataclass does that).

    >>> class Weekly(Stateful):
    ...     \"\"\"Buys for 100 every seven candles.\"\"\"
    ...     seen = 0
    ...     def on_candle(self, view):
    ...         self.seen += 1
    ...         if self.seen % 7 == 0:
    ...             view.buy(amount=100)
    >>> Weekly().name
    'weekly'
    """

    name: ClassVar[str] = ""
    shorts: ClassVar[bool] = False

    def __init_subclass__(cls, **keywords: Any) -> None:  # noqa: ANN401  (of any other base class)
        super().__init_subclass__(**keywords)
        if "name" not in cls.__dict__:
            cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """What it wants read at each close."""
        return ()

    @abstractmethod
    def on_candle(self, view: View) -> None:
        """What to do at the close of a candle, by the view's buy, sell and cancel."""

    @property
    def parameters(self) -> tuple[tuple[str, Parameter], ...]:
        names = inspect.signature(type(self)).parameters
        return tuple((name, getattr(self, name)) for name in names if hasattr(self, name))

    @property
    def description(self) -> str:
        return (inspect.getdoc(type(self)) or "").partition("\n")[0]

    @property
    def label(self) -> str:
        """Name and parameters, as people read them."""
        said = ", ".join(f"{name} {value}" for name, value in self.parameters)
        return f"{self.name} ({said})" if said else self.name

    def plain(self) -> dict[str, Any]:
        """What it is made of, fit for JSON. Its code is not in it."""
        return {
            "name": self.name,
            "stateful": True,
            "class": f"{type(self).__module__}.{type(self).__qualname__}",
            "parameters": dict(self.parameters),
            "expressions": [repr(each) for each in self.expressions],
            "description": self.description,
        }


def require_value(strategy: object, what: str) -> None:
    """Raises BadSetting if a strategy that keeps a state is to be simulated or swept."""
    if isinstance(strategy, Stateful):
        raise BadSetting(
            f"{strategy.name} keeps a state, so what it does depends on its fills: it cannot {what}. "
            "It runs candle by candle: use `thebot replay`, or replay() from Python."
        )
