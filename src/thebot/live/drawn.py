"""What a viewer may have drawn on a chart: texts from outside, read within limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from thebot.errors import BadSetting, IndicatorError, UsageError
from thebot.indicators.expression import Expression, Shift
from thebot.indicators.indicator import Indicator, Output
from thebot.indicators.parse import parse_whole

MOST: Final = 12  # indicators that one viewer may have on a chart
LONGEST_TEXT: Final = 200  # characters of one
FARTHEST: Final = 1_500  # candles that a chart is computed from: no period can be longer
DEEPEST: Final = 3  # an indicator of an indicator of an indicator
_PARTS: Final = 8  # indicators in one expression


def asked_for(text: str) -> Expression:
    """The expression that is drawn for `text`, with a limit to everything that takes time.

    Raises IndicatorError or UnknownName, in words for the person who wrote it.
    """
    if len(text) > LONGEST_TEXT:
        raise IndicatorError(
            f"An indicator of {len(text):,} characters is too long for a chart; {LONGEST_TEXT} are read."
        )
    expression = parse_whole(text)
    _require_modest(expression)
    return expression


@dataclass(frozen=True, slots=True)
class Refusal:
    """An indicator that cannot be drawn, as it was asked for, and why."""

    text: str
    why: str


def several_asked_for(texts: Sequence[str]) -> tuple[list[Expression], list[Refusal]]:
    """Those that can be drawn, each once, and of the others why not. Raises BadSetting for too many."""
    texts = [text for text in texts if text.strip()]
    if len(texts) > MOST:
        raise BadSetting(f"A chart draws {MOST} indicators at most, not {len(texts)}. Take some off first.")
    found: dict[Expression, None] = {}
    refused: list[Refusal] = []
    for text in texts:
        try:
            found[asked_for(text)] = None
        except (IndicatorError, UsageError) as error:
            refused.append(Refusal(text, str(error)))
    return list(found), refused


def _require_modest(expression: Expression) -> None:
    parts = [each for each in expression.walk() if isinstance(each, Indicator)]
    if len(parts) > _PARTS or _depth(expression) > DEEPEST:
        raise IndicatorError(
            f"This reads too many indicators for a chart: {_PARTS} at most, and no more than {DEEPEST} "
            "inside one another."
        )
    for part in parts:
        own = part.definition.parameters.values()
        for parameter, value in zip(own, part.parameters, strict=True):
            if parameter.is_whole and not parameter.words and value > FARTHEST:
                raise _too_far(f"{part.definition.name}: {parameter.name} is {value:,}")
        if part.lookback > FARTHEST:
            raise _too_far(f"{part!r} looks back {part.lookback:,} candles")
    for each in expression.walk():
        if isinstance(each, Shift) and each.candles > FARTHEST:
            raise _too_far(f"shift is {each.candles:,}")


def _depth(expression: Expression) -> int:
    inside = max((_depth(each) for each in _read_by(expression)), default=0)
    return inside + isinstance(expression, Indicator)


def _read_by(expression: Expression) -> tuple[Expression, ...]:
    return (expression.indicator,) if isinstance(expression, Output) else expression.operands


def _too_far(what: str) -> IndicatorError:
    return IndicatorError(
        f"{what}; a chart is computed from {FARTHEST:,} candles, so give no more than that."
    )
