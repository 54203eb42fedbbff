"""A small picture of an indicator on candles, as an SVG text: what its page shows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 640
PRICE_HEIGHT: Final = 150
PANE_HEIGHT: Final = 80
_MARGIN: Final = 8
_COLOURS: Final = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2")
_UP, _DOWN, _GREY = "#26a69a", "#ef5350", "#9aa0a6"


@dataclass(frozen=True, slots=True)
class Line:
    """One output: nan where it is not known."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Picture:
    """Candles above, with the lines drawn `over` them; the other lines in one pane below."""

    title: str
    candles: Sequence[tuple[float, float, float, float]]  # open, high, low, close
    over: Sequence[Line]
    below: Sequence[Line]
    guides: Sequence[float] = ()
    steps: bool = False  # levels: each value is a short line of its own, and changes are no slopes
    markers: Sequence[float] = ()  # above the candle where positive, below where negative

    def svg(self) -> str:
        height = PRICE_HEIGHT + (PANE_HEIGHT + _MARGIN if self.below else 0)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'font-family="sans-serif" font-size="11"><title>{escape(self.title)}</title>',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *self._price(),
            *(self._pane(PRICE_HEIGHT + _MARGIN) if self.below else ()),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _x(self, row: int) -> float:
        return _MARGIN + (row + 0.5) * (WIDTH - 2 * _MARGIN) / max(1, len(self.candles))

    def _price(self) -> Iterator[str]:
        lows, highs = [each[2] for each in self.candles], [each[1] for each in self.candles]
        least, most = min(lows), max(highs)
        room = (most - least) or abs(most) or 1.0
        # a line far away (a pivot of the month) is cut off rather than pressing the candles flat
        known = [v for line in self.over for v in line.values if least - 0.6 * room <= v <= most + 0.6 * room]
        scale = _Scale(min([least, *known]), max([most, *known]), 0, PRICE_HEIGHT)
        half = max(1.0, (WIDTH - 2 * _MARGIN) / len(self.candles) * 0.35)
        for up, colour in ((True, _UP), (False, _DOWN)):
            wicks, bodies = [], []
            for row, (opened, high, low, close) in enumerate(self.candles):
                if (close >= opened) is up:
                    x, top, bottom = self._x(row), scale(max(opened, close)), scale(min(opened, close))
                    wicks.append(f"M{x:.1f} {scale(high):.1f}V{scale(low):.1f}")
                    bodies.append(
                        f"M{x - half:.1f} {top:.1f}h{2 * half:.1f}V{bottom + 0.6:.1f}h-{2 * half:.1f}z"
                    )
            yield f'<path d="{"".join(wicks)}" stroke="{colour}" stroke-width="1" fill="none"/>'
            yield f'<path d="{"".join(bodies)}" fill="{colour}"/>'
        yield from self._lines(self.over, scale, 0)
        for row, marker in enumerate(self.markers):
            if marker > 0 or marker < 0:
                up = marker > 0
                y = scale(lows[row]) + 5 if up else scale(highs[row]) - 5
                x, tip = self._x(row), 6 if up else -6
                yield f'<path d="M{x:.1f} {y:.1f}l-4 {tip}h8z" fill="{"#1f77b4" if up else "#9467bd"}"/>'

    def _pane(self, top: int) -> Iterator[str]:
        known = [v for line in self.below for v in line.values if math.isfinite(v)] or [0.0]
        near = [each for each in self.guides if min(known) - 1e-9 <= each <= max(known) + 1e-9]
        scale = _Scale(min([*known, *near]), max([*known, *near]), top, PANE_HEIGHT)
        yield f'<path d="M0 {top}H{WIDTH}" stroke="#e0e0e0"/>'
        for guide in near:
            y = scale(guide)
            yield f'<path d="M0 {y:.1f}H{WIDTH}" stroke="{_GREY}" stroke-dasharray="3 3"/>'
        yield from self._lines(self.below, scale, top)

    def _lines(self, lines: Sequence[Line], scale: _Scale, top: int) -> Iterator[str]:
        for number, line in enumerate(lines):
            colour = _COLOURS[number % len(_COLOURS)]
            path = self._bars(line, scale) if line.name == "hist" else self._path(line, scale)
            yield f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
        x = float(_MARGIN)
        for number, line in enumerate(lines):
            colour = _COLOURS[number % len(_COLOURS)]
            yield f'<text x="{x:.0f}" y="{top + 14}" fill="{colour}">{escape(line.name)}</text>'
            x += 6.6 * len(line.name) + 12

    def _path(self, line: Line, scale: _Scale) -> Iterator[str]:
        half = (self._x(1) - self._x(0)) / 2
        before = math.nan
        for row, value in enumerate(line.values):
            known = math.isfinite(value) and scale.holds(value)
            x = self._x(row)
            if known and self.steps:
                yield "" if value == before else f"M{x - half:.1f} {scale(value):.1f}"
                yield f"H{x + half:.1f}"
            elif known:
                yield f"{'L' if before == before else 'M'}{x:.1f} {scale(value):.1f}"
            before = value if known else math.nan

    def _bars(self, line: Line, scale: _Scale) -> Iterator[str]:
        for row, value in enumerate(line.values):
            if math.isfinite(value):
                yield f"M{self._x(row):.1f} {scale(0.0):.1f}V{scale(value):.1f}"


class _Scale:
    """From values to rows of the picture."""

    def __init__(self, least: float, most: float, top: int, height: int) -> None:
        self.least, self.most = least, most
        self._room = (most - least) or abs(most) or 1.0
        self._top, self._height = top + 18, height - 24  # the names stand above

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most

    def __call__(self, value: float) -> float:
        return self._top + self._height * (1.0 - (value - self.least) / self._room)
