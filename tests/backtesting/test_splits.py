from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.backtesting.splits import CombinatorialPurged, PurgedKFold, Split, WalkForward, purged
from thebot.errors import BadSetting


@pytest.fixture(scope="module")
def kfold(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "vectors" / "ml" / "purged_kfold.json").read_text())
    return found


@pytest.fixture(scope="module")
def skfolio(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "vectors" / "ml" / "cpcv_walkforward.json").read_text())
    return found


def as_rows(split: Split) -> dict[str, list[int]]:
    return {"train": split.train_rows.tolist(), "test": split.test_rows.tolist()}


def test_purging_leaves_the_times_that_mlfinlab_publishes(kfold: dict[str, Any]) -> None:
    for case in kfold["train_times"]:
        rows = np.arange(case["n"])
        left = purged(rows, rows + 2, first=case["test_start"], last=case["test_end"])
        assert left.tolist() == case["expected_train"], case["case"]
    assert len(kfold["train_times"]) == 3


def test_purged_folds_are_those_of_risklab_and_not_the_leaky_ones(kfold: dict[str, Any]) -> None:
    for case in kfold["purged_kfold"]:
        embargo = math.floor(case["pct_embargo"] * case["n"])
        folds = PurgedKFold(folds=case["n_splits"], purge=case["label_span_bars"], embargo=embargo)
        found = [as_rows(split) for split in folds.splits(case["n"])]
        assert found == case["splits"]
        if "known_leaky_mlfinpy" in case:
            assert found != case["known_leaky_mlfinpy"]
        rows = np.arange(case["n"])
        by_outcome = folds.splits(case["n"], np.minimum(rows + case["label_span_bars"], case["n"] + 1))
        assert [as_rows(split) for split in by_outcome] == case["splits"]
    assert len(kfold["purged_kfold"]) == 5


def test_combinations_and_their_paths_are_those_of_skfolio(skfolio: dict[str, Any]) -> None:
    for case in skfolio["cpcv"]:
        cut = CombinatorialPurged(
            folds=case["n_folds"],
            test_folds=case["n_test_folds"],
            purge=case["purged_size"],
            embargo=case["embargo_size"],
        )
        splits = cut.splits(case["n"])
        assert [split.train_rows.tolist() for split in splits] == [s["train"] for s in case["splits"]]
        tests = [[list(range(run.start, run.stop)) for run in split.tests] for split in splits]
        assert tests == [each["tests"] for each in case["splits"]]
        if "recombined_paths" in case:
            assert cut.paths.T.tolist() == case["recombined_paths"]
            assert cut.paths.shape == (case["n_test_paths"], case["n_folds"])
    assert len(skfolio["cpcv"]) == 7


def test_walking_forward_takes_the_steps_of_skfolio(skfolio: dict[str, Any]) -> None:
    for case in skfolio["walk_forward"]:
        walk = WalkForward(
            train=case["train_size"],
            test=case["test_size"],
            purge=case["purged_size"],
            anchored=case["expanding"],
        )
        assert [as_rows(split) for split in walk.splits(case["n"])] == case["splits"]
    assert len(skfolio["walk_forward"]) == 6


def test_a_walk_forward_by_hand() -> None:
    rolling = WalkForward(train=4, test=3, purge=1, embargo=1).splits(13)
    assert rolling == [
        Split(train=(slice(0, 4),), tests=(slice(6, 9),)),
        Split(train=(slice(3, 7),), tests=(slice(9, 12),)),
    ]
    anchored = WalkForward(train=4, test=3, purge=1, embargo=1, anchored=True, rest=True).splits(13)
    assert anchored == [
        Split(train=(slice(0, 4),), tests=(slice(6, 9),)),
        Split(train=(slice(0, 7),), tests=(slice(9, 12),)),
        Split(train=(slice(0, 10),), tests=(slice(12, 13),)),
    ]


@given(
    count=st.integers(2, 200),
    train=st.integers(1, 50),
    test=st.integers(1, 50),
    purge=st.integers(0, 5),
    embargo=st.integers(0, 5),
    anchored=st.booleans(),
    rest=st.booleans(),
)
def test_a_walk_forward_only_learns_from_the_past_and_tests_each_row_once(
    count: int, train: int, test: int, purge: int, embargo: int, anchored: bool, rest: bool
) -> None:
    walk = WalkForward(train=train, test=test, purge=purge, embargo=embargo, anchored=anchored, rest=rest)
    if count < train + purge + embargo + (1 if rest else test):
        with pytest.raises(BadSetting, match="too few"):
            walk.splits(count)
        return
    splits = walk.splits(count)
    tested = np.concatenate([split.test_rows for split in splits])
    assert tested.tolist() == list(range(tested[0], tested[-1] + 1))
    assert count - 1 - tested[-1] < (1 if rest else test)
    for split in splits:
        assert split.train_rows[-1] + purge + embargo + 1 == split.test_rows[0]
        assert len(split.train_rows) == (split.train_rows[-1] + 1 if anchored else train)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(6, 80), embargo=st.integers(0, 4))
def test_no_outcome_of_the_training_touches_one_of_the_test(seed: int, count: int, embargo: int) -> None:
    rows = np.arange(count)
    known = np.minimum(rows + np.random.default_rng(seed).integers(0, 6, count), count - 1)
    for cut in (PurgedKFold(folds=4, embargo=embargo), CombinatorialPurged(folds=5, embargo=embargo)):
        splits = cut.splits(count, known)
        for split in splits:
            learnt = set(split.train_rows.tolist())
            for run in split.tests:
                last = known[run].max()
                left = set(purged(rows, known, first=run.start, last=last).tolist())
                free = set(range(last + 1, last + 1 + embargo))
                assert learnt <= left - free
            # and nothing more is lost than that
            lost = set(rows.tolist()) - learnt
            assert all(
                any(known[row] >= run.start and row <= known[run].max() + embargo for run in split.tests)
                for row in lost
            )
        times = np.bincount(np.concatenate([split.test_rows for split in splits]), minlength=count)
        assert set(times.tolist()) == {4 if isinstance(cut, CombinatorialPurged) else 1}


def test_a_path_tests_every_fold_once_and_no_two_paths_share_a_test() -> None:
    cut = CombinatorialPurged(folds=6, test_folds=3)
    splits, paths = cut.splits(60), cut.paths
    assert paths.shape == (10, 6)
    used = [(int(split), fold) for path in paths for fold, split in enumerate(path)]
    assert len(set(used)) == len(used) == 60
    for split, fold in used:
        assert slice(fold * 10, fold * 10 + 10) in splits[split].tests


def test_a_split_may_leave_nothing_to_learn_from() -> None:
    first, _ = PurgedKFold(folds=2, purge=9).splits(4)
    assert first.train == ()
    assert first.train_rows.tolist() == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WalkForward(train=0, test=1), "train=0"),
        (lambda: WalkForward(train=1, test=0), "test=0"),
        (lambda: WalkForward(train=1, test=1, purge=-1), "purge=-1"),
        (lambda: WalkForward(train=5, test=5).splits(9), "too few to walk forward"),
        (lambda: PurgedKFold(folds=1), "folds=1"),
        (lambda: PurgedKFold(embargo=-2), "embargo=-2"),
        (lambda: PurgedKFold(folds=5).splits(4), "do not make 5 folds"),
        (lambda: PurgedKFold(folds=2).splits(3, np.array([0, 0, 2])), "names an earlier one"),
        (lambda: PurgedKFold(folds=2).splits(3, np.array([0, 1])), r"shape \(2,\)"),
        (lambda: CombinatorialPurged(folds=3, test_folds=3), "leave none to learn from"),
    ],
)
def test_what_cannot_be_cut_is_refused(make: Any, words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        make()
