from __future__ import annotations

import pickle
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from tests.backtesting.sweep.examples import NOISE, by_parameters, job, space
from tests.market.series import random_market

from thebot.backtesting import run
from thebot.backtesting.sweep import Job, Space, outcomes
from thebot.backtesting.sweep.variants import bytes_of, panel_for
from thebot.errors import UnknownName
from thebot.indicators import Columns
from thebot.market import Candles, Instrument
from thebot.market.parquet import read_candles
from thebot.strategy.deciding import Decider
from thebot.trading.allocation import Account, Allocation

FIGURES = (
    "total_return", "sharpe_ratio", "sortino_ratio", "calmar_ratio", "max_drawdown", "win_rate",
    "profit_factor", "exposure", "annual_return", "volatility",
)  # fmt: skip


def require_as_runs(asked: Job, tried: Space) -> int:
    """Each outcome is what `run` gives for that variant. Returns how many trades there are in all."""
    trades = 0
    for each in outcomes(asked, tried.grid()):
        record = run(
            asked.series, asked.strategy(each.parameters), account=asked.account, costs=asked.costs,
            start=asked.start, instruments=asked.instruments,
        )  # fmt: skip
        assert each.score is not None
        assert each.score.trades == len(record.trades)
        assert each.score.total_return == pytest.approx(record.total_return, rel=1e-12, abs=1e-12)
        for name in FIGURES:
            if name == "exposure" and len(asked.series) > 1:
                continue  # a score adds the symbols' up, a record counts the time in which any is held
            expected = getattr(record, name)
            assert getattr(each.score, name) == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)
        trades += len(record.trades)
    return trades


def test_each_variant_comes_to_what_a_run_of_it_alone_does() -> None:
    assert require_as_runs(job(), space("fast=2:8:2", "slow=10,18", "stop=none,2atr", "target=none,3%")) > 200


def test_also_of_several_symbols_that_share_an_account_traded_from_a_start_on() -> None:
    series = [random_market(seed=k, length=900, timeframe="1h", symbol=f"{'ABC'[k]}USDT") for k in range(3)]
    asked = replace(
        job(*series, start=int(NOISE.open_time[300])),
        account=Account(cash=5_000, allocation=Allocation(max_open=2)),
        instruments={
            "AUSDT": Instrument(
                symbol="AUSDT", base="A", quote="USDT", tick=Decimal("0.01"), step=Decimal("0.1")
            )
        },
    )
    assert require_as_runs(asked, space("fast=3,5", "slow=10,20")) > 100


def test_also_across_a_halt_of_a_day(shared: Path) -> None:
    luna = read_candles(shared / "data" / "spot" / "LUNAUSDT-1h.parquet")
    halt = int(np.diff(luna.open_time).argmax())
    around: Candles = luna[max(0, halt - 1_500) : halt + 1_500]
    asked = job(around)
    assert len(asked.runs[0]) > 1
    assert require_as_runs(asked, space("fast=5,10", "slow=20,40")) > 50


def test_an_impossible_combination_is_told_and_the_others_are_not_disturbed() -> None:
    tried = space("fast=5,30", "slow=10,40").grid()
    found = outcomes(job(), tried)
    assert [each.parameters for each in found] == tried
    assert [each.score is None for each in found] == [False, False, True, False]  # 30 is not below 10
    assert found[2].why
    assert "fast" in found[2].why
    (alone,) = outcomes(job(), [tried[3]])
    assert by_parameters([alone]) == by_parameters([found[3]])


def test_a_parameter_that_does_not_exist_ends_the_search() -> None:
    with pytest.raises(UnknownName, match="fats"):
        outcomes(job(), [{"fats": 3}])


def test_parameters_that_are_fixed_hold_for_all() -> None:
    (one,) = outcomes(job(slow=15), [{"fast": 4}])
    (other,) = outcomes(job(), [{"fast": 4, "slow": 15}])
    assert one.score is not None
    assert other.score is not None
    assert one.score.total_return == other.score.total_return
    assert one.parameters == {"fast": 4}


@pytest.mark.parametrize("most", [1, 200_000, 10**12])
def test_how_many_share_a_panel_changes_nothing(most: int) -> None:
    tried = space("fast=2:8:2", "slow=10,18", "stop=none,2atr").grid()
    together = outcomes(job(), tried, most=most)
    one_by_one = [outcomes(job(), [each])[0] for each in tried]
    assert by_parameters(together) == by_parameters(one_by_one)


@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("most", [150_000, 400_000, 1_000_000])
def test_a_panel_never_holds_more_than_it_may(most: int, trend: bool) -> None:
    asked, rows = job(), len(NOISE)
    made = [asked.strategy(each) for each in space("fast=2:8:2", "slow=10:40:5", "stop=2atr,3atr").grid()]
    if trend:
        made = [replace(each, entry=each.entry.at("4h")) for each in made]
    deciders = [Decider(each, NOISE.timeframe) for each in made]
    first, shared_by = 0, []
    while first < len(deciders):
        panel, count = panel_for(deciders[first:], rows, most)
        held = held_by(panel.over(NOISE))
        assert held <= bytes_of(panel, rows)
        assert held <= most
        first += count
        shared_by.append(count)
    assert sum(shared_by) == len(deciders)
    assert max(shared_by) > 1


def held_by(columns: Columns) -> int:
    """Bytes of the columns that were made, those of the candles aside."""
    arrays = {id(each): each for each in columns._arrays[6:] if isinstance(each, np.ndarray)}
    return sum(each.nbytes for each in arrays.values() if each.strides != (0,))


def test_a_job_travels_without_what_each_process_makes_for_itself() -> None:
    asked = job()
    before = by_parameters(outcomes(asked, space().grid()))
    assert asked.simulation
    sent = pickle.dumps(asked)
    assert len(sent) < 2 * sum(column.nbytes for column in NOISE.columns().values()) + 5_000
    there: Job = pickle.loads(sent)  # noqa: S301  (our own)
    assert not {"simulation", "runs"} & set(vars(there))
    assert by_parameters(outcomes(there, space().grid())) == before
