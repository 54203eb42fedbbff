"""The exchange's clock as seen from here. Local times are seconds of a made-up monotonic clock."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thebot.exchange.clock import ExchangeClock

START = 1_700_000_000_000  # ms UTC
DAY = 86_400_000


class Exchange:
    """Its clock runs at `rate` from START at local time 100; `ask` plays a question and its answer."""

    def __init__(self, rate: float = 1.0) -> None:
        self.rate, self.local, self._start, self._since = rate, 100.0, float(START), 100.0

    def at(self, local: float) -> float:
        return self._start + (local - self._since) * 1000 * self.rate

    def wait(self, seconds: float) -> None:
        self.local += seconds

    def jump(self, ms: float) -> None:
        """Its clock moves while ours stands still: this machine slept, or its clock was set."""
        self._start += ms

    def runs_at(self, rate: float) -> None:
        self._start, self._since, self.rate = self.at(self.local), self.local, rate

    def ask(self, clock: ExchangeClock, trip: float = 0.02, there: float = 0.5) -> None:
        """`there` is the share of the round trip after which the exchange looks at its clock."""
        sent = self.local
        self.local += trip
        clock.answered(int(self.at(sent + trip * there)), sent, self.local)

    def ask_often(self, clock: ExchangeClock, times: int, pause: float = 0.3) -> None:
        for _ in range(times):
            self.ask(clock)
            self.wait(pause)


def test_before_the_first_word_nothing_is_known() -> None:
    clock = ExchangeClock()
    assert clock.now == 0
    assert not clock.measured
    assert not clock.rate_known
    assert math.isnan(clock.estimate(5.0))
    assert math.isnan(clock.offset(5.0, 0.0))
    assert math.isnan(clock.delay(START, 5.0))
    assert clock.silence(5.0) == math.inf


def test_an_answer_is_dated_to_the_middle_of_its_round_trip() -> None:
    clock = ExchangeClock()
    clock.answered(START, 10.0, 10.4)
    assert clock.now == START  # certain
    assert clock.estimate(10.4) == START + 200  # likely
    assert clock.round_trip == pytest.approx(0.4)
    assert clock.offset(10.2, START - 1_270.0) == pytest.approx(1_270)  # the exchange is ahead by that


def test_between_answers_the_estimate_runs_on_and_the_bound_does_not() -> None:
    clock = ExchangeClock()
    clock.answered(START, 10.0, 10.0)
    assert clock.estimate(12.5) == START + 2_500
    assert clock.now == START
    assert clock.silence(12.5) == 2.5


@pytest.mark.parametrize("rate", [1.0, 360.0, 9_000.0])
def test_the_rate_is_measured_from_two_answers(rate: float) -> None:
    clock, exchange = ExchangeClock(), Exchange(rate)
    exchange.ask_often(clock, 5)
    assert clock.rate_known
    assert clock.rate == pytest.approx(rate, rel=0.02)
    exchange.wait(0.7)
    assert clock.estimate(exchange.local) == pytest.approx(exchange.at(exchange.local), abs=rate * 30)


def test_quick_answers_tell_the_rate_of_a_quick_replay_within_a_fifth_of_a_second() -> None:
    clock, exchange = ExchangeClock(), Exchange(9_000.0)
    exchange.ask(clock, trip=0.001)
    exchange.wait(0.12)
    exchange.ask(clock, trip=0.001)
    assert clock.rate_known
    assert clock.rate == pytest.approx(9_000, rel=0.05)


@given(
    st.sampled_from([1.0, 360.0, 9_000.0]),
    st.lists(
        st.tuples(st.floats(0.001, 3.0), st.floats(0.0, 1.0), st.floats(0.0, 2.0)), min_size=2, max_size=30
    ),
)
def test_however_noisy_the_round_trips_a_rate_once_told_is_off_by_a_third_at_most(
    rate: float, questions: list[tuple[float, float, float]]
) -> None:
    clock, exchange = ExchangeClock(), Exchange(rate)
    for trip, there, pause in questions:
        exchange.ask(clock, trip, there)
        exchange.wait(pause)
        if clock.rate_known:
            assert rate / 1.35 < clock.rate < rate * 1.35
        assert clock.now <= exchange.at(exchange.local)


def test_a_slow_first_answer_is_no_base_to_measure_from() -> None:
    """The list of instruments takes seconds, and the exchange looked at its clock at their beginning."""
    clock, exchange = ExchangeClock(), Exchange()
    exchange.ask(clock, trip=3.0, there=0.0)
    exchange.ask(clock, trip=0.05)
    exchange.wait(1.0)
    exchange.ask(clock, trip=0.05)
    assert clock.rate == pytest.approx(1.0, rel=0.05)


def test_answers_that_come_out_of_order_do_not_turn_the_clock_back() -> None:
    clock = ExchangeClock()
    clock.answered(START + 1_000, 11.0, 11.1)
    clock.answered(START, 10.0, 11.2)  # asked before, answered after
    assert clock.now == START + 1_000
    assert clock.estimate(11.05) == START + 1_000


def test_an_exchange_started_anew_with_an_earlier_clock_is_followed_at_once() -> None:
    clock, exchange = ExchangeClock(), Exchange(360.0)
    exchange.ask_often(clock, 5)
    exchange.wait(60)
    exchange.ask(clock)
    before = clock.now
    restarted = Exchange(360.0)
    restarted._since = exchange.local  # begins at START again
    restarted.local = exchange.local
    restarted.ask(clock)
    assert START <= clock.now < before
    assert not clock.rate_known
    restarted.ask_often(clock, 5)
    assert clock.rate == pytest.approx(360, rel=0.02)


@pytest.mark.parametrize("asked_before", [1, 8])
def test_a_sleep_of_the_machine_is_a_jump_and_no_rate(asked_before: int) -> None:
    """Our monotonic clock stands still while the machine sleeps; the exchange's goes on for hours."""
    clock, exchange = ExchangeClock(), Exchange()
    exchange.ask_often(clock, asked_before)
    exchange.jump(8 * 3_600_000)
    exchange.ask_often(clock, 20)
    assert clock.rate == pytest.approx(1.0, rel=0.05)
    assert clock.estimate(exchange.local) == pytest.approx(exchange.at(exchange.local), abs=100)
    assert clock.now > START + 8 * 3_600_000


def test_after_a_sleep_events_are_doubted_until_the_exchange_has_named_its_time() -> None:
    clock, exchange = ExchangeClock(), Exchange()
    exchange.ask_often(clock, 8)
    known = clock.now
    exchange.jump(8 * 3_600_000)
    clock.heard(int(exchange.at(exchange.local)), exchange.local)
    assert clock.now == known
    assert clock.ignored == 1
    exchange.ask(clock)
    clock.heard(int(exchange.at(exchange.local)), exchange.local)
    assert clock.now == int(exchange.at(exchange.local))
    assert clock.ignored == 1


def test_a_replay_that_changes_its_speed_is_followed() -> None:
    clock, exchange = ExchangeClock(), Exchange(360.0)
    exchange.ask_often(clock, 6)
    exchange.runs_at(3_600.0)
    exchange.ask_often(clock, 300)
    assert clock.rate == pytest.approx(3_600, rel=0.05)


def test_a_replay_that_has_ended_stands_still() -> None:
    clock, exchange = ExchangeClock(), Exchange(360.0)
    exchange.ask_often(clock, 6)
    exchange.runs_at(0.0)
    exchange.ask_often(clock, 300)
    assert clock.rate == 0
    exchange.wait(3_600)
    assert clock.estimate(exchange.local) == exchange.at(exchange.local)
    assert math.isnan(clock.delay(START, exchange.local))
    exchange.runs_at(360.0)
    exchange.ask_often(clock, 300)
    assert clock.rate == pytest.approx(360, rel=0.05)


def test_events_carry_the_bound_on() -> None:
    clock = ExchangeClock()
    clock.answered(START, 10.0, 10.0)
    clock.heard(START + 900, 11.0)
    clock.heard(START + 400, 11.5)  # an older one tells nothing new
    assert clock.now == START + 900
    assert clock.silence(11.5) == 0.5


@pytest.mark.parametrize(("rate", "tolerated"), [(1.0, 59_000), (360.0, 359 * 60_000)])
def test_an_event_from_the_future_is_not_believed(rate: float, tolerated: int) -> None:
    clock, exchange = ExchangeClock(), Exchange(rate)
    exchange.ask_often(clock, 5)
    likely = int(exchange.at(exchange.local))
    clock.heard(likely + DAY, exchange.local)
    assert clock.now < likely + 1
    assert clock.ignored == 1
    clock.heard(likely + tolerated, exchange.local)
    assert clock.now == likely + tolerated


def test_a_word_before_the_first_answer_is_corrected_by_it() -> None:
    clock = ExchangeClock()
    clock.heard(START + 365 * DAY, 1.0)  # nothing to compare it with yet
    clock.answered(START, 2.0, 2.0)
    assert clock.now == START


def test_a_delay_is_told_in_our_own_time() -> None:
    clock, exchange = ExchangeClock(), Exchange(360.0)
    exchange.ask_often(clock, 8)
    sent = exchange.at(exchange.local)
    exchange.wait(0.5)
    assert clock.delay(int(sent), exchange.local) == pytest.approx(500, abs=10)
