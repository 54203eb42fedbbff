"""Which variants a search may try: for each parameter a range, or a list of values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from thebot.errors import BadSetting
from thebot.strategy.definition import Parameter

if TYPE_CHECKING:
    from optuna import Trial

Variant: TypeAlias = Mapping[str, Parameter]

LARGEST_GRID: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included, in steps. Whole numbers if all three are.

    Without a step, whole numbers go by 1 and others may take any value, which a grid cannot. `log`: of two
    values those are as far apart whose ratio is the same. Raises BadSetting for what cannot be.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False

    def __post_init__(self) -> None:
        finite = all(math.isfinite(each) for each in (self.low, self.high, self.step or 1))
        if not finite or not self.low <= self.high or (self.step is not None and not self.step > 0):
            raise BadSetting(
                f"{self.low:g} to {self.high:g}{'' if self.step is None else f' in steps of {self.step:g}'} "
                "cannot be: the low end comes first, and steps are above 0."
            )
        if self.log and (self.low <= 0 or self.step is not None):
            raise BadSetting("A range by ratios begins above 0 and has no steps.")
        if self.step is None and self.whole and not self.log:
            object.__setattr__(self, "step", 1)

    @property
    def whole(self) -> bool:
        return all(isinstance(each, int) for each in (self.low, self.high, self.step or 1))

    @property
    def count(self) -> int:
        """How many values there are. Raises BadSetting for a range without steps."""
        if self.step is None:
            raise BadSetting(
                f"{self.low:g} to {self.high:g} has no steps, so a grid cannot go through it: give a step "
                "(as 0.5:2.0:0.1), or search by --search random or tpe."
            )
        return int((self.high - self.low) / self.step + 1e-9) + 1

    @property
    def values(self) -> tuple[Parameter, ...]:
        """All of them. Raises BadSetting for a range without steps."""
        return tuple(self._at(place) for place in range(self.count))

    def _at(self, place: int) -> Parameter:
        value = self.low + place * (self.step or 0)
        return int(value) if self.whole else float(f"{value:.12g}")  # 0.3, not 0.30000000000000004

    @property
    def ends(self) -> tuple[Parameter, Parameter]:
        """The least and the most that it may be."""
        return self.low, self.high

    def drawn(self, random: np.random.Generator) -> Parameter:
        if self.step is not None:
            return self._at(int(random.integers(self.count)))
        if not self.log:
            return float(random.uniform(self.low, self.high))
        value = math.exp(random.uniform(math.log(self.low), math.log(self.high)))
        return round(value) if self.whole else value

    def holds(self, value: Parameter) -> bool:
        if isinstance(value, str) or not self.low <= value <= self.high:
            return False
        return self.step is None or value == self._at(round((value - self.low) / self.step))

    def suggested(self, trial: Trial, name: str) -> Parameter:
        if self.step is not None:
            return self._at(trial.suggest_int(name, 0, self.count - 1))
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True, slots=True)
class Choices:
    """One of these values: numbers or texts, such as "2atr". Raises BadSetting if two are the same."""

    values: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise BadSetting(f"Give different values to choose from, not {list(self.values)}.")

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def ends(self) -> tuple[Parameter, Parameter]:
        """The first and the last."""
        return self.values[0], self.values[-1]

    def drawn(self, random: np.random.Generator) -> Parameter:
        return self.values[int(random.integers(len(self.values)))]

    def holds(self, value: Parameter) -> bool:
        return value in self.values

    def suggested(self, trial: Trial, name: str) -> Parameter:
        return self.values[trial.suggest_categorical(name, list(range(len(self.values))))]


Dimension: TypeAlias = Range | Choices


@dataclass(frozen=True)
class Space:
    """The parameters that vary, by name, in the order in which a grid goes through them: last quickest."""

    dimensions: Mapping[str, Dimension]

    def __post_init__(self) -> None:
        if not self.dimensions:
            raise BadSetting("Name a parameter to vary, as --vary period=5:30:5.")

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> Space:
        """As on the command line: `["fast=5:50:5", "stop=1atr,2atr,none", "level=0.5:2.0"]`.

        Raises BadSetting for what cannot be read.
        """
        found: dict[str, Dimension] = {}
        for text in texts:
            name, equals, values = (part.strip() for part in text.partition("="))
            if not (name and equals and values):
                raise BadSetting(f"--vary {text}: write a name and what it may be, as --vary period=5:30:5.")
            if name in found:
                raise BadSetting(f"--vary {text}: {name} is there already; give all its values at once.")
            found[name] = _dimension(values, text)
        return cls(found)

    @property
    def size(self) -> int:
        """How many variants the whole grid has."""
        return math.prod(each.count for each in self.dimensions.values())

    def grid(self) -> list[Variant]:
        """All of them. Raises BadSetting for more than a million."""
        if self.size > LARGEST_GRID:
            raise BadSetting(
                f"The whole grid has {self.size:,} variants; at most {LARGEST_GRID:,} are gone through. Give "
                "larger steps, or search by --search random or tpe with --tries."
            )
        columns = [each.values for each in self.dimensions.values()]
        return [dict(zip(self.dimensions, row, strict=True)) for row in itertools.product(*columns)]

    def random(self, tries: int, seed: int) -> list[Variant]:
        """Different variants drawn at random: `tries` of them, or fewer if there are not so many."""
        random = np.random.default_rng(seed)
        found: dict[tuple[Parameter, ...], Variant] = {}
        for _ in range(20 * tries):
            variant = {name: each.drawn(random) for name, each in self.dimensions.items()}
            found.setdefault(tuple(variant.values()), variant)
            if len(found) == tries:
                break
        return list(found.values())

    def suggested(self, trial: Trial) -> Variant:
        return {name: each.suggested(trial, name) for name, each in self.dimensions.items()}

    def points(self, variants: Sequence[Variant]) -> Iterator[list[float]]:
        """The variants as numbers, texts by their place among the values."""
        for variant in variants:
            yield [_number(each, variant[name]) for name, each in self.dimensions.items()]

    def holds(self, variant: Variant) -> bool:
        """Whether a variant is one of these."""
        return set(variant) == set(self.dimensions) and all(
            each.holds(variant[name]) for name, each in self.dimensions.items()
        )

    def plain(self) -> dict[str, object]:
        return {name: repr(each) for name, each in self.dimensions.items()}


def _number(dimension: Dimension, value: Parameter) -> float:
    if isinstance(dimension, Choices) and any(isinstance(each, str) for each in dimension.values):
        return float(dimension.values.index(value))
    return float(value)


def _dimension(text: str, whole: str) -> Dimension:
    if ":" not in text:
        words = [part.strip() for part in text.split(",")]
        if not all(words):
            raise BadSetting(f"--vary {whole}: there is nothing between two commas, or after the last.")
        return Choices(tuple(map(_value, words)))
    parts = [part.strip() for part in text.split(":")]
    log = len(parts) == 3 and parts[2] == "log"
    numbers = [_value(part) for part in (parts[:2] if log else parts)]
    if len(parts) not in (2, 3) or any(isinstance(each, str) for each in numbers):
        raise BadSetting(f"--vary {whole}: write a range as low:high:step, low:high, or low:high:log.")
    low, high, *step = (float(each) if isinstance(each, float) else int(each) for each in numbers)
    return Range(low, high, step[0] if step else None, log)


def _value(text: str) -> Parameter:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
