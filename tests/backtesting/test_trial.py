from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.series import MONDAY, markets, of_closes, random_market

from thebot.backtesting import Costs, TrackRecord, backtest
from thebot.trading.costs import FREE
from thebot.backtesting.trial import run
from thebot.errors import BadCandles, BadSetting, MissingFile, UnknownName
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market import Candles, Timeframe
from thebot.market.parquet import read_candles, write_candles
from thebot.strategy import Strategy, strategies, strategy

CROSS = Strategy(name="cross", entry=crosses_above(close, sma(3)), exit=crosses_below(close, sma(3)))


def test_a_small_market_gives_the_record_that_one_can_work_out_by_hand() -> None:
    #           sma(3):  -   -  10  9.67  10  11  11.3  10.67  9.67
    market = of_closes([10, 10, 10, 9.0, 11, 13, 10.0, 9.0, 10.0], timeframe="1d")
    record = run(market, CROSS, costs=FREE, start_equity=1000)
    (trade,) = [trade for trade in record.trades if trade.ending == "signal"]
    assert trade.decided_at == market.close_time[4]  # 9 was below 9.67, 11 is above 10
    assert (trade.entry_price, trade.exit_price) == (11, 10)  # bought after day 4, sold after day 6
    assert record.final_equity == pytest.approx(1000 * 10 / 11)
    assert record.total_return == pytest.approx(-1 / 11)
    assert record.max_drawdown == pytest.approx(10 / 13 - 1)
    assert record.win_rate == 0
    assert record.buy_and_hold == pytest.approx(0)  # bought at 10 on the second day
    assert record.exposure == pytest.approx(2 / 9)
    assert record.warnings == ("There is one trade in it: too few to tell skill from luck.",)


@pytest.mark.parametrize("name", strategies())
def test_real_hours_go_through_the_whole_tower(shared: Path, name: str) -> None:
    path = shared / "data" / "spot" / "BTCUSDT-1h.parquet"
    record = backtest(symbol="BTCUSDT", timeframe="1h", strategy=name, candles=path)
    assert len(record.trades) > 80
    assert record.candles == 23_988
    assert record.trials == 1
    assert [found.kind for found in record.findings] == ["gap"] * 5
    free = backtest(symbol="BTCUSDT", timeframe="1h", strategy=name, candles=path, costs=FREE)
    assert free.total_return > record.total_return
    assert [trade.decided_at for trade in free.trades] == [trade.decided_at for trade in record.trades]
    plain = json.loads(json.dumps(record.plain(), allow_nan=False))
    assert plain["trades"] == len(plain["trade_list"])
    assert plain["total_return"] == pytest.approx(math.prod(1 + t["gain"] for t in plain["trade_list"]) - 1)
    assert (plain["start"], plain["end"]) == ("2021-04-04T20:00:00Z", "2023-12-30T20:00:00Z")


@pytest.mark.parametrize("name", strategies())
def test_nothing_is_carried_over_the_end_of_luna(shared: Path, name: str) -> None:
    candles = read_candles(shared / "data" / "spot" / "LUNAUSDT-1h.parquet")
    record = run(candles, strategy(name), costs=Costs())
    gap = next(found for found in record.findings if found.kind == "halt")
    for trade in record.trades:
        assert trade.left_at <= gap.end if trade.entered_at < gap.start else trade.entered_at >= gap.end
    # behind the halt everything starts over: as if the new coin's candles were all there is
    new = run(candles.between(gap.end), strategy(name), costs=Costs())
    behind = [trade.decided_at for trade in record.trades if trade.entered_at >= gap.end]
    assert behind == [trade.decided_at for trade in new.trades]
    assert record.buy_and_hold < -0.999  # who held on lost everything, and did not get the new coin's price


def test_a_position_in_luna_ends_with_it(shared: Path) -> None:
    candles = read_candles(shared / "data" / "spot" / "LUNAUSDT-1h.parquet")
    record = run(candles, strategy("rsi-reversal"), costs=Costs())
    (halted,) = [trade for trade in record.trades if trade.ending == "halt"]
    assert halted.exit_price < 0.0001
    assert any("held into the halt from 2022-05-13 01:00 UTC" in warning for warning in record.warnings)


@settings(max_examples=15)
@given(markets(length=250, timeframes=("1h",)), st.floats(0.2, 1), st.sampled_from(sorted(strategies())))
def test_candles_that_come_later_never_change_earlier_trades(market: Candles, cut: float, name: str) -> None:
    part = market[: max(2, int(len(market) * cut))]
    if len(market) < 2:
        return
    chosen = strategy(name, **({"period": 3} if name != "macd-trend" else {"fast": 3, "slow": 6, "trend": 3}))
    whole, early = (run(candles, chosen, costs=Costs()) for candles in (market, part))
    until = part.close_time[-1]
    assert [t for t in early.trades if t.ending != "end of data"] == [
        t for t in whole.trades if t.ending != "end of data" and t.left_at < until
    ]
    assert early.equity[:-1] == pytest.approx(whole.equity[: len(part) - 1], rel=1e-12)


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


def test_a_market_in_which_nothing_happens_gives_unknown_not_nan() -> None:
    plain = run(of_closes([5.0] * 50), strategy("rsi-reversal"), costs=Costs()).plain()
    assert (plain["trades"], plain["total_return"], plain["max_drawdown"]) == (0, 0, 0)
    assert plain["win_rate"] is plain["sharpe_ratio"] is None


class LittleArchive:
    """Candles that were fetched, in memory."""

    def __init__(self, *held: Candles) -> None:
        self.held = {(candles.symbol, candles.timeframe): candles for candles in held}

    def series(self) -> list[tuple[str, Timeframe]]:
        return list(self.held)

    def read(
        self, symbol: str, timeframe: Timeframe, start: int | None = None, end: int | None = None
    ) -> Candles:
        return self.held.get((symbol, timeframe), Candles.empty(symbol, timeframe)).between(start, end)


def test_without_candles_the_archive_is_asked_and_if_it_has_none_it_says_how_to_fetch_them() -> None:
    archive = LittleArchive(random_market(seed=4, length=500, timeframe="1h"))
    record = backtest(symbol="TESTUSDT", timeframe="1h", strategy=CROSS, archive=archive)
    assert record.candles == 500
    with pytest.raises(MissingFile, match=r"thebot fetch TESTUSD 1h .* There is: TESTUSDT 1h"):
        backtest(symbol="TESTUSD", timeframe="1h", strategy=CROSS, archive=archive)
    with pytest.raises(MissingFile, match="thebot fetch BTCUSDT 1h"):
        backtest(symbol="BTCUSDT", timeframe="1h", strategy=CROSS)


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


def test_the_beginning_is_where_it_says(tmp_path: Path) -> None:
    record = run(random_market(seed=4, length=50, timeframe="1h"), CROSS, costs=Costs())
    assert record.start == MONDAY
    assert record.end == MONDAY + 50 * 3_600_000
    assert len(record.curve) == 51


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
