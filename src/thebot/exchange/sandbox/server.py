"""The sandbox's one origin: /api/v3, /ws, /stream, /ws-api/v3, and /sandbox for whoever tests against it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Final

from aiohttp import web

from thebot.errors import PortInUse, ThebotError, UnknownName
from thebot.exchange.sandbox.api_socket import ApiSockets
from thebot.exchange.sandbox.exchange import TICK, Exchange
from thebot.exchange.sandbox.faults import Faults, Order, Refusals, withheld
from thebot.exchange.sandbox.limits import Limits, TooMuch
from thebot.exchange.sandbox.market import Market
from thebot.exchange.sandbox.parameters import ApiError, Parameters
from thebot.exchange.sandbox.rest import Request, Rest
from thebot.exchange.sandbox.streams import Streams

_GONE: Final = "<html>\r\n<head><title>410 Gone</title></head>\r\n<body>\r\n<center><h1>410 Gone</h1></center>\r\n</body>\r\n</html>\r\n"


class Server:
    """Serves one exchange on loopback. `port` 0 takes a free one; `start` tells which."""

    def __init__(self, exchange: Exchange, port: int) -> None:
        self.exchange, self._port = exchange, port
        self.faults, self.limits = Faults(), Limits()
        self.rest, self.streams = Rest(exchange, self.limits), Streams(exchange, self.faults)
        self._api_sockets = ApiSockets(self.rest, self.limits)
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listen; gives the port. Raises PortInUse."""
        application = web.Application()
        add = application.router.add_route
        add("*", "/api/{path:.*}", self._api)
        add("GET", "/ws", self._connect)
        add("GET", "/ws/{names:.*}", self._connect)
        add("GET", "/stream", self._connect)
        add("GET", "/ws-api/v3", self._connect_api)
        add("POST", "/sandbox/faults", self._order_fault)
        add("POST", "/sandbox/limits", self._set_limits)
        add("GET", "/sandbox/status", self._tell_status)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise PortInUse(
                f"Port {self._port} of 127.0.0.1 cannot be listened on ({error.strerror}); another program has it. "
                "Choose another with --port, or --port 0 for any free one."
            ) from error
        bound = self._runner.addresses[0]
        return int(bound[1])

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the market going until `stop`; then say goodbye and close."""
        loop = asyncio.get_running_loop()
        due, told = loop.time(), False
        while not stop.is_set():
            self.exchange.tick()
            self.streams.flush()
            if not told and self.exchange.ended:
                told = True
                self._say_ended()
            due = max(due + TICK, loop.time())
            try:
                await asyncio.wait_for(stop.wait(), due - loop.time())
            except TimeoutError:
                continue
        await self.streams.shut_down()
        if self._runner is not None:
            await self._runner.cleanup()

    def _say_ended(self) -> None:
        sys.stderr.write("The replay has come to the end of its data: the market is halted.\n")
        sys.stderr.flush()

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if not self.limits.connect():
            return web.Response(status=429, text="Too many connections", headers={"Retry-After": "300"})
        return await self.streams.serve(request)

    async def _connect_api(self, request: web.Request) -> web.StreamResponse:
        if not self.limits.connect():
            return web.Response(status=429, text="Too many connections", headers={"Retry-After": "300"})
        return await self._api_sockets.serve(request)

    async def _api(self, request: web.Request) -> web.Response:
        refusal = self.faults.refusal(request.path)
        if self.faults.delay:
            await asyncio.sleep(self.faults.delay)
        if refusal is not None:
            return _refused(refusal.status, refusal.retry_after)
        before = time.monotonic()
        try:
            answer = self._answer(request)
        except ApiError as error:
            answer = web.Response(status=error.status, text=error.body, content_type="application/json")
            if isinstance(error, TooMuch):
                answer.headers["Retry-After"] = str(error.retry_after)
        used = str(self.limits.used)
        answer.headers["X-MBX-USED-WEIGHT"] = answer.headers["X-MBX-USED-WEIGHT-1M"] = used
        answer.headers["x-response-time"] = f"{(time.monotonic() - before) * 1000:.0f}ms"
        return answer

    def _answer(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/")
        if path == "v3/userDataStream":
            return web.Response(status=410, text=_GONE, content_type="text/html")
        endpoint = self.rest.endpoints.get(path.removeprefix("v3/")) if path.startswith("v3/") else None
        if endpoint is None:
            self.limits.charge(1)
            return web.json_response({"status": 404, "error": "Not Found", "path": request.path}, status=404)
        if request.method not in ("GET", "HEAD"):
            self.limits.charge(1)
            return web.json_response(
                {"status": 405, "error": "Method Not Allowed", "path": request.path}, status=405
            )
        self.exchange.advance()
        asked = Request(
            Parameters(dict(request.query), self.exchange.source.listings),
            _unit(request.headers.get("X-MBX-TIME-UNIT")),
            self.limits.charge,
        )
        text = endpoint(asked)
        return web.Response(body=text.encode(), content_type="application/json", charset="UTF-8")

    async def _order_fault(self, request: web.Request) -> web.Response:
        try:
            order = Order.of(json.loads(await request.text() or "null"))
            self._do(order)
        except (ThebotError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"ordered": order.kind})

    def _do(self, order: Order) -> None:
        faults, connections = self.faults, list(self.streams.connections)
        if order.kind == "drop":
            for connection in connections:
                connection.cut()
        elif order.kind == "silence":
            faults.silent_until = time.monotonic() + order.seconds
        elif order.kind == "quiet":
            self.exchange.hub.quiet_until = time.monotonic() + order.seconds
        elif order.kind == "refuse":
            faults.refusals.append(Refusals(order.status, order.count, order.path, order.retry_after))
        elif order.kind == "malformed":
            for connection in connections:
                for _ in range(order.count):
                    connection.say(order.text or '{"e":"aggTrade","E":1,"s":"BTC')
        elif order.kind == "withhold_close":
            markets = [self._market(order.symbol)] if order.symbol else list(self.exchange.markets.values())
            for market in markets:
                market.withheld.append(withheld(order))
        elif order.kind == "delay":
            faults.delay = order.seconds
        elif order.kind == "refuse_streams":
            faults.refused_connections = order.count
        elif order.kind == "shutdown":
            for connection in connections:
                connection.retire()
        else:
            faults.silent_until = faults.delay = self.exchange.hub.quiet_until = 0.0
            faults.refused_connections = 0
            faults.refusals.clear()
            for market in self.exchange.markets.values():
                market.withheld.clear()

    def _market(self, symbol: str) -> Market:
        if symbol not in self.exchange.markets:
            raise UnknownName("symbol", symbol, self.exchange.markets)
        return self.exchange.markets[symbol]

    async def _set_limits(self, request: web.Request) -> web.Response:
        """{"request_weight": 100, "ban_seconds": 2}: smaller limits, so that a test can reach them."""
        try:
            asked = json.loads(await request.text())
            weight = int(asked.get("request_weight", self.limits.weight))
            ban = float(asked.get("ban_seconds", self.limits.ban_seconds))
        except (ValueError, TypeError, AttributeError):
            return web.json_response(
                {"error": 'Send {"request_weight": number, "ban_seconds": number}.'}, status=400
            )
        self.limits = Limits(weight=weight, ban_seconds=ban)
        self.rest.limits = self._api_sockets.limits = self.limits
        return web.json_response({"request_weight": weight, "ban_seconds": ban})

    async def _tell_status(self, request: web.Request) -> web.Response:
        del request
        exchange = self.exchange
        return web.json_response(
            {
                "source": exchange.source.name,
                "server_time": exchange.now,
                "speed": exchange.clock.speed,
                "ended": exchange.ended,
                "connections": len(self.streams.connections),
                "streams": len(exchange.hub.listeners),
                "request_weight_used": self.limits.used,
            }
        )


def _unit(header: str | None) -> int:
    if header is None or header.upper() in ("MILLISECOND", ""):
        return 1
    if header.upper() == "MICROSECOND":
        return 1000
    raise ApiError(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")


def _refused(status: int, retry_after: int) -> web.Response:
    """What the exchange answers with that status."""
    if status in (429, 418):
        text = "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."
        if status == 418:
            text = f"Way too much request weight used; IP banned until {int((time.time() + retry_after) * 1000)}."
        body = {"code": -1003, "msg": text}
        return web.json_response(body, status=status, headers={"Retry-After": str(retry_after)})
    if status == 451:
        body = {
            "code": 0,
            "msg": "Service unavailable from a restricted location according to 'b. Eligibility' in "
            "https://www.binance.com/en/terms. Please contact customer service if you believe you received this "
            "message in error.",
        }
        return web.json_response(body, status=451)
    if status in (500, 503):
        return web.json_response(
            {"code": -1001, "msg": "Internal error; unable to process your request."}, status=status
        )
    return web.Response(status=status, text="<html>refused</html>", content_type="text/html")
