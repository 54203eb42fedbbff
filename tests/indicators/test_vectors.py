"""The ten beside values that others published or computed; ../shared/vectors/README.md has the tolerances.

Where conventions differ (it says which) only what is defined alike is compared, and each case says so.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars
import pytest

from thebot.indicators import (
    Expression,
    Panel,
    adx,
    atr,
    bbands,
    ema,
    macd,
    obv,
    percent_k,
    rsi,
    sma,
    stoch,
    supertrend,
)
from thebot.market import Candles, FloatArray

from .markets import START, candles


def market(columns: Mapping[str, FloatArray]) -> Candles:
    """Daily candles of the columns that there are; what is missing stands at the close."""
    known = next(iter(columns.values()))
    close = columns.get("close", columns.get("real", known))
    return candles(
        START + np.arange(len(close)) * 86_400_000, columns.get("open", close), columns.get("high", close),
        columns.get("low", close), close, columns.get("volume", np.ones(len(close))), "1d",
    )  # fmt: skip


def values(expression: Expression, columns: Mapping[str, FloatArray]) -> FloatArray:
    return Panel([expression], "1d").over(market(columns))[expression]


SKENDER = [
    # expression, file, column, rows to compare (None: all), what differs
    (sma(20), "sma", "sma", None),
    (ema(20), "ema", "ema", None),
    (rsi(14), "rsi", "rsi", None),
    (macd().line, "macd", "macd", 100),  # the fast average begins earlier there
    (macd().signal, "macd", "signal", 100),
    (macd().hist, "macd", "histogram", 100),
    (bbands().upper, "bb", "upperBand", None),
    (bbands().middle, "bb", "sma", None),
    (bbands().lower, "bb", "lowerBand", None),
    (atr(14), "atr", "atr", None),
    (supertrend().line, "supertrend", "superTrend", None),
    (stoch().k, "stoch", "k", None),
    (stoch().d, "stoch", "d", None),
    (adx().adx, "adx", "adx", 100),  # another first sum in Wilder's smoothing
    (adx().plus_di, "adx", "pdi", 100),
    (adx().minus_di, "adx", "mdi", 100),
]


@pytest.mark.parametrize(("expression", "file", "column", "last"), SKENDER, ids=[repr(s[0]) for s in SKENDER])
def test_equal_to_skender(
    shared: Path, expression: Expression, file: str, column: str, last: int | None
) -> None:
    folder = shared / "vectors/skender"
    quotes = polars.read_csv(folder / "quotes.csv")
    ours = values(expression, {name: quotes[name].cast(float).to_numpy() for name in quotes.columns[1:]})
    theirs = (
        polars.read_parquet(folder / f"{file}.parquet")[column].cast(float).fill_null(math.nan).to_numpy()
    )
    known = ~np.isnan(theirs) & ~np.isnan(ours)
    known[: 0 if last is None else len(known) - last] = False
    assert known.sum() >= (last or 480)
    scale = np.abs(theirs[known]).max()
    np.testing.assert_allclose(ours[known], theirs[known], rtol=0, atol=1e-8 * scale)


def test_on_balance_volume_differs_from_skenders_by_the_first_volume_only(shared: Path) -> None:
    quotes = polars.read_csv(shared / "vectors/skender/quotes.csv")
    ours = values(obv(), {name: quotes[name].cast(float).to_numpy() for name in quotes.columns[1:]})
    theirs = polars.read_parquet(shared / "vectors/skender/obv.parquet")["obv"].to_numpy()
    assert set(ours - theirs) == {float(quotes["volume"][0])}


TULIP = {
    # function: its outputs as expressions of its options. Left out: those that tulip seeds with the first
    # value or the first candle's own range (ema, macd, atr, di, adx), on series too short to forget it.
    "sma": lambda period: {"sma": sma(period)},
    "rsi": lambda period: {"rsi": rsi(period)},
    "stoch": lambda k, slow, d: {"stoch_k": stoch(k, slow, d).k, "stoch_d": stoch(k, slow, d).d},
    "bbands": lambda period, width: {
        "bbands_upper": bbands(period, width).upper,
        "bbands_middle": bbands(period, width).middle,
        "bbands_lower": bbands(period, width).lower,
    },
}


@pytest.mark.parametrize("function", TULIP)
def test_equal_to_tulips_worked_examples(shared: Path, function: str) -> None:
    cases = [
        c
        for c in json.loads((shared / "vectors/tulip/tulip_cases.json").read_text())
        if c["indicator"] == function
    ]
    assert len(cases) >= 2
    for case in cases:
        columns = {name.partition(":")[2]: np.array(given) for name, given in case["inputs"].items()}
        for name, expression in TULIP[function](*(int(option) for option in case["options"])).items():
            ours, theirs = values(expression, columns), np.array(case["outputs"][name])
            np.testing.assert_allclose(ours[-len(theirs) :], theirs, rtol=0, atol=1.001e-3)  # printed digits


def test_on_balance_volume_moves_as_in_tulips_examples(shared: Path) -> None:
    for case in json.loads((shared / "vectors/tulip/tulip_cases.json").read_text()):
        if case["indicator"] == "obv":
            columns = {name.partition(":")[2]: np.array(given) for name, given in case["inputs"].items()}
            np.testing.assert_allclose(np.diff(values(obv(), columns)), np.diff(case["outputs"]["obv"]))


TALIPP = {
    # test: fields as expressions. ATR, MACD, ADX: seeded otherwise there; 50 bars are too few to forget it.
    "test_SMA": {"value": sma(20)},
    "test_EMA": {"value": ema(20)},
    "test_RSI": {"value": rsi(20)},
    "test_BB": {"lb": bbands(5, 2).lower, "cb": bbands(5, 2).middle, "ub": bbands(5, 2).upper},
    "test_Stoch": {"k": percent_k(14), "d": sma(percent_k(14), 3)},
    "test_SuperTrend": {"trend": supertrend(10, 3).direction},  # its line: the ATR in it is seeded otherwise
}


@pytest.mark.parametrize("name", TALIPP)
def test_equal_to_talipps_tests(shared: Path, name: str) -> None:
    given = json.loads((shared / "vectors/talipp/talipp_cases.json").read_text())
    cases = [c for c in given["cases"] if c["test"] == f"{name}.py::test_init"]
    for case in cases:
        bars = given["bars"][case["input"]]
        named = bars if case["input"] == "ohlcv" else {"close": bars}
        columns = {field: np.array(column, float) for field, column in named.items() if field != "time"}
        for expected in case["expect"]:
            if expected["field"] not in TALIPP[name]:
                continue
            ours = values(TALIPP[name][expected["field"]], columns)[expected["bar"]]
            theirs = {"Trend.UP": 1.0, "Trend.DOWN": -1.0}.get(expected["value"], expected["value"])
            assert ours == pytest.approx(theirs, abs=0.51 * 10 ** -expected["places"])
    assert cases


HIGH_LOW_CLOSE = {"high": "High", "low": "Low", "close": "Close"}
CHARTSCHOOL = [
    # file, column, expression, its input columns, rows from the end to compare (None: all). Left out: RSI,
    # ATR and MACD, which are seeded otherwise there on series too short to forget it.
    ("cs-bbands.csv", "HighBand", bbands().upper, {"close": "Close"}, None),
    ("cs-bbands.csv", "MiddleBand", bbands().middle, {"close": "Close"}, None),
    ("cs-bbands.csv", "LowBand", bbands().lower, {"close": "Close"}, None),
    ("cs-adx.csv", "+DI14", adx().plus_di, HIGH_LOW_CLOSE, 200),
    ("cs-adx.csv", "-DI14", adx().minus_di, HIGH_LOW_CLOSE, 200),
    ("cs-adx.csv", "ADX", adx().adx, HIGH_LOW_CLOSE, 200),
]


@pytest.mark.parametrize(
    ("file", "column", "expression", "names", "last"),
    CHARTSCHOOL,
    ids=[repr(case[2]) for case in CHARTSCHOOL],
)
def test_equal_to_chartschools_spreadsheets(
    shared: Path, file: str, column: str, expression: Expression, names: dict[str, str], last: int | None
) -> None:
    with (shared / "vectors/chartschool" / file).open() as opened:
        rows = list(csv.DictReader(opened))
    ours = values(
        expression, {name: np.array([float(row[there]) for row in rows]) for name, there in names.items()}
    )
    theirs = np.array([float(row[column] or "nan") for row in rows])
    known = ~np.isnan(theirs) & ~np.isnan(ours)
    known[: 0 if last is None else len(known) - last] = False
    assert known.sum() >= 20
    np.testing.assert_allclose(ours[known], theirs[known], rtol=0, atol=1.01e-4)


TALIB = {
    "SMA_20": (sma(20),), "EMA_20": (ema(20),), "RSI_14": (rsi(14),), "ATR_14": (atr(14),),
    "ADX_14": (adx().adx,),
    "MACD_12_26_9": (macd().line, macd().signal, macd().hist), "OBV": (obv(),),
    "BBANDS_20_2.0_2.0_0": (bbands().upper, bbands().middle, bbands().lower),
    "STOCH_14_3_0_3_0": (stoch().k, stoch().d),
}  # fmt: skip


def test_equal_to_the_stored_values_of_talib(shared: Path) -> None:
    sets = json.loads((shared / "vectors/talib/params.json").read_text())["sets"]["BTCUSDT-1h"]["indicators"]
    frame = polars.read_parquet(shared / "vectors/talib/BTCUSDT-1h.parquet")
    columns = {
        name: frame[name].cast(float).to_numpy() for name in ("open", "high", "low", "close", "volume")
    }
    for name, expressions in TALIB.items():
        for column, expression in zip(sets[name]["columns"], expressions, strict=True):
            ours, theirs = values(expression, columns), frame[column].cast(float).to_numpy()
            first = sets[name]["first_valid"]
            np.testing.assert_allclose(ours[first:], theirs[first:], rtol=1e-9, err_msg=column)
