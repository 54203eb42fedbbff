"""WebSocket connections to the market streams: what they listen to, pings, limits, and being cut off."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final
from urllib.parse import unquote

from aiohttp import WSMsgType, web

from thebot.exchange.sandbox import control, wire
from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.faults import Faults

PING_EVERY: Final = 20.0  # seconds
PONG_WITHIN: Final = 60.0
LONGEST: Final = 24 * 3600.0
MESSAGES_A_SECOND: Final = 5
MOST_UNSENT: Final = 8 << 20  # bytes; a reader that is further behind is cut off


class Connection:
    """One listener. Events are gathered in `_box` and written once a tick."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, streams: Streams) -> None:
        self.combined, self.unit = False, 1
        self._socket, self._transport, self._streams = socket, transport, streams
        self._names: dict[str, None] = {}
        self._box: list[bytes] = []
        self._late: deque[tuple[float, bytes]] = deque()
        self._messages: deque[float] = deque(maxlen=MESSAGES_A_SECOND)
        self.opened = self._heard = self._pinged = time.monotonic()
        self._ping = b""
        self._waiting = False  # for a pong

    def names(self) -> list[str]:
        return list(self._names)

    def subscribe(self, names: list[str]) -> None:
        for name in names:
            self._names[name] = None
            self._streams.exchange.hub.subscribe(self, name)

    def unsubscribe(self, names: list[str]) -> None:
        for name in names:
            self._names.pop(name, None)
            self._streams.exchange.hub.unsubscribe(self, name)

    def take(self, message: bytes) -> None:
        self._box.append(message)

    def say(self, text: str) -> None:
        """An answer, or a word out of turn, in order with the events."""
        self.take(wire.frame(text.encode()))

    def flush(self, now: float, faults: Faults) -> None:
        """Write what has gathered; cut off who does not read."""
        if faults.silent:
            self._box.clear()
            return
        self._keep_alive(now)
        if faults.delay or self._late:
            self._late.extend((now + faults.delay, message) for message in self._box)
            self._box = []
            while self._late and self._late[0][0] <= now:
                self._box.append(self._late.popleft()[1])
        if self._box and not self._transport.is_closing():
            self._transport.write(b"".join(self._box))
        self._box.clear()
        unsent = self._transport.get_write_buffer_size() + (len(self._late) << 8)
        if unsent > MOST_UNSENT:
            self.cut()

    def cut(self) -> None:
        """Without a word, as a broken network does."""
        self._transport.abort()

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())

    async def listen(self) -> None:
        """Until the client leaves, or misbehaves."""
        async for message in self._socket:
            now = time.monotonic()
            if message.type == WSMsgType.PONG:
                if self._waiting and bytes(message.data) == self._ping:
                    self._waiting, self._heard = False, now
            if len(self._messages) == MESSAGES_A_SECOND and now - self._messages[0] < 1.0:
                await self.close(1008, "Too many requests")
                return
            self._messages.append(now)
            if message.type == WSMsgType.PING:
                if not self._streams.faults.silent:
                    await self._socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self.say(control.answer(message.data, self))
            elif message.type == WSMsgType.BINARY:
                await self.close(1003, "Text only")
                return

    def retire(self) -> None:
        """Tell the client to reconnect, and go."""
        shutdown = '{"e":"serverShutdown","E":%d}' % (self._streams.exchange.now * self.unit)
        self.say(wire.in_stream("!serverShutdown", shutdown) if self.combined else shutdown)
        self.opened = time.monotonic()  # so that it is not told twice
        self._streams.end_soon(self)

    def _keep_alive(self, now: float) -> None:
        if self._waiting and now - self._pinged > PONG_WITHIN:
            self.cut()
        elif now - self.opened > LONGEST:
            self.retire()
        elif not self._waiting and now - max(self._pinged, self._heard) >= PING_EVERY:
            self._ping = str(time.time_ns() // 1_000_000).encode()
            self._pinged, self._waiting = now, True
            self.take(wire.frame(self._ping, wire.PING))


class Streams:
    """All connections. `flush` is called once a tick."""

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self.exchange, self.faults = exchange, faults
        self.connections: dict[Connection, None] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """/ws, /ws/<name>[/<name>] and /stream?streams=<name>[/<name>]."""
        if self.faults.refuses_connection():
            raise web.HTTPServiceUnavailable
        # No compression: a compressed message could not be shared, and the exchange does not compress either.
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        connection = Connection(socket, transport, self)
        connection.combined = request.path.startswith("/stream")
        if request.query.get("timeUnit", "").upper() == "MICROSECOND":
            connection.unit = 1000
        self.connections[connection] = None
        try:
            connection.subscribe(_asked(request)[: control.MOST_STREAMS])
            await connection.listen()
        finally:
            self.connections.pop(connection, None)
            connection.unsubscribe(connection.names())
        return socket

    def flush(self) -> None:
        now = time.monotonic()
        for connection in list(self.connections):
            connection.flush(now, self.faults)

    def end_soon(self, connection: Connection) -> None:
        """Close it once what it has been told is on its way."""
        task = asyncio.ensure_future(self._end(connection))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, connection: Connection) -> None:
        await asyncio.sleep(1.0)  # the exchange leaves some time; how much is not documented
        await connection.close(1001, "Going away")

    async def shut_down(self) -> None:
        """Tell everybody and close."""
        for connection in list(self.connections):
            connection.retire()
        self.flush()
        closing = [connection.close(1001, "Going away") for connection in list(self.connections)]
        if closing:
            await asyncio.wait([asyncio.ensure_future(each) for each in closing], timeout=0.5)
        for connection in list(self.connections):
            connection.cut()
        for task in self._ending:
            task.cancel()


def _asked(request: web.Request) -> list[str]:
    """The stream names in an address; names may be URL-encoded."""
    if request.path.startswith("/stream"):
        listed = request.query.get("streams", "")
    else:
        listed = unquote(request.path).removeprefix("/ws").strip("/")
    return [name for name in listed.split("/") if name]
