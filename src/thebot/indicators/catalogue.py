"""Every indicator there is: those of THEBOT, and those that the user's own files defined."""

from __future__ import annotations

from thebot.errors import UnknownName
from thebot.indicators import averages, momentum, patterns, structure, trend, volatility, volumes
from thebot.indicators.indicator import Definition, registered

_OURS = (
    averages,
    momentum,
    volatility,
    volumes,
    trend,
    structure,
    patterns,
)  # importing them has listed them


def catalogue() -> tuple[Definition, ...]:
    """All indicators by group and name; see `Definition` for what each says of itself."""
    found = dict.fromkeys(registered().values())
    return tuple(sorted(found, key=lambda definition: (definition.group, definition.name)))


def indicator_named(name: str) -> Definition:
    """The indicator `name` or with that alias, in any case. Raises UnknownName, naming those near it."""
    wanted = name.casefold()
    if wanted in registered():
        return registered()[wanted]
    for definition in catalogue():
        if wanted == definition.label.casefold():
            return definition
    raise UnknownName("indicator", name, sorted(registered()), outputs_called(name))


def outputs_called(name: str) -> str:
    """A sentence on those that have `name` as one of several outputs, as adx().plus_di; empty if none has."""
    wanted = name.casefold()
    found = [
        f"{each.name}().{wanted}" for each in catalogue() if len(each.outputs) > 1 and wanted in each.outputs
    ]
    return f"As an output of others there is: {', '.join(found[:5])}." if found else ""
