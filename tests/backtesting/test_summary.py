from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from tests.backtesting.records import START, nan, record, trade

from thebot.backtesting import TrackRecord
from thebot.backtesting.bootstrap import Interval
from thebot.backtesting.summary import Figure, definition, duration, figures, said, tables
from thebot.market.timeframe import DAY

NAMED_IN_THE_ISSUE = {
    "total_return", "annual_return", "volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio",
    "omega_ratio", "max_drawdown", "average_drawdown", "max_drawdown_start", "max_drawdown_duration",
    "average_drawdown_duration", "ulcer_index", "cvar", "win_rate", "profit_factor", "expectancy",
    "payoff_ratio", "system_quality_number", "kelly_fraction", "exposure", "turnover", "fees",
    "slippage_paid", "costs_paid", "break_even_cost", "mae", "mfe", "average_r", "longest_winning_streak",
    "longest_losing_streak", "buy_and_hold", "beta", "alpha",
}  # fmt: skip
HEADLINE = {
    "total_return", "annual_return", "volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio",
    "omega_ratio", "max_drawdown", "win_rate", "profit_factor", "expectancy", "payoff_ratio",
    "system_quality_number", "kelly_fraction", "break_even_cost", "alpha", "beta",
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> TrackRecord:
    steps = [1.01, 0.98, 1.02, 0.995, 1.015] * 8
    equity = [1000.0]
    for step in steps:
        equity.append(equity[-1] * step)
    trades = [
        trade(30 + day % 2 if day % 3 else -20 - day % 2, day=day, fees=1, slippage=0.5,
              stop=97, best=0.04, worst=-0.02, ending="signal" if day % 3 else "stop",
              side="short" if day == 4 else "long")
        for day in range(35)
    ]  # fmt: skip
    market = [1000 * (1.01 if day % 2 else 0.99) ** (day % 5) for day in range(40)]
    return record(equity[1:], trades, holding=market)


def test_every_figure_that_was_asked_for_is_known_of_a_full_record(found: TrackRecord) -> None:
    said_of = figures(found)
    assert set(said_of) >= NAMED_IN_THE_ISSUE
    for name in NAMED_IN_THE_ISSUE:
        assert math.isfinite(said_of[name].value), name


def test_every_headline_figure_lies_between_the_ends_of_its_interval(found: TrackRecord) -> None:
    said_of = figures(found)
    assert {name for name, each in said_of.items() if each.interval is not None} >= HEADLINE
    for name in HEADLINE:
        interval = said_of[name].interval
        assert interval is not None
        assert interval.point == pytest.approx(said_of[name].value, rel=1e-6), name
        assert interval.low < interval.high, name
        assert said_of[name].interval_text.count(" to ") == 1


def test_each_figure_has_a_title_and_a_sentence_for_people(found: TrackRecord) -> None:
    said_of = figures(found)
    assert len({each.title for each in said_of.values()}) == len(said_of)
    for each in said_of.values():
        assert each.definition[0].isupper()
        assert each.definition.endswith("."), each.definition
        assert not {"nan", "(ms)", "`"} & set(each.definition.replace(".", " ").split()), each.definition
        assert definition(each.name) == each.definition


def test_json_has_every_figure_and_no_nan(found: TrackRecord) -> None:
    for each in (found, record([1000.0, 1000.0])):
        plain = json.loads(json.dumps(each.plain(), allow_nan=False))
        assert set(plain) >= set(figures(each)) | {"intervals", "tables", "trade_list", "costs"}
        json.dumps([figure.plain() for figure in figures(each).values()], allow_nan=False)
    assert plain["win_rate"] is plain["max_drawdown_start"] is None
    assert (plain["trades"], plain["longest_drawdown"]) == (0, 0)
    assert found.plain()["trades"] == 35
    assert found.plain()["max_drawdown_start"].startswith("2024-0")


def test_a_figure_is_told_with_its_unit() -> None:
    assert said(0.12345, "fraction", signed=True) == "+12.35%"
    assert said(-0.2, "fraction", digits=1) == "-20.0%"
    assert said(0.0, "fraction", signed=True) == "0.00%"
    assert said(1e9, "fraction", signed=True) == "beyond 1,000,000%"
    assert said(1234.5, "quote") == "1,234.50"
    assert said(0.00012345, "quote", signed=True) == "+0.0001234"
    assert said(12.34, "bp") == "12.3 bp"
    assert said(1234.0, "count") == "1,234"
    assert said(START, "date") == "2024-01-01 00:00 UTC"
    assert said(nan, "date") == said(nan, "ratio") == "unknown"


def test_times_are_told_in_days_and_hours() -> None:
    assert duration(0) == "0 min"
    assert duration(45 * 60_000) == "45 min"
    assert duration(DAY) == "1 d"
    assert duration(DAY + 7_200_000) == "1 d 2 h"
    assert duration(400 * DAY) == "400 d"


def test_an_interval_that_is_not_known_is_not_told() -> None:
    unknown = Interval(low=nan, point=1.0, high=nan, confidence=0.95, resamples=100, known=3, block=1)
    figure = Figure(
        name="x", title="X", value=1.0, unit="ratio", group="", definition="X.", interval=unknown
    )  # fmt: skip
    assert figure.interval_text == ""
    assert (figure.plain()["low"], figure.plain()["value"]) == (None, 1.0)


def test_trades_are_grouped_by_what_they_have_in_common(found: TrackRecord) -> None:
    groups = tables(found)
    assert {group.name: group.trades for group in groups.sides} == {"long": 34, "short": 1}
    assert [(group.name, group.trades) for group in groups.reasons] == [("signal", 23), ("stop", 12)]
    assert [(group.name, group.profit) for group in groups.symbols] == [
        ("TESTUSDT", 23 * 30 + 11 - 12 * 20 - 6)  # 11 winners and 6 losers on odd days
    ]
    assert [group.name for group in groups.weekdays][:2] == ["Monday", "Tuesday"]
    assert [(group.name, group.trades) for group in groups.hours] == [("00:00", 35)]


def test_months_and_weeks_are_those_of_the_curve(found: TrackRecord) -> None:
    groups = tables(found)
    [year] = groups.months
    january, february = year.months[:2]
    assert january == pytest.approx(found.equity[30] / 1000 - 1)
    assert (1 + january) * (1 + february) == pytest.approx(1 + found.total_return)
    assert groups.weeks[0].gain == pytest.approx(found.equity[6] / 1000 - 1)
    assert len(groups.weeks) == 6
    plain = groups.plain()
    assert plain["weeks"][1]["start"] == "2024-01-08T00:00:00Z"
    assert plain["months"][0]["months"][5] is None


def test_the_documentation_has_every_figure_as_it_is(found: TrackRecord) -> None:
    text = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    for each in figures(found).values():
        interval = "yes" if each.interval is not None else ""
        assert f"| {each.title} | `{each.name}` | {each.unit} | {interval} | {each.definition} |" in text
