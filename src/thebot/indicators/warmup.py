"""When an indicator's values begin to be known, found by running its step on a plain market."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from thebot.errors import IndicatorError
from thebot.indicators.expression import Expression, Leaf, nan

_WATCHED: Final = 8  # candles after the warm-up in which what a step reads is watched


class _Watched:
    """A column that refuses to be read beyond the lookback or into the future."""

    def __init__(self, name: str, lookback: int) -> None:
        self.name, self.lookback = name, lookback
        self.values: list[float] = []

    def __getitem__(self, row: int) -> float:
        back = len(self.values) - 1 - row
        if back < 0:
            raise IndicatorError(f"{self.name} reads a candle that comes later. A step may read up to row i.")
        if back > self.lookback:
            raise IndicatorError(
                f"{self.name} reads {back} candles back, but its lookback is {self.lookback}. "
                f"Say lookback={back}, or a function of its parameters, in the decorator."
            )
        return self.values[row] if row >= 0 else nan


def measured_warmup(
    step: Callable[..., tuple[Any, Any]], start: Any, inputs: tuple[Expression, ...], outputs: int,  # noqa: ANN401
    lookback: int, parameters: tuple[int | float, ...], sparse: bool = False,
) -> tuple[int, ...]:  # fmt: skip
    """For each output how many candles pass before it is known.

    For a `sparse` one that is how many do on this market; an output that stays unknown on it counts as
    the others do. Raises IndicatorError if another does not become known, or if the step reads rows that it
    may not.
    """
    name = step.__name__
    columns = [_Watched(name, lookback) for _ in inputs]
    known: dict[int, int] = {}
    state = start
    limit = 1_000 + 20 * (lookback + sum(each for each in parameters if isinstance(each, int)))
    for i, row in zip(range(limit), _market(inputs), strict=False):
        for column, value in zip(columns, row, strict=True):
            column.values.append(value)
        state, values = step(state, *columns, i, *parameters)
        values = values if isinstance(values, tuple) else (values,)
        if len(values) != outputs:
            raise IndicatorError(f"{name} gives {len(values)} values, but {outputs} outputs are named.")
        for number, value in enumerate(values):
            if value == value:
                known.setdefault(number, i)
        # some candles more: a step may look back only once it has begun
        if len(known) == outputs and i >= max(known.values()) + _WATCHED:
            return tuple(known[number] for number in range(outputs))
    if sparse:
        others = max(known.values(), default=lookback)  # what a plain market does not show: as the rest
        return tuple(known.get(number, others) for number in range(outputs))
    raise IndicatorError(
        f"{name}{parameters}: after {limit:,} candles of a plain market it still has no value for each of "
        f"its {outputs} outputs."
    )


def _market(inputs: tuple[Expression, ...]) -> Iterator[tuple[float, ...]]:
    """A plain, fixed, moving market: what each input would read, candle by candle."""
    at, price, hour = 1, 100.0, 1_609_459_200_000 - 3_600_000
    while True:
        hour += 3_600_000
        at = (at * 1_103_515_245 + 12_345) % 2**31  # a linear congruential generator: the same everywhere
        step = (at / 2**31 - 0.5) * 2
        opened, price = price, max(1.0, price + step)
        spread = 0.1 + abs(step)
        named = {
            "open": opened, "high": max(opened, price) + spread, "low": min(opened, price) - 0.9 * spread,
            "close": price, "volume": 10.0 + step, "open_time": float(hour),
        }  # fmt: skip
        yield tuple(named[each.name] if isinstance(each, Leaf) else price for each in inputs)
