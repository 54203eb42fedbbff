"""Every case of this package: equal to the reference within its tolerance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars
import pytest

from thebot.indicators import (
    adx,
    atr,
    bbands,
    close,
    crosses_above,
    ema,
    macd,
    obv,
    open_,
    rsi,
    sma,
    stoch,
)

from . import averages, left_out, momentum, patterns, structure, trend, volatility, volumes
from .cases import Case, values

GROUPS = (averages, momentum, volatility, volumes, trend, structure, patterns)


@pytest.mark.parametrize("case", [case for group in GROUPS for case in group.CASES], ids=repr)
def test_equal_to_the_reference(shared: Path, case: Case) -> None:
    compared = 0
    for each in case.compare(shared):
        known = ~np.isnan(each.theirs)
        assert not np.isnan(each.ours[known]).any(), (
            f"{each.where}: ours is unknown where the reference is not"
        )
        apart = np.abs(each.ours - each.theirs)[known]
        beyond = apart - np.broadcast_to(each.allowed, len(each.theirs))[known]
        assert (beyond <= 0).all(), (
            f"{each.where}: apart by {apart[beyond.argmax()]:g} "
            f"at row {np.flatnonzero(known)[beyond.argmax()]}: "
            f"ours {each.ours[known][beyond.argmax()]!r}, theirs {each.theirs[known][beyond.argmax()]!r}"
        )
        compared += int(known.sum())
    assert compared, "nothing was compared"


def names(case: Case) -> set[str]:
    """What a case compares with, as the folders of vectors name it."""
    library, _, rest = case.reference.partition(" ")
    return {f"{library} {rest}", f"{library} {rest.partition('.')[0]}", f"{library} {rest.partition(' ')[0]}"}


@pytest.mark.parametrize("library", ["Stock.Indicators", "Tulip", "talipp", "ChartSchool"])
def test_every_reference_is_compared_or_left_out_for_a_reason(shared: Path, library: str) -> None:
    vectors = shared / "vectors"
    tulip = json.loads((vectors / "tulip/tulip_cases.json").read_text())
    talipp = json.loads((vectors / "talipp/talipp_cases.json").read_text())["cases"]
    there, reasons = {
        "Stock.Indicators": (
            {each.stem for each in (vectors / "skender").glob("*.parquet")},
            left_out.SKENDER,
        ),
        "Tulip": ({each["indicator"] for each in tulip}, left_out.TULIP),
        "talipp": ({each["test"].partition(".")[0] for each in talipp}, left_out.TALIPP),
        "ChartSchool": (
            {each.name for each in (vectors / "chartschool").glob("*.csv")},
            left_out.CHARTSCHOOL,
        ),
    }[library]
    compared = {name for group in GROUPS for case in group.CASES for name in names(case)}
    outputs = {each["indicator"]: set(each.get("outputs") or ()) for each in tulip}
    here = {
        name
        for name in there
        if any(f"{library} {each}" in compared for each in {name, *outputs.get(name, set())})
    }
    assert there - here - set(reasons) == set(), "neither compared nor left out for a reason"
    assert here & set(reasons) == set(), "both compared and left out"
    assert set(reasons) <= there


def test_crossings_are_tulips(shared: Path) -> None:
    for case in json.loads((shared / "vectors/tulip/tulip_cases.json").read_text()):
        if case["indicator"] == "crossover":
            one, other = (np.array(each) for each in case["inputs"].values())
            ours = values(crosses_above(close, open_), {"close": one, "open": other})
            np.testing.assert_array_equal(ours[1:], case["outputs"]["crossover"])


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
