"""A job and a search that the tests of sweeps have in common. Also run as a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.market.series import random_market

from thebot.backtesting import Account, Costs
from thebot.backtesting.sweep import Job, Journal, Outcome, Search, Space, Variant, about, searched
from thebot.backtesting.tried import Trials, Tried
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market import Candles, Symbol, Timeframe
from thebot.strategy import Strategy, strategies

NOISE = random_market(seed=3, length=1_500, timeframe="1h")


def job(*series: Candles, name: str = "sma-cross", start: int | None = None, **fixed: float | str) -> Job:
    return Job(
        source=strategies()[name],
        series=series or (NOISE,),
        account=Account(),
        costs=Costs(),
        start=start,
        fixed=fixed,
    )


def space(*texts: str) -> Space:
    return Space.of_texts(texts or ["fast=2:8:2", "slow=6:18:4"])


def by_parameters(outcomes: Iterable[Outcome]) -> dict[tuple[tuple[str, object], ...], tuple[object, ...]]:
    """What is the same wherever it was computed, to the last bit."""
    return {
        tuple(sorted(each.parameters.items())): (
            (each.why,)
            if each.score is None
            else (each.score.total_return, each.score.mean, each.score.trades, each.score.curve.tobytes())
        )
        for each in outcomes
    }


class Ledger:
    """Remembers what it was told, in memory."""

    def __init__(self) -> None:
        self.told: list[Tried] = []

    def add(self, tried: Iterable[Tried]) -> None:
        self.told += tried

    def trials(self, symbols: tuple[Symbol, ...], timeframe: Timeframe, start: int, end: int) -> Trials:
        return Trials.of([each.sharpe for each in self.told])


class Counted:
    """Makes an SMA cross of `period`, and remembers with what it was asked to."""

    def __init__(self, kills_at: int | None = None, by: int = signal.SIGKILL) -> None:
        self.asked: list[Variant] = []
        self._kills_at, self._by = kills_at, by

    def __call__(self, *, period: int) -> Strategy:
        self.asked.append({"period": period})
        if period == self._kills_at:
            os.kill(os.getpid(), self._by)
        average = sma(period)
        return Strategy(
            name="counted", entry=crosses_above(close, average), exit=crosses_below(close, average)
        )


def counted_job(source: Counted) -> Job:
    return Job(source=source, series=(NOISE,), account=Account(), costs=Costs())


COUNTED = Search(space=Space.of_texts(["period=2:161:1"]), workers=1, part=50)  # parts of 50, 50, 50 and 10


def main(arguments: Sequence[str]) -> None:
    """`PATH SIGNAL`: a sweep with notes at PATH that is sent the signal in its third part."""
    path, number = Path(arguments[0]), int(arguments[1])
    asked = counted_job(Counted(kills_at=120, by=number))
    found = searched(asked, COUNTED, journal=Journal(path, about(asked, COUNTED, "counted")))
    sys.stdout.write(f"{len(found.outcomes)} {found.complete}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
