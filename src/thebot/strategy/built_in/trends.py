"""Strategies that go with a trend."""

from __future__ import annotations

from thebot.errors import BadSetting
from thebot.indicators import (
    adx,
    atr,
    close,
    crosses_above,
    crosses_below,
    donchian,
    ema,
    macd,
    rsi,
    sma,
    supertrend,
    volume,
)
from thebot.strategy.built_in.sides import on_side
from thebot.strategy.definition import Strategy
from thebot.strategy.exits import Exits
from thebot.strategy.higher import on_higher

_BUSY = volume > sma(volume, 20)
_TRENDING = adx(14).adx > 20
_ABOVE = close > ema(200)
_BELOW = close < ema(200)


def sma_cross(fast: int = 20, slow: int = 100, side: str = "long") -> Strategy:
    """Buys when the fast average crosses above the slow one, sells when it crosses back.

    On the short `side` the other way round. More is behind it with a trend by the ADX, the price above
    both averages, and on more volume than usual.
    """
    if not fast < slow:
        raise BadSetting(f"sma-cross: fast {fast} must be below slow {slow}.")
    quick, calm = sma(fast), sma(slow)
    up, down = crosses_above(quick, calm), crosses_below(quick, calm)
    return on_side(
        side,
        Strategy(
            name="sma-cross",
            entry=up,
            exit=down,
            short_entry=down,
            short_exit=up,
            confirms_entry=(_TRENDING, close > quick, _BUSY),
            confirms_exit=(_TRENDING, close < quick, _BUSY),
        ),
    )


def macd_trend(fast: int = 12, slow: int = 26, signal: int = 9, trend: int = 50) -> Strategy:
    """Buys when the MACD line crosses above its signal in a higher uptrend, sells when it crosses back.

    The uptrend: the newest closed candle of the higher timeframe ended above its average of `trend`
    candles. More is behind it with a trend on the own timeframe too, an RSI that is not yet stretched,
    and on more volume than usual.
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


def donchian_breakout(entry: int = 20, exit: int = 10, stop_atr: float = 2.0, side: str = "long") -> Strategy:
    """Buys above the highest price of `entry` candles, sells below the lowest of `exit`, as the Turtles did.

    On the short `side` the other way round. The stop is `stop_atr` average true ranges (of 20 candles)
    from the entry. More is behind it with a trend by the ADX, the 200-candle average on its side, and on
    more volume than usual.
    Source: C. Faith, "Way of the Turtle", 2007.
    """
    if not exit <= entry:
        raise BadSetting(f"donchian-breakout: exit {exit} must not be longer than entry {entry}.")
    far, near = donchian(entry), donchian(exit)
    return on_side(
        side,
        Strategy(
            name="donchian-breakout",
            entry=close > far.upper.shift(1),
            exit=close < near.lower.shift(1),
            short_entry=close < far.lower.shift(1),
            short_exit=close > near.upper.shift(1),
            exits=Exits(stop=stop_atr * atr(20)),
            confirms_entry=(_ABOVE, _TRENDING, _BUSY),
            confirms_exit=(_BELOW, _TRENDING, _BUSY),
        ),
    )
