from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.series import MONDAY, markets, of_closes, random_market

from thebot.backtesting import Account, Costs, run
from thebot.errors import BadSetting
from thebot.indicators import close, crosses_above, crosses_below, sma
from thebot.market import Candles
from thebot.market.parquet import read_candles
from thebot.strategy import Strategy, strategies, strategy
from thebot.trading.costs import FREE

CROSS = Strategy(name="cross", entry=crosses_above(close, sma(3)), exit=crosses_below(close, sma(3)))


def test_a_small_market_gives_the_record_that_one_can_work_out_by_hand() -> None:
    #           sma(3):  -   -  10  9.67  10  11  11.3  10.67  9.67
    market = of_closes([10, 10, 10, 9.0, 11, 13, 10.0, 9.0, 10.0], timeframe="1d")
    record = run(market, CROSS, costs=FREE, account=Account(cash=1000))
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


# each so short that it trades within 250 candles
QUICK = {
    "rsi-reversal": {"period": 3},
    "macd-trend": {"fast": 3, "slow": 6, "trend": 3},
    "supertrend-flip": {"period": 3},
    "sma-cross": {"fast": 2, "slow": 5, "side": "both"},
    "bollinger-reversion": {"period": 5, "width": 1},
    "donchian-breakout": {"entry": 5, "exit": 3, "side": "both"},
    "squeeze-release": {"period": 5, "side": "both"},
    "level-breakout": {"strength": 0, "volume_ratio": 1, "side": "both"},
}


def test_each_strategy_trades_on_a_short_market_when_it_is_quick() -> None:
    market = random_market(seed=4, length=250, timeframe="1h")
    for name in strategies():
        assert len(run(market, strategy(name, **QUICK[name]), account=Account(shorts=True)).trades) > 0, name


@settings(max_examples=40)
@given(markets(length=250, timeframes=("1h",)), st.floats(0.2, 1), st.sampled_from(sorted(strategies())))
def test_candles_that_come_later_never_change_earlier_trades(market: Candles, cut: float, name: str) -> None:
    part = market[: max(2, int(len(market) * cut))]
    if len(market) < 2:
        return
    chosen, account = strategy(name, **QUICK[name]), Account(shorts=True)
    whole, early = (run(candles, chosen, costs=Costs(), account=account) for candles in (market, part))
    until = part.close_time[-1]
    closed = np.array([ending != "end of data" for ending in early.trades.endings], bool)
    before = np.array([t.ending != "end of data" and t.left_at < until for t in whole.trades], bool)
    assert early.trades.where(closed) == whole.trades.where(before)
    assert early.equity[:-1] == pytest.approx(whole.equity[: len(part) - 1], rel=1e-12)


def test_a_market_in_which_nothing_happens_gives_unknown_not_nan() -> None:
    plain = run(of_closes([5.0] * 50), strategy("rsi-reversal"), costs=Costs()).plain()
    assert (plain["trades"], plain["total_return"], plain["max_drawdown"]) == (0, 0, 0)
    assert plain["win_rate"] is plain["sharpe_ratio"] is None


def test_the_beginning_is_where_it_says(tmp_path: Path) -> None:
    record = run(random_market(seed=4, length=50, timeframe="1h"), CROSS, costs=Costs())
    assert record.start == MONDAY
    assert record.end == MONDAY + 50 * 3_600_000
    assert len(record.curve) == 51


def test_several_symbols_share_one_account() -> None:
    first, second = (
        replace(random_market(seed=seed, length=300, timeframe="1h"), symbol=name)
        for seed, name in ((4, "AAAUSDT"), (5, "BBBUSDT"))
    )
    record = run([first, second], CROSS, costs=FREE, account=Account(cash=1000))
    assert record.symbols == ("AAAUSDT", "BBBUSDT")
    assert {trade.symbol for trade in record.trades} == {"AAAUSDT", "BBBUSDT"}
    assert record.final_equity == pytest.approx(1000 + record.trades.profit.sum())
    halves = [float(held.close[-1] / held.open[1]) for held in (first, second)]
    assert record.holding[-1] == pytest.approx(500 * sum(halves), rel=1e-9)


def test_candles_of_two_timeframes_or_twice_the_same_are_not_one_trial() -> None:
    hours, days = (random_market(seed=4, length=50, timeframe=each) for each in ("1h", "1d"))
    for series in ([hours, days], [hours, hours]):
        with pytest.raises(BadSetting, match="of one timeframe, once a symbol"):
            run(series, CROSS)
    with pytest.raises(BadSetting, match="There are no candles"):
        run([], CROSS)


def test_the_hash_of_the_data_changes_with_any_price() -> None:
    market = random_market(seed=4, length=50, timeframe="1h")
    same, other = run(market, CROSS), run(market._with({"volume": market.volume * 2}), CROSS)
    assert run(market, CROSS).data_hash == same.data_hash != other.data_hash
