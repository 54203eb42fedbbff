from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backtesting.by_hand import candles, decisions, flat, strategy
from tests.market.series import markets

from thebot.backtesting import Account, Costs, metrics
from thebot.backtesting.scoring import Score, score
from thebot.backtesting.simulate import Simulation
from thebot.market import Candles
from thebot.strategy import Decisions, Exits, Percent

curves = st.lists(st.floats(0.5, 2.0), min_size=0, max_size=40).map(np.array)


@given(curves)
def test_a_curve_has_the_figures_that_the_metrics_give(equity: np.ndarray) -> None:
    found = score(equity, 1.0)
    curve = np.concatenate([[1.0], equity])
    returns = metrics.simple_returns(curve)
    if not len(equity):
        assert np.isnan(found).all()
        return
    assert found.mean == pytest.approx(returns.mean(), rel=1e-9, abs=1e-15)
    deviation = returns.std(ddof=1) if len(returns) > 1 else float("nan")
    assert found.deviation == pytest.approx(deviation, rel=1e-9, abs=1e-15, nan_ok=True)
    assert found.downside == pytest.approx(metrics.downside_deviation(returns, periods_per_year=1), rel=1e-9)
    assert found.max_drawdown == pytest.approx(metrics.max_drawdown(curve), rel=1e-12, abs=1e-15)


def test_a_curve_that_grows_evenly_hardly_deviates() -> None:
    found = score(1.01 ** np.arange(1, 2001), 1.0)
    assert found.mean == pytest.approx(0.01)
    assert found.deviation < 1e-13


def figures(done: Score) -> dict[str, float]:
    names = (
        "total_return", "max_drawdown", "win_rate", "profit_factor", "sharpe_ratio", "sortino_ratio",
        "calmar_ratio", "annual_return", "volatility",
    )  # fmt: skip
    return {name: getattr(done, name) for name in names}


@given(markets(length=200, timeframes=("1h",)), st.integers(0, 2**32))
def test_a_variants_figures_are_those_of_its_record(market: Candles, seed: int) -> None:
    random = np.random.default_rng(seed)
    enter, leave = random.random((2, len(market))) < 0.1
    said = strategy(exits=Exits(stop=Percent(2), target=Percent(3)))
    simulation = Simulation([market], account=Account(), costs=Costs())
    decided = Decisions(enter=enter & ~leave, leave=leave)
    found, done = simulation.score(said, decided), simulation.run(said, [decided])
    curve, year = np.concatenate([[10_000.0], done.equity]), 8760.0
    returns = metrics.simple_returns(curve)
    expected = {
        "total_return": metrics.total_return(curve),
        "max_drawdown": metrics.max_drawdown(curve),
        "win_rate": metrics.win_rate(done.trades.profit),
        "profit_factor": metrics.profit_factor(done.trades.profit),
        "sharpe_ratio": metrics.sharpe_ratio(returns, periods_per_year=year),
        "sortino_ratio": metrics.sortino_ratio(returns, periods_per_year=year),
        "calmar_ratio": metrics.calmar_ratio(curve, periods_per_year=year),
        "annual_return": metrics.annual_return(curve, periods_per_year=year),
        "volatility": metrics.volatility(returns, periods_per_year=year),
    }
    assert figures(found) == pytest.approx(expected, rel=1e-7, abs=1e-12, nan_ok=True)
    assert found.trades == len(done.trades)
    assert found.fees == pytest.approx(done.trades.fees.sum())
    held = (done.trades.left_at - done.trades.entered_at).sum()
    assert found.exposure == pytest.approx(held / (market.close_time[-1] - market.open_time[0]))


def test_blocks_are_equally_long_and_begin_with_the_start() -> None:
    rows = [(100, 100, 100, 100), *[(price,) * 4 for price in (100, 110, 120, 130, 140, 150)]]
    simulation = Simulation([candles(rows)], account=Account(cash=1000), costs=Costs(fee=0, slippage=0))
    found = simulation.score(strategy(), decisions(7, enter=[0]), blocks=3)
    assert found.curve.tolist() == [1000, 1000, 1300, 1500]  # at the closes 0 (the start), 2, 5 and 7 of 7
    assert found.block_returns.tolist() == pytest.approx([0.0, 0.3, 1500 / 1300 - 1])


def test_one_run_does_not_change_another() -> None:
    simulation = Simulation([candles(flat(100, 5))], account=Account(cash=1000), costs=Costs())
    few, more = decisions(5, enter=[0]), decisions(5, enter=[0, 2], leave=[1])
    first = simulation.run(strategy(), [few])
    before = first.equity.copy()
    assert simulation.score(strategy(), more).trades == 2
    assert simulation.score(strategy(), few).trades == 1
    assert first.equity.tolist() == before.tolist()
    assert len(first.trades) == 1


def test_ctrl_c_within_the_figures_is_an_exception_and_does_not_end_the_process() -> None:
    """A thousand times: one while numba makes a named tuple is fatal."""
    code = """
import signal
import subprocess
import sys

import numpy as np
from thebot.backtesting.compiled import compiled
from thebot.backtesting.kernel_state import Filled
from thebot.backtesting.scoring import moments_of, tally_of
from thebot.backtesting.simulate import _KINDS

armed, interrupts = False, 0

def interrupt(*_):
    if armed:
        raise KeyboardInterrupt

equity = np.linspace(100.0, 110.0, 64)
nothing = Filled(**{name: np.empty(0, kind) for name, kind in _KINDS.items()})
moments, tally = compiled(moments_of, equity=None), compiled(tally_of, out=Filled)
moments(equity, 64, 100.0), tally(nothing, 0)
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
while interrupts < 1000:
    try:
        armed = True
        while True:
            moments(equity, 64, 100.0)
            tally(nothing, 0)
    except KeyboardInterrupt:
        armed = False
        interrupts += 1
signal.setitimer(signal.ITIMER_REAL, 0)
print(interrupts)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "1000\n"), done.stderr
