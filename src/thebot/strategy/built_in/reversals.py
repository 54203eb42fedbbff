"""Strategies that wait for a price to come back from an extreme."""

from __future__ import annotations

from thebot.errors import BadSetting
from thebot.indicators import (
    adx,
    atr,
    bbands,
    close,
    crosses_above,
    crosses_below,
    ema,
    rsi,
    sma,
    stoch,
    volume,
)
from thebot.strategy.definition import Strategy
from thebot.strategy.exits import Exits

_BUSY = volume > sma(volume, 20)


def rsi_reversal(period: int = 14, oversold: float = 30.0, overbought: float = 70.0) -> Strategy:
    """Buys when the RSI comes back above oversold, sells when it comes back below overbought.

    Waiting for the way back avoids buying into a fall that goes on. More is behind it if the Stochastic
    has turned as well, with the 200-candle average on its side, and on more volume than usual.
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
        confirms_entry=(turned.k > turned.d, close > ema(200), _BUSY),
        confirms_exit=(turned.k < turned.d, close < ema(200), _BUSY),
    )


def bollinger_reversion(period: int = 20, width: float = 2.0, stop_atr: float = 3.0) -> Strategy:
    """Buys when the price comes back into the lower Bollinger Band, sells at the middle of the bands.

    The stop is `stop_atr` average true ranges (of 14 candles) below the entry: a fall may go on. More is
    behind it without a trend by the ADX, with an RSI that is oversold, and on more volume than usual.
    Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001.
    """
    bands = bbands(period, width)
    return Strategy(
        name="bollinger-reversion",
        entry=crosses_above(close, bands.lower),
        exit=close >= bands.middle,
        exits=Exits(stop=stop_atr * atr(14)),
        confirms_entry=(adx(14).adx < 25, rsi(14) < 40, _BUSY),
        confirms_exit=(adx(14).adx < 25, rsi(14) > 50, _BUSY),
    )
