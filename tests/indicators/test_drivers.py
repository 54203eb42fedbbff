"""Compiled columns: kept on disk, never stale, safe beside others."""
# ruff: noqa: ANN001, ANN202  (steps are written here as users write them, without types)

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from thebot.indicators import Panel, catalogue, close, indicator, sma
from thebot.indicators.on_disk import CompilerWarning

from .markets import walk

MINE = """
import sys
import numpy as np
from thebot.indicators import Panel, close, indicator
from thebot.market import Candles, Timeframe

FACTOR = {factor}
def helper(value): return value * FACTOR {more}

@indicator(inputs=(close,), start=(0.0,), group="mine")
def doubled(state, price, i):
    return state, helper(price[i])

n = np.ones(5)
c = Candles(
    symbol="X", timeframe=Timeframe("1h"), open_time=np.arange(5) * 3_600_000,
    open=n, high=n, low=n, close=n, volume=n,
)
print(Panel([doubled()], "1h").over(c)[doubled()][0])
from thebot.indicators import drivers
run = drivers.driver_of(doubled, interruptible=False)
print(sum(run.stats.cache_hits.values()), sum(run.stats.cache_misses.values()))
"""


def run(folder: Path, cache: Path, factor: str = "2.0", more: str = "") -> list[str]:
    script = folder / "mine.py"
    script.write_text(MINE.format(factor=factor, more=more))
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True,
        env={**os.environ, "THEBOT_CACHE": str(cache)},
    )  # fmt: skip
    return [*done.stdout.split(), done.stderr]


def test_the_second_process_compiles_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(tmp_path, cache)[:3] == ["2.0", "0", "1"]
    assert run(tmp_path, cache)[:3] == ["2.0", "1", "0"]
    assert (cache / "kernels").stat().st_mode & 0o777 == 0o700


def test_a_changed_constant_or_helper_is_compiled_anew(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(tmp_path, cache)[0] == "2.0"
    assert run(tmp_path, cache, factor="3.0")[0] == "3.0"
    assert run(tmp_path, cache, factor="3.0", more="+ 1")[0] == "4.0"
    assert run(tmp_path, cache)[:2] == ["2.0", "1"]  # and the first is still there


def test_processes_may_compile_the_same_at_the_same_time(tmp_path: Path) -> None:
    cache, script = tmp_path / "cache", tmp_path / "mine.py"
    script.write_text(MINE.format(factor="2.0", more=""))
    started = [
        subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "THEBOT_CACHE": str(cache)},
        )
        for _ in range(4)
    ]  # fmt: skip
    for process in started:
        out, error = process.communicate(timeout=120)
        assert (process.returncode, out.split()[:1]) == (0, ["2.0"]), error
    assert run(tmp_path, cache)[:3] == ["2.0", "1", "0"]
    assert not list((cache / "kernels").glob(".new-*"))


def test_a_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "kernels"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    value, hits, _misses, said = run(tmp_path, tmp_path / "cache")
    assert (value, hits) == ("2.0", "0")
    assert "others may write there" in said
    assert not list(folder.iterdir())


def test_without_a_folder_it_runs_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    value, _hits, _misses, said = run(tmp_path, tmp_path / "cache")
    assert value == "2.0"
    assert said.count("Compiled indicators cannot be kept") == 1


def test_a_driver_that_was_tampered_with_is_written_anew(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(tmp_path, cache)
    (driver,) = (cache / "kernels").glob("*.py")
    driver.write_text("raise SystemExit('not ours')")
    assert run(tmp_path, cache)[0] == "2.0"


def test_what_cannot_be_compiled_runs_as_python_and_says_so_once() -> None:
    @indicator(inputs=(close,), start=(0.0,), group="mine")
    def worded(state, price, i):
        return state, dict(now=price[i]).setdefault("now", 0.0)  # noqa: C408  (numba has no such dict)

    market = walk(20)
    with pytest.warns(CompilerWarning, match="worded cannot be compiled and runs as plain Python"):
        columns = Panel([worded()], "1h").over(market)
    np.testing.assert_array_equal(columns[worded()], market.close)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Panel([worded()], "1h").over(market)


def test_candles_that_cannot_be_written_to_or_are_strided_are_taken_as_they_are() -> None:
    market = walk(40)
    every_other = market.rows(np.arange(0, 40, 2))
    strided = market.rows(slice(0, 40, 2))
    for column in strided.columns().values():
        column.flags.writeable = False
    panel = Panel([sma(3)], "1h")
    np.testing.assert_array_equal(panel.over(strided)[sma(3)], panel.over(every_other)[sma(3)])


def test_no_candles_give_no_values() -> None:
    panel = Panel([*(d() for d in catalogue()), close.at("4h"), close.shift(2) > 1], "1h")
    for values in (panel.over(walk(0)), panel.start().warm(walk(0))):
        assert {len(values[each]) for each in panel.columns} == {0}
