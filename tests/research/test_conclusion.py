from __future__ import annotations

import json
from pathlib import Path

from tests.market.series import random_market

from thebot.backtesting import Account, Costs, run
from thebot.backtesting.splits import WalkForward
from thebot.backtesting.sweep import Job, Range, Search, Space, SweepResult, searched
from thebot.backtesting.walkforward import walk_forward
from thebot.research.conclusion import concluded
from thebot.research.kept import kept_results
from thebot.strategy import strategies, strategy

MARKET = random_market(seed=4, length=600, timeframe="1h")


def test_a_record_is_counted_judged_and_kept(data_folder: Path) -> None:
    record = run(MARKET, strategy("rsi-reversal"))
    with kept_results(data_folder) as results:
        end = concluded(record, [MARKET], results, name="mine", draws=19)
        again = concluded(run(MARKET, strategy("rsi-reversal", period=7)), [MARKET], results, draws=0)
        loaded = results.load(end.id)
        assert loaded.trades == record.trades
        assert results.summary(end.id).extra["assessment"]["trials"] == 1
    assert (end.record.trials, again.record.trials) == (1, 2)
    plain = json.loads(json.dumps(end.plain(), allow_nan=False))
    assert plain["verdict"]["sentence"] == end.verdict.sentence
    assert plain["id"] == end.id


def test_what_a_sweep_tried_is_counted_once(data_folder: Path) -> None:
    job = Job(source=strategies()["rsi-reversal"], series=(MARKET,), account=Account(), costs=Costs())
    search = Search(space=Space({"period": Range(5, 9)}), workers=1)
    with kept_results(data_folder) as results:
        result = SweepResult.of(searched(job, search, ledger=results))
        end = concluded(result.record, [MARKET], results, kind="sweep", sweep=result, draws=0)
        assert end.record.trials == 5
        assert results.summary(end.id).extra["sweep"]["variants"] == 5


def test_a_walk_counts_what_its_trainings_tried_or_the_one_variant_that_it_traded(data_folder: Path) -> None:
    job = Job(source=strategies()["rsi-reversal"], series=(MARKET,), account=Account(), costs=Costs())
    split = WalkForward(train=200, test=100)
    with kept_results(data_folder) as results:
        for _ in range(2):  # doing it again counts nothing again
            alone = walk_forward(job, None, split, ledger=results)
            end = concluded(alone.record, [MARKET], results, kind="walkforward", walked=alone, draws=0)
            assert end.record.trials == 1
        search = Search(space=Space({"period": Range(12, 16)}), workers=1)  # 14 was among them
        chosen = walk_forward(job, search, split, ledger=results)
        end = concluded(chosen.record, [MARKET], results, kind="walkforward", walked=chosen, draws=19)
        assert end.record.trials == 5
        kept = results.summary(end.id).extra
        assert kept["walkforward"] == json.loads(json.dumps(chosen.plain(), allow_nan=False))
        assert kept["assessment"]["permuted_p"] is None  # it has other parameters in each window
        json.dumps(end.plain(), allow_nan=False)


def test_what_is_not_to_be_kept_is_not(data_folder: Path) -> None:
    with kept_results(data_folder) as results:
        end = concluded(run(MARKET, strategy("sma-cross")), [MARKET], results, save=False, draws=0)
        assert end.id == ""
        assert not results.list()
