from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import random_market

from thebot.backtesting import TrackRecord, run
from thebot.backtesting.report import report, write_report
from thebot.backtesting.report.charts import charts, surface
from thebot.backtesting.report.thinning import rows_to_draw
from thebot.backtesting.verdict import verdict
from thebot.errors import StorageError
from thebot.indicators import atr, close, crosses_above, crosses_below, sma
from thebot.market import Candles
from thebot.strategy import Exits, Strategy

CROSS = Strategy(
    name="cross <3>",  # a name that HTML must not take for a tag
    entry=crosses_above(close, sma(5)),
    exit=crosses_below(close, sma(5)),
    exits=Exits(stop=2 * atr(14)),
)


@pytest.fixture(scope="module")
def market() -> Candles:
    return random_market(seed=4, length=3000, timeframe="1h")


@pytest.fixture(scope="module")
def record(market: Candles) -> TrackRecord:
    return run(market, CROSS)


def test_a_report_is_one_file_that_asks_nobody_for_anything(record: TrackRecord, market: Candles) -> None:
    html = report(record, [market], verdict=verdict(record))
    ours = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)\s*=|url\(|@import""", ours)
    assert "cross &lt;3&gt;" in ours
    assert "cross <3>" not in ours
    assert verdict(record).sentence in ours
    for told in ("Sharpe ratio", "Deepest drawdown", "What would kill it", "Made with", record.data_hash):
        assert told in ours
    assert ours.count('<div id="chart-') == len(charts(record, [market]))


def test_what_is_drawn_is_json_and_has_the_trades_where_they_were(
    record: TrackRecord, market: Candles
) -> None:
    drawn = {
        chart.name: json.loads(json.dumps(chart.plain(), allow_nan=False))
        for chart in charts(record, [market])
    }
    assert {"equity", "trades-TESTUSDT", "months", "gains", "r-multiples", "excursions", "by-time"} == set(
        drawn
    )
    marks = {each["name"]: each for each in drawn["trades-TESTUSDT"]["data"][1:]}
    assert sum(len(marks[f"Entry, {how}"]["x"]) for how in ("won", "lost")) == len(record.trades)
    won = record.trades.where(record.trades.profit > 0)
    assert marks["Entry, won"]["y"] == [round(price, 8) for price in won.entry_price.tolist()]
    histogram = drawn["gains"]["data"]
    assert [len(each["x"]) for each in histogram] == [len(record.trades) - len(won), len(won)]
    line = drawn["equity"]["data"][0]
    assert (line["y"][0], line["y"][-1]) == (record.start_equity, round(record.final_equity, 2))
    assert max(line["y"]) == round(float(record.curve.max()), 2)  # thinning keeps the peak


def test_a_record_without_trades_still_has_a_report(market: Candles) -> None:
    never = Strategy(name="never", entry=close > 1e9, exit=close < 0)
    record = run(market, never)
    assert "There is no trade in it" in report(record, [market], verdict=verdict(record))
    assert [chart.name for chart in charts(record)] == ["equity", "months"]


def test_a_surface_shows_what_it_is_given() -> None:
    values = {
        "figure": "Sharpe ratio",
        "x": "fast",
        "y": "slow",
        "xs": [5, 10],
        "ys": [20],
        "z": [[0.1, None]],
    }
    plain = surface(values).plain()
    assert plain["data"][0]["z"] == [[0.1, None]]
    assert plain["title"] == "Sharpe ratio over fast and slow"


def test_a_report_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written to"):
        write_report(tmp_path / "file" / "report.html", "<p>")
    write_report(tmp_path / "new" / "report.html", "<p>")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["report.html"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(6, 60))
def test_a_thinned_line_keeps_its_ends_and_its_extremes(values: list[float], most: int) -> None:
    line = np.array(values)
    rows = rows_to_draw(line, most)
    assert len(rows) <= max(most, 4)
    assert (rows[0], rows[-1]) == (0, len(line) - 1)
    assert (line[rows].min(), line[rows].max()) == (line.min(), line.max())
    assert np.all(np.diff(rows) > 0)
