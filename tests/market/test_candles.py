from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import MONDAY, markets, of_closes, random_market, same

from thebot.errors import BadCandles, BadSetting
from thebot.market import Candle, Candles, Timeframe


@given(markets())
def test_columns_become_single_candles_and_columns_again(market: Candles) -> None:
    assert same(Candles.of(list(market), market.symbol, market.timeframe), market)


@given(markets(), st.data())
def test_cut_anywhere_the_pieces_join_to_the_whole(market: Candles, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(market)))
    assert same(market[:cut].followed_by(market[cut:]), market)


@given(markets(), st.data())
def test_between_holds_its_start_and_not_its_end(market: Candles, data: st.DataObject) -> None:
    first, last = sorted(
        data.draw(st.tuples(st.integers(0, len(market) - 1), st.integers(0, len(market) - 1)))
    )
    cut = market.between(int(market.open_time[first]), int(market.open_time[last]))
    assert same(cut, market[first:last])
    assert len(market.between(end=int(market.open_time[0]))) == 0
    assert same(market.between(start=int(market.open_time[last])), market[last:])


def test_a_slice_shares_memory_with_the_whole() -> None:
    market = random_market(seed=1, length=100)
    assert np.shares_memory(market[10:20].close, market.close)
    assert market[-1].open_time == market.open_time[-1]


def test_a_candle_exists_for_decisions_from_the_next_ones_open() -> None:
    market = of_closes([1, 2, 3], timeframe="1h")
    assert market[0].close_time == market[1].open_time == MONDAY + 3_600_000
    assert market.close_time.tolist() == [candle.close_time for candle in market]


def test_runs_that_overlap_or_belong_to_another_market_are_not_joined() -> None:
    market = random_market(seed=2, length=10)
    with pytest.raises(BadCandles, match="does not continue"):
        market.followed_by(market[9:])
    other = random_market(seed=2, length=10, symbol="ELSEUSDT")
    with pytest.raises(BadSetting, match="ELSEUSDT"):
        market.followed_by(other)


def test_joined_runs_keep_the_columns_that_both_have() -> None:
    market = random_market(seed=3, length=10)
    bare = of_closes([1, 2, 3], timeframe="1m")
    later = bare._with({"open_time": bare.open_time + 60_000_000})
    assert market.followed_by(later).quote_volume is None
    nothing = Candles.empty(market.symbol, market.timeframe)
    assert same(nothing.followed_by(market), market)
    assert same(market.followed_by(nothing), market)


def test_what_the_source_did_not_say_is_not_invented() -> None:
    candle = of_closes([1, 2])[1]
    assert np.isnan(candle.quote_volume)
    assert np.isnan(candle.taker_buy_volume)


def test_a_candle_is_a_plain_frozen_value() -> None:
    candle = of_closes([1, 2])[1]
    assert isinstance(candle, Candle)
    assert candle.timeframe == Timeframe("1h")
    with pytest.raises(AttributeError):
        candle.close = 3.0
