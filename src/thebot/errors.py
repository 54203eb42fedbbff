"""Everything that THEBOT raises on purpose, as one tree.

ThebotError
├── UsageError              what was asked for cannot be: exit code 2
│   ├── UnknownName         a symbol, timeframe, strategy, indicator or setting that does not exist
│   ├── MissingFile         a file or folder that is not there
│   ├── BadSetting          a value that a setting or an option cannot take
│   ├── IndicatorError      an indicator or expression that is wrongly built
│   └── SeesTheFuture       a strategy or an indicator that reads candles which were not there yet
├── DataError               market data that cannot be trusted
│   └── BadCandles          unsorted, duplicate or impossible rows, with the first of them
├── ExchangeError           the exchange did not do what was asked
│   ├── ExchangeUnreachable no answer: network, name, time-out
│   ├── RequestRefused      an error answer with a code and a text
│   ├── RateLimited         too many requests; says when to go on
│   └── MalformedMessage    an answer or event that cannot be read, with its text
└── PlatformError           this machine stands in the way
    ├── PortInUse
    ├── DataFolderError     cannot be written, or belongs to another running instance
    └── StorageError        the database or the archive

A message says what happened, why it matters and how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ThebotError(Exception):
    """Root of the tree. `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(ThebotError):
    """What was asked for cannot be."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that does not exist; the message offers those near it."""

    def __init__(self, kind: str, name: str, known: Iterable[str], advice: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(" ".join(part for part in (self._message(), advice) if part))

    def _message(self) -> str:
        near = nearest(self.name, self.known)
        if near:
            return f"There is no {self.kind} {self.name!r}. Did you mean {_listing(near)}?"
        if len(self.known) <= 20:
            return f"There is no {self.kind} {self.name!r}. There are: {', '.join(self.known) or 'none'}."
        return f"There is no {self.kind} {self.name!r}, nor one with a name near it."


class MissingFile(UsageError):
    """A file or folder that is not there."""


class BadSetting(UsageError):
    """A value that a setting or an option cannot take."""


class DataError(ThebotError):
    """Market data that cannot be trusted."""


class BadCandles(DataError):
    """Unsorted, duplicate or impossible candles. `row` is the first offending one, counted from 0."""

    exit_code = 2

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row


class ExchangeError(ThebotError):
    """The exchange did not do what was asked."""


class ExchangeUnreachable(ExchangeError):
    """No answer: network, name or time-out."""


class RequestRefused(ExchangeError):
    """An error answer of the exchange; `code` is its own (-1121, ...), `status` that of HTTP."""

    def __init__(self, message: str, *, code: int, status: int) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class RateLimited(ExchangeError):
    """Too many requests. Nothing may be sent for `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MalformedMessage(ExchangeError):
    """An answer or event that cannot be read. `text` is (the beginning of) what came."""

    def __init__(self, message: str, *, text: str) -> None:
        super().__init__(message)
        self.text = text


class PlatformError(ThebotError):
    """This machine stands in the way."""


class PortInUse(PlatformError):
    """Another program listens on the port."""


class DataFolderError(PlatformError):
    """The data folder cannot be written, or another running instance holds it."""


class StorageError(PlatformError):
    """The database or the archive of candles."""


class IndicatorError(UsageError):
    """An indicator or expression that is wrongly built."""


class SeesTheFuture(UsageError):
    """A strategy or an indicator that reads candles which were not there yet."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The names in `known` that somebody who typed `name` may have meant, likeliest first."""
    by_folded: dict[str, str] = {}
    for each in known:
        by_folded.setdefault(each.casefold(), each)
    found = difflib.get_close_matches(name.casefold(), by_folded, n=count, cutoff=0.6)
    return [by_folded[each] for each in found]


def _listing(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
