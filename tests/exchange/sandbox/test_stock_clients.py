"""Other people's clients, unchanged but for the addresses, take the sandbox for Binance.

Every address that a client knows is turned to the sandbox, or to a port of this machine that nobody
listens on; and a guard refuses to look up any other host.
"""

from __future__ import annotations

import asyncio
import socket
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.sandbox_process import SandboxProcess
from tests.servers import free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ccxt.async_support
    import ccxt.pro
    from binance import AsyncClient, BinanceSocketManager
    from binance.exceptions import BinanceAPIException
    from binance_common.configuration import (
        ConfigurationRestAPI,
        ConfigurationWebSocketAPI,
        ConfigurationWebSocketStreams,
    )
    from binance_common.errors import BadRequestError
    from binance_sdk_spot import Spot
    from binance_sdk_spot.rest_api.models import KlinesIntervalEnum
    from binance_sdk_spot.websocket_api.models import KlinesIntervalEnum as ApiKlinesIntervalEnum
    from binance_sdk_spot.websocket_streams.models import KlineIntervalEnum

pytestmark = [
    pytest.mark.server,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # theirs, not ours
]

HOUR = 3_600_000
WITHIN = 20.0  # seconds for an event to arrive, on a machine that does much else


@pytest.fixture(scope="module")
def venue() -> Iterator[SandboxProcess]:
    """One sandbox for all of these tests; nothing here disturbs it."""
    with SandboxProcess.running("--symbols", "5", "--seed", "1", "--trades-per-second", "20") as running:
        yield running


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at once if a client asks for any host but this one."""
    look_up = socket.getaddrinfo

    def guarded(host: Any, *rest: Any, **named: Any) -> Any:
        assert host in ("127.0.0.1", "localhost", None), f"a client asked for {host}"
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)


def web_socket(venue: SandboxProcess) -> str:
    return f"ws://127.0.0.1:{venue.port}"


async def within(awaitable: Any) -> Any:
    return await asyncio.wait_for(awaitable, WITHIN)


# ccxt


def turned_away(addresses: Any, dead: str) -> Any:
    """The same tree of addresses, each of them dead."""
    if isinstance(addresses, dict):
        return {name: turned_away(inner, dead) for name, inner in addresses.items()}
    return dead


@pytest.fixture
async def ccxt_exchange(venue: SandboxProcess) -> AsyncIterator[Any]:
    exchange = ccxt.pro.binance(
        {"options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "fetchCurrencies": False}}
    )
    exchange.urls["api"] = turned_away(exchange.urls["api"], f"http://127.0.0.1:{free_port()}")
    exchange.urls["api"]["public"] = exchange.urls["api"]["private"] = f"{venue.url}/api/v3"
    exchange.urls["api"]["ws"] = {
        "spot": f"{web_socket(venue)}/ws",
        "ws-api": {"spot": f"{web_socket(venue)}/ws-api/v3"},
    }
    yield exchange
    await exchange.close()


async def test_ccxt_loads_the_markets_with_their_steps_and_minimums(ccxt_exchange: Any) -> None:
    markets = await ccxt_exchange.load_markets()
    assert set(markets) == {f"{base}/USDT" for base in ("BTC", "ETH", "SOL", "XRP", "DOGE")}
    bitcoin = markets["BTC/USDT"]
    assert bitcoin["spot"]
    assert bitcoin["active"]
    assert bitcoin["precision"] == {"amount": 0.00001, "price": 0.01, "base": 1e-08, "quote": 1e-08}
    assert bitcoin["limits"]["cost"]["min"] == 5
    assert bitcoin["limits"]["amount"]["min"] == 0.00001


async def test_ccxt_fetches_candles_of_every_timeframe_that_add_up(ccxt_exchange: Any) -> None:
    day = (await ccxt_exchange.fetch_ohlcv("BTC/USDT", "1d", limit=2))[0]
    hours = await ccxt_exchange.fetch_ohlcv("BTC/USDT", "1h", since=day[0], limit=24)
    assert [row[0] for row in hours] == [day[0] + i * HOUR for i in range(24)]
    assert day[1:5] == [
        hours[0][1],
        max(row[2] for row in hours),
        min(row[3] for row in hours),
        hours[-1][4],
    ]
    assert day[5] == pytest.approx(sum(row[5] for row in hours), rel=1e-12)
    for timeframe in ccxt_exchange.timeframes:
        assert len(await ccxt_exchange.fetch_ohlcv("ETH/USDT", timeframe, limit=3)) == 3


async def test_ccxt_fetches_tickers_books_and_trades(ccxt_exchange: Any) -> None:
    ticker = await ccxt_exchange.fetch_ticker("SOL/USDT")
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["bid"] < ticker["ask"]
    assert ticker["quoteVolume"] > 0
    tickers = await ccxt_exchange.fetch_tickers()
    assert len(tickers) == 5
    assert set(await ccxt_exchange.fetch_tickers(["BTC/USDT", "ETH/USDT"])) == {"BTC/USDT", "ETH/USDT"}
    assert len(await ccxt_exchange.fetch_bids_asks()) == 5
    assert len(await ccxt_exchange.fetch_last_prices()) == 5
    book = await ccxt_exchange.fetch_order_book("BTC/USDT", 20)
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["bids"] == sorted(book["bids"], reverse=True)
    assert book["asks"] == sorted(book["asks"])
    trades = await ccxt_exchange.fetch_trades("BTC/USDT", limit=50)
    assert len(trades) == 50
    assert [trade["timestamp"] for trade in trades] == sorted(trade["timestamp"] for trade in trades)
    assert {trade["side"] for trade in trades} == {"buy", "sell"}
    earlier = await ccxt_exchange.fetch_trades("BTC/USDT", since=trades[0]["timestamp"] - HOUR, limit=10)
    assert all(trade["timestamp"] < trades[0]["timestamp"] for trade in earlier)
    assert abs(await ccxt_exchange.fetch_time() - ccxt_exchange.milliseconds()) < 5000


async def test_ccxt_names_the_error_of_an_unknown_symbol(ccxt_exchange: Any) -> None:
    with pytest.raises(ccxt.async_support.BadSymbol):
        await ccxt_exchange.public_get_klines({"symbol": "BTCUSDX", "interval": "1m"})


async def test_ccxt_pro_watches_trades_candles_tickers_and_books(ccxt_exchange: Any) -> None:
    trades = await within(ccxt_exchange.watch_trades("BTC/USDT"))
    assert trades[-1]["symbol"] == "BTC/USDT"
    assert trades[-1]["side"] in ("buy", "sell")
    candles = await within(ccxt_exchange.watch_ohlcv("BTC/USDT", "1m"))
    again = (await ccxt_exchange.fetch_ohlcv("BTC/USDT", "1m", limit=3))[-2:]
    assert candles[-1][0] in [row[0] for row in again]
    ticker = await within(ccxt_exchange.watch_ticker("ETH/USDT"))
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    book = await within(ccxt_exchange.watch_order_book("BTC/USDT", 10))
    for _ in range(5):  # ccxt raises if a difference does not follow on the one before
        book = await within(ccxt_exchange.watch_order_book("BTC/USDT", 10))
    assert book["bids"][0][0] < book["asks"][0][0]


# python-binance


@pytest.fixture
async def python_binance(venue: SandboxProcess) -> AsyncIterator[AsyncClient]:
    dead = f"http://127.0.0.1:{free_port()}"
    addresses = {name: dead for name in vars(AsyncClient.__mro__[1]) if name.endswith("_URL")}
    addresses |= {"API_URL": f"{venue.url}/api", "WS_API_URL": f"{web_socket(venue)}/ws-api/v3"}
    client = await type("Client", (AsyncClient,), addresses).create()
    client.ws_api.TIMEOUT = 0.5  # seconds; so long its reading goes on after it has been closed
    yield client
    await client.close_connection()


def sockets_of(client: AsyncClient, venue: SandboxProcess) -> BinanceSocketManager:
    dead = f"ws://127.0.0.1:{free_port()}/"
    addresses = {name: dead for name in vars(BinanceSocketManager) if name.endswith("STREAM_URL")}
    addresses |= {"STREAM_URL": f"{web_socket(venue)}/"}
    manager: BinanceSocketManager = type("Sockets", (BinanceSocketManager,), addresses)(
        client, max_queue_size=10_000
    )
    return manager


async def test_python_binance_asks_for_candles_information_and_tickers(python_binance: AsyncClient) -> None:
    information = await python_binance.get_exchange_info()
    assert [symbol["symbol"] for symbol in information["symbols"]][:2] == ["BTCUSDT", "ETHUSDT"]
    assert (await python_binance.get_symbol_info("XRPUSDT"))["filters"][0]["filterType"] == "PRICE_FILTER"
    rows = await python_binance.get_klines(symbol="BTCUSDT", interval="1h", limit=7)
    assert [len(row) for row in rows] == [12] * 7
    start = rows[0][0] - 1500 * HOUR
    long = await python_binance.get_historical_klines("BTCUSDT", "1h", start, rows[0][0])
    assert [row[0] for row in long] == list(range(start, rows[0][0] + 1, HOUR))
    assert len(await python_binance.get_ticker()) == 5
    assert (await python_binance.get_ticker(symbol="DOGEUSDT"))["symbol"] == "DOGEUSDT"
    assert len(await python_binance.get_all_tickers()) == 5
    assert len(await python_binance.get_orderbook_tickers()) == 5
    assert len((await python_binance.get_order_book(symbol="BTCUSDT", limit=50))["bids"]) == 50
    assert len(await python_binance.get_recent_trades(symbol="BTCUSDT", limit=5)) == 5
    assert len(await python_binance.get_aggregate_trades(symbol="BTCUSDT", limit=5)) == 5
    assert float((await python_binance.get_avg_price(symbol="BTCUSDT"))["price"]) > 0


async def test_python_binance_understands_the_errors(python_binance: AsyncClient) -> None:
    with pytest.raises(BinanceAPIException) as caught:
        await python_binance.get_klines(symbol="NOTHING", interval="1h")
    assert (caught.value.status_code, caught.value.code) == (400, -1121)
    with pytest.raises(BinanceAPIException) as caught:
        await python_binance.stream_get_listen_key()
    assert caught.value.status_code == 410


async def test_python_binance_asks_by_the_web_socket_api(python_binance: AsyncClient) -> None:
    assert await python_binance.ws_ping() == {}
    assert len(await python_binance.ws_get_klines(symbol="BTCUSDT", interval="1m", limit=4)) == 4
    assert len((await python_binance.ws_get_order_book(symbol="BTCUSDT", limit=5))["asks"]) == 5
    assert (await python_binance.ws_get_orderbook_ticker(symbol="ETHUSDT"))["symbol"] == "ETHUSDT"


async def test_python_binance_hears_candles_trades_and_several_streams(
    python_binance: AsyncClient, venue: SandboxProcess
) -> None:
    sockets = sockets_of(python_binance, venue)
    async with sockets.kline_socket("BTCUSDT", interval="1m") as stream:
        kline = await within(stream.recv())
    assert (kline["e"], kline["s"], kline["k"]["i"]) == ("kline", "BTCUSDT", "1m")
    async with sockets.trade_socket("BTCUSDT") as stream:
        ids = [(await within(stream.recv()))["t"] for _ in range(10)]
    assert ids == list(range(ids[0], ids[0] + 10))
    wanted = {"btcusdt@aggTrade", "ethusdt@kline_1s", "solusdt@miniTicker", "xrpusdt@depth5@100ms"}
    async with sockets.multiplex_socket(sorted(wanted)) as stream:
        heard: set[str] = set()
        while heard != wanted:
            heard.add((await within(stream.recv()))["stream"])


# the official client


def official(venue: SandboxProcess) -> Spot:
    return Spot(
        ConfigurationRestAPI(base_path=venue.url, timeout=10_000),
        ConfigurationWebSocketAPI(stream_url=f"{web_socket(venue)}/ws-api/v3"),
        ConfigurationWebSocketStreams(stream_url=web_socket(venue)),
    )


def test_the_official_client_asks_every_endpoint_of_market_data(venue: SandboxProcess) -> None:
    rest = official(venue).rest_api
    assert rest.exchange_info().data().symbols[0].symbol == "BTCUSDT"
    assert abs(rest.time().data().server_time / 1000 - time.time()) < 5
    rows = rest.klines("BTCUSDT", KlinesIntervalEnum.INTERVAL_1h, limit=5).data()
    assert len(rows) == 5
    assert rest.ui_klines("BTCUSDT", KlinesIntervalEnum.INTERVAL_1h, limit=5).data()[:4] == rows[:4]
    assert len(rest.depth("BTCUSDT", limit=10).data().bids) == 10
    assert len(rest.get_trades("BTCUSDT", limit=10).data()) == 10
    assert len(rest.historical_trades("BTCUSDT", limit=10, from_id=5).data()) == 10
    assert len(rest.agg_trades("BTCUSDT", limit=10).data()) == 10
    assert rest.avg_price("BTCUSDT").data().mins == 5
    assert rest.execution_rules(symbol="BTCUSDT").data().symbol_rules == []
    assert rest.ticker24hr(symbol="BTCUSDT").data().actual_instance.symbol == "BTCUSDT"
    assert len(rest.ticker24hr(symbols=["BTCUSDT", "ETHUSDT"]).data().actual_instance) == 2
    assert len(rest.ticker_price().data().actual_instance) == 5
    assert len(rest.ticker_book_ticker().data().actual_instance) == 5
    assert rest.ticker(symbol="BTCUSDT").data().actual_instance.symbol == "BTCUSDT"
    assert rest.ticker_trading_day(symbol="BTCUSDT").data().actual_instance.symbol == "BTCUSDT"


def test_the_official_client_reads_the_error_and_the_weight(venue: SandboxProcess) -> None:
    rest = official(venue).rest_api
    with pytest.raises(BadRequestError, match="Invalid symbol"):
        rest.avg_price("NOTHING")
    limits = {limit.rateLimitType: limit.count for limit in rest.avg_price("BTCUSDT").rate_limits}
    assert limits["REQUEST_WEIGHT"] >= 2


async def test_the_official_client_hears_candles_and_trades(venue: SandboxProcess) -> None:
    streams = official(venue).websocket_streams
    connection = await streams.create_connection()
    try:
        for asked in (
            # By value: the client would write its own enum's name into the stream's.
            lambda: connection.kline(symbol="btcusdt", interval=KlineIntervalEnum.INTERVAL_1m.value),
            lambda: connection.trade(symbol="ethusdt"),
            lambda: connection.ticker(symbol="solusdt"),
            connection.all_mini_ticker,
            lambda: connection.all_market_rolling_window_ticker(window_size="1h"),
        ):
            stream = await asked()
            heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            stream.on("message", lambda data, heard=heard: heard.done() or heard.set_result(data))
            assert await within(heard)
            await stream.unsubscribe()
    finally:
        await connection.close_connection(close_session=True)


async def test_the_official_client_asks_by_the_web_socket_api(venue: SandboxProcess) -> None:
    client = official(venue).websocket_api
    connection = await client.create_connection()
    try:
        answer = await within(connection.klines("BTCUSDT", ApiKlinesIntervalEnum.INTERVAL_1m, limit=3))
        assert len(answer.data().result) == 3
        price = (await within(connection.ticker_price(symbol="BTCUSDT"))).data().actual_instance
        assert float(price.result.price) > 0
    finally:
        await connection.close_connection(close_session=True)
