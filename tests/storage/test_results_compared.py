"""Side by side: what is best, and what keeps results from being compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.market.series import MONDAY
from tests.storage.kept_records import record, trade

from thebot.backtesting import Account, Costs, Trades
from thebot.errors import BadSetting
from thebot.market import Timeframe
from thebot.storage.results import Comparison, Results


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Results]:
    with Results(tmp_path) as results:
        yield results


def against(kept: Results, kind: Any = "backtest", **changed: Any) -> Comparison:
    """The record as it is, and one that differs in something."""
    return kept.compare([kept.save(record()), kept.save(record(**changed), kind=kind)])


def best(found: Comparison) -> dict[str, tuple[int, ...]]:
    return {each.name: each.best for each in found.figures}


def test_the_best_of_each_figure_is_marked_where_one_is_better(kept: Results) -> None:
    ids = [
        kept.save(each)
        for each in (
            record((100.0, 90.0, 101.0)),
            record((100.0, 99.0, 103.0)),
            record((100.0, 80.0, 103.0)),
        )
    ]
    found = kept.compare(ids)
    marked = best(found)
    assert [each.id for each in found.results] == ids
    assert marked["total_return"] == (1, 2)  # both 3 %
    assert marked["max_drawdown"] == (1,)  # -1 % is the highest
    assert marked["volatility"] == (1,)  # the lowest
    assert marked["trades"] == ()  # neither more nor fewer is better
    assert marked["win_rate"] == ()  # all the same
    (shown,) = (each for each in found.figures if each.name == "total_return")
    assert shown.texts == ("+1.00%", "+3.00%", "+3.00%")
    assert found.differences == ()


def test_what_is_not_known_of_one_is_never_the_best(kept: Results) -> None:
    loser = Trades.of([trade(), trade(2, profit=-0.5, gain=-0.05)])
    found = against(kept, trades=loser)
    (factor,) = (each for each in found.figures if each.name == "profit_factor")
    assert factor.values[0] is None
    assert factor.texts[0] == "unknown"
    assert factor.best == ()  # nothing to compare it with


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"symbols": ("ETHUSDT",), "trades": Trades.none(("ETHUSDT",))},
            "They are of other symbols: BTCUSDT; ETHUSDT.",
        ),
        ({"timeframe": Timeframe("4h")}, "They are of other timeframes: 1h; 4h."),
        (
            {"start": MONDAY + 60_000},
            "They are of other spans of time: 2024-01-01 00:00 UTC until 2024-01-01 03:00 UTC; "
            "2024-01-01 00:01 UTC until 2024-01-01 03:00 UTC.",
        ),
        (
            {"costs": Costs(fee=0.0005, participation=None)},
            "They paid other costs: fee 0.001, maker fee 0.001, participation 0.25; fee 0.0005, "
            "maker fee 0.0005, participation none.",
        ),
        (
            {"account": Account(cash=1000.0, shorts=True)},
            "They are of other accounts: 100.00 to begin with; 1,000.00 to begin with, short sales.",
        ),
        (
            {"data_hash": "other"},
            "Their candles differ, though symbols and span are the same: the data were changed since.",
        ),
    ],
    ids=["symbols", "timeframe", "span", "costs", "account", "candles"],
)
def test_what_keeps_results_from_being_compared_is_told(
    kept: Results, changed: dict[str, Any], told: str
) -> None:
    assert against(kept, **changed).differences == (told,)


def test_a_walk_forward_is_told_apart(kept: Results) -> None:
    (told,) = against(kept, kind="walkforward").differences
    assert told.startswith("A walk-forward was traded on candles that it was not chosen by")


def test_a_comparison_is_fit_for_json(kept: Results) -> None:
    plain = against(kept, trades=Trades.none(("BTCUSDT",)), data_hash="other").plain()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["comparable"] is False


def test_one_result_is_no_comparison(kept: Results) -> None:
    id = kept.save(record())
    with pytest.raises(BadSetting, match="two different results"):
        kept.compare([id, "last"])
