"""What a strategy would have done on history: its decisions over columns, traded by compiled code.

The rules are in `docs/decisions/0055-the-rules-of-fills`; `kernel` keeps them. `simulate` is one run;
a `Simulation` has its candles ready for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

import numpy as np

from thebot.backtesting.compiled import compiled
from thebot.backtesting.kernel import run
from thebot.backtesting.kernel_state import PURSE, Columns, Detail, Filled, Timeline
from thebot.backtesting.laid_out import columns_of, decided, detail_of, timeline_of
from thebot.backtesting.terms import book, terms
from thebot.backtesting.trades import Trades
from thebot.backtesting.warned import not_traded, warnings_of
from thebot.errors import BadSetting
from thebot.market import Candles, FloatArray, Instrument, IntArray
from thebot.strategy import Decisions, Strategy
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs
from thebot.trading.counting import Counting

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
        countings = [Counting.of(each) for each in self.instruments]
        self._columns = columns_of(series, countings)
        self._detail = detail_of(series, details or [None] * len(series), countings)
        self._timeline, self.time = timeline_of(series)
        self._book = book(self.instruments, [len(each) for each in series], account=account, costs=costs)
        self._run = compiled(run, m=Columns, d=Detail, line=Timeline, out=Filled, equity=None)

    def run(
        self, strategy: Strategy, decisions: Sequence[Decisions], *, target_first: bool = False
    ) -> Simulated:
        """What comes of a strategy that decided so: one of `decisions` a symbol."""
        equity = np.empty(len(self.time))
        out, account = self._traded(strategy, decisions, equity, target_first=target_first)
        trades = _trades(out, int(account["trades"]), tuple(each.symbol for each in self.series))
        return Simulated(
            trades=trades,
            time=self.time,
            equity=equity,
            warnings=warnings_of(
                trades, not_traded(account, self.series, self.instruments), self.series
            ),
        )

    def _traded(
        self,
        strategy: Strategy,
        decisions: Sequence[Decisions],
        equity: FloatArray,
        *,
        target_first: bool = False,
    ) -> tuple[Filled, np.void]:
        if [len(each) for each in decisions] != [len(candles) for candles in self.series]:
            raise BadSetting(
                f"{sum(map(len, decisions))} decisions do not fit {len(self._columns.time)} candles: "
                "give one each."
            )
        alone = len(self.series) == 1
        steps = len(self._columns.time) if alone else len(self._timeline.opens_from) - 1
        said = terms(
            strategy, self.series[0].timeframe, len(self.series),
            steps=steps, detailed=len(self._detail.begin) > 0,
            account=self.account, costs=self.costs, target_first=target_first,
        )  # fmt: skip
        most = 1 + sum(
            int(np.count_nonzero(each.enter))
            + (0 if each.short is None else int(np.count_nonzero(each.short)))
            for each in decisions
        )
        out = Filled(**{name: np.empty(most, kind) for name, kind in _KINDS.items()})
        account = np.zeros(1, PURSE)
        account["cash"] = self.account.cash
        columns = decided(self._columns, decisions)
        self._run(columns, self._detail, self._timeline, said, self._book.copy(), account, out, equity)
        return out, account[0]


def _require(series: Sequence[Candles]) -> None:
    if not series or not all(map(len, series)):
        raise BadSetting("There are no candles to trade on: give each symbol's, one at least.")
    if len({each.timeframe for each in series}) > 1 or len({each.symbol for each in series}) < len(series):
        given = ", ".join(f"{each.symbol} {each.timeframe}" for each in series)
        raise BadSetting(f"Candles of one timeframe, once a symbol, are traded together; these are {given}.")


def _trades(out: Filled, count: int, symbols: tuple[str, ...]) -> Trades:
    columns: dict[str, Any] = {name: column[:count].copy() for name, column in out._asdict().items()}
    columns["doubtful"] = columns["doubtful"] != 0
    return Trades(symbols=symbols, **columns)
