"""Attributes with a dash in their name, for Dash's HTML components."""

from __future__ import annotations

from typing import Any


def data(**values: str) -> dict[str, Any]:
    """`data(symbol="BTCUSDT")` is the attribute data-symbol."""
    return {f"data-{name.replace('_', '-')}": value for name, value in values.items()}


def aria(**values: str) -> dict[str, Any]:
    """`aria(label="Chart")` is the attribute aria-label."""
    return {f"aria-{name.replace('_', '-')}": value for name, value in values.items()}
