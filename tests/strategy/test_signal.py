from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import BadSetting, UnknownName
from thebot.market import TIMEFRAMES, Timeframe
from thebot.strategy import Signal, level_of

A = Signal(
    symbol="BTCUSDT", timeframe=Timeframe("1h"), at=1_704_070_800_000, side="BUY", strength=0.5,
    confidence=0.67, price=64210.0, strategy="rsi-reversal", reasons=("RSI(14) 31.2 crossed above 30",),
)  # fmt: skip

signals = st.builds(
    Signal,
    symbol=st.text(min_size=1),
    timeframe=st.sampled_from(TIMEFRAMES),
    at=st.integers(0, 4_000_000_000_000),
    side=st.sampled_from(["BUY", "SELL"]),
    strength=st.floats(0, 1),
    confidence=st.floats(0, 1),
    price=st.floats(1e-9, 1e9),
    strategy=st.text(min_size=1),
    reasons=st.lists(st.text()).map(tuple),
)


@given(signals)
def test_a_signal_goes_through_json_and_back(signal: Signal) -> None:
    assert Signal.of_plain(json.loads(json.dumps(signal.plain(), allow_nan=False))) == signal


@pytest.mark.parametrize(
    ("confidence", "level"),
    [(0, "LOW"), (0.39, "LOW"), (0.4, "MEDIUM"), (0.69, "MEDIUM"), (0.7, "HIGH"), (1, "HIGH")],
)
def test_the_level_follows_from_the_confidence(confidence: float, level: str) -> None:
    assert level_of(confidence) == level == replace(A, confidence=confidence).level


def test_of_three_conditions_two_make_medium_and_all_make_high() -> None:
    assert [level_of(round(agreeing / 3, 2)) for agreeing in range(4)] == ["LOW", "LOW", "MEDIUM", "HIGH"]
    assert [level_of(agreeing / 2) for agreeing in range(3)] == ["LOW", "MEDIUM", "HIGH"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"side": "HOLD"}, "BUY or SELL"),
        ({"strength": 1.01}, "strength lies between 0 and 1"),
        ({"confidence": -0.1}, "confidence lies between 0 and 1"),
        ({"confidence": float("nan")}, "confidence lies between 0 and 1"),
        ({"price": 0.0}, "price is a positive number"),
        ({"price": float("inf")}, "price is a positive number"),
        ({"symbol": ""}, "names its symbol"),
        ({"strategy": ""}, "names its symbol and its strategy"),
    ],
)
def test_what_cannot_be_a_signal_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(BadSetting, match=why):
        replace(A, **change)  # type: ignore[arg-type]  # the point of it


def test_what_is_no_signal_is_said_to_be_none() -> None:
    with pytest.raises(BadSetting, match="lacks 'price'"):
        Signal.of_plain({name: value for name, value in A.plain().items() if name != "price"})
    with pytest.raises(BadSetting, match="This is no signal"):
        Signal.of_plain({**A.plain(), "at": "yesterday"})
    with pytest.raises(UnknownName, match="1h"):
        Signal.of_plain({**A.plain(), "timeframe": "1hr"})


def test_a_signal_does_not_change_and_is_known_by_its_key() -> None:
    with pytest.raises(FrozenInstanceError):
        A.price = 1.0  # type: ignore[misc]  # the point of it
    assert A.key == replace(A, strength=0.1, reasons=()).key
    assert A.key != replace(A, side="SELL").key
