"""What a sweep and a walk-forward add to a report: their tables, and what they say in words."""

from __future__ import annotations

import math
from html import escape

from thebot.backtesting.report.page import table
from thebot.backtesting.summary import said
from thebot.backtesting.sweep import SweepResult
from thebot.backtesting.walkforward import WalkedForward
from thebot.market.quality import moment

_VARIANTS = 20


def sweep_sections(sweep: SweepResult) -> list[tuple[str, str]]:
    """The best variants, and what all of them together say."""
    told = "".join(f"<p>{escape(each)}</p>" for each in sweep_words(sweep))
    rows = sweep_rows(sweep, _VARIANTS)
    return [("The sweep", told + table(sweep_head(sweep), rows, len(sweep.search.space.dimensions)))]


def sweep_head(sweep: SweepResult) -> tuple[str, ...]:
    names = sweep.search.space.dimensions
    return (*names, "Sharpe", "Return", "Deepest fall", "Trades", "Profit factor")


def sweep_rows(sweep: SweepResult, most: int) -> list[tuple[str, ...]]:
    """The best variants as texts: parameters, then figures."""
    return [
        (
            *(str(row[name]) for name in sweep.search.space.dimensions),
            said(_number(row["sharpe_ratio"]), "ratio"),
            said(_number(row["total_return"]), "fraction", signed=True),
            said(_number(row["max_drawdown"]), "fraction"),
            f"{row['trades']:,.0f}",
            said(_number(row["profit_factor"]), "ratio"),
        )
        for row in sweep.rows(most)
    ]


def sweep_words(sweep: SweepResult) -> list[str]:
    """How many were tried, how the best stands among them, and how likely it is luck."""
    found = sweep.assessment
    words = [
        f"{len(sweep.ranked):,} variants were evaluated"
        + (f", {sweep.impossible:,} combinations cannot be" if sweep.impossible else "")
        + ("." if sweep.complete else "; the search was interrupted."),
    ]
    if math.isfinite(pbo := found["pbo"]):
        words.append(
            f"Probability of overfitting (PBO): {pbo:.0%}. So often the best of one half of the time was "
            "below the middle of all in the other half; 50% is drawing lots."
        )
    if math.isfinite(share := found["plateau"]):
        words.append(
            f"Plateau: {share:.0%} of the best variant's neighbours keep half of its result or more."
        )
    if math.isfinite(chance := found["reality_check_p"]):
        words.append(
            f"Reality check: if no variant earned anything, one as good as the best would turn up in "
            f"{chance:.0%} of the cases (Hansen's test: {found['spa_p']:.0%})."
        )
    return words


def walk_sections(walked: WalkedForward) -> list[tuple[str, str]]:
    """Each window, and what they come to."""
    told = "".join(f"<p>{escape(each)}</p>" for each in walk_words(walked))
    return [("Walking forward", told + table(walk_head(walked), walk_rows(walked), 2))]


def _parameters(walked: WalkedForward) -> list[str]:
    return sorted({name for window in walked.windows for name in window.parameters})


def walk_head(walked: WalkedForward) -> tuple[str, ...]:
    return ("Test from", "until", *_parameters(walked), "A year, training", "A year, test", "Test", "Trades")


def walk_rows(walked: WalkedForward) -> list[tuple[str, ...]]:
    """The windows as texts: the test's span, what was chosen, and what came of it."""
    names = _parameters(walked)
    return [
        (
            moment(window.outside.start)[:10],
            moment(window.outside.end)[:10],
            *(str(window.parameters.get(name, "")) for name in names),
            said(window.inside, "fraction", signed=True),
            said(window.outside_return, "fraction", signed=True),
            said(window.outside.total_return, "fraction", signed=True),
            f"{len(window.outside.trades):,}",
        )
        for window in walked.windows
    ]


def walk_words(walked: WalkedForward) -> list[str]:
    """Efficiency, windows won, what was closed at the borders, and how the parameters moved, in words."""
    words = [
        f"{len(walked.windows)} windows, {walked.won:.0%} of them made money in their test."
        + ("" if walked.complete else f" It was interrupted; {walked.planned} were planned."),
        _efficiency(walked),
    ]
    inside, outside = walked.inside_sharpe, walked.record.sharpe_ratio
    if math.isfinite(inside) and math.isfinite(outside):
        words.append(f"Sharpe ratio: {inside:.2f} in the trainings on average, {outside:.2f} in the tests.")
    if walked.cut:
        were = "position was" if walked.cut == 1 else "positions were"
        words.append(
            f"{walked.cut} {were} closed because a test ended, at the last close and at the usual costs."
        )
    moved = ", ".join(f"{name} by {share:.0%}" for name, share in walked.drift.items())
    if moved:
        words.append(f"From window to window the parameters moved by so much of their range: {moved}.")
    return words


def _efficiency(walked: WalkedForward) -> str:
    inside, outside = walked.inside, walked.record.annual_return
    if not math.isfinite(walked.efficiency):
        return "Efficiency is unknown: not even the trainings made money."
    earned = f"what was chosen earned {said(inside, 'fraction')} a year in its trainings"
    if outside <= 0:
        lost = f"lost {said(-outside, 'fraction')} a year" if outside else "earned nothing"
        return f"Efficiency: none. The tests {lost}, while {earned}. The choice found noise."
    return (
        f"Efficiency: {walked.efficiency:.0%}. The tests earned {said(outside, 'fraction')} a year, while "
        f"{earned}. Half or more is robust; little or nothing means that the choice found noise."
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
