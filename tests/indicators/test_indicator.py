"""Making indicators: one decorated function in a user's own file."""
# ruff: noqa: ANN001, ANN202  (steps are written here as users write them, without types)

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thebot.errors import IndicatorError, UnknownName
from thebot.indicators import (
    Panel,
    catalogue,
    close,
    combination,
    ema,
    high,
    indicator,
    indicator_named,
    low,
    rsi,
)
from thebot.indicators import indicator as decorator
from thebot.indicators.contract import (
    broken,
    does_not_see_the_future,
    forgets_its_start,
    is_known_after_warmup,
    streams_as_columns,
)
from thebot.indicators.indicator import Definition, Step
from thebot.market import Timeframe

from .markets import walk

nan = float("nan")


def test_the_ten_and_what_they_say_of_themselves() -> None:
    assert {d.name for d in catalogue()} >= {
        "sma", "ema", "rsi", "macd", "bbands", "atr", "supertrend", "stoch", "adx", "obv"
    }  # fmt: skip
    for definition in catalogue():
        assert definition.title
        assert definition.title != definition.name
        assert definition.description.startswith(definition.title)
        assert definition.group in (
            "averages", "momentum", "volatility", "volume", "trend", "structure", "patterns"
        )  # fmt: skip
    assert rsi.defaults == {"period": 14}
    assert (rsi.guides, rsi.overlay, ema.overlay) == ((30.0, 70.0), False, True)
    assert indicator_named("RSI") is rsi
    with pytest.raises(UnknownName, match="Did you mean 'supertrend'"):
        indicator_named("suprtrend")


def test_a_users_own_indicator_is_one_function() -> None:
    @indicator(inputs=(high, low), start=(0, 0.0), group="mine", memory=0)
    def spread(state, high, low, i, percent: float = 100.0):
        """Spread, the candle's reach in percent of its low."""
        return state, percent * (high[i] - low[i]) / low[i]

    market = walk(50)
    columns = Panel([spread() > 1, spread(percent=50)], "1h").over(market)
    np.testing.assert_allclose(columns[spread()], 100 * (market.high / market.low - 1), rtol=1e-12)
    assert (spread.title, repr(spread(50))) == ("Spread", "spread(50)")
    assert spread in catalogue()
    assert broken(spread(), market, longer="4h") == []


def test_a_combination_of_others_is_an_indicator_too() -> None:
    @combination(inputs=(close,), group="mine", outputs=("fast", "slow"), overlay=True)
    def pair(price, period: int = 5):
        """Pair of averages."""
        return ema(price, period), ema(price, 2 * period)

    market = walk(100)
    columns = Panel([pair(7)], "1h").over(market)
    np.testing.assert_array_equal(columns[pair(7).slow], columns[ema(14)])
    assert (pair(7).slow.warmup, pair(7).slow.memory) == (13, ema(14).memory)
    assert broken(pair(7), market, longer="4h") == []


def defined(step: Step, **more: Any) -> Definition:
    return decorator(**{"inputs": (close,), "start": (0.0,), "group": "wrong", **more})(step)


def test_a_step_that_reads_further_back_than_it_says_is_told_how_to_mend_it() -> None:
    def momentum3(state, price, i):
        return state, price[i] - price[i - 3]

    with pytest.raises(IndicatorError, match=r"reads 3 candles back, but its lookback is 0. Say lookback=3"):
        Panel([defined(momentum3)()], "1h")


def test_a_step_that_reads_the_future_is_refused() -> None:
    def tomorrow(state, price, i):
        return state, price[i + 1]

    with pytest.raises(IndicatorError, match="comes later"):
        Panel([defined(tomorrow)()], "1h")


def test_a_step_that_never_knows_is_refused() -> None:
    def never(state, price, i):
        return state, nan

    with pytest.raises(IndicatorError, match="still has no value"):
        Panel([defined(never)()], "1h")


def test_a_function_that_is_no_step_is_refused() -> None:
    def backwards(price, state, i):
        return state, price[i]

    def untold(state, price, i, period):
        return state, price[i]

    with pytest.raises(IndicatorError, match="arguments must be state, one column"):
        defined(backwards)
    with pytest.raises(IndicatorError, match="period a default"):
        defined(untold)


def test_a_name_is_given_once() -> None:
    def rsi(state, price, i):
        return state, price[i]

    with pytest.raises(IndicatorError, match=r"already an indicator rsi, in thebot.indicators.momentum"):
        defined(rsi)


def test_the_contract_finds_powers_that_python_and_the_compiler_round_differently() -> None:
    def cubed(state, price, i):
        return state, price[i] ** 3.1 / 7.0 if price[i] > 100.0 else price[i] ** 3

    assert any("candle by candle" in each for each in streams_as_columns(defined(cubed)(), walk(3_000)))


def test_the_contract_finds_a_step_that_depends_on_the_row_number() -> None:
    def numbered(state, price, i):
        return state, price[i] + 1.0 * i

    assert streams_as_columns(defined(numbered)(), walk(30)) != []


def test_the_contract_finds_a_memory_that_is_longer_than_it_says() -> None:
    def summed(state, price, i):
        return (state[0] + price[i],), state[0] + price[i]

    assert any("its memory" in each for each in forgets_its_start(defined(summed, memory=10)(), walk(300)))


def test_the_contract_finds_values_that_get_lost_again() -> None:
    def picky(state, price, i):
        return state, price[i] if price[i] < 101.0 else nan

    assert any("it is unknown at row" in each for each in is_known_after_warmup(defined(picky)(), walk(300)))


def test_the_contract_finds_a_step_that_keeps_state_elsewhere() -> None:
    kept = [0.0]

    def smuggler(state, price, i):
        kept[0] += 1.0
        return state, price[i] + kept[0]

    with pytest.warns(match="cannot be compiled"):
        assert does_not_see_the_future(defined(smuggler)(), walk(30), 10) != []


def test_a_users_file_is_picked_up_by_name_in_rules(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from thebot.indicators import indicator, close, parse, Panel\n"
        "FACTOR = 2.0\n"
        "def scaled(value): return value * FACTOR\n"
        "@indicator(inputs=(close,), start=(0,), group='mine')\n"
        "def doubled(state, price, i):\n"
        "    'Twice the price.'\n"
        "    return state, scaled(price[i])\n"
        "if __name__ == '__main__':\n"
        "    print(parse('doubled() > 3'), doubled().warmup)\n"
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "mine.py")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "doubled() > 3 0"


def test_longer_timeframes_follow_their_own_clock() -> None:
    found = Panel([ema(3).at("4h"), ema(3).at("1d")], Timeframe("1h"))
    assert [str(each) for each in found.higher] == ["4h", "1d"]
