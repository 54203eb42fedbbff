"""What variants come to: many at a time over the same candles, so that what they share is computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from thebot.backtesting.scoring import Score
from thebot.backtesting.simulate import Simulation
from thebot.backtesting.sweep.space import Variant
from thebot.backtesting.trial import Instruments
from thebot.errors import BadSetting, IndicatorError
from thebot.indicators import Panel
from thebot.indicators.expression import Crossing
from thebot.market import Candles
from thebot.market.quality import unbroken
from thebot.strategy import Decisions, Strategy
from thebot.strategy.deciding import Decider, joined
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs

Source: TypeAlias = Callable[..., Strategy]  # parameters by name -> the strategy; can be sent to a worker

COLUMNS_AT_ONCE: Final = 80_000_000  # bytes of columns that a panel of more than one variant may take
_WIDTH: Final = 8  # bytes of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One variant: its figures, or why it cannot be (an impossible combination of parameters)."""

    parameters: Variant
    score: Score | None
    why: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """What all variants of a search have in common: sent to each worker.

    `series` are the candles of each symbol, those before `start` (ms UTC) to warm up; `fixed` are parameters
    that do not vary; `blocks` is into how many parts of equal length the equity is cut for what is asked
    about all variants together.
    """

    source: Source
    series: tuple[Candles, ...]
    account: Account
    costs: Costs
    instruments: Instruments = field(default_factory=dict)
    start: int | None = None
    fixed: Variant = field(default_factory=dict)
    blocks: int = 240

    def strategy(self, variant: Variant) -> Strategy:
        """Raises BadSetting or IndicatorError for parameters that cannot be."""
        return self.source(**{**self.fixed, **variant})

    @functools.cached_property
    def simulation(self) -> Simulation:
        return Simulation(
            [candles.between(self.start) for candles in self.series],
            account=self.account,
            costs=self.costs,
            instruments=[self.instruments.get(candles.symbol) for candles in self.series],
        )

    @functools.cached_property
    def runs(self) -> list[list[Candles]]:
        """Of each symbol the stretches without a halt."""
        return [unbroken(candles) for candles in self.series]

    def __getstate__(self) -> dict[str, object]:
        """Without what each process makes for itself."""
        return {name: each for name, each in self.__dict__.items() if name not in ("simulation", "runs")}


def outcomes(job: Job, variants: Sequence[Variant], *, most: int = COLUMNS_AT_ONCE) -> list[Outcome]:
    """What each of them comes to, in order. Those that cannot be have no score, and say why.

    `most` are the bytes of columns that are held for several of them at once.
    """
    timeframe, rank = job.series[0].timeframe, job.account.allocation.rank
    made: list[Decider | str] = []
    for variant in variants:
        try:
            made.append(Decider(job.strategy(variant), timeframe, rank))
        except (BadSetting, IndicatorError) as error:
            made.append(str(error))
    decided = _decisions(job, [each for each in made if isinstance(each, Decider)], most)
    found = []
    for variant, each in zip(variants, made, strict=True):
        if isinstance(each, str):
            found.append(Outcome(parameters=variant, score=None, why=each))
            continue
        score = job.simulation.score(each.strategy, next(decided), blocks=job.blocks)
        found.append(Outcome(parameters=variant, score=score))
    return found


def _decisions(job: Job, deciders: Sequence[Decider], most: int) -> Iterator[list[Decisions]]:
    """What each decides on each symbol, in order; some share a panel, as many as memory allows."""
    rows = sum(map(len, job.series))
    first = 0
    while first < len(deciders):
        panel, count = panel_for(deciders[first:], rows, most)
        columns = [[panel.over(run) for run in runs] for runs in job.runs]
        for decider in deciders[first : first + count]:
            yield [
                _traded(job, candles, joined([decider.decisions(each) for each in parts]))
                for candles, parts in zip(job.series, columns, strict=True)
            ]
        first += count


def _traded(job: Job, candles: Candles, decisions: Decisions) -> Decisions:
    """Those at the candles that are traded on."""
    if job.start is None:
        return decisions
    return decisions.rows(slice(int(candles.open_time.searchsorted(job.start)), None))


def panel_for(deciders: Sequence[Decider], rows: int, most: int = COLUMNS_AT_ONCE) -> tuple[Panel, int]:
    """One panel for the first few of them, and how many these are: as many as `most` bytes allow, or one.

    `rows` are those of all symbols together.
    """
    count = len(deciders)
    while True:
        wanted = [each for decider in deciders[:count] for each in decider.expressions]
        panel = Panel(wanted, deciders[0].timeframe)
        held = bytes_of(panel, rows)
        if held <= most or count == 1:
            return panel, count
        count = max(1, min(count - 1, int(count * most / held)))


def bytes_of(panel: Panel, rows: int) -> float:
    """What its columns take over so many candles, with everything that they are made of."""
    shorter = panel.timeframe.nominal_ms
    own = sum(
        rows if isinstance(node.expression, Crossing) else rows * _WIDTH * len(node.outputs)  # True or False
        for node in panel.nodes
    )
    return own + sum(
        bytes_of(each, rows) * shorter / timeframe.nominal_ms for timeframe, each in panel.higher.items()
    )
