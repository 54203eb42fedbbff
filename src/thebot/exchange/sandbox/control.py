"""The control messages of the market streams: SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, properties."""

from __future__ import annotations

import json
from typing import Any, Final, Protocol

MOST_STREAMS: Final = 1024  # on one connection
_METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


class Subscriber(Protocol):
    combined: bool

    def names(self) -> list[str]: ...
    def subscribe(self, names: list[str]) -> None: ...
    def unsubscribe(self, names: list[str]) -> None: ...


class Refused(Exception):
    """The exchange's error answer: its code (0 property, 1 value type, 2 request, 3 JSON) and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def answer(text: str, subscriber: Subscriber) -> str:
    """Do what a message asks for; the reply, as JSON."""
    number: object = None
    known = False
    try:
        message = _parsed(text)
        if "id" in message:
            number, known = _id(message["id"]), True
        result = _done(message, subscriber)
        return json.dumps({"result": result, "id": number}, separators=(",", ":"))
    except Refused as refused:
        body: dict[str, Any] = {"code": refused.code, "msg": refused.text}
        if known:
            body["id"] = number
        return json.dumps(body, separators=(",", ":"))


def _parsed(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise Refused(3, f"Invalid JSON: expected value at line {line} column {column}") from error
    if not isinstance(message, dict):
        raise Refused(2, "Invalid request: expected an object")
    return message


def _id(value: object) -> int | str | None:
    fits = value is None or (isinstance(value, str) and len(value) <= 36)
    if isinstance(value, int) and not isinstance(value, bool):
        fits = -(2**63) <= value < 2**64
    if not fits:
        raise Refused(
            2,
            "Invalid request: request ID must be an unsigned integer, a string of up to 36 characters, "
            "or null",
        )
    return value  # type: ignore[return-value]  # one of the three, as just checked


def _done(message: dict[str, Any], subscriber: Subscriber) -> object:
    unknown = [key for key in message if key not in ("method", "params", "id")]
    if unknown:
        raise Refused(
            2, f"Invalid request: unknown field `{unknown[0]}`, expected one of `method`, `params`, `id`"
        )
    if "method" not in message:
        raise Refused(2, "Invalid request: missing field `method`")
    method, params = message["method"], message.get("params", [])
    if method not in _METHODS:
        expected = ", ".join(f"`{each}`" for each in _METHODS)
        raise Refused(2, f"Invalid request: unknown variant `{method}`, expected one of {expected}")
    if not isinstance(params, list):
        raise Refused(2, "Invalid request: params must be an array")
    if method == "LIST_SUBSCRIPTIONS":
        return subscriber.names()
    if method in ("SET_PROPERTY", "GET_PROPERTY"):
        return _property(method, params, subscriber)
    if not params:
        raise Refused(2, "Invalid request: params must not be empty")
    if not all(isinstance(name, str) and name for name in params):
        raise Refused(2, "Invalid request: stream names must be strings")
    if method == "SUBSCRIBE":
        if len({*subscriber.names(), *params}) > MOST_STREAMS:
            raise Refused(
                2, f"Invalid request: a connection can listen to a maximum of {MOST_STREAMS} streams"
            )
        subscriber.subscribe(params)
    else:
        subscriber.unsubscribe(params)
    return None


def _property(method: str, params: list[Any], subscriber: Subscriber) -> bool | None:
    wanted = 2 if method == "SET_PROPERTY" else 1
    if len(params) > wanted:
        raise Refused(2, "Invalid request: too many parameters")
    if len(params) < wanted:
        raise Refused(2, "Invalid request: too few parameters")
    if not isinstance(params[0], str):
        raise Refused(2, "Invalid request: property name must be a string")
    if params[0] != "combined":
        raise Refused(0, "Unknown property")
    if method == "GET_PROPERTY":
        return subscriber.combined
    if not isinstance(params[1], bool):
        raise Refused(1, "Invalid value type: expected Boolean")
    subscriber.combined = params[1]
    return None
