from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from tests.backtesting.sweep.examples import job, space

from thebot.backtesting.scoring import Score
from thebot.backtesting.sweep import Found, Outcome, Search, Space, SweepResult, searched
from thebot.backtesting.sweep.search import Method
from thebot.backtesting.tried import Trials
from thebot.errors import BadSetting
from thebot.market import FloatArray

GRID = space("fast=1:3", "slow=10:30:10")


def scored(worth: float, curve: FloatArray | None = None) -> Score:
    """A score whose total return is `worth`."""
    return Score(
        total_return=worth, mean=worth / 100, deviation=0.01, downside_deviation=0.01, max_drawdown=-0.1,
        trades=7, win_rate=0.5, profit_factor=math.nan, fees=1.0, exposure=0.5, periods=100,
        periods_per_year=365.0, curve=np.ones(241) if curve is None else curve,
    )  # fmt: skip


def result(
    worths: Sequence[float | None],
    tried: Space = GRID,
    *,
    method: Method = "grid",
    curves: Mapping[int, FloatArray] | None = None,
    order: Sequence[int] | None = None,
) -> SweepResult:
    """Of variants of `tried` in order, each worth that much; None cannot be."""
    search = Search(space=tried, by="total_return", method=method, tries=len(worths))
    variants = tried.grid() if method == "grid" else tried.random(len(worths), seed=0)
    outcomes = [
        Outcome(parameters=variant, score=None, why="it cannot be")
        if worth is None
        else Outcome(parameters=variant, score=scored(worth, (curves or {}).get(row)))
        for row, (variant, worth) in enumerate(zip(variants, worths, strict=True))
    ]
    found = Found(job=job(), search=search, outcomes=[outcomes[k] for k in order or range(len(outcomes))])
    return SweepResult.of(found)


#              slow: 10   20   30
HILL = result(
    [
        0.1,
        0.2,
        0.1,  # fast 1
        0.3,
        0.8,
        0.5,  # fast 2
        0.2,
        0.4,
        None,
    ]
)  # fast 3; fmt: skip


def test_the_best_comes_first_and_the_impossible_are_counted() -> None:
    assert HILL.best.parameters == {"fast": 2, "slow": 20}
    assert HILL.figure("total_return").tolist() == [0.8, 0.5, 0.4, 0.3, 0.2, 0.2, 0.1, 0.1]
    assert HILL.impossible == 1
    assert HILL.trials.count == 8


def test_the_plateau_is_the_share_of_neighbours_that_keep_half() -> None:
    # around 2 and 20 are 0.1 0.2 0.1 0.3 0.5 0.2 0.4: of these 0.5 and 0.4 are half of 0.8 or more
    assert HILL.plateau == pytest.approx(2 / 7)
    assert math.isnan(result([-0.1] * 9).plateau)  # nothing to keep


def test_of_equals_the_first_in_the_space_is_the_best_whoever_was_finished_first() -> None:
    one = result([0.2, 0.5, 0.5, 0.1, 0.5, 0, 0, 0, 0])
    other = result([0.2, 0.5, 0.5, 0.1, 0.5, 0, 0, 0, 0], order=[8, 4, 2, 1, 0, 3, 5, 7, 6])
    assert one.rows() == other.rows()
    assert one.best.parameters == {"fast": 1, "slow": 20}


def test_a_variant_of_which_the_figure_is_unknown_is_never_the_best() -> None:
    found = result([math.nan, -0.9, math.nan, *[math.nan] * 6])
    assert found.best.parameters == {"fast": 1, "slow": 20}
    assert len(found.ranked) == 9


def test_the_surface_has_the_figure_at_each_place() -> None:
    surface = HILL.surface("slow", "fast")
    assert surface is not None
    assert (surface["xs"], surface["ys"]) == ([10, 20, 30], [1, 2, 3])
    assert surface["z"] == [[0.1, 0.2, 0.1], [0.3, 0.8, 0.5], [0.2, 0.4, None]]


def test_the_surface_shows_the_best_of_all_other_parameters() -> None:
    tried = space("a=1,2", "b=1,2", "stop=none,2atr")
    found = result([0.1, 0.9, 0.3, 0.2, 0.4, 0.0, -0.5, -0.6], tried)
    surface = found.surface("a", "b")
    assert surface is not None
    assert surface["z"] == [[0.9, 0.4], [0.3, -0.5]]
    told = found.surface("stop", "a")
    assert told is not None
    assert told["xs"] == ["none", "2atr"]
    with pytest.raises(BadSetting, match="c does not vary"):
        found.surface("c")


def test_without_names_the_surface_is_over_what_changes_most() -> None:
    tried = space("dull=1,2", "steep=1,2", "some=1,2")
    surface = result([0.0, 0.1, 0.5, 0.6, 0.01, 0.11, 0.51, 0.61], tried).surface()
    assert surface is not None
    assert (surface["x"], surface["y"]) == ("steep", "some")
    assert result([1.0, 2.0], space("a=1,2")).surface() is None


def test_of_many_values_those_near_each_other_share_a_place() -> None:
    tried = space("width=0.0:4.0", "level=1.0:10000.0:log")
    worths = np.random.default_rng(0).random(500).tolist()
    surface = result(worths, tried, method="random").surface("width", "level")
    assert surface is not None
    assert len(surface["xs"]) == len(surface["ys"]) == 40
    assert surface["xs"][:2] == pytest.approx([0.05, 0.15])  # 40 places of 0.1
    assert surface["ys"][1] / surface["ys"][0] == pytest.approx(10 ** (4 / 40), rel=1e-4)
    known = [each for row in surface["z"] for each in row if each is not None]
    assert 300 < len(known) <= 500
    assert max(known) == max(worths)


def walks(variants: int, *, edge: float) -> dict[int, FloatArray]:
    """Curves of noise; that of variant 4 gains `edge` of a deviation in each block."""
    steps = 0.01 * np.random.default_rng(7).normal(size=(240, variants))
    steps[:, 4] += 0.01 * edge
    curves = np.vstack([np.ones(variants), np.cumprod(1 + steps, axis=0)])
    return dict(enumerate(curves.T))


def test_the_best_of_noise_is_found_out_and_an_edge_is_not() -> None:
    tried = space("a=1:6", "b=1:5")
    noise, edge = walks(30, edge=0.0), walks(30, edge=0.5)
    lucky = result([float(noise[k][-1] - 1) for k in range(30)], tried, curves=noise).assessment
    skilled = result([float(edge[k][-1] - 1) for k in range(30)], tried, curves=edge).assessment
    assert lucky["pbo"] > 0.25
    assert skilled["pbo"] < 0.05
    assert lucky["reality_check_p"] > 0.1
    assert lucky["spa_p"] > 0.1
    assert skilled["reality_check_p"] < 0.01
    assert skilled["spa_p"] < 0.01
    assert skilled["trials"] == 30


def test_what_cannot_be_told_of_one_variant_is_unknown() -> None:
    alone = result([0.5], space("a=1"))
    assert alone.overfitting is None
    assert [alone.plain()["assessment"][name] for name in ("pbo", "spa_p", "plateau")] == [None] * 3


def test_a_search_without_any_variant_says_why() -> None:
    with pytest.raises(BadSetting, match="Not one variant could be evaluated: it cannot be"):
        result([None] * 9)
    with pytest.raises(BadSetting, match="interrupted before the first was done"):
        SweepResult.of(Found(job=job(), search=Search(space=GRID)))


def test_it_is_fit_for_json_and_for_a_frame() -> None:
    plain = json.loads(json.dumps(HILL.plain(most=3), allow_nan=False))
    assert (plain["variants"], plain["impossible"], plain["best"]["fast"]) == (8, 1, 2)
    assert len(plain["table"]) == 3
    assert plain["table"][0]["profit_factor"] is None
    assert plain["median"] == pytest.approx(0.25)
    frame = HILL.to_polars()
    assert frame.shape == (8, 2 + 12)
    assert frame["total_return"].to_list() == HILL.figure("total_return").tolist()
    assert frame["profit_factor"].null_count() == 8


def test_the_record_of_the_best_knows_how_many_were_tried() -> None:
    found = searched(job(), Search(space=space("fast=2,4,30", "slow=10,18"), workers=1, by="total_return"))
    swept = SweepResult.of(found)
    assert swept.record.trials == 4
    assert swept.best.score is not None
    assert swept.record.total_return == pytest.approx(swept.best.score.total_return, rel=1e-12)
    assert swept.figure("total_return").max() == swept.best.score.total_return
    before = SweepResult.of(found, Trials(count=1_000, variance=0.01))  # others were tried on these candles
    assert before.record.trials == before.assessment["trials"] == 1_000
