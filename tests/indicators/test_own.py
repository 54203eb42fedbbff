"""Indicators in a user's own file, and the check that holds them to the contract."""

# ruff: noqa: E501  (steps as texts)

from __future__ import annotations

from pathlib import Path

import pytest

from thebot.errors import IndicatorError, MissingFile, UnknownName
from thebot.indicators import catalogue, indicator_named, parse
from thebot.indicators.contract import does_not_see_the_future
from thebot.indicators.own import load
from thebot.indicators.trials import breaches, markets
from thebot.market.quality import check

EXAMPLES = Path(__file__).parents[2] / "examples/my_indicators.py"
HEAD = "from thebot.indicators import close, indicator, nan, volume\n"


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(HEAD + text)
    return path


def step(name: str, body: str, said: str = "unit='input'", parameters: str = "") -> str:
    return (
        f"@indicator(inputs=(close,), start=(0, 0.0), group='mine', {said})\n"
        f"def {name}(state, price, i{parameters}):\n    'Mine: an example.'\n    seen, kept = state\n    {body}\n"
    )


def clauses(path: Path) -> set[str]:
    (made,) = load(path)
    return {breach.partition(": ")[0] for _, breach in breaches(made)}


def test_a_file_of_ones_own_joins_the_catalogue_and_the_rules(tmp_path: Path) -> None:
    path = written(
        tmp_path, step("own_doubled", "return (seen, kept), 2.0 * price[i]", parameters=", times: int = 1")
    )
    (made,) = load(path)
    assert made in catalogue()
    assert indicator_named("OWN_DOUBLED") is made
    assert repr(parse("own_doubled(3) > close")) == "own_doubled(3) > close"
    assert load(path) == (made,)  # run once
    assert list(breaches(made)) == []


def test_the_examples_of_the_documentation_keep_the_contract() -> None:
    for made in load(EXAMPLES):
        assert list(breaches(made)) == [], made


@pytest.mark.parametrize(
    ("body", "said", "clause"),
    [
        ("return (seen, kept), price[i + 1]", "unit='input'", "own_bad reads a candle that comes later."),
        (
            "return (seen + 1, kept), price[i - 1] if seen else price[i]",
            "unit='input'",
            "own_bad reads 1 candles back",
        ),
        ("return (seen + 1, kept), price[i] ** 3 / price[i] ** 2", "unit='input'", "candle by candle equals columns"),
        ("return (seen, kept), price[i] * 2.0", "unit='number'", "it scales with the price"),
        ("return (seen + 1, kept), price[i] if seen % 7 else nan", "unit='input'", "unknown before its warm-up"),
        (
            "kept = 0.9 * kept + 0.1 * price[i]\n    return (seen, kept), kept",
            "unit='input', memory=5",
            "its memory is as short as it says",
        ),
        (
            "return (seen + 1, price[i]), (price[i] / (price[i] - kept)) if seen else nan",
            "unit='number'",
            "candle by candle equals columns",
        ),
    ],
)  # fmt: skip
def test_each_clause_that_is_broken_is_named(tmp_path: Path, body: str, said: str, clause: str) -> None:
    (made,) = load(written(tmp_path, step("own_bad", body, said)))
    found = [breach for _, breach in breaches(made)]
    assert any(breach.startswith(clause) for breach in found), found


def test_a_step_that_divides_by_zero_is_told_with_the_row(tmp_path: Path) -> None:
    body = "return (seen + 1, price[i]), (price[i] / (price[i] - kept)) if seen else nan"
    (made,) = load(written(tmp_path, step("own_divides", body, "unit='number'")))
    ((market, text),) = [each for each in breaches(made) if "raises" in each[1]][:1]
    assert "raises ZeroDivisionError" in text
    assert "at row " in text
    assert market == "ticks and candles without trades"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def (", r"mine.py, line 2: this is no Python"),
        ("a = 1\nb = a / 0", r"mine.py, line 3: ZeroDivisionError"),
        ("a = 1", r"mine.py defines no indicator. Decorate a step"),
        (step("rsi", "return state, price[i]"), r"line \d+: There is already an indicator rsi, in thebot"),
        (
            "@indicator(inputs=(close,), start=(0,), group='mine')\ndef own_x(state, i): ...",
            r"line 2: own_x is no step of an indicator with 1 inputs",
        ),
    ],
)
def test_a_file_that_fails_leaves_the_catalogue_as_it_was(tmp_path: Path, text: str, told: str) -> None:
    before = catalogue()
    good = step("own_good", "return state, price[i]")
    with pytest.raises(IndicatorError, match=told):
        load(written(tmp_path, text if "defines no" in told or "def (" in text else text + "\n" + good))
    assert catalogue() == before
    with pytest.raises(UnknownName):
        indicator_named("own_good")


def test_a_file_that_is_not_there_is_answered_with_those_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "", "indicators.py")
    with pytest.raises(MissingFile, match=r"Beside it there is: indicators.py"):
        load(tmp_path / "indicator.py")
    with pytest.raises(MissingFile, match="is a folder"):
        load(tmp_path)


def test_the_markets_of_the_check_pass_the_door() -> None:
    for candles in markets().values():
        check(candles)


def test_a_step_that_peeks_only_where_a_plain_market_never_goes_is_caught(tmp_path: Path) -> None:
    body = "return (seen, kept), price[i + 1] if price[i] > 1000.0 else price[i]"
    (made,) = load(written(tmp_path, step("own_peeks", body)))
    high = markets()["prices near 1e12"]
    assert does_not_see_the_future(made(), markets()["a random walk"], 100) == []
    assert "the value at row 99 changes" in does_not_see_the_future(made(), high, 100)[0]
