"""The WebSocket API (/ws-api/v3) for market data: the same answers as REST, asked for by method and id."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from aiohttp import web

from thebot.exchange.sandbox.connection import Connection
from thebot.exchange.sandbox.faults import Faults
from thebot.exchange.sandbox.limits import Limits, TooMuch
from thebot.exchange.sandbox.parameters import ApiError, time_unit
from thebot.exchange.sandbox.rest import Rest

_PATHS: Final = {
    "ping": "ping", "time": "time", "exchangeInfo": "exchangeInfo", "depth": "depth",
    "trades.recent": "trades", "trades.historical": "historicalTrades", "trades.aggregate": "aggTrades",
    "klines": "klines", "uiKlines": "uiKlines", "avgPrice": "avgPrice",
    "ticker.24hr": "ticker/24hr", "ticker.price": "ticker/price", "ticker.book": "ticker/bookTicker",
    "ticker.tradingDay": "ticker/tradingDay", "ticker": "ticker",
}  # fmt: skip
_CONNECTING: Final = 2  # the weight of opening a connection


class Asking(Connection):
    """One client of the WebSocket API; `told` is whether answers say how much of the limits is used."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport, rest: Rest, limits: Limits
    ) -> None:
        super().__init__(socket, transport, None)
        self.told = True
        self._rest, self._limits = rest, limits

    def farewell(self) -> str:
        return '{"event":{"e":"serverShutdown","E":%d}}' % (self._rest.exchange.now * self.unit)

    def answer(self, text: str) -> None:
        number: object = None
        told = self.told
        try:
            asked = _parsed(text)
            number = asked.get("id")
            params = dict(asked.get("params") or {})
            told = params.pop("returnRateLimits", told) not in (False, "false")
            body = f'"status":200,"result":{self._result(asked["method"], params)}'
        except ApiError as error:
            body = f'"status":{error.status},"error":{_described(error)}'
        rates = f',"rateLimits":[{self._used()}]' if told else ""
        self.say(f'{{"id":{json.dumps(number)},{body}{rates}}}')

    def _result(self, method: str, params: dict[str, Any]) -> str:
        path = _PATHS.get(method.removeprefix("v3/"))
        if path is None:
            raise ApiError(-1000, f"Unknown method {method!r}: the sandbox serves market data only.")
        given = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()
        }
        return self._rest.answer(path, given, self.unit)

    def _used(self) -> str:
        return (
            '{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":%d,"count":%d}'
            % (self._limits.weight, self._limits.used)
        )  # fmt: skip


class ApiSockets:
    """Orders and user data are not served: their methods are answered as unknown."""

    def __init__(self, rest: Rest, limits: Limits, faults: Faults) -> None:
        self._rest, self._limits, self._faults = rest, limits, faults
        self.connections: dict[Asking, None] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        unit = time_unit(request.query.get("timeUnit"))
        self._limits.charge(_CONNECTING)
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        connection = Asking(socket, transport, self._rest, self._limits)
        connection.unit, connection.told = unit, request.query.get("returnRateLimits", "true") != "false"
        self.connections[connection] = None
        try:
            await connection.listen(self._faults)
        finally:
            self.connections.pop(connection, None)
            connection.end()
        return socket

    def flush(self) -> None:
        now = time.monotonic()
        for connection in list(self.connections):
            connection.flush(now, self._faults)


def _described(error: ApiError) -> str:
    details: dict[str, Any] = {"code": error.code, "msg": error.text}
    if isinstance(error, TooMuch):
        now = time.time_ns() // 1_000_000
        details["data"] = {"serverTime": now, "retryAfter": now + error.retry_after * 1000}
    return json.dumps(details, separators=(",", ":"))


def _parsed(text: str) -> dict[str, Any]:
    invalid = ApiError(-1135, "JSON Request is invalid.")
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid from error
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        raise invalid
    if not isinstance(asked.get("params") or {}, dict) or isinstance(asked.get("id"), (dict, list)):
        raise invalid
    return asked
