"""What a strategy would have done on history: its decisions over columns, traded by compiled code.

The rules are in `docs/decisions/0055-the-rules-of-fills`; `kernel` keeps them. `simulate` is one run;
a `Simulation` has its candles ready for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, get_type_hints

import numpy as np

from thebot.backtesting.compiled import compiled
from thebot.backtesting.kernel import run
from thebot.backtesting.kernel_state import PURSE, Columns, Detail, Filled, Timeline
from thebot.backtesting.laid_out import columns_of, decided, detail_of, timeline_of
from thebot.backtesting.metrics.returns import periods_per_year
from thebot.backtesting.ruin import ruined, until_ruin
from thebot.backtesting.scoring import Score, score_of
from thebot.backtesting.terms import book, terms
from thebot.backtesting.trades import Trades
from thebot.backtesting.warned import not_traded, warnings_of
from thebot.errors import BadSetting
from thebot.market import Candles, FloatArray, Instrument, IntArray
from thebot.strategy import Decisions, Strategy
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs
from thebot.trading.counting import Counting

_NOTHING: Final = 1e-9  # of the account: what a ruined one is drawn as, so that returns stay numbers

_KINDS: Final[dict[str, type[Any]]] = {
    name: np.int64 if kind == IntArray else np.float64 for name, kind in get_type_hints(Filled).items()
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """One symbol as a simulation sees it. `decisions` has a row for each of `candles`.

    `detail` are smaller candles of the same symbol that tell what came first inside a candle; `instrument`
    the exchange's filters (None: any price and quantity).
    """

    candles: Candles
    decisions: Decisions
    instrument: Instrument | None = None
    detail: Candles | None = None

    def __post_init__(self) -> None:
        if len(self.decisions) != len(self.candles):
            raise BadSetting(
                f"{len(self.decisions)} decisions do not fit {len(self.candles)} candles: give one each."
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """What came out. `time` (ms UTC) and `equity` have shape (candles,): each close, and cash with positions
    then, in quote currency; with several symbols there is a row for each close of any of them.
    """

    trades: Trades
    time: IntArray
    equity: FloatArray
    warnings: tuple[str, ...]


class Ran(NamedTuple):
    """A run as it comes out of the compiled code; valid until the next one."""

    out: Filled  # the first `trades` rows are written
    equity: FloatArray
    purse: np.void  # of `Purse`
    trades: int


def simulate(
    strategy: Strategy,
    markets: Sequence[Market],
    *,
    account: Account,
    costs: Costs,
    target_first: bool = False,
) -> Simulated:
    """Trade what a strategy decided on `markets` (all of one timeframe).

    `target_first` assumes the target before the stop where both lie within one candle: what the result
    would have been at best. Raises BadSetting for what cannot be: no candles, markets that do not go
    together, a short on a spot account, cash below what an order must be worth.
    """
    simulation = Simulation(
        [market.candles for market in markets],
        account=account,
        costs=costs,
        instruments=[market.instrument for market in markets],
        details=[market.detail for market in markets],
    )
    return simulation.run(strategy, [market.decisions for market in markets], target_first=target_first)


class Simulation:
    """Candles made ready for any number of strategies that trade them, with one account and the same costs.

    `instruments` and `details` have one entry a symbol, as in `Market`. Raises BadSetting as `simulate`.
    """

    def __init__(
        self,
        series: Sequence[Candles],
        *,
        account: Account,
        costs: Costs,
        instruments: Sequence[Instrument | None] | None = None,
        details: Sequence[Candles | None] | None = None,
    ) -> None:
        _require(series)
        self.series, self.account, self.costs = tuple(series), account, costs
        self.instruments = tuple(instruments or [None] * len(series))
        self.details = tuple(details or [None] * len(series))
        countings = [Counting.of(each) for each in self.instruments]
        self._columns = columns_of(series, countings)
        self._detail = detail_of(series, self.details, countings)
        self._timeline, self.time = timeline_of(series)
        self._book = book(self.instruments, [len(each) for each in series], account=account, costs=costs)
        self._equity = np.empty(len(self.time))
        self._out = Filled(**{name: np.empty(0, kind) for name, kind in _KINDS.items()})
        self._run = compiled(run, m=Columns, d=Detail, line=Timeline, out=Filled, equity=None)

    @property
    def span(self) -> int:
        """From the first open to the last close, in ms."""
        return int(self.time[-1]) - min(int(candles.open_time[0]) for candles in self.series)

    def run(
        self,
        strategy: Strategy,
        decisions: Decisions | Sequence[Decisions],
        *,
        target_first: bool = False,
    ) -> Simulated:
        """What comes of a strategy that decided so: one of `decisions` a symbol."""
        done = self._whole(strategy, decisions, target_first=target_first)
        if not strategy.shorts:  # what is bought can never take more than all
            return done

        def again(at: int) -> Simulated:
            return self._until(at)._whole(strategy, self._cut(decisions, at), target_first=target_first)

        return until_ruin(done, again)

    def _until(self, at: int) -> Simulation:
        """The same on the candles that have closed by then (ms UTC), without symbols that had not begun."""
        begun = [k for k, candles in enumerate(self.series) if candles.open_time[0] < at]
        return Simulation(
            [self.series[k].between(end=at) for k in begun],
            account=self.account,
            costs=self.costs,
            instruments=[self.instruments[k] for k in begun],
            details=[self.details[k] for k in begun],
        )

    def _cut(self, decisions: Decisions | Sequence[Decisions], at: int) -> list[Decisions]:
        """What was decided at closes until then."""
        given = [decisions] if isinstance(decisions, Decisions) else decisions
        return [
            each.rows(slice(0, int(np.searchsorted(candles.open_time, at))))
            for each, candles in zip(given, self.series, strict=True)
            if candles.open_time[0] < at
        ]

    def _whole(
        self, strategy: Strategy, decisions: Decisions | Sequence[Decisions], *, target_first: bool
    ) -> Simulated:
        """As if money were lent without end."""
        ran = self.raw(strategy, decisions, target_first=target_first)
        columns: dict[str, Any] = {
            name: each[: ran.trades].copy() for name, each in ran.out._asdict().items()
        }
        columns["doubtful"] = columns["doubtful"] != 0
        trades = Trades(symbols=tuple(each.symbol for each in self.series), **columns)
        return Simulated(
            trades=trades,
            time=self.time,
            equity=ran.equity.copy(),
            warnings=warnings_of(trades, not_traded(ran.purse, self.series, self.instruments), self.series),
        )

    def score(
        self, strategy: Strategy, decisions: Decisions | Sequence[Decisions], *, blocks: int = 0
    ) -> Score:
        """The figures of a strategy that decided so, for a search: no record is made.

        With `blocks` also the equity at the borders of so many equally long parts.
        """
        ran = self.raw(strategy, decisions)
        score = score_of(
            ran.equity, ran.out, ran.trades,
            start_equity=self.account.cash, span=self.span,
            periods_per_year=periods_per_year(self.series[0].timeframe), blocks=blocks,
        )  # fmt: skip
        row = ruined(ran.equity) if strategy.shorts else None
        return (
            score
            if row is None
            else self._ruined(
                score,
                row,
                self._until(int(self.time[row])).run(strategy, self._cut(decisions, int(self.time[row]))),
            )
        )

    def _ruined(self, score: Score, row: int, done: Simulated) -> Score:
        """Of a variant that used up its account: it has lost all, and no ratio says anything of it."""
        nan, last = float("nan"), float(done.equity[-1])
        rest = np.arange(len(score.curve)) * len(self.time) > row * max(1, len(score.curve) - 1)
        return replace(
            score, total_return=last / self.account.cash - 1.0, max_drawdown=-1.0, mean=nan, deviation=nan,
            downside_deviation=nan, win_rate=nan, profit_factor=nan, trades=len(done.trades),
            fees=float(done.trades.fees.sum()),
            curve=np.where(rest, _NOTHING * self.account.cash, score.curve),
        )  # fmt: skip

    def raw(
        self,
        strategy: Strategy,
        decisions: Decisions | Sequence[Decisions],
        *,
        target_first: bool = False,
    ) -> Ran:
        """The same as columns that the next run writes over."""
        decisions = [decisions] if isinstance(decisions, Decisions) else decisions
        if [len(each) for each in decisions] != [len(candles) for candles in self.series]:
            raise BadSetting(
                f"{sum(map(len, decisions))} decisions do not fit {len(self._columns.time)} candles: "
                "give one each."
            )
        alone = len(self.series) == 1
        said = terms(
            strategy, self.series[0].timeframe, len(self.series),
            steps=len(self._columns.time) if alone else len(self._timeline.opens_from) - 1,
            detailed=len(self._detail.begin) > 0,
            account=self.account, costs=self.costs, target_first=target_first,
        )  # fmt: skip
        out, purse = self._room_for(decisions), np.zeros(1, PURSE)
        purse["cash"] = self.account.cash
        self._run(
            decided(self._columns, decisions), self._detail, self._timeline, said, self._book.copy(),
            purse, out, self._equity,
        )  # fmt: skip
        return Ran(out, self._equity, purse[0], int(purse["trades"][0]))

    def _room_for(self, decisions: Sequence[Decisions]) -> Filled:
        """Columns for as many trades as there can be: each needs an entry of its own."""
        most = sum(
            int(np.count_nonzero(fired))
            for each in decisions
            for fired in (each.enter, each.short)
            if fired is not None
        )
        if len(self._out.profit) < most:
            self._out = Filled(**{name: np.empty(most, kind) for name, kind in _KINDS.items()})
        return self._out


def _require(series: Sequence[Candles]) -> None:
    if not series or not all(map(len, series)):
        raise BadSetting("There are no candles to trade on: give each symbol's, one at least.")
    if len({each.timeframe for each in series}) > 1 or len({each.symbol for each in series}) < len(series):
        given = ", ".join(f"{each.symbol} {each.timeframe}" for each in series)
        raise BadSetting(f"Candles of one timeframe, once a symbol, are traded together; these are {given}.")
