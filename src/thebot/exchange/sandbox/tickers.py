"""The last 24 hours of a market, rolling; and the average price of five minutes."""

# ruff: noqa: UP031  (JSON is full of braces: in an f-string each would be doubled)

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from thebot.exchange.sandbox import book
from thebot.exchange.sandbox.history import History
from thebot.exchange.sandbox.market import Market
from thebot.exchange.sandbox.sources import Kept
from thebot.market.timeframe import DAY, HOUR, MINUTE

_KEPT: Final = 4  # windows of a market: of 1 h, 4 h and 24 h, and one more


class Rolling(NamedTuple):
    """A window's figures in ticks and steps; first and last ids are -1 without trades."""

    open_time: int
    close_time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    first: int
    last: int
    trades: int
    previous_close: int


@dataclass(slots=True)
class _Closed:
    """The base candles of a window that have ended."""

    numbers: tuple[int, int, int, int, int, int, int, int]  # open high low volume value first count previous
    empty: bool


class Windows:
    """Rolling windows of one market. They begin on a border of its base candles (simulated: a minute)."""

    def __init__(self, market: Market, history: History) -> None:
        self._market, self._history = market, history
        self._base = history.source.base(market.symbol)
        self._kept: Kept[tuple[int, int], _Closed] = Kept(_KEPT, lambda span: self._closed(*span))

    def rolling(self, now: int, span: int = DAY) -> Rolling:
        """The `span` ms before `now`."""
        base, market = self._base, self._market
        floor = base.floor(now - span)
        start = floor if floor == now - span else base.close_time(floor)
        closed = self._kept((start, base.floor(now)))
        open_, high, low, volume, value, first, count, previous = closed.numbers
        current = self._history.partial(market.symbol, now)
        if len(current.open) and int(current.trades[0]):
            bar = current.row(0)
            if closed.empty:
                open_, high, low, first = bar.open, bar.high, bar.low, bar.first_trade
            high, low = max(high, bar.high), min(low, bar.low)
            volume, value, count = volume + bar.volume, value + bar.value, count + bar.trades
        last = first + count - 1 if count else -1
        first = first if count else -1
        return Rolling(
            now - span, now, open_, high, low, market.price, volume, value, first, last, count, previous
        )

    def _closed(self, start: int, end: int) -> _Closed:
        bars = self._history.source.bars(self._market.symbol, start, end)
        previous = self._history.last_price(self._market.symbol, start)
        if not len(bars.open):
            price = self._market.price
            return _Closed((price, price, price, 0, 0, -1, 0, previous), empty=True)
        numbers = (
            bars.open[0], bars.high.max(), bars.low.min(), bars.volume.sum(), sum(bars.value.tolist()),
            bars.first_trade[0], bars.trades.sum(), previous,
        )  # fmt: skip
        return _Closed(tuple(int(number) for number in numbers), empty=False)  # type: ignore[arg-type]  # eight

    def average(self, now: int) -> tuple[int, int]:
        """Mean price (ticks, weighted by volume) of the last five minutes or base candles; time of the
        last trade."""
        start = self._base.floor(now - 5 * MINUTE)
        bars = self._history.source.bars(self._market.symbol, start, self._base.floor(now))
        current = self._history.partial(self._market.symbol, now)
        value = sum(bars.value.tolist()) + sum(current.value.tolist())
        volume = sum(bars.volume.tolist()) + sum(current.volume.tolist())
        return (value // volume if volume else self._market.price), self._market.traded_at


def mini_ticker(market: Market, window: Rolling, event: int, unit: int) -> str:
    """The event of @miniTicker."""
    price, listing = market.listing.price.text, market.listing
    return (
        '{"e":"24hrMiniTicker","E":%d,"s":"%s","c":"%s","o":"%s","h":"%s","l":"%s","v":"%s","q":"%s"}'
        % (event * unit, market.symbol, price(window.close), price(window.open), price(window.high),
           price(window.low), listing.quantity.text(window.volume), listing.value.text(window.value))
    )  # fmt: skip


def change(market: Market, window: Rolling) -> tuple[str, str, str]:
    """Price change, per cent of it, and mean price weighted by volume."""
    price, moved = market.listing.price.text, window.close - window.open
    per_cent = moved / window.open * 100
    mean = window.value // window.volume if window.volume else window.close
    return ("-" if moved < 0 else "") + price(abs(moved)), f"{per_cent:.3f}", price(mean)


def ticker(market: Market, window: Rolling, event: int, unit: int, name: str = "24hrTicker") -> str:
    """The event of @ticker, or of @ticker_<window> if called `1hTicker` and so on."""
    listing = market.listing
    price, quantity = listing.price.text, listing.quantity.text
    moved, per_cent, mean = change(market, window)
    bid, bid_quantity, ask, ask_quantity = book.top(market.last)
    head = '{"e":"%s","E":%d,"s":"%s","p":"%s","P":"%s",' % (
        name,
        event * unit,
        market.symbol,
        moved,
        per_cent,
    )
    middle = '"w":"%s","c":"%s",' % (mean, price(window.close))
    if name == "24hrTicker":
        middle = '"w":"%s","x":"%s","c":"%s","Q":"%s","b":"%s","B":"%s","a":"%s","A":"%s",' % (
            mean, price(window.previous_close), price(window.close), quantity(market.quantity), price(bid),
            quantity(bid_quantity), price(ask), quantity(ask_quantity),
        )  # fmt: skip
    tail = '"o":"%s","h":"%s","l":"%s","v":"%s","q":"%s","O":%d,"C":%d,"F":%d,"L":%d,"n":%d}' % (
        price(window.open), price(window.high), price(window.low), quantity(window.volume),
        listing.value.text(window.value), window.open_time * unit, window.close_time * unit, window.first,
        window.last, window.trades,
    )  # fmt: skip
    return head + middle + tail


def full(market: Market, window: Rolling, unit: int, *, best: bool = True) -> str:
    """An entry of ticker/24hr FULL; without the best prices, of ticker and ticker/tradingDay."""
    listing = market.listing
    price, quantity = listing.price.text, listing.quantity.text
    moved, per_cent, mean = change(market, window)
    bid, bid_quantity, ask, ask_quantity = book.top(market.last)
    head = '{"symbol":"%s","priceChange":"%s","priceChangePercent":"%s","weightedAvgPrice":"%s",' % (
        market.symbol, moved, per_cent, mean,
    )  # fmt: skip
    if best:
        head += (
            '"prevClosePrice":"%s","lastPrice":"%s","lastQty":"%s",'
            '"bidPrice":"%s","bidQty":"%s","askPrice":"%s","askQty":"%s",'
            % (price(window.previous_close), price(window.close), quantity(market.quantity), price(bid),
               quantity(bid_quantity), price(ask), quantity(ask_quantity))
        )  # fmt: skip
        return head + _prices(market, window) + _sums(market, window, unit)
    return (
        head + _prices(market, window) + f'"lastPrice":"{price(window.close)}",' + _sums(market, window, unit)
    )


def mini(market: Market, window: Rolling, unit: int) -> str:
    """An entry of ticker/24hr MINI."""
    last = market.listing.price.text(window.close)
    prices, sums = _prices(market, window), _sums(market, window, unit)
    return f'{{"symbol":"{market.symbol}",{prices}"lastPrice":"{last}",{sums}'


def _prices(market: Market, window: Rolling) -> str:
    price = market.listing.price.text
    return '"openPrice":"%s","highPrice":"%s","lowPrice":"%s",' % (
        price(window.open), price(window.high), price(window.low),
    )  # fmt: skip


def _sums(market: Market, window: Rolling, unit: int) -> str:
    listing = market.listing
    return (
        '"volume":"%s","quoteVolume":"%s","openTime":%d,"closeTime":%d,"firstId":%d,"lastId":%d,"count":%d}'
        % (listing.quantity.text(window.volume), listing.value.text(window.value), window.open_time * unit,
           window.close_time * unit, window.first, window.last, window.trades)
    )  # fmt: skip


WINDOW_NAMES: Final = {"1h": HOUR, "4h": 4 * HOUR, "1d": DAY}  # of the streams @ticker_<window>
