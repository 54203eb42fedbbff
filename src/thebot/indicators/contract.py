"""What every indicator promises, as checks that anybody can run on any expression and any candles.

Each clause gives the breaches it found as sentences; none means that the promise was kept. The project's
tests run them over the whole catalogue, `broken` runs them all for an indicator of a user's own.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from thebot.errors import IndicatorError
from thebot.indicators.expression import At, Expression, nan, volume
from thebot.indicators.indicator import Definition, Indicator
from thebot.indicators.panel import Columns, Panel
from thebot.indicators.parameters import Number
from thebot.market import BoolArray, Candle, Candles, FloatArray, Timeframe

# The clauses as a user is told them.
STREAM: Final = "candle by candle equals columns"
RESUMED: Final = "resumed equals never stopped"
AT_ONCE: Final = "many at once equals one by one"
FUTURE: Final = "the future never changes the past"
WARMUP: Final = "unknown before its warm-up, known ever after"
MEMORY: Final = "its memory is as short as it says"
SCALE: Final = "it scales with the price"
LONGER: Final = "on a longer timeframe it sees closed candles only"

_BEYOND: Final = 4096  # rows of nan behind the last candle
FORGOTTEN: Final = 1e-9  # of the largest value: what `memory` promises


def broken(
    indicator: Indicator | Expression, candles: Candles, *, longer: Timeframe | str | None = None
) -> list[str]:
    """Every breach of every clause that these candles bring to light; cuts them at several places.

    `longer` is the timeframe for the clause on longer ones (none: left out).
    """
    found: list[str] = []
    for name, clause in _clauses(indicator, candles, longer):
        try:
            found += [f"{name}: {breach}" for breach in clause()]
        except Exception as error:  # a step that fails is what this is looking for
            found.append(f"{name}: {_failure(indicator, candles, error)}")
    return list(dict.fromkeys(found))


def _clauses(
    indicator: Indicator | Expression, candles: Candles, longer: Timeframe | str | None
) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Each clause by the name that a user is told, ready to run."""
    whole = len(candles)
    yield STREAM, partial(streams_as_columns, indicator, candles)
    yield WARMUP, partial(is_known_after_warmup, indicator, candles)
    yield MEMORY, partial(forgets_its_start, indicator, candles)
    yield SCALE, partial(scales_with_the_price, indicator, candles)
    for cut in sorted({0, 1, whole // 7, whole // 3, whole // 2, max(0, whole - 1)} & set(range(whole + 1))):
        yield RESUMED, partial(resumes_as_if_never_stopped, indicator, candles, cut)
        yield AT_ONCE, partial(walks_as_it_streams, indicator, candles, cut)
        yield FUTURE, partial(does_not_see_the_future, indicator, candles, cut)
        yield STREAM, partial(streams_as_columns, indicator, candles.rows(slice(cut, None)))
    if longer is not None:
        yield LONGER, partial(sees_closed_candles_only, indicator, candles, Timeframe(longer))


def _failure(indicator: Indicator | Expression, candles: Candles, error: Exception) -> str:
    """What a step raised, and at which candle if it also does when they are handed in one by one."""
    text = str(error) or type(error).__name__
    text = text if isinstance(error, IndicatorError) else f"it raises {type(error).__name__}: {text}"
    live = Panel([indicator], candles.timeframe).start()
    for row, candle in enumerate(candles):
        try:
            live.step(candle)
        except Exception:
            return f"{indicator!r}: at row {row} (close {candle.close:g}, volume {candle.volume:g}) {text}"
    return f"{indicator!r}: {text}"


def streams_as_columns(indicator: Expression, candles: Candles) -> list[str]:
    """Candle by candle it gives the same as over columns, to the last bit; a preview changes nothing."""
    panel = Panel([indicator], candles.timeframe)
    live = panel.start()
    columns = panel.over(candles)
    rows = []
    for candle in candles:
        previewed = live.preview(_forming(candle))
        stepped = live.step(candle)
        if not panel.higher and not _same(_values(previewed, panel), _values(stepped, panel)).all():
            return [f"{indicator!r}: the preview of the candle of {candle.open_time} differs from its step."]
        rows.append(_values(stepped, panel))
    return _differences(panel, columns, rows, "candle by candle", "over columns")


def resumes_as_if_never_stopped(indicator: Expression, candles: Candles, cut: int) -> list[str]:
    """Saved as JSON after `cut` candles and resumed, it goes on as if it had never stopped."""
    panel = Panel([indicator], candles.timeframe)
    live = panel.start()
    rows = [_values(live.step(candle), panel) for candle in candles.rows(slice(0, cut))]
    saved = json.dumps(live.save(), allow_nan=False)
    live = panel.resume(json.loads(saved))
    if cut and not _same(_values(live.readings, panel), rows[-1]).all():
        return [f"{indicator!r}: resumed after {cut} candles it has other readings than when it was saved."]
    rows += [_values(live.step(candle), panel) for candle in candles.rows(slice(cut, None))]
    return _differences(panel, panel.over(candles), rows, f"resumed after {cut} candles", "over columns")


def walks_as_it_streams(indicator: Expression, candles: Candles, cut: int) -> list[str]:
    """Taking in many candles at once, in two parts, it gives and keeps what it does candle by candle."""
    panel = Panel([indicator], candles.timeframe)
    live, walked = panel.start(), panel.start()
    for part in (candles.rows(slice(0, cut)), candles.rows(slice(cut, None))):
        columns = walked.warm(part)
        rows = [_values(live.step(candle), panel) for candle in part]
        differing = _differences(panel, columns, rows, "candle by candle", "all at once")
        if differing:
            return differing
        if walked.save() != live.save():
            return [
                f"{indicator!r}: after {len(part)} candles at once it keeps another state than streaming."
            ]
    return []


def does_not_see_the_future(indicator: Expression, candles: Candles, cut: int) -> list[str]:
    """What it says up to `cut` is the same whether or not later candles are there."""
    panel = Panel([indicator], candles.timeframe)
    before, whole = panel.over(alone(candles, 0, cut)), panel.over(candles)
    for expression in panel.expressions:
        differing = ~_same(before[expression], whole[expression][:cut])
        if differing.any():
            row = int(differing.argmax())
            return [f"{expression!r}: the value at row {row} changes when rows from {cut} on are added."]
    return []


def alone(candles: Candles, first: int, last: int) -> Candles:
    """The candles from row `first` up to `last`, in memory of their own with rows of nan behind them.

    A view shares its memory with what comes after: a compiled step that reads past the end would find the
    real future there, both times the same.
    """
    last = min(last, len(candles))
    columns: dict[str, Any] = {}
    for name in ("open", "high", "low", "close", "volume"):
        own = np.full(last - first + _BEYOND, nan)
        own[: last - first] = getattr(candles, name)[first:last]
        columns[name] = own[: last - first]
    return replace(candles.rows(slice(first, last)), **columns)


def is_known_after_warmup(indicator: Expression, candles: Candles) -> list[str]:
    """It is nan for its first `warmup` candles and never again. (A condition is 0.0 and never nan.)

    A sparse one is nan wherever there is nothing to tell, so this asks nothing of it.
    """
    if _is_sparse(indicator):
        return []
    panel = Panel([indicator], candles.timeframe)
    columns = panel.over(candles)
    if _is_interrupted(panel, columns):
        return []
    found = []
    for expression in panel.expressions:
        unknown = np.isnan(columns[expression])
        warmup = 0 if expression.is_condition else expression.warmup
        expected = np.arange(len(candles)) < warmup
        if panel.higher:  # begins when the longer timeframe has closed so many candles
            expected = unknown & (np.cumsum(~unknown) == 0)
        if (unknown != expected).any():
            row = int((unknown != expected).argmax())
            state = "unknown" if unknown[row] else "known"
            found.append(f"{expression!r}: it is {state} at row {row}, but its warm-up is {warmup}.")
        if expression.is_condition and warmup and columns[expression][: expression.warmup].any():
            found.append(f"{expression!r}: it holds before it can be known.")
    return found


def forgets_its_start(indicator: Expression, candles: Candles) -> list[str]:
    """After `memory` candles the start no longer moves it by more than 1e-9 of its largest value.

    The candles are started anew a third of the way in. Needs more than `memory` candles after that.
    """
    panel = Panel([indicator], candles.timeframe)
    if panel.higher:
        return []
    start = len(candles) // 3
    whole, later = panel.over(candles), panel.over(candles.rows(slice(start, None)))
    if _is_interrupted(panel, whole):
        return []
    found = []
    for expression in panel.expressions:
        if math.isinf(expression.memory) or expression.is_condition:
            continue
        first = int(expression.memory)
        a, b = whole[expression][start:][first:], later[expression][first:]
        if not len(a):
            continue
        differing = np.isnan(a) != np.isnan(b)
        if differing.any():
            row = start + first + int(differing.argmax())
            found.append(
                f"{expression!r}: started {start} candles later, at row {row} it is "
                f"{'unknown' if np.isnan(b[row - start - first]) else 'known'}, unlike before, after {first} "
                "candles, its memory."
            )
            continue
        scale = float(np.nanmax(np.abs(whole[expression]), initial=0.0))
        apart = float(np.nanmax(np.abs(a - b), initial=0.0))
        if apart > FORGOTTEN * scale:
            found.append(
                f"{expression!r}: started {start} candles later it differs by {apart:g} (its size is "
                f"{scale:g}) after {first} candles, its memory."
            )
    return found


def scales_with_the_price(indicator: Expression, candles: Candles, factor: float = 2.0**-7) -> list[str]:
    """With all prices `factor` times as high, each output is so by its power of the price, or unchanged.

    A power of two scales without rounding, so what differs depends on the price's absolute size.
    """
    if not isinstance(indicator, Indicator):
        return []
    panel = Panel([indicator], candles.timeframe)
    prices = {name: getattr(candles, name) * factor for name in ("open", "high", "low", "close")}
    before, scaled = panel.over(candles), panel.over(replace(candles, **prices))
    found = []
    for number, expression in enumerate(panel.expressions):
        expected = before[expression] * factor ** indicator.power_of(number)
        size = float(np.nanmax(np.abs(expected), initial=0.0))
        with np.errstate(invalid="ignore"):  # two infinities
            differing = ~(np.abs(scaled[expression] - expected) <= FORGOTTEN * size)
        differing &= ~(np.isnan(expected) & np.isnan(scaled[expression]))
        if differing.any():
            row = int(differing.argmax())
            found.append(
                f"{expression!r}: with all prices {factor:g} times as high it is "
                f"{scaled[expression][row]:.9g} at row {row}, but should be {expected[row]:.9g}: its "
                f"unit is {expression.unit}. Say unit='price' in the decorator for what is one, and "
                "powers=... for what grows otherwise."
            )
    return found


def sees_closed_candles_only(indicator: Expression, candles: Candles, longer: Timeframe) -> list[str]:
    """Read at `longer`, its value is at each candle that of the newest longer candle closed by then.

    The longer candles are made here by themselves, one by one, not by the code that is checked.
    """
    panel = Panel([At(each, longer) for each in _outputs(indicator)], candles.timeframe)
    columns = panel.over(candles)
    closed = list(_closed_candles(candles, longer))
    own = Panel([indicator], longer).over(Candles.of([each for each, _ in closed], candles.symbol, longer))
    for output in _outputs(indicator):
        seen = columns[At(output, longer)]
        unknown = 0.0 if output.is_condition else nan
        newest, values = -1, own[output]
        for row in range(len(candles)):
            while newest + 1 < len(closed) and closed[newest + 1][1] <= row:
                newest += 1
            expected = values[newest] if newest >= 0 else unknown
            if not (seen[row] == expected or (seen[row] != seen[row] and expected != expected)):
                return [
                    f"{At(output, longer)!r}: at row {row} it is {seen[row]}, but the newest closed candle "
                    f"of {longer} says {expected}."
                ]
    return streams_as_columns(At(_outputs(indicator)[0], longer), candles)


def _closed_candles(candles: Candles, longer: Timeframe) -> Iterator[tuple[Candle, int]]:
    """Each longer candle with the row at whose close it is known; one begun before the data is left out."""
    group: list[Candle] = []
    first = True
    for row, candle in enumerate(candles):
        if group and candle.open_time >= longer.close_time(longer.floor(group[0].open_time)):
            if not first or group[0].open_time == longer.floor(group[0].open_time):
                yield _joined(group, longer), row
            group, first = [], False
        group.append(candle)
        if candle.close_time >= longer.close_time(longer.floor(candle.open_time)):
            if not first or group[0].open_time == longer.floor(group[0].open_time):
                yield _joined(group, longer), row
            group, first = [], False


def _joined(group: list[Candle], longer: Timeframe) -> Candle:
    total = group[0].volume
    for candle in group[1:]:
        total += candle.volume
    return Candle(
        symbol=group[0].symbol, timeframe=longer, open_time=longer.floor(group[0].open_time),
        open=group[0].open, high=max(candle.high for candle in group),
        low=min(candle.low for candle in group), close=group[-1].close, volume=total,
    )  # fmt: skip


def examples(definition: Definition) -> list[Indicator]:
    """The indicator with its defaults, with the shortest periods, and on inputs that are not always known.

    The last divides by whether anything was traded, so that a candle without volume interrupts it.
    """
    parameters = definition.parameters.values()
    shortest = [each.least if each.is_whole and not each.words else each.default for each in parameters]
    short = [
        each.default if each.words or not each.is_whole else max(each.least, min(3, each.default))
        for each in parameters
    ]
    interrupted = [each / (volume > 0) for each in definition.inputs]
    made = [
        definition(),
        definition(*_rising(definition, shortest)),
        definition(*interrupted, *_rising(definition, short)),
    ]
    return list(dict.fromkeys(made))


def _rising(definition: Definition, values: list[Number]) -> list[Number]:
    """The values with each of those that must rise above the one before it."""
    named = dict(zip(definition.parameters, values, strict=True))
    for one, other in itertools.pairwise(definition.rising):
        named[other] = max(named[other], named[one] + 1)
    return list(named.values())


def _is_interrupted(panel: Panel, columns: Columns) -> bool:
    """Whether something that is read, and is no indicator, is unknown somewhere: no clean input then."""
    computed = [node.expression for node in panel.nodes if not isinstance(node.expression, Indicator | At)]
    return any(np.isnan(columns[each]).any() for each in computed)


def _is_sparse(indicator: Expression) -> bool:
    made = indicator.formula or () if isinstance(indicator, Indicator) else ()
    return any(
        isinstance(each, Indicator) and each.definition.sparse
        for expression in (indicator, *made)
        for each in expression.walk()
    )


def _outputs(indicator: Expression) -> tuple[Expression, ...]:
    return indicator.outputs if isinstance(indicator, Indicator) else (indicator,)


def _values(readings: Mapping[Expression, float], panel: Panel) -> FloatArray:
    return np.array([readings[each] for each in panel.columns], dtype=float)


def _same(left: FloatArray, right: FloatArray) -> BoolArray:
    """Which values are equal to the last bit (any nan is like any other)."""
    equal = np.ascontiguousarray(left).view(np.int64) == np.ascontiguousarray(right).view(np.int64)
    same: BoolArray = equal | (np.isnan(left) & np.isnan(right))
    return same


def _differences(panel: Panel, columns: Columns, rows: list[FloatArray], one: str, other: str) -> list[str]:
    streamed = np.array(rows).reshape(len(rows), len(panel.columns))
    for number, expression in enumerate(panel.columns):
        differing = ~_same(streamed[:, number], columns[expression])
        if differing.any():
            row = int(differing.argmax())
            return [
                f"{expression!r}: at row {row} it is {float(streamed[row, number])!r} {one}, but "
                f"{float(columns[expression][row])!r} {other}."
            ]
    return []


def _forming(candle: Candle) -> Candle:
    return replace(candle, closed=False)
