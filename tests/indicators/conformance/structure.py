"""Cases of the structure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars
import talib as ta

from thebot.indicators import Expression, Panel, close
from thebot.indicators.structure import fractal, pivots, rolling_pivots, swings, zigzag
from thebot.market import Candles, FloatArray

from ..markets import candles
from .cases import SERIES, Case, Comparison, series_named, skender, values

WRITTEN_BACK = "Stock.Indicators writes it to the candle where it stood, ours tells it when it is known"
LEVELS = {"pivot": "pp", "r1": "r1", "r2": "r2", "r3": "r3", "s1": "s1", "s2": "s2", "s3": "s3"}


def later(candles: int) -> Callable[[FloatArray], FloatArray]:
    """The values so many rows later: when what was written back is known."""
    return lambda column: np.concatenate([np.full(candles, math.nan), column[:-candles]])


def told(candles: int) -> Callable[[FloatArray], FloatArray]:
    """1.0 so many rows after a value, else 0.0."""
    return lambda column: 1.0 - np.isnan(later(candles)(column))


def confirmed_pivots(shared: Path) -> Iterator[Comparison]:
    """Each pivot at the candle where it stood: all but the first that are given, then all that we have."""
    folder = shared / "vectors/skender"
    closes = polars.read_csv(folder / "quotes.csv")["close"].cast(float).to_numpy()
    line = zigzag(close, close, 5.0)
    given = {"close": closes}
    price, ago, direction = (values(each, given) for each in (line.pivot, line.pivot_ago, line.direction))
    ours = np.full(len(closes), math.nan)
    for row in np.flatnonzero(~np.isnan(price)):
        ours[row - int(ago[row])] = -direction[row] * price[row]  # a high where the leg after it goes down
    read = polars.read_parquet(folder / "zigzag-close.parquet")
    sign = read["pointType"].replace_strict({"H": 1.0, "L": -1.0}, default=None).fill_null(math.nan)
    theirs = sign.to_numpy() * read["zigZag"].cast(float).fill_null(math.nan).to_numpy()
    first = int(np.isnan(theirs).argmin())
    yield Comparison("quotes", ours[first:], theirs[first:], 1e-8)
    yield Comparison("whether", 1.0 - np.isnan(ours[first:]), 1.0 - np.isnan(theirs[first:]), 0.0)


def monthly(output: Expression, column: str) -> Case:
    """Beside Stock.Indicators' monthly pivots of daily candles, with their real days."""

    def compare(shared: Path) -> Iterator[Comparison]:
        folder = shared / "vectors/skender"
        quotes = polars.read_csv(folder / "quotes.csv")
        days = quotes["date"].str.to_date().to_numpy().astype("datetime64[D]")
        days[0] = days[0].astype("datetime64[M]")  # so that the first month counts as a whole one
        o, h, lows, c, v = (quotes[name].cast(float).to_numpy() for name in quotes.columns[1:])
        market = candles(days.astype("datetime64[ms]").astype(np.int64), o, h, lows, c, v, "1d")
        ours = Panel([output], "1d").over(market)[output]
        read = polars.read_parquet(folder / "pivot-points.parquet")[column]
        theirs = read.cast(float).fill_null(math.nan).to_numpy()
        month = days.astype("datetime64[M]")
        last = np.append(month[1:] != month[:-1], True)
        yield Comparison("quotes", ours[~last], theirs[~last], 1e-8 * float(np.nanmax(theirs)))

    note = "the last candle of a month is left out: ours changes at its close, theirs with the next"
    return Case(output, f"Stock.Indicators pivot-points.{column}", compare, note)


def fractals(period: int) -> Case:
    """Beside TA-Lib, which says where there is one: so is there, at the price that stood there."""
    indicator = fractal(period)

    def call(c: Candles) -> Any:
        return ta.FRACTAL(c.high, c.low, period, period)

    def compare(shared: Path) -> Iterator[Comparison]:
        for series in SERIES:
            c = series_named(shared, series)
            columns = Panel([indicator], c.timeframe).over(c)
            for output, found, prices in zip(indicator.outputs, call(c), (c.high, c.low), strict=True):
                theirs = np.where(found == 100, later(period)(prices), math.nan)
                ours = columns[output]
                yield Comparison(series, ours, theirs, 0.0)
                yield Comparison(f"{series}, whether", 1.0 - np.isnan(ours), 1.0 - np.isnan(theirs), 0.0)

    return Case(indicator, "TA-Lib FRACTAL", compare, "theirs says only that there is one", call)


CASES: tuple[Case, ...] = (
    *(fractals(period) for period in (2, 1, 5, 30)),
    skender(fractal(2).high, "fractal", "fractalBear", convert=later(2), note=WRITTEN_BACK),
    skender(fractal(2).low, "fractal", "fractalBull", convert=later(2), note=WRITTEN_BACK),
    skender(fractal(2).high > 0, "fractal", "fractalBear", convert=told(2), note=WRITTEN_BACK),
    skender(fractal(2).low > 0, "fractal", "fractalBull", convert=told(2), note=WRITTEN_BACK),
    skender(swings(2, 2).high, "fcb", "upperBand"),
    skender(swings(2, 2).low, "fcb", "lowerBand"),
    skender(swings(2, 2).high_ago <= 2, "pivots", "highPoint", convert=told(2), note=WRITTEN_BACK),
    skender(swings(2, 2).low_ago <= 2, "pivots", "lowPoint", convert=told(2), note=WRITTEN_BACK),
    Case(
        zigzag(close, close, 5.0), "Stock.Indicators zigzag-close", confirmed_pivots,
        "the same confirmed pivots at the same candles; theirs draws the line back to them",
    ),
    *(monthly(getattr(pivots("standard", "month"), ours), theirs) for ours, theirs in LEVELS.items()),
    *(
        skender(
            getattr(rolling_pivots(20, "standard"), ours).shift(1), "rolling-pivots", theirs,
            note="theirs leaves the newest candle out",
        )
        for ours, theirs in LEVELS.items()
    ),
)  # fmt: skip
