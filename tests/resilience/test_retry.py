import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.errors import BadSetting
from thebot.resilience import Backoff


def test_waits_double_until_the_longest() -> None:
    backoff = Backoff(first=1, factor=2, longest=10)
    assert [backoff.delay(n, 1.0) for n in (1, 2, 3, 4, 5, 6)] == [1, 2, 4, 8, 10, 10]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_chance_spreads_each_wait_over_its_upper_half(failures: int, chance: float) -> None:
    backoff = Backoff(first=0.5, factor=2, longest=30)
    whole = backoff.delay(failures, 1.0)
    assert whole / 2 <= backoff.delay(failures, chance) <= whole <= 30


@pytest.mark.parametrize("wrong", [{"first": 0}, {"first": 60}, {"factor": 0.5}])
def test_a_backoff_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadSetting, match="cannot be"):
        Backoff(**wrong)
