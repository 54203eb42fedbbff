"""What the tests against luck say for and against a strategy, in sentences with the numbers in them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from thebot.backtesting.evidence import Doubtful, Evidence, Good, Killer
from thebot.backtesting.overfitting import SharpeEstimate, deflated_sharpe
from thebot.backtesting.record import TrackRecord
from thebot.backtesting.tried import Trials

Numbers: TypeAlias = Mapping[str, Any]

# Bailey and Lopez de Prado, 2014, ask 95 %; below an even chance luck is the likelier reason.
SURE: Final = 0.95
EVEN: Final = 0.5
# Bailey, Borwein, Lopez de Prado and Zhu, 2017: at one half choosing the best is no better than drawing lots.
OVERFITTED: Final = 0.5
HARDLY_OVERFITTED: Final = 0.1
CLIFF: Final = 0.25  # of the neighbours keep half of the result; ours, after R. Pardo, 2008
PLATEAU: Final = 0.6
EFFICIENT: Final = 0.5  # R. Pardo, 2008: a robust strategy keeps half of its training result or more
BY_CHANCE: Final = 0.05  # the usual 5 % of a test
ROBUST: Final = 0.75  # of the runs on candles with noise keep half of the result; ours


def of_tests(record: TrackRecord, trials: Trials, numbers: Numbers) -> Iterator[Evidence]:
    """What those of the tests say that were made; see `verdict` for the `numbers`."""
    yield from _tried(record, trials, numbers)
    for test in (_overfitted, _neighbours, _forward, _noise, _chances):
        yield from test(numbers)


def number(numbers: Numbers, name: str) -> float | None:
    """None if it is missing, no number, or nan."""
    value = numbers.get(name)
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else None


def _tried(record: TrackRecord, trials: Trials, numbers: Numbers) -> Iterator[Evidence]:
    """Whether the Sharpe ratio is more than the luck of so many tries."""
    sure = number(numbers, "deflated_sharpe")
    if sure is None and trials.count > 1 and not math.isnan(trials.variance):
        estimate = SharpeEstimate.of(record.returns)
        sure = deflated_sharpe(estimate, trials=trials.count, variance=trials.variance)
    if sure is None or math.isnan(sure):
        sure = number(numbers, "probabilistic_sharpe")
        counted = "its length and shape counted in"
        if trials.count > 1:
            yield Doubtful(
                f"{trials.count:,} variants were tried: the best of so many looks good by chance alone."
            )
    else:
        counted = f"the best of {trials.count:,} variants" if trials.count > 1 else "one variant tried"
    if sure is not None:
        text = f"The chance that its true Sharpe ratio is above zero is {sure:.0%}, {counted}."
        yield Good(text) if sure >= SURE else Doubtful(text) if sure >= EVEN else Killer(text)
    least = number(numbers, "minimum_track_record")
    if least is not None and least > record.candles and record.sharpe_ratio > 0:
        need = "no record is long enough" if math.isinf(least) else f"it takes {least:,.0f} candles"
        yield Doubtful(
            f"For such returns {need} to be 95% sure that they are no luck; it has {record.candles:,}."
        )


def _overfitted(numbers: Numbers) -> Iterator[Evidence]:
    if (share := number(numbers, "pbo")) is None:
        return
    text = f"The best variant on one half of the time was below the middle on the other half in {share:.0%}"
    if share >= OVERFITTED:
        yield Killer(f"{text} of the halvings (PBO): choosing the best is no better than drawing lots.")
    else:
        yield (Good if share <= HARDLY_OVERFITTED else Doubtful)(f"{text} of the halvings (PBO).")


def _neighbours(numbers: Numbers) -> Iterator[Evidence]:
    if (share := number(numbers, "plateau")) is None:
        return
    text = f"{share:.0%} of the neighbouring parameters keep at least half of the result"
    if share < CLIFF:
        yield Killer(f"It stands at a cliff: only {text}.")
    elif share < PLATEAU:
        yield Doubtful(f"Its parameters matter much: {text}.")
    else:
        yield Good(f"It stands on a plateau: {text}.")


def _forward(numbers: Numbers) -> Iterator[Evidence]:
    if (kept := number(numbers, "efficiency")) is None:
        return
    won = number(numbers, "won")
    windows = "" if won is None else f" {won:.0%} of the windows made money."
    if kept <= 0:
        yield Killer(f"Walked forward, nothing was left of what it earned in training.{windows}")
    elif kept < EFFICIENT:
        yield Doubtful(f"Walked forward, it kept only {kept:.0%} of what it earned in training.{windows}")
    else:
        yield Good(f"Walked forward, it kept {kept:.0%} of what it earned in training.{windows}")


def _noise(numbers: Numbers) -> Iterator[Evidence]:
    if (share := number(numbers, "noise_share")) is None:
        return
    text = f"With a little noise on the candles it keeps half of its result in {share:.0%} of the runs."
    yield (Good if share >= ROBUST else Doubtful)(text)


_CHANCES: Final = {
    "random_entries_p": "Entries at random moments, held as long, do as well in {0:.1%} of the draws",
    "permuted_p": "On shuffled candles, with nothing left to find, it does as well in {0:.1%} of the draws",
    "reality_check_p": "The best of variants without any edge would look as good with a chance of {0:.1%}",
}


def _chances(numbers: Numbers) -> Iterator[Evidence]:
    for name, text in _CHANCES.items():
        if (chance := number(numbers, name)) is not None:
            told = text.format(chance)
            if chance <= BY_CHANCE:
                yield Good(f"{told}: it is hardly luck.")
            else:
                yield Doubtful(f"{told}: more than the {BY_CHANCE:.0%} at which luck can be ruled out.")
