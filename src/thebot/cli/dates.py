"""Dates as people write them on the command line."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Final

from thebot.errors import BadSetting

_FORMS: Final = ("%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")


def date_of(text: str, option: str) -> datetime:
    """The beginning (UTC) of the year, month, day or minute that `option` names.

    >>> date_of("2024-03", "--start").isoformat()
    '2024-03-01T00:00:00+00:00'
    """
    for form in _FORMS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    raise BadSetting(
        f"{option} {text} is no date. Write it as 2024-03-31, 2024-03 or 2024-03-31T12:00 (UTC)."
    )
