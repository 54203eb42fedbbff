"""The market data endpoints: parameters in, JSON text out. The WebSocket API asks through the same ones."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from thebot.exchange.sandbox import book, information, tickers, wire
from thebot.exchange.sandbox.exchange import Exchange
from thebot.exchange.sandbox.limits import Limits
from thebot.exchange.sandbox.market import Market
from thebot.exchange.sandbox.parameters import ApiError, Parameters
from thebot.exchange.sandbox.tape import Tape
from thebot.market.timeframe import DAY, HOUR, MINUTE

_FAR: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Request:
    """What an endpoint needs: the parameters, the unit of times, and what else it costs."""

    parameters: Parameters
    unit: int  # 1: ms, 1000: microseconds
    charge: Callable[[int], None]


Endpoint = Callable[[Request], str]


class Rest:
    """`endpoints` by path below /api/v3/. Each charges its weight before it works."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self.exchange, self.limits, self._tape = exchange, limits, Tape(exchange)
        self.endpoints: dict[str, Endpoint] = {
            "ping": self.ping,
            "time": self.time,
            "exchangeInfo": self.exchange_info,
            "depth": self.depth,
            "trades": self.trades,
            "historicalTrades": self.historical_trades,
            "aggTrades": self.aggregate_trades,
            "klines": self.klines,
            "uiKlines": self.klines,
            "avgPrice": self.average_price,
            "ticker/24hr": self.day_ticker,
            "ticker/tradingDay": self.trading_day,
            "ticker": self.window_ticker,
            "ticker/price": self.price,
            "ticker/bookTicker": self.book_ticker,
            "executionRules": self.execution_rules,
            "referencePrice": self.reference_price,
        }

    def answer(self, path: str, given: Mapping[str, str], unit: int) -> str:
        """What the endpoint says to these parameters. Raises ApiError; a refused request costs as well."""
        self.limits.require_not_banned()
        self.exchange.advance()
        parameters = Parameters(given, self.exchange.source.listings)
        used = self.limits.used
        try:
            return self.endpoints[path](Request(parameters, unit, self.limits.charge))
        except ApiError:
            if self.limits.used == used:  # refused before its own weight was known
                self.limits.charge(1)
            raise

    def ping(self, request: Request) -> str:
        request.charge(1)
        request.parameters.require_all_read()
        return "{}"

    def time(self, request: Request) -> str:
        request.charge(1)
        request.parameters.require_all_read()
        return '{"serverTime":%d}' % (self.exchange.now * request.unit)

    def exchange_info(self, request: Request) -> str:
        request.charge(20)
        given = request.parameters
        one, several = given.optional_symbol(), given.symbols()
        permissions, status = given.text("permissions"), given.text("symbolStatus")
        given.text("showPermissionSets")
        given.require_all_read()
        if (one and several) or ((one or several) and (permissions or status)):
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        asked = [one] if one else several or list(self.exchange.markets)
        if permissions and "SPOT" not in permissions:
            asked = []
        listed = [(self.exchange.source.listings[symbol], self.exchange.status(symbol)) for symbol in asked]
        if status:
            listed = [entry for entry in listed if entry[1] == status]
        return information.exchange_info(listed, self.exchange.now * request.unit, self.limits.weight)

    def depth(self, request: Request) -> str:
        given = request.parameters
        limit = given.limit(100, 5000)
        request.charge(5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1000 else 250)
        market = self.exchange.markets[self._with_status(given, given.symbol())]
        given.require_all_read()
        bids, asks = self.exchange.snapshot(market.symbol, min(limit, book.DEPTH))
        sides = (wire.levels(market.listing, bids.tolist()), wire.levels(market.listing, asks.tolist()))
        return '{"lastUpdateId":%d,"bids":%s,"asks":%s}' % (market.aggregate, *sides)

    def trades(self, request: Request) -> str:
        request.charge(25)
        given = request.parameters
        symbol, limit = given.symbol(), given.limit(500, 1000)
        given.require_all_read()
        return self._tape.trades(symbol, None, limit, request.unit)

    def historical_trades(self, request: Request) -> str:
        request.charge(25)
        given = request.parameters
        symbol, limit, first = given.symbol(), given.limit(500, 1000), given.number("fromId")
        given.require_all_read()
        return self._tape.trades(symbol, first, limit, request.unit)

    def aggregate_trades(self, request: Request) -> str:
        request.charge(4)
        given = request.parameters
        symbol, limit, first = given.symbol(), given.limit(500, 1000), given.number("fromId")
        start, end = given.time("startTime"), given.time("endTime")
        given.require_all_read()
        if first is not None and (start is not None or end is not None):
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        if first is not None:
            return self._tape.aggregates_from(symbol, first, limit, request.unit)
        return self._tape.aggregates(symbol, start, end, limit, request.unit)

    def klines(self, request: Request) -> str:
        request.charge(2)
        given = request.parameters
        symbol, interval, limit = given.symbol(), given.interval(), given.limit(500, 1000)
        start, end = given.time("startTime"), given.time("endTime")
        given.require_all_read()
        history, now = self.exchange.history, self.exchange.now
        if start is None:
            bars = history.until(symbol, interval, _FAR if end is None else end, limit, now)
        else:
            bars = history.since(symbol, interval, start, _FAR if end is None else end, limit, now)
        return wire.klines(self.exchange.source.listings[symbol], interval, bars, request.unit)

    def average_price(self, request: Request) -> str:
        request.charge(2)
        symbol = request.parameters.symbol()
        request.parameters.require_all_read()
        mean, traded_at = self.exchange.windows[symbol].average(self.exchange.now)
        price = self.exchange.source.listings[symbol].price.text(mean)
        return '{"mins":5,"price":"%s","closeTime":%d}' % (price, traded_at * request.unit)

    def day_ticker(self, request: Request) -> str:
        symbols, single = self._asked(request.parameters)
        kind = request.parameters.choice("type", ("FULL", "MINI"))
        request.charge(2 if single or len(symbols) <= 20 else 40 if len(symbols) <= 100 else 80)
        request.parameters.require_all_read()
        write = tickers.full if kind == "FULL" else tickers.mini
        return _listed([self._window(symbol, DAY, write, request.unit) for symbol in symbols], single)

    def trading_day(self, request: Request) -> str:
        zone = request.parameters.zone()
        since_midnight = (self.exchange.now + zone) % DAY
        return self._windowed(request, since_midnight)

    def window_ticker(self, request: Request) -> str:
        return self._windowed(request, _span(request.parameters.text("windowSize") or "1d"))

    def price(self, request: Request) -> str:
        symbols, single = self._asked(request.parameters)
        request.charge(2 if single else 4)
        request.parameters.require_all_read()
        markets = [self.exchange.markets[symbol] for symbol in symbols]
        rows = ['{"symbol":"%s","price":"%s"}' % (m.symbol, m.listing.price.text(m.price)) for m in markets]
        return _listed(rows, single)

    def book_ticker(self, request: Request) -> str:
        symbols, single = self._asked(request.parameters)
        request.charge(2 if single else 4)
        request.parameters.require_all_read()
        rows = []
        for market in (self.exchange.markets[symbol] for symbol in symbols):
            bid, bid_quantity, ask, ask_quantity = book.top(market.last)
            price, quantity = market.listing.price.text, market.listing.quantity.text
            rows.append(
                '{"symbol":"%s","bidPrice":"%s","bidQty":"%s","askPrice":"%s","askQty":"%s"}'
                % (market.symbol, price(bid), quantity(bid_quantity), price(ask), quantity(ask_quantity))
            )
        return _listed(rows, single)

    def execution_rules(self, request: Request) -> str:
        """No symbol has rules."""
        symbols, _ = self._asked(request.parameters)
        request.charge(min(40, 2 * len(symbols)))
        request.parameters.require_all_read()
        return '{"symbolRules":[]}'

    def reference_price(self, request: Request) -> str:
        """No symbol has a reference price."""
        request.charge(2)
        request.parameters.symbol()
        request.parameters.require_all_read()
        raise ApiError(-2043, "This symbol doesn't have a reference price.")

    def _windowed(self, request: Request, span: int) -> str:
        symbols, single = self._asked(request.parameters)
        if not request.parameters.text("symbol") and not request.parameters.text("symbols"):
            raise ApiError(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
        if len(symbols) > 100:
            raise ApiError(-1130, "Data sent for parameter 'symbols' is not valid.")
        kind = request.parameters.choice("type", ("FULL", "MINI"))
        request.charge(min(200, 4 * len(symbols)))
        request.parameters.require_all_read()

        def without_best(market: Market, window: tickers.Rolling, unit: int) -> str:
            return tickers.full(market, window, unit, best=False)

        write = without_best if kind == "FULL" else tickers.mini
        return _listed([self._window(symbol, span, write, request.unit) for symbol in symbols], single)

    def _window(
        self, symbol: str, span: int, write: Callable[[Market, tickers.Rolling, int], str], unit: int
    ) -> str:
        window = self.exchange.windows[symbol].rolling(self.exchange.now, span)
        return write(self.exchange.markets[symbol], window, unit)

    def _asked(self, given: Parameters) -> tuple[list[str], bool]:
        """The symbols, and whether the answer is a single object."""
        one, several, status = given.optional_symbol(), given.symbols(), given.text("symbolStatus")
        if one is not None and several is not None:
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        if one is not None:
            if status and self.exchange.status(one) != status:
                raise _wrong_status(one)
            return [one], True
        symbols = several if several is not None else list(self.exchange.markets)
        return [each for each in symbols if not status or self.exchange.status(each) == status], False

    def _with_status(self, given: Parameters, symbol: str) -> str:
        status = given.text("symbolStatus")
        if status and self.exchange.status(symbol) != status:
            raise _wrong_status(symbol)
        return symbol


def _wrong_status(symbol: str) -> ApiError:
    return ApiError(-1220, f"The symbol's status does not match the requested symbolStatus: {symbol}.")


def _listed(rows: list[str], single: bool) -> str:
    return rows[0] if single else f"[{','.join(rows)}]"


def _span(size: str) -> int:
    """ms of 1m-59m, 1h-23h, 1d-7d."""
    units = {"m": (MINUTE, 59), "h": (HOUR, 23), "d": (DAY, 7)}
    named = re.fullmatch(r"([1-9][0-9]?)([mhd])", size)
    if named is None or int(named[1]) > units[named[2]][1]:
        raise ApiError(-1130, "Data sent for parameter 'windowSize' is not valid.")
    return int(named[1]) * units[named[2]][0]
