"""Strategies by name, from Python files and from TOML, here and in another process."""

from __future__ import annotations

import json
import operator
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from thebot.backtesting import run
from thebot.errors import BadSetting, IndicatorError, MissingFile, ThebotError, UnknownName, UsageError
from thebot.indicators import atr, close, crosses_above, ema, rsi
from thebot.indicators.own import load
from thebot.market.parquet import read_candles
from thebot.strategy import Exits, Strategy, on_higher, strategy, strategy_source
from thebot.strategy.grid import Grid
from thebot.strategy.loading import strategies_in

EXAMPLES = Path(__file__).parents[2] / "examples"
HEAD = """\
from thebot.indicators import close, rsi
from thebot.strategy import Strategy
from thebot.strategy.stateful import Stateful
"""


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(HEAD + text if name.endswith(".py") else text)
    return path


def test_a_name_is_one_that_comes_with_it_or_the_usual_rule_of_an_indicator() -> None:
    assert strategy_source("sma-cross")(fast=5) == strategy("sma-cross", fast=5)
    assert strategy_source("grid")(levels=3) == Grid(levels=3)
    assert strategy_source("rsi-rule").name == "rsi-rule"
    with pytest.raises(UnknownName, match=r"Did you mean 'sma-cross'.*my\.toml"):
        strategy_source("sma-cros")


def test_a_python_file_has_values_functions_and_classes() -> None:
    found = strategies_in(EXAMPLES / "my_strategies.py")
    assert list(found) == ["pullback", "dip", "ladder"]
    assert dict(found["dip"].parameters) == {"period": 7, "oversold": 25.0, "recovered": 60.0}
    assert found["dip"](period=9).entry == crosses_above(rsi(9), 25)
    assert found["dip"]().description.startswith("Buys when a short RSI")
    assert found["pullback"](stop="5%", risk=0.02).label == "pullback (stop 5%, risk 0.02)"
    assert found["pullback"]().exits.expires == "2d"
    assert found["ladder"].stateful
    assert found["ladder"](fall=3.0).fall == 3
    with pytest.raises(UnknownName, match="no parameter of ladder 'stop'"):
        found["ladder"](stop="5%")


def test_a_toml_file_has_sections() -> None:
    found = strategies_in(EXAMPLES / "my_strategies.toml")
    assert list(found) == ["dip", "channel"]
    made = found["dip"](period=9, oversold=25)
    assert made == Strategy(
        name="dip",
        entry=crosses_above(rsi(9), 25) & on_higher(close > ema(50)),
        exit=made.exit,
        exits=Exits(stop=2 * atr(14), expires="3d"),
        sizing=made.sizing,
        cooldown=4,
        parameters=(("period", 9), ("oversold", 25), ("overbought", 65)),
        description="Buys when the RSI comes back above oversold in a higher uptrend.",
    )
    assert found["channel"](loss="3atr").exits.stop == 3 * atr(14)
    assert found["channel"]().shorts
    with pytest.raises(BadSetting, match=r"dip: period is 2\.5; give a whole number"):
        found["dip"](period=2.5)


@pytest.mark.parametrize(
    "file", ["my_strategies.py:pullback", "my_strategies.py:dip", "my_strategies.toml:dip"]
)
def test_the_examples_trade_on_real_candles(file: str, shared: Path) -> None:
    hours = read_candles(shared / "data/spot/BTCUSDT-1h.parquet")
    assert len(run(hours, strategy_source(EXAMPLES / file)()).trades) > 20


def test_another_process_makes_the_same_of_text_and_parameters() -> None:
    asked = [
        ("donchian-breakout", {"entry": 30, "stop": "3%"}),
        ("stoch-rule", {"period": 9}),
        (f"{EXAMPLES / 'my_strategies.py'}:dip", {"period": 9, "target": "2atr"}),
        (f"{EXAMPLES / 'my_strategies.toml'}:channel", {"loss": "2atr", "risk": 0.01}),
    ]
    program = (
        "import json, pickle, sys\n"
        "from thebot.strategy import strategy_source\n"
        "sources = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "asked = json.loads(sys.argv[2])\n"
        "made = [(source(**given).plain(), strategy_source(text)(**given).plain())\n"
        "        for source, (text, given) in zip(sources, asked)]\n"
        "print(json.dumps(made))\n"
    )
    sources = pickle.dumps([strategy_source(text) for text, _ in asked])
    done = subprocess.run(
        [sys.executable, "-c", program, sources.hex(), json.dumps(asked)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    for (text, given), (pickled, named) in zip(asked, json.loads(done.stdout), strict=True):
        made = strategy_source(text)(**given)
        assert pickled == named == json.loads(json.dumps(made.plain()))
        assert Strategy.of_plain(named) == made


def test_workers_make_the_same_and_know_the_indicators_of_ones_own(tmp_path: Path) -> None:
    indicators = written(
        tmp_path,
        "from thebot.indicators import indicator\n"
        "@indicator(inputs=(close,), start=(0.0,), group='mine', unit='input')\n"
        "def own_worker(state, price, i):\n    'Worker: an example.'\n    return (price[i],), price[i]\n",
        "indicators.py",
    )
    load(indicators)  # as a command does with those in the data folder: the TOML file does not name it
    text = '[strategies.a]\nentry = "own_worker() > 5"\nexit = "own_worker() < 5"\n'
    names = (written(tmp_path, text, "a.toml"), EXAMPLES / "my_strategies.py:dip", "donchian-breakout")
    sources = [strategy_source(name) for name in names]
    made = Parallel(n_jobs=2, backend="loky")(delayed(operator.call)(each, stop="3%") for each in sources)
    assert made == [each(stop="3%") for each in sources]
    assert repr(made[0].entry) == "own_worker() > 5"


def test_a_file_with_one_strategy_needs_no_name(tmp_path: Path) -> None:
    path = written(tmp_path, "def my_dip(level: int = 1) -> 'Strategy':\n"
                   "    return Strategy(name='x', entry=close > level, exit=close < level)\n")  # fmt: skip
    assert strategy_source(path)(level=2).entry == (close > 2)
    assert strategy_source(f"{path}:my_dip").name == strategy_source(f"{path}:my-dip").name == "my-dip"
    with pytest.raises(UnknownName, match=r"no strategy in .*mine.py 'my-dap'. Did you mean 'my-dip'"):
        strategy_source(f"{path}:my-dap")
    with pytest.raises(
        BadSetting, match=r"has several strategies: pullback, dip, ladder. Name one, as .*:pullb"
    ):
        strategy_source(EXAMPLES / "my_strategies.py")


def test_a_file_may_define_indicators_and_strategies(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "from thebot.indicators import indicator\n"
        "@indicator(inputs=(close,), start=(0.0,), group='mine', unit='input')\n"
        "def own_last(state, price, i):\n    'Last: an example.'\n    return (price[i],), price[i]\n"
        "UP = Strategy(name='up', entry=own_last() > 5, exit=own_last() < 5)\n",
    )
    assert strategy_source(path)().name == "up"
    assert [each.name for each in load(path)] == ["own_last"]  # not run a second time
    text = written(tmp_path, '[strategies.a]\nentry = "own_last() > 5"\nexit = "own_last() < 5"\n', "a.toml")
    assert strategy_source(text)().entry == strategy_source(path)().entry


def test_a_toml_file_names_the_indicators_that_it_uses(tmp_path: Path) -> None:
    written(
        tmp_path,
        "from thebot.indicators import indicator\n"
        "@indicator(inputs=(close,), start=(0.0,), group='mine', unit='input')\n"
        "def own_named(state, price, i):\n    'Named: an example.'\n    return (price[i],), price[i]\n",
        "own.py",
    )
    rule = '[strategies.a]\nentry = "own_named() > 5"\nexit = "own_named() < 5"\n'
    path = written(tmp_path, f'indicator_files = ["own.py"]\n{rule}', "a.toml")
    assert repr(strategy_source(path)().entry) == "own_named() > 5"
    gone = written(tmp_path, f'indicator_files = ["gone.py"]\n{rule}', "b.toml")
    with pytest.raises(MissingFile, match="There is no file") as caught:
        strategy_source(gone)
    assert caught.value.__notes__ == [f"It is named in indicator_files of {gone}."]


def test_a_toml_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    text = '[strategies.a]\nentry = "close > 5"\nexit = "close < 5"\n'
    path = written(tmp_path, text, "a.toml")
    assert strategy_source(path)().entry == (close > 5)
    path.write_text(text.replace("> 5", "> 77"))
    assert strategy_source(path)().entry == (close > 77)


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        ("x = 1 +\n", IndicatorError, r"mine.py, line 4: this is no Python"),
        ("x = nothing\n", IndicatorError, r"mine.py, line 4: NameError: name 'nothing' is not defined"),
        ("x = 1\n", BadSetting, r"mine.py has no strategy. Write a section"),
        (
            "A = Strategy(name='a', entry=rsi(14))\n",
            IndicatorError,
            r"line 4: .*rsi\(14\) is not a condition",
        ),
        (
            "def a(period) -> Strategy: ...\n",
            BadSetting,
            r"line 4: a gives a strategy, but period has no number",
        ),
        ("def a(rule=close > 1) -> Strategy: ...\n", BadSetting, "but rule has no number or text"),
        ("def a() -> Strategy:\n    return 5\n", BadSetting, "a gave 5, which is no Strategy"),
        ("def a() -> Strategy:\n    return 1 / 0\n", BadSetting, r"mine.py, line 5: ZeroDivisionError"),
        (
            "A = B = Strategy(name='a', entry=close > 1, exit=close < 1)\n",
            BadSetting,
            "two strategies called a: B is the second",
        ),
    ],
)
def test_what_is_wrong_with_a_python_file_is_said_with_its_line(
    tmp_path: Path, text: str, error: type[ThebotError], why: str
) -> None:
    with pytest.raises(error, match=why):
        strategy_source(written(tmp_path, text))()


def test_a_mistake_of_ours_in_a_function_says_where_it_stands(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "def a(period: int = 5) -> Strategy:\n"
        "    return Strategy(name='a', entry=rsi(period) < 3, exit=rsi(period) > 3)\n",
    )
    with pytest.raises(BadSetting, match="a: rsi: period is 0") as caught:
        strategy_source(path)(period=0)
    assert caught.value.__notes__ == [f"It stands in {path}, line 5."]


TWO = """\
[strategies.one]
entry = "close > 1"
exit = "close < 1"

[strategies.two]
"""


@pytest.mark.parametrize(
    ("text", "error", "why", "line"),
    [
        ('entry = "close > 1"\nexit = "clse < 1"\n', UnknownName, "Did you mean 'close'", 7),
        ('entry = "close > 1"\nexits = { stop = "rsi(" }\n', BadSetting, "never closed", 7),
        ('entry = "close > 1"\n[strategies.two.exits]\nstop = "5%"\ntarget = "cls"\n', UnknownName, "cls", 9),
        ('entry = "close > 1"\n', BadSetting, "would never get out", 5),
        ('entyr = "close > 1"\n', UnknownName, "Did you mean 'entry'", 6),
    ],
)
def test_what_is_wrong_with_a_toml_file_is_said_with_its_line(
    tmp_path: Path, text: str, error: type[ThebotError], why: str, line: int
) -> None:
    path = written(tmp_path, TWO + text, "two.toml")
    with pytest.raises(error, match=why) as caught:
        strategy_source(f"{path}:two")()
    assert caught.value.__notes__[-1] == f"It stands in {path}, line {line}."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[strategies\n", "cannot be read as TOML"),
        ("strategies = 5\n", "each strategy is a section of its own"),
        ("[strategies]\ndip = 5\n", "each strategy is a section of its own"),
        ("", "has no strategy"),
        ("indicator_files = 'own.py'\n", "indicator_files is a list of files"),
        ("[strategy.dip]\n", "no setting of a file of strategies 'strategy'. Did you mean 'strategies'"),
        (TWO + 'parameters = 5\nentry = "close > 1"\n', "line 6: parameters are a section"),
        (TWO + "parameters = { a = true }\n", "a is True; a parameter is a number or a text"),
        (TWO + '[strategies.two.parameters]\n"a-b" = 1\n', "line 7: a parameter cannot be called 'a-b'"),
    ],
)
def test_a_toml_file_that_is_no_list_of_strategies_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        strategies_in(written(tmp_path, text, "wrong.toml"))


def test_a_file_that_is_not_there_is_said_with_those_near_it(tmp_path: Path) -> None:
    written(tmp_path, TWO, "mine.toml")
    with pytest.raises(MissingFile, match=r"There is no file .*mune.toml. Beside it there is: mine.toml."):
        strategy_source(tmp_path / "mune.toml")
    with pytest.raises(MissingFile, match="There is no file"):
        strategy_source(tmp_path / "none" / "mine.py")
    with pytest.raises(BadSetting, match=r"its name must end in .py or .toml"):
        strategies_in(tmp_path / "mine.txt")
