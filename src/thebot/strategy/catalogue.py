"""The strategies that come with THEBOT, by name. Each is one function that says it in expressions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from thebot.errors import BadSetting, IndicatorError, UnknownName
from thebot.indicators import (
    adx,
    close,
    crosses_above,
    crosses_below,
    ema,
    macd,
    rsi,
    sma,
    stoch,
    supertrend,
    volume,
)
from thebot.strategy.definition import Parameter, Strategy
from thebot.strategy.higher import on_higher

_BUSY: Final = volume > sma(volume, 20)
_TRENDING: Final = adx(14).adx > 20
_ABOVE: Final = close > ema(200)
_BELOW: Final = close < ema(200)


def rsi_reversal(period: int = 14, oversold: float = 30.0, overbought: float = 70.0) -> Strategy:
    """Buys when the RSI comes back above oversold, sells when it comes back below overbought.

    Waiting for the way back avoids buying into a fall that goes on. More is behind it if the Stochastic has
    turned as well, with the 200-candle average on its side, and on more volume than usual.
    """
    if not 0 < oversold < overbought < 100:
        raise BadSetting(
            f"rsi-reversal: oversold {oversold:g} and overbought {overbought:g} cannot be. "
            "Both lie between 0 and 100, oversold below overbought."
        )
    turned = stoch()
    return Strategy(
        name="rsi-reversal",
        entry=crosses_above(rsi(period), oversold),
        exit=crosses_below(rsi(period), overbought),
        confirms_entry=(turned.k > turned.d, _ABOVE, _BUSY),
        confirms_exit=(turned.k < turned.d, _BELOW, _BUSY),
    )


def macd_trend(fast: int = 12, slow: int = 26, signal: int = 9, trend: int = 50) -> Strategy:
    """Buys when the MACD line crosses above its signal in a higher uptrend, sells when it crosses back.

    The uptrend: the newest closed candle of the higher timeframe ended above its average of `trend` candles.
    More is behind it with a trend on the own timeframe too, an RSI that is not yet stretched, and on more
    volume than usual.
    """
    if not fast < slow:
        raise BadSetting(f"macd-trend: fast {fast} must be below slow {slow}.")
    lines = macd(fast, slow, signal)
    return Strategy(
        name="macd-trend",
        entry=crosses_above(lines.line, lines.signal) & on_higher(close > ema(trend)),
        exit=crosses_below(lines.line, lines.signal),
        confirms_entry=(_TRENDING, rsi(14) < 70, _BUSY),
        confirms_exit=(_TRENDING, rsi(14) > 30, _BUSY),
    )


def supertrend_flip(period: int = 10, multiplier: float = 3.0) -> Strategy:
    """Buys when the Supertrend flips to rising, sells when it flips to falling.

    More is behind it with the 200-candle average on its side, a trend by the ADX, and on more volume than
    usual.
    """
    stop = supertrend(period, multiplier)
    return Strategy(
        name="supertrend-flip",
        # the price is always beyond the line when it flips: said for the sake of the reasons
        entry=crosses_above(stop.direction, 0) & (close > stop.line),
        exit=crosses_below(stop.direction, 0) & (close < stop.line),
        confirms_entry=(_ABOVE, _TRENDING, _BUSY),
        confirms_exit=(_BELOW, _TRENDING, _BUSY),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltIn:
    """A strategy of the catalogue: its parameters with their defaults, and what it does."""

    name: str
    indicator: str  # the indicator that it is about, by its short name
    make: Callable[..., Strategy]

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        given = inspect.signature(self.make).parameters.values()
        return MappingProxyType({each.name: each.default for each in given})

    @property
    def description(self) -> str:
        return inspect.getdoc(self.make) or ""

    def __call__(self, **parameters: Parameter) -> Strategy:
        """Raises UnknownName for a parameter that it does not have, BadSetting for a value it cannot take."""
        values = dict(self.parameters)
        for name, value in parameters.items():
            if name not in values:
                raise UnknownName(f"parameter of {self.name}", name, values)
            values[name] = self._checked(name, value)
        try:
            made = self.make(**values)
        except IndicatorError as error:
            raise BadSetting(f"{self.name}: {error}") from error
        return replace(
            made, parameters=tuple(values.items()), description=self.description.partition("\n")[0]
        )

    def _checked(self, name: str, value: object) -> Parameter:
        whole = isinstance(self.parameters[name], int)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not isinstance(value, int | float) or not number or (whole and value != int(value)):
            kind = "a whole number" if whole else "a number"
            raise BadSetting(f"{self.name}: {name} is {value!r}; give {kind}.")
        return int(value) if whole else float(value)


_BUILT_IN: Final = (
    BuiltIn(name="rsi-reversal", indicator="rsi", make=rsi_reversal),
    BuiltIn(name="macd-trend", indicator="macd", make=macd_trend),
    BuiltIn(name="supertrend-flip", indicator="supertrend", make=supertrend_flip),
)


def strategies() -> Mapping[str, BuiltIn]:
    """The strategies there are, by name."""
    return MappingProxyType({each.name: each for each in _BUILT_IN})


def strategy(name: str, **parameters: Parameter) -> Strategy:
    """The built-in strategy of that name: `strategy("rsi-reversal", period=10)`.

    Raises UnknownName for a strategy or parameter that does not exist, BadSetting for a value that cannot be.
    """
    known = strategies()
    if name not in known:
        raise UnknownName("strategy", name, known)
    return known[name](**parameters)


def strategy_about(indicator: str) -> Strategy:
    """The built-in strategy about an indicator, with its defaults: "RSI" gives rsi-reversal.

    Raises UnknownName for an indicator that none is about.
    """
    known = {each.indicator: each for each in _BUILT_IN}
    if indicator.casefold() not in known:
        raise UnknownName(
            "built-in strategy about the indicator", indicator, known, "Or give strategy= by name."
        )
    return known[indicator.casefold()]()
