"""What the terminal tells of a record, at the widths that people have."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.backtesting.records import record, trade
from tests.market.series import of_closes

from thebot.backtesting import TrackRecord, Trades
from thebot.backtesting.accuracy import accuracy
from thebot.backtesting.verdict import verdict
from thebot.cli.told import tell
from thebot.indicators import close
from thebot.strategy import Strategy

EQUITY = [1000 * (1.01 if day % 3 else 0.985) ** (day % 7) for day in range(400)]
LONGS = [trade(30 if k % 3 else -20, day=7 * k, days=3) for k in range(40)]


def printed(found: TrackRecord, *, width: int = 80, terminal: bool = True, full: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, color_system=None, highlight=False)
    tell(found, console, verdict=verdict(found), full=full)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("full", [False, True])
def test_no_line_is_wider_than_the_terminal_and_no_figure_is_cut(width: int, full: bool) -> None:
    symbols = ("TESTUSDT", "OTHERUSDT")
    short = trade(-5, day=300, symbol="OTHERUSDT", side="short", ending="break-even", doubtful=True)
    several = record(EQUITY, symbols=symbols, trades=Trades.of([*LONGS, short], symbols))
    for found in (record(EQUITY, LONGS), several):
        text = printed(found, width=width, full=full)
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text
    for words in ("OTHERUSDT", "short", "break-even ?"):
        assert words in text


def test_the_verdict_stands_on_top_with_its_sentences() -> None:
    text = printed(record(EQUITY, LONGS))
    assert text.index("These data") < text.index("Return after costs")
    judged = verdict(record(EQUITY, LONGS))
    for each in (*judged.killers, *judged.doubtful, *judged.good):
        assert each.split(":")[0] in " ".join(text.split())


def test_figures_stand_beside_their_intervals() -> None:
    lines = printed(record(EQUITY, LONGS)).splitlines()
    [line] = [line for line in lines if line.startswith("Trades won")]
    assert line.split()[2] == "65.0%"  # 26 of 40
    assert " to " in line


def test_months_and_falls_have_their_dates() -> None:
    text = printed(record([1100.0] * 31 + [990.0] * 40, LONGS[:5]), width=100)
    [january] = [line for line in text.splitlines() if line.startswith("2024 ")]
    assert january.split() == [
        "2024",
        "+10.0",
        "-10.0",
        "0",
        "-1.0",
    ]  # a leap year's 29 days, March, the year
    assert "-10.00%  2024-02-01 00:00  2024-02-02 00:00  not yet" in text


def test_a_pipe_gets_its_sentences_in_one_line() -> None:
    text = printed(record(EQUITY, LONGS, warnings=("w" * 50 + " " + "x" * 50,)), terminal=False)
    assert "  " + "w" * 50 + " " + "x" * 50 in text.splitlines()


def test_without_trades_nothing_fails_and_what_is_unknown_is_said() -> None:
    text = printed(record([1000.0] * 30))
    assert "There is no trade to judge." in text
    assert "unknown" in text
    assert "Months" not in text


def test_only_the_last_trades_are_shown_with_the_number_of_all() -> None:
    text = printed(record(EQUITY, LONGS))
    assert "The last 10 of 40 trades" in text
    assert sum("2024-" in line and "signal" in line for line in text.splitlines()) == 10


def test_how_right_the_signals_were_is_told_against_all_candles() -> None:
    file = io.StringIO()
    found = accuracy(
        Strategy(name="dip", entry=close < 95, exit=close > 110), of_closes([100.0, 90.0, 120.0] * 20), (1,)
    )  # fmt: skip
    tell(record(EQUITY, LONGS), Console(file=file, width=80, highlight=False), accuracy=found)
    [line] = [line for line in file.getvalue().splitlines() if line.startswith("buy ")]
    assert line.split()[:4] == ["buy", "1", "20", "100.0%"]
