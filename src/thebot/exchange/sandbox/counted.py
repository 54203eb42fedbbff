"""What a file holds, counted: prices in whole ticks and quantities in whole steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from thebot.errors import BadSetting
from thebot.exchange.sandbox.bars import Bars
from thebot.exchange.sandbox.timeline import HISTORY, Recording
from thebot.market import FloatArray, IntArray

LARGEST: Final = float(2**62)  # of a price in ticks times a quantity in steps
_MOST_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Read:
    """A file in ticks and steps, not yet divided into trades."""

    recording: Recording
    price_digits: int
    quantity_digits: int
    bars: Bars
    tape: IntArray | None = None  # shape (5, trades): time, price, quantity, bought, first trade id


def digits(column: FloatArray) -> int:
    """The fewest decimals that say every number exactly; at most eight, as the exchange writes them."""
    for places in range(_MOST_DIGITS):
        unit = 10.0**places
        if np.array_equal(np.rint(column * unit) / unit, column):
            return places
    return _MOST_DIGITS


def counted(column: FloatArray, places: int) -> IntArray:
    """In units of 10**-places."""
    return np.rint(column * 10.0**places).astype(np.int64)


def too_large(file: Path, price_digits: int, quantity_digits: int) -> BadSetting:
    return BadSetting(
        f"{file.name}: price times volume in {price_digits} and {quantity_digits} digits is too large."
    )


def ready_at(opens: IntArray) -> int:
    """When enough candles lie behind for the replay to begin."""
    return int(opens[HISTORY if len(opens) > HISTORY else len(opens) // 2])
