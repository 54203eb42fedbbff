"""WebSocket connections to the market streams: what they listen to."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

import asyncio
import time
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from thebot.exchange.sandbox import control, wire
from thebot.exchange.sandbox.connection import Connection
from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.faults import Faults
from thebot.exchange.sandbox.parameters import time_unit

MESSAGES_A_SECOND: Final = 5


class Listening(Connection):
    """One listener to the market streams."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport, exchange: Exchange
    ) -> None:
        super().__init__(socket, transport, MESSAGES_A_SECOND)
        self.combined = False
        self._exchange = exchange
        self._names: dict[str, None] = {}

    def names(self) -> list[str]:
        return list(self._names)

    def subscribe(self, names: list[str]) -> None:
        for name in names:
            self._names[name] = None
            self._exchange.hub.subscribe(self, name)

    def unsubscribe(self, names: list[str]) -> None:
        for name in names:
            self._names.pop(name, None)
            self._exchange.hub.unsubscribe(self, name)

    def answer(self, text: str) -> None:
        self.say(control.answer(text, self))

    def farewell(self) -> str:
        shutdown = '{"e":"serverShutdown","E":%d}' % (self._exchange.now * self.unit)
        return wire.in_stream("!serverShutdown", shutdown) if self.combined else shutdown


class Streams:
    """All connections. `flush` is called once a tick."""

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self._exchange, self._faults = exchange, faults
        self.connections: dict[Listening, None] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """/ws, /ws/<name>[/<name>] and /stream?streams=<name>[/<name>]."""
        if self._faults.refuses_connection():
            raise web.HTTPServiceUnavailable
        unit = time_unit(request.query.get("timeUnit"))
        # No compression: a compressed message could not be shared, and the exchange does not compress either.
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        connection = Listening(socket, transport, self._exchange)
        connection.combined, connection.unit = request.path.startswith("/stream"), unit
        self.connections[connection] = None
        try:
            connection.subscribe(_asked(request)[: control.MOST_STREAMS])
            await connection.listen(self._faults)
        finally:
            self.connections.pop(connection, None)
            connection.unsubscribe(connection.names())
            connection.end()
        return socket

    def flush(self) -> None:
        now = time.monotonic()
        for connection in list(self.connections):
            connection.flush(now, self._faults)


def _asked(request: web.Request) -> list[str]:
    """The stream names in an address; names may be URL-encoded."""
    if request.path.startswith("/stream"):
        listed = request.query.get("streams", "")
    else:
        listed = unquote(request.path).removeprefix("/ws").strip("/")
    return [name for name in listed.split("/") if name]
