"""Where the volume flows: on-balance volume."""

from __future__ import annotations

from thebot.indicators.expression import close, volume
from thebot.indicators.indicator import Column, indicator


@indicator(inputs=(close, volume), start=(0, 0.0, 0.0), group="volume", unit="volume")
def obv(
    state: tuple[int, float, float], price: Column, volume: Column, i: int
) -> tuple[tuple[int, float, float], float]:
    """On-balance volume, the sum of volumes, counted positive when the close rose, negative when it fell.

    It starts at the first candle's volume (as TA-Lib; others start at 0), so only its changes mean
    something. Source: J. Granville, "New Key to Stock Market Profits", 1963.
    """
    seen, before, total = state
    # two choices of numbers, not a branch to either sum: where the price goes cannot be predicted, and
    # compiled code that tried would take six times as long
    sign = (1.0 if price[i] > before else 0.0) - (1.0 if price[i] < before else 0.0) if seen else 1.0
    total += sign * volume[i]
    return (1, price[i], total), total
