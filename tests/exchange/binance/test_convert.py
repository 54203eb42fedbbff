"""From the exchange's answers to the market's own nouns: exact amounts, statuses, times, odd rows."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from thebot.errors import BadCandles
from thebot.exchange.binance.convert import (
    candles_of,
    depth_of,
    instruments_of,
    retry_after,
    weight_limits_of,
)
from thebot.exchange.binance.messages import DepthAnswer, ExchangeInfo, KlineRow
from thebot.market import Instrument, Timeframe
from thebot.resilience import WeightLimit

HOUR = Timeframe("1h")
START = 1_700_006_400_000  # 2023-11-15 00:00 UTC
MS = 3_600_000


def a_symbol(symbol: str = "BTCUSDT", status: str = "TRADING", **changes: Any) -> dict[str, Any]:
    """As exchangeInfo lists it; `changes` replace fields."""
    return {
        "symbol": symbol,
        "status": status,
        "baseAsset": symbol.removesuffix("USDT"),
        "quoteAsset": "USDT",
        "isSpotTradingAllowed": True,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "tickSize": "0.01000000"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000",
             "stepSize": "0.00001000"},
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "maxNotional": "9000000.00000000"},
        ],
        "a field of next year": {"deep": [1, 2]},
        **changes,
    }  # fmt: skip


def the_info(*symbols: object, **changes: Any) -> ExchangeInfo:
    limits = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}]
    body = {"timezone": "UTC", "serverTime": START, "rateLimits": limits, "symbols": symbols, **changes}
    return msgspec.json.decode(json.dumps(body, ensure_ascii=False).encode(), type=ExchangeInfo)


def the_instruments(*symbols: object) -> tuple[dict[str, Instrument], list[tuple[bytes, str]]]:
    left_out: list[tuple[bytes, str]] = []
    return instruments_of(the_info(*symbols), lambda text, why: left_out.append((text, why))), left_out


def with_filters(*filters: dict[str, str]) -> dict[str, Any]:
    return a_symbol(filters=list(filters))


def test_sizes_are_exact_decimals_without_zeros_at_the_end() -> None:
    bitcoin = the_instruments(a_symbol())[0]["BTCUSDT"]
    assert (bitcoin.base, bitcoin.quote) == ("BTC", "USDT")
    assert str(bitcoin.tick) == "0.01"
    assert str(bitcoin.step) == "0.00001"
    assert bitcoin.min_quantity == Decimal("0.00001")
    assert bitcoin.max_quantity == 9000
    assert bitcoin.min_value == 5
    assert bitcoin.trading


def test_no_digit_is_lost_however_many_there_are() -> None:
    text = "123456789012345678901234567890.000000000000000001"
    filters = ({"filterType": "LOT_SIZE", "minQty": text, "maxQty": text, "stepSize": "1E-18"},)
    found = the_instruments(with_filters(*filters))[0]["BTCUSDT"]
    assert found.min_quantity == Decimal(text)
    assert f"{found.step:f}" == "0.000000000000000001"


def test_a_filter_that_is_switched_off_leaves_the_finest_that_the_exchange_writes() -> None:
    off = {"filterType": "LOT_SIZE", "minQty": "0.0", "maxQty": "0.00000000", "stepSize": "0.00000000"}
    found = the_instruments(with_filters(off))[0]["BTCUSDT"]
    assert found.tick == found.step == Decimal("0.00000001")
    assert found.min_quantity == found.min_value == 0
    assert found.max_quantity is None


def test_the_older_filter_for_the_least_value_is_read_too() -> None:
    older = {"filterType": "MIN_NOTIONAL", "minNotional": "10.00000000"}
    assert the_instruments(with_filters(older))[0]["BTCUSDT"].min_value == 10


@pytest.mark.parametrize("status", ["HALT", "BREAK", "END_OF_DAY", "CANCEL_ONLY", "A_STATUS_OF_NEXT_YEAR"])
def test_only_the_status_trading_trades(status: str) -> None:
    found, left_out = the_instruments(a_symbol(status=status))
    assert not found["BTCUSDT"].trading
    assert not left_out


def test_a_pair_that_is_not_for_spot_does_not_trade_here() -> None:
    assert not the_instruments(a_symbol(isSpotTradingAllowed=False))[0]["BTCUSDT"].trading


def test_symbols_need_not_be_ascii() -> None:
    assert the_instruments(a_symbol("币安人生USDT"))[0]["币安人生USDT"].base == "币安人生"


@pytest.mark.parametrize(
    "odd",
    [
        with_filters({"filterType": "PRICE_FILTER", "tickSize": "a lot"}),
        with_filters({"filterType": "PRICE_FILTER", "tickSize": "-0.01"}),
        with_filters({"filterType": "PRICE_FILTER", "tickSize": "NaN"}),
        with_filters({"filterType": "PRICE_FILTER", "tickSize": "Infinity"}),
        a_symbol(baseAsset=None),
        {"symbol": "BTCUSDT"},
        ["BTCUSDT"],
        None,
    ],
    ids=lambda odd: json.dumps(odd)[-60:],
)
def test_an_instrument_that_cannot_be_read_is_left_out_and_the_others_stay(odd: object) -> None:
    found, left_out = the_instruments(a_symbol("ETHUSDT"), odd, a_symbol("SOLUSDT"))
    assert list(found) == ["ETHUSDT", "SOLUSDT"]
    [(text, why)] = left_out
    assert json.loads(text) == odd
    assert why


def test_of_all_limits_those_on_weight_are_kept() -> None:
    limits = [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "SECOND", "intervalNum": 10, "limit": 2000},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
        {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300000},
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "FORTNIGHT", "intervalNum": 1, "limit": 1},
    ]
    assert weight_limits_of(the_info(rateLimits=limits).rate_limits) == [
        WeightLimit(span=60_000, limit=6000),
        WeightLimit(span=10_000, limit=2000),
    ]


def rows(*opened: int, **changes: float) -> list[KlineRow]:
    values = {"open": 100.0, "high": 110.0, "low": 90.0, "close": 105.0, "volume": 2.0, **changes}
    return [
        KlineRow(open_time=each, close_time=each + MS - 1, quote_volume=210.0, trades=7,
                 taker_buy_volume=1.0, **values)
        for each in opened
    ]  # fmt: skip


def test_klines_become_columns() -> None:
    candles = candles_of(rows(START, START + MS), "BTCUSDT", HOUR)
    assert candles.open_time.tolist() == [START, START + MS]
    assert candles.close_time.tolist() == [START + MS, START + 2 * MS]  # not ...999
    assert candles.high.tolist() == [110, 110]
    assert candles.quote_volume is not None
    assert candles.quote_volume.tolist() == [210, 210]


def test_times_in_microseconds_become_milliseconds() -> None:
    candles = candles_of(rows(START * 1000, (START + MS) * 1000), "BTCUSDT", HOUR)
    assert candles.open_time.tolist() == [START, START + MS]


def test_no_rows_are_no_candles() -> None:
    assert len(candles_of([], "BTCUSDT", HOUR)) == 0


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (rows(START, high=80.0), "high below"),
        (rows(START, low=107.0), "low above"),
        (rows(START, close=0.0), "positive"),
        (rows(START, volume=-1.0), "volume"),
        (rows(START, START), "same time"),
        (rows(START + MS, START), "older"),
        (rows(-5), "1970"),
    ],
    ids=lambda odd: odd if isinstance(odd, str) else "",
)
def test_an_impossible_row_is_refused_by_its_number(odd: list[KlineRow], why: str) -> None:
    with pytest.raises(BadCandles, match=why) as raised:
        candles_of(odd, "BTCUSDT", HOUR)
    assert raised.value.row == len(odd) - 1


def test_a_book_has_its_best_first() -> None:
    text = b'{"lastUpdateId":9,"bids":[["4.00","431.0"],["3.99","1.0"]],"asks":[["4.01","12.0"]]}'
    depth = depth_of(msgspec.json.decode(text, type=DepthAnswer, strict=False), "BNBBTC")
    assert depth.update_id == 9
    assert depth.bid.tolist() == [4.0, 3.99]
    assert depth.ask_quantity.tolist() == [12.0]


def test_an_empty_book_has_no_levels() -> None:
    text = b'{"lastUpdateId":9,"bids":[],"asks":[]}'
    depth = depth_of(msgspec.json.decode(text, type=DepthAnswer, strict=False), "BNBBTC")
    assert depth.bid.shape == depth.ask_quantity.shape == (0,)
    assert depth.bid.dtype == np.float64


@pytest.mark.parametrize(
    ("header", "status", "seconds"),
    [
        ("7", 429, 7),
        ("0", 429, 1),
        (None, 429, 60),
        (None, 418, 120),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 418, 120),
        ("inf", 429, 60),
        ("nan", 429, 60),
    ],
)
def test_how_long_to_stay_away(header: str | None, status: int, seconds: float) -> None:
    assert retry_after({} if header is None else {"Retry-After": header}, status) == seconds
