"""The gate before everything the dashboard serves: pages, API, Dash's own routes, and every socket.

A web page of a stranger, opened in the trader's browser, can reach a server on this machine. Two checks
keep it out. The Host header must be a name that we answer to, so that a stranger's name that is made to
point here (DNS rebinding) gets nothing. And what changes something or opens a socket must not come from
another origin. It is pure ASGI because middleware of the usual kind does not see WebSockets.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"^(?P<name>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$")
_KEPT_BY_BROWSERS: Final = "/api/indicators"  # says itself for how long
_REFUSED_SOCKET: Final = 4403  # our close code: not from here


class Gate:
    """Checks Host and Origin, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, *, names: Iterable[str], script_hashes: Callable[[], list[str]]) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}
        self._script_hashes = script_hashes
        self._scripts: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host, origin = _header(scope, b"host"), _header(scope, b"origin")
        refusal = self._refusal(scope, host, origin)
        if refusal is None:
            await self._app(scope, receive, self._with_headers(scope, send, host))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _REFUSED_SOCKET, "reason": refusal})
        else:
            await _refuse(send, refusal)

    def _refusal(self, scope: Scope, host: str, origin: str) -> str | None:
        if not self._answers_to(host):
            return f"This server does not answer to the host {host!r}. Name it in allowed_hosts if it should."
        if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
            return None
        # A browser always names the origin here. Programs of the user's own need not, and cannot be
        # driven by a stranger's page.
        if origin and urlsplit(origin).netloc.lower() != host.lower():
            return f"Requests from {origin!r} are not taken: open the dashboard at its own address."
        return None

    def _answers_to(self, host: str) -> bool:
        match = _HOST.match(host)
        if match is None:
            return False
        name = match["name"].strip("[]").lower()
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)  # an address cannot be made to point elsewhere: no rebinding
        except ValueError:
            return False
        return True

    def _with_headers(self, scope: Scope, send: Send, host: str) -> Send:
        if scope["type"] == "websocket":
            return send
        added = [(name.encode(), value.encode()) for name, value in self._headers(scope["path"], host)]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in added}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
                message = {**message, "headers": kept + added}
            await send(message)

        return sending

    def _headers(self, path: str, host: str) -> list[tuple[str, str]]:
        if self._scripts is None:
            self._scripts = " ".join(["'self'", *self._script_hashes()])
        policy = (
            f"default-src 'self'; script-src {self._scripts}; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob:; connect-src 'self' ws://{host} wss://{host}; worker-src 'self'; "
            "frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'self'"
        )
        headers = [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ]
        if path.startswith("/assets/"):
            headers.append(("cache-control", "no-cache"))  # asked again each time, sent only if changed
        elif path.startswith("/api/") and path != _KEPT_BY_BROWSERS:
            headers.append(("cache-control", "no-store"))
        return headers


def _header(scope: Scope, name: bytes) -> str:
    values: list[tuple[bytes, bytes]] = scope["headers"]
    return next((value.decode("latin-1") for key, value in values if key == name), "")


async def _refuse(send: Send, reason: str) -> None:
    body: Any = msgspec.json.encode({"error": "refused", "detail": reason})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
