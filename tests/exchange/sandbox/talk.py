"""A client of the sandbox for tests: plain HTTP and WebSocket, nothing interpreted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

WITHIN = 20.0  # seconds for what must come, on a machine that does much else


async def within(awaitable: Any) -> Any:
    return await asyncio.wait_for(awaitable, WITHIN)


class Talk:
    """One session; `get` gives status, headers and decoded body."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def get(self, path: str, **headers: str) -> tuple[int, Any, Any]:
        return await self.ask("GET", path, headers=headers)

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any, Any]:
        async with self.session.request(method, path, **more) as answer:
            text = await answer.text()
            told = json.loads(text) if answer.content_type == "application/json" else text
            return answer.status, answer.headers, told

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        status, _, told = await self.ask("POST", path, json=body)
        return status, told

    async def fault(self, kind: str, **more: object) -> None:
        status, told = await self.post("/sandbox/faults", {"fault": kind, **more})
        assert status == 200, told

    def stream(self, path: str, **more: Any) -> Any:
        return self.session.ws_connect(path, **more)


@asynccontextmanager
async def talking(url: str) -> AsyncIterator[Talk]:
    async with aiohttp.ClientSession(url) as session:
        yield Talk(session)


async def event(socket: aiohttp.ClientWebSocketResponse) -> Any:
    """The next text message, decoded."""
    message = await within(socket.receive())
    assert message.type == aiohttp.WSMsgType.TEXT, message
    return json.loads(message.data)


async def say(socket: aiohttp.ClientWebSocketResponse, **message: object) -> Any:
    """The answer to a control message; events before it are passed over."""
    await socket.send_json(message)
    while True:
        told = await event(socket)
        if "e" not in told and "stream" not in told:
            return told


async def ended(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """The close code, once the connection is over; 1006 if it was cut."""
    while not socket.closed:
        await within(socket.receive())
    return socket.close_code


async def silence(socket: aiohttp.ClientWebSocketResponse, seconds: float = 1.2) -> int:
    """Read what is on its way until nothing comes for so long; how many messages came before that."""
    count = 0
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), seconds)
        except TimeoutError:
            return count
        assert message.type is not aiohttp.WSMsgType.CLOSED, "silence is not the end of the connection"
        count += 1
