"""The candle in progress: the exchange's last update and the trades after it, each counted once."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from thebot.live.forming import Forming
from thebot.market import Candle, Timeframe

MINUTE = Timeframe("1m")
NOON = 1_704_110_400_000


@dataclass
class Trade:
    first_id: int
    price: float
    quantity: float = 1.0
    at: int = NOON
    last_id: int = -1
    buyer_is_maker: bool = False
    symbol: str = "BTCUSDT"

    def __post_init__(self) -> None:
        self.id = self.first_id
        self.sent_at = self.at
        if self.last_id < 0:
            self.last_id = self.first_id


@dataclass
class Update:
    """An `@kline` update that holds these trades."""

    trades_in_it: list[Trade]
    open_time: int = NOON
    symbol: str = "BTCUSDT"
    timeframe: str = "1m"
    closed: bool = False

    def __post_init__(self) -> None:
        prices = [trade.price for trade in self.trades_in_it]
        self.open, self.high, self.low, self.close = prices[0], max(prices), min(prices), prices[-1]
        self.volume = sum(trade.quantity for trade in self.trades_in_it)
        self.quote_volume = sum(trade.quantity * trade.price for trade in self.trades_in_it)
        self.taker_buy_volume = sum(t.quantity for t in self.trades_in_it if not t.buyer_is_maker)
        self.trades = sum(trade.last_id - trade.first_id + 1 for trade in self.trades_in_it)
        self.last_trade_id = self.trades_in_it[-1].last_id


def figures(candle: Candle | None) -> tuple[float, ...]:
    assert candle is not None
    assert not candle.closed
    return (candle.open, candle.high, candle.low, candle.close, candle.volume, candle.trades)


def test_nothing_is_known_before_the_first_word() -> None:
    assert Forming("BTCUSDT", MINUTE).candle() is None


@given(
    prices=st.lists(st.integers(1, 9), min_size=2, max_size=30),
    updates=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10)), max_size=6),
)
def test_however_updates_and_trades_overtake_each_other_every_trade_counts_once(
    prices: list[int], updates: list[tuple[int, int]]
) -> None:
    trades = [Trade(100 + n, float(price)) for n, price in enumerate(prices)]
    forming = Forming("BTCUSDT", MINUTE)
    forming.update(Update(trades[:1]))
    late = {min(count, len(trades)) + lag: min(count, len(trades)) for count, lag in updates}
    for n, trade in enumerate(trades):
        forming.trade(trade)
        if n in late and late[n] <= n:  # it was written when there were fewer trades
            forming.update(Update(trades[: late[n]]))
    assert figures(forming.candle()) == figures(_of(trades))


def _of(trades: list[Trade]) -> Candle:
    whole = Update(trades)
    return Candle(
        symbol="BTCUSDT", timeframe=MINUTE, open_time=NOON, open=whole.open, high=whole.high, low=whole.low,
        close=whole.close, volume=whole.volume, trades=whole.trades, closed=False,
    )  # fmt: skip


def test_a_trade_of_the_next_minute_begins_the_next_candle() -> None:
    forming = Forming("BTCUSDT", MINUTE)
    forming.update(Update([Trade(1, 5.0)]))
    forming.trade(Trade(2, 6.0, at=NOON + 60_000))
    candle = forming.candle()
    assert candle is not None
    assert (candle.open_time, candle.open, candle.volume) == (NOON + 60_000, 6.0, 1.0)


def test_once_closed_nothing_of_it_comes_back() -> None:
    forming = Forming("BTCUSDT", MINUTE)
    forming.update(Update([Trade(1, 5.0)]))
    forming.closed(NOON + 60_000)
    assert forming.candle() is None
    forming.update(Update([Trade(1, 5.0)]))
    forming.trade(Trade(2, 5.0, at=NOON + 59_999))
    assert forming.candle() is None


def test_after_a_cut_only_the_next_update_is_believed() -> None:
    forming = Forming("BTCUSDT", MINUTE)
    forming.update(Update([Trade(1, 5.0)]))
    forming.forget()
    assert forming.candle() is None
    forming.update(Update([Trade(1, 5.0), Trade(2, 8.0)]))
    assert figures(forming.candle()) == (5.0, 8.0, 5.0, 8.0, 2.0, 2)
