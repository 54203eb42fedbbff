"""A little exchange on loopback that does what a test tells it to, where the sandbox plays fair.

async with little_exchange() as exchange:
    exchange.answers("/api/v3/time", refusal(503), json_answer({"serverTime": 1}))  # the last one repeats
    exchange.refuses_streams((451, {}))                                              # used up in order
    exchange.reply = lambda asked: None                                              # answers no SUBSCRIBE
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from thebot.exchange.binance import Addresses

Answer = Callable[[], web.Response]


def json_answer(body: object, status: int = 200, **headers: str) -> Answer:
    """Headers by name, with _ for -: Retry_After="2"."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: web.json_response(body, status=status, headers=named)


def refusal(status: int, code: int = -1000, text: str = "no", **headers: str) -> Answer:
    return json_answer({"code": code, "msg": text}, status, **headers)


def raw_answer(body: bytes, status: int = 200, kind: str = "text/html", **headers: str) -> Answer:
    return lambda: web.Response(body=body, status=status, content_type=kind, headers=headers)


@dataclass
class StreamLine:
    """A connection as the exchange sees it."""

    socket: web.WebSocketResponse
    asked: list[dict[str, Any]] = field(default_factory=list)  # control messages
    asked_at: list[float] = field(default_factory=list)  # monotonic seconds
    pings: list[bytes] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    gone: bool = False

    def names(self) -> set[str]:
        """What this connection listens to, by its accepted control messages."""
        names: set[str] = set()
        for message in self.asked:
            change = names.update if message["method"] == "SUBSCRIBE" else names.difference_update
            change(message["params"])
        return names

    async def say(self, body: object) -> None:
        await self.socket.send_str(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))


class LittleExchange:
    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []  # path and parameters of each request
        self.lines: list[StreamLine] = []
        self.handshakes: list[float] = []  # monotonic seconds of each attempt to connect
        self.reply: Callable[[dict[str, Any]], object | None] = lambda asked: {
            "result": None,
            "id": asked["id"],
        }
        self.answers_pings = True
        self.handshake_gate: asyncio.Event | None = None  # handshakes wait for it
        self.on_message: Callable[[StreamLine], None] = lambda line: None
        self._answers: dict[str, deque[Answer]] = {}
        self._refusals: deque[tuple[int, dict[str, str]]] = deque()
        self._runner: web.AppRunner | None = None
        self.url = ""

    @property
    def addresses(self) -> Addresses:
        return Addresses.of_sandbox(self.url)

    def answers(self, path: str, *answers: Answer) -> None:
        self._answers[path] = deque(answers)

    def refuses_streams(self, *refusals: tuple[int, dict[str, str]]) -> None:
        self._refusals.extend(refusals)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/stream", self._stream)
        application.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        for line in self.lines:
            if (transport := line.socket._req and line.socket._req.transport) is not None:
                transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, dict(request.query)))
        waiting = self._answers.get(request.path)
        if not waiting:
            return web.json_response({"status": 404, "path": request.path}, status=404)
        return (waiting.popleft() if len(waiting) > 1 else waiting[0])()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.handshakes.append(time.monotonic())
        if self._refusals:
            status, headers = self._refusals.popleft()
            return web.Response(status=status, headers=headers)
        if self.handshake_gate is not None:
            await self.handshake_gate.wait()
        socket = web.WebSocketResponse(autoping=False, compress=False)
        await socket.prepare(request)
        line = StreamLine(socket)
        self.lines.append(line)
        try:
            async for message in socket:
                await self._take(line, message)
        finally:
            line.gone = True
        return socket

    async def _take(self, line: StreamLine, message: Any) -> None:
        if message.type == WSMsgType.PING:
            line.pings.append(bytes(message.data))
            if self.answers_pings:
                await line.socket.pong(message.data)
        elif message.type == WSMsgType.PONG:
            line.pongs.append(bytes(message.data))
        elif message.type == WSMsgType.TEXT:
            asked = json.loads(message.data)
            line.asked_at.append(time.monotonic())
            reply = self.reply(asked)
            if reply is not None and not _is_refusal(reply):
                line.asked.append(asked)
            if reply is not None:
                await line.say(reply)


def _is_refusal(reply: object) -> bool:
    return isinstance(reply, dict) and ("error" in reply or "code" in reply)


@contextlib.asynccontextmanager
async def little_exchange() -> AsyncIterator[LittleExchange]:
    exchange = LittleExchange()
    await exchange.start()
    try:
        yield exchange
    finally:
        await exchange.stop()
