"""One of our outputs beside one of a reference, with the reference's tolerance.

Each group of indicators lists its `CASES` in a module of this package. The same cases are the tests
(`test_conformance.py`) and the report (`python -m tests.indicators.conformance.report`). Where conventions
differ, `note` says how, and only what is defined alike is compared.
"""

from __future__ import annotations

import csv
import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars

from thebot.indicators import Expression, Panel
from thebot.market import Candles, FloatArray
from thebot.market.parquet import read_candles

from ..markets import START, candles

# Real series: calm and wild ones, crashes, halts, prices near 1e-5 and below.
SERIES = (
    *(f"spot/{name}USDT-1h" for name in ("BTC", "DOGE", "LUNA", "UST", "XLM")),
    "spot/XRPETH-1m", "um/BTCUSDT-1m", "um/ETHUSDT-1m", "um/SOLUSDT-1h", "dirty/UNITTESTBTC-1m",
)  # fmt: skip
TREND = {"Trend.UP": 1.0, "Trend.DOWN": -1.0, "SARTrend.UP": 1.0, "SARTrend.DOWN": -1.0}  # talipp's


@dataclass(frozen=True, eq=False)
class Comparison:
    """Rows to be equal within `allowed` (absolute, one a row or for all)."""

    where: str
    ours: FloatArray
    theirs: FloatArray
    allowed: FloatArray | float


@dataclass(frozen=True, eq=False)
class Case:
    """`expression` beside `reference`. `compare` reads what it needs from the shared folder."""

    expression: Expression
    reference: str  # "TA-Lib RSI", "Stock.Indicators rsi.rsi"
    compare: Callable[[Path], Iterator[Comparison]]
    note: str = ""
    call: Callable[[Candles], Any] | None = None  # how a library computes it, for the benchmark

    def __repr__(self) -> str:
        return f"{self.expression!r} beside {self.reference}"


def talib(
    expression: Expression,
    name: str,
    call: Callable[[Candles], Any],
    *,
    skip: int = 0,
    size: float | Callable[[Candles], Any] | None = None,
    note: str = "",
    relative: float = 1e-9,
) -> Case:
    """Beside `call` on every real series: 1e-9 of the value, from TA-Lib's first value on.

    A value that passes through zero is allowed rounding: 1e-13 of its `size`, by default that of its unit
    (100 for an index, the close for a price). The first `skip` rows that TA-Lib knows are left out: say
    why in `note`.
    """

    def compare(shared: Path) -> Iterator[Comparison]:
        for series in SERIES:
            c = series_named(shared, series)
            theirs = np.array(call(c), dtype=float)
            first = int(np.isnan(theirs).argmin()) + skip
            ours = Panel([expression], c.timeframe).over(c)[expression]
            allowed = relative * np.abs(theirs) + 1e-13 * _size(expression, c, size)
            yield Comparison(series, ours[first:], theirs[first:], np.broadcast_to(allowed, len(c))[first:])

    return Case(expression, f"TA-Lib {name}", compare, note, call)


def _size(expression: Expression, c: Candles, size: float | Callable[[Candles], Any] | None) -> Any:
    if callable(size):
        return size(c)
    if size is not None:
        return size
    return {"index": 100.0, "price": c.close, "volume": 0.0, "amount": 0.0}.get(expression.unit, 1.0)


def skender(
    expression: Expression, file: str, column: str, *, last: int | None = None, note: str = "",
    convert: Callable[[FloatArray], FloatArray] = lambda values: values,
) -> Case:  # fmt: skip
    """Beside Stock.Indicators on its 502 daily candles: 1e-8 of the largest value. `last`: rows compared."""

    def compare(shared: Path) -> Iterator[Comparison]:
        folder = shared / "vectors/skender"
        quotes = polars.read_csv(folder / "quotes.csv")
        ours = values(expression, {name: quotes[name].cast(float).to_numpy() for name in quotes.columns[1:]})
        read = polars.read_parquet(folder / f"{file}.parquet")[column]
        theirs = convert(read.cast(float).fill_null(math.nan).to_numpy())
        rows = slice(0 if last is None else len(theirs) - last, None)
        scale = float(np.nanmax(np.abs(theirs[rows])))
        yield Comparison("quotes", ours[rows], theirs[rows], 1e-8 * scale)

    return Case(expression, f"Stock.Indicators {file}.{column}", compare, note)


def tulip(
    made: Callable[..., Expression], function: str, output: str | None = None, *, last: int | None = None,
    note: str = "", example: Expression | None = None, digits: float = 1.001e-3, sources: str = "",
) -> Case:  # fmt: skip
    """Beside Tulip's cases of `function`: `made` gets a case's options. Compared to the printed digits.

    `sources` limits it to a file of cases ("atoz", "extra", "untest"), `last` to so many rows.
    """

    def compare(shared: Path) -> Iterator[Comparison]:
        for case in _tulip(shared):
            if case["indicator"] != function or "outputs" not in case or sources not in case["source"]:
                continue
            columns = {name.partition(":")[2]: np.array(given) for name, given in case["inputs"].items()}
            options = [int(each) if float(each).is_integer() else each for each in case["options"]]
            theirs = np.array(case["outputs"][output or function], dtype=float)[-last if last else None :]
            ours = values(made(*options), columns)
            allowed = np.maximum(digits, 1e-6 * np.abs(theirs))
            yield Comparison(f"{case['source']} {options}", ours[len(ours) - len(theirs) :], theirs, allowed)

    return Case(made() if example is None else example, f"Tulip {output or function}", compare, note)


def talipp(
    expression: Expression, test: str, field: str = "value", *, note: str = "", digits: float | None = None
) -> Case:
    """Beside the values that talipp's `test` asserts, to its decimals (or `digits`: say why in `note`)."""

    def compare(shared: Path) -> Iterator[Comparison]:
        given = _talipp(shared)
        for case in given["cases"]:
            if case["test"] != f"{test}.py::test_init":
                continue
            bars = given["bars"][case["input"]]
            named = bars if case["input"] == "ohlcv" else {"close": bars}
            columns = {name: np.array(column, float) for name, column in named.items() if name != "time"}
            ours = values(expression, columns)
            for expected in case["expect"]:
                if expected["field"] == field:
                    value = TREND.get(expected["value"], expected["value"])
                    places = 9 if expected["places"] is None else expected["places"]
                    allowed = 0.51 * 10.0**-places if digits is None else digits
                    yield Comparison(
                        f"bar {expected['bar']}", ours[[expected["bar"]]],
                        np.array([math.nan if value is None else value], dtype=float), allowed,
                    )  # fmt: skip

    return Case(expression, f"talipp {test}.{field}", compare, note)


def chartschool(
    expression: Expression, file: str, column: str, inputs: Mapping[str, str], *, last: int | None = None,
    digits: float = 1.01e-4, note: str = "",
) -> Case:  # fmt: skip
    """Beside a column of a StockCharts spreadsheet; `inputs` maps ours ("close") to its columns."""

    def compare(shared: Path) -> Iterator[Comparison]:
        with (shared / "vectors/chartschool" / file).open() as opened:
            rows = list(csv.DictReader(opened))
        first = next(iter(inputs.values()))  # stands in where a cell is empty
        columns = {
            name: np.array([float(row[there] or row[first]) for row in rows])
            for name, there in inputs.items()
        }
        ours = values(expression, columns)
        theirs = np.array([float(row[column] or "nan") for row in rows])
        kept = slice(0 if last is None else len(theirs) - last, None)
        yield Comparison(file, ours[kept], theirs[kept], digits)

    return Case(expression, f"ChartSchool {file} {column}", compare, note)


def values(expression: Expression, columns: Mapping[str, FloatArray]) -> FloatArray:
    """Over daily candles of the columns that there are; what is missing stands at the close."""
    known = next(iter(columns.values()))
    close = columns.get("close", columns.get("real", known))
    market = candles(
        START + np.arange(len(close)) * 86_400_000, columns.get("open", close), columns.get("high", close),
        columns.get("low", close), close, columns.get("volume", np.ones(len(close))), "1d",
    )  # fmt: skip
    return Panel([expression], "1d").over(market)[expression]


@functools.lru_cache(maxsize=len(SERIES))
def series_named(shared: Path, name: str) -> Candles:
    return read_candles(shared / "data" / f"{name}.parquet")


@functools.lru_cache(maxsize=1)
def _tulip(shared: Path) -> list[dict[str, Any]]:
    return json.loads((shared / "vectors/tulip/tulip_cases.json").read_text())


@functools.lru_cache(maxsize=1)
def _talipp(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "vectors/talipp/talipp_cases.json").read_text())
