"""Strategies that wait for a price to leave where it was held."""

from __future__ import annotations

from thebot.indicators import (
    atr,
    close,
    crosses_above,
    crosses_below,
    ema,
    sma,
    support_resistance,
    ttm_squeeze,
    volume,
)
from thebot.strategy.built_in.sides import on_side
from thebot.strategy.definition import Strategy
from thebot.strategy.exits import Exits

_BUSY = volume > sma(volume, 20)
_ABOVE = close > ema(200)
_BELOW = close < ema(200)


def squeeze_release(
    period: int = 20, width: float = 2.0, multiplier: float = 1.5, stop_atr: float = 2.0, side: str = "long"
) -> Strategy:
    """Buys when a squeeze of the Bollinger Bands is released upwards, sells when its momentum turns negative.

    On the short `side` the other way round. The stop is `stop_atr` average true ranges (of 14 candles)
    from the entry. More is behind it after a squeeze of six candles or more, with the 200-candle average
    on its side, and on more volume than usual.
    Source: J. Carter, "Mastering the Trade", 2005.
    """
    lines = ttm_squeeze(period, width, multiplier)
    return on_side(
        side,
        Strategy(
            name="squeeze-release",
            entry=(lines.released > 0) & (lines.momentum > 0),
            exit=crosses_below(lines.momentum, 0),
            short_entry=(lines.released > 0) & (lines.momentum < 0),
            short_exit=crosses_above(lines.momentum, 0),
            exits=Exits(stop=stop_atr * atr(14)),
            confirms_entry=(lines.count.shift(1) >= 6, _ABOVE, _BUSY),
            confirms_exit=(lines.momentum < lines.momentum.shift(1), _BELOW, _BUSY),
        ),
    )


def level_breakout(
    strength: float = 50.0, volume_ratio: float = 1.5, stop_atr: float = 2.0, side: str = "long"
) -> Strategy:
    """Buys when the price closes above a resistance on high volume, sells when it closes below a support.

    On the short `side` the other way round. A level counts from a `strength` on (0 to 100), the volume is
    high from `volume_ratio` times its average of 20 candles on. The stop is `stop_atr` average true
    ranges (of 14 candles) from the entry. More is behind it with the 200-candle average on its side, and
    at a level that was touched three times or more.
    """
    levels = support_resistance()
    above, below = close > levels.resistance.shift(1), close < levels.support.shift(1)
    high_volume = volume > volume_ratio * sma(volume, 20)
    return on_side(
        side,
        Strategy(
            name="level-breakout",
            entry=above & (levels.resistance_strength.shift(1) >= strength) & high_volume,
            exit=below,
            short_entry=below & (levels.support_strength.shift(1) >= strength) & high_volume,
            short_exit=above,
            exits=Exits(stop=stop_atr * atr(14)),
            confirms_entry=(_ABOVE, levels.resistance_touches.shift(1) >= 3),
            confirms_exit=(_BELOW, levels.support_touches.shift(1) >= 3),
        ),
    )
