"""The trader of strategies that keep a state: shows them each close and turns what they want into orders."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from thebot.market import Candle, Symbol
from thebot.strategy.stateful import Fill, Holding, Stateful, View, Wish
from thebot.trading import rules
from thebot.trading.allocation import Account
from thebot.trading.allowed import require_cash
from thebot.trading.counting import Counting, exact
from thebot.trading.events import (
    CandleClosed,
    CloseComplete,
    Ending,
    Event,
    OrderFilled,
    OrderGone,
    OrderRefused,
)
from thebot.trading.ledger import Ledger
from thebot.trading.orders import CancelOrder, Command, Order, PlaceOrder, RecordTrade

nan: Final = float("nan")
_ENDINGS: Final[Mapping[str, Ending]] = {"stop": "stop", "limit": "target", "market": "signal"}


@dataclass(slots=True, kw_only=True)
class _Seen:
    """Where the price was since the symbol was flat."""

    decided_at: int
    highest: float
    lowest: float


class StatefulTrader:
    """One strategy on several symbols that share an account; each symbol has a copy of it of its own."""

    def __init__(
        self, strategy: Stateful, countings: Mapping[Symbol, Counting], account: Account, ledger: Ledger
    ) -> None:
        for counting in countings.values():
            if counting.instrument is not None:
                require_cash(counting.instrument, account)
        self.strategy, self.ledger = strategy, ledger
        self.unknown = self.beside = 0  # nobody but the strategy knows what it wanted
        self._strategies = {symbol: copy.deepcopy(strategy) for symbol in countings}
        self._countings = countings
        self._closes: dict[Symbol, float] = {}
        self._told: list[CandleClosed] = []
        self._orders: dict[Symbol, dict[str, Wish]] = {symbol: {} for symbol in countings}
        self._decided: dict[str, int] = {}
        self._fills: dict[Symbol, list[Fill]] = {symbol: [] for symbol in countings}
        self._seen: dict[Symbol, _Seen] = {}
        self._numbered = 0

    def attends(self, symbol: Symbol) -> bool:
        """It sees every candle."""
        return symbol in self._countings

    @property
    def weighs(self) -> bool:
        """It is asked at each of them."""
        return bool(self._told)

    def equity(self) -> float:
        """Cash with the positions at the newest closes."""
        held = (float(each.signed) * self._closes[symbol] for symbol, each in self.ledger.positions.items())
        return float(self.ledger.cash) + sum(held)

    def handle(self, event: Event) -> list[Command]:
        """What is to be done about it."""
        if isinstance(event, CandleClosed):
            self._told.append(event)
            self._closes[event.candle.symbol] = event.candle.close
            self._look(event.candle)
            return []
        if isinstance(event, CloseComplete):
            told, self._told = self._told, []
            return [command for closed in told if not closed.last for command in self._ask(closed)]
        if isinstance(event, OrderFilled):
            return self._filled(event)
        if isinstance(event, OrderRefused | OrderGone):
            self._forget(event.symbol, event.order_id)
        return []

    def _look(self, candle: Candle) -> None:
        seen = self._seen.get(candle.symbol)
        if seen is not None:
            seen.highest, seen.lowest = max(seen.highest, candle.high), min(seen.lowest, candle.low)

    def _ask(self, closed: CandleClosed) -> list[Command]:
        """One look of the strategy at a symbol, and what it wants."""
        symbol = closed.candle.symbol
        position = self.ledger.positions.get(symbol)
        holding = None
        if position is not None:
            holding = Holding(
                quantity=float(position.quantity), entry_price=float(position.entry_price)
            )  # fmt: skip
        view = View(
            symbol=symbol,
            candle=closed.candle,
            readings=closed.readings or {},
            holding=holding,
            cash=float(self.ledger.free),
            equity=self.equity(),
            fills=tuple(self._fills[symbol]),
            orders=dict(self._orders[symbol]),
            number=lambda: self._number(symbol),
        )
        self._fills[symbol].clear()
        self._strategies[symbol].on_candle(view)
        commands: list[Command] = []
        for order_id in dict.fromkeys(view.cancelled):
            if order_id in self._orders[symbol]:
                self._forget(symbol, order_id)
                commands.append(CancelOrder(symbol=symbol, order_id=order_id))
        for wish in view.wishes:
            if wish.order_id in view.cancelled:
                continue
            order = self._order(symbol, wish, holding)
            if order is not None:
                self._orders[symbol][wish.order_id] = wish
                self._decided[wish.order_id] = closed.at
                commands.append(PlaceOrder(order=order))
        return commands

    def _number(self, symbol: Symbol) -> str:
        self._numbered += 1
        return f"{symbol}-{self._numbered}"

    def _order(self, symbol: Symbol, wish: Wish, holding: Holding | None) -> Order | None:
        """The order that a wish comes to, in the symbol's ticks and steps; None for what comes to nothing."""
        counting = self._countings[symbol]
        direction = 1 if wish.side == "buy" else -1
        price = None
        if wish.limit is not None:
            price = counting.price(rules.resting(counting.count(wish.limit), direction, counting.whole))
        elif wish.stop is not None:
            price = counting.price(rules.stop_price(counting.count(wish.stop), -direction, counting.whole))
        if price is not None and not price > 0:
            return None
        quantity = None
        if wish.amount is None:
            held = 0.0 if holding is None else holding.quantity
            quantity = exact(held if wish.quantity is None else wish.quantity)
            if counting.instrument is not None:
                quantity = counting.instrument.quantity_down(quantity)
            if not quantity > 0:
                return None
        return Order(
            id=wish.order_id,
            symbol=symbol,
            direction=1 if direction > 0 else -1,
            kind="market" if price is None else "stop" if wish.stop is not None else "limit",
            closes=wish.side == "sell",
            amount=None if wish.amount is None else exact(wish.amount),
            quantity=quantity,
            price=price,
            candles=wish.candles,
        )

    def _filled(self, fill: OrderFilled) -> list[Command]:
        symbol = fill.symbol
        wish = self._orders[symbol].get(fill.order_id)
        price = float(fill.price)
        if symbol not in self._seen:
            decided = self._decided.get(fill.order_id, fill.at)
            self._seen[symbol] = _Seen(decided_at=decided, highest=price, lowest=price)
        seen = self._seen[symbol]
        due = price if fill.due is None else float(fill.due)
        seen.highest, seen.lowest = max(seen.highest, due), min(seen.lowest, due)
        self._fills[symbol].append(
            Fill(
                order_id=fill.order_id,
                side="buy" if fill.direction > 0 else "sell",
                price=price,
                quantity=float(fill.quantity),
                complete=fill.complete,
            )
        )
        if fill.complete:
            self._forget(symbol, fill.order_id)
        closed = self.ledger.apply(fill)
        if closed is None:
            return []
        del self._seen[symbol]
        entry = float(closed.entry_price)
        kind = "market" if wish is None else "stop" if wish.stop else "limit" if wish.limit else "market"
        return [
            RecordTrade(
                closed=closed,
                decided_at=seen.decided_at,
                ending=fill.because or _ENDINGS[kind],
                stop=nan,
                best=max(0.0, (seen.highest - entry) / entry),
                worst=min(0.0, (seen.lowest - entry) / entry),
                doubtful=fill.doubtful,
            )
        ]

    def _forget(self, symbol: Symbol, order_id: str) -> None:
        self._orders[symbol].pop(order_id, None)
        self._decided.pop(order_id, None)
