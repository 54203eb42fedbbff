from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from tests.market.series import of_closes, random_market

from thebot.backtesting import Account, Costs, Simulated
from thebot.backtesting.replay import replay
from thebot.backtesting.trial import rerun, run
from thebot.errors import BadSetting
from thebot.indicators import Expression, sma
from thebot.market import Candles
from thebot.strategy.averaging import Averaging
from thebot.strategy.grid import Grid
from thebot.strategy.stateful import Stateful, View
from thebot.trading.costs import FREE


def of_rows(*rows: tuple[float, float, float, float]) -> Candles:
    """Hours of open, high, low and close."""
    market = of_closes([row[3] for row in rows])
    named = zip(("open", "high", "low", "close"), zip(*rows, strict=True), strict=True)
    return market._with({name: np.array(column, float) for name, column in named})


def played(strategy: Stateful, market: Candles, costs: Costs = FREE, cash: float = 1000) -> Simulated:
    return replay(strategy, [market], account=Account(cash=cash), costs=costs)


@dataclass
class Script(Stateful):
    """Does at each candle what the script says, and writes down what it saw."""

    steps: tuple = ()
    at: int = 0
    views: list[View] = field(default_factory=list)

    def on_candle(self, view: View) -> None:
        self.views.append(view)
        SEEN.append(view)
        step = self.steps[self.at] if self.at < len(self.steps) else None
        self.at += 1
        if step is not None:
            step(view)


SEEN: list[View] = []


def test_it_sees_its_position_its_fills_and_what_waits() -> None:
    SEEN.clear()
    steps = (
        lambda view: (view.buy(amount=500), view.buy(amount=100, limit=50)),
        None,
        lambda view: view.cancel(),
    )
    played(Script(steps), of_closes([100, 100, 120, 120, 120]))
    first, second, third, fourth = SEEN
    assert first.holding is None
    assert (first.cash, first.equity, first.fills) == (1000, 1000, ())
    assert second.holding is not None
    assert (second.holding.quantity, second.holding.entry_price, second.cash) == (5, 100, 500)
    assert [(fill.side, fill.price, fill.quantity, fill.complete) for fill in second.fills] == [
        ("buy", 100, 5, True)
    ]
    assert [wish.limit for wish in second.orders.values()] == [50]
    assert (third.equity, third.fills) == (1100, ())
    assert fourth.orders == {}


def test_a_trade_goes_from_flat_to_flat() -> None:
    steps = (
        lambda view: view.buy(amount=200),
        lambda view: view.buy(amount=330),
        lambda view: view.sell(1),
        lambda view: view.sell(),
    )
    done = played(Script(steps), of_closes([100, 100, 110, 120, 130, 130]))
    (trade,) = done.trades
    assert (trade.quantity, trade.entry_price) == (pytest.approx(5.3), 100)  # 2 and 3.3 at 100
    assert trade.exit_price == pytest.approx((110 + 4.3 * 120) / 5.3)
    assert (trade.ending, trade.side) == ("signal", "long")
    assert done.equity[-1] == pytest.approx(1000 + trade.profit)


def test_stops_and_limits_are_told_by_how_the_trade_ended() -> None:
    for sell, row, ending, price in (
        (lambda view: view.sell(stop=95), (100, 101, 94, 96), "stop", 95),
        (lambda view: view.sell(limit=105), (100, 106, 99, 100), "target", 105),
    ):
        flat = (100.0, 100.0, 100.0, 100.0)
        done = played(Script((lambda view: view.buy(amount=100), sell)), of_rows(flat, flat, row, flat))
        (trade,) = done.trades
        assert (trade.ending, trade.exit_price) == (ending, price)


def test_what_it_wants_read_is_there_and_unknown_is_nan() -> None:
    class Reader(Stateful):
        @property
        def expressions(self) -> tuple[Expression, ...]:
            return (sma(3),)

        def on_candle(self, view: View) -> None:
            read.append(view.readings[sma(3)])

    read: list[float] = []
    played(Reader(), of_closes([1, 2, 3, 4, 9]))
    assert read[:2] == pytest.approx([float("nan")] * 2, nan_ok=True)
    assert read[2:] == [2, 3]  # at the last close nothing could be filled any more


def test_each_symbol_has_a_copy_and_the_original_never_changes() -> None:
    SEEN.clear()
    script = Script((lambda view: view.buy(amount=100),))
    series = [random_market(seed=seed, length=20, symbol=name) for seed, name in ((1, "A"), (2, "B"))]
    done = replay(script, series, account=Account(), costs=FREE)
    assert sorted(trade.symbol for trade in done.trades) == ["A", "B"]
    assert (script.at, script.views) == (0, [])
    again = replay(script, series, account=Account(), costs=FREE)
    assert again.trades == done.trades


def test_a_grid_buys_on_the_way_down_and_sells_one_level_up() -> None:
    market = of_rows(
        (100, 100, 100, 100),  # levels at 90 and 81
        (100, 100, 89, 90),  # buys at 90
        (90, 91, 89.5, 91),  # its sale at 100 waits from here on
        (91, 101, 91, 100),  # sold at 100
        (100, 100, 100, 100),
        (100, 100, 100, 100),
    )
    done = played(Grid(levels=2, spacing=10, stop=0), market)
    (trade,) = done.trades
    assert (trade.entry_price, trade.exit_price, trade.ending) == (90, pytest.approx(100), "target")
    assert trade.quantity == pytest.approx(0.99 * 500 / 90)


def test_a_grid_that_fell_through_is_sold_and_begins_anew() -> None:
    market = of_rows(
        (100, 100, 100, 100),
        (100, 100, 89, 90),
        (90, 90, 80, 80.5),  # buys at 81; the stop stands 5 % below, at 76.95
        (80, 80, 70, 70),
        (70, 70, 70, 70),  # levels at 63 and 56.7
        (70, 70, 62, 62),
        (62, 62, 62, 62),
    )
    done = played(Grid(levels=2, spacing=10, stop=5), market)
    first, second = done.trades
    assert (first.ending, first.exit_price) == ("stop", pytest.approx(76.95))
    assert second.entry_price == pytest.approx(63)


def test_a_grid_follows_a_rise_while_nothing_is_held() -> None:
    rows = [(price, price, price, price) for price in (100.0, 110, 121, 140, 140)]
    market = of_rows(*rows, (140, 140, 120, 120), (120, 120, 120, 120))
    (trade,) = played(Grid(levels=2, spacing=10, stop=0), market).trades
    assert trade.entry_price == pytest.approx(140 * 0.9)


def test_averaging_moves_its_target_with_the_mean_price() -> None:
    market = of_rows(
        (100, 100, 100, 100),
        (100, 100, 100, 100),  # bought at 100; the target is 110
        (80, 80, 80, 80),
        (80, 80, 80, 80),  # as much money again at 80: the mean is 88.9, the target 97.8
        (80, 98, 80, 98),
        (98, 98, 98, 98),
        (98, 98, 98, 98),
    )
    done = played(Averaging(every=2, part=10, gain=10), market)
    first = done.trades[0]
    assert first.quantity == pytest.approx(1 + 1.25)
    assert first.entry_price == pytest.approx(200 / 2.25)
    assert (first.exit_price, first.ending) == (pytest.approx(1.1 * 200 / 2.25), "target")


@pytest.mark.parametrize("strategy", [Grid(), Averaging(every=12)], ids=repr)
def test_the_examples_trade_and_every_coin_is_accounted_for(strategy: Stateful) -> None:
    market = random_market(seed=5, length=2000, timeframe="1h")
    done = played(strategy, market, Costs(), cash=10_000)
    assert len(done.trades) > 5
    assert done.equity[-1] == pytest.approx(10_000 + done.trades.profit.sum())
    assert not any("refused" in warning for warning in done.warnings)


def test_it_says_what_it_is() -> None:
    assert Grid(levels=3).label == "grid (levels 3, spacing 1.0, stop 5.0)"
    assert Grid().plain()["class"] == "thebot.strategy.grid.Grid"
    assert dict(Averaging().parameters) == {"every": 24, "part": 5.0, "gain": 5.0}
    assert Grid().description.startswith("Buys at `levels` prices")


def test_it_can_be_replayed_and_not_simulated() -> None:
    market = random_market(seed=5, length=200, timeframe="1h")
    record = rerun(market, Grid())
    assert (record.origin, record.strategy.name) == ("replay", "grid")
    with pytest.raises(BadSetting, match=r"grid keeps a state, so .* it cannot be simulated"):
        run(market, Grid())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda view: view.buy(),
        lambda view: view.buy(amount=1, quantity=1),
        lambda view: view.buy(amount=-5),
        lambda view: view.sell(limit=float("nan")),
        lambda view: view.sell(limit=5, stop=4),
    ],
)
def test_a_wish_that_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(BadSetting):
        played(Script((wrong,)), of_closes([100, 100, 100]))


@pytest.mark.parametrize(
    "make", [lambda: Grid(levels=0), lambda: Grid(spacing=30), lambda: Averaging(gain=0)]
)
def test_examples_refuse_what_cannot_be(make: type[Stateful]) -> None:
    with pytest.raises(BadSetting, match="cannot be"):
        make()
