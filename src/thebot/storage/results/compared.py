"""Several results side by side: which is best in what, and whether they may be compared at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from thebot.errors import BadSetting
from thebot.market.quality import moment
from thebot.storage.results.rows import Summary, fit_for_json


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFigure:
    """One figure of all of them, in their order. `best`: the places of the best, none if all are equal."""

    name: str
    title: str
    unit: str
    group: str
    values: tuple[Any, ...]  # None where it is not known
    texts: tuple[str, ...]
    best: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`differences` says why the results may not be compared, a sentence each; none if they may."""

    results: tuple[Summary, ...]
    figures: tuple[ComparedFigure, ...]
    differences: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """All of it but the curves' and pages' own data, ready for JSON."""
        return {
            "ids": [each.id for each in self.results],
            "labels": [each.label for each in self.results],
            "comparable": not self.differences,
            "differences": list(self.differences),
            "figures": [
                {
                    "name": each.name,
                    "title": each.title,
                    "unit": each.unit,
                    "group": each.group,
                    "values": fit_for_json(each.values),
                    "texts": list(each.texts),
                    "best": list(each.best),
                }
                for each in self.figures
            ],
        }


def compared(results: Sequence[Summary]) -> Comparison:
    """Raises BadSetting for fewer than two different results."""
    if len({each.id for each in results}) < 2:
        raise BadSetting(
            "A comparison takes two different results at least. They are in: thebot results list."
        )
    different = tuple({each.id: each for each in results}.values())
    names = dict.fromkeys(name for each in different for name in each.told)
    return Comparison(
        results=different,
        figures=tuple(_figure(name, different) for name in names),
        differences=differences(different),
    )


def _figure(name: str, results: Sequence[Summary]) -> ComparedFigure:
    said = [each.told.get(name) for each in results]
    known = next(each for each in said if each is not None)
    values = tuple(None if each is None else each["value"] for each in said)
    return ComparedFigure(
        name=name,
        title=known["title"],
        unit=known["unit"],
        group=known["group"],
        values=values,
        texts=tuple("unknown" if each is None else each["text"] for each in said),
        best=_best(values, known["better"]),
    )


def _best(values: Sequence[float | None], better: str | None) -> tuple[int, ...]:
    known = [each for each in values if each is not None]
    if better is None or len(set(known)) < 2:
        return ()
    best = max(known) if better == "higher" else min(known)
    return tuple(place for place, value in enumerate(values) if value == best)


def differences(results: Sequence[Summary]) -> tuple[str, ...]:
    """What keeps these results from being compared: other markets, times, candles, costs or accounts."""
    asked: list[tuple[Callable[[Summary], object], Callable[[Summary], str], str]] = [
        (
            lambda each: sorted(each.symbols),
            lambda each: ", ".join(each.symbols),
            "They are of other symbols",
        ),
        (lambda each: each.timeframe, lambda each: each.timeframe, "They are of other timeframes"),
        (
            lambda each: (each.start, each.end),
            lambda each: f"{moment(each.start)} until {moment(each.end)}",
            "They are of other spans of time",
        ),
        (lambda each: each.costs, _costs(results), "They paid other costs"),
        (lambda each: each.account, _account, "They are of other accounts"),
    ]
    told = [
        f"{sentence}: {'; '.join(dict.fromkeys(map(text, results)))}."
        for value, text, sentence in asked
        if any(value(each) != value(results[0]) for each in results)
    ]
    if not told and len({each.data_hash for each in results}) > 1:
        told.append(
            "Their candles differ, though symbols and span are the same: the data were changed since."
        )
    if len({each.kind == "walkforward" for each in results}) > 1:
        told.append(
            "A walk-forward was traded on candles that it was not chosen by; the others may not have been."
        )
    return tuple(told)


def _costs(results: Sequence[Summary]) -> Callable[[Summary], str]:
    """What tells the costs of a result from those of the others."""
    names = dict.fromkeys(name for each in results for name in each.costs)
    differ = [name for name in names if len({each.costs.get(name) for each in results}) > 1]

    def said(result: Summary) -> str:
        told = {name.replace("_", " "): result.costs.get(name) for name in differ}
        return ", ".join(
            f"{name} {'none' if value is None else f'{value:g}'}" for name, value in told.items()
        )

    return said


def _account(result: Summary) -> str:
    account = result.account
    said = [f"{account['cash']:,.2f} to begin with"]
    if account["shorts"]:
        said.append("short sales")
    if account["max_open"] is not None:
        said.append(f"{account['max_open']} positions at most")
    if account["rank"] is not None:
        said.append(f"ranked by {account['rank']}")
    return ", ".join(said)
