"""What every WebSocket connection has, to the streams and to the WebSocket API: pings, limits, an end."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

from aiohttp import WSMsgType, web

from thebot.exchange.sandbox import wire
from thebot.exchange.sandbox.faults import Faults
from thebot.exchange.sandbox.keepalive import Due, KeepAlive

MOST_UNSENT: Final = 8 << 20  # bytes; a reader that is further behind is cut off
_ANSWER: Final = 5.0  # seconds for the client to answer the closing
_GOODBYE: Final = 1.0  # seconds between being told to go and being closed; the exchange documents none


class Connection:
    """Messages are gathered in `_box` and written once a tick by `flush`.

    `messages_a_second` is how many incoming ones are allowed (pings and pongs count); None: any number.
    """

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport, messages_a_second: int | None
    ) -> None:
        self.unit = 1  # 1: times in milliseconds, 1000: in microseconds
        self._socket, self._transport = socket, transport
        self._keep_alive = KeepAlive(time.monotonic())
        self._box: list[bytes] = []
        self._late: deque[tuple[float, bytes]] = deque()
        self._late_bytes = 0
        self._arrivals: deque[float] = deque(maxlen=messages_a_second or 0)
        self._ending: asyncio.Task[None] | None = None
        self.over = asyncio.Event()

    def take(self, message: bytes) -> None:
        """A whole frame, to be written with the next flush."""
        self._box.append(message)

    def say(self, text: str) -> None:
        """An answer, or a word out of turn, in order with the events."""
        self.take(wire.frame(text.encode()))

    def answer(self, text: str) -> None:
        """A message from the client."""
        raise NotImplementedError

    def farewell(self) -> str:
        """The event that tells the client to reconnect."""
        raise NotImplementedError

    def flush(self, now: float, faults: Faults) -> None:
        """Write what has gathered; ping when it is time; cut off who does not read or answer."""
        if faults.silent:
            self._box.clear()
            return
        self._look_after(now)
        if faults.delay or self._late:
            self._hold_back(now, faults.delay)
        if self._box and not self._transport.is_closing():
            self._transport.write(b"".join(self._box))
        self._box.clear()
        if self._transport.get_write_buffer_size() + self._late_bytes > MOST_UNSENT:
            self.cut()

    def cut(self) -> None:
        """Without a word, as a broken network does."""
        self._transport.abort()

    def close(self, code: int, reason: str) -> None:
        """Say so, after what was said before. `listen` ends when the client has answered.

        Written here, since aiohttp's own `close` does not wait for the answer if another task reads.
        """
        self.take(wire.frame(code.to_bytes(2, "big") + reason.encode(), wire.CLOSE))

    def retire(self) -> None:
        """Tell the client to reconnect, and go."""
        self.say(self.farewell())
        self._keep_alive.retired(time.monotonic())
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())

    async def listen(self, faults: Faults) -> None:
        """Until the client leaves, or misbehaves."""
        async for message in self._socket:
            now = time.monotonic()
            if message.type == WSMsgType.PONG:
                self._keep_alive.pong(now, bytes(message.data))
            if self._too_often(now):
                await self._socket.close(code=1008, message=b"Too many requests")
                return
            if message.type == WSMsgType.PING:
                if not faults.silent:
                    await self._socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self.answer(message.data)
            elif message.type == WSMsgType.BINARY:
                await self._socket.close(code=1003, message=b"Text only")
                return

    def end(self) -> None:
        """The connection is over."""
        self.over.set()
        if self._ending is not None:
            self._ending.cancel()

    def _too_often(self, now: float) -> bool:
        arrivals = self._arrivals
        if arrivals.maxlen and len(arrivals) == arrivals.maxlen and now - arrivals[0] < 1.0:
            return True
        arrivals.append(now)
        return False

    def _look_after(self, now: float) -> None:
        due = self._keep_alive.due(now)
        if due is Due.CUT:
            self.cut()
        elif due is Due.RETIRE:
            self.retire()
        elif due is Due.PING:
            payload = str(time.time_ns() // 1_000_000).encode()
            self._keep_alive.pinged(now, payload)
            self.take(wire.frame(payload, wire.PING))

    def _hold_back(self, now: float, delay: float) -> None:
        """Keep what is to be written for `delay` seconds; leave in the box what is due."""
        self._late.extend((now + delay, message) for message in self._box)
        self._late_bytes += sum(len(message) for message in self._box)
        self._box = []
        while self._late and self._late[0][0] <= now:
            self._box.append(self._late.popleft()[1])
            self._late_bytes -= len(self._box[-1])

    async def _end(self) -> None:
        await asyncio.sleep(_GOODBYE)
        self.close(1001, "Going away")
        await asyncio.sleep(_ANSWER)
        self.cut()


async def say_goodbye(connections: list[Connection], faults: Faults) -> None:
    """Tell everybody that the exchange ends, close, and cut off whoever does not let go."""
    for connection in connections:
        connection.say(connection.farewell())
        connection.close(1001, "Going away")
        connection.flush(time.monotonic(), faults)
    leaving = [asyncio.ensure_future(connection.over.wait()) for connection in connections]
    if leaving:
        await asyncio.wait(leaving, timeout=0.5)
    for each in leaving:
        each.cancel()
    for connection in connections:
        connection.cut()
