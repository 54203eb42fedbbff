"""What is made of a record before anybody reads it: counted, held against luck, judged, and kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thebot.backtesting.assessment import DRAWS, assess
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.sweep import SweepResult
from thebot.backtesting.tried import tried
from thebot.backtesting.verdict import Verdict, verdict
from thebot.backtesting.walkforward import WalkedForward
from thebot.market import Candles
from thebot.storage.results import Results
from thebot.storage.results.rows import Kind
from thebot.strategy import Strategy


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """A record with the number of trials behind it, what the tests say, the verdict, and what is kept."""

    record: TrackRecord
    verdict: Verdict
    extra: dict[str, Any]  # assessment, sweep, walkforward: as JSON
    id: str = ""  # under which it was saved; empty if it was not

    def plain(self) -> dict[str, Any]:
        """Everything, fit for JSON."""
        return {**self.record.plain(), "verdict": self.verdict.plain(), **self.extra, "id": self.id}


def concluded(
    record: TrackRecord,
    series: Sequence[Candles],
    results: Results,
    *,
    kind: Kind = "backtest",
    name: str = "",
    sweep: SweepResult | None = None,
    walked: WalkedForward | None = None,
    draws: int = DRAWS,
    save: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Conclusion:
    """Count it among what was tried, hold it against luck, judge it, and keep it.

    `series` are its candles with those that warm up in front; `draws` how many shuffled markets it is held
    against (0: none), told to `progress`. What a sweep or a walk-forward tried is in the ledger already.
    """
    if sweep is None and walked is None:
        results.add([tried(record)])
    trials = results.trials(record.symbols, record.timeframe, record.start, record.end)
    if sweep is not None and trials.count < len(sweep.ranked):
        trials = sweep.trials
    record = replace(record, trials=max(record.trials, trials.count))
    # A walked strategy has other parameters in each window, one with a state sees its fills: neither can be
    # run on shuffled markets.
    strategy = record.strategy if isinstance(record.strategy, Strategy) else None
    assessment = assess(
        record, strategy, series, trials=trials, seed=record.seed, draws=draws, progress=progress
    )
    extra: dict[str, Any] = {"assessment": _known(assessment)}
    if sweep is not None:
        extra["sweep"] = sweep.plain()
    if walked is not None:
        extra["walkforward"] = walked.plain()
    judged = verdict(
        record, trials=trials, assessment=assessment, sweep=None if sweep is None else sweep.assessment,
        walkforward=None if walked is None else walked.assessment,
    )  # fmt: skip
    id = results.save(record, kind=kind, name=name, extra=extra) if save else ""
    return Conclusion(record=record, verdict=judged, extra=extra, id=id)


def _known(numbers: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}
