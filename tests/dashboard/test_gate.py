from __future__ import annotations

from typing import Any

import pytest

from thebot.dashboard.gate import Gate

HERE = "127.0.0.1:8000"


async def served(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOW")]}
        )
        await send({"type": "http.response.body", "body": b"inside"})
    else:
        await send({"type": "websocket.accept"})


async def answer(
    *, kind: str = "http", method: str = "GET", path: str = "/", **headers: str
) -> dict[str, Any]:
    """The first message that the gate sends."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    gate = Gate(served, names=["desk.example"], script_hashes=lambda: ["'sha256-abc'"])
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await gate({"type": kind, "method": method, "path": path, "headers": raw}, receive, send)
    return sent[0]


@pytest.mark.parametrize(
    "host", [HERE, "localhost", "LOCALHOST:80", "[::1]:8000", "192.168.1.20:8000", "desk.example:443"]
)
async def test_our_own_names_and_bare_addresses_are_answered(host: str) -> None:
    assert (await answer(host=host))["status"] == 200


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "a b", "x\r\n", "1.2.3"]
)
async def test_a_strangers_name_that_points_here_gets_nothing(host: str) -> None:
    assert (await answer(host=host))["status"] == 403


async def test_what_changes_something_is_not_taken_from_another_origin() -> None:
    assert (await answer(method="POST", host=HERE, origin="http://evil.example"))["status"] == 403
    assert (await answer(method="POST", host=HERE, origin="http://127.0.0.1:9999"))["status"] == 403
    assert (await answer(method="POST", host=HERE, origin="null"))["status"] == 403
    assert (await answer(method="POST", host=HERE, origin=f"http://{HERE}"))["status"] == 200
    assert (await answer(method="POST", host=HERE))["status"] == 200  # a program of the user's own


@pytest.mark.parametrize("path", ["/ws/stream", "/_dash-ws-callback"])
async def test_every_socket_is_refused_to_another_origin(path: str) -> None:
    refused = await answer(kind="websocket", path=path, host=HERE, origin="http://evil.example")
    assert (refused["type"], refused["code"]) == ("websocket.close", 4403)
    rebound = await answer(kind="websocket", path=path, host="evil.example", origin="http://evil.example")
    assert rebound["type"] == "websocket.close"
    own = await answer(kind="websocket", path=path, host=HERE, origin=f"http://{HERE}")
    assert own["type"] == "websocket.accept"


async def test_every_answer_forbids_what_the_page_does_not_need() -> None:
    headers = dict((await answer(host=HERE))["headers"])
    policy = headers[b"content-security-policy"].decode()
    assert "script-src 'self' 'sha256-abc';" in policy
    assert "unsafe-eval" not in policy
    assert f"connect-src 'self' ws://{HERE} wss://{HERE};" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers[b"x-frame-options"] == b"DENY"
    assert b"X-Frame-Options" not in headers  # what the inside said is replaced, not doubled
    assert headers[b"x-content-type-options"] == b"nosniff"


async def test_answers_of_the_api_are_not_kept_and_assets_are_asked_for_again() -> None:
    assert dict((await answer(host=HERE, path="/api/health"))["headers"])[b"cache-control"] == b"no-store"
    assert dict((await answer(host=HERE, path="/assets/main.js"))["headers"])[b"cache-control"] == b"no-cache"
