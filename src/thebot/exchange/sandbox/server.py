"""The sandbox's one origin: /api/v3, /ws, /stream, /ws-api/v3, and /sandbox for whoever tests against it."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from aiohttp import web

from thebot.errors import PortInUse, ThebotError
from thebot.exchange.sandbox import answers
from thebot.exchange.sandbox.api_socket import ApiSockets
from thebot.exchange.sandbox.connection import say_goodbye
from thebot.exchange.sandbox.exchange import TICK, Exchange
from thebot.exchange.sandbox.faults import Faults, Order
from thebot.exchange.sandbox.limits import Limits
from thebot.exchange.sandbox.parameters import ApiError, time_unit
from thebot.exchange.sandbox.rest import Rest
from thebot.exchange.sandbox.streams import Streams
from thebot.exchange.sandbox.trouble import Trouble


class Server:
    """Serves one exchange on loopback. `port` 0 takes a free one; `start` tells which."""

    def __init__(self, exchange: Exchange, port: int) -> None:
        self.exchange, self._port = exchange, port
        self.faults, self.limits = Faults(), Limits()
        self.rest, self.streams = Rest(exchange, self.limits), Streams(exchange, self.faults)
        self._api_sockets = ApiSockets(self.rest, self.limits, self.faults)
        self._trouble = Trouble(exchange, self.streams, self._api_sockets, self.faults)
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
                f"Port {self._port} of 127.0.0.1 cannot be listened on ({error.strerror}); another program "
                "has it. Choose another with --port, or --port 0 for any free one."
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
            self._api_sockets.flush()
            if not told and self.exchange.ended:
                told = True
                self._say_ended()
            due = max(due + TICK, loop.time())
            try:
                await asyncio.wait_for(stop.wait(), due - loop.time())
            except TimeoutError:
                continue
        await say_goodbye([*self.streams.connections, *self._api_sockets.connections], self.faults)
        if self._runner is not None:
            await self._runner.cleanup()

    def _say_ended(self) -> None:
        sys.stderr.write("The replay has come to the end of its data: the market is halted.\n")
        sys.stderr.flush()

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if not self.limits.connect("streams"):
            return answers.too_many_connections()
        try:
            return await self.streams.serve(request)
        except ApiError as error:
            return answers.failed(error)

    async def _connect_api(self, request: web.Request) -> web.StreamResponse:
        if not self.limits.connect("api"):
            return answers.too_many_connections()
        try:
            return await self._api_sockets.serve(request)
        except ApiError as error:
            return answers.failed(error)

    async def _api(self, request: web.Request) -> web.Response:
        refusal = self.faults.refusal(request.path)
        if self.faults.delay:
            await asyncio.sleep(self.faults.delay)
        if refusal is not None:
            return answers.refused(refusal.status, refusal.retry_after)
        before = time.monotonic()
        try:
            answer = self._answer(request)
        except ApiError as error:
            answer = answers.failed(error)
        used = str(self.limits.used)
        answer.headers["X-MBX-USED-WEIGHT"] = answer.headers["X-MBX-USED-WEIGHT-1M"] = used
        answer.headers["x-response-time"] = f"{(time.monotonic() - before) * 1000:.0f}ms"
        return answer

    def _answer(self, request: web.Request) -> web.Response:
        version, _, path = request.path.removeprefix("/api/").partition("/")
        if version == "v3" and path == "userDataStream":
            return answers.gone()
        if version != "v3" or path not in self.rest.endpoints:
            self.limits.charge(1)
            return answers.not_found(request.path)
        if request.method not in ("GET", "HEAD"):
            self.limits.charge(1)
            return answers.not_allowed(request.path)
        try:
            unit, given = time_unit(request.headers.get("X-MBX-TIME-UNIT")), _parameters(request)
        except ApiError:
            self.limits.charge(1)
            raise
        return answers.data(self.rest.answer(path, given, unit))

    async def _order_fault(self, request: web.Request) -> web.Response:
        try:
            order = Order.of(json.loads(await request.text() or "null"))
            self._trouble.make(order)
        except (ThebotError, ValueError, RecursionError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"ordered": order.kind})

    async def _set_limits(self, request: web.Request) -> web.Response:
        """{"request_weight": 100, "ban_seconds": 2}: smaller limits, so that a test can reach them."""
        try:
            asked = json.loads(await request.text())
            weight = int(asked.get("request_weight", self.limits.weight))
            ban = float(asked.get("ban_seconds", self.limits.ban_seconds))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return web.json_response(
                {"error": 'Send {"request_weight": number, "ban_seconds": number}.'}, status=400
            )
        self.limits.begin_anew(weight, ban)
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


def _parameters(request: web.Request) -> dict[str, str]:
    given = dict(request.query)
    if len(given) < len(request.query):
        raise ApiError(-1101, "Duplicate values for a parameter detected.")
    return given
