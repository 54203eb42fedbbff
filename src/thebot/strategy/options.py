"""What can be set of every strategy besides its own parameters: exits, cooldown and size.

A distance is "5%" of the entry price, "2atr" (twice the average true range of 14 candles; "2atr(20)" of 20),
or a number of quote currency; "none" switches it off.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from thebot.errors import BadSetting
from thebot.indicators import atr
from thebot.strategy.definition import Parameter, Strategy
from thebot.strategy.exits import Distance, Percent
from thebot.strategy.sizing import (
    CappedKelly,
    EquityFraction,
    FixedAmount,
    RiskFraction,
    Sizing,
    VolatilityTarget,
)

_DISTANCES: Final = ("stop", "target", "trailing", "break_even")
_SIZES: Final = ("size", "amount", "risk", "volatility", "kelly")
MEANINGS: Final[Mapping[str, str]] = {
    "stop": "Where a loss is cut, from the entry: 5%, 2atr, quote currency, or none.",
    "target": "Where a gain is taken, from the entry: 5%, 2atr, quote currency, or none.",
    "trailing": "How far a stop follows behind the best price: 5%, 2atr, quote currency, or none.",
    "break_even": "How far ahead the stop moves to the entry price: 5%, 2atr, quote currency, or none.",
    "expires": "How long a position is held at most: candles, 12h, 2d, or none.",
    "cooldown": "How long nothing is entered after an exit: candles, 12h, 2d, or none.",
    "size": "Size by a share of the equity: 0.5 or 50%.",
    "amount": "Size by a fixed amount of quote currency.",
    "risk": "Size so that a fill at the stop loses this share of the equity: 0.01 or 1%.",
    "volatility": "Size so that the position's yearly volatility is this: 0.2 or 20%.",
    "kelly": "Size by the Kelly fraction of the trades so far, this share of the equity at most.",
}
OPTIONS: Final = tuple(MEANINGS)

_HOW: Final = (
    ' Write "5%" of the entry price, "2atr" (average true ranges), a number of quote currency, or "none".'
)
_ATR: Final = re.compile(r"([0-9]*\.?[0-9]+)\s*\*?\s*atr(?:\(([0-9]+)\))?", re.ASCII)


def with_options(strategy: Strategy, options: Mapping[str, Parameter]) -> Strategy:
    """The strategy with these said anew. Raises BadSetting for a value that cannot be, and for two sizes."""
    sizes = [name for name in _SIZES if name in options]
    if len(sizes) > 1:
        raise BadSetting(f"{' and '.join(sizes)} say two sizes: give one of them.")
    exits: dict[str, Any] = {name: distance_of(name, options[name]) for name in _DISTANCES if name in options}
    if "expires" in options:
        exits["expires"] = _span("expires", options["expires"])
    changed: dict[str, Any] = {"exits": replace(strategy.exits, **exits)} if exits else {}
    if "cooldown" in options:
        changed["cooldown"] = _span("cooldown", options["cooldown"]) or 0
    if sizes:
        changed["sizing"] = _sizing(sizes[0], options[sizes[0]])
    return replace(strategy, **changed)


def distance_of(name: str, value: Parameter) -> Distance | None:
    """What such a text or number says; None for none. Raises BadSetting for another."""
    if isinstance(value, bool):
        raise BadSetting(f"{name} {value!r} is no distance.{_HOW}")
    if isinstance(value, int | float):
        return float(value)
    text = value.strip().casefold()
    if text == "none":
        return None
    if _share(text) is not None:
        return Percent(float(text[:-1]))
    found = _ATR.fullmatch(text)
    if found:
        times = float(found[1])
        if not times > 0:
            raise BadSetting(f"{name} {value!r} is no distance: give more than 0.")
        return times * atr(int(found[2] or 14))
    if _is_number(text):
        return float(text)
    raise BadSetting(f"{name} {value!r} is no distance.{_HOW}")


def is_distance(text: str) -> bool:
    """Whether a text is meant as such a distance: then it is no expression."""
    text = text.strip().casefold()
    return text == "none" or text.endswith("%") or _ATR.fullmatch(text) is not None or _is_number(text)


def _span(name: str, value: Parameter) -> int | str | None:
    """Candles or a span of time; None for none."""
    if isinstance(value, str):
        text = value.strip().casefold()
        return None if text in ("none", "0") else int(text) if text.isdecimal() else text
    if isinstance(value, bool) or not math.isfinite(value) or value != int(value):
        raise BadSetting(
            f"{name} {value!r} cannot be: give a whole number of candles, or a span such as 12h."
        )
    return int(value) or None


def _sizing(name: str, value: Parameter) -> Sizing:
    number: float | None = None
    if isinstance(value, str):
        number = float(value) if _is_number(value) else _share(value.strip())
    elif not isinstance(value, bool):
        number = value
    if number is None or not math.isfinite(number):
        raise BadSetting(f"{name} {value!r} is no number. {MEANINGS[name]}")
    made: dict[str, Any] = {
        "size": EquityFraction,
        "amount": FixedAmount,
        "risk": RiskFraction,
        "volatility": VolatilityTarget,
        "kelly": _kelly,
    }
    sizing: Sizing = made[name](float(number))
    return sizing


def _kelly(cap: float) -> CappedKelly:
    return CappedKelly(cap=cap, least=min(0.02, cap) if cap > 0 else 0.02)


def _share(text: str) -> float | None:
    """ "5%" as 0.05; None for a text that is no percentage."""
    return float(text[:-1]) / 100 if text.endswith("%") and _is_number(text[:-1]) else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
