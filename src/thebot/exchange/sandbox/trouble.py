"""Does what a fault order asks for: to connections, to answers, to markets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from thebot.errors import UnknownName
from thebot.exchange.sandbox.api_socket import ApiSockets
from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.faults import Faults, Order, Refusals, withheld
from thebot.exchange.sandbox.market import Market
from thebot.exchange.sandbox.streams import Streams

_CUT_SHORT: Final = '{"e":"aggTrade","E":1,"s":"BTC'


class Trouble:
    """One method for each kind of fault; `kinds` are their names."""

    def __init__(self, exchange: Exchange, streams: Streams, api_sockets: ApiSockets, faults: Faults) -> None:
        self._exchange, self._streams, self._api_sockets = exchange, streams, api_sockets
        self._faults = faults
        self._done: dict[str, Callable[[Order], None]] = {
            "drop": self._drop,
            "silence": self._silence,
            "quiet": self._quiet,
            "refuse": self._refuse,
            "malformed": self._malformed,
            "withhold_close": self._withhold_close,
            "delay": self._delay,
            "refuse_streams": self._refuse_streams,
            "shutdown": self._shutdown,
            "clear": self._clear,
        }

    def make(self, order: Order) -> None:
        """Raises UnknownName for a symbol that is not listed."""
        self._done[order.kind](order)

    def _drop(self, order: Order) -> None:
        del order
        for connection in (*self._streams.connections, *self._api_sockets.connections):
            connection.cut()

    def _silence(self, order: Order) -> None:
        self._faults.silent_until = time.monotonic() + order.seconds

    def _quiet(self, order: Order) -> None:
        self._exchange.hub.quiet_until = time.monotonic() + order.seconds

    def _refuse(self, order: Order) -> None:
        self._faults.refusals.append(Refusals(order.status, order.count, order.path, order.retry_after))

    def _malformed(self, order: Order) -> None:
        for connection in self._streams.connections:
            for _ in range(order.count):
                connection.say(order.text or _CUT_SHORT)

    def _withhold_close(self, order: Order) -> None:
        everyone = list(self._exchange.markets.values())
        for market in [self._market(order.symbol)] if order.symbol else everyone:
            market.withheld.append(withheld(order))

    def _delay(self, order: Order) -> None:
        self._faults.delay = order.seconds

    def _refuse_streams(self, order: Order) -> None:
        self._faults.refused_connections = order.count

    def _shutdown(self, order: Order) -> None:
        del order
        for connection in (*self._streams.connections, *self._api_sockets.connections):
            connection.retire()

    def _clear(self, order: Order) -> None:
        del order
        self._faults.clear()
        self._exchange.hub.quiet_until = 0.0
        for market in self._exchange.markets.values():
            market.withheld.clear()

    def _market(self, symbol: str) -> Market:
        if symbol not in self._exchange.markets:
            raise UnknownName("symbol", symbol, self._exchange.markets)
        return self._exchange.markets[symbol]
