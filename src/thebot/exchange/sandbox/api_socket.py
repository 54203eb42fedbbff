"""The WebSocket API (/ws-api/v3) for market data: the same answers as REST, asked for by method and id."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

import json
import time
from typing import Any, Final

from aiohttp import WSMsgType, web

from thebot.exchange.sandbox.limits import Limits, TooMuch
from thebot.exchange.sandbox.parameters import ApiError, Parameters
from thebot.exchange.sandbox.rest import Request, Rest

_PATHS: Final = {
    "ping": "ping", "time": "time", "exchangeInfo": "exchangeInfo", "depth": "depth", "trades.recent": "trades",
    "trades.historical": "historicalTrades", "trades.aggregate": "aggTrades", "klines": "klines",
    "uiKlines": "uiKlines", "avgPrice": "avgPrice", "ticker.24hr": "ticker/24hr", "ticker.price": "ticker/price",
    "ticker.book": "ticker/bookTicker", "ticker.tradingDay": "ticker/tradingDay", "ticker": "ticker",
}  # fmt: skip


class ApiSockets:
    """Orders and user data are not served: their methods are answered as unknown."""

    def __init__(self, rest: Rest, limits: Limits) -> None:
        self._rest, self.limits = rest, limits

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=20.0, compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        self.limits.used += 2  # what connecting costs
        unit = 1000 if request.query.get("timeUnit", "").upper() == "MICROSECOND" else 1
        told = request.query.get("returnRateLimits", "true") != "false"
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(self._answer(message.data, unit, told))
        return socket

    def _answer(self, text: str, unit: int, told: bool) -> str:
        number: Any = None
        try:
            asked = _parsed(text)
            number = asked.get("id")
            params = asked.get("params") or {}
            told = bool(params.pop("returnRateLimits", told))
            body = f'"status":200,"result":{self._result(asked["method"], params, unit)}'
        except ApiError as error:
            details: dict[str, Any] = {"code": error.code, "msg": error.text}
            if isinstance(error, TooMuch):
                now = time.time_ns() // 1_000_000
                details["data"] = {"serverTime": now, "retryAfter": now + error.retry_after * 1000}
            body = f'"status":{error.status},"error":{json.dumps(details, separators=(",", ":"))}'
        rates = f',"rateLimits":[{self._used()}]' if told else ""
        return f'{{"id":{json.dumps(number)},{body}{rates}}}'

    def _result(self, method: str, params: dict[str, Any], unit: int) -> str:
        path = _PATHS.get(method.removeprefix("v3/"))
        if path is None:
            raise ApiError(-1000, f"Unknown method {method!r}: the sandbox serves market data only.")
        self._rest.exchange.advance()
        given = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()
        }
        parameters = Parameters(given, self._rest.exchange.source.listings)
        return self._rest.endpoints[path](Request(parameters, unit, self.limits.charge))

    def _used(self) -> str:
        return (
            '{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":%d,"count":%d}'
            % (self.limits.weight, self.limits.used)
        )  # fmt: skip


def _parsed(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise ApiError(-1135, "JSON Request is invalid.") from error
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        raise ApiError(-1135, "JSON Request is invalid.")
    if not isinstance(asked.get("params") or {}, dict):
        raise ApiError(-1135, "JSON Request is invalid.")
    return asked
