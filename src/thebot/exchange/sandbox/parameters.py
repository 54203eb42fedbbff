"""What a request asks for, checked as the exchange does: its error codes and texts."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from thebot.exchange.sandbox.intervals import INTERVALS, Interval
from thebot.market.timeframe import HOUR, MINUTE

_MICROSECONDS_FROM: Final = 100_000_000_000_000  # a time above this is in microseconds
_SYMBOL: Final = re.compile(r"[\w\-.]{1,50}")
_ZONE: Final = re.compile(r"([+-]?)(\d{1,2})(?::(\d\d))?")


class ApiError(Exception):
    """An error answer: HTTP `status` and the exchange's own `code` and text."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status

    @property
    def body(self) -> str:
        return json.dumps({"code": self.code, "msg": self.text}, separators=(",", ":"), ensure_ascii=False)


def time_unit(word: str | None) -> int:
    """1 for times in milliseconds, 1000 for microseconds. Raises -1194 for another word."""
    units = {"": 1, "MILLISECOND": 1, "MICROSECOND": 1000}
    if (word or "").upper() not in units:
        raise ApiError(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    return units[(word or "").upper()]


class Parameters:
    """The parameters of one request, by name. What nobody read is an error: see `require_all_read`."""

    def __init__(self, given: Mapping[str, str], symbols: Collection[str]) -> None:
        self._given, self._symbols, self._read = given, symbols, set[str]()

    def text(self, name: str) -> str | None:
        """The value, or None if it was not sent. Raises -1105 if it is empty."""
        self._read.add(name)
        value = self._given.get(name)
        if value == "":
            raise ApiError(-1105, f"Parameter '{name}' was empty.")
        return value

    def required(self, name: str) -> str:
        self._read.add(name)
        value = self._given.get(name)
        if not value:
            raise ApiError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return value

    def symbol(self) -> str:
        return self._listed(self.required("symbol"), "symbol")

    def optional_symbol(self) -> str | None:
        value = self.text("symbol")
        return None if value is None else self._listed(value, "symbol")

    def symbols(self) -> list[str] | None:
        """`symbols=["A","B"]`, or None."""
        value = self.text("symbols")
        if value is None:
            return None
        legal = r'^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$'
        illegal = ApiError(
            -1100, f"Illegal characters found in parameter 'symbols'; legal range is '{legal}'."
        )
        try:
            listed = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise illegal from error
        if not isinstance(listed, list) or not listed or not all(isinstance(each, str) for each in listed):
            raise illegal
        return [self._listed(each, "symbols") for each in listed]

    def number(self, name: str) -> int | None:
        """A whole number of up to twenty digits, or None."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,20}", value):
            raise ApiError(
                -1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'."
            )
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """How many rows; more than `most` is cut, none at all is an error."""
        limit = self.number("limit")
        if limit == 0:
            raise ApiError(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(default if limit is None else limit, most)

    def time(self, name: str) -> int | None:
        """An instant in ms UTC; it may be sent in microseconds."""
        value = self.number(name)
        if value is not None and value >= _MICROSECONDS_FROM:
            value //= 1000
        return value

    def interval(self) -> Interval:
        name = self.required("interval")
        if name not in INTERVALS:
            raise ApiError(-1120, "Invalid interval.")
        return Interval(name, self.zone())

    def zone(self) -> int:
        """The offset of `timeZone` in ms: -12:00 to +14:00."""
        value = self.text("timeZone")
        if value is None:
            return 0
        named = _ZONE.fullmatch(value.strip())
        offset = 0
        if named is not None:
            offset = int(named[2]) * HOUR + int(named[3] or 0) * MINUTE
            offset = -offset if named[1] == "-" else offset
        if named is None or not -12 * HOUR <= offset <= 14 * HOUR or int(named[3] or 0) > 59:
            raise ApiError(-1130, "Data sent for parameter 'timeZone' is not valid.")
        return offset

    def choice(self, name: str, among: tuple[str, ...]) -> str:
        """One of a few words; the first if nothing was sent."""
        value = self.text(name)
        if value is None:
            return among[0]
        if value not in among:
            raise ApiError(-1130, f"Data sent for parameter '{name}' is not valid.")
        return value

    def require_all_read(self) -> None:
        if len(self._given) > len(self._read & self._given.keys()):
            read = len(self._read & self._given.keys())
            raise ApiError(
                -1104,
                f"Not all sent parameters were read; read '{read}' parameter(s) "
                f"but was sent '{len(self._given)}'.",
            )

    def _listed(self, value: str, name: str) -> str:
        if not _SYMBOL.fullmatch(value) or value != value.upper():
            raise ApiError(
                -1100,
                f"Illegal characters found in parameter '{name}'; "
                "legal range is '^[\\w\\-._&&[^a-z]]{1,50}$'.",
            )
        if value not in self._symbols:
            raise ApiError(-1121, "Invalid symbol.")
        return value
