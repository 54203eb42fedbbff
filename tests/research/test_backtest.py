from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.market.series import random_market

from thebot.backtesting import Costs, TrackRecord, run
from thebot.errors import BadCandles, BadSetting, UnknownName
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market.parquet import write_candles
from thebot.research import backtest
from thebot.strategy import Strategy, strategies, strategy
from thebot.trading.costs import FREE

CROSS = Strategy(name="cross", entry=crosses_above(close, sma(3)), exit=crosses_below(close, sma(3)))


@pytest.mark.parametrize("name", strategies())
def test_real_hours_go_through_the_whole_tower(shared: Path, name: str) -> None:
    path = shared / "data" / "spot" / "BTCUSDT-1h.parquet"
    record = backtest(symbol="BTCUSDT", timeframe="1h", strategy=name, candles=path)
    assert len(record.trades) > 80
    assert record.candles == 23_988
    assert record.trials == 1  # the first in this data folder
    assert [found.kind for found in record.findings] == ["gap"] * 5
    free = backtest(symbol="BTCUSDT", timeframe="1h", strategy=name, candles=path, costs=FREE)
    assert free.trials == 1  # the same variant, at other costs
    assert free.total_return > record.total_return
    if not strategy(name).exits.any:  # a stop hangs on the price that costs made of the entry
        assert [each.decided_at for each in free.trades] == [each.decided_at for each in record.trades]
    plain = json.loads(json.dumps(record.plain(), allow_nan=False))
    assert plain["trades"] == len(plain["trade_list"])
    compounded = math.prod(1 + t["gain"] for t in plain["trade_list"]) - 1
    assert plain["total_return"] == pytest.approx(compounded, rel=1e-4)  # less than a step is left each time
    assert (plain["start"], plain["end"]) == ("2021-04-04T20:00:00Z", "2023-12-30T20:00:00Z")


def test_candles_before_the_start_only_warm_the_indicators_up() -> None:
    market = random_market(seed=4, length=2000, timeframe="1h")
    start = datetime.fromtimestamp(int(market.open_time[1000]) / 1000, UTC)
    whole = run(market, strategy("rsi-reversal"), costs=Costs())
    late = backtest(
        symbol="TESTUSDT", timeframe="1h", strategy="rsi-reversal", candles=market, start_date=start
    )  # fmt: skip
    assert (late.start, late.candles) == (int(market.open_time[1000]), 1000)
    assert late.equity[0] == late.start_equity
    decided = {trade.decided_at for trade in late.trades}
    assert min(decided) < market.close_time[1100]  # no new warm-up
    assert {t.decided_at for t in whole.trades if t.decided_at > late.trades[0].left_at} <= decided


def test_dates_may_be_texts_days_or_moments_and_the_end_is_not_included() -> None:
    market = random_market(seed=4, length=100, timeframe="1d")
    texts = {"start_date": "2024-02-01", "end_date": "2024-03-01"}
    days = {"start_date": date(2024, 2, 1), "end_date": date(2024, 3, 1)}
    moments = {"start_date": "2024-02-01T00:00", "end_date": datetime(2024, 3, 1, tzinfo=UTC)}
    for span in (texts, days, moments):
        record = backtest(symbol="testusdt", timeframe="1d", strategy=CROSS, candles=market, **span)
        assert record.candles == 29
        assert record.plain()["end"] == "2024-03-01T00:00:00Z"


def test_asking_for_more_than_there_is_is_told() -> None:
    market = random_market(seed=4, length=50, timeframe="1d")
    record = backtest(
        symbol="TESTUSDT", timeframe="1d", strategy=CROSS, candles=market,
        start_date="2023-01-01", end_date="2025-01-01",
    )  # fmt: skip
    assert "The data begin at 2024-01-01 00:00 UTC, later than asked for." in record.warnings
    assert "The data end at 2024-02-20 00:00 UTC, earlier than asked for." in record.warnings


def test_an_indicator_stands_for_the_strategy_about_it() -> None:
    market = random_market(seed=4, length=500, timeframe="1h")
    record = backtest(symbol="TESTUSDT", timeframe="1h", indicator="RSI", candles=market)
    assert record.strategy == strategy("rsi-reversal")
    assert isinstance(record, TrackRecord)


def test_a_file_that_holds_something_else_by_its_name_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "TESTUSDT-1h.parquet"
    write_candles(random_market(seed=4, length=50, timeframe="1h"), path)
    assert backtest(symbol="TESTUSDT", timeframe="1h", strategy=CROSS, candles=str(path)).candles == 50
    assert backtest(symbol="TESTUSDT", timeframe="1h", strategy=CROSS, candles=tmp_path).candles == 50
    for symbol, timeframe in (("OTHERUSDT", "1h"), ("TESTUSDT", "4h")):
        with pytest.raises(BadSetting, match=r"holds TESTUSDT 1h by its name"):
            backtest(symbol=symbol, timeframe=timeframe, strategy=CROSS, candles=path)
        with pytest.raises(UnknownName, match="'TESTUSDT-1h'"):
            backtest(symbol=symbol, timeframe=timeframe, strategy=CROSS, candles=tmp_path)
    other = path.rename(tmp_path / "mine.parquet")
    assert backtest(symbol="TESTUSDT", timeframe="1h", strategy=CROSS, candles=other).candles == 50
    with pytest.raises(BadSetting, match="They look like 1h"):
        backtest(symbol="TESTUSDT", timeframe="5m", strategy=CROSS, candles=other)


@pytest.mark.parametrize(
    ("asked", "error", "why"),
    [
        ({"timeframe": "1hr"}, UnknownName, "'1h'"),
        ({"strategy": "rsi-reversl"}, UnknownName, "'rsi-reversal'"),
        ({"strategy": None}, BadSetting, "Name a strategy"),
        ({"strategy": None, "indicator": "RSY"}, UnknownName, "'rsi'"),
        ({"indicator": "RSI"}, BadSetting, "not both"),
        ({"start_date": "soon"}, BadSetting, "is no date"),
        ({"start_date": "2024-02-01", "end_date": "2024-01-01"}, BadSetting, "nothing lies between"),
        ({"start_date": "2034-01-01"}, BadSetting, "there are 0 to trade on. The data go from 2024-01-01"),
        ({"end_date": "2004-01-01"}, BadSetting, "no candles in that time"),
        ({"symbol": "OTHERUSDT"}, BadSetting, "OTHERUSDT 1h was asked for"),
    ],
)
def test_what_cannot_be_is_said_with_what_is_near(
    asked: dict[str, object], error: type[BadSetting], why: str
) -> None:
    market = random_market(seed=4, length=50, timeframe="1h")
    with pytest.raises(error, match=why) as caught:
        backtest(
            **{
                "symbol": "TESTUSDT",
                "timeframe": "1h",
                "strategy": "rsi-reversal",
                "candles": market,
                **asked,
            }
        )  # type: ignore[arg-type]  # the point of it
    assert caught.value.exit_code == 2


def test_impossible_rows_are_refused(tmp_path: Path) -> None:
    import polars

    market = random_market(seed=4, length=50, timeframe="1h")
    columns = market.columns() | {"high": np.where(np.arange(50) == 7, 1.0, market.high)}
    path = tmp_path / "TESTUSDT-1h.parquet"
    polars.DataFrame(columns).write_parquet(path)
    with pytest.raises(BadCandles, match="row 7"):
        backtest(symbol="TESTUSDT", timeframe="1h", strategy=CROSS, candles=path)


def test_impossible_candles_from_python_are_refused_as_well() -> None:
    market = random_market(seed=4, length=50, timeframe="1h")
    with pytest.raises(BadCandles, match="row 0"):
        backtest(
            symbol="TESTUSDT", timeframe="1h", strategy=CROSS, candles=market._with({"low": market.high * 2})
        )


def test_the_example_of_the_manual_runs(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text()
    example = manual.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(shared / "data" / "spot")
    exec(example, {})  # noqa: S102  (our own manual)
    assert "trades, held -27.2%" in capsys.readouterr().out


def test_a_record_has_the_figures_that_one_asks_for_first(shared: Path) -> None:
    record = backtest(
        symbol="BTCUSDT", timeframe="1h", start_date="2022-01-01", end_date="2022-03-01", indicator="RSI",
        candles=shared / "data/spot/BTCUSDT-1h.parquet",
    )  # fmt: skip
    profits = [trade.profit for trade in record.trades]
    won, lost = sum(p for p in profits if p > 0), -sum(p for p in profits if p < 0)
    assert record.win_rate == sum(p > 0 for p in profits) / len(profits)
    assert record.profit_factor == pytest.approx(won / lost)
    assert record.expectancy == pytest.approx(sum(profits) / len(profits))
    assert np.sign(record.sharpe_ratio) == np.sign(record.sortino_ratio)
    assert abs(record.sortino_ratio) > abs(record.sharpe_ratio)  # what rose is no risk there
    assert record.calmar_ratio == pytest.approx(record.annual_return / -record.max_drawdown)
    assert record.intervals["sharpe_ratio"].point == pytest.approx(record.sharpe_ratio)
    assert record.intervals["max_drawdown"].point == pytest.approx(record.max_drawdown)


def test_every_variant_that_was_tried_is_counted_wherever_it_was_tried() -> None:
    market = random_market(seed=4, length=500, timeframe="1h")
    asked = {"symbol": "TESTUSDT", "timeframe": "1h", "strategy": "rsi-reversal", "candles": market}
    counts = [backtest(**asked, parameters={"period": period}).trials for period in (7, 14, 7, 21)]
    assert counts == [1, 2, 2, 3]
    assert backtest(**asked, start_date="2024-01-10").trials == 3  # overlapping candles
    other = replace(market, symbol="OTHERUSDT")
    assert backtest(**asked | {"symbol": "OTHERUSDT", "candles": other}).trials == 1


def test_a_ledger_that_cannot_be_written_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    market = random_market(seed=4, length=100, timeframe="1h")
    with pytest.warns(UserWarning, match="not counted among what was tried"):
        backtest(symbol="TESTUSDT", timeframe="1h", indicator="RSI", candles=market, data=tmp_path / "file")
