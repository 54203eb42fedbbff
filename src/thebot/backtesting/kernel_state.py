"""What the compiled simulation works on: columns of candles and readings, terms as numbers, and its records.

With an instrument prices are counted in ticks and quantities in steps; money is in quote currency.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from thebot.backtesting.trades import ENDINGS
from thebot.market import FloatArray, IntArray

ENTER, LEAVE, SHORT, COVER, HALT = 1, 2, 4, 8, 16  # the bits of `Columns.signals`

BY_SIGNAL: Final = ENDINGS.index("signal")
BY_REVERSAL: Final = ENDINGS.index("reversal")
BY_STOP: Final = ENDINGS.index("stop")
BY_TRAILING: Final = ENDINGS.index("trailing")
BY_BREAK_EVEN: Final = ENDINGS.index("break-even")
BY_TARGET: Final = ENDINGS.index("target")
BY_TIME: Final = ENDINGS.index("time")
BY_HALT: Final = ENDINGS.index("halt")
AT_END: Final = ENDINGS.index("end of data")


class Columns(NamedTuple):
    """All candles, symbol after symbol: each of shape (rows,), or empty where nothing is asked for."""

    time: IntArray  # ms UTC, of the open
    close_time: IntArray
    open: FloatArray  # counts, as the following
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    signals: Any  # uint8: the bits above
    words: Any  # int64: the same memory, eight rows at a time
    stop: FloatArray  # readings at each close, in quote currency, as the following
    target: FloatArray
    trailing: FloatArray
    break_even: FloatArray
    limit: FloatArray
    volatility: FloatArray  # of one candle's return, a fraction
    rank: FloatArray


class Detail(NamedTuple):
    """The smaller candles within each candle: `begin` and `end` of shape (rows,), or all empty."""

    begin: IntArray
    end: IntArray
    open: FloatArray  # counts
    high: FloatArray
    low: FloatArray


class Timeline(NamedTuple):
    """Which candles open and close together; all empty with one symbol, whose candles follow each other.

    In step k the rows opens[opens_from[k] : opens_from[k + 1]] open at one instant, then
    closes[closes_from[k] : closes_from[k + 1]] close at a later one (there may be none).
    """

    opens: IntArray
    opens_from: IntArray
    closes: IntArray
    closes_from: IntArray
    owner: IntArray  # the symbol of each row


class Terms(NamedTuple):
    """Strategy, costs and account as numbers. A kind is -1 (none), 0 distance, 1 share, 2 price."""

    steps: int  # of the timeline; with one symbol its candles
    detailed: bool  # whether there are smaller candles
    ranked: bool  # whether there is a rank
    stop_kind: int
    stop_share: float
    target_kind: int
    target_share: float
    trailing_kind: int
    trailing_share: float
    break_even_kind: int
    break_even_share: float
    limit_kind: int  # -1: entered by market orders
    limit_share: float
    limit_candles: int
    expires: int  # ms; 0: never
    cooldown: int  # ms
    sizing: int  # as in `trading.rules`
    size: float
    at_most: float
    after: int
    least: float
    year: float  # the root of the number of candles in 365 days
    most_open: int
    part: float  # of the equity, that one position may take
    fee: float
    maker_fee: float
    share: float
    range_share: float
    impact: float
    participation: float  # inf: all of the volume
    borrow: float
    target_first: bool


class Filled(NamedTuple):
    """The columns of the trades, to be filled in, each of shape (most trades,): see `trades.Trades`."""

    symbol: IntArray
    side: IntArray
    decided_at: IntArray
    entered_at: IntArray
    left_at: IntArray
    ending: IntArray
    doubtful: IntArray  # 0 or 1
    entry_price: FloatArray
    exit_price: FloatArray
    quantity: FloatArray
    stop: FloatArray
    fees: FloatArray
    slippage: FloatArray
    profit: FloatArray
    gain: FloatArray
    best: FloatArray
    worst: FloatArray


class State:
    """The record of a symbol, with its position and its waiting entry. Rows are those of `Columns`."""

    symbol: int
    first: int  # the rows that are its own: from `first` up to, without, `end`
    end: int
    whole: int  # 1: counted in ticks and steps
    unit: float  # tick times step, in quote currency
    tick_over: float
    tick_under: float
    step_over: float
    step_under: float
    min_quantity: float  # the filters, in counts
    max_quantity: float
    min_value: float
    fixed: float  # of the costs, in ticks
    mark: float  # the last close

    side: int  # 1 long, -1 short, 0 flat
    decided: int  # the row at whose close it was
    entered_row: int
    entered_at: int  # ms UTC
    own_row: int  # in which a limit order filled the first of it; -1: it was filled at an open
    inner_row: int  # in which a limit order filled a part of it last, or -1
    stop_row: int  # in which the stop was triggered, or -1
    stop_by: int  # what set the stop: an ending
    leaving: int  # the ending that is decided, plus 1; 0: none
    doubtful: int
    ever_left: int
    left_open: int  # ms UTC: open of the candle in which the last position was left
    quantity: float
    entry: float  # the mean of its fills
    stop: float  # nan: none, as the following
    first_stop: float  # where a stop stood first
    target: float
    trailing: float  # distance or share
    break_even: float  # distance, share or price
    best: float  # the furthest price for it, and against it
    worst: float

    bought: float  # what its entry and its exit came to so far
    sold: float
    exit: float  # the mean
    flow: float  # quote currency: what it changed the cash by
    fees: float
    slippage: float
    took: float  # the value of its entry with the fee
    locked: float

    wait: int  # the direction of an entry that waits; 0: none
    wait_row: int  # at whose close it was decided
    placed: int  # 1: it has seen an open
    settled: int  # 1: its quantity is settled
    until: int  # the last row that a limit order waits for
    filled_row: int  # in which it was filled last, or -1
    wish: int  # what is wished for at the close in hand
    turn: int  # the row in hand, as long as its turn is to come; -1
    amount: float  # quote currency
    limit: float  # nan: at the market
    rest: float  # quantity


class Purse:
    """The record of the account."""

    cash: float
    locked: float
    trades: int
    won: int
    lost: int
    gains: float
    losses: float
    withdrawn: int  # orders, before halts
    unknown: int  # entries whose levels or size were not known
    beside: int  # entries whose stop or target was not on its side of the entry price
    refused: int  # orders, by the filters; the first of them:
    refused_symbol: int
    refused_row: int
    refused_price: float
    refused_quantity: float


def _record(kind: type) -> np.dtype[np.void]:
    codes = {"int": "i8", "float": "f8"}
    return np.dtype([(name, codes[kind]) for name, kind in kind.__annotations__.items()])


STATE: Final = _record(State)
PURSE: Final = _record(Purse)
