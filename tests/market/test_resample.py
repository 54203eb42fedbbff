from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market.series import MONDAY, markets, of_closes, random_market, same

from thebot.errors import BadSetting
from thebot.market import Candle, Candles, Timeframe, Trade
from thebot.market.parquet import read_candles
from thebot.market.resample import Resampler, candles_from_trades, resample

LONGER = {
    "1m": ("1m", "3m", "5m", "1h", "4h", "1d", "1w"),
    "1h": ("2h", "1d", "3d", "1w", "1M"),
    "1d": ("1d", "3d", "1w", "1M"),
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Candles, Timeframe]:
    market = draw(markets(timeframes=tuple(LONGER)))
    return market, Timeframe(draw(st.sampled_from(LONGER[market.timeframe.name])))


def streamed(market: Candles, to: Timeframe) -> list[tuple[int, Candle, bool]]:
    """The row at whose close each long candle was seen, the candle, whether it was complete."""
    live = Resampler(market.timeframe, to)
    return [(row, *seen) for row, candle in enumerate(market) for seen in live.push(candle)]


@given(cases())
def test_columns_and_stream_give_the_same_candles_to_the_last_bit(case: tuple[Candles, Timeframe]) -> None:
    market, to = case
    columns, stream = resample(market, to), streamed(market, to)
    assert columns.seen_at.tolist() == [row for row, _, _ in stream]
    assert columns.complete.tolist() == [complete for _, _, complete in stream]
    found = Candles.of([candle for _, candle, _ in stream], market.symbol, to)
    if len(found):
        assert same(columns.candles, found)


@given(cases(), st.data())
def test_later_candles_never_change_earlier_ones(
    case: tuple[Candles, Timeframe], data: st.DataObject
) -> None:
    market, to = case
    cut = data.draw(st.integers(1, len(market)))
    whole, part = resample(market, to), resample(market[:cut], to)
    known = int(np.searchsorted(whole.seen_at, cut))
    assert same(part.candles, whole.candles[:known])
    assert part.seen_at.tolist() == whole.seen_at[:known].tolist()


@given(cases())
def test_a_long_candle_is_seen_at_the_first_short_close_not_before_its_own(
    case: tuple[Candles, Timeframe],
) -> None:
    market, to = case
    long = resample(market, to)
    closes = market.close_time
    for candle, row in zip(long.candles, long.seen_at.tolist(), strict=True):
        assert closes[row] >= candle.close_time
        assert row == 0 or closes[row - 1] < candle.close_time


@given(cases())
def test_nothing_is_lost_but_the_first_begun_and_the_last_unfinished(case: tuple[Candles, Timeframe]) -> None:
    market, to = case
    long = resample(market, to)
    if len(long.candles):
        start, end = int(long.candles.open_time[0]), int(long.candles.close_time[-1])
        assert long.candles.volume.sum() == pytest.approx(market.between(start, end).volume.sum())
        assert long.candles.high.max() == market.between(start, end).high.max()


@given(cases())
def test_previewing_changes_nothing_and_foresees_the_closed_candle(case: tuple[Candles, Timeframe]) -> None:
    market, to = case
    live, undisturbed = Resampler(market.timeframe, to), Resampler(market.timeframe, to)
    for candle in market:
        preview = live.preview(candle)
        assert not preview.closed
        assert preview.open_time == to.floor(candle.open_time)
        before = live.forming
        done = live.push(candle)
        assert done == undisturbed.push(candle)
        assert before is None or before.open_time <= preview.open_time
        closed = [long for long, _ in done if long.open_time == preview.open_time]
        for long in closed:
            assert (long.high, long.low, long.close, long.volume) == (
                preview.high, preview.low, preview.close, preview.volume,
            )  # fmt: skip


def test_an_hour_with_a_missing_minute_is_seen_at_the_next_close_and_marked() -> None:
    market = of_closes([float(i) for i in range(1, 183)], timeframe="1m")
    holed = market.rows(
        np.delete(np.arange(182), [30, 119])
    )  # minute 30 of the first, the last of the second
    long = resample(holed, Timeframe("1h"))
    assert long.complete.tolist() == [False, False, True]
    closes = holed.close_time[long.seen_at]
    assert closes.tolist() == [MONDAY + 3_600_000, MONDAY + 2 * 3_600_000 + 60_000, MONDAY + 3 * 3_600_000]


def test_a_candle_begun_before_the_data_is_dropped() -> None:
    market = of_closes([float(i) for i in range(1, 200)], timeframe="1m")[1:]
    assert resample(market, Timeframe("1h")).candles.open_time.tolist() == [
        MONDAY + 3_600_000,
        MONDAY + 7_200_000,
    ]


def test_values_of_long_candles_are_seen_from_their_close_on() -> None:
    market = of_closes([float(i) for i in range(1, 9)], timeframe="1m")
    long = resample(market, Timeframe("3m"))
    seen = long.onto(np.array([10.0, 20.0]), len(market))
    assert seen.tolist()[2:] == [10, 10, 10, 20, 20, 20]
    assert np.isnan(seen[:2]).all()
    assert np.isnan(resample(market[:2], Timeframe("3m")).onto(np.empty(0), 2)).all()


def test_long_candles_cannot_be_made_of_ones_that_do_not_fit() -> None:
    market = random_market(seed=1, length=10, timeframe="8h")
    for to in ("12h", "1h"):
        with pytest.raises(BadSetting, match="cannot be made of 8h"):
            resample(market, Timeframe(to))
        with pytest.raises(BadSetting, match="cannot be made of 8h"):
            Resampler(Timeframe("8h"), Timeframe(to))


def test_a_year_of_real_minutes_adds_up_to_the_hours(shared: Path) -> None:
    hours = read_candles(shared / "data" / "um" / "BTCUSDT-1h.parquet")
    minutes = read_candles(shared / "data" / "um" / "BTCUSDT-1m.parquet")
    long = resample(minutes, Timeframe("1h"))
    expected = hours.between(int(minutes.open_time[0]), int(minutes.close_time[-1]))
    assert long.complete.all()
    for name in ("open_time", "open", "high", "low", "close"):
        assert np.array_equal(getattr(long.candles, name), getattr(expected, name)), name
    assert np.allclose(long.candles.volume, expected.volume, rtol=1e-9)


def trades_of(path: Path) -> Iterator[Trade]:
    frame = polars.read_parquet(path)
    for row in frame.iter_rows(named=True):
        yield Trade(
            symbol="XRPETH", id=row["id"], price=row["price"], quantity=row["amount"], at=row["time"],
            buyer_is_maker=row["side"] == "sell",
        )  # fmt: skip


def test_real_trades_add_up_to_the_candles_of_the_same_minutes(shared: Path) -> None:
    expected = read_candles(shared / "data" / "spot" / "XRPETH-1m.parquet")
    made = candles_from_trades(
        trades_of(shared / "data" / "spot" / "XRPETH-trades.parquet"), "XRPETH", Timeframe("1m")
    )
    assert len(made) == 2469
    for name in ("open_time", "open", "high", "low", "close"):
        assert np.array_equal(getattr(made, name), getattr(expected, name)), name
    assert np.allclose(made.volume, expected.volume, rtol=1e-12)


def test_trades_out_of_order_are_refused() -> None:
    trades = [
        Trade(symbol="X", id=i, price=1.0, quantity=1.0, at=at, buyer_is_maker=False)
        for i, at in enumerate((MONDAY, MONDAY - 60_000))
    ]
    with pytest.raises(BadSetting, match="trade 1 is older"):
        candles_from_trades(trades, "X", Timeframe("1m"))


def test_a_taker_who_sells_adds_nothing_to_what_takers_bought() -> None:
    trades = [
        Trade(symbol="X", id=1, price=2.0, quantity=3.0, at=MONDAY, buyer_is_maker=True),
        Trade(symbol="X", id=2, price=4.0, quantity=1.0, at=MONDAY + 5, buyer_is_maker=False),
    ]
    (candle,) = candles_from_trades(trades, "X", Timeframe("1m"))
    assert (candle.volume, candle.taker_buy_volume, candle.quote_volume, candle.trades) == (4.0, 1.0, 10.0, 2)
