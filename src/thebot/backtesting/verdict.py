"""What a record's figures support, in plain sentences: what is good, what is doubtful, what would kill it.

It never promises anything: it says what these data support. The thresholds stand in `evidence` and `tested`,
each with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

from thebot.backtesting.evidence import Doubtful, Evidence, Good, Killer, of_record
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.tested import Numbers, number, of_tests
from thebot.backtesting.tried import Trials

Level: TypeAlias = Literal["good", "doubtful", "bad"]

_COUNTED: Final = {1: "one thing", 2: "two things", 3: "three things", 4: "four things"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`level` is bad if anything would kill it, else doubtful if anything is doubtful, else good."""

    level: Level
    sentence: str
    good: tuple[str, ...]
    doubtful: tuple[str, ...]
    killers: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }


def verdict(
    record: TrackRecord,
    *,
    trials: Trials | int | None = None,
    assessment: Numbers | None = None,
    sweep: Numbers | None = None,
    walkforward: Numbers | None = None,
) -> Verdict:
    """What the data support. Without `trials` those that the record counts are taken.

    `assessment` and `sweep` hold plain numbers by name, of which any may be missing or nan:
    probabilistic_sharpe, deflated_sharpe, trials, minimum_track_record (candles), random_entries_p,
    permuted_p, noise_share, reality_check_p, pbo, plateau. `walkforward` has efficiency (out of sample over
    in sample), and may have won (the share of its windows that made money).
    """
    numbers: dict[str, Any] = {**(sweep or {}), **(assessment or {})}
    numbers |= {name: (walkforward or {}).get(name) for name in ("efficiency", "won")}
    if trials is None:
        trials = max(record.trials, int(number(numbers, "trials") or 1))
    if isinstance(trials, int):
        trials = Trials(trials, math.nan)
    found = [*of_record(record)]
    if len(record.trades):
        found += of_tests(record, trials, numbers)
    return _said(found)


def _said(found: Iterable[Evidence]) -> Verdict:
    found = tuple(found)
    good, doubtful, killers = (
        tuple(each.text for each in found if isinstance(each, kind)) for kind in (Good, Doubtful, Killer)
    )
    doubts = f"{_counted(doubtful)} {'is' if len(doubtful) == 1 else 'are'} doubtful"
    level: Level = "bad" if killers else "doubtful" if doubtful else "good"
    sentence = {
        "bad": f"These data speak against it: {_counted(killers)} would kill it"
        f"{f', and {doubts}' if doubtful else ''}.",
        "doubtful": f"These data leave it open: {doubts}.",
        "good": "These data speak for it, as far as they reach: nothing that was looked at is against it.",
    }[level]
    return Verdict(level=level, sentence=sentence, good=good, doubtful=doubtful, killers=killers)


def _counted(told: tuple[str, ...]) -> str:
    return _COUNTED.get(len(told), f"{len(told)} things")
