"""Walking forward: parameters chosen on one stretch of the past are traded on the next, again and again.

What comes out is only what could have been had at the time. Positions are closed at the borders of the tests,
at the usual costs; indicators are warmed by the candles before each test.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from thebot.backtesting.record import TrackRecord
from thebot.backtesting.simulate import Simulated
from thebot.backtesting.splits import Split, WalkForward
from thebot.backtesting.sweep import Choices, Job, Outcome, Search, SweepResult, Variant, outcomes, searched
from thebot.backtesting.trades import ENDINGS, Trades
from thebot.backtesting.trial import recorded, run
from thebot.backtesting.tried import TrialLedger, tried
from thebot.errors import BadSetting
from thebot.market import Candles
from thebot.strategy.definition import Parameter

_AT_END: Final = ENDINGS.index("end of data")


@dataclass(frozen=True, kw_only=True, eq=False)
class Window:
    """One step: what was chosen on the training, and what came of it in the test. Times are ms UTC."""

    train_start: int
    train_end: int
    parameters: Variant
    inside: float  # annual return in the training, a fraction
    inside_sharpe: float
    variants: int  # that were tried in the training
    outside: TrackRecord

    @property
    def outside_return(self) -> float:
        """Annual return in the test, a fraction."""
        return self.outside.annual_return

    def plain(self) -> dict[str, Any]:
        return {
            "train_start": self.train_start,
            "train_end": self.train_end,
            "test_start": self.outside.start,
            "test_end": self.outside.end,
            "parameters": dict(self.parameters),
            "variants": self.variants,
            "inside_annual_return": _known(self.inside),
            "inside_sharpe": _known(self.inside_sharpe),
            "outside_annual_return": _known(self.outside_return),
            "outside_total_return": _known(self.outside.total_return),
            "outside_sharpe": _known(self.outside.sharpe_ratio),
            "trades": len(self.outside.trades),
        }


@dataclass(frozen=True, slots=True)
class Walked:
    """What a stitched record says of its strategy: it has other parameters in each window."""

    name: str
    windows: tuple[tuple[int, Variant], ...]  # start of the test, and what was traded from then on

    @property
    def label(self) -> str:
        return f"{self.name} (walked forward over {len(self.windows)} windows)"

    @property
    def parameters(self) -> tuple[tuple[str, Parameter], ...]:
        return ()

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "walked": [{"from": at, "parameters": dict(each)} for at, each in self.windows],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class WalkedForward:
    """All windows, and the tests stitched to one record. `complete` is False if it was interrupted.

    There are fewer windows than `planned` if it was, or if the account was too small to go on.
    """

    windows: tuple[Window, ...]
    planned: int
    record: TrackRecord
    search: Search | None
    complete: bool = True

    @property
    def efficiency(self) -> float:
        """The annual return of the tests over that of the trainings: 1 if what was seen stayed.

        The trainings' is the mean over the windows. nan if they lost.
        """
        return self.record.annual_return / self.inside if self.inside > 0 else math.nan

    @property
    def inside(self) -> float:
        """What was chosen earned in its trainings: annual return, the mean over the windows."""
        return float(np.mean([each.inside for each in self.windows]))

    @property
    def inside_sharpe(self) -> float:
        """The Sharpe ratio of what was chosen in its trainings, the mean of those known; nan if none is."""
        known = [each.inside_sharpe for each in self.windows if math.isfinite(each.inside_sharpe)]
        return float(np.mean(known)) if known else math.nan

    @property
    def cut(self) -> int:
        """How many positions were closed only because a test ended."""
        return sum(int((each.outside.trades.ending == _AT_END).sum()) for each in self.windows)

    @property
    def won(self) -> float:
        """The share of windows whose test made money."""
        return float(np.mean([each.outside.total_return > 0 for each in self.windows]))

    @property
    def drift(self) -> dict[str, float]:
        """How far each parameter moves from window to window: the mean step over the range that it may take.

        0 if it never changes; of texts the share of windows in which it changes.
        """
        found: dict[str, float] = {}
        if self.search is None or len(self.windows) < 2:
            return found
        for name, dimension in self.search.space.dimensions.items():
            values = [each.parameters[name] for each in self.windows]
            if isinstance(dimension, Choices) and any(isinstance(each, str) for each in dimension.values):
                found[name] = float(np.mean([a != b for a, b in itertools.pairwise(values)]))
                continue
            numbers = np.array(values, np.float64)
            ends = dimension.values if isinstance(dimension, Choices) else (dimension.low, dimension.high)
            reach = float(np.ptp(np.array(ends, np.float64)))
            found[name] = float(np.abs(np.diff(numbers)).mean() / reach) if reach > 0 else 0.0
        return found

    @property
    def assessment(self) -> dict[str, float]:
        """For the verdict: efficiency and won."""
        return {"efficiency": self.efficiency, "won": self.won}

    def plain(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "windows": [each.plain() for each in self.windows],
            "planned": self.planned,
            "inside_annual_return": _known(self.inside),
            "outside_annual_return": _known(self.record.annual_return),
            "inside_sharpe": _known(self.inside_sharpe),
            "outside_sharpe": _known(self.record.sharpe_ratio),
            "efficiency": _known(self.efficiency),
            "won": self.won,
            "drift": {name: _known(each) for name, each in self.drift.items()},
            "closed_at_borders": self.cut,
            "complete": self.complete,
            "variants": sum(each.variants for each in self.windows),
        }


def walk_forward(
    job: Job,
    search: Search | None,
    split: WalkForward,
    *,
    end: int | None = None,
    ledger: TrialLedger | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> WalkedForward:
    """Choose on each training by `search`, trade the test after it with what was chosen.

    `job` has the candles, costs and account; its `start` (ms UTC) is where the first training begins, `end`
    where all ends. `split` counts in candles of the first symbol. Without a `search` there is nothing to
    choose, and each test is traded with the job's own parameters. Ctrl-C keeps the windows that are done, and
    so does an account that is left with less than an order must be worth.
    What was looked at is written to the `ledger`.

    Raises BadSetting if there are too few candles, or if no variant of a training can be evaluated.
    """
    series = tuple(candles.between(end=end) for candles in job.series)
    rows = series[0].between(job.start)
    splits = _tradable(split, len(rows))
    windows: list[Window] = []
    cash, complete = job.account.cash, True
    least = max((float(each.min_value) for each in job.instruments.values()), default=0.0)
    try:
        for number, each in enumerate(splits):
            window = _window(replace(job, series=series), search, each, rows, cash, ledger)
            windows.append(window)
            cash = window.outside.final_equity
            progress(number + 1, len(splits))
            if not cash > 0 or cash < least:
                break
    except KeyboardInterrupt:
        complete = False
    if not windows:
        raise BadSetting("It was interrupted before the first window was done: there is nothing to show.")
    told = []
    if complete and len(windows) < len(splits):
        told.append(
            f"After {len(windows)} of {len(splits)} windows the account was too small for an order: "
            f"{cash:,.2f} were left."
        )
    return WalkedForward(
        windows=tuple(windows), planned=len(splits), record=_stitched(job, series, windows, told),
        search=search, complete=complete,
    )  # fmt: skip


def _tradable(split: WalkForward, count: int) -> list[Split]:
    """The splits of so many candles, without a rest that is too short for a decision and its fill."""
    if min(split.train, split.test) < 2:
        raise BadSetting(
            "A decision and its fill take two candles, so a training and a test have two at least; these "
            f"have {split.train} and {split.test}."
        )
    found = [each for each in split.splits(count) if len(each.test_rows) > 1]
    if not found:
        raise BadSetting(
            f"{count} candles are too few to walk forward: after a training of {split.train} there is one "
            "left, and a decision and its fill take two. Take a shorter training."
        )
    return found


def _window(
    job: Job, search: Search | None, split: Split, rows: Candles, cash: float, ledger: TrialLedger | None
) -> Window:
    (train,), (test,) = split.train, split.tests
    begins, ends = int(rows.open_time[train.start]), int(rows.close_time[train.stop - 1])
    test_begins, test_ends = int(rows.open_time[test.start]), int(rows.close_time[test.stop - 1])
    training = replace(job, series=tuple(candles.between(end=ends) for candles in job.series), start=begins)
    best, variants = _chosen(training, search, ledger)
    outside = run(
        job.series, job.strategy(best.parameters), account=replace(job.account, cash=cash), costs=job.costs,
        start=test_begins, end=test_ends, instruments=job.instruments,
    )  # fmt: skip
    if search is None and ledger is not None:
        ledger.add([tried(outside)])  # else the search has told what it looked at
    score = best.score
    return Window(
        train_start=begins,
        train_end=ends,
        parameters={**job.fixed, **best.parameters},
        inside=math.nan if score is None else score.annual_return,
        inside_sharpe=math.nan if score is None else score.sharpe_ratio,
        variants=variants,
        outside=outside,
    )


def _chosen(job: Job, search: Search | None, ledger: TrialLedger | None) -> tuple[Outcome, int]:
    """The best variant of a training, and how many were tried."""
    if search is None:
        (found,) = outcomes(job, [{}])
        if found.score is None:
            raise BadSetting(found.why)
        return found, 1
    done = searched(job, search, ledger=ledger)
    if not done.complete:
        raise KeyboardInterrupt
    result = SweepResult.of(done)
    return result.best, len(result.ranked)


def _stitched(
    job: Job, series: Sequence[Candles], windows: Sequence[Window], told: Sequence[str]
) -> TrackRecord:
    """The tests one after the other, as one record of the candles that they were traded on."""
    records = [each.outside for each in windows]
    start, end = records[0].start, records[-1].end
    traded = [candles.between(start, end) for candles in series]
    trades = records[0].trades
    columns = {
        name: np.concatenate([each.trades.columns()[name] for each in records]) for name in trades.columns()
    }
    done = Simulated(
        trades=Trades(symbols=trades.symbols, **columns),
        time=np.concatenate([each.time for each in records]),
        equity=np.concatenate([each.equity for each in records]),
        warnings=tuple(dict.fromkeys(told for each in records for told in _own_warnings(each))),
    )
    steps = tuple((each.outside.start, each.parameters) for each in windows)
    return recorded(
        done, Walked(records[0].strategy.name, steps), traded, account=job.account, costs=job.costs,
        warnings=told,
    )  # fmt: skip


def _own_warnings(record: TrackRecord) -> list[str]:
    """Those that are true of the whole too: not that trades are few, or that one was held at the end."""
    return [told for told in record.warnings if "too few to tell" not in told and "at the end" not in told]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
