"""The board: newest figures by row, staleness, spark lines."""

from __future__ import annotations

import math

import numpy as np

from thebot.live.board import SPARK_POINTS, SPARK_SPAN, SPARK_STEP, Board

HOUR = 3_600_000
NOON = 1_704_110_400_000


def test_a_row_that_nothing_was_heard_of_is_unknown_and_stale() -> None:
    board = Board(["BTCUSDT"])
    assert math.isnan(board.price[0])
    assert math.isnan(board.change_24h[0])
    assert board.stale[0]
    assert board.heard_at[0] == 0


def test_only_a_price_that_moves_counts_as_an_update() -> None:
    board = Board(["BTCUSDT", "ETHUSDT"])
    board.trade(0, 100.0, NOON, heard=5.0)
    board.trade(0, 100.0, NOON + 1, heard=6.0)
    board.trade(1, 7.0, NOON, heard=6.0)
    assert board.updates == 2
    assert (board.moved[0], board.heard[0]) == (5.0, 6.0)


def test_silence_makes_stale_and_a_word_makes_alive() -> None:
    board = Board(["BTCUSDT", "ETHUSDT"])
    board.cut[:] = False
    board.trade(0, 100.0, NOON, heard=10.0)
    board.book(1, 6.9, 7.1, heard=50.0)
    assert board.age(now=60.0, stale_after=60.0) == ([], ["BTCUSDT", "ETHUSDT"])
    assert board.age(now=71.0, stale_after=60.0) == (["BTCUSDT"], [])
    board.trade(0, 101.0, NOON, heard=71.5)
    assert board.age(now=72.0, stale_after=60.0) == ([], ["BTCUSDT"])


def test_a_cut_connection_is_stale_at_once() -> None:
    board = Board(["BTCUSDT"])
    board.cut[:] = False
    board.trade(0, 100.0, NOON, heard=10.0)
    board.age(now=10.0, stale_after=60.0)
    board.cut[0] = True
    assert board.age(now=10.1, stale_after=60.0) == (["BTCUSDT"], [])


def test_the_change_is_that_of_24_hours() -> None:
    board = Board(["BTCUSDT"])
    board.day(0, open_=80.0, high=101.0, low=79.0, quote_volume=1e6)
    board.trade(0, 100.0, NOON, heard=1.0)
    assert board.change_24h[0] == 0.25


def test_symbols_come_and_go_and_the_others_keep_their_figures() -> None:
    board = Board(["A", "B", "C"])
    for row, price in enumerate((1.0, 2.0, 3.0)):
        board.trade(row, price, NOON, heard=1.0)
        board.set_spark(board.symbols[row], np.array([NOON]), np.array([price]))
    version = board.version
    board.remove("B")
    board.add("D")
    assert board.symbols == ["A", "C", "D"]
    assert board.price[:2].tolist() == [1.0, 3.0]
    assert math.isnan(board.price[board.row("D")])
    assert board.spark("C").tolist() == [3.0, 3.0]
    assert board.version > version
    assert "B" not in board


def test_a_spark_line_is_the_last_24_hours_half_an_hour_apart_with_the_price_at_its_end() -> None:
    board = Board(["BTCUSDT"])
    at = NOON - SPARK_SPAN + HOUR * np.arange(1, 25)
    board.set_spark("BTCUSDT", at, np.arange(1.0, 25.0))
    board.trade(0, 99.0, NOON, heard=1.0)
    line = board.spark("BTCUSDT")
    assert line[-1] == 99.0
    assert line[-2] == 24.0  # as it stood at noon
    assert len(line) <= SPARK_POINTS + 1
    board.advance_spark("BTCUSDT", NOON + SPARK_STEP, 50.0)
    assert board.spark("BTCUSDT")[-2:].tolist() == [50.0, 99.0]
    board.advance_spark("BTCUSDT", NOON, 1.0)  # late: not a second time
    assert board.spark("BTCUSDT")[-2:].tolist() == [50.0, 99.0]


def test_updates_a_second_follow_what_is_counted() -> None:
    board = Board(["BTCUSDT"])
    board.count(now=100.0)
    for second in range(1, 30):
        for number in range(20):
            board.trade(0, float(number), NOON, heard=100.0 + second)
        board.count(now=100.0 + second)
    assert abs(board.updates_per_second - 20) < 0.5
