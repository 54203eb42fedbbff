"""The volume that was traded at each price: a histogram of candles, and the levels in it.

Plain functions of a list with one volume a bin, the lowest price first: compiled together with a step.
"""

from __future__ import annotations

from typing import Final

from thebot.indicators.expression import nan
from thebot.indicators.indicator import Column

AREA: Final = 0.7  # of the volume lies in the value area
LEAST: Final = 1e-290  # a range of prices below this is none: bins / range would overflow


def volume_at_price(
    high: Column, low: Column, volume: Column, i: int, candles: int, bottom: float, scale: float, bins: int
) -> list[float]:
    """The volume in each of `bins` equal bins, from the last `candles` candles up to row i.

    A price's place is (price - bottom) * scale: 0 at the lowest low, `bins` at the highest high. A candle's
    volume is spread evenly over its range; one without range puts all into the bin it stands in (the upper
    one on an edge, but the last at the very top).
    """
    counts = [0.0] * (bins + 1)  # the last is for what stands at the very top
    for row in range(i - candles + 1, i + 1):
        begin, end = (low[row] - bottom) * scale, (high[row] - bottom) * scale
        first, last = int(begin), int(end)
        if last > first:
            each = volume[row] / (end - begin)
            counts[first] += each * (first + 1 - begin)
            for between in range(first + 1, last):
                counts[between] += each
            counts[last] += each * (end - last)
        else:
            counts[first if first < bins else bins] += volume[row]
    counts[bins - 1] += counts.pop()
    return counts


def fullest(counts: list[float]) -> int:
    """The bin with the most volume; of equal ones that nearest to the middle, the upper of two."""
    best, middle = 0, len(counts) - 1
    for k in range(1, len(counts)):
        more = counts[k] - counts[best]
        if more > 0.0 or (more == 0.0 and abs(2 * k - middle) <= abs(2 * best - middle)):
            best = k
    return best


def value_area(counts: list[float], fullest: int) -> tuple[int, int]:
    """The lowest and the highest bin of the value area.

    From the fullest bin it grows one bin a step, by the larger of its two neighbours (the upper if they are
    equal), until it holds AREA of the volume.
    """
    total = 0.0
    for count in counts:
        total += count
    lower, upper, inside, top = fullest, fullest, counts[fullest], len(counts) - 1
    while inside < AREA * total and (lower > 0 or upper < top):
        above = counts[upper + 1] if upper < top else -1.0
        below = counts[lower - 1] if lower > 0 else -1.0
        if above >= below:
            upper += 1
            inside += above
        else:
            lower -= 1
            inside += below
    return lower, upper


def nearest_nodes(counts: list[float], place: float) -> tuple[float, float]:
    """The places of the peak and of the valley nearest to `place`, the upper of two; nan if there is none.

    A peak is a bin, or a run of equal bins, with less on both sides (outside of the range there is nothing);
    a valley one with more on both sides. Their place is their middle.
    """
    peak, valley, to_peak, to_valley = nan, nan, 1e300, 1e300
    begin, before, bins = 0, 0.0, len(counts)
    for k in range(1, bins + 1):
        here, after = counts[begin], counts[k] if k < bins else 0.0
        if k < bins and here == after:
            continue
        if (here > before) == (here > after):
            centre = 0.5 * (begin + k)
            away = centre - place if centre > place else place - centre
            if here > after:
                if away <= to_peak:
                    peak, to_peak = centre, away
            elif begin > 0 and k < bins and away <= to_valley:
                valley, to_valley = centre, away
        begin, before = k, here
    return peak, valley


def profile(
    high: Column, low: Column, volume: Column, i: int, candles: int,
    bottom: float, top: float, now: float, bins: int,
) -> tuple[float, float, float, float, float]:  # fmt: skip
    """Point of control, upper and lower end of the value area, and the peak and valley nearest to `now`."""
    if not top - bottom > LEAST:
        return bottom, bottom, bottom, bottom, bottom
    scale, width = bins / (top - bottom), (top - bottom) / bins
    counts = volume_at_price(high, low, volume, i, candles, bottom, scale, bins)
    best = fullest(counts)
    lower, upper = value_area(counts, best)
    peak, valley = nearest_nodes(counts, (now - bottom) * scale)
    control = best + 0.5
    peak = peak if peak == peak else control  # without any volume there is no peak
    return (
        bottom + control * width, bottom + (upper + 1) * width, bottom + lower * width,
        bottom + peak * width, bottom + valley * width,
    )  # fmt: skip
