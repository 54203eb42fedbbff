"""Every indicator there is: those of THEBOT, and those that the user's own files defined."""

from __future__ import annotations

from thebot.errors import UnknownName
from thebot.indicators import averages, momentum, trend, volatility, volumes
from thebot.indicators.indicator import Definition, registered

_OURS = (averages, momentum, volatility, volumes, trend)  # importing them has listed them


def catalogue() -> tuple[Definition, ...]:
    """All indicators by group and name; see `Definition` for what each says of itself."""
    return tuple(sorted(registered(), key=lambda definition: (definition.group, definition.name)))


def indicator_named(name: str) -> Definition:
    """The indicator `name`, in any case. Raises UnknownName, naming those near it."""
    for definition in registered():
        if name.casefold() in (definition.name, definition.label.casefold()):
            return definition
    raise UnknownName("indicator", name, [definition.name for definition in catalogue()])
