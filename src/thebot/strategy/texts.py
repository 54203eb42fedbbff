"""Strategies as texts and numbers: what TOML files hold, and what is kept with a result.

Conditions are written as `parse` reads them; parameters stand in them by name. Distances: "5%" of the entry
price, "2atr", "at donchian(20).lower" for a price, or any expression in quote currency. Nothing is run.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from thebot.errors import BadSetting, UnknownName, UsageError
from thebot.indicators.expression import Expression
from thebot.indicators.parse import parse
from thebot.strategy.definition import Parameter, Strategy, require_condition
from thebot.strategy.exits import AtPrice, Distance, Exits, Percent
from thebot.strategy.higher import on_higher
from thebot.strategy.options import distance_of, is_distance
from thebot.strategy.orders import AT_MARKET, EntryOrder, LimitOrder
from thebot.strategy.sizing import (
    ALL_IN,
    CappedKelly,
    EquityFraction,
    FixedAmount,
    RiskFraction,
    Sizing,
    VolatilityTarget,
)

CONDITIONS: Final = ("entry", "exit", "short_entry", "short_exit")
_LISTS: Final = ("confirms_entry", "confirms_exit")
_DISTANCES: Final = ("stop", "target", "trailing", "break_even")
_TABLES: Final = ("sizing", "exits", "order")
_KNOWN: Final = (*CONDITIONS, *_LISTS, *_TABLES, "cooldown", "parameters", "description")
Place: TypeAlias = Callable[[str], str]
_SIZES: Final[Mapping[str, tuple[type, str, tuple[str, ...]]]] = {
    "size": (EquityFraction, "fraction", ()),
    "amount": (FixedAmount, "amount", ()),
    "risk": (RiskFraction, "fraction", ("at_most",)),
    "volatility": (VolatilityTarget, "yearly", ("period", "at_most", "of")),
    "kelly": (CappedKelly, "cap", ("after", "least")),
}
_EXPRESSION: Final = "of"  # the volatility that is targeted, where it is not the returns' deviation


def plain_strategy(strategy: Strategy) -> dict[str, Any]:
    """Everything that it is made of, fit for JSON: `strategy_of_plain` gives an equal one."""
    return {
        "name": strategy.name,
        "parameters": dict(strategy.parameters),
        **{name: None if (each := getattr(strategy, name)) is None else repr(each) for name in CONDITIONS},
        **{name: [repr(each) for each in getattr(strategy, name)] for name in _LISTS},
        "sizing": _plain_sizing(strategy.sizing),
        "exits": _plain_exits(strategy.exits),
        "order": _plain_order(strategy.order),
        "cooldown": strategy.cooldown,
        "description": strategy.description,
    }


def strategy_of_plain(plain: Mapping[str, Any]) -> Strategy:
    """The strategy that `plain_strategy` wrote. Raises IndicatorError, UnknownName or BadSetting."""
    texts = {name: value for name, value in plain.items() if name not in ("name", "parameters")}
    made = strategy_of_texts(str(plain["name"]), texts, {})
    given = tuple((str(name), value) for name, value in plain.get("parameters", {}).items())
    return replace(made, parameters=given)


def strategy_of_texts(
    name: str,
    section: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    place: Place | None = None,
) -> Strategy:
    """A strategy of a section of a file, its parameters put in.

    Raises UnknownName for a key that a strategy does not have; IndicatorError, UnknownName or BadSetting for
    what cannot be read. `place` says in the error's notes where a key ("entry", "exits.stop") stands.
    """
    reading = _Reading(name, parameters, place or (lambda key: f"{key or 'a part'} of the strategy {name}"))
    reading.known("", section, _KNOWN)
    for key in _TABLES:
        if not isinstance(section.get(key) or {}, Mapping):
            with reading.placed(key):
                raise BadSetting(f"{name}: {key} is a section of its own, as [strategies.{name}.{key}].")
    said: dict[str, Any] = {
        key: reading.condition(key, section[key]) for key in CONDITIONS if section.get(key) is not None
    }
    for key in _LISTS:
        texts = section.get(key, ())
        said[key] = tuple(
            reading.condition(key, each) for each in ([texts] if isinstance(texts, str) else texts)
        )
    said["sizing"] = reading.sizing(section.get("sizing") or {})
    said["exits"] = reading.exits(section.get("exits") or {})
    said["order"] = reading.order(section.get("order") or {})
    said["cooldown"] = reading.value(section.get("cooldown", 0))
    with reading.placed(""):
        return Strategy(name=name, **said, description=str(section.get("description", "")))


class _Reading:
    """Reads the texts of one strategy. What goes wrong says at which key."""

    def __init__(self, name: str, parameters: Mapping[str, Parameter], place: Place) -> None:
        self.name, self.parameters, self.place = name, parameters, place

    @contextlib.contextmanager
    def placed(self, key: str) -> Iterator[None]:
        try:
            yield
        except UsageError as error:
            error.add_note(f"It stands in {self.place(key)}.")
            raise

    def known(self, table: str, section: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in section:
            if key not in known:
                with self.placed(f"{table}.{key}".strip(".")):
                    raise UnknownName(f"setting of {table or 'a strategy'}", key, known)

    def value(self, value: object) -> Any:  # noqa: ANN401  (a number, or a span of time)
        return self.parameters.get(value, value) if isinstance(value, str) else value

    def expression(self, key: str, text: object) -> Expression:
        with self.placed(key):
            if not isinstance(text, str):
                raise BadSetting(f"{self.name}: {key} is {text!r}; write it as a text, in quotes.")
            return parse(text, names=self.parameters, functions={"on_higher": on_higher})

    def condition(self, key: str, text: object) -> Expression:
        found = self.expression(key, text)
        with self.placed(key):
            require_condition(self.name, found)
        return found

    def distance(self, key: str, name: str, value: object) -> Distance | None:
        value = self.value(value.strip() if isinstance(value, str) else value)
        if isinstance(value, str) and not is_distance(value):
            if value.startswith("at "):
                price = self.expression(key, value[3:])
                with self.placed(key):
                    return AtPrice(price)
            return self.expression(key, value)
        with self.placed(key):
            if not isinstance(value, str | int | float):
                raise BadSetting(f"{self.name}: {key} is {value!r}, which is no distance.")
            return distance_of(name, value)

    def exits(self, section: Mapping[str, Any]) -> Exits:
        self.known("exits", section, (*_DISTANCES, "expires"))
        found: dict[str, Any] = {
            key: self.distance(f"exits.{key}", key, section[key])
            for key in _DISTANCES
            if section.get(key) is not None
        }
        expires = self.value(section.get("expires"))
        with self.placed("exits"):
            return Exits(**found, expires=expires)

    def sizing(self, section: Mapping[str, Any]) -> Sizing:
        if not section:
            return ALL_IN
        kinds = [key for key in section if key in _SIZES]
        if len(kinds) != 1:
            with self.placed("sizing"):
                raise BadSetting(f"{self.name}: sizing names one of {', '.join(_SIZES)}, as risk = 0.01.")
        kind, main, others = _SIZES[kinds[0]]
        self.known("sizing", section, (kinds[0], *others))
        values: dict[str, Any] = {
            main if key == kinds[0] else key: self.number(f"sizing.{key}", each)
            for key, each in section.items()
            if key != _EXPRESSION
        }
        if _EXPRESSION in section:
            values["volatility"] = self.expression("sizing.of", section[_EXPRESSION])
        with self.placed("sizing"):
            made: Sizing = kind(**values)
            return made

    def order(self, section: Mapping[str, Any]) -> EntryOrder:
        if not section:
            return AT_MARKET
        self.known("order", section, ("limit", "candles"))
        offset = self.distance("order.limit", "limit", section.get("limit", 0))
        candles = self.number("order.candles", section.get("candles", 1))
        with self.placed("order"):
            if candles != int(candles):
                raise BadSetting(f"{self.name}: order.candles is {candles}; give a whole number.")
            return AT_MARKET if offset is None else LimitOrder(offset, int(candles))

    def number(self, key: str, value: object) -> int | float:
        found = self.value(value)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            with self.placed(key):
                raise BadSetting(f"{self.name}: {key} is {found!r}; give a number, or name a parameter.")
        return found


def _plain_distance(distance: Distance) -> str:
    if isinstance(distance, Percent):
        return f"{distance.value!r}%"
    return f"at {distance.price!r}" if isinstance(distance, AtPrice) else repr(distance)


def _plain_exits(exits: Exits) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: _plain_distance(each) for key in _DISTANCES if (each := getattr(exits, key)) is not None
    }
    return found if exits.expires is None else {**found, "expires": exits.expires}


def _plain_order(order: EntryOrder) -> dict[str, Any]:
    if isinstance(order, LimitOrder):
        return {"limit": _plain_distance(order.offset), "candles": order.candles}
    return {}


def _plain_sizing(sizing: Sizing) -> dict[str, Any]:
    key, (_, main, others) = next(each for each in _SIZES.items() if isinstance(sizing, each[1][0]))
    found = {name: getattr(sizing, name) for name in others if name != _EXPRESSION}
    if isinstance(sizing, VolatilityTarget):
        found[_EXPRESSION] = repr(sizing.volatility)
    return {key: getattr(sizing, main), **found}
