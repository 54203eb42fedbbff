"""`thebot strategies`: listed, explained, checked; run as processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"

AHEAD = """\
from thebot.indicators import close, indicator
from thebot.strategy import Strategy

@indicator(inputs=(close,), start=(0.0,), group="mine", unit="input")
def own_tomorrow(state, price, i):
    "Tomorrow: an example."
    return state, price[i + 1]

RICH = Strategy(name="rich", entry=own_tomorrow() > close, exit=own_tomorrow() < close)
POOR = Strategy(name="poor", entry=close > 100, exit=close < 100)
"""


def run(*arguments: str, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "thebot", "strategies", *arguments]
    if arguments and arguments[0] in ("show", "check"):
        command += ["--data", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    return done


def test_they_are_listed(tmp_path: Path) -> None:
    text = run(folder=tmp_path).stdout
    assert "donchian-breakout" in text
    assert "oversold=30" in text
    found = json.loads(run("list", "--json", folder=tmp_path).stdout)["strategies"]
    named = {each["name"]: each for each in found}
    assert len(named) == 10
    assert named["sma-cross"]["parameters"] == {"fast": 20, "slow": 100, "side": "long"}
    assert [name for name, each in named.items() if each["stateful"]] == ["grid", "averaging"]
    assert [name for name, each in named.items() if each["live"]] == [
        "rsi-reversal", "macd-trend", "supertrend-flip",
    ]  # fmt: skip


def test_one_is_explained(tmp_path: Path) -> None:
    text = run("show", "donchian-breakout", folder=tmp_path).stdout
    assert "Buys when close > donchian(20).upper.shift(1)" in text
    assert "Exits: stop 2 * atr(20)" in text
    assert "break_even" in text
    assert "cannot be swept" in run("show", "grid", folder=tmp_path).stdout
    found = json.loads(run("show", f"{EXAMPLES}/my_strategies.toml:dip", "--json", folder=tmp_path).stdout)
    assert found["parameters"] == {"period": 14, "oversold": 30, "overbought": 65}
    assert found["definition"]["entry"] == "crosses_above(rsi(14), 30) & on_higher(close > ema(50))"
    assert "Did you mean 'rsi-reversal'?" in run("show", "rsi-reversl", folder=tmp_path, code=2).stderr


def test_files_are_checked(tmp_path: Path) -> None:
    text = run("check", str(EXAMPLES / "my_strategies.toml"), folder=tmp_path).stdout
    assert "dip: good, " in text
    assert "channel: good, " in text
    found = json.loads(run("check", str(EXAMPLES / "my_strategies.py"), "--json", folder=tmp_path).stdout)
    assert found["good"]
    assert {name: each["wrong"] for name, each in found["strategies"].items()} == {
        "pullback": None, "dip": None, "ladder": None,
    }  # fmt: skip
    assert found["strategies"]["ladder"]["trades"] > 0


def test_one_that_sees_the_future_is_found_and_the_others_are_good(tmp_path: Path) -> None:
    path = tmp_path / "ahead.py"
    path.write_text(AHEAD)
    found = json.loads(run("check", str(path), "--json", folder=tmp_path, code=1).stdout)
    assert not found["good"]
    assert "own_tomorrow reads a candle that comes later" in found["strategies"]["rich"]["wrong"]
    assert found["strategies"]["poor"]["wrong"] is None


def test_a_rule_that_cannot_be_read_is_shown_with_its_line_and_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "dip.toml"
    path.write_text(
        '[strategies.dip]\nexit = "close < 1"\nentry = "rsi(perod) < 30"\nparameters = { period = 5 }\n'
    )
    told = run("check", str(path), folder=tmp_path, code=2).stderr.splitlines()
    assert told[0].endswith("no column, parameter or indicator 'perod'. Did you mean 'period'?")
    assert told[1:] == ["  rsi(perod) < 30", "      ^", f"  It stands in {path}, line 3."]
