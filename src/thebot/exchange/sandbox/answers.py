"""HTTP answers that are not market data: errors, retired and unknown paths, refusals that were ordered."""

from __future__ import annotations

import time
from typing import Final

from aiohttp import web

from thebot.exchange.sandbox.limits import TooMuch
from thebot.exchange.sandbox.parameters import ApiError

_GONE: Final = (
    "<html>\r\n<head><title>410 Gone</title></head>\r\n"
    "<body>\r\n<center><h1>410 Gone</h1></center>\r\n</body>\r\n</html>\r\n"
)
_RESTRICTED: Final = (
    "Service unavailable from a restricted location according to 'b. Eligibility' in "
    "https://www.binance.com/en/terms. Please contact customer service if you believe you received this "
    "message in error."
)


def data(text: str) -> web.Response:
    """What an endpoint says."""
    return web.Response(body=text.encode(), content_type="application/json", charset="UTF-8")


def failed(error: ApiError) -> web.Response:
    answer = web.Response(status=error.status, text=error.body, content_type="application/json")
    if isinstance(error, TooMuch):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def gone() -> web.Response:
    """listenKeys: retired on 2026-02-20, answered with HTML."""
    return web.Response(status=410, text=_GONE, content_type="text/html")


def not_found(path: str) -> web.Response:
    return web.json_response({"status": 404, "error": "Not Found", "path": path}, status=404)


def not_allowed(path: str) -> web.Response:
    return web.json_response({"status": 405, "error": "Method Not Allowed", "path": path}, status=405)


def too_many_connections() -> web.Response:
    return web.Response(status=429, text="Too many connections", headers={"Retry-After": "300"})


def refused(status: int, retry_after: int) -> web.Response:
    """What the exchange answers with that status."""
    if status in (429, 418):
        text = "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."
        if status == 418:
            until = int((time.time() + retry_after) * 1000)
            text = f"Way too much request weight used; IP banned until {until}."
        headers = {"Retry-After": str(retry_after)}
        return web.json_response({"code": -1003, "msg": text}, status=status, headers=headers)
    if status == 451:
        return web.json_response({"code": 0, "msg": _RESTRICTED}, status=451)
    if status in (500, 503):
        body = {"code": -1001, "msg": "Internal error; unable to process your request."}
        return web.json_response(body, status=status)
    return web.Response(status=status, text="<html>refused</html>", content_type="text/html")
