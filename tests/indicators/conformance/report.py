"""How near each indicator is to its references, as a page: `python -m tests.indicators.conformance.report`.

Writes docs/indicators-conformance.md. It needs the reference data (../shared beside the project, or the
folder in THEBOT_SHARED). The same cases are tests: see `cases`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from thebot.indicators import Expression, catalogue
from thebot.indicators.indicator import Definition, Indicator, Output

from . import averages, momentum, patterns, structure, trend, volatility, volumes
from .cases import Case

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "indicators-conformance.md"
GROUPS = (averages, momentum, volatility, volumes, trend, structure, patterns)


@dataclass
class Line:
    """What came out of one case."""

    output: str
    reference: str
    note: str
    values: int = 0
    relative: float = 0.0
    beyond: bool = False
    places: set[str] = field(default_factory=set)


def line_of(case: Case, shared: Path) -> Line:
    line = Line(repr(case.expression), case.reference, case.note)
    for each in case.compare(shared):
        known = ~np.isnan(each.theirs)
        ours, theirs = each.ours[known], each.theirs[known]
        apart = np.abs(ours - theirs)
        line.beyond |= bool(
            np.isnan(ours).any() or (apart > np.broadcast_to(each.allowed, len(known))[known]).any()
        )
        line.values += int(known.sum())
        line.places.add(each.where)
        # of the size that values have there: what passes through zero has no size of its own
        size = np.maximum(np.abs(theirs), float(np.median(np.abs(theirs))) if len(theirs) else 0.0)
        relative = np.divide(apart, size, out=np.where(apart > 0, math.inf, 0.0), where=size > 0)
        line.relative = max(line.relative, float(relative.max(initial=0.0)))
    return line


def definition_of(expression: Expression) -> Definition | None:
    """The indicator that a case is about: of a combination of several the first."""
    for each in reversed([*expression.walk()]):
        found = each.indicator if isinstance(each, Output) else each
        if isinstance(found, Indicator):
            return found.definition
    return None


def page(lines: dict[Definition, list[Line]]) -> Iterator[str]:
    every = [line for each in lines.values() for line in each]
    proven = [definition for definition in catalogue() if lines.get(definition)]
    alone = [definition for definition in catalogue() if not lines.get(definition)]
    yield "# Indicators beside the published references\n"
    yield (
        "Made by `python -m tests.indicators.conformance.report`; do not edit by hand. Each line is also a "
        "test. The difference is the largest of all values compared, relative to the value (or, where a "
        "value passes through zero, to the median size of its column). What prints three decimals cannot "
        "show a smaller one. TA-Lib is compared on ten real series, among them LUNA's crash, halts, and "
        "prices near 1e-5.\n"
    )
    yield (
        f"{len(proven)} of {len(proven) + len(alone)} indicators have a reference: {len(every)} comparisons, "
        f"{sum(line.values for line in every):,} values, "
        f"{sum(line.beyond for line in every) or 'none'} beyond its tolerance.\n"
    )
    group = ""
    for definition in proven:
        if definition.group != group:
            group = definition.group
            yield f"\n## {group.capitalize()}\n"
            yield "| output | reference | values | largest difference | note |\n|---|---|--:|--:|---|"
        for line in lines[definition]:
            mark = " **beyond**" if line.beyond else ""
            note = line.note.replace("|", "\\|")
            difference = f"{line.relative:.0e}{mark}" if line.relative else "none"
            yield f"| `{line.output}` | {line.reference} | {line.values:,} | {difference} | {note} |"
    yield "\n## Without a published reference\n"
    yield (
        "These are held to the contract, to invariants and to numbers worked out by hand in "
        "[`tests/indicators`](../tests/indicators), or are made of indicators that have one:\n"
    )
    for definition in alone:
        yield f"- `{definition.name}`: {definition.sections['summary']}"
    yield ""


def main() -> None:
    shared = Path(os.environ.get("THEBOT_SHARED", ROOT.parent / "shared"))
    lines: dict[Definition, list[Line]] = {}
    for group in GROUPS:
        for case in group.CASES:
            definition = definition_of(case.expression)
            if definition is not None:
                lines.setdefault(definition, []).append(line_of(case, shared))
    PAGE.write_text("\n".join(page(lines)), encoding="utf-8")
    print(f"Wrote {PAGE}")  # noqa: T201


if __name__ == "__main__":
    main()
