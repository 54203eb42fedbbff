"""`thebot indicators`: listed, explained, computed, checked, documented; run as processes."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars
import pytest

from thebot.indicators import Panel, macd, rsi
from thebot.market import Candles, Timeframe
from thebot.market.parquet import write_candles

MINE = Path(__file__).parents[2] / "examples/my_indicators.py"


def run(*arguments: str, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "thebot", "indicators", *arguments, "--data", str(folder)]
    if arguments[0] == "check":
        command = command[:-2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Candles]:
    random = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, 200)))
    opened = np.concatenate([[100.0], close[:-1]])
    candles = Candles(
        symbol="XYZUSDT", timeframe=Timeframe("1h"), open_time=1_609_459_200_000 + np.arange(200) * 3_600_000,
        open=opened, high=np.maximum(opened, close) * 1.002, low=np.minimum(opened, close) / 1.002,
        close=close, volume=random.lognormal(2, 1, 200),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("candles") / "XYZUSDT-1h.parquet"
    write_candles(candles, path)
    return path, candles


def test_they_are_listed_by_group(tmp_path: Path) -> None:
    text = run("list", "momentum", folder=tmp_path).stdout
    assert "rsi" in text
    assert "supertrend" not in text
    found = json.loads(run("list", "--json", folder=tmp_path).stdout)["indicators"]
    named = {each["name"]: each for each in found}
    assert named["rsi"]["parameters"][0]["default"] == 14
    assert "groups of indicators" not in text
    told = run("list", "momentun", folder=tmp_path, code=2).stderr
    assert "Did you mean 'momentum'?" in told
    assert "thebot indicators show atr." in run("list", "atr", folder=tmp_path, code=2).stderr


def test_one_is_explained(tmp_path: Path) -> None:
    text = run("show", "RSI", folder=tmp_path).stdout
    for part in (
        "Relative strength index",
        "Formula:",
        "Convention:",
        "Source:",
        "period",
        "0 to 100",
        "14 candles",
    ):
        assert part in text, part
    assert "Did you mean 'rsi'" in run("show", "rssi", folder=tmp_path, code=2).stderr
    assert "Reads open, high, low, close. It does not matter" in run("show", "bop", folder=tmp_path).stdout


def test_json_of_one_computed_is_as_promised(tmp_path: Path, market: tuple[Path, Candles]) -> None:
    path, candles = market
    done = run("compute", "rsi", "--set", "period=10", "--candles", str(path), "--json", folder=tmp_path)
    found = json.loads(done.stdout)
    expected = Panel([rsi(10)], "1h").over(candles)[rsi(10)]
    assert found["open_time"] == candles.open_time.tolist()
    assert found["outputs"] == {"rsi": [None if v != v else v for v in expected.tolist()]}
    assert found["findings"] == []


def test_csv_and_parquet_say_the_same(tmp_path: Path, market: tuple[Path, Candles]) -> None:
    path, candles = market
    rows = list(
        csv.DictReader(
            io.StringIO(run("compute", "macd", "--candles", str(path), "--csv", folder=tmp_path).stdout)
        )
    )
    out = tmp_path / "made" / "macd.parquet"
    run("compute", "macd", "--candles", str(path), "--parquet", "--out", str(out), folder=tmp_path)
    frame = polars.read_parquet(out)
    expected = Panel([macd()], "1h").over(candles)
    for name, output in zip(("line", "signal", "hist"), macd().outputs, strict=True):
        np.testing.assert_array_equal(frame[name].to_numpy(), expected[output])
        np.testing.assert_array_equal([float(row[name] or "nan") for row in rows], expected[output])


def test_the_ending_of_the_file_says_what_is_written(tmp_path: Path, market: tuple[Path, Candles]) -> None:
    path, candles = market
    out = tmp_path / "rsi.csv"
    assert run("compute", "rsi", "--candles", str(path), "--out", str(out), folder=tmp_path).stdout == ""
    assert len(out.read_text().splitlines()) == len(candles) + 1
    below = out / "rsi.json"  # a file is no folder
    told = run("compute", "rsi", "--candles", str(path), "--out", str(below), folder=tmp_path, code=2).stderr
    assert "cannot be written" in told
    told = run("compute", "rsi", "--candles", str(tmp_path), folder=tmp_path, code=2).stderr
    assert "is a folder. Name a file in it" in told


def test_other_sources_and_single_outputs(tmp_path: Path, market: tuple[Path, Candles]) -> None:
    path, _ = market
    found = json.loads(
        run(
            "compute", "macd", "--source", "volume", "--output", "signal", "--candles", str(path), "--json",
            folder=tmp_path,
        ).stdout
    )  # fmt: skip
    assert found["indicator"] == "macd(volume, 12, 26, 9)"
    assert list(found["outputs"]) == ["signal"]
    rule = json.loads(run("compute", "rsi(3) < 30", "--candles", str(path), "--json", folder=tmp_path).stdout)
    assert set(rule["outputs"]["rsi(3) < 30"]) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rsi", "--set", "period=0"], "rsi: period is 0; give a whole number from"),
        (["rsi", "--set", "period=-3"], "period is -3; give a whole number from"),
        (["rsi", "--set", "period=ten"], "period is 'ten'; give a whole number from"),
        (["rsi", "--set", "perod=9"], "no parameter of rsi 'perod'. Did you mean 'period'?"),
        (["rsi", "--set", "period"], "write a name and a value, as in --set period=10"),
        (["macd", "--set", "fast=30"], "fast is 30 and slow is 26; fast must be the smaller"),
        (["rsi", "--source", "clos"], "Did you mean 'close'"),
        (["macd", "--output", "singal"], "no output of macd 'singal'. Did you mean 'signal'?"),
        (["macdd"], "no indicator 'macdd'. Did you mean 'macd'?"),
        (["rsi", "--json", "--csv"], "only one can be given"),
        (
            ["rsi", "--out", "made.txt"],
            "--out made.txt: say what to write there with --json, --csv or --parquet",
        ),
        (["rsi", "--source", "close", "--source", "open"], "rsi reads 1 input (close), not 2"),
        (["plus_di"], "As an output of others there is: adx().plus_di"),
        (["atr_regime", "--set", "extreme=250"], "extreme is 250; give a number from 0 to 100"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_what_cannot_be_is_told_in_one_sentence(
    tmp_path: Path, market: tuple[Path, Candles], arguments: list[str], told: str
) -> None:
    done = run("compute", *arguments, "--candles", str(market[0]), folder=tmp_path, code=2)
    assert told in done.stderr
    assert done.stdout == ""


def test_too_few_candles_are_a_finding_and_not_an_error(tmp_path: Path, market: tuple[Path, Candles]) -> None:
    path, _ = market
    arguments = ("compute", "rsi", "--set", "period=500", "--candles", str(path))
    found = json.loads(run(*arguments, "--json", folder=tmp_path).stdout)
    assert set(found["outputs"]["rsi"]) == {None}
    assert "has 200 candles, but rsi(500) needs 501" in found["findings"][0]
    assert "needs 501" in run(*arguments, folder=tmp_path).stderr


def test_one_of_ones_own_that_never_knows_a_value_does_not_take_the_others_along(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from thebot.indicators import close, indicator, nan\n"
        "@indicator(inputs=(close,), group='mine')\n"
        "def own_mute(state, price, i):\n"
        "    return state, nan\n"
    )
    (tmp_path / "config.toml").write_text('indicator_files = ["mine.py"]\n')
    done = run("list", "--json", folder=tmp_path)
    named = [each["name"] for each in json.loads(done.stdout)["indicators"]]
    assert "rsi" in named
    assert "own_mute" not in named
    assert "own_mute is left out. own_mute(): after" in done.stderr


def test_ones_own_are_named_in_the_settings_and_checked(tmp_path: Path, market: tuple[Path, Candles]) -> None:
    (tmp_path / "mine.py").write_text(MINE.read_text())
    (tmp_path / "config.toml").write_text('indicator_files = ["mine.py"]\n')
    assert "close_place" in run("list", folder=tmp_path).stdout
    done = run("compute", "close_place(5)", "--candles", str(market[0]), "--json", folder=tmp_path)
    assert len(json.loads(done.stdout)["outputs"]["close_place"]) == 200
    assert "close_place: keeps every clause" in run("check", str(MINE), folder=tmp_path).stdout
    bad = tmp_path / "bad.py"
    bad.write_text(MINE.read_text().replace("memory=lambda period: 21.0 * period", "memory=3"))
    found = json.loads(run("check", str(bad), "--json", folder=tmp_path, code=1).stdout)
    assert not found["keeps"]
    assert found["breaches"]["close_place"][0]["breach"].startswith("its memory is as short as it says: ")
    assert "There is no data folder" in run("list", folder=tmp_path / "other", code=2).stderr
    (tmp_path / "config.toml").write_text('indicator_files = ["mein.py"]\n')
    told = run("list", folder=tmp_path, code=2).stderr
    assert "Beside it there is: mine.py." in told
    assert "It is named in" in told


def test_the_pages_in_docs_are_those_that_the_command_writes(
    tmp_path: Path, market: tuple[Path, Candles]
) -> None:
    run("document", "--candles", str(market[0]), "--out", str(tmp_path / "pages"), folder=tmp_path)
    kept = Path(__file__).parents[2] / "docs/indicators"
    made = {each.name: each.read_text() for each in (tmp_path / "pages").glob("*.md")}
    told = "run: thebot indicators document --candles FILE --out docs/indicators"
    assert made == {each.name: each.read_text() for each in kept.glob("*.md")}, told
    pictures = {each.name for each in (tmp_path / "pages/plots").iterdir()}
    assert pictures == {each.name for each in (kept / "plots").iterdir()}, told
    assert all(each.read_text().startswith("<svg") for each in (tmp_path / "pages/plots").iterdir())
