"""Every case of this package: equal to the reference within its tolerance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from . import averages, momentum, patterns, structure, trend, volatility, volumes
from .cases import Case

GROUPS = (averages, momentum, volatility, volumes, trend, structure, patterns)


@pytest.mark.parametrize("case", [case for group in GROUPS for case in group.CASES], ids=repr)
def test_equal_to_the_reference(shared: Path, case: Case) -> None:
    compared = 0
    for each in case.compare(shared):
        known = ~np.isnan(each.theirs)
        assert not np.isnan(each.ours[known]).any(), (
            f"{each.where}: ours is unknown where the reference is not"
        )
        apart = np.abs(each.ours - each.theirs)[known]
        beyond = apart - np.broadcast_to(each.allowed, len(each.theirs))[known]
        assert (beyond <= 0).all(), (
            f"{each.where}: apart by {apart[beyond.argmax()]:g} "
            f"at row {np.flatnonzero(known)[beyond.argmax()]}: "
            f"ours {each.ours[known][beyond.argmax()]!r}, theirs {each.theirs[known][beyond.argmax()]!r}"
        )
        compared += int(known.sum())
    assert compared, "nothing was compared"
