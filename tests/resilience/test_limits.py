from hypothesis import given
from hypothesis import strategies as st

from thebot.resilience import Pace, WeightBudget, WeightLimit

MINUTE = 60_000


def test_a_pace_lets_so_many_through_and_then_says_how_long_to_wait() -> None:
    pace = Pace(2, 1.0)
    for now in (10.0, 10.2):
        assert pace.wait(now) == 0
        pace.take(now)
    assert round(pace.wait(10.4), 6) == 0.6
    assert pace.wait(11.0) == 0


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_no_second_ever_holds_more_than_the_pace_allows(pauses: list[float]) -> None:
    pace, now, taken = Pace(4, 1.0), 100.0, []
    for pause in pauses:
        now += pause
        now += pace.wait(now)
        pace.take(now)
        taken.append(now)
    assert all(taken[i + 4] - taken[i] >= 1.0 - 1e-9 for i in range(len(taken) - 4))


def a_budget(limit: int = 100, share: float = 1.0) -> WeightBudget:
    budget = WeightBudget(share=share)
    budget.allow([WeightLimit(span=MINUTE, limit=limit)])
    return budget


def test_a_full_window_makes_one_wait_for_the_next() -> None:
    budget = a_budget()
    budget.sent(99, now=10_000)
    assert budget.wait(1, now=10_000) == 0
    assert budget.wait(2, now=10_000) == 50_000
    assert budget.wait(2, now=60_000) == 0


def test_what_the_exchange_counts_beats_what_we_counted() -> None:
    budget = a_budget()
    budget.sent(2, now=0)
    budget.reported(MINUTE, 99, now=100)  # another program uses the address too
    assert budget.wait(2, now=100) == 59_900


def test_an_old_count_is_no_reason_to_forget_requests_under_way() -> None:
    budget = a_budget()
    budget.sent(50, now=0)
    budget.sent(50, now=1)
    budget.reported(MINUTE, 50, now=2)
    assert budget.used(MINUTE, now=2) == 100


def test_after_a_ban_nothing_goes_out_until_it_ends() -> None:
    budget = a_budget()
    budget.close(until=7_000)
    assert budget.wait(1, now=2_000) == 5_000
    assert budget.closed_for(7_000) == 0


def test_a_request_heavier_than_our_share_may_go_alone() -> None:
    budget = a_budget(limit=100, share=0.1)
    assert budget.wait(50, now=0) == 0
    budget.sent(1, now=0)
    assert budget.wait(50, now=0) == MINUTE


def test_without_known_limits_nothing_is_held_back() -> None:
    assert WeightBudget().wait(10_000, now=0) == 0
