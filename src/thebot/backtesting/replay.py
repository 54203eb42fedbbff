"""A strategy on history, event by event: what paper and live trading do, with the past as the exchange.

Candles go one by one through live panels, a trader decides, `trading.Matching` fills, the ledger counts in
Decimal. What a `Strategy` says comes to the same trades as in `simulate` (tests hold them together), some
hundred times slower. Strategies that keep a state can be replayed only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from thebot.backtesting.ruin import until_ruin
from thebot.backtesting.simulate import Simulated
from thebot.backtesting.trades import RoundTrip, Trades
from thebot.backtesting.warned import NotTraded, warnings_of
from thebot.indicators import Expression, Panel
from thebot.market import Candle, Candles, Instrument, Symbol
from thebot.market.quality import halted_before, unbroken
from thebot.strategy import Decider, Strategy, decider
from thebot.strategy.stateful import Stateful
from thebot.trading.allocation import Account
from thebot.trading.book import Bar
from thebot.trading.costs import Costs
from thebot.trading.counting import Counting, exact
from thebot.trading.events import CandleClosed, CloseComplete, OrderFilled, OrderRefused
from thebot.trading.ledger import Ledger
from thebot.trading.matching import Happened, Matching
from thebot.trading.orders import CancelOrder, Command, PlaceOrder, RecordTrade
from thebot.trading.stateful import StatefulTrader
from thebot.trading.trader import Trader

Rows: TypeAlias = list[tuple["_Feed", int]]
_Columns: TypeAlias = tuple[list[int], list[float], list[float], list[float], list[float], list[float]]
_NO_DETAIL: Final[tuple[Bar, ...]] = ()


def replay(
    strategy: Strategy | Stateful,
    series: Sequence[Candles],
    *,
    account: Account,
    costs: Costs,
    instruments: Mapping[Symbol, Instrument] | None = None,
    detail: Mapping[Symbol, Candles] | None = None,
    start: int | None = None,
    target_first: bool = False,
) -> Simulated:
    """Trade `strategy` on `series` (one a symbol, all of one timeframe) by the rules of fills.

    Candles before `start` (ms UTC) warm the indicators up. `instruments` and `detail` (smaller candles) are
    by symbol, as in `simulate`. Raises BadSetting for what cannot be.
    """

    def until(at: int | None) -> Simulated:
        given = [candles.between(end=at) for candles in series]
        begun = [candles for candles in given if at is None or len(candles.between(start))]
        return _Replay(
            strategy, begun, account, costs, instruments or {}, detail or {}, start, target_first
        ).run()

    done = until(None)
    return until_ruin(done, until) if strategy.shorts else done


class _Feed:
    """One symbol's candles on their way to the trader."""

    def __init__(
        self,
        candles: Candles,
        panel: Panel,
        instrument: Instrument | None,
        detail: Candles | None,
        start: int | None,
    ) -> None:
        self.symbol, self.candles = candles.symbol, candles
        self.first = 0 if start is None else int(np.searchsorted(candles.open_time, start))
        self.last = len(candles) - 1
        self.breaks = frozenset(halted_before(candles).tolist())
        self.halts = frozenset(row for row in self.breaks if row > self.first)
        self.counting = Counting.of(instrument)
        self.close_time: list[int] = candles.close_time.tolist()
        self._panel = panel
        self._columns = _columns(candles)
        self._counts = _counted(candles, self.counting)
        self._detail = _within(candles, detail)
        self._detail_counts = None if detail is None else _counted(detail, self.counting)
        self.live = panel.start()
        for number, run in enumerate(unbroken(candles[: self.first])):
            self.live = panel.start() if number else self.live
            self.live.warm(run)
        self.mark = 0.0  # the newest close
        self.quantity = 0.0  # held, negative if sold short

    def step(self, row: int) -> tuple[Candle, Mapping[Expression, float]]:
        """The candle in a row, and what is read at its close. Nothing is carried over a halt."""
        if row in self.breaks:
            self.live = self._panel.start()
        time, opened, high, low, close, volume = self._columns
        candle = Candle(
            symbol=self.symbol, timeframe=self.candles.timeframe, open_time=time[row],
            open=opened[row], high=high[row], low=low[row], close=close[row], volume=volume[row],
        )  # fmt: skip
        self.mark = candle.close
        return candle, self.live.step(candle)

    def bar(self, row: int) -> Bar:
        times, opened, high, low, close, volume = self._counts
        return Bar(times[row], opened[row], high[row], low[row], close[row], volume[row])

    def detail(self, row: int) -> Sequence[Bar]:
        """The smaller candles in that of a row."""
        if self._detail is None or self._detail_counts is None:
            return _NO_DETAIL
        begin, end = self._detail[0][row], self._detail[1][row]
        return [
            Bar(*each) for each in zip(*(column[begin:end] for column in self._detail_counts), strict=True)
        ]


class _Replay:
    def __init__(
        self,
        strategy: Strategy | Stateful,
        series: Sequence[Candles],
        account: Account,
        costs: Costs,
        instruments: Mapping[Symbol, Instrument],
        detail: Mapping[Symbol, Candles],
        start: int | None,
        target_first: bool,
    ) -> None:
        timeframe = series[0].timeframe
        self.decider: Decider | None = None
        if isinstance(strategy, Stateful):
            panel = Panel(strategy.expressions, timeframe)
        else:
            self.decider = decider(strategy, timeframe, account.allocation.rank)
            panel = self.decider.panel
        self.feeds = {
            each.symbol: _Feed(each, panel, instruments.get(each.symbol), detail.get(each.symbol), start)
            for each in series
        }
        countings = {symbol: feed.counting for symbol, feed in self.feeds.items()}
        self.ledger = Ledger(exact(account.cash))
        self.matching = Matching(self.ledger, costs, countings, target_first=target_first)
        self.trader: Trader | StatefulTrader
        if isinstance(strategy, Stateful):
            self.trader = StatefulTrader(strategy, countings, account, self.ledger)
        else:
            self.trader = Trader(strategy, timeframe, countings, account, self.ledger)
        self.cash = account.cash
        self.trades: list[RoundTrip] = []
        self.time: list[int] = []
        self.equity: list[float] = []
        self.missed = NotTraded()

    def run(self) -> Simulated:
        for opens, closes in _timeline(list(self.feeds.values())):
            self._open(opens)
            for instant, rows in closes:
                self._close(rows)
                self.time.append(instant)
                self.equity.append(self._worth())
        trades = Trades.of(self.trades, tuple(self.feeds))
        self.missed.unknown, self.missed.beside = self.trader.unknown, self.trader.beside
        return Simulated(
            trades=trades,
            time=np.array(self.time, np.int64),
            equity=np.array(self.equity),
            warnings=warnings_of(trades, self.missed, [feed.candles for feed in self.feeds.values()]),
        )

    def _open(self, rows: Rows) -> None:
        """Candles of one instant open: halts and exits, then the entries of all."""
        bars = {
            feed.symbol: feed.bar(row)
            for feed, row in rows
            if row in feed.halts or not self.matching.idle(feed.symbol)
        }
        if not bars:
            return
        for feed, row in rows:
            if row in feed.halts:
                self._halt(feed, row, bars[feed.symbol])
            elif feed.symbol in bars:
                self._obey(self.matching.exits(feed.symbol, bars[feed.symbol]))
        self._obey(self.matching.entries(bars))

    def _halt(self, feed: _Feed, row: int, bar: Bar) -> None:
        before = feed.bar(row - 1).close
        self.missed.withdrawn += self.matching.opening(feed.symbol)
        self._obey(self.matching.halted(feed.symbol, bar, before))

    def _close(self, rows: Rows) -> None:
        """Candles of one instant close: they are gone through and read, then it is weighed what to do."""
        at = 0
        for feed, row in rows:
            if not self.matching.idle(feed.symbol):
                self._obey(self.matching.within(feed.symbol, feed.bar(row), feed.detail(row)))
            at = feed.close_time[row]
            candle, readings = feed.step(row)
            self._tell(candle, readings, at, last=row == feed.last)
            if not self.matching.idle(feed.symbol):
                self._obey(self.matching.closed(feed.symbol, at))
            if row == feed.last:
                self._end(feed, row, at)
        if self.trader.weighs:
            self._do(self.trader.handle(CloseComplete(at=at)))

    def _tell(self, candle: Candle, readings: Mapping[Expression, float], at: int, *, last: bool) -> None:
        """Tell the trader of a candle, if it matters to it. Decisions at the last one could not be filled."""
        asked, decision = self.decider, None
        if asked is None:
            closed = CandleClosed(candle=candle, at=at, readings=readings, last=last)
        else:
            if not asked.quiet(readings):
                decision = asked.at(readings)
            if decision is None and not self.trader.attends(candle.symbol):
                return
            closed = CandleClosed(candle=candle, at=at, decision=decision, last=last)
        self._do(self.trader.handle(closed))

    def _end(self, feed: _Feed, row: int, at: int) -> None:
        """A symbol's candles end: what is held is closed at the last close, what waits is not filled."""
        if feed.symbol in self.ledger.positions:
            bar = feed.bar(row)
            self._obey([self.matching.left(feed.symbol, bar, bar.close, at, "end of data")])
        self._obey(self.matching.withdrawn(feed.symbol, at))

    def _worth(self) -> float:
        """The equity at the newest closes: what `Ledger.equity` gives, in floats."""
        worth = self.cash
        for feed in self.feeds.values():
            worth += feed.quantity * feed.mark
        return worth

    def _obey(self, events: Iterable[Happened]) -> None:
        """Book what happens, tell the trader, and do what it wants."""
        for event in events:
            if isinstance(event, OrderRefused) and event.filters:
                self._refused(event)
            self._do(self.trader.handle(event))
            if isinstance(event, OrderFilled):
                self.cash = float(self.ledger.cash)
                position = self.ledger.positions.get(event.symbol)
                self.feeds[event.symbol].quantity = 0.0 if position is None else float(position.signed)

    def _refused(self, event: OrderRefused) -> None:
        self.missed.refused += 1
        if self.missed.refused == 1:
            self.missed.refused_at, self.missed.why = event.at, event.reason

    def _do(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if isinstance(command, PlaceOrder):
                self.matching.place(command.order)
            elif isinstance(command, CancelOrder):
                self.matching.cancel(command.symbol, command.order_id)
            else:
                self.trades.append(_round_trip(command))


def _round_trip(record: RecordTrade) -> RoundTrip:
    closed = record.closed
    return RoundTrip(
        symbol=closed.symbol,
        side="long" if closed.direction > 0 else "short",
        decided_at=record.decided_at,
        entered_at=closed.entered_at,
        entry_price=float(closed.entry_price),
        left_at=closed.left_at,
        exit_price=float(closed.exit_price),
        quantity=float(closed.quantity),
        stop=record.stop,
        fees=float(closed.fees),
        slippage=float(closed.slippage),
        profit=float(closed.profit),
        gain=closed.gain,
        ending=record.ending,
        best=record.best,
        worst=record.worst,
        doubtful=record.doubtful,
    )


def _timeline(feeds: Sequence[_Feed]) -> Iterator[tuple[Rows, list[tuple[int, Rows]]]]:
    """What opens at each instant, and then what closes before anything else opens, by instant."""
    if len(feeds) == 1:
        (feed,) = feeds
        for row in range(feed.first, feed.last + 1):
            rows = [(feed, row)]
            yield rows, [(feed.close_time[row], rows)]
        return
    opens: dict[int, Rows] = {}
    closes: dict[int, Rows] = {}
    for feed in feeds:
        times: list[int] = feed.candles.open_time.tolist()
        for row in range(feed.first, feed.last + 1):
            opens.setdefault(times[row], []).append((feed, row))
            # a candle that is not on the border of its timeframe ends where the next one begins
            ends = feed.close_time[row] if row == feed.last else min(feed.close_time[row], times[row + 1])
            closes.setdefault(ends, []).append((feed, row))
    closing, done = sorted(closes), 0
    instants = sorted(opens)
    for at, following in zip(instants, [*instants[1:], closing[-1]], strict=True):
        begin = done
        while done < len(closing) and closing[done] <= following:
            done += 1
        yield opens[at], [(each, closes[each]) for each in closing[begin:done]]


def _columns(candles: Candles) -> _Columns:
    opened, high, low, close = (
        column.tolist() for column in (candles.open, candles.high, candles.low, candles.close)
    )
    return candles.open_time.tolist(), opened, high, low, close, candles.volume.tolist()


def _counted(candles: Candles, counting: Counting) -> _Columns:
    """The columns of a `Bar`."""
    opened, high, low, close = (
        counting.counts(column).tolist()
        for column in (candles.open, candles.high, candles.low, candles.close)
    )
    return candles.open_time.tolist(), opened, high, low, close, counting.volumes(candles.volume).tolist()


def _within(candles: Candles, detail: Candles | None) -> tuple[list[int], list[int]] | None:
    """For each candle, which rows of `detail` lie in it: from, and up to."""
    if detail is None:
        return None
    return (
        np.searchsorted(detail.open_time, candles.open_time).tolist(),
        np.searchsorted(detail.open_time, candles.close_time).tolist(),
    )
