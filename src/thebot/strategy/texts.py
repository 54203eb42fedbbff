"""Strategies as texts and numbers: what TOML files hold, and what is kept with a result.

Conditions are written as `parse` reads them; parameters stand in them by name. Distances: "5%" of the entry
price, "2atr", "at donchian(20).lower" for a price, or any expression in quote currency. Nothing is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from thebot.errors import BadSetting, IndicatorError, UnknownName
from thebot.indicators.expression import Expression
from thebot.indicators.parse import parse
from thebot.strategy.definition import Parameter, Strategy
from thebot.strategy.exits import AtPrice, Distance, Exits, Percent
from thebot.strategy.higher import on_higher
from thebot.strategy.options import distance_of
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

Read = TypeVar("Read")

CONDITIONS: Final = ("entry", "exit", "short_entry", "short_exit")
_LISTS: Final = ("confirms_entry", "confirms_exit")
_DISTANCES: Final = ("stop", "target", "trailing", "break_even")
_KNOWN: Final = (
    *CONDITIONS,
    *_LISTS,
    "sizing",
    "exits",
    "order",
    "cooldown",
    "parameters",
    "description",
    "name",
)
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


def strategy_of_texts(name: str, section: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> Strategy:
    """A strategy of a section of a file, its parameters put in.

    Raises UnknownName for a key that a strategy does not have; IndicatorError, UnknownName or BadSetting for
    what cannot be read, saying which key it is.
    """
    for key in section:
        if key not in _KNOWN:
            raise UnknownName(f"setting of the strategy {name}", key, _KNOWN)
    reading = _Reading(name, parameters)
    said: dict[str, Any] = {
        key: reading.expression(key, section[key]) for key in CONDITIONS if section.get(key) is not None
    }
    for key in _LISTS:
        said[key] = tuple(reading.expression(key, each) for each in section.get(key, ()))
    return Strategy(
        name=name,
        **said,
        sizing=reading.sizing(_table(name, "sizing", section)),
        exits=reading.exits(_table(name, "exits", section)),
        order=reading.order(_table(name, "order", section)),
        cooldown=section.get("cooldown", 0),
        description=str(section.get("description", "")),
    )


def _table(name: str, key: str, section: Mapping[str, Any]) -> Mapping[str, Any]:
    found = section.get(key) or {}
    if not isinstance(found, Mapping):
        raise BadSetting(f"{name}: {key} is a section of its own, as [strategies.{name}.{key}].")
    return found


class _Reading:
    """Reads the texts of one strategy. What goes wrong says of which key."""

    def __init__(self, name: str, parameters: Mapping[str, Parameter]) -> None:
        self.name, self.parameters = name, parameters

    def expression(self, key: str, text: object) -> Expression:
        return self._told(
            key, lambda: parse(str(text), names=self.parameters, functions={"on_higher": on_higher})
        )

    def distance(self, key: str, value: object) -> Distance | None:
        if isinstance(value, int | float):
            return float(value)
        text = str(value).strip()
        if text in self.parameters:
            return self._told(key, lambda: distance_of(key, self.parameters[text]))
        if text.startswith("at "):
            return AtPrice(self.expression(key, text[3:]))
        try:
            return distance_of(key, text)
        except BadSetting:
            return self.expression(key, text)

    def exits(self, section: Mapping[str, Any]) -> Exits:
        self._known("exits", section, (*_DISTANCES, "expires"))
        found: dict[str, Any] = {
            key: self.distance(key, section[key]) for key in _DISTANCES if section.get(key) is not None
        }
        if section.get("expires") is not None:
            found["expires"] = self._value(section["expires"])
        return self._told("exits", lambda: Exits(**found))

    def sizing(self, section: Mapping[str, Any]) -> Sizing:
        if not section:
            return ALL_IN
        kinds = [key for key in section if key in _SIZES]
        if len(kinds) != 1:
            raise BadSetting(f"{self.name}: sizing names one of {', '.join(_SIZES)}, as risk = 0.01.")
        kind, main, others = _SIZES[kinds[0]]
        self._known("sizing", section, (kinds[0], *others))
        values: dict[str, Any] = {
            key: self._value(section[key]) for key in others if key in section and key != _EXPRESSION
        }
        if _EXPRESSION in section:
            values["volatility"] = self.expression("sizing.of", section[_EXPRESSION])
        values[main] = self._value(section[kinds[0]])
        made: Sizing = self._told("sizing", lambda: kind(**values))
        return made

    def order(self, section: Mapping[str, Any]) -> EntryOrder:
        if not section:
            return AT_MARKET
        self._known("order", section, ("limit", "candles"))
        offset = self.distance("limit", section.get("limit", 0))
        if offset is None:
            return AT_MARKET
        return self._told("order", lambda: LimitOrder(offset, int(self._value(section.get("candles", 1)))))

    def _value(self, value: object) -> Any:  # noqa: ANN401  (a number, or a span of time)
        return self.parameters.get(value, value) if isinstance(value, str) else value

    def _known(self, what: str, section: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in section:
            if key not in known:
                raise UnknownName(f"setting of {what} of the strategy {self.name}", key, known)

    def _told(self, key: str, read: Callable[[], Read]) -> Read:
        try:
            return read()
        except (BadSetting, IndicatorError, UnknownName) as error:
            error.add_note(f"It stands in {key} of the strategy {self.name}.")
            raise


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
