from __future__ import annotations

import struct

import numpy as np
import pytest

from thebot.dashboard.frames import candle_part, market_part
from thebot.live.board import Board
from thebot.live.desk import Forming
from thebot.market import Candle, Timeframe


def board_of(count: int) -> Board:
    board = Board([f"S{i}USDT" for i in range(count)])
    for row in range(count):
        board.trade(row, 100.0 + row, 1_000_000 - row, 1.0 - row / 1000)
        board.day(row, 50.0, 120.0, 40.0, 1e6)
        board.stale[row] = row % 3 == 0
    return board


def read(frame: bytes) -> tuple[list[float], list[float], list[float], list[int], list[bool]]:
    head = list(struct.unpack_from("<8d", frame))
    rows = int(head[6])
    price = list(struct.unpack_from(f"<{rows}d", frame, 64))
    change = list(struct.unpack_from(f"<{rows}f", frame, 64 + 8 * rows))
    age = list(struct.unpack_from(f"<{rows}H", frame, 64 + 12 * rows))
    bits = frame[64 + 14 * rows :]
    return head, price, change, age, [bool(bits[row >> 3] >> (row & 7) & 1) for row in range(rows)]


def test_a_frame_says_what_the_board_says() -> None:
    frame = market_part(board_of(11), seq=7, sent_at=5_000.25, exchange_time=1_000_010, now=1.01)
    head, price, change, age, stale = read(frame)
    assert head == [1, 7, 5_000.25, 1_000_010, 1_000_000, 2, 11, 11]
    assert price == [100.0 + row for row in range(11)]
    assert change[:2] == [100.0, 102.0]
    assert age == pytest.approx([10 + row for row in range(11)], abs=1)
    assert stale == [row % 3 == 0 for row in range(11)]


def test_the_candle_begins_on_a_border_of_eight_bytes_whatever_the_number_of_symbols() -> None:
    for count in range(20):
        assert len(market_part(board_of(count), seq=1, sent_at=1.0, exchange_time=1, now=1.0)) % 8 == 0


def test_a_hundred_symbols_fit_into_a_kilobyte_and_a_half() -> None:
    assert len(market_part(board_of(100), seq=1, sent_at=1.0, exchange_time=1, now=1.0)) < 1_536


def test_what_is_not_known_is_nan_and_an_old_price_is_just_old() -> None:
    board = Board(["AUSDT", "BUSDT"])
    board.trade(0, 1.0, 1, 1.0)
    _, price, change, age, stale = read(market_part(board, seq=1, sent_at=1.0, exchange_time=10**12, now=1e6))
    assert price[0] == 1.0
    assert np.isnan([price[1], *change]).all()
    assert age == [65_535, 65_535]
    assert stale == [True, True]


def test_the_plots_come_in_the_order_that_the_tab_asked_for() -> None:
    candle = Candle(
        symbol="AUSDT",
        timeframe=Timeframe("1m"),
        open_time=60_000,
        open=1,
        high=4,
        low=0.5,
        close=2,
        volume=9,
    )
    forming = Forming(candle=candle, values={"ema(20)": [1.5], "bbands(20, 2)": [1, 2, 3]})
    part = candle_part(forming, ("bbands(20, 2)", "gone", "ema(20)"))
    numbers = struct.unpack(f"<{len(part) // 8}d", part)
    assert numbers == (60_000, 1, 4, 0.5, 2, 9, 3, 1, 2, 3, 0, 1, 1.5)
    assert candle_part(None, ("ema(20)",)) == b""
