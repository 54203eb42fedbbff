"""The strategies that come with THEBOT, by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from thebot.errors import BadSetting, UnknownName
from thebot.indicators.indicator import registered
from thebot.strategy.built_in.breakouts import level_breakout, squeeze_release
from thebot.strategy.built_in.reversals import bollinger_reversion, rsi_reversal
from thebot.strategy.built_in.trends import donchian_breakout, macd_trend, sma_cross, supertrend_flip
from thebot.strategy.definition import Parameter, Strategy
from thebot.strategy.source import StrategySource

_BUILT_IN: Final[tuple[StrategySource[Strategy], ...]] = (
    StrategySource(name="rsi-reversal", indicator="rsi", make=rsi_reversal, live=True),
    StrategySource(name="macd-trend", indicator="macd", make=macd_trend, live=True),
    StrategySource(name="supertrend-flip", indicator="supertrend", make=supertrend_flip, live=True),
    StrategySource(name="sma-cross", indicator="sma", make=sma_cross),
    StrategySource(name="bollinger-reversion", indicator="bbands", make=bollinger_reversion),
    StrategySource(name="donchian-breakout", indicator="donchian", make=donchian_breakout),
    StrategySource(name="squeeze-release", indicator="ttm_squeeze", make=squeeze_release),
    StrategySource(name="level-breakout", indicator="support_resistance", make=level_breakout),
)


def strategies() -> Mapping[str, StrategySource[Strategy]]:
    """The strategies there are, by name."""
    return MappingProxyType({each.name: each for each in _BUILT_IN})


def strategy(name: str, **parameters: Parameter) -> Strategy:
    """The built-in strategy of that name: `strategy("rsi-reversal", period=10, stop="2atr")`.

    Raises UnknownName for a strategy or parameter that does not exist, BadSetting for a value that cannot be.
    """
    known = strategies()
    if name not in known:
        raise UnknownName("strategy", name, known)
    return known[name](**parameters)


def strategy_about(indicator: str, **parameters: Parameter) -> Strategy:
    """The strategy about an indicator: "RSI" gives rsi-reversal, others by their usual rule.

    `parameters` are those of the built-in strategy, or of the indicator. Raises UnknownName for an indicator
    that does not exist, BadSetting for one that says nothing of when to buy and sell.
    """
    known = registered()
    name = indicator.casefold()
    definition = known.get(name)
    for each in _BUILT_IN:
        if each.indicator == name or (definition is not None and definition is known[each.indicator]):
            return each(**parameters)
    if definition is None:
        raise UnknownName("indicator", indicator, sorted(known), "Or give strategy= by name.")
    return usual_rule(definition.name)(**parameters)


def usual_rule(name: str) -> StrategySource[Strategy]:
    """The strategy that buys and sells by the usual rule of an indicator (by its short name).

    Raises BadSetting for an indicator without one.
    """
    definition = registered()[name]
    if definition.rule is None:
        raise BadSetting(
            f"{name} says nothing of when to buy and sell, so there is no strategy about it. Say one "
            f"yourself with {name}(...) in it, or choose one of: "
            f"{', '.join(each.name for each in _BUILT_IN)}."
        )

    def make(**parameters: Any) -> Strategy:  # noqa: ANN401  (the indicator's own)
        indicator = definition(**parameters)
        buy, sell = definition.signals(indicator) or (None, None)
        return Strategy(name=f"{name}-rule", entry=buy, exit=sell)

    named = inspect.Parameter.KEYWORD_ONLY
    make.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect looks for
        [inspect.Parameter(each, named, default=value) for each, value in definition.defaults.items()]
    )
    title = definition.sections["summary"].partition("\n")[0]
    return StrategySource(
        name=f"{name}-rule",
        indicator=name,
        make=make,
        given=f"The usual rule of the indicator. {title}",
    )
