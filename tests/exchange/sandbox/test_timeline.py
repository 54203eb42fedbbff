"""Which files are replayed together, and by what clock."""

from __future__ import annotations

from thebot.exchange.sandbox.timeline import Recording, planned
from thebot.market import Timeframe
from thebot.market.timeframe import DAY, HOUR, MINUTE

EPOCH = 1_600_000_000_000 - 1_600_000_000_000 % DAY


def recording(symbol: str, timeframe: str, begins: int, candles: int, *, trades: bool = False) -> Recording:
    span = Timeframe(timeframe).nominal_ms
    first = EPOCH + begins * DAY
    return Recording(
        file=f"{symbol}-{'trades' if trades else timeframe}.parquet", symbol=symbol,
        timeframe=Timeframe(timeframe), trades=trades, first_open=first, last_close=first + candles * span,
        ready=first + (500 if candles > 500 else candles // 2) * span, candles=candles,
    )  # fmt: skip


def test_the_clock_starts_after_500_candles_and_one_candle_lasts_ten_seconds() -> None:
    plan = planned([recording("AAAUSDT", "1h", 0, 9000)], None)
    assert plan.start == EPOCH + 500 * HOUR
    assert plan.speed == 360


def test_the_largest_group_of_one_timeframe_sets_the_clock_and_the_rest_says_why_it_is_left_out() -> None:
    plan = planned(
        [
            recording("AAAUSDT", "1h", 1000, 9000),
            recording("BBBUSDT", "1h", 1001, 9000),
            recording("OLDUSDT", "1m", 0, 3000),
            recording("NEWUSDT", "1h", 1200, 2000),
            recording("FARUSDT", "1h", 5000, 2000),
        ],
        None,
    )
    assert plan.start == EPOCH + 1001 * DAY + 500 * HOUR, "every file of the group has its history"
    assert [each.symbol for each in plan.kept] == ["AAAUSDT", "BBBUSDT", "NEWUSDT"]
    assert len(plan.left_out) == 2
    assert "FARUSDT-1h.parquet: it begins on" in plan.left_out[0]
    assert "OLDUSDT-1m.parquet: it ends on" in plan.left_out[1]


def test_trades_are_preferred_to_candles_of_the_same_symbol() -> None:
    both = [recording("AAAUSDT", "1m", 0, 3000), recording("AAAUSDT", "1m", 0, 3000, trades=True)]
    plan = planned(both, None)
    assert [each.trades for each in plan.kept] == [True]
    assert plan.left_out == ("AAAUSDT-1m.parquet: AAAUSDT is replayed from AAAUSDT-trades.parquet",)


def test_a_short_file_keeps_half_of_itself_to_be_played() -> None:
    plan = planned([recording("AAAUSDT", "1m", 0, 100)], 60.0)
    assert plan.start == EPOCH + 50 * MINUTE
    assert plan.speed == 60
