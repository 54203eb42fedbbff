"""What `thebot walkforward` shows in a narrow terminal; what it does is in test_past.py."""

from __future__ import annotations

import pytest
from tests.market.series import random_market

from thebot.backtesting import Account, Costs
from thebot.backtesting.splits import WalkForward
from thebot.backtesting.sweep import Job, Range, Search, Space
from thebot.backtesting.walkforward import WalkedForward, walk_forward
from thebot.cli.walkforward import _tell
from thebot.strategy import strategy_source


@pytest.fixture(scope="module")
def walked() -> WalkedForward:
    market = random_market(seed=21, length=800, timeframe="1h")
    job = Job(source=strategy_source("donchian-breakout"), series=(market,), account=Account(), costs=Costs())
    # 60 and 80 characters do not hold lines of so many columns ("beyond 1,000,000%"): they go on in the next
    space = Space({"entry": Range(10, 20, 10), "stop_atr": Range(1, 3, 2)})
    return walk_forward(job, Search(space=space, workers=1), WalkForward(train=300, test=100))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_dates_and_figures_are_whole_in_a_narrow_terminal(
    walked: WalkedForward, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _tell(walked)
    shown = capsys.readouterr().out
    assert "…" not in shown
    lines = [line.split() for line in shown.splitlines() if line.startswith("2024-")]
    assert [(line[0], line[1]) for line in lines] == [
        ("2024-01-13", "2024-01-17"), ("2024-01-17", "2024-01-21"), ("2024-01-21", "2024-01-26"),
        ("2024-01-26", "2024-01-30"), ("2024-01-30", "2024-02-03"),
    ]  # fmt: skip
    assert [(int(line[2]), int(line[3])) for line in lines] == [
        (each.parameters["entry"], each.parameters["stop_atr"]) for each in walked.windows
    ]
    assert [line[-1] for line in lines] == [str(len(each.outside.trades)) for each in walked.windows]
    assert width < 100 or max(map(len, shown.splitlines())) <= width
