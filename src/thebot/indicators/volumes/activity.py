"""How much is traded, beside what is usual: relative volume, percentage volume oscillator."""

from __future__ import annotations

from thebot.indicators.expression import nan, volume
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.volumes.money import DROP
from thebot.indicators.windows import ANEW


@indicator(
    inputs=(volume,), start=(0, 0.0, 0.0), group="volume", guides=(1.0,), aliases=("relative_volume",),
    lookback=lambda period: period, memory=lambda period: period,
)  # fmt: skip
def rvol(
    state: tuple[int, float, float], volume: Column, i: int, period: int = 20
) -> tuple[tuple[int, float, float], float]:
    """Relative volume: the candle's volume in multiples of the mean of the `period` candles before it.

    Above 1 more is traded than usual; 2 or more often confirms a break-out. It says nothing of the direction.
    Formula: volume / (sum of the `period` volumes before / period)
    Convention: the candle itself is not in its mean, as TA-Lib; 1 if nothing was traded before (TA-Lib:
    infinite or nan)
    Source: common knowledge
    """
    seen, total, most = state
    now = volume[i]
    seen += 1
    if seen <= period:
        return (seen, total + now, most), nan
    most = total if total > most else most
    if total * DROP < most or seen > 2 * period + ANEW:
        total, seen = 0.0, period + 1
        for back in range(period, 0, -1):
            total += volume[i - back]
        most = total
    return (seen, total - volume[i - period] + now, most), now * period / total if total > 0.0 else 1.0


@indicator(
    inputs=(volume,), start=(0, 0.0, 0.0, 0.0), group="volume", outputs=("line", "signal", "hist"),
    guides=(0.0,), rising=("fast", "slow"),
    memory=lambda fast, slow, signal: (
        slow + signal + exponential(2.0 / (slow + 1.0)) + exponential(2.0 / (signal + 1.0))
    ),
)  # fmt: skip
def pvo(
    state: tuple[int, float, float, float], volume: Column, i: int,
    fast: int = 12, slow: int = 26, signal: int = 9,
) -> tuple[tuple[int, float, float, float], tuple[float, float, float]]:  # fmt: skip
    """Percentage volume oscillator: by how many percent the fast average of volume is above the slow one.

    Above 0 trading picks up, below 0 it dries up; `signal` is its own EMA and `hist` what is between. It says
    nothing of the direction.
    Formula: 100 * (EMA(volume, fast) - EMA(volume, slow)) / EMA(volume, slow); signal = EMA(line, signal)
    Convention: each average is seeded with the mean of its first values, as TA-Lib and Stock.Indicators; 0 if
    nothing was traded
    Source: StockCharts ChartSchool, "Percentage Volume Oscillator"; after the PPO of G. Appel
    """
    seen, quick, steady, smooth = state
    now = volume[i]
    seen += 1
    if seen > slow:
        quick += (now - quick) * (2.0 / (fast + 1.0))
        steady += (now - steady) * (2.0 / (slow + 1.0))
    else:
        if seen <= fast:
            quick += now
            quick = quick / fast if seen == fast else quick
        else:
            quick += (now - quick) * (2.0 / (fast + 1.0))
        steady += now
        if seen < slow:
            return (seen, quick, steady, 0.0), (nan, nan, nan)
        steady /= slow
    line = 100.0 * ((quick - steady) / steady) if steady > 0.0 else 0.0
    known = seen - slow + 1  # values of the line so far
    if known < signal:
        return (seen, quick, steady, smooth + line), (line, nan, nan)
    smooth = (
        (smooth + line) / signal if known == signal else smooth + (line - smooth) * (2.0 / (signal + 1.0))
    )
    return (seen, quick, steady, smooth), (line, smooth, line - smooth)
