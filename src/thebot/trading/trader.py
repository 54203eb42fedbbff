"""The trader: from closed candles and fills to orders. It decides nothing by itself but keeps the strategy's
rules: sizes, stops, trailing stops, time, cooldown, and how many positions may be open.

`handle(event) -> commands` is deterministic and does no I/O: the time is in the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from thebot.market import Candle, Symbol, Timeframe
from thebot.strategy.deciding import Decision
from thebot.strategy.definition import Strategy
from thebot.strategy.orders import LimitOrder
from thebot.trading import rules
from thebot.trading.allocation import Account
from thebot.trading.allowed import require_cash, require_side
from thebot.trading.bracket import PRICE, Bracket, Level
from thebot.trading.counting import Counting, exact
from thebot.trading.events import (
    CandleClosed,
    CloseComplete,
    Ending,
    Event,
    OrderFilled,
    OrderGone,
    OrderRefused,
    StopTriggered,
)
from thebot.trading.held import Held, Waiting
from thebot.trading.ledger import Ledger
from thebot.trading.orders import (
    CancelOrder,
    Command,
    Direction,
    Kind,
    Order,
    OrderId,
    PlaceOrder,
    RecordTrade,
)
from thebot.trading.sizes import Experience, Sizer

nan: Final = float("nan")


class Trader:
    """One strategy on several symbols that share an account. Raises BadSetting for what cannot be.

    Everything that it knows is in `held`, `waiting`, `left_at`, `experience` and the ledger.
    """

    def __init__(
        self,
        strategy: Strategy,
        timeframe: Timeframe,
        countings: Mapping[Symbol, Counting],
        account: Account,
        ledger: Ledger,
    ) -> None:
        require_side(strategy.label, account, shorts=strategy.shorts)
        for counting in countings.values():
            if counting.instrument is not None:
                require_cash(counting.instrument, account)
        self.strategy, self.timeframe, self.ledger = strategy, timeframe, ledger
        self.held: dict[Symbol, Held] = {}
        self.waiting: dict[Symbol, Waiting] = {}
        self.left_at: dict[Symbol, int] = {}  # open of the candle in which it was last left
        self.experience = Experience()
        self.unknown = 0  # entries that were not taken because something about them was not known
        self.beside = 0  # because the stop or the target was not on its side of the entry price
        self._countings = countings
        self._places = {symbol: place for place, symbol in enumerate(countings)}
        self._closes: dict[Symbol, float] = {}
        self._told: list[CandleClosed] = []
        self._most = account.allocation.most(len(countings))
        self._sizer = Sizer(strategy.sizing, timeframe, account.allocation.share(len(countings)))
        self._cooldown = strategy.cooldown_ms(timeframe)
        self._expires = strategy.exits.expires_ms(timeframe)
        exits = strategy.exits
        self._moves = exits.trailing is not None or exits.break_even is not None
        self._numbered = 0

    def attends(self, symbol: Symbol) -> bool:
        """Whether its candles have to be told also where nothing is decided."""
        return symbol in self.held

    @property
    def weighs(self) -> bool:
        """Whether the candles that were told give anything to weigh once the instant is complete."""
        return bool(self._told)

    def handle(self, event: Event) -> list[Command]:
        """What is to be done about it."""
        if isinstance(event, CandleClosed):
            return self._candle(event)
        if isinstance(event, CloseComplete):
            return self._weigh()
        if isinstance(event, OrderFilled):
            return self._filled(event)
        if isinstance(event, StopTriggered):
            return self._triggered(event)
        return self._gone(event)

    def _candle(self, closed: CandleClosed) -> list[Command]:
        candle = closed.candle
        if closed.decision is not None or self._expires is not None:
            self._told.append(closed)
        self._closes[candle.symbol] = candle.close
        held = self.held.get(candle.symbol)
        if held is None:
            return []
        if held.hit:  # what came after the stop is not its own any more
            held.hit = held.inside = False
            return []
        counting = self._countings[candle.symbol]
        ahead, behind = (candle.high, candle.low) if held.direction > 0 else (candle.low, candle.high)
        ahead = candle.close if held.inside else ahead  # what came before the entry does not count
        held.inside = False
        held.saw(counting.count(ahead), counting.count(behind))
        if not self._moves or held.leaving is not None:
            return []
        trailing = held.bracket.trailing
        if trailing.kind == PRICE:
            trailing = Level(PRICE, nan if closed.decision is None else closed.decision.trailing)
        moved = held.move_stop(trailing, counting)
        return self._place_stop(candle.symbol, held) if moved else []

    def _weigh(self) -> list[Command]:
        """All candles of an instant are known: what is left, and then what is entered."""
        told, self._told = self._told, []
        commands: list[Command] = []
        wanted: list[tuple[float, int, CandleClosed, Direction]] = []
        for closed in told:
            decision, symbol = closed.decision, closed.candle.symbol
            held = self.held.get(symbol)
            if held is not None and held.leaving is None:
                ending = self._ending(held, decision, closed.at)
                if ending is not None:
                    commands += self._leave(symbol, held, ending)
            if decision is None or closed.last:
                continue
            commands += self._withdraw(symbol, decision)
            side: Direction | None = 1 if decision.enter else -1 if decision.short else None
            if side is not None:
                rank = decision.rank if decision.rank == decision.rank else float("-inf")
                wanted.append((-rank, self._places[symbol], closed, side))
        for _, _, closed, side in sorted(wanted, key=lambda each: each[:2]):
            commands += self._enter(closed, side)
        return commands

    def _ending(self, held: Held, decision: Decision | None, at: int) -> Ending | None:
        if decision is not None:
            if decision.short if held.direction > 0 else decision.enter:
                return "reversal"
            if decision.leave if held.direction > 0 else decision.cover:
                return "signal"
        if self._expires is not None and at - held.opened_at >= self._expires:
            return "time"
        return None

    def _withdraw(self, symbol: Symbol, decision: Decision) -> list[Command]:
        """A waiting entry is taken back if its side is to be left, or the other one entered."""
        waiting = self.waiting.get(symbol)
        if waiting is None:
            return []
        if waiting.direction > 0:
            withdraw = decision.leave or decision.short
        else:
            withdraw = decision.cover or decision.enter
        return self._take_back(symbol) if withdraw else []

    def _take_back(self, symbol: Symbol) -> list[Command]:
        waiting = self.waiting.pop(symbol, None)
        return [] if waiting is None else [CancelOrder(symbol=symbol, order_id=waiting.order_id)]

    def _leave(self, symbol: Symbol, held: Held, ending: Ending) -> list[Command]:
        """Out at the next open, by a market order; nothing else is open any more."""
        held.leaving = ending
        position = self.ledger.positions[symbol]
        _, place = self._order(symbol, -held.direction, "market", closes=True, quantity=position.quantity)
        return [*self._take_back(symbol), *self._cancel_levels(symbol, held), place]

    def _enter(self, closed: CandleClosed, side: Direction) -> list[Command]:
        candle, decision = closed.candle, closed.decision
        symbol = candle.symbol
        held = self.held.get(symbol)
        if decision is None or symbol in self.waiting:
            return []
        if held is not None and (held.direction == side or held.leaving != "reversal"):
            return []
        left_at = self.left_at.get(symbol)
        if left_at is not None and closed.at - left_at < self._cooldown:
            return []
        exits, order = self.strategy.exits, self.strategy.order
        bracket = Bracket(
            stop=Level.read(exits.stop, decision.stop),
            target=Level.read(exits.target, decision.target),
            trailing=Level.read(exits.trailing, decision.trailing),
            break_even=Level.read(exits.break_even, decision.break_even),
        )
        price: Decimal | None = None
        known = bracket.stop.known and bracket.target.known
        if isinstance(order, LimitOrder):
            price = self._limit_price(candle, side, Level.read(order.offset, decision.limit))
            known = known and price is not None
        amount = self._sizer.amount(
            decision, side, bracket, candle.close, self.equity(), self.experience
        )  # fmt: skip
        if not known or not amount > 0:
            self.unknown += 1
            return []
        if self._taken() >= self._most:
            return []
        order_id, place = self._order(
            symbol, side, "market" if price is None else "limit", closes=False,
            amount=exact(amount), price=price, bracket=bracket,
            candles=order.candles if isinstance(order, LimitOrder) else None,
        )  # fmt: skip
        self.waiting[symbol] = Waiting(
            order_id=order_id, direction=side, decided_at=closed.at, bracket=bracket
        )
        return [place]

    def _limit_price(self, candle: Candle, side: Direction, offset: Level) -> Decimal | None:
        counting = self._countings[candle.symbol]
        price = offset.beyond(counting.count(candle.close), -side, counting)
        if not price > 0:  # unknown, or further away than the price is high
            return None
        return counting.price(rules.resting(price, side, counting.whole))

    def equity(self) -> float:
        """Cash with the positions at the newest closes."""
        held = (float(each.signed) * self._closes[symbol] for symbol, each in self.ledger.positions.items())
        return float(self.ledger.cash) + sum(held)

    def _taken(self) -> int:
        """How many positions are open or about to be."""
        held = {symbol for symbol, each in self.held.items() if each.leaving is None}
        return len(held | self.waiting.keys())

    def _filled(self, fill: OrderFilled) -> list[Command]:
        symbol = fill.symbol
        held = self.held.get(symbol)
        closed = self.ledger.apply(fill)
        if held is None or fill.direction == held.direction:
            return self._entered(fill, held)
        counting = self._countings[symbol]
        price = counting.count_of(fill.price if fill.due is None else fill.due)
        against = price if fill.against != fill.against else counting.count(fill.against)
        if fill.because != "end of data":  # that close was seen
            by_stop = fill.inside and fill.order_id == held.stop_id  # tells nothing of the other side
            held.saw(held.furthest if by_stop else price, against)
        if held.leaving is None and fill.order_id == held.stop_id:
            held.leaving, held.hit = held.set_by, True
        ending = fill.because or held.leaving or "target"
        if closed is None:
            return self._take_back(symbol) if held.leaving is not None else []
        del self.held[symbol]
        self.left_at[symbol] = closed.left_at
        self.experience.learn(closed.gain)
        best, worst = held.excursions()
        record = RecordTrade(
            closed=closed,
            decided_at=held.decided_at,
            ending=ending,
            stop=float(counting.price(held.first_stop)) if held.first_stop == held.first_stop else nan,
            best=best,
            worst=worst,
            doubtful=fill.doubtful,
        )
        waiting = self.waiting.get(symbol)
        own = (
            waiting is not None and waiting.direction == held.direction
        )  # not the other side's, of a reversal
        return [*(self._take_back(symbol) if own else []), *self._cancel_levels(symbol, held), record]

    def _entered(self, fill: OrderFilled, held: Held | None) -> list[Command]:
        """A part of an entry, or all of it: the first one sets the levels."""
        symbol, counting = fill.symbol, self._countings[fill.symbol]
        waiting = self.waiting[symbol]
        position = self.ledger.positions[symbol]
        if fill.complete:
            del self.waiting[symbol]
        if held is not None:
            held.entry = counting.count_of(position.entry_price)
            return self._place_levels(symbol, held)
        price = counting.count_of(fill.price)
        held = Held.entered(waiting, price, fill.at, counting, inside=fill.inside)
        self.held[symbol] = held
        return self._place_levels(symbol, held)

    def _triggered(self, event: StopTriggered) -> list[Command]:
        held = self.held.get(event.symbol)
        if held is None or event.order_id != held.stop_id:
            return []
        held.leaving, held.hit = held.set_by, True
        held.saw(held.furthest, self._countings[event.symbol].count_of(event.due))
        return self._take_back(event.symbol)

    def _gone(self, event: OrderRefused | OrderGone) -> list[Command]:
        waiting = self.waiting.get(event.symbol)
        if waiting is not None and waiting.order_id == event.order_id:
            del self.waiting[event.symbol]
        if isinstance(event, OrderRefused) and not event.filters:
            self.beside += 1
        return []

    def _place_levels(self, symbol: Symbol, held: Held) -> list[Command]:
        commands: list[Command] = []
        if held.stop == held.stop:
            commands += self._place_stop(symbol, held)
        if held.target == held.target:
            if held.target_id:
                commands.append(CancelOrder(symbol=symbol, order_id=held.target_id))
            held.target_id, place = self._order(
                symbol, -held.direction, "target", closes=True,
                quantity=self.ledger.positions[symbol].quantity,
                price=self._countings[symbol].price(held.target),
            )  # fmt: skip
            commands.append(place)
        return commands

    def _place_stop(self, symbol: Symbol, held: Held) -> list[Command]:
        """The stop where it stands now, for all that is held, instead of the one before."""
        before = held.stop_id
        held.stop_id, place = self._order(
            symbol, -held.direction, "stop", closes=True,
            quantity=self.ledger.positions[symbol].quantity,
            price=self._countings[symbol].price(held.stop),
        )  # fmt: skip
        return [CancelOrder(symbol=symbol, order_id=before), place] if before else [place]

    def _cancel_levels(self, symbol: Symbol, held: Held) -> list[Command]:
        ids = [each for each in (held.stop_id, held.target_id) if each]
        return [CancelOrder(symbol=symbol, order_id=each) for each in ids]

    def _order(
        self,
        symbol: Symbol,
        direction: int,
        kind: Kind,
        *,
        closes: bool,
        amount: Decimal | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        candles: int | None = None,
        bracket: Bracket | None = None,
    ) -> tuple[OrderId, PlaceOrder]:
        self._numbered += 1
        order = Order(
            id=f"{symbol}-{self._numbered}",
            symbol=symbol,
            direction=1 if direction > 0 else -1,
            kind=kind,
            closes=closes,
            amount=amount,
            quantity=quantity,
            price=price,
            candles=candles,
            bracket=bracket,
        )
        return order.id, PlaceOrder(order=order)
