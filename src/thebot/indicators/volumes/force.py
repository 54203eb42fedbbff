"""How much volume it takes to move the price: force index, ease of movement, Klinger, facilitation."""

from __future__ import annotations

from thebot.indicators.expression import close, high, low, nan, volume
from thebot.indicators.indicator import Column, indicator
from thebot.indicators.memory import exponential
from thebot.indicators.usual import crosses_its_signal, crosses_zero
from thebot.indicators.volumes.money import DROP, direction
from thebot.indicators.windows import ANEW


@indicator(
    inputs=(close, volume), start=(0, 0.0, 0.0), group="volume", unit="amount", guides=(0.0,),
    label="Force index", aliases=("efi", "force_index"), rule=crosses_zero,
    memory=lambda period: period + exponential(2.0 / (period + 1.0)),
)  # fmt: skip
def force(
    state: tuple[int, float, float], price: Column, volume: Column, i: int, period: int = 13
) -> tuple[tuple[int, float, float], float]:
    """Force index: how far the close moved times the volume behind it, smoothed.

    Above 0 the bulls are in control; bought and sold where it crosses zero. With a period of 2 it times
    entries on pullbacks instead.
    Formula: EMA((close - close before) * volume, period)
    Convention: seeded with the mean of the first `period` moves, as TA-Lib (EFI)
    Source: A. Elder, "Trading for a Living", 1993
    """
    seen, before, average = state
    now = price[i]
    moved = (now - before) * volume[i]
    if seen > period:
        weight = 2.0 / (period + 1.0)
        average = moved * weight + average * (1.0 - weight)
        return (seen, now, average), average
    if seen == 0:
        return (1, now, 0.0), nan
    average += moved
    seen += 1
    if seen <= period:
        return (seen, now, average), nan
    average /= period
    return (seen, now, average), average


def eased(top: float, bottom: float, before: float, traded: float) -> float:
    """The move of the candle's middle times its range over its volume; 0 without volume.

    `before` is the sum of high and low of the candle before.
    """
    moved = 0.5 * (top + bottom) - 0.5 * before
    return moved * (top - bottom) / traded if traded > 0.0 else 0.0


@indicator(
    inputs=(high, low, volume), start=(0, 0.0, 0.0, 0.0), group="volume", guides=(0.0,), aliases=("eom",),
    powers=(2,), lookback=lambda period, divisor: period, memory=lambda period, divisor: period,
    rule=crosses_zero,
)  # fmt: skip
def emv(
    state: tuple[int, float, float, float],
    high: Column, low: Column, volume: Column, i: int, period: int = 14, divisor: float = 10_000.0,
) -> tuple[tuple[int, float, float, float], float]:  # fmt: skip
    """Ease of movement: how far the price moved for little volume; above 0 it rose easily.

    Bought and sold where it crosses zero. The plain values of each candle are `emv(1)`.
    Formula: SMA(move of (high + low) / 2 * (high - low) / (volume / divisor), period)
    Convention: `divisor` only makes the figures handy (10,000 as TradingView and Tulip; ChartSchool takes
    100,000,000 for shares); a candle without volume counts 0
    Source: R. W. Arms; described in S. B. Achelis, "Technical Analysis from A to Z", 1995
    """
    seen, total, size, most = state
    if seen == 0:
        return (1, 0.0, 0.0, 0.0), nan
    now = eased(high[i], low[i], high[i - 1] + low[i - 1], volume[i])
    total += now
    size += now if now > 0.0 else -now
    seen += 1
    if seen <= period:
        return (seen, total, size, most), nan
    most = size if size > most else most
    if size * DROP < most or seen > 2 * period + ANEW:
        total, size, seen = 0.0, 0.0, period + 1
        for back in range(period - 1, -1, -1):
            k = i - back
            now = eased(high[k], low[k], high[k - 1] + low[k - 1], volume[k])
            total += now
            size += now if now > 0.0 else -now
        most = size
    k = i - period + 1
    old = eased(high[k], low[k], high[k - 1] + low[k - 1], volume[k])
    value = total * (divisor / period)
    return (seen, total - old, size - (old if old > 0.0 else -old), most), value


@indicator(
    inputs=(high, low, close, volume), start=(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), group="volume",
    outputs=("line", "signal"), unit="volume", guides=(0.0,), aliases=("klinger",), rising=("fast", "slow"),
    rule=crosses_its_signal,
)  # fmt: skip
def kvo(
    state: tuple[int, float, float, float, float, float, float, float],
    high: Column, low: Column, close: Column, volume: Column, i: int,
    fast: int = 34, slow: int = 55, signal: int = 13,
) -> tuple[tuple[int, float, float, float, float, float, float, float], tuple[float, float]]:  # fmt: skip
    """Klinger volume oscillator: whether volume goes with the trend, a fast less a slow average of its force.

    Bought and sold where the line crosses its signal.
    Formula: EMA(force, fast) - EMA(force, slow), where force = volume * trend * |2 * dm / cm - 1| * 100,
    trend is 1 or -1 as high + low + close went, dm = high - low, and cm the sum of dm since the candle
    before the trend turned; signal = EMA(line, signal)
    Convention: as Tulip: averages begin with the first force, an unchanged sum keeps the trend. Told after
    `slow` forces. Stock.Indicators and talipp read the formula as |2 * (dm / cm - 1)|
    Source: S. J. Klinger, "Identifying Trends with Volume Analysis", Stocks & Commodities, 1997
    """
    seen, before, reached, trend, gone, quick, steady, smooth = state
    now, reach = high[i] + low[i] + close[i], high[i] - low[i]
    if seen == 0:
        return (1, now, reach, 0.0, 0.0, 0.0, 0.0, 0.0), (nan, nan)
    turned = direction(now, before)
    turned = turned if turned != 0.0 else trend
    gone = (gone if turned == trend and seen > 1 else reached) + reach
    share = 2.0 * (reach / gone) - 1.0 if gone > 0.0 else 1.0
    pushed = 100.0 * (volume[i] * turned * (share if share > 0.0 else -share))
    quick += (pushed - quick) * (2.0 / (fast + 1.0) if seen > 1 else 1.0)
    steady += (pushed - steady) * (2.0 / (slow + 1.0) if seen > 1 else 1.0)
    line = quick - steady
    known = seen - slow + 1  # values of the line that were told
    seen += 1
    if known < 1:
        return (seen, now, reach, turned, gone, quick, steady, 0.0), (nan, nan)
    if known < signal:
        return (seen, now, reach, turned, gone, quick, steady, smooth + line), (line, nan)
    smooth = (
        (smooth + line) / signal if known == signal else smooth + (line - smooth) * (2.0 / (signal + 1.0))
    )
    return (seen, now, reach, turned, gone, quick, steady, smooth), (line, smooth)


@indicator(
    inputs=(high, low, volume), start=(0,), group="volume", powers=(1,), memory=0, label="Facilitation",
    aliases=("bwmfi", "facilitation"),
)  # fmt: skip
def marketfi(
    state: tuple[int], high: Column, low: Column, volume: Column, i: int
) -> tuple[tuple[int], float]:
    """Market facilitation index: how far the price ranged for each unit of volume.

    Read together with the volume: if both rise, the market is moving and others join in; if it falls while
    volume rises, a battle is on that ends in a move. It says nothing of the direction.
    Formula: (high - low) / volume
    Convention: 0 without volume, as TA-Lib
    Source: B. Williams, "Trading Chaos", 1995
    """
    traded = volume[i]
    return state, (high[i] - low[i]) / traded if traded > 0.0 else 0.0
