"""Pings, and the end of who does not answer them: by a clock in the test's hands."""

from __future__ import annotations

from thebot.exchange.sandbox.keepalive import Due, KeepAlive

DAY = 24 * 3600.0


def test_a_ping_is_due_every_twenty_seconds() -> None:
    alive = KeepAlive(0.0)
    assert alive.due(19.9) is None
    assert alive.due(20.0) is Due.PING
    alive.pinged(20.0, b"1")
    alive.pong(20.1, b"1")
    assert alive.due(40.0) is None
    assert alive.due(40.1) is Due.PING


def test_who_does_not_answer_within_a_minute_is_cut_off() -> None:
    alive = KeepAlive(0.0)
    alive.pinged(20.0, b"1")
    assert alive.due(80.0) is None
    assert alive.due(80.1) is Due.CUT


def test_only_the_payload_of_the_ping_is_an_answer() -> None:
    alive = KeepAlive(0.0)
    alive.pong(10.0, b"unsolicited")
    assert alive.due(20.0) is Due.PING
    alive.pinged(20.0, b"1")
    alive.pong(30.0, b"2")
    assert alive.due(80.1) is Due.CUT


def test_a_connection_lives_for_a_day_and_is_told_once() -> None:
    alive = KeepAlive(0.0)
    alive.pinged(DAY - 1, b"1")
    alive.pong(DAY - 1, b"1")
    assert alive.due(DAY) is None
    assert alive.due(DAY + 1) is Due.RETIRE
    alive.retired(DAY + 1)
    assert alive.due(DAY + 2) is None
