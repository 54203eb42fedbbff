"""What an indicator says of itself, as plain data: for the command line, the dashboard, the documentation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from thebot.indicators.expression import Expression
from thebot.indicators.indicator import Definition


def described(definition: Definition) -> dict[str, Any]:
    """Everything about it, fit for JSON. `warmup` and `memory` are its defaults'; None: without end."""
    made = definition()
    signals = definition.signals(made)
    said = definition.sections
    return {
        "name": definition.name,
        "label": definition.label,
        "title": definition.title,
        "group": definition.group,
        "aliases": list(definition.aliases),
        **{part: said[part] for part in ("summary", "text", "formula", "convention", "source")},
        "inputs": [repr(each) for each in definition.inputs],
        "parameters": [
            {
                "name": each.name,
                "default": each.shown(each.default),
                "whole": each.is_whole and not each.words,
                "least": None if each.words else each.least,
                "most": None if each.words or each.most == math.inf else each.most,
                "words": list(each.words),
                "range": each.range,
            }
            for each in definition.parameters.values()
        ],
        "outputs": [
            {"name": name, "unit": each.unit, "overlay": each.overlay, "warmup": each.warmup}
            for name, each in zip(output_names(definition), made.outputs, strict=True)
        ],
        "overlay": definition.overlay,
        "guides": list(definition.guides),
        "sparse": definition.sparse,
        "warmup": made.warmup,
        "memory": None if math.isinf(made.memory) else int(made.memory),
        "buy": _text(signals[0]) if signals else None,
        "sell": _text(signals[1]) if signals else None,
    }


def described_all(definitions: Iterable[Definition]) -> tuple[list[dict[str, Any]], list[str]]:
    """Each as `described` says it, and what is wrong with those that cannot be described: one of the user's
    own that fails must not take the others along.
    """
    told, troubles = [], []
    for each in definitions:
        try:
            told.append(described(each))
        except Exception as error:
            troubles.append(f"{each.name} is left out. {error or type(error).__name__}")
    return told, troubles


def output_names(definition: Definition) -> tuple[str, ...]:
    """The names of its outputs; a single one is called as the indicator is."""
    return definition.outputs if len(definition.outputs) > 1 else (definition.name,)


def _text(expression: Expression) -> str:
    return repr(expression)
