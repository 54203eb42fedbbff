"""Simulated history: one truth in all timeframes, the same for a seed, plausible to a trader."""

from __future__ import annotations

import numpy as np
import pytest

from thebot.errors import BadSetting
from thebot.exchange.sandbox.anchors import LISTED
from thebot.exchange.sandbox.bars import Bars, summed
from thebot.exchange.sandbox.history import History
from thebot.exchange.sandbox.intervals import INTERVALS, Interval
from thebot.exchange.sandbox.simulator import Simulator
from thebot.exchange.sandbox.universe import universe
from thebot.market.timeframe import DAY, HOUR, MINUTE

NOW = LISTED + 900 * DAY + 13 * HOUR + 37 * MINUTE + 21_500
SYMBOLS = ["BTCUSDT", "PEPEUSDT", "BANDUSDT"]  # much traded, of tiny price, little traded


def simulator(seed: int = 1, rate: float = 10.0, now: int = NOW) -> Simulator:
    wanted = [character for character in universe() if character.listing.symbol in SYMBOLS]
    return Simulator(seed, wanted, rate, now)


def assert_same(one: Bars, other: Bars) -> None:
    for name, left, right in zip(Bars._fields, one, other, strict=True):
        np.testing.assert_array_equal(left, right, err_msg=name)


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("interval", INTERVALS[2:])
def test_every_candle_is_the_sum_of_its_minutes(symbol: str, interval: str) -> None:
    history, longer = History(simulator()), Interval(interval)
    found = history.latest(symbol, longer, 3, NOW)
    start = int(found.open_time[0])
    minutes = history.between(symbol, Interval("1m"), start, NOW + 1, NOW)
    assert_same(found, summed(minutes, longer))
    if interval == "1h":
        assert (minutes.open_time < start + HOUR).sum() == 60


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_minute_is_the_sum_of_its_seconds_and_these_of_its_trades(symbol: str) -> None:
    history = History(simulator())
    minutes = history.latest(symbol, Interval("1m"), 4, NOW)
    start = int(minutes.open_time[0])
    seconds = history.between(symbol, Interval("1s"), start, NOW + 1, NOW)
    assert len(seconds.open_time) == 3 * 60 + 22
    again = summed(seconds, Interval("1m"))
    # A second without trades is flat at the last price, which may be outside the prices of its minute.
    for name in ("close", "volume", "value", "trades", "bought", "bought_value", "first_trade", "aggregates"):
        np.testing.assert_array_equal(getattr(minutes, name), getattr(again, name), err_msg=name)


def test_the_same_seed_gives_the_same_history_whatever_was_asked_before_and_whenever() -> None:
    one, other = simulator(), simulator(now=NOW + 30 * DAY)
    other.sums("BTCUSDT", Interval("1d"), LISTED, LISTED + 100 * DAY)
    start = NOW - NOW % DAY - 40 * DAY
    for symbol in SYMBOLS:
        assert_same(one.bars(symbol, start, start + 2 * DAY), other.bars(symbol, start, start + 2 * DAY))
        assert one.path(symbol, start) == other.path(symbol, start)


def test_another_seed_gives_another_history() -> None:
    start = NOW - NOW % DAY
    mine, theirs = (simulator(seed).bars("BTCUSDT", start, start + HOUR) for seed in (1, 2))
    assert (mine.close != theirs.close).mean() > 0.9


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("rate", [0.02, 10.0])
def test_candles_are_possible_and_their_ids_go_on_without_a_gap_over_days(symbol: str, rate: float) -> None:
    source = simulator(rate=rate)
    start = NOW - NOW % DAY - 3 * DAY
    bars = source.bars(symbol, start, start + 3 * DAY)
    assert len(bars.open_time) == 3 * 1440
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.low > 0).all()
    assert (bars.low * bars.volume <= bars.value).all()
    assert (bars.value <= bars.high * bars.volume).all()
    assert (bars.bought <= bars.volume).all()
    np.testing.assert_array_equal(bars.first_trade[1:], (bars.first_trade + bars.trades)[:-1])
    np.testing.assert_array_equal(bars.first_aggregate[1:], (bars.first_aggregate + bars.aggregates)[:-1])
    quiet = bars.aggregates == 0
    np.testing.assert_array_equal(bars.close[1:][quiet[1:]], bars.close[:-1][quiet[1:]])


@pytest.mark.parametrize("rate", [0.02, 0.3, 10.0])
def test_the_trades_of_every_minute_sum_to_it_for_quiet_and_busy_markets(rate: float) -> None:
    source = simulator(rate=rate)
    for symbol in SYMBOLS:
        for minute in range(60):
            path = source.path(symbol, NOW - NOW % DAY + minute * MINUTE)
            assert path is not None
            assert path.exact


def test_a_trade_is_found_by_its_id() -> None:
    source = simulator()
    at = NOW - NOW % MINUTE - 5 * DAY
    bar = source.bars("BTCUSDT", at, at + MINUTE).row(0)
    for number in (bar.first_trade, bar.first_trade + bar.trades - 1):
        assert source.holding_trade("BTCUSDT", number) == at
    assert source.holding_trade("BTCUSDT", bar.first_trade + bar.trades) == at + MINUTE
    assert source.holding_aggregate("BTCUSDT", bar.first_aggregate) == at


def test_a_year_looks_like_a_market() -> None:
    source = simulator()
    bitcoin = source.sums("BTCUSDT", Interval("1d"), LISTED, LISTED + 600 * DAY)
    moves = np.diff(np.log(bitcoin.close))
    assert 0.015 < moves.std() < 0.06, "a day moves by some per cent"
    assert np.corrcoef(np.abs(moves[1:]), np.abs(moves[:-1]))[0, 1] > 0, "calm and wild days come in runs"
    other = np.diff(np.log(source.sums("BANDUSDT", Interval("1d"), LISTED, LISTED + 600 * DAY).close))
    assert np.corrcoef(moves, other)[0, 1] > 0.3, "markets move together"


def test_the_most_traded_symbol_trades_more_often_and_the_mean_is_what_was_asked_for() -> None:
    source = Simulator(1, universe()[:100], 10.0, NOW)
    day = NOW - NOW % DAY - DAY
    counts = [int(source.bars(symbol, day, day + DAY).aggregates.sum()) for symbol in source.listings]
    assert counts[0] > 2 * np.median(counts)
    assert 5 < np.mean(counts) / 86_400 < 20


def test_a_clock_before_the_markets_begin_is_refused() -> None:
    with pytest.raises(BadSetting, match="2024-01-01"):
        simulator(now=LISTED - 1)
